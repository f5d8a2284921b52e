//! The rules of path validation (RFC 5280 section 6.1), each on its own.

use super::{Edge, End, Node, Path, Pool};
use super::{name_constraints, policy};
use crate::diagnosis::budget::{Budget, Limits};
use crate::diagnosis::certificate::{self, Judged, key};
use crate::diagnosis::clock::Clock;
use crate::diagnosis::findings::Findings;
use crate::diagnosis::signature::Check;
use crate::model::{Facts, FindingId, Subject, SubjectKind, hex};
use crate::x509::{Cert, Name};

/// Everything wrong with a path above its leaf, and with the leaf because of the path.
pub(crate) fn check(pool: &Pool<'_>, path: &Path, clock: &Clock, budget: &mut Budget) -> Findings {
    let mut out = Findings::default();
    for node in path.intermediates() {
        check_certificate(pool, (*node, SubjectKind::Intermediate), clock, budget.limits, &mut out);
    }
    if let Some(anchor) = path.anchor() {
        check_certificate(pool, (anchor, SubjectKind::Anchor), clock, budget.limits, &mut out);
    }
    for (child, issuer, edge) in path.steps() {
        check_step(pool, path, (child, issuer, edge), &mut out);
    }
    check_lengths(pool, path, &mut out);
    check_depth(pool, path, budget, &mut out);
    name_constraints::check(pool, path, budget, &mut out);
    policy::check(pool, path, &mut out);
    out
}

fn check_certificate(
    pool: &Pool<'_>,
    (node, role): (Node, SubjectKind),
    clock: &Clock,
    limits: Limits,
    out: &mut Findings,
) {
    if let Some(cert) = pool.cert(node) {
        let subject = pool.subject(node, role);
        let expiring_days = limits.expiring_days;
        certificate::check(&Judged { cert, subject, is_public: false, clock, expiring_days }, out);
    }
}

/// Does the issuer's key verify the certificate, and is it the issuer that it names?
fn check_step(pool: &Pool<'_>, path: &Path, (child, issuer, edge): (Node, Node, Edge), out: &mut Findings) {
    let (Some(cert), Some(above)) = (pool.cert(child), pool.cert(issuer)) else { return };
    let subject = pool.subject(child, path.role_of(child));
    let facts = || {
        let algorithm = cert.outer_algorithm.as_ref().map(crate::x509::Algorithm::name).unwrap_or_default();
        Facts::new()
            .with("certificate", cert.label())
            .with("issuer", above.label())
            .with("issuer_sha256", above.sha256().to_string())
            .with("issuer_key", key::describe(above.key.as_ref()))
            .with("algorithm", algorithm)
    };
    match edge.signature {
        Check::Valid => {}
        // An algorithm that nobody knows is found on the certificate itself.
        Check::Unsupported if cert.outer_algorithm.as_ref().is_some_and(|a| a.signature().is_none()) => {}
        Check::Unsupported => out.add(FindingId::SigAlgUnsupported, &subject, facts()),
        // Another key of the same name: the identifiers say so.
        Check::Invalid if edge.key_ids_match == Some(false) => {
            out.add(FindingId::ChainWrongIntermediate, &pool.subject(issuer, SubjectKind::Chain), facts());
        }
        Check::Invalid => out.add(FindingId::SigInvalid, &subject, facts()),
    }
    if edge.signature == Check::Valid {
        check_link(pool, path, (child, issuer, edge), out);
    }
    if !edge.names_match && edge.signature == Check::Valid {
        let shown = |name: &Option<Name>| match name {
            Some(name) if !name.is_empty() => name.to_string(),
            _ => "(no name)".to_owned(),
        };
        let (named, signer) = (shown(&cert.issuer), shown(&above.subject));
        let facts = Facts::new().with("certificate", cert.label()).with("names", named).with("signed_by", signer);
        out.add(FindingId::ChainIssuerNameMismatch, &subject, facts);
    }
}

/// The key fits: do the name and the key identifier say so in the same bytes?
fn check_link(pool: &Pool<'_>, path: &Path, (child, issuer, edge): (Node, Node, Edge), out: &mut Findings) {
    let (Some(cert), Some(above)) = (pool.cert(child), pool.cert(issuer)) else { return };
    let subject = pool.subject(child, path.role_of(child));
    let facts = || Facts::new().with("certificate", cert.label());
    if let (Some(named), Some(own)) = (&cert.issuer, &above.subject)
        && edge.names_match
        && named.raw != own.raw
    {
        let facts = facts().with("names", named.to_string()).with("subject", own.to_string());
        out.add(FindingId::ChainDnEncoding, &subject, facts);
    }
    if edge.key_ids_match == Some(false) {
        let wanted = cert.extensions.authority_key_id.as_ref().and_then(|id| id.key_id.as_ref());
        let own = above.extensions.subject_key_id.as_ref();
        let facts = facts()
            .with("issuer", above.label())
            .with("authority_key_id", wanted.map(|id| hex(id)).unwrap_or_default())
            .with("subject_key_id", own.map(|id| hex(id)).unwrap_or_default());
        out.add(FindingId::ChainAkiMismatch, &subject, facts);
    }
}

/// Verifiers give up at a length of their own; the shortest patience is six intermediates.
fn check_depth(pool: &Pool<'_>, path: &Path, budget: &Budget, out: &mut Findings) {
    let ends_in_root = matches!(path.end, End::Anchor | End::SelfSigned);
    let above_leaf = path.nodes.iter().skip(1).take(path.nodes.len().saturating_sub(1 + usize::from(ends_in_root)));
    let counts = |node: &&Node| pool.cert(**node).is_some_and(|cert| !cert.is_self_issued());
    let intermediates = above_leaf.filter(counts).count();
    let limit = budget.limits.intermediates;
    if intermediates > limit {
        let top = path.nodes.get(limit + 1).map(|node| pool.subject(*node, SubjectKind::Chain));
        let subject = top.unwrap_or(Subject::of(SubjectKind::Chain));
        let facts = Facts::new().with("certificates", intermediates).with("limit", limit);
        out.add(FindingId::ChainTooLong, &subject, facts);
    }
}

/// RFC 5280 section 6.1.4 (l) and (m): self-issued certificates do not count.
fn check_lengths(pool: &Pool<'_>, path: &Path, out: &mut Findings) {
    let mut below = 0;
    for node in path.nodes.iter().skip(1) {
        let Some(cert) = pool.cert(*node) else { continue };
        if let Some(limit) = cert.extensions.basic_constraints.and_then(|bc| bc.path_len)
            && below > limit
        {
            let facts = Facts::new()
                .with("certificate", cert.label())
                .with("limit", i64::from(limit))
                .with("below", i64::from(below));
            out.add(FindingId::PathlenExceeded, &pool.subject(*node, path.role_of(*node)), facts);
        }
        below += u32::from(!Cert::is_self_issued(cert));
    }
}
