//! One OCSP response (RFC 6960): is it about the certificate, who signed it, is it of now, and what
//! does it say?

use bytes::Bytes;

use super::{Known, LEEWAY_MS, Question, Refusal, WITHOUT_END_MS};
use crate::diagnosis::budget::Budget;
use crate::diagnosis::clock::Clock;
use crate::diagnosis::signature::{Check, digest, verify};
use crate::model::{Facts, FindingId, Severity};
use crate::x509::{BasicOcsp, Cert, CertId, CertStatus, Hash, OcspResponse, Responder, RevocationStatus, oids};

/// The number of status_request among TLS extensions, which a certificate can demand (RFC 7633).
const STATUS_REQUEST: u64 = 5;

/// Judges one response; `by` says where it is from.
pub(super) fn judge(
    question: Question<'_>,
    bytes: &Bytes,
    by: &str,
    clock: &Clock,
    budget: &mut Budget,
    known: &mut Known,
) {
    let subject = question.subject();
    let facts = || Facts::new().with("by", by);
    let Some(response) = OcspResponse::read(bytes) else {
        return known.findings.add(FindingId::StapleErrorStatus, &subject, facts().with("status", "cannot be read"));
    };
    let Some(basic) = &response.basic else {
        let facts = facts().with("status", response.status_name());
        return known.findings.add(FindingId::StapleErrorStatus, &subject, facts);
    };
    let Some(answer) = basic.answers.iter().find(|answer| is_for(&answer.id, question.cert, question.issuer)) else {
        let theirs = basic.answers.first().map(|answer| crate::model::hex(&answer.id.serial)).unwrap_or_default();
        let facts = facts().with("serial", question.cert.serial_hex()).with("staple_serial", theirs);
        return known.findings.add(FindingId::StapleWrongCert, &subject, facts);
    };
    let is_authentic = match check_signer(basic, question.issuer, clock, budget) {
        Ok(()) => true,
        Err(Refusal::Limit) => false,
        Err(Refusal::Because(why)) => {
            let facts = facts().with("responder", words_for(&basic.responder)).with("why", why);
            known.findings.add(FindingId::StapleBadSigner, &subject, facts);
            false
        }
    };
    let is_current = check_times(question, basic, answer, by, clock, known);
    if is_authentic {
        check_status(question, answer, by, (is_current, clock), known);
    }
}

fn words_for(responder: &Responder) -> String {
    match responder {
        Responder::Name(name) => name.to_string(),
        Responder::KeyHash(hash) => format!("key {}", crate::model::hex(hash)),
    }
}

/// The id of a certificate, with SHA-1 as every responder knows it.
pub(super) fn cert_id(cert: &Cert, issuer: &Cert) -> Option<CertId> {
    let hashed = |bytes: &[u8]| digest(Hash::Sha1, bytes).map(Bytes::from);
    Some(CertId {
        hash: oids::SHA1.to_owned(),
        issuer_name_hash: hashed(&cert.issuer.as_ref()?.raw)?,
        issuer_key_hash: hashed(&issuer.key.as_ref()?.key)?,
        serial: cert.serial.clone()?,
    })
}

/// Whether a response has an answer about the certificate.
pub(super) fn is_answer_for(bytes: &Bytes, cert: &Cert, issuer: &Cert) -> bool {
    let basic = OcspResponse::read(bytes).and_then(|response| response.basic);
    basic.is_some_and(|basic| basic.answers.iter().any(|answer| is_for(&answer.id, cert, issuer)))
}

/// RFC 6960 section 4.1.1: the serial number, and the hashes of the issuer's name and key.
fn is_for(id: &CertId, cert: &Cert, issuer: &Cert) -> bool {
    let hash = match id.hash.as_str() {
        oids::SHA1 => Hash::Sha1,
        oids::SHA256 => Hash::Sha256,
        oids::SHA384 => Hash::Sha384,
        oids::SHA512 => Hash::Sha512,
        _ => return false,
    };
    let is_hash_of = |theirs: &Bytes, bytes: &[u8]| digest(hash, bytes).is_some_and(|own| own == theirs[..]);
    cert.serial.as_ref() == Some(&id.serial)
        && cert.issuer.as_ref().is_some_and(|name| is_hash_of(&id.issuer_name_hash, &name.raw))
        && issuer.key.as_ref().is_some_and(|key| is_hash_of(&id.issuer_key_hash, &key.key))
}

/// RFC 6960 section 4.2.2.2: the issuer itself, or one whom it certified for this directly. Several
/// certificates may bear the responder's name: one that is right is enough.
fn check_signer(basic: &BasicOcsp, issuer: &Cert, clock: &Clock, budget: &mut Budget) -> Result<(), Refusal> {
    let mut refusal = Refusal::Because("neither the issuer nor a certificate that came along is that responder's");
    if is_responder(&basic.responder, issuer) {
        match verify_by(basic, issuer, budget) {
            Err(why) => refusal = why,
            Ok(()) => return Ok(()),
        }
    }
    for delegate in basic.certificates.iter().take(DELEGATES).map(Cert::read) {
        if !is_responder(&basic.responder, &delegate) {
            continue;
        }
        match check_delegate(&delegate, issuer, clock, budget).and_then(|()| verify_by(basic, &delegate, budget)) {
            Err(why) => refusal = why,
            Ok(()) => return Ok(()),
        }
    }
    Err(refusal)
}

