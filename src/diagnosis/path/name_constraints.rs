//! Name constraints (RFC 5280 section 4.2.1.10): every constraint of every CA on a path against
//! every name below it.

use super::Path;
use super::pool::{Node, Pool};
use crate::diagnosis::budget::Budget;
use crate::diagnosis::findings::Findings;
use crate::model::{Facts, FindingId, SubjectKind};
use crate::x509::{Cert, GeneralName, Name, NameConstraints, oids};

pub(crate) fn check(pool: &Pool<'_>, path: &Path, budget: &mut Budget, out: &mut Findings) {
    for (at, node) in path.nodes.iter().enumerate() {
        let Some(cert) = pool.cert(*node) else { continue };
        check_form(pool, path, *node, cert, out);
        if let Some(constraints) = cert.extensions.name_constraints.as_ref().filter(|_| at > 0) {
            check_below(pool, path, at, constraints, budget, out);
        }
    }
}

/// Whether the extension itself is as it should be.
fn check_form(pool: &Pool<'_>, path: &Path, node: Node, cert: &Cert, out: &mut Findings) {
    let role = path.role_of(node);
    let subject = pool.subject(node, role);
    let facts = |fault: &str| Facts::new().with("certificate", cert.label()).with("fault", fault);
    let has_extension = cert.extensions.get(oids::EXT_NAME_CONSTRAINTS).is_some();
    if has_extension && role == SubjectKind::Leaf {
        out.add(FindingId::NcMalformed, &subject, facts("in a certificate that is no CA"));
    }
    let Some(constraints) = &cert.extensions.name_constraints else {
        if has_extension {
            out.add(FindingId::NcMalformed, &subject, facts("it cannot be read"));
        }
        return;
    };
    if !constraints.critical {
        out.add(FindingId::NcNotCritical, &subject, Facts::new().with("certificate", cert.label()));
    }
    if constraints.permitted.is_none() && constraints.excluded.is_none() {
        out.add(FindingId::NcMalformed, &subject, facts("it constrains nothing"));
    }
    for tree in all_trees(constraints) {
        if let Some(fault) = fault_of(tree) {
            out.add(FindingId::NcMalformed, &subject, facts(fault).with("constraint", tree.to_string()));
        }
    }
}

fn all_trees(constraints: &NameConstraints) -> impl Iterator<Item = &GeneralName> {
    constraints.permitted.iter().chain(&constraints.excluded).flatten()
}

fn fault_of(tree: &GeneralName) -> Option<&'static str> {
    match tree {
        GeneralName::Dns(dns) if dns.starts_with('.') => Some("a leading dot"),
        GeneralName::Dns(dns) if dns.contains('*') => Some("a wildcard"),
        GeneralName::Ip(octets) => match octets.len() {
            8 | 32 => (!is_prefix_mask(octets.split_at(octets.len() / 2).1)).then_some("a mask that is no prefix"),
            _ => Some("an address without a mask"),
        },
        _ => None,
    }
}

fn is_prefix_mask(mask: &[u8]) -> bool {
    let bits = mask.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    bits.is_sorted_by(|a, b| a >= b)
}

/// Compares the constraints of the CA at `at` with the names of every certificate below it, of
/// which self-issued ones count only at the end of the path.
fn check_below(
    pool: &Pool<'_>,
    path: &Path,
    at: usize,
    constraints: &NameConstraints,
    budget: &mut Budget,
    out: &mut Findings,
) {
    let by = path.nodes.get(at).and_then(|node| pool.cert(*node)).map(Cert::label).unwrap_or_default();
    for (below, node) in path.nodes.iter().enumerate().take(at) {
        let Some(cert) = pool.cert(*node).filter(|cert| below == 0 || !cert.is_self_issued()) else { continue };
        for name in names_of(cert) {
            let Some(verdict) = compare(constraints, &name, budget) else { return };
            if let Some(reason) = verdict {
                let facts = Facts::new().with("name", name.to_string()).with("reason", reason).with("by", by.clone());
                out.add(FindingId::NcViolation, &pool.subject(*node, path.role_of(*node)), facts);
            }
        }
    }
}

