//! What a handshake showed, as labelled lines.

use crate::model::{Attempt, CertificateAsked, ClientCertificate, ClientLeg, ClientOutcome, Failure, Handshake};

/// A label and its value.
pub type Labelled = (&'static str, String);

/// The lines of a server's handshake; nothing for what was not seen.
pub fn handshake_lines(handshake: &Handshake) -> Vec<Labelled> {
    let seen = |label, value: Option<String>| value.map(|value| (label, value));
    let staple = handshake.staple.as_ref().map(|staple| format!("yes, {} bytes", staple.len()));
    let scts = (!handshake.scts.is_empty()).then(|| format!("{} in the handshake", handshake.scts.len()));
    let lines = [
        Some(("seen by", attempt_words(handshake.attempt).to_owned())),
        Some(("completed", if handshake.completed { "yes" } else { "no" }.to_owned())),
        seen("version", text(handshake.version)),
        seen("cipher suite", text(handshake.suite)),
        seen("key exchange", text(handshake.group)),
        seen("DH prime", handshake.dh_bits.map(|bits| format!("{bits} bits"))),
        seen("signature", text(handshake.scheme).map(|scheme| scheme + validity_words(handshake.signature_valid))),
        seen("ALPN", handshake.alpn.clone()),
        seen("OCSP staple", staple),
        seen("SCTs", scts),
        seen("client certificate", handshake.certificate_asked.as_ref().map(asked_words)),
        seen("shown to it", handshake.client_certificate.as_ref().map(shown_words)),
        seen("secure renegotiation", handshake.secure_renegotiation.map(yes_or_no)),
        seen("extended master secret", handshake.extended_master_secret.map(yes_or_no)),
        seen("downgrade marker", text(handshake.downgrade_marker)),
        seen("certificate message", handshake.certificate_message.map(|size| format!("{size} bytes"))),
        seen("warning alert", text(handshake.warning_alert)),
    ];
    lines.into_iter().flatten().collect()
}

/// The lines of the client's side.
pub fn client_lines(leg: &ClientLeg) -> Vec<Labelled> {
    let seen = |label, value: Option<String>| value.map(|value| (label, value));
    let hello = leg.hello.as_ref();
    let lines = [
        seen("outcome", leg.outcome.as_ref().map(client_outcome_words)),
        seen("version", text(leg.version)),
        seen("cipher suite", text(leg.suite)),
        seen("key exchange", text(leg.group)),
        seen("ALPN", leg.alpn.clone()),
        seen("SNI", hello.map(|hello| hello.sni.clone().unwrap_or_else(|| "none".to_owned()))),
    ];
    lines.into_iter().flatten().collect()
}

/// How an attempt to reach a server ended, in a sentence.
pub fn failure_words(failure: &Failure) -> String {
    match failure {
        Failure::DnsFail { reason } => format!("the name has no address: {reason}"),
        Failure::TcpRefused => "nobody listens on that port".to_owned(),
        Failure::TcpTimeout => "no answer to the connection attempt".to_owned(),
        Failure::TcpUnreachable { reason } => format!("no way to the address: {reason}"),
        Failure::TcpReset => "the connection was reset before TLS began".to_owned(),
        Failure::HandshakeTimeout { stage } => format!("the handshake stopped {}", stage.words()),
        Failure::HandshakeReset { stage } => format!("reset {}", stage.words()),
        Failure::HandshakeTruncated { stage } => format!("closed {}", stage.words()),
        Failure::Alert { code, stage } => format!("the server sent the alert {code} {}", stage.words()),
        Failure::NotTls { seen } => format!("the server does not speak TLS there; it said {seen}"),
        Failure::SchemeNotOffered { reason } | Failure::Incompatible { reason } | Failure::Malformed { reason } => {
            reason.clone()
        }
        Failure::Loop => "the target is tlscope's own port".to_owned(),
        Failure::NotAllowed => "the target is on this machine, and the client is not".to_owned(),
        Failure::UpstreamProxy { fault } => format!("the proxy in between {}", fault.words()),
    }
}

/// How the client's handshake ended, in a sentence.
pub fn client_outcome_words(outcome: &ClientOutcome) -> String {
    match outcome {
        ClientOutcome::Served => "served".to_owned(),
        ClientOutcome::Alert { code } => format!("it sent the alert {code}"),
        ClientOutcome::EofInHandshake => "it closed during the handshake".to_owned(),
        ClientOutcome::ResetInHandshake => "it reset during the handshake".to_owned(),
        ClientOutcome::SilentClose { clean: true } => "it finished, and closed without a byte".to_owned(),
        ClientOutcome::SilentClose { clean: false } => {
            "it finished, and closed without a byte and without close_notify".to_owned()
        }
        ClientOutcome::SilentReset => "it finished, and reset without a byte".to_owned(),
        ClientOutcome::GaveUp { waited_ms } => format!("it left after {waited_ms:.0} ms, before it was shown anything"),
        ClientOutcome::NothingShared { reason } => format!("nothing in common: {reason}"),
        ClientOutcome::TimedOut => "it did not finish in time".to_owned(),
        ClientOutcome::Failed { reason } => reason.clone(),
    }
}

fn text<T: ToString>(value: Option<T>) -> Option<String> {
    value.map(|value| value.to_string())
}

fn attempt_words(attempt: Attempt) -> &'static str {
    match attempt {
        Attempt::Modern => "tlscope's own handshake",
        Attempt::Sha1Signatures => "a second handshake, with SHA-1 signatures offered",
        Attempt::Tunnelled => "reading the client's own handshake in passing",
        Attempt::Probe => "a plaintext hello; no handshake followed",
        Attempt::Observed => "tlscope's own connection beside the tunnel, not the client's handshake",
        Attempt::File => "a file",
    }
}

fn validity_words(valid: Option<bool>) -> &'static str {
    match valid {
        Some(true) => "",
        Some(false) => " (does not verify)",
        None => " (not checked)",
    }
}

fn asked_words(asked: &CertificateAsked) -> String {
    match asked.authorities.len() {
        0 => "asked for, from any CA".to_owned(),
        1..=3 => format!("asked for, from {}", asked.authorities.join("; ")),
        more => format!("asked for, from one of {more} CAs"),
    }
}

fn shown_words(own: &ClientCertificate) -> String {
    match (own.shown, own.issuer_named) {
        (false, _) => format!("nothing: the key of {} fits none of the schemes it takes", own.subject),
        (true, Some(false)) => format!("{}, which none of those issued", own.subject),
        (true, _) => own.subject.clone(),
    }
}

fn yes_or_no(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}
