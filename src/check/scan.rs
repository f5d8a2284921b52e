//! The questions that one handshake does not answer: some fifteen connections, one after the other
//! with a pause between them, none of which finishes a handshake.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::sleep;

use crate::model::{CipherSuite, KeyExchange, Probe, ProbeAnswer, ProbeKind, ProbedLeaf, Stage, TlsVersion, WeakKind};
use crate::net::{Answer, AnswerEnd, Dialler, random, send_hello};
use crate::wire::{ProbeHello, read_sslv2_answer, write_probe_hello, write_sslv2_hello};
use crate::x509::{Cert, GeneralName};

/// Between two connections, so that a scan is no flood.
const PAUSE: Duration = Duration::from_millis(50);

/// A server that cannot be connected to so many times in a row is left alone.
const PATIENCE: usize = 3;

/// Asks everything. Ends early when the server takes no more connections; says so with `false`.
pub(super) async fn scan(dialler: &Dialler, address: SocketAddr, sni: Option<&str>) -> (Vec<Probe>, bool) {
    let mut probes = Vec::new();
    let mut refused = 0;
    for kind in kinds() {
        sleep(PAUSE).await;
        match ask(dialler, address, sni, kind).await {
            Some(answer) => {
                probes.push(Probe { kind, answer });
                refused = 0;
            }
            None => refused += 1,
        }
        if refused == PATIENCE {
            return (probes, false);
        }
    }
    (probes, true)
}

fn kinds() -> impl Iterator<Item = ProbeKind> {
    let versions = [TlsVersion::TLS12, TlsVersion::TLS11, TlsVersion::TLS10, TlsVersion::SSL3];
    let versions = versions.into_iter().map(ProbeKind::Version);
    let weak = WeakKind::ALL.into_iter().map(ProbeKind::Weak);
    let others = [ProbeKind::Ssl2, ProbeKind::FiniteField, ProbeKind::LargeHello, ProbeKind::NoName];
    versions.chain(weak).chain(others)
}

/// `None` when there was no connection.
async fn ask(dialler: &Dialler, address: SocketAddr, sni: Option<&str>, kind: ProbeKind) -> Option<ProbeAnswer> {
    let enough = if kind == ProbeKind::LargeHello { Stage::ServerHello } else { Stage::Flight };
    let answer = send_hello(dialler, address, &hello_for(kind, sni)?, enough).await;
    if answer.end == AnswerEnd::Unreachable {
        return None;
    }
    if kind == ProbeKind::Ssl2
        && let Some(suites) = read_sslv2_answer(&answer.first_bytes)
    {
        return Some(ProbeAnswer::Ssl2(suites));
    }
    Some(read(&answer))
}

fn hello_for(kind: ProbeKind, sni: Option<&str>) -> Option<Vec<u8>> {
    let offered = |wanted: &dyn Fn(CipherSuite) -> bool| CipherSuite::all().filter(|suite| wanted(*suite)).collect();
    let suites: Vec<CipherSuite> = match kind {
        ProbeKind::Weak(weak) => offered(&|suite| weak.includes(suite)),
        ProbeKind::FiniteField => offered(&|suite| suite.key_exchange() == Some(KeyExchange::Dhe)),
        ProbeKind::Ssl2 => return Some(write_sslv2_hello(random()?)),
        ProbeKind::Version(_) | ProbeKind::LargeHello | ProbeKind::NoName => Vec::new(),
    };
    let version = if let ProbeKind::Version(version) = kind { version } else { TlsVersion::TLS12 };
    Some(write_probe_hello(&ProbeHello {
        version,
        sni: sni.filter(|_| kind != ProbeKind::NoName),
        alpn: &[],
        random: random()?,
        suites: &suites,
        large: kind == ProbeKind::LargeHello,
    }))
}

fn read(answer: &Answer) -> ProbeAnswer {
    let flight = &answer.flight;
    match (flight.handshake.version, flight.alert, answer.end) {
        (Some(version), _, _) => ProbeAnswer::Hello {
            version,
            suite: flight.handshake.suite,
            dh_bits: flight.handshake.dh_bits,
            leaf: flight.certificates.first().map(|der| {
                let names = Cert::read(der).san().iter().map(GeneralName::plain).collect();
                Box::new(ProbedLeaf { sha256: der.sha256, names })
            }),
        },
        (None, Some(alert), _) => ProbeAnswer::Alert(alert),
        (None, None, AnswerEnd::Silent) => ProbeAnswer::Silent,
        (None, None, _) if flight.not_tls.is_some() => ProbeAnswer::Other,
        _ => ProbeAnswer::Closed,
    }
}
