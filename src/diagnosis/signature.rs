//! Verifying signatures of every kind that aws-lc-rs or RustCrypto can.
//!
//! aws-lc-rs first, for it is fast; RustCrypto for what it refuses because nobody should use it
//! any more, which is just what has to be recognised here.

use aws_lc_rs::signature as aws;
use aws_lc_rs::signature::{UnparsedPublicKey, VerificationAlgorithm};
use rsa::{BoxedUint, Pkcs1v15Sign, Pss, RsaPublicKey};
use sha2::Digest;

use crate::model::SignatureScheme;
use crate::x509::{Hash, KeyKind, PublicKey, SignatureKind, children, oids, read_tlv};

/// What a check of a signature said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// It verifies.
    Valid,
    /// It does not.
    Invalid,
    /// No library here knows the algorithm, or the key does not fit it.
    Unsupported,
}

impl From<bool> for Check {
    fn from(ok: bool) -> Self {
        if ok { Self::Valid } else { Self::Invalid }
    }
}

/// Verifies a signature on a certificate or another signed object.
pub fn verify(key: &PublicKey, kind: SignatureKind, message: &[u8], signature: &[u8]) -> Check {
    match (&key.kind, kind) {
        (KeyKind::Rsa { pss_only: false, .. }, SignatureKind::RsaPkcs1(hash)) => {
            rsa_pkcs1(key, hash, message, signature)
        }
        (KeyKind::Rsa { .. }, SignatureKind::RsaPss(hash, salt)) => rsa_pss(key, hash, salt, message, signature),
        (KeyKind::Ec { curve }, SignatureKind::Ecdsa(hash)) => ecdsa(curve, &key.key, hash, message, signature),
        (KeyKind::Dsa { .. }, SignatureKind::Dsa(hash)) => {
            dsa_signature(key, hash, message, signature).unwrap_or(Check::Invalid)
        }
        (KeyKind::Ed25519, SignatureKind::Ed25519) => by_aws(&aws::ED25519, &key.key, message, signature),
        (KeyKind::MlDsa(own), SignatureKind::MlDsa(set)) if *own == set => ml_dsa(set, &key.key, message, signature),
        _ if is_known(&key.kind) && is_known_kind(kind) => Check::Invalid, // a key of another kind
        (KeyKind::Unknown, _) if matches!(key.algorithm.oid.as_str(), oids::RSA_ENCRYPTION | oids::EC_PUBLIC_KEY) => {
            Check::Invalid // a key that cannot be read
        }
        _ => Check::Unsupported,
    }
}

fn is_known(key: &KeyKind) -> bool {
    !matches!(key, KeyKind::Unknown | KeyKind::EcExplicit | KeyKind::Ed448)
}

fn is_known_kind(kind: SignatureKind) -> bool {
    kind != SignatureKind::Ed448
}

/// Verifies a server's signature in a handshake (RFC 8446 section 4.4.3, RFC 5246 section 7.4.3).
pub fn verify_tls(key: &PublicKey, scheme: SignatureScheme, message: &[u8], signature: &[u8]) -> Check {
    let pss = |hash: Hash| SignatureKind::RsaPss(hash, digest(hash, &[]).map_or(0, |d| d.len()));
    let kind = match scheme.0 {
        0x0101 => SignatureKind::RsaPkcs1(Hash::Md5),
        0x0201 => SignatureKind::RsaPkcs1(Hash::Sha1),
        0x0301 => SignatureKind::RsaPkcs1(Hash::Sha224),
        0x0401 => SignatureKind::RsaPkcs1(Hash::Sha256),
        0x0501 => SignatureKind::RsaPkcs1(Hash::Sha384),
        0x0601 => SignatureKind::RsaPkcs1(Hash::Sha512),
        0x0804 | 0x0809 => pss(Hash::Sha256),
        0x0805 | 0x080a => pss(Hash::Sha384),
        0x0806 | 0x080b => pss(Hash::Sha512),
        0x0203 => SignatureKind::Ecdsa(Hash::Sha1),
        0x0403 => SignatureKind::Ecdsa(Hash::Sha256),
        0x0503 => SignatureKind::Ecdsa(Hash::Sha384),
        0x0603 => SignatureKind::Ecdsa(Hash::Sha512),
        0x0202 => SignatureKind::Dsa(Hash::Sha1),
        0x0402 => SignatureKind::Dsa(Hash::Sha256),
        0x0807 => SignatureKind::Ed25519,
        _ => return Check::Unsupported,
    };
    verify(key, kind, message, signature)
}

fn by_aws(algorithm: &'static dyn VerificationAlgorithm, key: &[u8], message: &[u8], signature: &[u8]) -> Check {
    UnparsedPublicKey::new(algorithm, key).verify(message, signature).is_ok().into()
}

fn ml_dsa(set: u8, key: &[u8], message: &[u8], signature: &[u8]) -> Check {
    let algorithm: &'static dyn VerificationAlgorithm = match set {
        44 => &aws::ML_DSA_44,
        65 => &aws::ML_DSA_65,
        _ => &aws::ML_DSA_87,
    };
    by_aws(algorithm, key, message, signature)
}

