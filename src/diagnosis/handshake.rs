//! What the handshake itself shows, and how an attempt that ended in none ended.

use super::findings::Findings;
use crate::model::{
    AlertCode, Attempt, CipherSuite, ClientCertificate, ClientHello, Facts, Failure, FindingId, Handshake, KeyExchange,
    NamedGroup, Observation, ProxyFault, Severity, Stage, TlsVersion,
};

/// The largest Certificate message that Java takes; of today's clients the smallest limit.
const SMALLEST_CERTIFICATE_LIMIT: u32 = 32_768;

/// Groups that every current client has.
const COMMON_GROUPS: &[u16] = &[23, 24, 29, 0x11ec];

pub(super) fn check(observation: &Observation, out: &mut Findings) {
    if let Some(seen) = &observation.handshake {
        check_version(seen, observation, out);
        check_suite(seen, observation, out);
        check_key_exchange(seen, observation, out);
        check_signature(seen, out);
        check_old_extensions(seen, observation.offered.as_ref(), out);
        check_certificate_message(seen, observation, out);
        check_client_certificate(seen, observation.failure.as_ref(), out);
        if seen.warning_alert == Some(AlertCode::UNRECOGNIZED_NAME) {
            let facts = observation.name_facts().with("level", "warning");
            out.note(FindingId::AlertUnrecognizedName, facts);
        }
    }
    if let Some(failure) = &observation.failure {
        check_failure(failure, observation, out);
    }
}

/// Whether tlscope's own modern handshake was refused before these facts were come by, so that
/// what the server chose is the best it has.
fn is_best_offer(observation: &Observation, seen: &Handshake) -> bool {
    matches!(seen.attempt, Attempt::Probe | Attempt::Tunnelled) && observation.failure.is_some()
}

/// Whether tlscope shook hands itself, and so offered the best there is.
fn is_our_own(attempt: Attempt) -> bool {
    matches!(attempt, Attempt::Modern | Attempt::Sha1Signatures | Attempt::Observed)
}

fn check_version(seen: &Handshake, observation: &Observation, out: &mut Findings) {
    let Some(version) = seen.version.filter(|version| could_have_been_better(*version, seen, observation)) else {
        return;
    };
    let facts = Facts::new().with("version", version.to_string());
    if version <= TlsVersion::SSL3 {
        out.note(FindingId::ProtoSslv3Only, facts);
    } else if version < TlsVersion::TLS12 {
        out.note(FindingId::ProtoTls1011Only, facts);
    } else if version == TlsVersion::TLS12 && is_our_own(seen.attempt) {
        out.note(FindingId::ProtoNoTls13, facts);
    }
}

/// In a tunnel the client may have offered nothing better.
fn could_have_been_better(version: TlsVersion, seen: &Handshake, observation: &Observation) -> bool {
    let best = observation.offered.as_ref().and_then(|hello| hello.versions.iter().max().copied());
    seen.attempt != Attempt::Tunnelled || observation.failure.is_some() || best.is_some_and(|best| best > version)
}

fn check_suite(seen: &Handshake, observation: &Observation, out: &mut Findings) {
    let Some(suite) = seen.suite else { return };
    let facts = Facts::new().with("suite", suite.to_string());
    if let Some(weakness) = suite.weakness() {
        out.note(FindingId::CipherWeak, facts.clone().with("weakness", weakness));
    }
    if !is_best_offer(observation, seen) || seen.version.is_some_and(|version| version < TlsVersion::TLS12) {
        return; // below TLS 1.2 there is no AEAD to prefer
    }
    // In a tunnel the server could only choose among what the client offered.
    let offered = |wanted: fn(&CipherSuite) -> bool| {
        observation.offered.as_ref().is_none_or(|hello| hello.suites.iter().any(wanted))
    };
    let ecdhe = |suite: &CipherSuite| suite.key_exchange() == Some(KeyExchange::Ecdhe);
    let ecdhe_aead = |suite: &CipherSuite| suite.key_exchange() == Some(KeyExchange::Ecdhe) && suite.is_aead();
    match suite.key_exchange() {
        Some(KeyExchange::StaticRsa) if offered(ecdhe) => out.note(FindingId::CipherStaticRsaOnly, facts),
        Some(KeyExchange::Dhe) if offered(ecdhe) => out.note(FindingId::CipherDheOnly, facts),
        Some(KeyExchange::Ecdhe) if suite.is_cbc() && offered(ecdhe_aead) => {
            out.note(FindingId::CipherCbcOnly, facts);
        }
        _ => {}
    }
}

