//! Signature algorithms (RFC 5280 section 4.1.1.2, RFC 4055, RFC 5758, RFC 8410).

use bytes::Bytes;

use super::der::{SEQUENCE, Tlv, children, read_tlv};
use super::oids;

/// An AlgorithmIdentifier.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Algorithm {
    /// Which algorithm, dotted.
    pub oid: String,
    /// Its parameters with their tag; empty when absent.
    pub parameters: Bytes,
}

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Hash {
    Md2,
    Md4,
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Md2 => "MD2",
            Self::Md4 => "MD4",
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }
}

/// How a signature is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignatureKind {
    /// RSASSA-PKCS1-v1_5.
    RsaPkcs1(Hash),
    /// RSASSA-PSS with MGF1 over the same hash, and a salt of so many bytes.
    RsaPss(Hash, usize),
    /// ECDSA.
    Ecdsa(Hash),
    /// DSA.
    Dsa(Hash),
    /// Ed25519.
    Ed25519,
    /// Ed448.
    Ed448,
    /// ML-DSA with its parameter set.
    MlDsa(u8),
}

impl SignatureKind {
    /// The hash, where it is a choice of its own.
    pub fn hash(self) -> Option<Hash> {
        match self {
            Self::RsaPkcs1(hash) | Self::RsaPss(hash, _) | Self::Ecdsa(hash) | Self::Dsa(hash) => Some(hash),
            Self::Ed25519 | Self::Ed448 | Self::MlDsa(_) => None,
        }
    }
}

impl Algorithm {
    pub(super) fn read(der: &Bytes, tlv: &Tlv<'_>) -> Option<Self> {
        if tlv.tag != SEQUENCE {
            return None;
        }
        let mut fields = children(tlv.content);
        let oid = oids::dotted(fields.next().filter(|oid| oid.tag == 6)?.content)?;
        let parameters = fields.next().map_or_else(Bytes::new, |tlv| der.slice_ref(tlv.raw));
        Some(Self { oid, parameters })
    }

    /// The name people know it by, else the dotted form.
    pub fn name(&self) -> String {
        match self.signature() {
            Some(SignatureKind::RsaPss(hash, _)) => format!("rsassaPss with {}", hash.name()),
            _ => oids::display(&self.oid).to_owned(),
        }
    }

    /// What it means as a signature algorithm; `None` when unknown, or when its parameters are
    /// none that are in use.
    pub fn signature(&self) -> Option<SignatureKind> {
        use SignatureKind as K;
        Some(match self.oid.as_str() {
            oids::MD2_WITH_RSA => K::RsaPkcs1(Hash::Md2),
            oids::MD4_WITH_RSA => K::RsaPkcs1(Hash::Md4),
            oids::MD5_WITH_RSA => K::RsaPkcs1(Hash::Md5),
            oids::SHA1_WITH_RSA | oids::SHA1_WITH_RSA_OLD => K::RsaPkcs1(Hash::Sha1),
            oids::SHA224_WITH_RSA => K::RsaPkcs1(Hash::Sha224),
            oids::SHA256_WITH_RSA => K::RsaPkcs1(Hash::Sha256),
            oids::SHA384_WITH_RSA => K::RsaPkcs1(Hash::Sha384),
            oids::SHA512_WITH_RSA => K::RsaPkcs1(Hash::Sha512),
            oids::SHA1_WITH_ECDSA => K::Ecdsa(Hash::Sha1),
            oids::SHA224_WITH_ECDSA => K::Ecdsa(Hash::Sha224),
            oids::SHA256_WITH_ECDSA => K::Ecdsa(Hash::Sha256),
            oids::SHA384_WITH_ECDSA => K::Ecdsa(Hash::Sha384),
            oids::SHA512_WITH_ECDSA => K::Ecdsa(Hash::Sha512),
            oids::SHA1_WITH_DSA => K::Dsa(Hash::Sha1),
            oids::SHA224_WITH_DSA => K::Dsa(Hash::Sha224),
            oids::SHA256_WITH_DSA => K::Dsa(Hash::Sha256),
            oids::ED25519 => K::Ed25519,
            oids::ED448 => K::Ed448,
            oids::ML_DSA_44 => K::MlDsa(44),
            oids::ML_DSA_65 => K::MlDsa(65),
            oids::ML_DSA_87 => K::MlDsa(87),
            oids::RSA_PSS => return read_pss(&self.parameters),
            _ => return None,
        })
    }
}

/// RFC 4055 section 3.1: hash [0], mask generation [1], salt length [2], trailer [3].
fn read_pss(parameters: &[u8]) -> Option<SignatureKind> {
    let (sequence, _) = read_tlv(parameters).filter(|(tlv, _)| tlv.tag == SEQUENCE)?;
    let (mut hash, mut mask_hash, mut salt) = (Hash::Sha1, Hash::Sha1, 20);
    for field in children(sequence.content) {
        let (inner, _) = read_tlv(field.content)?;
        match field.tag {
            0xa0 => hash = read_hash(inner.content)?,
            0xa1 => {
                let mut mask = children(inner.content);
                if oids::dotted(mask.next()?.content)? != oids::MGF1 {
                    return None;
                }
                mask_hash = read_hash(mask.next()?.content)?;
            }
            0xa2 => {
                salt =
                    inner.content.iter().try_fold(0usize, |n, b| n.checked_mul(256)?.checked_add(usize::from(*b)))?;
            }
            _ => {}
        }
    }
    (hash == mask_hash).then_some(SignatureKind::RsaPss(hash, salt))
}

/// The contents of an AlgorithmIdentifier for a hash.
fn read_hash(content: &[u8]) -> Option<Hash> {
    match oids::dotted(children(content).next()?.content)?.as_str() {
        oids::SHA1 => Some(Hash::Sha1),
        oids::SHA224 => Some(Hash::Sha224),
        oids::SHA256 => Some(Hash::Sha256),
        oids::SHA384 => Some(Hash::Sha384),
        oids::SHA512 => Some(Hash::Sha512),
        _ => None,
    }
}
