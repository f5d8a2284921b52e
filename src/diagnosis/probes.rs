//! What further connections tell: versions and suites that are accepted besides the best, hellos that
//! are not borne, names that make a difference, addresses that are not alike.

use std::net::SocketAddr;

use super::findings::Findings;
use crate::model::{
    Attempt, CipherSuite, Facts, Failure, FindingId, Fingerprint, Handshake, Observation, Probe, ProbeAnswer,
    ProbeKind, Severity, Stage, TlsVersion, WeakKind,
};

pub(crate) fn check(observation: &Observation, out: &mut Findings) {
    check_versions(observation, out);
    check_weak_suites(observation, out);
    check_finite_field(observation, out);
    check_tolerance(observation, out);
    check_name(observation, out);
    check_addresses(observation, out);
}

fn probes(observation: &Observation) -> impl Iterator<Item = (ProbeKind, &ProbeAnswer)> {
    observation.probes.iter().map(|Probe { kind, answer }| (*kind, answer))
}

/// The version that the judged handshake agreed on.
fn best_version(observation: &Observation) -> Option<TlsVersion> {
    observation.handshake.as_ref().and_then(|seen| seen.version)
}

/// The best version that a hello for it alone got.
fn best_of_probes(observation: &Observation) -> Option<TlsVersion> {
    let answered = |(kind, answer): (ProbeKind, &ProbeAnswer)| match (kind, answer) {
        (ProbeKind::Version(asked), ProbeAnswer::Hello { version, .. }) if asked == *version => Some(asked),
        _ => None,
    };
    probes(observation).filter_map(answered).max()
}

/// A server that bears no hello newer than its own version, and so showed nothing before.
fn check_intolerant_of_versions(observation: &Observation, out: &mut Findings) {
    let Some(best) = best_of_probes(observation).filter(|best| *best < TlsVersion::TLS12) else { return };
    let facts = Facts::new().with("version", best.to_string());
    out.note(if best <= TlsVersion::SSL3 { FindingId::ProtoSslv3Only } else { FindingId::ProtoTls1011Only }, facts);
    let facts =
        Facts::new().with("hello", "TLS 1.2").with("reaction", "shows nothing").with("works_with", best.to_string());
    out.note(FindingId::ProtoIntolerant, facts);
}

fn check_versions(observation: &Observation, out: &mut Findings) {
    let Some(best) = best_version(observation) else { return check_intolerant_of_versions(observation, out) };
    let mut old = Vec::new();
    for (kind, answer) in probes(observation) {
        match (kind, answer) {
            (ProbeKind::Version(asked), ProbeAnswer::Hello { version, suite, .. }) if asked == *version => {
                if *version == TlsVersion::SSL3 && best > TlsVersion::SSL3 {
                    let suite = suite.map(|suite| suite.to_string()).unwrap_or_default();
                    out.note(FindingId::ProtoSslv3, Facts::new().with("suite", suite));
                } else if *version < TlsVersion::TLS12 && best >= TlsVersion::TLS12 {
                    old.push(version.to_string());
                }
            }
            (ProbeKind::Version(TlsVersion::TLS12), ProbeAnswer::Alert(_) | ProbeAnswer::Closed)
                if best == TlsVersion::TLS13 =>
            {
                out.note(FindingId::ProtoTls13Only, Facts::new());
            }
            (ProbeKind::Ssl2, ProbeAnswer::Ssl2(suites)) => {
                out.note(FindingId::ProtoSslv2, Facts::new().with("suites", *suites));
            }
            _ => {}
        }
    }
    if !old.is_empty() {
        out.note(FindingId::ProtoTls1011Offered, Facts::new().with("versions", old));
    }
}

/// Suites that were accepted because nothing better was offered: a client that is made to offer
/// nothing else gets them.
fn check_weak_suites(observation: &Observation, out: &mut Findings) {
    let chosen = observation.handshake.as_ref().and_then(|seen| seen.suite);
    for (kind, answer) in probes(observation) {
        let (ProbeKind::Weak(kind), ProbeAnswer::Hello { suite: Some(suite), .. }) = (kind, answer) else { continue };
        if !kind.includes(*suite) || chosen == Some(*suite) {
            continue;
        }
        let severity =
            if matches!(kind, WeakKind::TripleDes | WeakKind::Rc4) { Severity::Error } else { Severity::Fatal };
        let weakness = CipherSuite::weakness(*suite).unwrap_or_default();
        let facts = Facts::new().with("suite", suite.to_string()).with("weakness", weakness);
        out.note_as(severity, FindingId::CipherWeak, facts);
    }
}

fn check_finite_field(observation: &Observation, out: &mut Findings) {
    let seen = observation.handshake.as_ref().and_then(|seen| seen.dh_bits);
    for (kind, answer) in probes(observation) {
        let (ProbeKind::FiniteField, ProbeAnswer::Hello { dh_bits: Some(bits), .. }) = (kind, answer) else { continue };
        if *bits < 2048 && seen.is_none() {
            let severity = if *bits < 1024 { Severity::Fatal } else { Severity::Error };
            out.note_as(severity, FindingId::DhWeak, Facts::new().with("bits", i64::from(*bits)));
        }
    }
}

