//! Dates of one certificate (RFC 5280 section 4.1.2.5; Baseline Requirements section 6.3.2).

use super::Judged;
use crate::diagnosis::findings::Findings;
use crate::model::{Facts, FindingId, SubjectKind, Timestamp};
use crate::x509::{Cert, Validity};

pub(crate) fn check(judged: &Judged<'_>, out: &mut Findings) {
    let Some(validity) = judged.cert.validity else { return };
    check_now(judged, validity, out);
    if judged.is_leaf() {
        check_lifetime(judged, validity, out);
        check_backdating(judged, validity, out);
    }
    if !judged.is_anchor() && validity.not_after < validity.not_before {
        out.add(FindingId::ValidityInverted, &judged.subject, dates(judged, validity));
    }
}

fn dates(judged: &Judged<'_>, validity: Validity) -> Facts {
    judged.facts().with("not_before", validity.not_before).with("not_after", validity.not_after)
}

fn check_now(judged: &Judged<'_>, validity: Validity, out: &mut Findings) {
    let clock = judged.clock;
    let asked = judged.expiring_days.unwrap_or(0).saturating_mul(Timestamp::DAY_MS);
    let window = warning_window(judged.role(), validity).max(asked);
    let (expired, not_yet, soon) = match judged.role() {
        SubjectKind::Leaf => (FindingId::CertExpired, FindingId::CertNotYetValid, Some(FindingId::CertExpiringSoon)),
        SubjectKind::Anchor => (FindingId::AnchorExpired, FindingId::IntermediateNotYetValid, None),
        _ => (
            FindingId::IntermediateExpired,
            FindingId::IntermediateNotYetValid,
            Some(FindingId::IntermediateExpiringSoon),
        ),
    };
    if clock.is_after(validity.not_after) {
        let days = clock.now().ms_since(validity.not_after) / Timestamp::DAY_MS;
        out.add(expired, &judged.subject, dates(judged, validity).with("days_ago", days));
    } else if let Some(soon) = soon
        && clock.is_after(validity.not_after.plus_ms(-window))
    {
        let hours = validity.not_after.ms_since(clock.now()) / Timestamp::HOUR_MS;
        let facts = dates(judged, validity).with("hours_left", hours).with("days_left", hours / 24);
        out.add(soon, &judged.subject, facts);
    }
    if clock.is_before(validity.not_before) {
        let hours = validity.not_before.ms_since(clock.now()) / Timestamp::HOUR_MS;
        out.add(not_yet, &judged.subject, dates(judged, validity).with("hours_ahead", hours));
    }
}

/// How long before its end a certificate should have been renewed, in milliseconds.
fn warning_window(role: SubjectKind, validity: Validity) -> i64 {
    if role != SubjectKind::Leaf {
        return 30 * Timestamp::DAY_MS;
    }
    // The last second is inside.
    let life = validity.not_after.ms_since(validity.not_before).max(0) + 1000;
    match life / Timestamp::DAY_MS {
        0..10 => life / 2,
        90..=200 => (life / 3).max(14 * Timestamp::DAY_MS),
        _ => 14 * Timestamp::DAY_MS,
    }
}

/// The longest life the Baseline Requirements allow a certificate by its first day, in days
/// (section 6.3.2, ballot SC-081v3).
const BR_TIERS: &[(&str, i64)] = &[
    ("2029-03-15T00:00:00Z", 47),
    ("2027-03-15T00:00:00Z", 100),
    ("2026-03-15T00:00:00Z", 200),
    ("2020-09-01T00:00:00Z", 398),
    ("2018-03-01T00:00:00Z", 825),
];

fn starts_at_or_after(validity: Validity, day: &str) -> bool {
    Timestamp::parse(day).is_some_and(|day| validity.not_before >= day)
}

fn check_lifetime(judged: &Judged<'_>, validity: Validity, out: &mut Findings) {
    let life = validity.not_after.ms_since(validity.not_before);
    let mut over = |id: FindingId, limit_ms: i64, inclusive_ms: i64| {
        if life + inclusive_ms > limit_ms {
            let days = (life + inclusive_ms + Timestamp::DAY_MS - 1) / Timestamp::DAY_MS;
            let facts = dates(judged, validity).with("days", days).with("limit_days", limit_ms / Timestamp::DAY_MS);
            out.add(id, &judged.subject, facts);
        }
    };
    if judged.is_public {
        if let Some((_, days)) = BR_TIERS.iter().find(|(day, _)| starts_at_or_after(validity, day)) {
            // The last second is inside, so it counts.
            over(FindingId::ValidityOverBr, days * Timestamp::DAY_MS, 1000);
        }
        // Apple's policy for its own anchors (HT211025): exact, without the second.
        if starts_at_or_after(validity, "2020-09-01T00:00:00Z") {
            over(FindingId::ValidityOverApple398, 398 * Timestamp::DAY_MS, 0);
        }
    } else if starts_at_or_after(validity, "2019-07-01T00:00:01Z") {
        // Apple's policy for anchors that an app or a profile brings (103769): an hour of slip.
        over(FindingId::ValidityOverApple825, 825 * Timestamp::DAY_MS + Timestamp::HOUR_MS, 0);
    }
}

/// Baseline Requirements section 7.1.2.7: notBefore at most 48 hours before the certificate was made.
fn check_backdating(judged: &Judged<'_>, validity: Validity, out: &mut Findings) {
    let Some(first) = judged.cert.extensions.scts.iter().flatten().map(|sct| sct.at).min() else { return };
    if first.ms_since(validity.not_before) > 48 * Timestamp::HOUR_MS {
        let hours = first.ms_since(validity.not_before) / Timestamp::HOUR_MS;
        let facts = Facts::new().with("not_before", validity.not_before).with("first_sct", first).with("hours", hours);
        out.add(FindingId::CertBackdated, &judged.subject, facts);
    }
}

/// A leaf that is good for longer than the certificate that issued it.
pub(crate) fn check_against_issuer(judged: &Judged<'_>, issuer: &Cert, out: &mut Findings) {
    if let (Some(own), Some(above)) = (judged.cert.validity, issuer.validity)
        && own.not_after > above.not_after
    {
        let facts = Facts::new()
            .with("not_after", own.not_after)
            .with("issuer", issuer.label())
            .with("issuer_not_after", above.not_after);
        out.add(FindingId::ValidityOutlivesIssuer, &judged.subject, facts);
    }
}
