//! Handshake signatures that rustls does not make: with weak keys, with old hashes, or wrong on purpose.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::sign::{Signer, SigningKey};
use rustls::{Error, SignatureAlgorithm, SignatureScheme};
use rustls_pki_types::PrivatePkcs8KeyDer;

use super::keys::Key;
use crate::x509::{Hash, SignatureKind};

/// What signs handshakes with `key`. `spoil` makes every signature wrong, as of a server that does not hold the key
/// of its certificate.
pub(crate) fn signing_key(key: &Arc<Key>, spoil: bool) -> Result<Arc<dyn SigningKey>, String> {
    use SignatureScheme as S;
    let usual = match key.rsa_bits() {
        // Too short for PSS with SHA-256 and its salt.
        Some(bits) if !key.is_common() && bits < 528 => with_schemes(key, vec![S::RSA_PKCS1_SHA256]),
        Some(_) if !key.is_common() => with_schemes(key, vec![S::RSA_PSS_SHA256, S::RSA_PKCS1_SHA256]),
        _ => {
            let pkcs8 = PrivatePkcs8KeyDer::from(key.pkcs8.clone());
            any_supported_type(&pkcs8.into()).map_err(|error| error.to_string())?
        }
    };
    Ok(if spoil { Arc::new(Spoilt(usual)) } else { usual })
}

/// What signs handshakes with `key` and SHA-1, as a server does that knows nothing better.
pub(crate) fn sha1_signing_key(key: &Arc<Key>) -> Arc<dyn SigningKey> {
    let scheme =
        if key.rsa_bits().is_some() { SignatureScheme::RSA_PKCS1_SHA1 } else { SignatureScheme::ECDSA_SHA1_Legacy };
    with_schemes(key, vec![scheme])
}

/// What signs handshakes with an RSA key whose certificate allows it PSS alone.
pub(crate) fn pss_signing_key(key: &Arc<Key>) -> Arc<dyn SigningKey> {
    with_schemes(key, vec![PSS_ONLY_SHA256])
}

/// rsa_pss_pss_sha256, for which rustls has no name.
const PSS_ONLY_SHA256: SignatureScheme = SignatureScheme::Unknown(0x0809);

fn with_schemes(key: &Arc<Key>, schemes: Vec<SignatureScheme>) -> Arc<dyn SigningKey> {
    Arc::new(OwnSigningKey { key: key.clone(), schemes })
}

/// A key that signs whatever it is asked for, with the schemes in the order given.
#[derive(Clone)]
struct OwnSigningKey {
    key: Arc<Key>,
    schemes: Vec<SignatureScheme>,
}

impl std::fmt::Debug for OwnSigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OwnSigningKey").field("schemes", &self.schemes).finish_non_exhaustive()
    }
}

impl SigningKey for OwnSigningKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let scheme = self.schemes.iter().find(|own| offered.contains(own))?;
        Some(Box::new(OwnSigner { key: self.key.clone(), scheme: *scheme }))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        if self.key.rsa_bits().is_some() { SignatureAlgorithm::RSA } else { SignatureAlgorithm::ECDSA }
    }
}

struct OwnSigner {
    key: Arc<Key>,
    scheme: SignatureScheme,
}

impl std::fmt::Debug for OwnSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OwnSigner").field("scheme", &self.scheme).finish_non_exhaustive()
    }
}

impl Signer for OwnSigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let kind = match self.scheme {
            SignatureScheme::RSA_PKCS1_SHA1 => SignatureKind::RsaPkcs1(Hash::Sha1),
            SignatureScheme::RSA_PKCS1_SHA256 => SignatureKind::RsaPkcs1(Hash::Sha256),
            SignatureScheme::ECDSA_SHA1_Legacy => SignatureKind::Ecdsa(Hash::Sha1),
            _ => SignatureKind::RsaPss(Hash::Sha256, 32),
        };
        self.key.sign_as(kind, message).map_err(Error::General)
    }

    fn scheme(&self) -> SignatureScheme {
        self.scheme
    }
}

/// A key whose every signature is wrong.
#[derive(Debug)]
struct Spoilt(Arc<dyn SigningKey>);

impl SigningKey for Spoilt {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        self.0.choose_scheme(offered).map(|signer| Box::new(SpoiltSigner(signer)) as Box<dyn Signer>)
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.0.algorithm()
    }
}

#[derive(Debug)]
struct SpoiltSigner(Box<dyn Signer>);

impl Signer for SpoiltSigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let mut signature = self.0.sign(message)?;
        if let Some(last) = signature.last_mut() {
            *last ^= 1;
        }
        Ok(signature)
    }

    fn scheme(&self) -> SignatureScheme {
        self.0.scheme()
    }
}
