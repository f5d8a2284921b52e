//! Patterns of hosts, as flags take them.

use std::str::FromStr;

use crate::model::Target;

/// A host pattern with `*` for any run of characters, and a port when it is about one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    host: String,
    port: Option<u16>,
}

/// A text that is no pattern of hosts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no host pattern such as *.example.com or example.com:8443")]
pub struct GlobError(String);

impl Glob {
    /// Whether the pattern is about the target.
    pub fn matches(&self, target: &Target) -> bool {
        self.port.is_none_or(|port| port == target.port) && fits(&self.host, &target.host.to_string())
    }

    /// How specific it is: characters that are no `*`, a port counting as one more.
    pub fn weight(&self) -> usize {
        self.host.chars().filter(|c| *c != '*').count() + usize::from(self.port.is_some())
    }
}

impl std::fmt::Display for Glob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.port {
            Some(port) if self.host.contains(':') => write!(f, "[{}]:{port}", self.host),
            Some(port) => write!(f, "{}:{port}", self.host),
            None => f.write_str(&self.host),
        }
    }
}

impl FromStr for Glob {
    type Err = GlobError;

    fn from_str(text: &str) -> Result<Self, GlobError> {
        let bad = || GlobError(text.to_owned());
        let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((v6, "")) => (v6, None),
            Some((v6, port)) => (v6, Some(port.strip_prefix(':').ok_or_else(bad)?)),
            None => match text.rsplit_once(':') {
                Some((host, port)) if !host.contains(':') => (host, Some(port)),
                _ => (text, None),
            },
        };
        let port = port.map(|port| port.parse().map_err(|_| bad())).transpose()?;
        let plain = host.chars().all(|c| c.is_ascii_alphanumeric() || "-_.*:".contains(c));
        if host.is_empty() || !plain {
            return Err(bad());
        }
        Ok(Self { host: host.trim_end_matches('.').to_ascii_lowercase(), port })
    }
}

/// `*` stands for any run of characters.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else { return pattern == text };
    let Some(rest) = text.strip_prefix(before) else { return false };
    (0..=rest.len()).filter_map(|at| rest.get(at..)).any(|tail| fits(after, tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_read_and_refused() {
        assert_eq!("*.Example.com:8443".parse::<Glob>().unwrap().to_string(), "*.example.com:8443");
        for bad in ["", ":443", "a b", "a.test:x", "https://a.test", "[::1]x"] {
            assert!(bad.parse::<Glob>().is_err(), "{bad}");
        }
        assert!(fits("a*c*e", "abcde") && fits("*", "") && !fits("a*c", "abd"));
    }
}