/// Every name a constraint can speak about: the subjectAltName, the subject, and e-mail addresses
/// in the subject when the subjectAltName has none (RFC 5280 section 4.2.1.10).
fn names_of(cert: &Cert) -> Vec<GeneralName> {
    let mut names: Vec<GeneralName> = cert.san().to_vec();
    if let Some(subject) = cert.subject.as_ref().filter(|name| !name.is_empty()) {
        if !names.iter().any(|name| matches!(name, GeneralName::Email(_))) {
            names.extend(subject.values(oids::EMAIL_ADDRESS).map(|address| GeneralName::Email(address.to_owned())));
        }
        names.push(GeneralName::Directory(subject.clone()));
    }
    names
}

/// `None` when the budget is spent; `Some(None)` when the name is allowed.
#[allow(clippy::option_option)]
fn compare(constraints: &NameConstraints, name: &GeneralName, budget: &mut Budget) -> Option<Option<&'static str>> {
    let (mut has_permitted, mut is_permitted) = (false, false);
    // Looking at a constraint of another type is work as well.
    for tree in constraints.permitted.iter().flatten() {
        budget.pay_comparison().then_some(())?;
        if same_type(tree, name) {
            has_permitted = true;
            is_permitted = is_permitted || (within(name, tree) && !is_malformed(name));
        }
    }
    for tree in constraints.excluded.iter().flatten() {
        budget.pay_comparison().then_some(())?;
        if same_type(tree, name) && (within(name, tree) || wildcard_reaches(name, tree)) {
            return Some(Some("excluded"));
        }
    }
    Some((has_permitted && !is_permitted).then_some("not permitted"))
}

