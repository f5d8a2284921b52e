//! Public keys (RFC 5280 section 4.1.2.7, RFC 3279, RFC 5480, RFC 8410).

use bytes::Bytes;

use super::algorithm::Algorithm;
use super::der::{SEQUENCE, Tlv, children, read_tlv};
use super::oids;

/// What kind of key, and how strong.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// RSA.
    Rsa {
        /// The modulus without leading zeroes, big end first.
        modulus: Bytes,
        /// The public exponent, likewise.
        exponent: Bytes,
        /// Whether the key may only be used with PSS (`id-RSASSA-PSS`).
        pss_only: bool,
    },
    /// An elliptic curve by its name, or by its dotted identifier when it is not a known one.
    Ec {
        /// The curve.
        curve: String,
    },
    /// An elliptic curve given by its parameters instead of a name.
    EcExplicit,
    /// DSA.
    Dsa {
        /// Bits of the prime.
        bits: usize,
    },
    /// Ed25519.
    Ed25519,
    /// Ed448.
    Ed448,
    /// ML-DSA with its parameter set.
    MlDsa(u8),
    /// Something else, or a key that could not be read.
    Unknown,
}

/// A SubjectPublicKeyInfo.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PublicKey {
    /// All of its DER.
    pub spki: Bytes,
    /// The algorithm.
    pub algorithm: Algorithm,
    /// The contents of the BIT STRING.
    pub key: Bytes,
    /// What it is.
    pub kind: KeyKind,
}

impl PublicKey {
    /// Reads the DER of a SubjectPublicKeyInfo on its own.
    pub fn read(spki: &Bytes) -> Option<Self> {
        read_tlv(spki).and_then(|(tlv, _)| Self::read_within(spki, &tlv))
    }

    pub(super) fn read_within(der: &Bytes, tlv: &Tlv<'_>) -> Option<Self> {
        let mut fields = children(tlv.content);
        let algorithm = Algorithm::read(der, &fields.next()?)?;
        let bits = fields.next().filter(|bits| bits.tag == 3)?;
        let key = der.slice_ref(bits.content.get(1..)?);
        let kind = read_kind(&algorithm, &key);
        Some(Self { spki: der.slice_ref(tlv.raw), algorithm, key, kind })
    }

    /// The same key with the parameters of its issuer's, which a DSA key may leave out (RFC 5280
    /// section 6.1.4 (d) to (f)); `None` for a key that has what it needs.
    pub fn inheriting(&self, issuer: &Self) -> Option<Self> {
        let inherits = self.algorithm.oid == oids::DSA && self.algorithm.parameters.is_empty();
        (inherits && issuer.algorithm.oid == oids::DSA).then(|| {
            let algorithm = issuer.algorithm.clone();
            let kind = read_kind(&algorithm, &self.key);
            Self { algorithm, kind, ..self.clone() }
        })
    }

    /// How many bits strong: of the modulus, the prime, or the field. 0 when unknown.
    pub fn bits(&self) -> usize {
        match &self.kind {
            KeyKind::Rsa { modulus, .. } => bit_length(modulus),
            KeyKind::Dsa { bits } => *bits,
            KeyKind::Ec { curve } => curve_bits(curve),
            KeyKind::Ed25519 => 256,
            KeyKind::Ed448 => 456,
            KeyKind::MlDsa(_) | KeyKind::EcExplicit | KeyKind::Unknown => 0,
        }
    }

