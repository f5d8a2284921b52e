//! What of a row can be copied to the clipboard.

use crate::export::{curl_command, openssl_command};
use crate::session::Detail;
use crate::x509::pem;

/// A thing to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Copied {
    Curl,
    Url,
    Host,
    Certificate,
    Openssl,
}

impl Copied {
    /// All of them, with the key of each and what it is.
    pub(super) const ALL: [(char, Self, &'static str); 5] = [
        ('c', Self::Curl, "the request as a curl command, with its secrets"),
        ('u', Self::Url, "the URL"),
        ('h', Self::Host, "the host"),
        ('p', Self::Certificate, "the server's certificate as PEM"),
        ('o', Self::Openssl, "the handshake as an openssl command"),
    ];

    /// By its key.
    pub(super) fn by_key(key: char) -> Option<Self> {
        Self::ALL.iter().find(|(own, ..)| *own == key).map(|(_, copied, _)| *copied)
    }

    /// Its text; `None` where the row has no such thing.
    pub(super) fn text(self, detail: &Detail) -> Option<String> {
        let exchange = detail.exchange.as_deref();
        let connection = &detail.connection;
        match self {
            Self::Curl => exchange.map(curl_command),
            Self::Url => exchange.map(|exchange| exchange.url.clone()),
            Self::Host => connection.target.as_ref().map(|target| target.host.to_string()),
            Self::Certificate => connection.upstream.sent.first().map(|leaf| pem(&leaf.der)),
            Self::Openssl => openssl_command(connection),
        }
    }
}
