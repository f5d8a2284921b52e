//! Does the leaf name the host that was asked for, and is what it names well-formed?

use std::net::IpAddr;

use super::Judged;
use super::name_match::{DnsMatch, match_dns};
use crate::diagnosis::findings::Findings;
use crate::model::{Facts, FindingId, Host, Severity};
use crate::x509::{GeneralName, Name};

/// How many presented names evidence lists at most; `presented_count` says how many there are.
const NAMES_LISTED: usize = 100;

/// Checks that need the host.
pub(crate) fn check_host(judged: &Judged<'_>, host: &Host, out: &mut Findings) {
    let san = judged.cert.extensions.san.as_deref();
    let cn = judged.cert.subject.as_ref().and_then(Name::common_name);
    let facts = || presented(judged).with("asked", host.to_string());
    let fits = |name: &GeneralName| match host {
        Host::Name(_) => matches!(name, GeneralName::Dns(_)),
        Host::Ip(_) => matches!(name, GeneralName::Ip(_)),
    };
    let id = match (san, cn) {
        (Some(names), _) if names.iter().any(fits) => match host {
            Host::Name(host) => best_dns_match(names, host),
            Host::Ip(ip) => (!names.iter().any(|name| name.ip() == Some(*ip))).then_some(FindingId::IpNotInSan),
        },
        (Some(_), Some(cn)) if cn_matches(cn, host) => Some(FindingId::SanIgnoredCnFallback),
        (Some(_), _) if host.ip().is_some() => Some(FindingId::IpNotInSan),
        (Some(_), _) => Some(FindingId::NameMismatch),
        (None, Some(cn)) if cn_matches(cn, host) => Some(FindingId::NameCnOnly),
        (None, Some(_)) => Some(FindingId::NameMismatch),
        (None, None) => Some(FindingId::NameNone),
    };
    if let Some(id) = id {
        out.add(id, &judged.subject, facts());
    }
}

/// What stands between the best of the names and a match; `None` when nothing does, or when what
/// does has a finding of its own.
fn best_dns_match(names: &[GeneralName], host: &str) -> Option<FindingId> {
    match dns_names(names).map(|name| match_dns(name, host)).max().unwrap_or(DnsMatch::None) {
        DnsMatch::Full | DnsMatch::StrayDot | DnsMatch::WildcardPartial => None,
        DnsMatch::WildcardTooDeep => Some(FindingId::WildcardTooDeep),
        DnsMatch::None => Some(FindingId::NameMismatch),
    }
}

fn cn_matches(cn: &str, host: &Host) -> bool {
    match host {
        Host::Name(host) => match_dns(cn, host) == DnsMatch::Full,
        Host::Ip(ip) => cn.parse() == Ok(*ip),
    }
}

fn dns_names(names: &[GeneralName]) -> impl Iterator<Item = &str> {
    names.iter().filter_map(|name| if let GeneralName::Dns(dns) = name { Some(dns.as_str()) } else { None })
}

fn presented(judged: &Judged<'_>) -> Facts {
    let all = judged.cert.san();
    let names: Vec<String> = all.iter().take(NAMES_LISTED).map(GeneralName::plain).collect();
    let cn = judged.cert.subject.as_ref().and_then(Name::common_name).unwrap_or_default();
    Facts::new().with("presented", names).with("presented_count", all.len()).with("common_name", cn)
}

/// Checks of the names themselves.
pub(crate) fn check_names(judged: &Judged<'_>, host: Option<&Host>, out: &mut Findings) {
    let Some(names) = judged.cert.extensions.san.as_deref() else { return };
    let host = host.and_then(Host::name);
    let fitting = |h| dns_names(names).filter(move |name| match_dns(name, h) == DnsMatch::Full);
    // Any two that differ tell for each name whether another one fits.
    let first = host.and_then(|h| fitting(h).next());
    let second = host.and_then(|h| fitting(h).find(|name| Some(*name) != first));
    let matched_without = |own: &str| [first, second].into_iter().flatten().any(|name| name != own);
    if names.is_empty() || names.iter().any(|name| matches!(name, GeneralName::Dns(dns) if dns.is_empty())) {
        out.add(FindingId::SanEmpty, &judged.subject, Facts::new().with("names", names.len()));
    }
    for dns in dns_names(names).filter(|dns| !dns.is_empty()) {
        for (id, fault) in faults_of(dns) {
            let facts = Facts::new().with("name", dns).with("fault", fault);
            // Where another name fits the host, a client passes over this one.
            let most = if matched_without(dns) { Severity::Warning } else { Severity::Fatal };
            let severity = if id == FindingId::WildcardTldOrBare && covers(dns) == Some(Suffix::OfAService) {
                Severity::Info
            } else {
                id.severity().min(most)
            };
            out.add_as(severity, id, &judged.subject, facts);
        }
    }
    check_list(judged, names, out);
    check_common_name(judged, names, out);
    if judged.is_public {
        check_reserved(judged, names, out);
    }
}

