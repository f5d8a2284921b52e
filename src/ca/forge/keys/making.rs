//! Keys of any kind and size that are wanted, good or bad, made when they are.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{KeyPair as AwsRsa, KeySize};
use aws_lc_rs::signature as aws;
use aws_lc_rs::signature::KeyPair as _;
use rsa::traits::{PrivateKeyParts as _, PublicKeyParts as _};
use rsa::{BoxedUint, RsaPrivateKey};

use super::signing::SystemRng;
use super::{Key, Signer};
use crate::ca::forge::der::{bit_string, integer, oid, sequence};
use crate::x509::{Hash, oids};

/// Below this nothing can be signed with a padded hash of today.
const SMALLEST_RSA: usize = 512;

/// Above this nobody's patience lasts for a handshake, and a server could keep this machine busy.
const LARGEST_RSA: usize = 9216;

/// Keys above this size are of many primes, which are found in a fraction of the time.
const LARGEST_OF_TWO_PRIMES: usize = 4096;

/// The exponent that every key has today, big end first.
const USUAL_EXPONENT: [u8; 3] = [1, 0, 1];

impl Key {
    /// A fresh key on that curve, by the name people know it by.
    pub(crate) fn on_curve(curve: &str) -> Result<Self, String> {
        match curve {
            "P-256" => Self::ecdsa(&aws::ECDSA_P256_SHA256_ASN1_SIGNING, oids::CURVE_P256, Hash::Sha256),
            "P-384" => Self::ecdsa(&aws::ECDSA_P384_SHA384_ASN1_SIGNING, oids::CURVE_P384, Hash::Sha384),
            "P-521" => Self::ecdsa(&aws::ECDSA_P521_SHA512_ASN1_SIGNING, oids::CURVE_P521, Hash::Sha512),
            "P-224" => Self::odd_ec("P-224", oids::CURVE_P224),
            "secp256k1" => Self::odd_ec("secp256k1", oids::CURVE_K256),
            other => Err(format!("no keys on the curve {other}")),
        }
    }

    fn odd_ec(curve: &'static str, dotted: &str) -> Result<Self, String> {
        let (scalar, point) = odd_pair(curve).ok_or_else(|| format!("no keys on the curve {curve}"))?;
        let algorithm = sequence(&[oid(oids::EC_PUBLIC_KEY), oid(dotted)]);
        let spki = sequence(&[algorithm, bit_string(&point)]);
        Ok(Self { signer: Signer::OddEc(curve, scalar), spki, pkcs8: Vec::new() })
    }

    /// A fresh RSA key of exactly so many bits, with that public exponent.
    pub(crate) fn rsa(bits: usize, exponent: &[u8]) -> Result<Self, String> {
        let size = match bits {
            2048 => Some(KeySize::Rsa2048),
            3072 => Some(KeySize::Rsa3072),
            4096 => Some(KeySize::Rsa4096),
            _ => None,
        };
        let failed = || format!("no RSA key of {bits} bits");
        if let Some(size) = size.filter(|_| exponent == USUAL_EXPONENT) {
            let pair = AwsRsa::generate(size).map_err(|_| failed())?;
            let pkcs8 = pair.as_der().map_err(|_| failed())?;
            return Self::from_rsa(pkcs8.as_ref()).ok_or_else(failed);
        }
        // No prime fits an even exponent, and none is left out by 1: the search would not end, or the key be none.
        let is_odd = exponent.last().is_some_and(|last| last & 1 == 1) && exponent != [1];
        if !(SMALLEST_RSA..=LARGEST_RSA).contains(&bits) || exponent.len() > 4 || !is_odd {
            return Err(failed());
        }
        let exponent = BoxedUint::from_be_slice_vartime(exponent);
        let key = if bits > LARGEST_OF_TWO_PRIMES { many_primes(bits, &exponent) } else { two_primes(bits, &exponent) };
        key.map(Self::of_odd_rsa).ok_or_else(failed)
    }

