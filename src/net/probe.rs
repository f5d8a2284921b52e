//! Asking a server of TLS 1.2 or below to show its flight in the clear.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::dialler::Dialler;
use super::leg::TcpLeg;
use super::tls::facts_of_flight;
use crate::model::{Attempt, CertDer, Handshake, TlsVersion};
use crate::wire::{Flight, FlightReader, ProbeHello, write_probe_hello};

/// How long a server may take to show its flight.
const DEADLINE: Duration = Duration::from_secs(5);

/// Sends a plaintext hello over a connection of its own and reads what comes back. No handshake is
/// completed, no secret is made. `None` when the server shows nothing.
pub async fn probe(dialler: &Dialler, address: SocketAddr, sni: Option<&str>) -> Option<(Handshake, Vec<CertDer>)> {
    let tcp = dialler.reconnect(address).await.ok()?;
    let mut random = [0; 32];
    aws_lc_rs::rand::fill(&mut random).ok()?;
    let hello = ProbeHello { version: TlsVersion::TLS12, sni, alpn: &["h2", "http/1.1"], random };
    let flight = timeout(DEADLINE, read_flight(tcp, write_probe_hello(&hello))).await.ok()?;
    let (handshake, sent) = facts_of_flight(Attempt::Probe, &flight);
    handshake.version.is_some().then_some((handshake, sent))
}

async fn read_flight(mut tcp: TcpLeg, hello: Vec<u8>) -> Flight {
    let mut reader = FlightReader::default();
    let mut buffer = vec![0; 16 << 10];
    if tcp.stream.write_all(&hello).await.is_ok() {
        while let Ok(n @ 1..) = tcp.stream.read(&mut buffer).await {
            reader.feed(buffer.get(..n).unwrap_or_default());
            if reader.is_done() {
                break;
            }
        }
    }
    reader.into_flight()
}
