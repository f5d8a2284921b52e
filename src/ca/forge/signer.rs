//! Handshake signatures that rustls does not make: with weak keys, or wrong on purpose.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::sign::{Signer, SigningKey};
use rustls::{Error, SignatureAlgorithm, SignatureScheme};
use rustls_pki_types::PrivatePkcs8KeyDer;

use super::keys::{HandshakeWay, Key};

/// What signs handshakes with `key`. `spoil` makes every signature wrong, as of a server that does not hold the key
/// of its certificate; an RSA key alone can do that.
pub(crate) fn signing_key(key: &Arc<Key>, spoil: bool) -> Result<Arc<dyn SigningKey>, String> {
    use SignatureScheme as S;
    let own = |schemes: Vec<S>, spoil: bool| -> Result<Arc<dyn SigningKey>, String> {
        Ok(Arc::new(OwnSigningKey::new(key.clone(), schemes, spoil)))
    };
    match key.rsa_bits() {
        Some(_) if spoil => own(vec![S::RSA_PSS_SHA256, S::RSA_PKCS1_SHA256], true),
        // Too short for PSS with SHA-256 and its salt.
        Some(bits) if !key.is_common() && bits < 528 => own(vec![S::RSA_PKCS1_SHA256], false),
        Some(_) if !key.is_common() => own(vec![S::RSA_PSS_SHA256, S::RSA_PKCS1_SHA256], false),
        _ => {
            let pkcs8 = PrivatePkcs8KeyDer::from(key.pkcs8.clone());
            any_supported_type(&pkcs8.into()).map_err(|error| error.to_string())
        }
    }
}

/// An RSA key that signs whatever it is asked for.
#[derive(Clone)]
pub(crate) struct OwnSigningKey {
    key: Arc<Key>,
    schemes: Vec<SignatureScheme>,
    spoil: bool,
}

impl OwnSigningKey {
    /// Signs with the schemes in the order given. `spoil` makes every signature wrong.
    pub(crate) fn new(key: Arc<Key>, schemes: Vec<SignatureScheme>, spoil: bool) -> Self {
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