    fn of_odd_rsa(key: RsaPrivateKey) -> Self {
        let public = sequence(&[integer(&key.n_bytes()), integer(&key.e_bytes())]);
        let algorithm = sequence(&[oid(oids::RSA_ENCRYPTION), vec![5, 0]]);
        let spki = sequence(&[algorithm, bit_string(&public)]);
        Self { signer: Signer::OddRsa(Box::new(key)), spki, pkcs8: Vec::new() }
    }

    /// The key of that PKCS#8, of whichever kind a CA has.
    pub(crate) fn from_pkcs8(pkcs8: &[u8]) -> Option<Self> {
        let curves: [(&'static aws::EcdsaSigningAlgorithm, &str, Hash); 3] = [
            (&aws::ECDSA_P256_SHA256_ASN1_SIGNING, oids::CURVE_P256, Hash::Sha256),
            (&aws::ECDSA_P384_SHA384_ASN1_SIGNING, oids::CURVE_P384, Hash::Sha384),
            (&aws::ECDSA_P521_SHA512_ASN1_SIGNING, oids::CURVE_P521, Hash::Sha512),
        ];
        let of_curve = |(algorithm, dotted, hash)| Self::from_ecdsa(algorithm, dotted, hash, pkcs8.to_vec());
        let on_curve = || curves.into_iter().find_map(of_curve);
        on_curve().or_else(|| Self::from_ed25519(pkcs8.to_vec())).or_else(|| Self::from_rsa(pkcs8))
    }

    pub(super) fn ecdsa(
        algorithm: &'static aws::EcdsaSigningAlgorithm,
        curve: &str,
        hash: Hash,
    ) -> Result<Self, String> {
        let random = aws_lc_rs::rand::SystemRandom::new();
        let document = aws::EcdsaKeyPair::generate_pkcs8(algorithm, &random).ok();
        let key = document.and_then(|pkcs8| Self::from_ecdsa(algorithm, curve, hash, pkcs8.as_ref().to_vec()));
        key.ok_or_else(|| "cannot make an EC key".to_owned())
    }

    fn from_ecdsa(
        algorithm: &'static aws::EcdsaSigningAlgorithm,
        curve: &str,
        hash: Hash,
        pkcs8: Vec<u8>,
    ) -> Option<Self> {
        let pair = aws::EcdsaKeyPair::from_pkcs8(algorithm, &pkcs8).ok()?;
        let algorithm = sequence(&[oid(oids::EC_PUBLIC_KEY), oid(curve)]);
        let spki = sequence(&[algorithm, bit_string(pair.public_key().as_ref())]);
        Some(Self { signer: Signer::Ecdsa(Box::new(pair), hash), spki, pkcs8 })
    }

    pub(super) fn ed25519() -> Result<Self, String> {
        let document = aws::Ed25519KeyPair::generate_pkcs8(&aws_lc_rs::rand::SystemRandom::new()).ok();
        let key = document.and_then(|pkcs8| Self::from_ed25519(pkcs8.as_ref().to_vec()));
        key.ok_or_else(|| "cannot make an Ed25519 key".to_owned())
    }

    fn from_ed25519(pkcs8: Vec<u8>) -> Option<Self> {
        let pair = aws::Ed25519KeyPair::from_pkcs8(&pkcs8).ok()?;
        let spki = sequence(&[sequence(&[oid(oids::ED25519)]), bit_string(pair.public_key().as_ref())]);
        Some(Self { signer: Signer::Ed25519(Box::new(pair)), spki, pkcs8 })
    }
}

fn two_primes(bits: usize, exponent: &BoxedUint) -> Option<RsaPrivateKey> {
    RsaPrivateKey::new_with_exp_unchecked(&mut SystemRng, bits, exponent.clone()).ok()
}

/// Pairs of primes of 512 bits, and a last pair that fills what is left.
fn many_primes(bits: usize, exponent: &BoxedUint) -> Option<RsaPrivateKey> {
    const PAIR: usize = 1024;
    const TRIES: usize = 32;
    let mut primes: Vec<BoxedUint> = Vec::new();
    let mut so_far = BoxedUint::one_with_precision(LARGEST_RSA as u32);
    while so_far.bits() as usize + PAIR + SMALLEST_RSA <= bits {
        let pair = two_primes(PAIR, exponent)?;
        so_far = so_far.wrapping_mul(pair.n().as_ref());
        primes.extend(pair.primes().iter().map(|prime| (**prime).clone()));
    }
    // A product is as long as its factors together, or one bit shorter.
    let rest = bits - so_far.bits() as usize;
    (0..TRIES).find_map(|attempt| {
        let pair = two_primes(rest + attempt % 2, exponent)?;
        let all = primes.iter().cloned().chain(pair.primes().iter().map(|prime| (**prime).clone()));
        let key = RsaPrivateKey::from_primes(all.collect(), exponent.clone()).ok()?;
        (key.n().bits() as usize == bits).then_some(key)
    })
}

macro_rules! pair_on {
    ($curve:ident, $field:literal) => {{
        use $curve::ecdsa::SigningKey;
        let mut scalar = [0; $field];
        let key = loop {
            aws_lc_rs::rand::fill(&mut scalar).ok()?;
            // All but a few numbers of that length are keys.
            if let Ok(key) = SigningKey::from_slice(&scalar) {
                break key;
            }
        };
        Some((scalar.to_vec(), key.verifying_key().to_sec1_point(false).as_bytes().to_vec()))
    }};
}

/// A private number and its point, on a curve that aws-lc-rs does not sign on.
fn odd_pair(curve: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    match curve {
        "P-224" => pair_on!(p224, 28),
        "secp256k1" => pair_on!(k256, 32),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::diagnosis::{Check, verify};
    use crate::x509::{KeyKind, PublicKey, SignatureKind};

    fn public(key: &Key) -> PublicKey {
        PublicKey::read(&Bytes::from(key.spki.clone())).unwrap()
    }

    #[test]
    fn rsa_keys_have_the_size_and_the_exponent_asked_for() {
        for (bits, exponent) in [(512, &[1, 0, 1][..]), (1024, &[3]), (2050, &[1, 0, 1]), (4608, &[1, 0, 1])] {
            let key = Key::rsa(bits, exponent).unwrap();
            let public = public(&key);
            assert_eq!(public.bits(), bits);
            assert!(matches!(&public.kind, KeyKind::Rsa { exponent: own, .. } if own[..] == *exponent));
            let kind = SignatureKind::RsaPkcs1(Hash::Sha1);
            let signature = key.sign_as(kind, b"text").unwrap();
            assert_eq!(verify(&public, kind, b"text", &signature), Check::Valid, "{bits}");
        }
        for (bits, exponent) in [(256, &[1, 0, 1][..]), (20_000, &[1, 0, 1]), (2048, &[1]), (2048, &[2])] {
            assert!(Key::rsa(bits, exponent).is_err(), "{bits} {exponent:?}");
        }
    }

    #[test]
    fn keys_on_every_curve_sign_with_every_hash() {
        for curve in ["P-224", "P-256", "P-384", "P-521", "secp256k1"] {
            let key = Key::on_curve(curve).unwrap();
            let public = public(&key);
            assert_eq!(public.curve(), Some(curve));
            for hash in [Hash::Sha1, Hash::Sha224, Hash::Sha256, Hash::Sha384, Hash::Sha512] {
                let kind = key.nearest(SignatureKind::Ecdsa(hash));
                let Ok(signature) = key.sign_as(kind, b"text") else {
                    assert!(curve == "P-521" && hash != Hash::Sha512, "{curve} {hash:?}");
                    continue;
                };
                assert_eq!(verify(&public, kind, b"text", &signature), Check::Valid, "{curve} {hash:?}");
            }
        }
        assert!(Key::on_curve("brainpoolP256r1").is_err() && Key::on_curve("P-192").is_err());
    }
}
