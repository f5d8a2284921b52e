//! What a certificate may be used for (RFC 5280 sections 4.2.1.3, 4.2.1.9 and 4.2.1.12).

use super::Judged;
use crate::diagnosis::findings::Findings;
use crate::model::{CipherSuite, Facts, FindingId, Handshake, KeyExchange, Severity};
use crate::x509::{ExtendedKeyUsage, KeyKind, oids};

pub(crate) fn check(judged: &Judged<'_>, out: &mut Findings) {
    if judged.is_leaf() {
        check_leaf_purposes(judged, out);
        check_leaf_key_usage(judged, out);
        check_leaf_constraints(judged, out);
    } else {
        check_authority(judged, out);
    }
}

fn check_leaf_purposes(judged: &Judged<'_>, out: &mut Findings) {
    let subject = &judged.subject;
    let Some(purposes) = &judged.cert.extensions.extended_key_usage else {
        // Only the public programmes ask for it.
        let severity = if judged.is_public { Severity::Warning } else { Severity::Info };
        return out.add_as(severity, FindingId::EkuAbsent, subject, Facts::new());
    };
    let facts = || Facts::new().with("purposes", purposes.names());
    if !allows_server(purposes) {
        out.add(FindingId::EkuNoServerauth, subject, facts());
    } else if purposes.allows(oids::EKU_ANY) {
        // Beside serverAuth it does no harm; in public certificates it is forbidden all the same.
        let is_harmless = purposes.allows(oids::EKU_SERVER_AUTH) && !judged.is_public;
        let severity = if is_harmless { Severity::Info } else { Severity::Warning };
        out.add_as(severity, FindingId::EkuAnyOnly, subject, facts());
    }
    if judged.cert.extensions.get(oids::EXT_EXTENDED_KEY_USAGE).is_some_and(|extension| extension.critical) {
        out.add(FindingId::EkuCritical, subject, facts());
    }
    // Chrome Root Program Policy 1.8, section 1.3.2, from 2027-03-15 on.
    if judged.is_public && purposes.allows(oids::EKU_CLIENT_AUTH) && purposes.allows(oids::EKU_SERVER_AUTH) {
        let forbidden_from = crate::model::Timestamp::from_unix(1_805_068_800);
        let issued_after = judged.cert.validity.is_some_and(|v| v.not_before >= forbidden_from);
        let severity = if issued_after { Severity::Warning } else { Severity::Info };
        out.add_as(severity, FindingId::EkuClientauth, subject, facts());
    }
}

/// serverAuth, anyExtendedKeyUsage, or one of the two purposes of the export years.
fn allows_server(purposes: &ExtendedKeyUsage) -> bool {
    let enough = [oids::EKU_SERVER_AUTH, oids::EKU_ANY, oids::EKU_MICROSOFT_SGC, oids::EKU_NETSCAPE_SGC];
    enough.iter().any(|oid| purposes.allows(oid))
}

fn check_leaf_key_usage(judged: &Judged<'_>, out: &mut Findings) {
    let Some(usage) = judged.cert.extensions.key_usage else { return };
    let facts = Facts::new().with("key_usage", usage.names());
    if usage.key_cert_sign() && !judged.cert.is_ca() {
        out.add(FindingId::KuLeafCertsign, &judged.subject, facts);
    }
}

/// The key usage that this very handshake needed.
pub(crate) fn check_key_usage_in(judged: &Judged<'_>, handshake: &Handshake, out: &mut Findings) {
    let Some(usage) = judged.cert.extensions.key_usage else { return };
    // A CA certificate in a file need not be meant for a server.
    if handshake.suite.is_none() && judged.cert.is_ca() {
        return;
    }
    if !usage.digital_signature() && !usage.key_encipherment() {
        let facts = Facts::new().with("key_usage", usage.names());
        out.add(FindingId::KuCertsignOnly, &judged.subject, facts);
    }
    let is_rsa = judged.cert.key.as_ref().is_some_and(|key| matches!(key.kind, KeyKind::Rsa { .. }));
    let facts = || {
        let suite = handshake.suite.map_or_else(String::new, |suite| suite.to_string());
        Facts::new().with("key_usage", usage.names()).with("suite", suite)
    };
    // Where no handshake was seen, one of today's clients is meant: it wants a signature.
    let exchange = handshake.suite.and_then(CipherSuite::key_exchange).unwrap_or(KeyExchange::Tls13);
    match exchange {
        KeyExchange::Tls13 | KeyExchange::Ecdhe | KeyExchange::Dhe if !usage.digital_signature() => {
            out.add(FindingId::KuNoDigsig, &judged.subject, facts());
        }
        KeyExchange::StaticRsa if is_rsa && !usage.key_encipherment() => {
            out.add(FindingId::KuNoKeyenc, &judged.subject, facts());
        }
        _ => {}
    }
}

fn check_leaf_constraints(judged: &Judged<'_>, out: &mut Findings) {
    if judged.cert.is_ca() {
        out.add(FindingId::BcLeafIsCa, &judged.subject, Facts::new());
    }
}

/// An intermediate or an anchor: may it issue certificates?
fn check_authority(judged: &Judged<'_>, out: &mut Findings) {
    let cert = judged.cert;
    let subject = &judged.subject;
    match cert.extensions.basic_constraints {
        Some(bc) if !bc.ca => out.add(FindingId::BcNotCa, subject, judged.facts().with("reason", "cA is FALSE")),
        Some(bc) if !bc.critical => out.add(FindingId::BcNotCritical, subject, judged.facts()),
        Some(_) => {}
        // Before version 3 there was no way to say so; an anchor of that age is trusted as it is.
        None if judged.is_anchor() && cert.version != Some(3) => {}
        None => out.add(FindingId::BcNotCa, subject, judged.facts().with("reason", "no basicConstraints")),
    }
    if let Some(usage) = cert.extensions.key_usage.filter(|usage| !usage.key_cert_sign()) {
        out.add(FindingId::KuCaNoCertsign, subject, judged.facts().with("key_usage", usage.names()));
    }
    if let Some(purposes) = &cert.extensions.extended_key_usage {
        check_authority_purposes(judged, purposes, out);
    }
}

fn check_authority_purposes(judged: &Judged<'_>, purposes: &ExtendedKeyUsage, out: &mut Findings) {
    let facts = || judged.facts().with("purposes", purposes.names());
    if judged.is_anchor() {
        if judged.cert.is_self_issued() {
            out.add(FindingId::EkuOnRoot, &judged.subject, facts());
        }
        return;
    }
    if !allows_server(purposes) {
        out.add(FindingId::EkuIntermediate, &judged.subject, facts());
    }
    if purposes.allows(oids::EKU_OCSP_SIGNING) {
        out.add(FindingId::OcspSignerIsCa, &judged.subject, judged.facts());
    }
}