fn check_key_exchange(seen: &Handshake, observation: &Observation, out: &mut Findings) {
    if let Some(bits) = seen.dh_bits.filter(|bits| *bits < 2048) {
        let facts = Facts::new().with("bits", i64::from(bits));
        let severity = if bits < 1024 { Severity::Fatal } else { Severity::Error };
        out.note_as(severity, FindingId::DhWeak, facts);
    }
    let common_offered = observation
        .offered
        .as_ref()
        .is_none_or(|hello| hello.groups.iter().any(|group| COMMON_GROUPS.contains(&group.0)));
    let insists = is_best_offer(observation, seen) && common_offered;
    if let Some(group) = seen.group.filter(|group| insists && !COMMON_GROUPS.contains(&group.0)) {
        out.note(FindingId::KxGroupUnsupported, Facts::new().with("group", NamedGroup::to_string(&group)));
    }
}

fn check_signature(seen: &Handshake, out: &mut Findings) {
    let Some(scheme) = seen.scheme else { return };
    let facts = Facts::new().with("scheme", scheme.to_string());
    if scheme.is_sha1() || scheme.is_md5() {
        out.note(FindingId::SigSha1Handshake, facts.clone());
    }
    if seen.signature_valid == Some(false) {
        out.note(FindingId::HandshakeSignatureInvalid, facts);
    }
}

/// What TLS 1.2 and below left to extensions. In a tunnel the client may not have asked.
fn check_old_extensions(seen: &Handshake, offered: Option<&ClientHello>, out: &mut Findings) {
    let asked = |extension: u16| offered.is_none_or(|hello| hello.extensions.contains(&extension));
    let version = || Facts::new().with("version", seen.version.map(|v| v.to_string()).unwrap_or_default());
    if seen.compression.is_some_and(|method| method != 0) {
        out.note(FindingId::TlsCompression, version().with("method", i64::from(seen.compression.unwrap_or(0))));
    }
    let signalled = offered.is_some_and(|hello| hello.suites.contains(&CipherSuite(0x00ff)));
    if seen.secure_renegotiation == Some(false) && (asked(0xff01) || signalled) {
        out.note(FindingId::RenegInsecure, version());
    }
    if seen.extended_master_secret == Some(false) && asked(23) {
        out.note(FindingId::EmsMissing, version());
    }
    let offered_13 = match seen.attempt {
        Attempt::Modern | Attempt::Sha1Signatures | Attempt::Observed => true,
        Attempt::Tunnelled => offered.is_some_and(|hello| hello.versions.contains(&TlsVersion::TLS13)),
        Attempt::Probe | Attempt::File => false,
    };
    if let Some(marker) = seen.downgrade_marker.filter(|_| offered_13) {
        out.note(FindingId::TlsDowngradeSentinel, version().with("marker", marker.to_string()));
    }
}

fn check_certificate_message(seen: &Handshake, observation: &Observation, out: &mut Findings) {
    if let Some(size) = seen.certificate_message.filter(|size| *size > SMALLEST_CERTIFICATE_LIMIT) {
        let facts = Facts::new().with("bytes", i64::from(size)).with("limit", i64::from(SMALLEST_CERTIFICATE_LIMIT));
        out.note(FindingId::CertMessageTooLarge, facts);
    }
    let anonymous = seen.suite.and_then(CipherSuite::key_exchange) == Some(KeyExchange::Anonymous);
    if observation.sent.is_empty() && (seen.certificate_message.is_some() || anonymous) {
        let suite = seen.suite.map(|suite| suite.to_string()).unwrap_or_default();
        out.note(FindingId::ChainEmpty, Facts::new().with("suite", suite));
    }
}

