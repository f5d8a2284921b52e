//! A certificate as bytes with its identity.

use std::fmt;

use bytes::Bytes;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// SHA-256 of a certificate's DER: its identity everywhere. Written as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// The fingerprint of `der`.
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }

    /// Reads 64 hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        unhex(text)?.try_into().ok().map(Self)
    }

    /// Whether its hex digits begin with those, in lower case.
    pub fn begins_with(&self, digits: &str) -> bool {
        let own = self.0.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
        let wanted = digits.chars().map(|c| c.to_digit(16));
        digits.len() <= 64 && own.zip(wanted).all(|(own, wanted)| wanted == Some(u32::from(own)))
    }

    /// The first eight hex digits, for people.
    pub fn short(&self) -> String {
        hex(self.0.get(..4).unwrap_or_default())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({})", self.short())
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("not a SHA-256 fingerprint in hex"))
    }
}

/// The bytes of one certificate, as sent or found, with its fingerprint. Cheap to clone.
#[derive(Clone)]
pub struct CertDer {
    /// The bytes; not necessarily valid DER.
    pub der: Bytes,
    /// Their SHA-256.
    pub sha256: Fingerprint,
}

impl CertDer {
    /// Takes the bytes and computes their fingerprint.
    pub fn new(der: impl Into<Bytes>) -> Self {
        let der = der.into();
        let sha256 = Fingerprint::of(&der);
        Self { der, sha256 }
    }
}

/// Certificates are the same when their fingerprints are.
impl PartialEq for CertDer {
    fn eq(&self, other: &Self) -> bool {
        self.sha256 == other.sha256
    }
}

impl Eq for CertDer {}

impl std::hash::Hash for CertDer {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.sha256.hash(state);
    }
}

/// In a record a certificate is its fingerprint; the bytes stand once, elsewhere.
impl Serialize for CertDer {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        self.sha256.serialize(s)
    }
}

/// A certificate read back from a record has no bytes until whoever reads it fills them in.
impl<'de> Deserialize<'de> for CertDer {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Ok(Self { der: Bytes::new(), sha256: Fingerprint::deserialize(d)? })
    }
}

impl fmt::Debug for CertDer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CertDer({}, {} bytes)", self.sha256.short(), self.der.len())
    }
}

/// Lower-case hex of `bytes`.
pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    let mut out = String::with_capacity(bytes.len() * 2);
    for b in bytes {
        let _ = write!(out, "{b:02x}");
    }
    out
}

/// The bytes that an even number of hex digits stand for.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.chars().map(|c| c.to_digit(16).map(|d| d as u8)).collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_survives_its_text() {
        let f = Fingerprint::of(b"tlscope");
        assert_eq!(Fingerprint::parse(&f.to_string()), Some(f));
        assert_eq!(Fingerprint::parse("00"), None);
        let text = f.to_string();
        assert!(f.begins_with("") && f.begins_with(&text[..7]) && f.begins_with(&text));
        assert!(!f.begins_with(&text[1..8]) && !f.begins_with("xyz") && !f.begins_with(&format!("{text}0")));
        assert_eq!(unhex("0g"), None);
        assert_eq!(unhex("abc"), None);
        assert_eq!(unhex("ab01"), Some(vec![0xab, 1]));
    }
}
