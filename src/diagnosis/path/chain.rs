//! The shape of what was sent: which certificate is the leaf, what is missing, what is too much,
//! and in which order it came.

use super::pool::{Node, Pool};
use super::{End, Path};
use crate::diagnosis::budget::Budget;
use crate::diagnosis::certificate::{DnsMatch, match_dns};
use crate::diagnosis::clock::Clock;
use crate::diagnosis::findings::Findings;
use crate::diagnosis::signature::Check;
use crate::model::{
    CertDer, Evidence, Facts, FindingId, Fingerprint, Host, NotChecked, Provenance, Severity, Subject, SubjectKind,
    Want,
};
use crate::x509::{Cert, GeneralName};

/// The certificate to judge as the leaf: the first one, unless that is a CA and a later one is
/// plainly meant.
pub(crate) fn find_leaf(pool: &Pool<'_>, host: Option<&Host>, out: &mut Findings) -> Option<Node> {
    let (_, first) = pool.sent().next()?;
    let head = pool.cert(first).filter(|cert| cert.is_ca());
    let Some(head) = head else { return Some(first) };
    let is_meant = |cert: &Cert| !cert.is_ca() && (names_host(cert, host) || is_child_of(cert, head));
    let meant = pool.sent().skip(1).find(|(_, node)| pool.cert(*node).is_some_and(is_meant));
    let Some((at, node)) = meant else { return Some(first) };
    let label = pool.cert(node).map(Cert::label).unwrap_or_default();
    let facts = Facts::new().with("first", head.label()).with("leaf", label).with("leaf_index", at);
    out.add(FindingId::ChainLeafNotFirst, &Subject::of(SubjectKind::Chain), facts);
    Some(node)
}

fn names_host(cert: &Cert, host: Option<&Host>) -> bool {
    cert.san().iter().any(|name| match (name, host) {
        (GeneralName::Dns(dns), Some(Host::Name(host))) => match_dns(dns, host) == DnsMatch::Full,
        (name, Some(Host::Ip(ip))) => name.ip() == Some(*ip),
        _ => false,
    })
}

fn is_child_of(cert: &Cert, issuer: &Cert) -> bool {
    matches!((&cert.issuer, &issuer.subject), (Some(i), Some(s)) if i.matches(s))
}

/// Checks of the list as sent against the path that was chosen and all that were found.
pub(crate) fn check_list(pool: &Pool<'_>, best: &Path, all: &[Path], out: &mut Findings) {
    check_duplicates(pool, out);
    check_order(pool, best, out);
    let mut extra = Vec::new();
    for (at, node) in pool.sent() {
        let Some(cert) = pool.cert(node).filter(|_| at > 0 && pool.sent_index(node) == Some(at)) else { continue };
        if !pool.anchor_sets(node).is_empty() && cert.is_self_issued() {
            let facts = Facts::new().with("root", cert.label()).with("sent_index", at);
            out.add(FindingId::ChainContainsRoot, &pool.subject(node, SubjectKind::Anchor), facts);
        } else if !all.iter().any(|path| path.nodes.contains(&node)) {
            extra.push(cert.label());
        }
    }
    if !extra.is_empty() {
        out.note(FindingId::ChainExtraCerts, Facts::new().with("certificates", extra));
    }
}

fn check_duplicates(pool: &Pool<'_>, out: &mut Findings) {
    let repeats: Vec<(usize, Node)> = pool.sent().filter(|(at, node)| pool.sent_index(*node) != Some(*at)).collect();
    if repeats.is_empty() {
        return;
    }
    let label = |node: &Node| pool.cert(*node).map(Cert::label).unwrap_or_default();
    let labels: Vec<String> = repeats.iter().map(|(_, node)| label(node)).collect();
    let places: Vec<String> = repeats.iter().map(|(at, _)| at.to_string()).collect();
    out.note(FindingId::ChainDuplicate, Facts::new().with("certificates", labels).with("at", places));
}

/// RFC 5246 section 7.4.2: each certificate certifies the one before it.
fn check_order(pool: &Pool<'_>, best: &Path, out: &mut Findings) {
    // A leaf that is not first has a finding of its own.
    let first_is_leaf = best.nodes.first().and_then(|leaf| pool.sent_index(*leaf)) == Some(0);
    let nodes = best.nodes.iter().skip(usize::from(!first_is_leaf));
    let places: Vec<usize> = nodes.filter_map(|node| pool.sent_index(*node)).collect();
    if !places.is_sorted() {
        let order: Vec<String> = places.iter().map(ToString::to_string).collect();
        out.note(FindingId::ChainOutOfOrder, Facts::new().with("needed_order", order));
    }
}

