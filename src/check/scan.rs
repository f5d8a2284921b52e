//! The questions that one handshake does not answer: sixteen connections, one after the other with a
//! pause between them, none of which finishes a handshake. Where one of them is met with silence or a
//! closed door, one more tells whether that was about the question: the server may just have had
//! enough.

use std::time::Duration;

use tokio::time::sleep;

use crate::model::{CipherSuite, KeyExchange, Probe, ProbeAnswer, ProbeKind, ProbedLeaf, Stage, TlsVersion, WeakKind};
use crate::net::{Answer, AnswerEnd, Dialler, Offer, Route, probe, random, send_hello};
use crate::wire::{ProbeHello, read_sslv2_answer, write_probe_hello, write_sslv2_hello};
use crate::x509::{Cert, GeneralName};

/// Between two connections, so that a scan is no flood.
const PAUSE: Duration = Duration::from_millis(50);

/// A server that cannot be connected to so many times in a row is left alone.
const PATIENCE: usize = 3;

/// What the server is known to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Usual {
    /// A handshake like any client's.
    Handshake,
    /// The hello of a probe.
    Hello,
    /// Nothing that was tried so far.
    Nothing,
}

/// Asks everything. Ends early when the server takes no more connections, or does not answer what it
/// did before; says so with `false`.
pub(super) async fn scan(dialler: &Dialler, route: &Route, sni: Option<&str>, usual: Usual) -> (Vec<Probe>, bool) {
    let mut probes = Vec::new();
    let mut refused = 0;
    for kind in kinds() {
        sleep(PAUSE).await;
        match ask(dialler, route, sni, kind).await {
            Some(answer) => {
                if says_nothing(&answer) && !still_answers(dialler, route, sni, usual).await {
                    return (probes, false);
                }
                probes.push(Probe { kind, answer });
                refused = 0;
            }
            None => refused += 1,
        }
        if refused == PATIENCE {
            return (probes, false);
        }
    }
    (probes, refused == 0)
}

/// Whether an answer could as well be that of a server that does not want to talk any more.
fn says_nothing(answer: &ProbeAnswer) -> bool {
    matches!(answer, ProbeAnswer::Closed | ProbeAnswer::Silent | ProbeAnswer::Other)
}

/// Whether the server answers what it is known to answer.
async fn still_answers(dialler: &Dialler, route: &Route, sni: Option<&str>, usual: Usual) -> bool {
    sleep(PAUSE).await;
    match usual {
        Usual::Handshake => {
            let offer = Offer { sni: sni.map(str::to_owned), alpn: Vec::new() };
            let Ok(tcp) = dialler.reconnect(route).await else { return false };
            match dialler.handshake(tcp, &offer).await {
                Ok(_) => true,
                Err(missed) => missed.handshake.is_some(),
            }
        }
        Usual::Hello => probe(dialler, route, sni).await.is_some(),
        Usual::Nothing => true,
    }
}

fn kinds() -> impl Iterator<Item = ProbeKind> {
    let versions = [TlsVersion::TLS12, TlsVersion::TLS11, TlsVersion::TLS10, TlsVersion::SSL3];
    let versions = versions.into_iter().map(ProbeKind::Version);
    let weak = WeakKind::ALL.into_iter().map(ProbeKind::Weak);
    let others = [ProbeKind::Ssl2, ProbeKind::FiniteField, ProbeKind::LargeHello, ProbeKind::NoName];
    versions.chain(weak).chain(others)
}

/// `None` when there was no connection.
async fn ask(dialler: &Dialler, route: &Route, sni: Option<&str>, kind: ProbeKind) -> Option<ProbeAnswer> {
    let enough = if kind == ProbeKind::LargeHello { Stage::ServerHello } else { Stage::Flight };
    let answer = send_hello(dialler, route, &hello_for(kind, sni)?, enough).await;
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
