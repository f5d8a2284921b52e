//! Signing with a key of any kind, in any way that there is an identifier for.

use std::convert::Infallible;

use aws_lc_rs::encoding::{AsBigEndian as _, EcPrivateKeyBin};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature as aws;
use rsa::rand_core::{TryCryptoRng, TryRng};
use rsa::{Pkcs1v15Sign, Pss, RsaPrivateKey};

use super::{Key, Signer, odd_rsa};
use crate::ca::forge::der::{integer, oid, sequence, tlv};
use crate::diagnosis::digest;
use crate::x509::{Hash, SignatureKind, oids};

impl Key {
    /// How this key signs with a hash, by its name in recipes.
    fn kind_named(&self, hash: &str) -> Result<SignatureKind, String> {
        let known = [
            ("md5", Hash::Md5),
            ("sha1", Hash::Sha1),
            ("sha256", Hash::Sha256),
            ("sha384", Hash::Sha384),
            ("sha512", Hash::Sha512),
        ];
        let hash = known.iter().find(|(name, _)| *name == hash).ok_or_else(|| format!("no hash {hash:?}"))?.1;
        Ok(self.with_hash(hash))
    }

    fn with_hash(&self, hash: Hash) -> SignatureKind {
        match &self.signer {
            Signer::Ed25519(_) => SignatureKind::Ed25519,
            Signer::Rsa(..) | Signer::OddRsa(_) => SignatureKind::RsaPkcs1(hash),
            Signer::Ecdsa(..) | Signer::OddEc(..) | Signer::Mute => SignatureKind::Ecdsa(hash),
        }
    }

    /// The way of signing that is closest to `kind` among those this key has.
    pub(crate) fn nearest(&self, kind: SignatureKind) -> SignatureKind {
        match (&self.signer, kind) {
            (Signer::Rsa(..) | Signer::OddRsa(_), SignatureKind::RsaPkcs1(_) | SignatureKind::RsaPss(..)) => kind,
            (Signer::Ecdsa(..) | Signer::OddEc(..), SignatureKind::Ecdsa(_)) => kind,
            (Signer::Ecdsa(..) | Signer::OddEc(..), _) => match kind.hash() {
                // There is no identifier for ECDSA with anything older.
                Some(Hash::Md2 | Hash::Md4 | Hash::Md5) => SignatureKind::Ecdsa(Hash::Sha1),
                Some(hash) => SignatureKind::Ecdsa(hash),
                None => self.usual_kind(),
            },
            _ => kind.hash().map_or_else(|| self.usual_kind(), |hash| self.with_hash(hash)),
        }
    }

    /// Whether the key can sign so: it is long enough, and on its curve there is a way with that hash.
    pub(crate) fn signs(&self, kind: SignatureKind) -> bool {
        // What PKCS#1 has around a hash (RFC 8017 section 9.2), and PSS (section 9.1.1).
        const AROUND_PKCS1: usize = 30;
        const AROUND_PSS: usize = 3;
        let length = |hash: Hash| digest(hash, &[]).map(|digest| digest.len());
        let bytes = self.rsa_bits().map_or(0, |bits| bits / 8);
        match (&self.signer, kind) {
            (Signer::Ecdsa(_, Hash::Sha512), SignatureKind::Ecdsa(hash)) => hash == Hash::Sha512,
            (Signer::Ecdsa(..) | Signer::OddEc(..), SignatureKind::Ecdsa(hash)) => length(hash).is_some(),
            (Signer::Ed25519(_), SignatureKind::Ed25519) => true,
            (Signer::Rsa(..) | Signer::OddRsa(_), SignatureKind::RsaPkcs1(hash)) => {
                length(hash).is_some_and(|length| length + AROUND_PKCS1 <= bytes)
            }
            (Signer::Rsa(..) | Signer::OddRsa(_), SignatureKind::RsaPss(hash, salt)) => {
                hash != Hash::Md5 && length(hash).is_some_and(|length| length + salt + AROUND_PSS <= bytes)
            }
            _ => false,
        }
    }

    /// How a good certificate under this key is signed.
    pub(crate) fn usual_kind(&self) -> SignatureKind {
        self.kind_named(self.usual_hash()).unwrap_or(SignatureKind::Ed25519)
    }

    /// The AlgorithmIdentifier of a signature by this key.
    pub(crate) fn algorithm(&self, hash: &str) -> Result<Vec<u8>, String> {
        let kind = self.kind_named(hash)?;
        algorithm_of(kind).ok_or_else(|| format!("no identifier for {kind:?}"))
    }

