//! Asking a server of TLS 1.2 or below to show its flight in the clear, and other questions that
//! need no more than one hello.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::dialler::Dialler;
use super::leg::{Route, TcpLeg};
use super::tls::facts_of_flight;
use crate::model::{AlertCode, Attempt, CertDer, Handshake, Stage, TlsVersion};
use crate::wire::{Flight, FlightReader, ProbeHello, unusual_suites, write_probe_hello};

/// How long a server may take to show its flight.
const DEADLINE: Duration = Duration::from_secs(5);

/// How a server's answer to a hello came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerEnd {
    /// Everything that can be read in the clear was there.
    Whole,
    /// It closed the connection, or reset it.
    Closed,
    /// Nothing more came in time.
    Silent,
    /// It could not be connected to.
    Unreachable,
}

/// What came back on a hello.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What was read of it.
    pub flight: Flight,
    /// Its first bytes.
    pub first_bytes: Vec<u8>,
    /// How it ended.
    pub end: AnswerEnd,
}

/// Sends a plaintext hello over a connection of its own and reads what comes back. No handshake is
/// completed, no secret is made. `None` when the server shows nothing.
pub async fn probe(dialler: &Dialler, route: &Route, sni: Option<&str>) -> Option<(Handshake, Vec<CertDer>)> {
    let alpn = &["h2", "http/1.1"];
    let usual = ProbeHello { version: TlsVersion::TLS12, sni, alpn, random: random()?, suites: &[], large: false };
    let mut answer = send_hello(dialler, route, &write_probe_hello(&usual), Stage::Flight).await;
    if answer.flight.alert == Some(AlertCode::HANDSHAKE_FAILURE) {
        // A second round: what offers nothing but this shows it only when nothing else is offered.
        let hello = ProbeHello { random: random()?, suites: &unusual_suites(), ..usual };
        answer = send_hello(dialler, route, &write_probe_hello(&hello), Stage::Flight).await;
    }
    let (handshake, sent) = facts_of_flight(Attempt::Probe, &answer.flight);
    (answer.end != AnswerEnd::Silent && handshake.version.is_some()).then_some((handshake, sent))
}

/// Random bytes for a hello.
pub fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).ok()?;
    Some(bytes)
}

/// Sends a hello over a connection of its own and reads the answer as far as `enough`.
pub async fn send_hello(dialler: &Dialler, route: &Route, hello: &[u8], enough: Stage) -> Answer {
    let mut answer = Answer { flight: Flight::default(), first_bytes: Vec::new(), end: AnswerEnd::Unreachable };
    let Ok(tcp) = dialler.reconnect(route).await else { return answer };
    let mut reader = FlightReader::default();
    let reading = read_answer(tcp, hello, enough, &mut reader, &mut answer.first_bytes);
    answer.end = timeout(DEADLINE, reading).await.unwrap_or(AnswerEnd::Silent);
    answer.flight = reader.into_flight();
    answer
}

async fn read_answer(
    mut tcp: TcpLeg,
    hello: &[u8],
    enough: Stage,
    reader: &mut FlightReader,
    first_bytes: &mut Vec<u8>,
) -> AnswerEnd {
    let mut buffer = vec![0; 16 << 10];
    if tcp.stream.write_all(hello).await.is_err() {
        return AnswerEnd::Closed;
    }
    loop {
        let Ok(n @ 1..) = tcp.stream.read(&mut buffer).await else { return AnswerEnd::Closed };
        let piece = buffer.get(..n).unwrap_or_default();
        first_bytes.extend(piece.iter().take(64usize.saturating_sub(first_bytes.len())));
        reader.feed(piece);
        if reader.is_done() || reader.flight().stage >= enough {
            return AnswerEnd::Whole;
        }
    }
}
