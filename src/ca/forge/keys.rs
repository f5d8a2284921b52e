//! Private keys of every kind: those of recipes, made where that is quick and read from `certs/keys` else, and those
//! that are made to order.

mod making;
mod signing;

use std::sync::OnceLock;

use aws_lc_rs::signature::{EcdsaKeyPair, Ed25519KeyPair, RsaKeyPair};
use rsa::{BoxedUint, RsaPrivateKey};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer};

pub(crate) use signing::algorithm_of;

use super::der::{bit_string, integer, sequence};
use crate::x509::{Hash, children, read_tlv};

/// A private key that can sign in every way that is wanted.
pub(crate) struct Key {
    signer: Signer,
    /// The SubjectPublicKeyInfo.
    pub(crate) spki: Vec<u8>,
    /// PKCS#8, for rustls.
    pub(crate) pkcs8: Vec<u8>,
}

enum Signer {
    /// With the one hash that aws-lc-rs signs with on its curve.
    Ecdsa(Box<EcdsaKeyPair>, Hash),
    /// A private number on a curve that aws-lc-rs does not sign on.
    OddEc(&'static str, Vec<u8>),
    Ed25519(Box<Ed25519KeyPair>),
    /// 2048 to 8192 bits.
    Rsa(Box<RsaKeyPair>, Again),
    /// Any other size, and every hash that aws-lc-rs does not sign with.
    OddRsa(Box<RsaPrivateKey>),
    /// Any other kind: kept for its public half alone.
    Mute,
}

/// The same key for what aws-lc-rs does not sign with, read when that is first wanted: it takes milliseconds.
type Again = OnceLock<Option<Box<RsaPrivateKey>>>;

macro_rules! key_files {
    ($($name:literal),* $(,)?) => {
        /// The file of that name.
        fn key_file(name: &str) -> Option<&'static str> {
            match name {
                $($name => Some(include_str!(concat!("../../../certs/keys/", $name, ".pem"))),)*
                _ => None,
            }
        }
    };
}

key_files!(
    "rsa512",
    "rsa1024",
    "rsa2048",
    "rsa2050",
    "rsa3072",
    "rsa4096",
    "rsa8448",
    "rsa2048-e3",
    "rsa2048-pss.pub",
    "p192.pub",
    "p224.pub",
    "k256.pub",
    "p256-explicit.pub",
    "brainpool256.pub",
    "dsa2048.pub",
);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").finish_non_exhaustive()
    }
}

impl Key {
    /// The key of that name; a fresh one for the kinds that are made at start.
    pub(crate) fn named(name: &str) -> Result<Self, String> {
        match name {
            "p256" => Self::on_curve("P-256"),
            "p384" => Self::on_curve("P-384"),
            "p521" => Self::on_curve("P-521"),
            "ed25519" => Self::ed25519(),
            "p256-explicit" => Self::explicit(),
            file => {
                let pem = key_file(file).ok_or_else(|| format!("there is no key {file:?}"))?;
                Self::from_pem(pem).ok_or_else(|| format!("the key {file:?} cannot be read"))
            }
        }
    }

    /// A P-256 key whose public half gives the curve by its parameters.
    fn explicit() -> Result<Self, String> {
        let named = Self::named("p256")?;
        let sample = Self::named("p256-explicit.pub")?;
        let part = |spki: &[u8], which: usize| -> Option<Vec<u8>> {
            Some(children(read_tlv(spki)?.0.content).nth(which)?.raw.to_vec())
        };
        let parts = [part(&sample.spki, 0), part(&named.spki, 1)];
        let [Some(algorithm), Some(point)] = parts else { return Err("cannot read an EC key".to_owned()) };
        Ok(Self { spki: sequence(&[algorithm, point]), ..named })
    }

    fn from_pem(pem: &str) -> Option<Self> {
        if let Ok(spki) = SubjectPublicKeyInfoDer::from_pem_slice(pem.as_bytes()) {
            return Some(Self { signer: Signer::Mute, spki: spki.to_vec(), pkcs8: Vec::new() });
        }
        Self::from_rsa(PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).ok()?.secret_pkcs8_der())
    }

    fn from_rsa(pkcs8: &[u8]) -> Option<Self> {
        // PrivateKeyInfo: version, algorithm, RSAPrivateKey, whose public half is its second and
        // third number (RFC 5208 section 5, RFC 8017 appendix A.1.2).
        let mut parts = children(read_tlv(pkcs8)?.0.content);
        let (algorithm, private) = (parts.nth(1)?, parts.next()?);
        let mut numbers = children(read_tlv(private.content)?.0.content);
        let (modulus, exponent) = (numbers.nth(1)?, numbers.next()?);
        let public = sequence(&[integer(modulus.content), integer(exponent.content)]);
        let spki = sequence(&[algorithm.raw.to_vec(), bit_string(&public)]);
        let signer = match RsaKeyPair::from_pkcs8(pkcs8) {
            Ok(pair) => Signer::Rsa(Box::new(pair), OnceLock::new()),
            Err(_) => Signer::OddRsa(Box::new(odd_rsa(pkcs8)?)),
        };
        Some(Self { signer, spki, pkcs8: pkcs8.to_vec() })
    }

    /// The hash a good certificate under this key is signed with.
    pub(crate) fn usual_hash(&self) -> &'static str {
        match &self.signer {
            Signer::Ecdsa(_, Hash::Sha384) => "sha384",
            Signer::Ecdsa(_, Hash::Sha512) => "sha512",
            _ => "sha256",
        }
    }

    /// Whether rustls takes the key as it is.
    pub(crate) fn is_common(&self) -> bool {
        matches!(self.signer, Signer::Ecdsa(..) | Signer::Ed25519(_) | Signer::Rsa(..))
    }

    /// Bits of the modulus, when it is RSA.
    pub(crate) fn rsa_bits(&self) -> Option<usize> {
        use rsa::traits::PublicKeyParts as _;
        match &self.signer {
            Signer::Rsa(pair, _) => Some(pair.public_modulus_len() * 8),
            Signer::OddRsa(key) => Some(key.n().bits() as usize),
            _ => None,
        }
    }
}

/// RustCrypto's reader refuses moduli outside 1024 to 8192 bits unless it is told otherwise.
fn odd_rsa(pkcs8: &[u8]) -> Option<RsaPrivateKey> {
    let private = children(read_tlv(pkcs8)?.0.content).nth(2)?;
    let mut numbers = children(read_tlv(private.content)?.0.content).skip(1).map(|tlv| {
        let digits = tlv.content.strip_prefix(&[0]).unwrap_or(tlv.content);
        BoxedUint::from_be_slice_vartime(digits)
    });
    let (n, e, d) = (numbers.next()?, numbers.next()?, numbers.next()?);
    let primes = vec![numbers.next()?, numbers.next()?];
    RsaPrivateKey::from_components(n, e, d, primes).ok()
}
