//! Comparing a presented name with the one asked for (RFC 9525 section 6).

/// How a presented DNS name relates to a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum DnsMatch {
    /// Not at all.
    None,
    /// A `*` that covers one label stands where the host has several, or none.
    WildcardTooDeep,
    /// A `*` inside a label would have to be read as one.
    WildcardPartial,
    /// The same but for a dot at its end or start.
    StrayDot,
    /// As RFC 9525 wants it.
    Full,
}

/// Compares without case. `host` is in lower-case ASCII without a trailing dot.
pub(crate) fn match_dns(presented: &str, host: &str) -> DnsMatch {
    let presented = presented.to_ascii_lowercase();
    let trimmed = presented.trim_matches('.');
    let found = match_trimmed(trimmed, host);
    if found == DnsMatch::Full && trimmed.len() != presented.len() { DnsMatch::StrayDot } else { found }
}

fn match_trimmed(presented: &str, host: &str) -> DnsMatch {
    if presented == host {
        return DnsMatch::Full;
    }
    let Some((first, rest)) = presented.split_once('.') else { return DnsMatch::None };
    let (host_first, host_rest) = host.split_once('.').unwrap_or((host, ""));
    if first == "*" {
        return match_wildcard(rest, host, host_rest);
    }
    if first.contains('*') && rest == host_rest && glob(first, host_first) {
        return DnsMatch::WildcardPartial;
    }
    DnsMatch::None
}

fn match_wildcard(rest: &str, host: &str, host_rest: &str) -> DnsMatch {
    if rest == host_rest {
        DnsMatch::Full
    } else if host == rest || host.strip_suffix(rest).is_some_and(|head| head.ends_with('.')) {
        DnsMatch::WildcardTooDeep
    } else {
        DnsMatch::None
    }
}

/// One `*` for any run of characters.
fn glob(pattern: &str, text: &str) -> bool {
    pattern.split_once('*').is_some_and(|(before, after)| {
        text.len() >= before.len() + after.len() && text.starts_with(before) && text.ends_with(after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_by_the_rules_and_names_what_comes_close() {
        use DnsMatch as M;
        let cases = [
            ("a.example.com", "a.example.com", M::Full),
            ("A.Example.COM", "a.example.com", M::Full),
            ("*.example.com", "a.example.com", M::Full),
            ("*.example.com", "a.b.example.com", M::WildcardTooDeep),
            ("*.example.com", "example.com", M::WildcardTooDeep),
            ("*.example.com", "badexample.com", M::None),
            ("s*.example.com", "shop.example.com", M::WildcardPartial),
            ("s*p.example.com", "shop.example.com", M::WildcardPartial),
            ("s*op.example.com", "sop.example.com", M::WildcardPartial),
            ("s*op.example.com", "so.example.com", M::None),
            ("a.*.com", "a.example.com", M::None),
            ("a.example.com.", "a.example.com", M::StrayDot),
            (".example.com", "example.com", M::StrayDot),
            ("b.example.com", "a.example.com", M::None),
            ("*", "localhost", M::None),
            ("*.com", "example.com", M::Full),
            ("", "a", M::None),
        ];
        for (presented, host, expected) in cases {
            assert_eq!(match_dns(presented, host), expected, "{presented} {host}");
        }
    }
}