/// A hello that is not borne where a smaller or older one is.
fn check_tolerance(observation: &Observation, out: &mut Findings) {
    let Some(seen) = &observation.handshake else { return };
    if let Some(reaction) = refused_modern(observation.failure.as_ref(), seen) {
        let facts = Facts::new().with("hello", "TLS 1.3").with("reaction", reaction).with("works_with", "TLS 1.2");
        out.note(FindingId::ProtoIntolerant, facts);
    }
    for (kind, answer) in probes(observation) {
        let is_refusal = match answer {
            ProbeAnswer::Alert(code) => !code.is_about_negotiation(),
            ProbeAnswer::Closed | ProbeAnswer::Silent | ProbeAnswer::Other => true,
            ProbeAnswer::Hello { .. } | ProbeAnswer::Ssl2(_) => false,
        };
        if kind == ProbeKind::LargeHello && is_refusal && seen.completed {
            let facts = Facts::new()
                .with("hello", "large, with GREASE")
                .with("reaction", answer.words())
                .with("works_with", "a small hello");
            out.note(FindingId::ProtoIntolerant, facts);
        }
    }
}

/// How a server that speaks TLS 1.2 met the offer of TLS 1.3, when it did not just decline it.
fn refused_modern(failure: Option<&Failure>, seen: &Handshake) -> Option<&'static str> {
    let speaks_12 = seen.attempt == Attempt::Probe && seen.version == Some(TlsVersion::TLS12);
    let suits_us = seen.suite.is_some_and(CipherSuite::is_modern);
    match failure.filter(|_| speaks_12 && suits_us)? {
        Failure::HandshakeReset { stage: Stage::Nothing } => Some("resets the connection"),
        Failure::HandshakeTruncated { stage: Stage::Nothing } => Some("closes the connection"),
        _ => None,
    }
}

fn check_name(observation: &Observation, out: &mut Findings) {
    let Some(asked) = observation.name.as_ref().and_then(crate::model::Host::name) else { return };
    let Some((_, answer)) = probes(observation).find(|(kind, _)| *kind == ProbeKind::NoName) else { return };
    let ProbeAnswer::Hello { leaf, .. } = answer else { return };
    let reaction = match &observation.failure {
        Some(Failure::HandshakeReset { stage: Stage::Nothing }) => Some("resets the connection"),
        Some(Failure::HandshakeTruncated { stage: Stage::Nothing }) => Some("closes the connection"),
        Some(Failure::HandshakeTimeout { stage: Stage::Nothing }) => Some("says nothing"),
        _ => None,
    };
    let name_is_known = observation.handshake.is_some() || best_of_probes(observation).is_some();
    if let Some(reaction) = reaction.filter(|_| !name_is_known) {
        return out.note(FindingId::SniFiltered, Facts::new().with("asked", asked).with("reaction", reaction));
    }
    let Some(own) = observation.sent.first() else { return };
    // A server can have a certificate for each kind of key: what this kind of hello gets with the name counts.
    let with_name = probes(observation).find_map(|(kind, answer)| match (kind, answer) {
        (ProbeKind::Version(TlsVersion::TLS12), ProbeAnswer::Hello { leaf: Some(leaf), .. }) => Some(leaf.sha256),
        _ => None,
    });
    let with_name = with_name.unwrap_or(own.sha256);
    if let Some(leaf) = leaf.as_ref().filter(|leaf| leaf.sha256 != with_name) {
        let with_name =
            crate::x509::Cert::read(own).san().iter().map(crate::x509::GeneralName::plain).collect::<Vec<_>>();
        let facts = Facts::new().with("names", leaf.names.clone()).with("with_sni", with_name);
        out.note(FindingId::NameDefaultVhost, facts);
    }
}

fn check_addresses(observation: &Observation, out: &mut Findings) {
    let Some(own) = observation.address else { return };
    let chain: Vec<Fingerprint> = observation.sent.iter().map(|der| der.sha256).collect();
    let reached = observation.variants.iter().filter(|variant| !variant.sent.is_empty());
    let others: Vec<_> = reached.filter(|variant| variant.address != own).collect();
    if chain.is_empty() {
        return;
    }
    let mut differs = Vec::new();
    let mut note = |when: bool, what: &str| differs.extend(when.then(|| what.to_owned()));
    note(others.iter().any(|other| other.sent.first() != chain.first()), "leaf");
    note(others.iter().any(|other| other.sent.get(1..) != chain.get(1..)), "certificates above the leaf");
    note(others.iter().any(|other| other.version != best_version(observation)), "TLS version");
    if differs.is_empty() {
        return;
    }
    let all: Vec<(SocketAddr, Option<Fingerprint>)> = std::iter::once((own, chain.first().copied()))
        .chain(others.iter().map(|o| (o.address, o.sent.first().copied())))
        .collect();
    let facts = Facts::new()
        .with("differs", differs)
        .with("addresses", all.iter().map(|(address, _)| address.to_string()).collect::<Vec<_>>())
        .with(
            "leaves",
            all.iter().map(|(_, leaf)| leaf.map(|f| f.to_string()).unwrap_or_default()).collect::<Vec<_>>(),
        );
    out.note(FindingId::ChainVaries, facts);
}
