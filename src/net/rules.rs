//! `--resolve` and `--connect-to`, exactly as curl has them.

use std::net::IpAddr;
use std::str::FromStr;

use crate::model::{Host, HostError, Target};

/// Which hosts a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostPattern {
    /// All of them.
    Any,
    /// This one.
    Exact(Host),
    /// Those below this domain.
    Below(String),
}

impl HostPattern {
    /// Whether the rule is about `host`.
    pub fn matches(&self, host: &Host) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(own) => own == host,
            Self::Below(domain) => {
                host.name().and_then(|name| name.strip_suffix(domain.as_str())).is_some_and(|head| head.ends_with('.'))
            }
        }
    }
}

/// `HOST:PORT:ADDR[,ADDR]...`: these addresses instead of asking DNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolveRule {
    /// Which hosts.
    pub host: HostPattern,
    /// Which port.
    pub port: u16,
    /// The addresses.
    pub addresses: Vec<IpAddr>,
}

/// `HOST1:PORT1:HOST2:PORT2`: another place to connect to. An empty part means "any" on the left
/// and "the same" on the right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectRule {
    /// Which hosts.
    pub host: HostPattern,
    /// Which port.
    pub port: Option<u16>,
    /// The host to connect to.
    pub to_host: Option<Host>,
    /// The port to connect to.
    pub to_port: Option<u16>,
}

/// Why a rule cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// Its parts do not fit the form.
    #[error("{0:?} is not of the form {1}")]
    Form(String, &'static str),
    /// One of its hosts is none.
    #[error(transparent)]
    Host(#[from] HostError),
}

impl ResolveRule {
    /// Whether the rule is about `target`.
    pub fn matches(&self, target: &Target) -> bool {
        self.port == target.port && self.host.matches(&target.host)
    }
}

impl ConnectRule {
    /// Where to connect instead; `None` when the rule is about something else.
    pub fn apply(&self, target: &Target) -> Option<Target> {
        let about = self.host.matches(&target.host) && self.port.is_none_or(|port| port == target.port);
        about.then(|| {
            let host = self.to_host.clone().unwrap_or_else(|| target.host.clone());
            Target::new(host, self.to_port.unwrap_or(target.port))
        })
    }
}

impl FromStr for ResolveRule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let form = || RuleError::Form(text.to_owned(), "HOST:PORT:ADDR[,ADDR]...");
        // curl's leading `+` only says for how long its cache keeps the entry.
        let (host, rest) = split_host(text.strip_prefix('+').unwrap_or(text)).ok_or_else(form)?;
        let (port, addresses) = rest.split_once(':').ok_or_else(form)?;
        let host = if host == "*" { HostPattern::Any } else { HostPattern::Exact(Host::parse(host)?) };
        let address = |text: &str| Host::parse(text).ok().and_then(|host| host.ip()).ok_or_else(form);
        let addresses = addresses.split(',').map(address).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { host, port: port.parse().map_err(|_| form())?, addresses })
    }
}

impl FromStr for ConnectRule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let form = || RuleError::Form(text.to_owned(), "HOST1:PORT1:HOST2:PORT2");
        let port = |text: &str| if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(|_| form()) };
        let host = |text: &str| if text.is_empty() { Ok(None) } else { Host::parse(text).map(Some) };
        let (from_host, rest) = split_host(text).ok_or_else(form)?;
        let (from_port, rest) = rest.split_once(':').ok_or_else(form)?;
        let (to_host, to_port) = split_host(rest).ok_or_else(form)?;
        Ok(Self {
            host: host(from_host)?.map_or(HostPattern::Any, HostPattern::Exact),
            port: port(from_port)?,
            to_host: host(to_host)?,
            to_port: port(to_port)?,
        })
    }
}

/// The host, which may be an IPv6 literal in brackets, and what stands behind the next colon.
fn split_host(text: &str) -> Option<(&str, &str)> {
    if text.starts_with('[') {
        let end = text.find(']')? + 1;
        let (host, rest) = text.split_at_checked(end)?;
        return Some((host, rest.strip_prefix(':')?));
    }
    text.split_once(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Target {
        text.parse().unwrap()
    }

    #[test]
    fn resolve_rules_are_curls() {
        let rule: ResolveRule = "A.test:443:127.0.0.1,[::1]".parse().unwrap();
        assert!(rule.matches(&target("a.test:443")));
        assert!(!rule.matches(&target("a.test:80")) && !rule.matches(&target("b.test:443")));
        assert_eq!(rule.addresses.len(), 2);
        assert!("*:443:127.0.0.1".parse::<ResolveRule>().unwrap().matches(&target("x.y:443")));
        for bad in
            ["", "a.test", "a.test:443", "a.test:443:", "a.test:x:127.0.0.1", "a.test:443:b.test", "a.test:443:1.2.3"]
        {
            assert!(bad.parse::<ResolveRule>().is_err(), "{bad}");
        }
    }

    #[test]
    fn connect_rules_are_curls() {
        let apply =
            |rule: &str, to: &str| rule.parse::<ConnectRule>().unwrap().apply(&target(to)).map(|t| t.to_string());
        assert_eq!(apply("a.test:443:127.0.0.1:8443", "a.test:443").as_deref(), Some("127.0.0.1:8443"));
        assert_eq!(apply("a.test:443:127.0.0.1:8443", "b.test:443"), None);
        assert_eq!(apply("::[::1]:", "b.test:443").as_deref(), Some("[::1]:443"));
        assert_eq!(apply("::127.0.0.1:8443", "b.test:1").as_deref(), Some("127.0.0.1:8443"));
        assert_eq!(apply("[::1]:443:c.test:", "[::1]:443").as_deref(), Some("c.test:443"));
        for bad in ["", "a", "a:b:c:d", "a:1:b", "[::1:1:b:2"] {
            assert!(bad.parse::<ConnectRule>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_domain_is_about_what_is_below_it() {
        let below = HostPattern::Below("lab.test".into());
        let is = |name: &str| below.matches(&Host::parse(name).unwrap());
        assert!(is("a.lab.test") && is("a.b.lab.test"));
        assert!(!is("lab.test") && !is("badlab.test") && !is("127.0.0.1"));
    }
}
