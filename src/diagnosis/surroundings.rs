//! What stands between tlscope and the server, or only seems to: another clock, a box that intercepts,
//! a portal that wants to be clicked at, and browsers that offer no way round.

use super::clock::Clock;
use super::findings::Findings;
use super::known;
use super::path::{End, Path, Pool};
use crate::model::{
    ClockSeen, Evidence, Facts, Finding, FindingId, Host, NotChecked, Observation, Severity, Subject, SubjectKind,
    Timestamp,
};
use crate::x509::{Cert, GeneralName, OcspResponse};

/// Clocks that differ by less are said to agree.
const LEEWAY_MS: i64 = 300_000;

/// The finding that two clocks differ, when they do.
pub fn clock_skew(seen: ClockSeen) -> Option<Finding> {
    skew_facts(seen.server, seen.local, "http-date").map(|facts| Finding::new(FindingId::ClockSkew, facts))
}

fn skew_facts(server: Timestamp, local: Timestamp, source: &str) -> Option<Facts> {
    let ahead_ms = local.ms_since(server);
    let facts = || {
        Facts::new()
            .with("seconds", ahead_ms / 1000)
            .with("server_time", server)
            .with("local_time", local)
            .with("source", source)
    };
    (ahead_ms.abs() > LEEWAY_MS).then(facts)
}

/// The server's clock, and that of whoever answered a question about revocation: an answer is never
/// made after it came.
pub(crate) fn check_clock(observation: &Observation, evidence: &Evidence, clock: &Clock, out: &mut Findings) {
    if let Some(seen) = observation.clock
        && let Some(facts) = skew_facts(seen.server, seen.local, "http-date")
    {
        out.note(FindingId::ClockSkew, facts);
        return;
    }
    if evidence.is_of_another_time {
        return;
    }
    let staple = observation.handshake.as_ref().and_then(|seen| seen.staple.as_ref());
    let fetched = evidence.ocsp.iter().filter_map(|fetched| fetched.result.as_ref().ok());
    let made = fetched.chain(staple).filter_map(|bytes| OcspResponse::read(bytes)?.basic).map(|b| b.produced_at);
    if let Some(newest) = made.max().filter(|newest| *newest > clock.now())
        && let Some(facts) = skew_facts(newest, clock.now(), "ocsp")
    {
        out.note(FindingId::ClockSkew, facts);
    }
}

/// Certificates made just now, by a CA that nobody knows: made for this connection.
const FRESH_MS: i64 = 600_000;

/// Is the certificate the server's own?
pub(crate) fn check_interception(pool: &Pool<'_>, best: &Path, clock: &Clock, out: &mut Findings) {
    let Some(leaf) = best.nodes.first().and_then(|node| pool.cert(*node)) else { return };
    let is_public = best.top().is_some_and(|top| pool.is_public_anchor(top));
    let Some(issuer) = leaf.issuer.as_ref().filter(|_| !is_public) else { return };
    let above = best.nodes.iter().skip(1).filter_map(|node| pool.cert(*node)?.subject.as_ref());
    let product = std::iter::once(issuer).chain(above).find_map(known::interceptor);
    let made_now = |begin: Timestamp| !clock.is_before(begin) && clock.is_before(begin.plus_ms(FRESH_MS));
    let is_fresh = best.end != End::Anchor
        && !leaf.is_self_issued()
        && leaf.validity.is_some_and(|validity| made_now(validity.not_before));
    let facts =
        |name: &str, why: &str| Facts::new().with("product", name).with("issuer", issuer.to_string()).with("why", why);
    if let Some(product) = product {
        out.note(
            FindingId::InterceptionUpstream,
            facts(&format!("{} ({})", product.name, product.kind), "a CA of that name issued it"),
        );
    } else if is_fresh {
        let facts = facts("", "made minutes ago by a CA that nobody knows");
        out.note_as(Severity::Warning, FindingId::InterceptionUpstream, facts);
    }
}

/// First labels by which portals name themselves.
const PORTALS: &[&str] =
    &["captive-portal", "captiveportal", "captive", "hotspot", "wifi-login", "guest-wifi", "wlan-login"];

/// A certificate for another name, which is a portal's.
pub(crate) fn check_portal(leaf: &Cert, host: Option<&Host>, out: &mut Findings) {
    let Some(host) = host else { return };
    let mismatch = [FindingId::NameMismatch, FindingId::NameCnOnly, FindingId::IpNotInSan, FindingId::WildcardTooDeep];
    if !mismatch.iter().any(|id| out.has(*id)) {
        return;
    }
    let cn = leaf.subject.as_ref().and_then(crate::x509::Name::common_name).map(str::to_owned);
    let names = leaf.san().iter().map(GeneralName::plain).chain(cn);
    let is_portal = |name: &String| name.to_lowercase().split('.').any(|label| PORTALS.contains(&label));
    if let Some(name) = names.into_iter().find(is_portal) {
        let facts = Facts::new().with("name", name).with("asked", host.to_string());
        out.add(FindingId::CaptivePortal, &Subject::of(SubjectKind::Network), facts);
    }
}

/// RFC 6797 section 12.1: where the host demands TLS, browsers let nobody pass.
pub(crate) fn check_hsts(observation: &Observation, out: &mut Findings) {
    let Some(header) = &observation.hsts else { return };
    let defects = out.ids_from(Severity::Error);
    if !defects.is_empty() {
        let defects: Vec<String> = defects.iter().map(ToString::to_string).collect();
        out.note(FindingId::HstsNoOverride, Facts::new().with("header", header.as_str()).with("defects", defects));
    }
}

/// What one handshake leaves open.
pub(crate) fn left_open(observation: &Observation) -> Option<NotChecked> {
    let is_file = observation.handshake.as_ref().is_some_and(|seen| seen.attempt == crate::model::Attempt::File);
    let asked = !is_file && observation.failure.as_ref().is_none_or(crate::model::Failure::may_answer_a_probe);
    let why = "takes connections of its own (check --scan)";
    (asked && observation.probes.is_empty()).then(|| NotChecked::new("old versions and weak suites", why))
}