    /// Signs with a hash by its name in recipes.
    pub(crate) fn sign(&self, hash: &str, message: &[u8]) -> Result<Vec<u8>, String> {
        self.sign_as(self.kind_named(hash)?, message)
    }

    /// Signs in that way.
    pub(crate) fn sign_as(&self, kind: SignatureKind, message: &[u8]) -> Result<Vec<u8>, String> {
        let signed = match (&self.signer, kind) {
            (Signer::Ecdsa(pair, own), SignatureKind::Ecdsa(hash)) if *own == hash => {
                pair.sign(&SystemRandom::new(), message).map(|signature| signature.as_ref().to_vec()).ok()
            }
            (Signer::Ecdsa(pair, own), SignatureKind::Ecdsa(hash)) => {
                let scalar: Option<EcPrivateKeyBin<'_>> = pair.private_key().as_be_bytes().ok();
                scalar.and_then(|scalar| sign_ecdsa(curve_of(*own), scalar.as_ref(), hash, message))
            }
            (Signer::OddEc(curve, scalar), SignatureKind::Ecdsa(hash)) => sign_ecdsa(curve, scalar, hash, message),
            (Signer::Ed25519(pair), SignatureKind::Ed25519) => Some(pair.sign(message).as_ref().to_vec()),
            (Signer::Rsa(pair, _), SignatureKind::RsaPkcs1(hash)) if encoding_of(hash).is_some() => encoding_of(hash)
                .and_then(|encoding| {
                    let mut out = vec![0; pair.public_modulus_len()];
                    pair.sign(encoding, &SystemRandom::new(), message, &mut out).ok().map(|()| out)
                }),
            (Signer::Rsa(_, again), _) => {
                let again = again.get_or_init(|| odd_rsa(&self.pkcs8).map(Box::new));
                again.as_ref().and_then(|key| sign_rsa(key, kind, message))
            }
            (Signer::OddRsa(key), _) => sign_rsa(key, kind, message),
            _ => None,
        };
        signed.ok_or_else(|| format!("this key makes no signature of the kind {kind:?}"))
    }
}

/// The AlgorithmIdentifier of a way of signing, with the parameters that belong there.
pub(crate) fn algorithm_of(kind: SignatureKind) -> Option<Vec<u8>> {
    let null = || vec![5, 0];
    let with_null = |dotted: &str| Some(sequence(&[oid(dotted), null()]));
    let alone = |dotted: &str| Some(sequence(&[oid(dotted)]));
    match kind {
        SignatureKind::Ed25519 => alone(oids::ED25519),
        SignatureKind::RsaPkcs1(Hash::Md5) => with_null(oids::MD5_WITH_RSA),
        SignatureKind::RsaPkcs1(Hash::Sha1) => with_null(oids::SHA1_WITH_RSA),
        SignatureKind::RsaPkcs1(Hash::Sha224) => with_null(oids::SHA224_WITH_RSA),
        SignatureKind::RsaPkcs1(Hash::Sha256) => with_null(oids::SHA256_WITH_RSA),
        SignatureKind::RsaPkcs1(Hash::Sha384) => with_null(oids::SHA384_WITH_RSA),
        SignatureKind::RsaPkcs1(Hash::Sha512) => with_null(oids::SHA512_WITH_RSA),
        SignatureKind::Ecdsa(Hash::Sha1) => alone(oids::SHA1_WITH_ECDSA),
        SignatureKind::Ecdsa(Hash::Sha224) => alone(oids::SHA224_WITH_ECDSA),
        SignatureKind::Ecdsa(Hash::Sha256) => alone(oids::SHA256_WITH_ECDSA),
        SignatureKind::Ecdsa(Hash::Sha384) => alone(oids::SHA384_WITH_ECDSA),
        SignatureKind::Ecdsa(Hash::Sha512) => alone(oids::SHA512_WITH_ECDSA),
        SignatureKind::RsaPss(hash, salt) => {
            let hash = sequence(&[oid(hash_oid(hash)?), null()]);
            let mask = sequence(&[oid(oids::MGF1), hash.clone()]);
            let salt = integer(&u32::try_from(salt).ok()?.to_be_bytes());
            let parameters = sequence(&[tlv(0xa0, &hash), tlv(0xa1, &mask), tlv(0xa2, &salt)]);
            Some(sequence(&[oid(oids::RSA_PSS), parameters]))
        }
        _ => None,
    }
}