fn check_client_certificate(seen: &Handshake, failure: Option<&Failure>, out: &mut Findings) {
    let Some(asked) = &seen.certificate_asked else { return };
    let shown = seen.client_certificate.as_ref().filter(|own| own.shown);
    if let Some(own) = shown.filter(|own| own.issuer_named != Some(true)) {
        let facts =
            Facts::new().with("certificate", own.subject.clone()).with("authorities", asked.authorities.clone());
        out.note(FindingId::ClientCaListEmptyOrForeign, facts);
    }
    if failure.is_none() {
        let schemes: Vec<String> = asked.schemes.iter().map(ToString::to_string).collect();
        let facts = Facts::new().with("authorities", asked.authorities.clone()).with("schemes", schemes);
        out.note(FindingId::ClientCertRequested, with_shown(facts, shown));
    }
}

fn with_shown(facts: Facts, shown: Option<&ClientCertificate>) -> Facts {
    match shown {
        Some(own) => facts.with("certificate", own.subject.clone()),
        None => facts,
    }
}

fn check_proxy(fault: &ProxyFault, observation: &Observation, out: &mut Findings) {
    let id = match fault {
        ProxyFault::LoginWanted { .. } | ProxyFault::LoginRefused { .. } => FindingId::UpstreamProxyLogin,
        ProxyFault::Refused { .. } | ProxyFault::Reply { .. } => FindingId::UpstreamProxyRefused,
        _ => FindingId::UpstreamProxyFailed,
    };
    let asked = observation.via.as_ref().map(|via| via.asked.to_string()).unwrap_or_default();
    out.note(id, observation.with_via(Facts::new().with("asked", asked).with("did", fault.words())));
}

fn check_failure(failure: &Failure, observation: &Observation, out: &mut Findings) {
    let at = |stage: &Stage| observation.with_via(Facts::new().with("stage", stage.words()));
    match failure {
        Failure::DnsFail { reason } => {
            let asked = observation.asked_host.as_ref().or(observation.name.as_ref()).map(ToString::to_string);
            let facts = Facts::new().with("asked", asked.unwrap_or_default()).with("reason", reason.clone());
            out.note(FindingId::DnsFail, facts);
        }
        Failure::TcpRefused => out.note(FindingId::TcpRefused, observation.address_facts()),
        Failure::TcpTimeout => out.note(FindingId::TcpTimeout, observation.address_facts()),
        Failure::TcpUnreachable { reason } => {
            out.note(FindingId::TcpUnreachable, observation.address_facts().with("reason", reason.clone()));
        }
        Failure::TcpReset => out.note(FindingId::TcpReset, observation.address_facts()),
        Failure::HandshakeTimeout { stage } => out.note(FindingId::HandshakeTimeout, at(stage)),
        Failure::HandshakeReset { stage } => out.note(FindingId::HandshakeReset, at(stage)),
        Failure::HandshakeTruncated { stage } => out.note(FindingId::HandshakeTruncated, at(stage)),
        Failure::NotTls { seen } => {
            out.note(FindingId::NotTls, observation.with_via(Facts::new().with("seen", seen.clone())));
        }
        // The marker says what was wrong.
        Failure::Malformed { .. }
            if observation.handshake.as_ref().is_some_and(|seen| seen.downgrade_marker.is_some()) => {}
        Failure::Malformed { reason } => {
            out.note(FindingId::HandshakeMalformed, Facts::new().with("reason", reason.clone()));
        }
        Failure::SchemeNotOffered { reason } => {
            out.note(FindingId::SigschemeUnoffered, Facts::new().with("reason", reason.clone()));
        }
        // What the server can do instead is told by the facts of the probe or the tunnel.
        Failure::Incompatible { reason } if observation.handshake.is_none() => {
            out.note(FindingId::CipherNoOverlap, Facts::new().with("reason", reason.clone()));
        }
        Failure::Incompatible { .. } => {}
        Failure::Alert { code, stage } => check_alert(*code, *stage, observation, out),
        Failure::Loop => out.note(FindingId::ProxyLoop, Facts::new()),
        Failure::NotAllowed => out.note(FindingId::TargetNotAllowed, Facts::new()),
        Failure::UpstreamProxy { fault } => check_proxy(fault, observation, out),
    }
}