fn rsa_pkcs1(key: &PublicKey, hash: Hash, message: &[u8], signature: &[u8]) -> Check {
    let algorithm: Option<&'static dyn VerificationAlgorithm> = match (hash, key.bits()) {
        (Hash::Sha1, 2048..=8192) => Some(&aws::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY),
        (Hash::Sha256, 2048..=8192) => Some(&aws::RSA_PKCS1_2048_8192_SHA256),
        (Hash::Sha384, 2048..=8192) => Some(&aws::RSA_PKCS1_2048_8192_SHA384),
        (Hash::Sha512, 2048..=8192) => Some(&aws::RSA_PKCS1_2048_8192_SHA512),
        _ => None,
    };
    if let Some(algorithm) = algorithm
        && by_aws(algorithm, &key.key, message, signature) == Check::Valid
    {
        return Check::Valid;
    }
    // Also for what aws-lc-rs calls invalid: it refuses some keys (an exponent of 1, say) without
    // looking at the signature.
    let padding = match hash {
        Hash::Md5 => Pkcs1v15Sign::new::<md5::Md5>(),
        Hash::Sha1 => Pkcs1v15Sign::new::<sha1::Sha1>(),
        Hash::Sha224 => Pkcs1v15Sign::new::<sha2::Sha224>(),
        Hash::Sha256 => Pkcs1v15Sign::new::<sha2::Sha256>(),
        Hash::Sha384 => Pkcs1v15Sign::new::<sha2::Sha384>(),
        Hash::Sha512 => Pkcs1v15Sign::new::<sha2::Sha512>(),
        Hash::Md2 | Hash::Md4 => return Check::Unsupported,
    };
    let (Some(rsa), Some(hashed)) = (rsa_key(key), digest(hash, message)) else { return Check::Unsupported };
    rsa.verify(padding, &hashed, signature).is_ok().into()
}

fn rsa_pss(key: &PublicKey, hash: Hash, salt: usize, message: &[u8], signature: &[u8]) -> Check {
    let algorithm: Option<&'static dyn VerificationAlgorithm> = match (hash, salt, key.bits()) {
        (Hash::Sha256, 32, 2048..=8192) => Some(&aws::RSA_PSS_2048_8192_SHA256),
        (Hash::Sha384, 48, 2048..=8192) => Some(&aws::RSA_PSS_2048_8192_SHA384),
        (Hash::Sha512, 64, 2048..=8192) => Some(&aws::RSA_PSS_2048_8192_SHA512),
        _ => None,
    };
    if let Some(algorithm) = algorithm {
        return by_aws(algorithm, &key.key, message, signature);
    }
    let (Some(rsa), Some(hashed)) = (rsa_key(key), digest(hash, message)) else { return Check::Unsupported };
    let verified = match hash {
        Hash::Sha1 => rsa.verify(Pss::<sha1::Sha1>::new_with_salt(salt), &hashed, signature),
        Hash::Sha224 => rsa.verify(Pss::<sha2::Sha224>::new_with_salt(salt), &hashed, signature),
        Hash::Sha256 => rsa.verify(Pss::<sha2::Sha256>::new_with_salt(salt), &hashed, signature),
        Hash::Sha384 => rsa.verify(Pss::<sha2::Sha384>::new_with_salt(salt), &hashed, signature),
        Hash::Sha512 => rsa.verify(Pss::<sha2::Sha512>::new_with_salt(salt), &hashed, signature),
        Hash::Md2 | Hash::Md4 | Hash::Md5 => return Check::Unsupported,
    };
    verified.is_ok().into()
}

/// From 256 to 16384 bits; nothing smaller holds a padded hash, nothing larger is worth the time.
fn rsa_key(key: &PublicKey) -> Option<RsaPublicKey> {
    let KeyKind::Rsa { modulus, exponent, .. } = &key.kind else { return None };
    let is_odd = modulus.last().is_some_and(|b| b & 1 == 1);
    let n = is_odd.then(|| BoxedUint::from_be_slice_vartime(modulus))?;
    RsaPublicKey::new_with_size_limits(n, BoxedUint::from_be_slice_vartime(exponent), 256..=16384).ok()
}