    /// The kind in one word, as documents have it.
    pub fn type_word(&self) -> &'static str {
        match self.kind {
            KeyKind::Rsa { .. } => "rsa",
            KeyKind::Ec { .. } | KeyKind::EcExplicit => "ec",
            KeyKind::Dsa { .. } => "dsa",
            KeyKind::Ed25519 => "ed25519",
            KeyKind::Ed448 => "ed448",
            KeyKind::MlDsa(_) => "ml-dsa",
            KeyKind::Unknown => "unknown",
        }
    }

    /// The curve, when it has one with a name.
    pub fn curve(&self) -> Option<&str> {
        if let KeyKind::Ec { curve } = &self.kind { Some(curve) } else { None }
    }

    /// For people: `RSA 2048`, `P-256`, `Ed25519`.
    pub fn describe(&self) -> String {
        match &self.kind {
            KeyKind::Rsa { .. } => format!("RSA {}", self.bits()),
            KeyKind::Dsa { bits } => format!("DSA {bits}"),
            KeyKind::Ec { curve } => curve.clone(),
            KeyKind::EcExplicit => "EC with explicit parameters".to_owned(),
            KeyKind::Ed25519 => "Ed25519".to_owned(),
            KeyKind::Ed448 => "Ed448".to_owned(),
            KeyKind::MlDsa(set) => format!("ML-DSA-{set}"),
            KeyKind::Unknown => oids::display(&self.algorithm.oid).to_owned(),
        }
    }
}

fn read_kind(algorithm: &Algorithm, key: &Bytes) -> KeyKind {
    match algorithm.oid.as_str() {
        oids::RSA_ENCRYPTION => read_rsa(key, false).unwrap_or(KeyKind::Unknown),
        oids::RSA_PSS => read_rsa(key, true).unwrap_or(KeyKind::Unknown),
        oids::EC_PUBLIC_KEY => read_curve(&algorithm.parameters).unwrap_or(KeyKind::Unknown),
        oids::DSA => read_dsa(&algorithm.parameters).unwrap_or(KeyKind::Unknown),
        oids::ED25519 => KeyKind::Ed25519,
        oids::ED448 => KeyKind::Ed448,
        oids::ML_DSA_44 => KeyKind::MlDsa(44),
        oids::ML_DSA_65 => KeyKind::MlDsa(65),
        oids::ML_DSA_87 => KeyKind::MlDsa(87),
        _ => KeyKind::Unknown,
    }
}

fn read_rsa(key: &Bytes, pss_only: bool) -> Option<KeyKind> {
    let (sequence, _) = read_tlv(key).filter(|(tlv, _)| tlv.tag == SEQUENCE)?;
    let mut numbers = children(sequence.content).map(|tlv| key.slice_ref(without_leading_zeroes(tlv.content)));
    Some(KeyKind::Rsa { modulus: numbers.next()?, exponent: numbers.next()?, pss_only })
}

fn read_curve(parameters: &[u8]) -> Option<KeyKind> {
    let (tlv, _) = read_tlv(parameters)?;
    match tlv.tag {
        6 => Some(KeyKind::Ec { curve: oids::display(&oids::dotted(tlv.content)?).to_owned() }),
        SEQUENCE => Some(KeyKind::EcExplicit),
        _ => None,
    }
}

fn read_dsa(parameters: &[u8]) -> Option<KeyKind> {
    let (sequence, _) = read_tlv(parameters)?;
    let prime = children(sequence.content).next()?;
    Some(KeyKind::Dsa { bits: bit_length(without_leading_zeroes(prime.content)) })
}

fn without_leading_zeroes(number: &[u8]) -> &[u8] {
    let start = number.iter().position(|b| *b != 0).unwrap_or(number.len());
    number.get(start..).unwrap_or_default()
}

/// Bits of a number without leading zero bytes.
fn bit_length(number: &[u8]) -> usize {
    number.first().map_or(0, |top| number.len() * 8 - top.leading_zeros() as usize)
}

fn curve_bits(curve: &str) -> usize {
    match curve {
        "P-192" => 192,
        "P-224" => 224,
        "P-256" | "secp256k1" | "brainpoolP256r1" => 256,
        "P-384" | "brainpoolP384r1" => 384,
        "brainpoolP512r1" => 512,
        "P-521" => 521,
        _ => 0,
    }
}