fn check_alert(code: AlertCode, stage: Stage, observation: &Observation, out: &mut Findings) {
    let facts = Facts::new().with("alert", code.to_string()).with("stage", stage.words());
    let asked = observation.handshake.as_ref().and_then(|seen| seen.certificate_asked.as_ref());
    let refuses_certificate = code == AlertCode::HANDSHAKE_FAILURE || code.is_about_certificate();
    let own = observation.handshake.as_ref().and_then(|seen| seen.client_certificate.as_ref());
    let shown = own.filter(|own| own.shown);
    // Where one was shown, it is that one which does not please.
    let is_about_ours = asked.is_some() && stage >= Stage::Certificate && refuses_certificate;
    let wants_certificate = code == AlertCode::CERTIFICATE_REQUIRED || is_about_ours && shown.is_none();
    let id = match code {
        _ if wants_certificate => {
            let authorities = asked.map(|asked| asked.authorities.clone()).unwrap_or_default();
            return out.note(FindingId::ClientCertRequired, facts.with("authorities", authorities));
        }
        _ if is_about_ours => FindingId::ClientCertRejected,
        // In a tunnel the offer is the client's: a server that refuses an old one is right.
        AlertCode::HANDSHAKE_FAILURE | AlertCode::PROTOCOL_VERSION
            if observation.offered.as_ref().is_some_and(is_old_offer) =>
        {
            return;
        }
        AlertCode::HANDSHAKE_FAILURE | AlertCode::PROTOCOL_VERSION if has_shown_its_best(observation) => {
            // What it showed explains the refusal, unless it has everything a client of today wants.
            if is_explained(out) {
                return;
            }
            FindingId::CipherNoOverlap
        }
        AlertCode::HANDSHAKE_FAILURE => FindingId::CipherNoOverlap,
        AlertCode::PROTOCOL_VERSION => FindingId::ProtoTls1011Only,
        AlertCode::INSUFFICIENT_SECURITY => FindingId::AlertInsufficientSecurity,
        AlertCode::INTERNAL_ERROR => FindingId::AlertInternalError,
        AlertCode::DECODE_ERROR => FindingId::AlertDecodeError,
        AlertCode::ILLEGAL_PARAMETER => FindingId::AlertIllegalParameter,
        AlertCode::UNRECOGNIZED_NAME => {
            let facts = observation.name_facts().with("level", "fatal");
            return out.note(FindingId::AlertUnrecognizedName, facts);
        }
        AlertCode::NO_APPLICATION_PROTOCOL => FindingId::AlpnMismatch,
        other if other.is_about_certificate() => FindingId::ClientCertRejected,
        _ => FindingId::AlertOther,
    };
    out.note(id, with_shown(facts, shown.filter(|_| id == FindingId::ClientCertRejected)));
}

/// Whether a hello has nothing that a server of today need accept.
fn is_old_offer(hello: &ClientHello) -> bool {
    let has_12 = hello.versions.iter().any(|version| *version >= TlsVersion::TLS12);
    let has_modern_suite = hello.suites.iter().any(|suite| suite.is_modern());
    !(has_12 && has_modern_suite)
}

/// Whether a finding says why a modern handshake was refused.
fn is_explained(found: &Findings) -> bool {
    let reasons = [
        FindingId::ProtoSslv3Only,
        FindingId::ProtoTls1011Only,
        FindingId::CipherStaticRsaOnly,
        FindingId::CipherDheOnly,
        FindingId::CipherCbcOnly,
        FindingId::CipherWeak,
        FindingId::KxGroupUnsupported,
        FindingId::SigSha1Handshake,
    ];
    reasons.iter().any(|id| found.has(*id))
}

/// Whether a probe or a tunnel has shown what the server can do, which says more than the alert.
fn has_shown_its_best(observation: &Observation) -> bool {
    observation.handshake.as_ref().is_some_and(|seen| is_best_offer(observation, seen) && seen.version.is_some())
}