fn hash_oid(hash: Hash) -> Option<&'static str> {
    match hash {
        Hash::Sha1 => Some(oids::SHA1),
        Hash::Sha224 => Some(oids::SHA224),
        Hash::Sha256 => Some(oids::SHA256),
        Hash::Sha384 => Some(oids::SHA384),
        Hash::Sha512 => Some(oids::SHA512),
        Hash::Md2 | Hash::Md4 | Hash::Md5 => None,
    }
}

fn encoding_of(hash: Hash) -> Option<&'static dyn aws::RsaEncoding> {
    match hash {
        Hash::Sha256 => Some(&aws::RSA_PKCS1_SHA256),
        Hash::Sha384 => Some(&aws::RSA_PKCS1_SHA384),
        Hash::Sha512 => Some(&aws::RSA_PKCS1_SHA512),
        _ => None,
    }
}

/// The curve that aws-lc-rs signs on with that hash alone.
fn curve_of(own: Hash) -> &'static str {
    match own {
        Hash::Sha256 => "P-256",
        Hash::Sha384 => "P-384",
        _ => "P-521",
    }
}

macro_rules! sign_on {
    ($curve:ident, $field:literal, $scalar:expr, $hashed:expr) => {{
        use $curve::ecdsa::signature::hazmat::PrehashSigner as _;
        use $curve::ecdsa::{Signature, SigningKey};
        let key = SigningKey::from_slice($scalar).ok()?;
        // RustCrypto refuses hashes of less than half the field's width.
        let mut padded = vec![0; usize::saturating_sub($field, $hashed.len())];
        padded.extend($hashed);
        let signature: Signature = key.sign_prehash(&padded).ok()?;
        Some(signature.to_der().as_bytes().to_vec())
    }};
}

fn sign_ecdsa(curve: &str, scalar: &[u8], hash: Hash, message: &[u8]) -> Option<Vec<u8>> {
    let hashed = digest(hash, message)?;
    match curve {
        "P-224" => sign_on!(p224, 28, scalar, hashed),
        "P-256" => sign_on!(p256, 32, scalar, hashed),
        "P-384" => sign_on!(p384, 48, scalar, hashed),
        "secp256k1" => sign_on!(k256, 32, scalar, hashed),
        _ => None,
    }
}

pub(super) fn sign_rsa(key: &RsaPrivateKey, kind: SignatureKind, message: &[u8]) -> Option<Vec<u8>> {
    let random = &mut SystemRng;
    match kind {
        SignatureKind::RsaPkcs1(hash) => {
            let padding = match hash {
                Hash::Md5 => Pkcs1v15Sign::new::<md5::Md5>(),
                Hash::Sha1 => Pkcs1v15Sign::new::<sha1::Sha1>(),
                Hash::Sha224 => Pkcs1v15Sign::new::<sha2::Sha224>(),
                Hash::Sha256 => Pkcs1v15Sign::new::<sha2::Sha256>(),
                Hash::Sha384 => Pkcs1v15Sign::new::<sha2::Sha384>(),
                Hash::Sha512 => Pkcs1v15Sign::new::<sha2::Sha512>(),
                Hash::Md2 | Hash::Md4 => return None,
            };
            key.sign(padding, &digest(hash, message)?).ok()
        }
        SignatureKind::RsaPss(hash, salt) => {
            let hashed = digest(hash, message)?;
            let signed = match hash {
                Hash::Sha1 => key.sign_with_rng(random, Pss::<sha1::Sha1>::new_with_salt(salt), &hashed),
                Hash::Sha224 => key.sign_with_rng(random, Pss::<sha2::Sha224>::new_with_salt(salt), &hashed),
                Hash::Sha256 => key.sign_with_rng(random, Pss::<sha2::Sha256>::new_with_salt(salt), &hashed),
                Hash::Sha384 => key.sign_with_rng(random, Pss::<sha2::Sha384>::new_with_salt(salt), &hashed),
                Hash::Sha512 => key.sign_with_rng(random, Pss::<sha2::Sha512>::new_with_salt(salt), &hashed),
                Hash::Md2 | Hash::Md4 | Hash::Md5 => return None,
            };
            signed.ok()
        }
        _ => None,
    }
}

/// The system's randomness, as RustCrypto wants it.
pub(super) struct SystemRng;

impl TryRng for SystemRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes).map(|()| u32::from_ne_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes).map(|()| u64::from_ne_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        // Keys are made of it: better late than guessable.
        while aws_lc_rs::rand::fill(bytes).is_err() {
            std::thread::yield_now();
        }
        Ok(())
    }
}

impl TryCryptoRng for SystemRng {}