/// What is wrong with one DNS name.
fn faults_of(dns: &str) -> Vec<(FindingId, &'static str)> {
    let mut faults = Vec::new();
    let mut fault = |when: bool, id: FindingId, what: &'static str| faults.extend(when.then_some((id, what)));
    let labels: Vec<&str> = dns.trim_matches('.').split('.').collect();
    fault(dns.parse::<IpAddr>().is_ok(), FindingId::IpInDnsname, "an IP address in a dNSName");
    fault(dns.ends_with('.') || dns.starts_with('.'), FindingId::SanTrailingDot, "a dot at its end or start");
    fault(dns.contains('_'), FindingId::SanUnderscore, "an underscore");
    fault(!dns.is_ascii() || dns.contains("\\x"), FindingId::SanUlabel, "characters outside ASCII");
    fault(dns.bytes().any(is_bad_character), FindingId::SanNullOrBadChar, "a character that no host name has");
    let starred = |label: &&str| label.contains('*') && *label != "*";
    let misplaced = labels.iter().skip(1).any(|label| label.contains('*'));
    fault(
        labels.iter().any(starred) || misplaced,
        FindingId::WildcardPartial,
        "a `*` that is not its whole first label",
    );
    fault(covers(dns).is_some(), FindingId::WildcardTldOrBare, "a `*` for a whole public suffix");
    faults
}

/// What is ASCII and neither in a name (RFC 1123 section 2.1) nor has a finding of its own; `\`
/// begins the escape of a byte that is no ASCII.
fn is_bad_character(b: u8) -> bool {
    b.is_ascii() && !b.is_ascii_alphanumeric() && !matches!(b, b'-' | b'.' | b'_' | b'*' | b'\\')
}

/// Whose a public suffix is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Suffix {
    /// A registry's: nobody owns what is below it.
    OfARegistry,
    /// A service's that lets customers have names below its own: it may hold such a certificate.
    OfAService,
}

/// The suffix that `*`, `*.com`, `*.co.uk` or `*.github.io` covers.
fn covers(dns: &str) -> Option<Suffix> {
    let rest = dns.strip_prefix('*')?;
    let Some(rest) = rest.strip_prefix('.') else { return rest.is_empty().then_some(Suffix::OfARegistry) };
    let rest = rest.trim_end_matches('.').to_ascii_lowercase();
    if !rest.contains('.') {
        return Some(Suffix::OfARegistry);
    }
    let suffix = psl::suffix(rest.as_bytes()).filter(|s| s.as_bytes() == rest.as_bytes())?;
    suffix.typ().map(|kind| match kind {
        psl::Type::Icann => Suffix::OfARegistry,
        psl::Type::Private => Suffix::OfAService,
    })
}

fn check_list(judged: &Judged<'_>, names: &[GeneralName], out: &mut Findings) {
    let shown: Vec<String> = names.iter().map(|name| name.to_string().to_ascii_lowercase()).collect();
    let mut sorted = shown.clone();
    sorted.sort();
    let twice: Vec<String> =
        sorted.windows(2).filter(|pair| pair.first() == pair.last()).filter_map(<[String]>::first).cloned().collect();
    if !twice.is_empty() {
        out.add(FindingId::SanDuplicate, &judged.subject, Facts::new().with("names", twice));
    }
    let others: Vec<String> = names
        .iter()
        .filter(|name| !matches!(name, GeneralName::Dns(_) | GeneralName::Ip(_)))
        .map(ToString::to_string)
        .collect();
    if !others.is_empty() && judged.is_public {
        out.add(FindingId::SanNonDnsTypes, &judged.subject, Facts::new().with("names", others));
    }
}

/// Baseline Requirements section 7.1.4.3: a common name is a copy of a subjectAltName, to the letter.
fn check_common_name(judged: &Judged<'_>, names: &[GeneralName], out: &mut Findings) {
    let Some(cn) = judged.cert.subject.as_ref().and_then(Name::common_name) else { return };
    let is_copy = names.iter().any(|name| match name {
        GeneralName::Dns(dns) => dns == cn,
        GeneralName::Ip(_) => name.ip().is_some_and(|ip| ip.to_string() == cn),
        _ => false,
    });
    if !is_copy {
        let severity = if judged.is_public { Severity::Warning } else { Severity::Info };
        out.add_as(severity, FindingId::CnNotInSan, &judged.subject, presented(judged));
    }
}

/// Names that only mean something on a private network (Baseline Requirements section 4.2.2).
fn check_reserved(judged: &Judged<'_>, names: &[GeneralName], out: &mut Findings) {
    let is_reserved = |name: &&GeneralName| match name {
        GeneralName::Dns(dns) => is_internal(dns.trim_start_matches("*.")),
        other => other.ip().is_some_and(is_reserved_ip),
    };
    let reserved: Vec<String> = names.iter().filter(is_reserved).map(ToString::to_string).collect();
    if !reserved.is_empty() {
        out.add(FindingId::SanReservedName, &judged.subject, Facts::new().with("names", reserved));
    }
}

fn is_internal(dns: &str) -> bool {
    let dns = dns.trim_matches('.').to_ascii_lowercase();
    let top = dns.rsplit('.').next().unwrap_or_default();
    top == "arpa" || !psl::suffix(top.as_bytes()).is_some_and(|suffix| suffix.is_known())
}

fn is_reserved_ip(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_documentation()
                || v4.is_unspecified()
                || v4.is_multicast()
                || a >= 240
                || (a == 100 && b & 0xc0 == 64)
                || (a == 198 && b & 0xfe == 18)
        }
        IpAddr::V6(v6) => {
            let [first, second, ..] = v6.segments();
            v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_multicast()
                || first & 0xfe00 == 0xfc00
                || first & 0xffc0 == 0xfe80
                || (first == 0x2001 && second == 0xdb8)
        }
    }
}
