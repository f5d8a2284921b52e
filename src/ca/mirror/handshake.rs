//! The version, the suite and the signature that go with a mirrored chain, as far as the client's hello allows.

use std::sync::Arc;

use rustls::sign::SigningKey;

use super::Server;
use crate::ca::forge::{Key, pss_signing_key, sha1_signing_key, signing_key};
use crate::model::{CipherSuite, ClientHello, FindingId, TlsVersion};
use crate::x509::{Cert, KeyKind};

/// How TLS is spoken with the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Manners {
    pub(super) version: Option<TlsVersion>,
    pub(super) suites: Vec<CipherSuite>,
    /// The kind of key to give the leaf instead of the server's, where the client can do nothing with that: a server
    /// with two certificates would have shown it the other one.
    pub(super) leaf_key: Option<&'static str>,
}

impl Manners {
    pub(super) fn of(server: &Server<'_>, leaf: &Cert, hello: &ClientHello) -> Self {
        let has = |id: FindingId| server.report.findings.iter().any(|finding| finding.id == id);
        let version = match server.handshake.version {
            Some(TlsVersion::TLS12) => Some(TlsVersion::TLS12),
            _ if has(FindingId::ProtoTls13Only) => Some(TlsVersion::TLS13),
            _ => None,
        };
        let leaf_key = leaf_key_instead(leaf, hello, version);
        let is_12 = version == Some(TlsVersion::TLS12);
        let suite = server.handshake.suite.filter(|suite| is_12 && leaf_key.is_none() && hello.suites.contains(suite));
        Self { version, suites: suite.into_iter().collect(), leaf_key }
    }
}

/// Only for kinds that servers have in pairs: one that has nothing but Ed25519 has nothing for this client either.
fn leaf_key_instead(leaf: &Cert, hello: &ClientHello, version: Option<TlsVersion>) -> Option<&'static str> {
    let key = leaf.key.as_ref()?;
    let takes = |schemes: &[u16], suite: &str| {
        let of_13 = version != Some(TlsVersion::TLS12) && hello.versions.contains(&TlsVersion::TLS13);
        let has_suite = of_13 || hello.suites.iter().any(|s| s.name().is_some_and(|name| name.contains(suite)));
        let offered = hello.schemes.iter().flatten();
        has_suite && offered.into_iter().any(|scheme| schemes.contains(&scheme.0))
    };
    let takes_rsa = || takes(&[0x0401, 0x0501, 0x0601, 0x0804, 0x0805, 0x0806], "_RSA_");
    let takes_ecdsa = |scheme: u16| takes(&[scheme], "_ECDSA_");
    match &key.kind {
        KeyKind::Ec { curve } if curve == "P-256" && !takes_ecdsa(0x0403) && takes_rsa() => Some("RSA"),
        KeyKind::Ec { curve } if curve == "P-384" && !takes_ecdsa(0x0503) && takes_rsa() => Some("RSA"),
        KeyKind::Rsa { .. } if !takes_rsa() && takes_ecdsa(0x0403) => Some("P-256"),
        _ => None,
    }
}

/// What signs the handshake: as the server does, wrongly where it does that.
pub(super) fn signer(server: &Server<'_>, leaf: &Cert, key: &Arc<Key>) -> Result<Arc<dyn SigningKey>, String> {
    let spoil = server.handshake.signature_valid == Some(false);
    let is_pss_only = matches!(leaf.key.as_ref().map(|key| &key.kind), Some(KeyKind::Rsa { pss_only: true, .. }));
    match server.handshake.scheme {
        Some(scheme) if scheme.is_sha1() && !spoil => Ok(sha1_signing_key(key)),
        _ if is_pss_only && !spoil && key.rsa_bits().is_some() => Ok(pss_signing_key(key)),
        // On a curve that no handshake is signed on: whoever asks for one has failed on the key already.
        _ => signing_key(key, spoil).or_else(|_| signing_key(&Arc::new(Key::on_curve("P-256")?), spoil)),
    }
}
