//! A proxy between tlscope and its servers, and the ways in which one fails.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::Target;

/// The proxy that a server was reached through, or was to be.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Via {
    /// The proxy as it was named, without its login: `socks5h://proxy.example:1080`.
    pub proxy: String,
    /// Where it is; absent when that could not be found out.
    pub address: Option<SocketAddr>,
    /// What it was asked to connect to.
    pub asked: Target,
}

impl Via {
    /// For a sentence: the proxy, and its address where the name does not hold it.
    pub fn words(&self) -> String {
        match self.address {
            Some(address) if !self.proxy.ends_with(&address.to_string()) => format!("{} ({address})", self.proxy),
            _ => self.proxy.clone(),
        }
    }
}

/// What a proxy did instead of connecting. Texts of the proxy's are as it sent them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ProxyFault {
    /// It could not be connected to.
    Unreachable {
        /// Why not.
        reason: String,
    },
    /// It wants a login, and none is set.
    LoginWanted {
        /// The schemes it takes, as `Basic`; none in SOCKS, which knows one only.
        schemes: Vec<String>,
    },
    /// It has not taken the login.
    LoginRefused {
        /// The schemes it takes, as `Basic`; none in SOCKS.
        schemes: Vec<String>,
    },
    /// An answer over HTTP other than 2xx and 407.
    Refused {
        /// The status.
        status: u16,
        /// What it said along with it.
        words: String,
    },
    /// A SOCKS reply other than "succeeded" (RFC 1928 section 6).
    Reply {
        /// The reply code.
        code: u8,
    },
    /// It closed the connection, or reset it, instead of answering.
    Closed,
    /// No answer in time.
    Silent,
    /// What it answered is neither HTTP nor SOCKS, whichever it was asked in.
    NotAProxy {
        /// The protocol it was asked in: `HTTP` or `SOCKS 5`.
        asked_in: String,
        /// Its first bytes, made readable.
        seen: String,
    },
    /// The head of its answer does not end.
    EndlessHead {
        /// How many bytes were read of it.
        bytes: u32,
    },
    /// It chose a way to log in that was not offered to it.
    MethodNotOffered {
        /// The number of the method (RFC 1928 section 3).
        method: u8,
    },
}

impl ProxyFault {
    /// What it did, for a sentence that begins with the proxy.
    pub fn words(&self) -> String {
        let takes = |schemes: &[String]| match schemes {
            [] => String::new(),
            some => format!(" (it takes {})", some.join(", ")),
        };
        match self {
            Self::Unreachable { reason } => format!("cannot be reached: {reason}"),
            Self::LoginWanted { schemes } => format!("wants a login{}", takes(schemes)),
            Self::LoginRefused { schemes } => format!("refused the login{}", takes(schemes)),
            Self::Refused { status, words } if words.is_empty() => format!("answered with status {status}"),
            Self::Refused { status, words } => format!("answered with status {status}, {words}"),
            Self::Reply { code } => format!("replied {code}: {}", reply_words(*code)),
            Self::Closed => "closed the connection instead of answering".to_owned(),
            Self::Silent => "did not answer in time".to_owned(),
            Self::NotAProxy { asked_in, seen } => format!("does not speak {asked_in}; it said {seen}"),
            Self::EndlessHead { bytes } => format!("sent a head that had not ended after {bytes} bytes"),
            Self::MethodNotOffered { method } => format!("chose the method {method}, which was not offered to it"),
        }
    }

    /// Whether it is the proxy's word about this one target, so that another address may fare better.
    pub fn is_about_the_target(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Reply { .. })
    }
}

/// RFC 1928 section 6.
fn reply_words(code: u8) -> &'static str {
    match code {
        1 => "general failure",
        2 => "not allowed by its rules",
        3 => "the network is unreachable",
        4 => "the host is unreachable, or its name has no address",
        5 => "the target refuses the connection",
        6 => "the target does not answer (TTL expired)",
        7 => "it does not know CONNECT",
        8 => "it does not know this kind of address",
        _ => "a code that the standard does not have",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_words_of_its_own() {
        let text = || "x".to_owned();
        let faults = [
            ProxyFault::Unreachable { reason: text() },
            ProxyFault::LoginWanted { schemes: vec!["Basic".into()] },
            ProxyFault::LoginRefused { schemes: vec![] },
            ProxyFault::Refused { status: 403, words: "Forbidden".into() },
            ProxyFault::Refused { status: 502, words: String::new() },
            ProxyFault::Closed,
            ProxyFault::Silent,
            ProxyFault::NotAProxy { asked_in: "HTTP".into(), seen: text() },
            ProxyFault::EndlessHead { bytes: 1 },
            ProxyFault::MethodNotOffered { method: 1 },
        ];
        let replies = (1..=9).map(|code| ProxyFault::Reply { code });
        let words: std::collections::BTreeSet<String> =
            faults.into_iter().chain(replies).map(|fault| fault.words()).collect();
        assert_eq!(words.len(), 19);
        insta::assert_snapshot!(words.into_iter().collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn a_proxy_is_named_with_its_address_once() {
        let via = |proxy: &str| Via {
            proxy: proxy.to_owned(),
            address: Some("192.0.2.1:3128".parse().unwrap()),
            asked: "a.test:443".parse().unwrap(),
        };
        assert_eq!(via("http://192.0.2.1:3128").words(), "http://192.0.2.1:3128");
        assert_eq!(via("http://proxy.test:3128").words(), "http://proxy.test:3128 (192.0.2.1:3128)");
    }
}
