//! Handshake signatures that rustls does not make: with weak keys, or wrong on purpose.

use std::sync::Arc;

use rustls::sign::{Signer, SigningKey};
use rustls::{Error, SignatureAlgorithm, SignatureScheme};

use super::keys::{HandshakeWay, Key};

/// An RSA key that signs whatever it is asked for.
#[derive(Clone)]
pub(super) struct OwnSigningKey {
    key: Arc<Key>,
    schemes: Vec<SignatureScheme>,
    spoil: bool,
}

impl OwnSigningKey {
    /// Signs with the schemes in the order given. `spoil` makes every signature wrong.
    pub(super) fn new(key: Arc<Key>, schemes: Vec<SignatureScheme>, spoil: bool) -> Self {
        Self { key, schemes, spoil }
    }
}

impl std::fmt::Debug for OwnSigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OwnSigningKey").field("schemes", &self.schemes).finish_non_exhaustive()
    }
}

impl SigningKey for OwnSigningKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let scheme = self.schemes.iter().find(|own| offered.contains(own))?;
        Some(Box::new(OwnSigner { own: self.clone(), scheme: *scheme }))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::RSA
    }
}

#[derive(Debug)]
struct OwnSigner {
    own: OwnSigningKey,
    scheme: SignatureScheme,
}

impl Signer for OwnSigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let way = match self.scheme {
            SignatureScheme::RSA_PKCS1_SHA256 => HandshakeWay::Pkcs1,
            _ => HandshakeWay::Pss,
        };
        let signature = self.own.key.sign_handshake(way, message);
        let mut signature = signature.ok_or_else(|| Error::General("cannot sign".to_owned()))?;
        if self.own.spoil
            && let Some(last) = signature.last_mut()
        {
            *last ^= 1;
        }
        Ok(signature)
    }

    fn scheme(&self) -> SignatureScheme {
        self.scheme
    }
}