/// What the top of the best path means.
pub(crate) fn check_top(pool: &Pool<'_>, best: &Path, evidence: &Evidence, any_roots: bool, out: &mut Findings) {
    let Some(top) = best.top() else { return };
    let Some(cert) = pool.cert(top) else { return };
    check_missing(pool, best, evidence, out);
    let is_leaf = best.nodes.len() == 1;
    match best.end {
        End::SelfSigned | End::Anchor if is_leaf => check_self_signed_leaf(pool, best, top, out),
        End::SelfSigned if any_roots => {
            let facts = Facts::new()
                .with("root", cert.label())
                .with("root_sha256", cert.sha256().to_string())
                .with("root_sent", pool.provenance(top) == Provenance::Sent);
            out.note(FindingId::ChainUnknownCa, facts);
        }
        // Without roots a missing issuer may be the root, which nobody sends.
        End::NoIssuer if !any_roots => {}
        End::Loop => check_loop(pool, best, out),
        End::NoIssuer | End::Truncated => check_incomplete(cert, best.end, evidence, out),
        End::Anchor | End::SelfSigned => {}
    }
}

/// CAs that issue each other, with no root above them.
fn check_loop(pool: &Pool<'_>, best: &Path, out: &mut Findings) {
    let labels: Vec<String> = best.nodes.iter().skip(1).filter_map(|node| pool.cert(*node)).map(Cert::label).collect();
    out.note(FindingId::ChainLoop, Facts::new().with("certificates", labels));
}

/// A path of what was sent that ends in something expired, where the best path has a certificate
/// for the same CA that has not ended: clients that follow what was sent fail.
pub(crate) fn check_cross_signs(pool: &Pool<'_>, best: &Path, all: &[Path], clock: &Clock, out: &mut Findings) {
    for path in all {
        let fork = path.nodes.iter().zip(&best.nodes).position(|(theirs, ours)| theirs != ours);
        let Some((theirs, ours)) = fork.and_then(|at| Some((path.nodes.get(at..)?, *best.nodes.get(at)?))) else {
            continue;
        };
        let is_same_ca = theirs.first().is_some_and(|node| pool.is_same_ca(*node, ours));
        let as_sent = theirs.first().is_some_and(|node| pool.sent_index(*node).is_some());
        let ended = |node: &&Node| {
            let validity = pool.cert(**node).and_then(|cert| cert.validity);
            validity.is_some_and(|validity| clock.is_after(validity.not_after))
        };
        let Some(ended) = theirs.iter().find(ended).filter(|_| is_same_ca && as_sent) else { continue };
        let (Some(cert), Some(instead)) = (pool.cert(*ended), best.top().and_then(|top| pool.cert(top))) else {
            continue;
        };
        let facts = Facts::new()
            .with("expired", cert.label())
            .with("expired_sha256", cert.sha256().to_string())
            .with("instead", instead.label());
        let facts = cert.validity.map_or(facts.clone(), |validity| facts.with("ended", validity.not_after));
        out.add(FindingId::ChainExpiredCrossSign, &pool.subject(*ended, SubjectKind::Chain), facts);
    }
}

fn check_self_signed_leaf(pool: &Pool<'_>, best: &Path, leaf: Node, out: &mut Findings) {
    let Some(cert) = pool.cert(leaf) else { return };
    if !cert.is_self_issued() {
        return;
    }
    // Installed as an anchor it is what its owner wanted.
    let severity = if best.end == End::Anchor { Severity::Info } else { Severity::Fatal };
    let subject = cert.subject.as_ref().map(ToString::to_string).unwrap_or_default();
    let facts = Facts::new().with("subject", subject).with("trusted", best.end == End::Anchor);
    out.add_as(severity, FindingId::LeafSelfSigned, &pool.subject(leaf, SubjectKind::Leaf), facts);
}

/// Certificates the path needs and the server did not send.
fn check_missing(pool: &Pool<'_>, best: &Path, evidence: &Evidence, out: &mut Findings) {
    let missing: Vec<Node> = best
        .nodes
        .iter()
        .copied()
        .filter(|node| matches!(pool.provenance(*node), Provenance::Aia | Provenance::Seen))
        .filter(|node| pool.cert(*node).is_some_and(|cert| !cert.is_self_issued()))
        .collect();
    let Some(first) = missing.first() else { return };
    let labels: Vec<String> = missing.iter().filter_map(|node| pool.cert(*node)).map(Cert::label).collect();
    let prints: Vec<String> =
        missing.iter().filter_map(|node| pool.cert(*node)).map(|cert| cert.sha256().to_string()).collect();
    let found_by = if pool.provenance(*first) == Provenance::Aia { "aia" } else { "seen" };
    let urls: Vec<String> = evidence.aia.iter().filter(|o| o.result.is_ok()).map(|o| o.url.clone()).collect();
    let facts = Facts::new()
        .with("missing", labels)
        .with("missing_sha256", prints)
        .with("found_by", found_by)
        .with("urls", urls);
    out.note(FindingId::ChainMissingIntermediate, facts);
}

