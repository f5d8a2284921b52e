//! How a device gets on with being set up: what it has done at the page that tells it how.

use std::net::IpAddr;

use super::{ClientHello, ClientOutcome, Timestamp, TlsVersion};

/// Something that a device has done on the way.
#[derive(Clone, Debug, PartialEq)]
pub struct SetupNews {
    /// When.
    pub at: Timestamp,
    /// Which device.
    pub device: IpAddr,
    /// What.
    pub step: SetupStep,
}

/// What a device can do on the way.
#[derive(Clone, Debug, PartialEq)]
pub enum SetupStep {
    /// It opened the page.
    PageOpened {
        /// What it says it is, in words of ours.
        platform: &'static str,
    },
    /// It took a file from there.
    Downloaded {
        /// What the file is called there.
        file: &'static str,
    },
    /// A request for the page came through the proxy.
    ProxyUsed,
    /// It has begun a TLS handshake with tlscope itself.
    Tested(CaTest),
}

/// A client's TLS with tlscope itself, where nothing but the CA can be wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct CaTest {
    /// How it ended; [`ClientOutcome::Served`] when a request came over it.
    pub outcome: ClientOutcome,
    /// The newest version that the client offers.
    pub newest: Option<TlsVersion>,
    /// The version agreed on; absent where the handshake failed.
    pub version: Option<TlsVersion>,
    /// Whether the client offers HTTP/2.
    pub offers_http2: bool,
}

impl CaTest {
    /// What a hello offers, before it is known how its handshake ends.
    pub fn of(hello: &ClientHello, outcome: ClientOutcome) -> Self {
        // RFC 8701: a GREASE value is no version.
        let versions = hello.versions.iter().filter(|version| version.0 & 0x0f0f != 0x0a0a);
        Self {
            outcome,
            newest: versions.max().copied(),
            version: None,
            offers_http2: hello.alpn.iter().any(|name| name == "h2"),
        }
    }

    /// Whether the client took the certificate.
    pub fn passed(&self) -> bool {
        self.outcome == ClientOutcome::Served
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grease_is_no_version() {
        let cases: [(&[u16], Option<TlsVersion>); 4] = [
            (&[0x7a7a, 0x0304, 0x0303], Some(TlsVersion::TLS13)),
            (&[0xfafa], None),
            (&[0x0301], Some(TlsVersion::TLS10)),
            (&[], None),
        ];
        for (versions, newest) in cases {
            let versions = versions.iter().map(|version| TlsVersion(*version)).collect();
            let hello = ClientHello { versions, alpn: vec!["h2".into()], ..ClientHello::default() };
            let test = CaTest::of(&hello, ClientOutcome::TimedOut);
            assert_eq!((test.newest, test.offers_http2, test.passed()), (newest, true, false));
        }
    }
}
