//! Where a certificate points: to the key that issued it, to its issuer's certificate, to what says
//! that it was revoked (RFC 5280 sections 4.2.1.1, 4.2.1.2, 4.2.1.13 and 4.2.2.1).

use std::collections::HashSet;

use super::Judged;
use crate::diagnosis::findings::Findings;
use crate::model::{Facts, FindingId, Timestamp};
use crate::x509::{AccessUrl, Extensions, Validity, oids};

pub(crate) fn check(judged: &Judged<'_>, out: &mut Findings) {
    check_key_ids(judged, out);
    check_issuer_places(judged, out);
    check_revocation_places(judged, out);
}

fn check_key_ids(judged: &Judged<'_>, out: &mut Findings) {
    let extensions = &judged.cert.extensions;
    if judged.cert.version.is_some_and(|version| version < 3) {
        return; // there was no place for them
    }
    let mut fault = |when: bool, fault: &'static str| {
        if when {
            out.add(FindingId::SkiAkiMissing, &judged.subject, judged.facts().with("fault", fault));
        }
    };
    let critical = |oid: &str| extensions.get(oid).is_some_and(|extension| extension.critical);
    let is_ca = judged.cert.is_ca() || !judged.is_leaf();
    fault(is_ca && extensions.subject_key_id.is_none(), "a CA without subjectKeyIdentifier");
    fault(critical(oids::EXT_SUBJECT_KEY_ID), "subjectKeyIdentifier is critical");
    fault(critical(oids::EXT_AUTHORITY_KEY_ID), "authorityKeyIdentifier is critical");
    match &extensions.authority_key_id {
        None => fault(!judged.cert.is_self_issued(), "no authorityKeyIdentifier"),
        Some(own) => {
            fault(own.key_id.is_none(), "authorityKeyIdentifier without keyIdentifier");
            let differs = matches!((&own.key_id, &extensions.subject_key_id), (Some(a), Some(s)) if a != s);
            // A cross-certificate for the same name has another key above it.
            let is_root = judged.is_anchor() && judged.cert.is_self_issued();
            fault(is_root && differs, "a root whose authorityKeyIdentifier is not its own");
            fault(own.has_issuer || own.serial.is_some(), "authorityKeyIdentifier with issuer and serial number");
        }
    }
}

/// Baseline Requirements section 7.1.2.7.7: HTTP, and each place once.
fn check_issuer_places(judged: &Judged<'_>, out: &mut Findings) {
    if judged.is_anchor() {
        return;
    }
    let extensions = &judged.cert.extensions;
    let mut fault = |fault: &str, url: &str| {
        out.add(FindingId::AiaBad, &judged.subject, judged.facts().with("fault", fault).with("url", url));
    };
    if extensions.get(oids::EXT_AUTHORITY_INFO).is_some_and(|extension| extension.critical) {
        fault("the extension is critical", "");
    }
    if extensions.malformed.iter().any(|oid| oid == oids::EXT_AUTHORITY_INFO) {
        fault("the extension cannot be read", "");
    }
    let mut earlier = HashSet::new();
    for (kind, url) in extensions.urls.iter().filter_map(of_issuer) {
        if !url.starts_with("http://") {
            fault("not an http URL", url);
        }
        if !earlier.insert((kind, url)) {
            fault("listed twice", url);
        }
    }
}

/// The places of authorityInfoAccess, with what is there.
fn of_issuer(url: &AccessUrl) -> Option<(&'static str, &str)> {
    match url {
        AccessUrl::CaIssuers(url) => Some(("issuer", url)),
        AccessUrl::Ocsp(url) => Some(("OCSP", url)),
        AccessUrl::Crl(_) => None,
    }
}

/// Whether a certificate lives so shortly that it need not be revocable (Baseline Requirements sections
/// 1.6.1 and 7.1.2.11.2). The last second is inside.
fn is_short_lived(validity: Validity) -> bool {
    let tiers = [("2026-03-15T00:00:00Z", 7), ("2024-03-15T00:00:00Z", 10)];
    let is_since = |day: &str| Timestamp::parse(day).is_some_and(|day| validity.not_before >= day);
    let life = validity.not_after.ms_since(validity.not_before) + 1000;
    tiers.into_iter().find(|(day, _)| is_since(day)).is_some_and(|(_, days)| life <= days * Timestamp::DAY_MS)
}

fn check_revocation_places(judged: &Judged<'_>, out: &mut Findings) {
    if judged.is_anchor() {
        return;
    }
    let extensions = &judged.cert.extensions;
    for url in extensions.crl_urls().filter(|url| !url.starts_with("http://")) {
        out.add(FindingId::CdpNotHttp, &judged.subject, judged.facts().with("url", url));
    }
    if !judged.is_public || !judged.is_leaf() || has_place(extensions) {
        return;
    }
    let Some(validity) = judged.cert.validity else { return };
    let days = validity.not_after.ms_since(validity.not_before) / Timestamp::DAY_MS;
    let facts = Facts::new().with("days", days);
    out.add(FindingId::NoRevocationInfo, &judged.subject, facts.clone());
    if !is_short_lived(validity) {
        out.add(FindingId::CdpMissing, &judged.subject, facts);
    }
}

fn has_place(extensions: &Extensions) -> bool {
    extensions.urls.iter().any(|url| matches!(url, AccessUrl::Ocsp(_) | AccessUrl::Crl(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_life_is_what_its_first_day_says_and_no_second_more() {
        let lives = |first: &str, ms: i64| {
            let not_before = Timestamp::parse(first).unwrap();
            is_short_lived(Validity { not_before, not_after: not_before.plus_ms(ms - 1000) })
        };
        for (first, days) in [("2026-03-15T00:00:00Z", 7), ("2026-03-14T23:59:59Z", 10), ("2024-03-15T00:00:00Z", 10)] {
            assert!(
                lives(first, days * Timestamp::DAY_MS) && !lives(first, days * Timestamp::DAY_MS + 1000),
                "{first}"
            );
        }
        assert!(!lives("2024-03-14T00:00:00Z", Timestamp::DAY_MS));
    }
}