fn ecdsa(curve: &str, point: &[u8], hash: Hash, message: &[u8], signature: &[u8]) -> Check {
    let algorithm: Option<&'static dyn VerificationAlgorithm> = match (curve, hash) {
        ("P-256", Hash::Sha1) => Some(&aws::ECDSA_P256_SHA1_ASN1),
        ("P-256", Hash::Sha256) => Some(&aws::ECDSA_P256_SHA256_ASN1),
        ("P-256", Hash::Sha384) => Some(&aws::ECDSA_P256_SHA384_ASN1),
        ("P-256", Hash::Sha512) => Some(&aws::ECDSA_P256_SHA512_ASN1),
        ("P-384", Hash::Sha256) => Some(&aws::ECDSA_P384_SHA256_ASN1),
        ("P-384", Hash::Sha384) => Some(&aws::ECDSA_P384_SHA384_ASN1),
        ("P-384", Hash::Sha512) => Some(&aws::ECDSA_P384_SHA512_ASN1),
        ("P-521", Hash::Sha1) => Some(&aws::ECDSA_P521_SHA1_ASN1),
        ("P-521", Hash::Sha224) => Some(&aws::ECDSA_P521_SHA224_ASN1),
        ("P-521", Hash::Sha256) => Some(&aws::ECDSA_P521_SHA256_ASN1),
        ("P-521", Hash::Sha384) => Some(&aws::ECDSA_P521_SHA384_ASN1),
        ("P-521", Hash::Sha512) => Some(&aws::ECDSA_P521_SHA512_ASN1),
        ("secp256k1", Hash::Sha256) => Some(&aws::ECDSA_P256K1_SHA256_ASN1),
        _ => None,
    };
    match algorithm {
        Some(algorithm) => by_aws(algorithm, point, message, signature),
        None => ecdsa_by_rustcrypto(curve, point, hash, message, signature),
    }
}

macro_rules! verify_on {
    ($curve:ident, $field:literal, $point:expr, $hashed:expr, $signature:expr) => {{
        use $curve::ecdsa::signature::hazmat::PrehashVerifier;
        use $curve::ecdsa::{Signature, VerifyingKey};
        let verify = || {
            let key = VerifyingKey::from_sec1_bytes($point).ok()?;
            // k256 takes the lower of the two equivalent values of s alone.
            let signature = Signature::from_der($signature).ok()?.normalize_s();
            key.verify_prehash(&left_padded($hashed, $field), &signature).ok()
        };
        verify().is_some().into()
    }};
}

fn ecdsa_by_rustcrypto(curve: &str, point: &[u8], hash: Hash, message: &[u8], signature: &[u8]) -> Check {
    let Some(hashed) = digest(hash, message) else { return Check::Unsupported };
    match curve {
        "P-192" => verify_on!(p192, 24, point, hashed, signature),
        "P-224" => verify_on!(p224, 28, point, hashed, signature),
        "P-256" => verify_on!(p256, 32, point, hashed, signature),
        "P-384" => verify_on!(p384, 48, point, hashed, signature),
        "secp256k1" => verify_on!(k256, 32, point, hashed, signature),
        _ => Check::Unsupported,
    }
}

/// A hash as the number that ECDSA makes of it, at the width of the field: RustCrypto refuses
/// hashes of less than half that width.
fn left_padded(hashed: Vec<u8>, field: usize) -> Vec<u8> {
    let mut out = vec![0; field.saturating_sub(hashed.len())];
    out.extend(hashed);
    out
}

fn dsa_signature(key: &PublicKey, hash: Hash, message: &[u8], signature: &[u8]) -> Option<Check> {
    use dsa::signature::hazmat::PrehashVerifier;
    let parameters = read_tlv(&key.algorithm.parameters)?.0.content;
    let number = |tlv: crate::x509::Tlv<'_>| {
        // dsa tells key sizes by the width of the numbers, so the sign byte has to go.
        BoxedUint::from_be_slice_vartime(tlv.content.strip_prefix(&[0]).unwrap_or(tlv.content))
    };
    let mut parts = children(parameters).map(number);
    let (p, q, g) = (parts.next()?, parts.next()?, parts.next()?);
    if p.bits() > 4096 || q.bits() > 512 || q.bits() >= p.bits() {
        return Some(Check::Unsupported);
    }
    // Unchecked as to sizes: OpenSSL makes pairs that FIPS 186 does not list.
    let components = dsa::Components::from_components_unchecked(p, q, g).ok()?;
    let public = number(read_tlv(&key.key)?.0);
    let key = dsa::VerifyingKey::from_components(components, public).ok()?;
    let mut pair = children(read_tlv(signature)?.0.content).map(number);
    let signature = dsa::Signature::from_components(pair.next()?, pair.next()?)?;
    Some(key.verify_prehash(&digest(hash, message)?, &signature).is_ok().into())
}

/// The digest of `message`; `None` for the hashes that no library here has.
pub(crate) fn digest(hash: Hash, message: &[u8]) -> Option<Vec<u8>> {
    Some(match hash {
        Hash::Md2 | Hash::Md4 => return None,
        Hash::Md5 => md5::Md5::digest(message).to_vec(),
        Hash::Sha1 => sha1::Sha1::digest(message).to_vec(),
        Hash::Sha224 => sha2::Sha224::digest(message).to_vec(),
        Hash::Sha256 => sha2::Sha256::digest(message).to_vec(),
        Hash::Sha384 => sha2::Sha384::digest(message).to_vec(),
        Hash::Sha512 => sha2::Sha512::digest(message).to_vec(),
    })
}
