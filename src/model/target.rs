//! Where a client wants to go.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A host as it is judged and dialled: an IP literal, or a name in lower-case ASCII (A-labels)
/// without a trailing dot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// A DNS name.
    Name(String),
    /// An IP literal, canonical (an IPv4-mapped IPv6 address becomes IPv4).
    Ip(IpAddr),
}

/// Why a text names no host or no target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// Nothing stands before the port.
    #[error("the host is empty")]
    Empty,
    /// Neither an IP literal nor a name that DNS could carry.
    #[error("{0:?} is neither a host name nor an IP address")]
    BadName(String),
    /// No port, or not a number from 1 to 65535.
    #[error("{0:?} has no port from 1 to 65535")]
    BadPort(String),
}

impl Host {
    /// Reads a name (in any case, with Unicode labels or a trailing dot), an IPv4 literal, or an
    /// IPv6 literal with or without brackets.
    ///
    /// # Errors
    /// [`HostError`] when it is none of these, or longer than DNS allows (RFC 1035 2.3.4).
    pub fn parse(text: &str) -> Result<Self, HostError> {
        if let Some(ip) = parse_ip(text) {
            return Ok(Self::Ip(ip));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        if name.is_empty() {
            return Err(HostError::Empty);
        }
        let bad = || HostError::BadName(text.to_owned());
        let ascii = idna::domain_to_ascii_cow(name.as_bytes(), idna::AsciiDenyList::EMPTY).map_err(|_| bad())?;
        let fits = ascii.len() <= 253 && ascii.split('.').all(|label| (1..=63).contains(&label.len()));
        let plain = ascii.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'*'));
        if fits && plain { Ok(Self::Name(ascii.into_owned())) } else { Err(bad()) }
    }

    /// The name, when it is one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Ip(_) => None,
        }
    }

    /// The address, when it is a literal.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Name(_) => None,
            Self::Ip(ip) => Some(*ip),
        }
    }

    /// As it stands in a URL or before a port: IPv6 in brackets.
    pub fn in_authority(&self) -> String {
        match self {
            Self::Ip(IpAddr::V6(v6)) => format!("[{v6}]"),
            other => other.to_string(),
        }
    }
}

fn parse_ip(text: &str) -> Option<IpAddr> {
    if let Some(inner) = text.strip_prefix('[') {
        return Some(IpAddr::V6(inner.strip_suffix(']')?.parse::<Ipv6Addr>().ok()?).to_canonical());
    }
    text.parse::<IpAddr>().ok().map(|ip| ip.to_canonical())
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Ip(ip) => write!(f, "{ip}"),
        }
    }
}

impl FromStr for Host {
    type Err = HostError;

    fn from_str(text: &str) -> Result<Self, HostError> {
        Self::parse(text)
    }
}

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// The host.
    pub host: Host,
    /// The port.
    pub port: u16,
}

impl Target {
    /// Puts the two together.
    pub fn new(host: Host, port: u16) -> Self {
        Self { host, port }
    }

    /// Reads `host:port`, `[v6]:port`, and with a default also the host alone.
    ///
    /// # Errors
    /// [`HostError`] when the host or the port cannot be read, or no port is given and none is
    /// the default.
    pub fn parse(text: &str, default_port: Option<u16>) -> Result<Self, HostError> {
        let bad_port = || HostError::BadPort(text.to_owned());
        if parse_ip(text).is_some() {
            return Ok(Self::new(Host::parse(text)?, default_port.ok_or_else(bad_port)?));
        }
        let (host, port) = match text.rsplit_once(':') {
            None => (text, default_port.ok_or_else(bad_port)?),
            Some((host, port)) => (host, port.parse().ok().filter(|p| *p != 0).ok_or_else(bad_port)?),
        };
        Ok(Self::new(Host::parse(host)?, port))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host.in_authority(), self.port)
    }
}

impl FromStr for Target {
    type Err = HostError;

    fn from_str(text: &str) -> Result<Self, HostError> {
        Self::parse(text, None)
    }
}

macro_rules! serde_as_text {
    ($($type:ty),*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d)?.parse().map_err(D::Error::custom)
            }
        }
    )*};
}

serde_as_text!(Host, Target);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form_of_host() {
        let cases = [
            ("Example.COM.", "example.com"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("my_host.local", "my_host.local"),
            ("192.0.2.1", "192.0.2.1"),
            ("[2001:DB8::1]", "2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
        ];
        for (text, canonical) in cases {
            assert_eq!(Host::parse(text).unwrap().to_string(), canonical, "{text}");
        }
    }

    #[test]
    fn refuses_what_names_no_host() {
        let long = "a".repeat(64);
        for text in ["", ".", "a..b", "[::1", "ex ample", "a\0b", "a/b", long.as_str(), &"a.".repeat(200)] {
            assert!(Host::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn reads_targets() {
        assert_eq!(Target::parse("[::1]:8443", None).unwrap().to_string(), "[::1]:8443");
        assert_eq!(Target::parse("::1", Some(443)).unwrap().to_string(), "[::1]:443");
        assert_eq!(Target::parse("a.test", Some(443)).unwrap().to_string(), "a.test:443");
        for text in ["a.test", "a.test:0", "a.test:65536", "a.test:https", ":443", "a.test:"] {
            assert!(Target::parse(text, None).is_err(), "{text}");
        }
    }
}