fn check_incomplete(top: &Cert, end: End, evidence: &Evidence, out: &mut Findings) {
    let issuer = top.issuer.as_ref().map(ToString::to_string).unwrap_or_default();
    let urls: Vec<String> = top.extensions.ca_issuers().map(str::to_owned).collect();
    let why = match end {
        End::Truncated => "the search stopped at its limit",
        _ if urls.is_empty() => "not sent, and the certificate does not say where it is",
        _ if evidence.aia.iter().any(|outcome| outcome.of == top.sha256()) => {
            "not sent, and not found where it should be"
        }
        _ if evidence.fetching_off.is_some() => "not sent, and nothing is fetched",
        _ => "not sent, and not fetched yet",
    };
    let facts =
        Facts::new().with("certificate", top.label()).with("issuer", issuer).with("why", why).with("urls", urls);
    out.note(FindingId::ChainIncompleteUndetermined, facts);
}

/// Places that should have held an issuer and did not.
pub(crate) fn check_aia(pool: &mut Pool<'_>, evidence: &Evidence, budget: &mut Budget, out: &mut Findings) {
    for outcome in &evidence.aia {
        let reason = match &outcome.result {
            Err(reason) => Some(reason.as_str()),
            Ok(found) if found.is_empty() => Some("no certificate there"),
            Ok(found) => fault_of_issuers(pool, outcome.of, found, budget),
        };
        if let Some(reason) = reason {
            let facts = Facts::new().with("url", outcome.url.clone()).with("reason", reason);
            out.note(FindingId::AiaUnreachable, facts);
        }
    }
}

/// Why none of `found` issued the certificate.
fn fault_of_issuers(
    pool: &mut Pool<'_>,
    child: Fingerprint,
    found: &[CertDer],
    budget: &mut Budget,
) -> Option<&'static str> {
    let child = pool.with_fingerprint(child)?;
    let wanted = pool.cert(child)?.issuer.clone()?;
    let candidates: Vec<_> = found.iter().filter_map(|der| pool.with_fingerprint(der.sha256)).collect();
    let of_name: Vec<_> = candidates
        .into_iter()
        .filter(|node| pool.cert(*node).and_then(|cert| cert.subject.as_ref()).is_some_and(|s| s.matches(&wanted)))
        .collect();
    if of_name.is_empty() {
        return Some("another certificate than the issuer's");
    }
    let is_other = |node| pool.edge(child, node, budget).is_some_and(|edge| edge.signature == Check::Invalid);
    of_name.into_iter().all(is_other).then_some("a certificate of the issuer's name with another key")
}

/// What was not looked for because nothing may be fetched.
pub(crate) fn left_open(wants: &[Want], evidence: &Evidence) -> Option<NotChecked> {
    let why = evidence.fetching_off.as_ref()?;
    let has_place = |want: &Want| matches!(want, Want::Issuer { urls, .. } if !urls.is_empty());
    wants.iter().any(has_place).then(|| NotChecked::new("missing issuer", why))
}

/// A certificate may name a thousand places; nobody needs more than a few.
const PLACES: usize = 3;

/// The issuers that would let a path go on, and where they are said to be.
pub(crate) fn wants(pool: &Pool<'_>, paths: &[Path]) -> Vec<Want> {
    let mut wants: Vec<Want> = Vec::new();
    let tops = paths.iter().filter(|path| path.end == End::NoIssuer).filter_map(Path::top);
    let broken = paths.iter().flat_map(Path::steps).filter(|(.., edge)| edge.signature == Check::Invalid);
    for top in tops.chain(broken.map(|(child, ..)| child)) {
        let Some(cert) = pool.cert(top) else { continue };
        let Some(name) = cert.issuer.as_ref().map(|issuer| issuer.normal().to_owned()) else { continue };
        let places = cert.extensions.ca_issuers().filter(|url| url.starts_with("http://"));
        let urls = places.take(PLACES).map(str::to_owned).collect();
        let want = Want::Issuer { of: cert.sha256(), name, urls };
        if !wants.contains(&want) {
            wants.push(want);
        }
    }
    wants
}