/// More certificates of a response are not looked at.
const DELEGATES: usize = 8;

fn is_responder(responder: &Responder, cert: &Cert) -> bool {
    match responder {
        Responder::Name(name) => cert.subject.as_ref().is_some_and(|subject| subject.matches(name)),
        Responder::KeyHash(hash) => {
            let own = cert.key.as_ref().and_then(|key| digest(Hash::Sha1, &key.key));
            own.is_some_and(|own| own == hash[..])
        }
    }
}

fn verify_by(basic: &BasicOcsp, signer: &Cert, budget: &mut Budget) -> Result<(), Refusal> {
    let because = |why| Err(Refusal::Because(why));
    let (Some(key), Some(kind)) = (&signer.key, basic.algorithm.signature()) else {
        return because("the signature algorithm is not known");
    };
    if !budget.pay_signature(key) {
        return Err(Refusal::Limit);
    }
    match verify(key, kind, &basic.signed, &basic.signature) {
        Check::Valid => Ok(()),
        Check::Invalid => because("the signature does not verify"),
        Check::Unsupported => because("the signature algorithm is not known"),
    }
}

fn check_delegate(delegate: &Cert, issuer: &Cert, clock: &Clock, budget: &mut Budget) -> Result<(), Refusal> {
    let because = |why| Err(Refusal::Because(why));
    let may_sign = delegate.extensions.extended_key_usage.as_ref().is_some_and(|p| p.allows(oids::EKU_OCSP_SIGNING));
    if !may_sign {
        return because("the responder's certificate is not for OCSPSigning");
    }
    let names_issuer = matches!((&delegate.issuer, &issuer.subject), (Some(i), Some(s)) if i.matches(s));
    let parts = (&issuer.key, &delegate.tbs, &delegate.signature, &delegate.outer_algorithm);
    let (Some(key), Some(tbs), Some(signature), Some(algorithm)) = parts else {
        return because("the responder's certificate cannot be read");
    };
    let is_issued = algorithm.signature().is_some_and(|kind| {
        names_issuer && budget.pay_signature(key) && verify(key, kind, tbs, signature) == Check::Valid
    });
    if !is_issued {
        return because("the responder's certificate was not issued by the certificate's issuer");
    }
    match delegate.validity {
        Some(validity) if clock.is_after(validity.not_after) => because("the responder's certificate has expired"),
        Some(validity) if clock.is_before(validity.not_before) => {
            because("the responder's certificate is not valid yet")
        }
        _ => Ok(()),
    }
}

/// RFC 6960 section 4.2.2.1; whether it may be relied on now.
fn check_times(
    question: Question<'_>,
    basic: &BasicOcsp,
    answer: &CertStatus,
    by: &str,
    clock: &Clock,
    known: &mut Known,
) -> bool {
    let subject = question.subject();
    let mut is_current = true;
    let facts = || Facts::new().with("by", by).with("this_update", answer.this_update);
    if clock.is_before(answer.this_update.max(basic.produced_at).plus_ms(-LEEWAY_MS)) {
        known.findings.add(FindingId::StapleFuture, &subject, facts().with("produced_at", basic.produced_at));
        is_current = false;
    }
    if let Some(next) = answer.next_update.filter(|next| clock.is_after(next.plus_ms(LEEWAY_MS))) {
        let demanded = question.is_leaf() && question.cert.extensions.tls_features.contains(&STATUS_REQUEST);
        let severity = if demanded { Severity::Error } else { Severity::Warning };
        known.findings.add_as(severity, FindingId::StapleExpired, &subject, facts().with("next_update", next));
        is_current = false;
    }
    // Who does not say until when may not be believed for ever.
    if answer.next_update.is_none() && clock.is_after(answer.this_update.plus_ms(WITHOUT_END_MS)) {
        is_current = false;
    }
    is_current
}

fn check_status(
    question: Question<'_>,
    answer: &CertStatus,
    by: &str,
    (is_current, clock): (bool, &Clock),
    known: &mut Known,
) {
    let subject = question.subject();
    match answer.status {
        RevocationStatus::Good => known.is_settled |= is_current,
        // At the instant judged, it was not yet.
        RevocationStatus::Revoked { at, .. } if clock.is_before(at) && clock.is_before(answer.this_update) => {}
        // Who was revoked stays revoked, however old the answer.
        RevocationStatus::Revoked { at, reason } => {
            let facts = question.revoked_facts(at, reason, by, answer.this_update);
            known.findings.add(question.revoked(FindingId::RevokedOcsp), &subject, facts);
            known.is_settled = true;
        }
        RevocationStatus::Unknown => {
            let facts = Facts::new().with("by", by).with("serial", question.cert.serial_hex());
            known.findings.add(FindingId::OcspUnknown, &subject, facts);
        }
    }
}