fn same_type(tree: &GeneralName, name: &GeneralName) -> bool {
    match (tree, name) {
        (GeneralName::Other(a), GeneralName::Other(b)) => a == b,
        (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
    }
}

/// Whether `name` lies in the subtree. A type that cannot be compared is taken to lie in it.
fn within(name: &GeneralName, tree: &GeneralName) -> bool {
    match (name, tree) {
        (GeneralName::Dns(name), GeneralName::Dns(base)) => dns_within(name, base),
        (GeneralName::Ip(address), GeneralName::Ip(base)) => ip_within(address, base),
        (GeneralName::Email(address), GeneralName::Email(base)) => email_within(address, base),
        (GeneralName::Uri(uri), GeneralName::Uri(base)) => uri_host(uri).is_some_and(|host| host_within(host, base)),
        (GeneralName::Directory(name), GeneralName::Directory(base)) => directory_within(name, base),
        _ => true,
    }
}

/// A name that is none lies in no permitted subtree, whatever it looks like.
fn is_malformed(name: &GeneralName) -> bool {
    matches!(name, GeneralName::Dns(dns) if dns.starts_with('.') || dns.contains(".."))
}

/// The base and everything below it. A leading dot, which is malformed, means "below" alone.
fn dns_within(name: &str, base: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let base = base.trim_end_matches('.').to_ascii_lowercase();
    if base.is_empty() {
        return true;
    }
    match base.strip_prefix('.') {
        Some(below) => name.strip_suffix(below).is_some_and(|head| head.ends_with('.')),
        None => name == base || name.strip_suffix(&base).is_some_and(|head| head.ends_with('.')),
    }
}

/// A wildcard covers an excluded name that stands one label below it (CVE-2025-61727).
fn wildcard_reaches(name: &GeneralName, tree: &GeneralName) -> bool {
    let (GeneralName::Dns(name), GeneralName::Dns(base)) = (name, tree) else { return false };
    let parent = base.split_once('.').map_or("", |(_, parent)| parent);
    name.strip_prefix("*.").is_some_and(|rest| rest.eq_ignore_ascii_case(parent))
}

fn ip_within(address: &[u8], base: &[u8]) -> bool {
    let (network, mask) = base.split_at(base.len() / 2);
    address.len() == network.len() && address.iter().zip(network).zip(mask).all(|((a, n), m)| a & m == n & m)
}

/// A mailbox, a host, or with a leading dot everything below a domain.
fn email_within(address: &str, base: &str) -> bool {
    let Some((mailbox, host)) = address.rsplit_once('@') else { return false };
    match base.rsplit_once('@') {
        Some((base_mailbox, base_host)) => mailbox == base_mailbox && host.eq_ignore_ascii_case(base_host),
        None => host_within(host, base),
    }
}

fn host_within(host: &str, base: &str) -> bool {
    if base.starts_with('.') { dns_within(host, base) } else { host.eq_ignore_ascii_case(base) }
}

fn uri_host(uri: &str) -> Option<&str> {
    let authority = uri.split_once("://")?.1.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    Some(host.split_once(':').map_or(host, |(host, _)| host))
}

/// The base's attributes are the first of the name's.
fn directory_within(name: &Name, base: &Name) -> bool {
    let same = |value: &str| value.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    base.attributes.len() <= name.attributes.len()
        && base
            .attributes
            .iter()
            .zip(&name.attributes)
            .all(|(b, n)| b.oid == n.oid && b.rdn == n.rdn && same(&b.value) == same(&n.value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subtrees_hold_what_rfc5280_says() {
        let dns = |text: &str| GeneralName::Dns(text.into());
        let ip = |octets: &[u8]| GeneralName::Ip(octets.to_vec().into());
        let email = |text: &str| GeneralName::Email(text.into());
        let uri = |text: &str| GeneralName::Uri(text.into());
        let cases = [
            (dns("a.example.com"), dns("example.com"), true),
            (dns("example.com"), dns("Example.com"), true),
            (dns("badexample.com"), dns("example.com"), false),
            (dns("example.com"), dns(".example.com"), false),
            (dns("anything.test"), dns(""), true),
            (ip(&[10, 1, 2, 3]), ip(&[10, 0, 0, 0, 255, 0, 0, 0]), true),
            (ip(&[11, 1, 2, 3]), ip(&[10, 0, 0, 0, 255, 0, 0, 0]), false),
            (ip(&[0; 16]), ip(&[0; 8]), false),
            (email("a@x.test"), email("x.test"), true),
            (email("a@y.x.test"), email("x.test"), false),
            (email("a@y.x.test"), email(".x.test"), true),
            (email("a@x.test"), email("b@x.test"), false),
            (uri("https://u@h.test:8443/p"), uri("h.test"), true),
            (uri("https://h.test"), uri(".test"), true),
            (uri("urn:x"), uri("h.test"), false),
        ];
        for (name, tree, expected) in cases {
            assert_eq!(within(&name, &tree), expected, "{name} {tree}");
        }
        assert!(wildcard_reaches(&dns("*.example.com"), &dns("test.example.com")));
        assert!(!wildcard_reaches(&dns("*.example.com"), &dns("a.test.example.com")));
    }

    #[test]
    fn malformed_constraints_are_named() {
        assert_eq!(fault_of(&GeneralName::Dns(".a".into())), Some("a leading dot"));
        assert_eq!(fault_of(&GeneralName::Dns("*.a".into())), Some("a wildcard"));
        assert_eq!(fault_of(&GeneralName::Ip(vec![10, 0, 0, 0].into())), Some("an address without a mask"));
        assert_eq!(
            fault_of(&GeneralName::Ip(vec![0, 0, 0, 0, 255, 0, 255, 0].into())),
            Some("a mask that is no prefix")
        );
        assert_eq!(fault_of(&GeneralName::Ip(vec![0, 0, 0, 0, 255, 240, 0, 0].into())), None);
    }
}
