//! The form of a certificate: its version, serial number, names and encoding (RFC 5280 section 4.1,
//! Baseline Requirements section 7.1).

use super::Judged;
use crate::diagnosis::findings::Findings;
use crate::model::FindingId;
use crate::x509::{Algorithm, KeyKind, SignatureKind, not_der, oids};

pub(crate) fn check(judged: &Judged<'_>, out: &mut Findings) {
    check_der(judged, out);
    check_version(judged, out);
    check_serial(judged, out);
    check_names(judged, out);
    check_parameters(judged, out);
}

fn check_der(judged: &Judged<'_>, out: &mut Findings) {
    if judged.is_anchor() {
        return; // it is trusted byte for byte
    }
    for found in not_der(&judged.cert.der.der) {
        let facts = judged.facts().with("fault", found.fault).with("at", found.at);
        out.add(FindingId::DerNonCanonical, &judged.subject, facts);
    }
}

fn check_version(judged: &Judged<'_>, out: &mut Findings) {
    let cert = judged.cert;
    let Some(version) = cert.version.filter(|version| *version != 3) else { return };
    let facts = || judged.facts().with("version", i64::from(version));
    if !judged.is_anchor() {
        out.add(FindingId::CertV1, &judged.subject, facts());
    }
    if !cert.extensions.all.is_empty() {
        out.add(FindingId::ExtInV1V2, &judged.subject, facts().with("what", "extensions"));
    }
    // RFC 5280 section 4.1.2.8: from version 2 on.
    for id in cert.unique_ids.iter().filter(|_| version < 2) {
        out.add(FindingId::ExtInV1V2, &judged.subject, facts().with("what", *id));
    }
}

/// RFC 5280 section 4.1.2.2; at least 64 random bits by the Baseline Requirements section 7.1.
fn check_serial(judged: &Judged<'_>, out: &mut Findings) {
    // Nobody looks at an anchor's: what is installed is trusted as it is.
    let Some(serial) = judged.cert.serial.as_deref().filter(|_| !judged.is_anchor()) else { return };
    let significant = serial.strip_prefix(&[0]).unwrap_or(serial);
    let fault = match serial {
        _ if serial.iter().all(|byte| *byte == 0) => "zero",
        [top, ..] if top & 0x80 != 0 => "negative",
        _ if serial.len() > 20 => "more than 20 bytes",
        _ if judged.is_public && significant.len() < 8 => "less than 64 bits: too few to be random",
        _ => return,
    };
    let facts = judged.facts().with("serial", judged.cert.serial_hex()).with("fault", fault);
    out.add(FindingId::SerialBad, &judged.subject, facts);
}

fn check_names(judged: &Judged<'_>, out: &mut Findings) {
    let cert = judged.cert;
    if cert.issuer.as_ref().is_some_and(crate::x509::Name::is_empty) {
        out.add(FindingId::IssuerEmpty, &judged.subject, judged.facts());
    }
    let Some(san) = cert.extensions.get(oids::EXT_SUBJECT_ALT_NAME).filter(|_| judged.is_leaf()) else { return };
    let Some(subject) = &cert.subject else { return };
    if subject.is_empty() && !san.critical {
        out.add(FindingId::SubjectEmptySanNoncritical, &judged.subject, judged.facts());
    } else if !subject.is_empty() && san.critical {
        let facts = judged.facts().with("subject", subject.to_string());
        out.add(FindingId::SanCriticalWithSubject, &judged.subject, facts);
    }
}

/// RFC 4055 section 5 and RFC 3279 section 2.3.1: NULL behind RSA; RFC 5758 section 3.2 and RFC
/// 8410 section 3: nothing behind ECDSA and EdDSA.
fn check_parameters(judged: &Judged<'_>, out: &mut Findings) {
    let mut fault = |algorithm: &Algorithm, fault: Option<&'static str>, at: &'static str| {
        if let Some(fault) = fault {
            let facts = judged.facts().with("algorithm", algorithm.name()).with("fault", fault).with("at", at);
            out.add(FindingId::AlgParamsBad, &judged.subject, facts);
        }
    };
    if let Some(algorithm) = judged.cert.outer_algorithm.as_ref().filter(|_| !judged.is_anchor()) {
        let wants_null = match algorithm.signature() {
            Some(SignatureKind::RsaPkcs1(_)) => Some(true),
            Some(SignatureKind::Ecdsa(_) | SignatureKind::Ed25519 | SignatureKind::Ed448) => Some(false),
            _ => None,
        };
        fault(algorithm, wants_null.and_then(|null| fault_of(&algorithm.parameters, null)), "signature");
    }
    if let Some(key) = &judged.cert.key {
        let wants_null = match key.kind {
            KeyKind::Rsa { pss_only: false, .. } => Some(true),
            KeyKind::Ed25519 | KeyKind::Ed448 => Some(false),
            _ => None,
        };
        fault(&key.algorithm, wants_null.and_then(|null| fault_of(&key.algorithm.parameters, null)), "public key");
    }
}

fn fault_of(parameters: &[u8], wants_null: bool) -> Option<&'static str> {
    match (wants_null, parameters) {
        (true, [5, 0]) | (false, []) => None,
        (true, []) => Some("no parameters where NULL belongs"),
        (true, _) => Some("parameters other than NULL"),
        (false, _) => Some("parameters where none belong"),
    }
}
