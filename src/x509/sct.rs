//! Signed certificate timestamps (RFC 6962 section 3.2).

use bytes::{Buf as _, Bytes};

use crate::model::Timestamp;

/// A log's promise to publish a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sct {
    /// 0 for the one version there is.
    pub version: u8,
    /// The log's id: SHA-256 of its public key.
    pub log: [u8; 32],
    /// When the log promised.
    pub at: Timestamp,
    /// CtExtensions, which are signed as well.
    pub extensions: Bytes,
    /// The TLS hash algorithm of the signature: 4 for SHA-256.
    pub hash: u8,
    /// Its TLS signature algorithm: 1 for RSA, 3 for ECDSA.
    pub algorithm: u8,
    /// The signature.
    pub signature: Bytes,
}

/// Reads a SignedCertificateTimestampList, which has its own length before it; `None` when it is
/// not one. A timestamp of an unknown version is passed over.
pub fn read_sct_list(bytes: &Bytes) -> Option<Vec<Sct>> {
    let mut rest = bytes.clone();
    let mut list = take_block(&mut rest)?;
    rest.is_empty().then_some(())?;
    let mut found = Vec::new();
    while !list.is_empty() {
        let one = take_block(&mut list)?;
        if one.first() == Some(&0) {
            found.push(read_sct(one)?);
        }
    }
    Some(found)
}

/// Reads one timestamp of version 0.
pub fn read_sct(mut bytes: Bytes) -> Option<Sct> {
    let version = bytes.try_get_u8().ok().filter(|version| *version == 0)?;
    let mut log = [0; 32];
    bytes.try_copy_to_slice(&mut log).ok()?;
    let at = Timestamp::from_unix_ms(i64::try_from(bytes.try_get_u64().ok()?).unwrap_or(i64::MAX));
    let extensions = take_block(&mut bytes)?;
    let (hash, algorithm) = (bytes.try_get_u8().ok()?, bytes.try_get_u8().ok()?);
    let signature = take_block(&mut bytes)?;
    bytes.is_empty().then_some(Sct { version, log, at, extensions, hash, algorithm, signature })
}

/// A block with its length in two bytes before it.
fn take_block(bytes: &mut Bytes) -> Option<Bytes> {
    let length = usize::from(bytes.try_get_u16().ok()?);
    (bytes.len() >= length).then(|| bytes.split_to(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(content: &[u8]) -> Vec<u8> {
        [&(content.len() as u16).to_be_bytes(), content].concat()
    }

    fn one() -> Vec<u8> {
        let mut sct = vec![0];
        sct.extend([7; 32]);
        sct.extend(1_700_000_000_000u64.to_be_bytes());
        sct.extend(block(b"x"));
        sct.extend([4, 3]);
        sct.extend(block(b"signature"));
        sct
    }

    #[test]
    fn reads_a_list_and_passes_over_other_versions() {
        let list = block(&[block(&one()), block(&[9, 9]), block(&one())].concat());
        let read = read_sct_list(&list.into()).unwrap();
        assert_eq!(read.len(), 2);
        let sct = &read[0];
        assert_eq!((sct.log, sct.at.to_string()), ([7; 32], "2023-11-14T22:13:20.000Z".to_owned()));
        assert_eq!(
            (&sct.extensions[..], sct.hash, sct.algorithm, &sct.signature[..]),
            (&b"x"[..], 4, 3, &b"signature"[..])
        );
        assert_eq!(read_sct_list(&block(&[]).into()), Some(Vec::new()));
    }

    #[test]
    fn no_prefix_is_a_list() {
        let list = block(&block(&one()));
        for end in 0..list.len() {
            assert_eq!(read_sct_list(&list[..end].to_vec().into()), None, "{end}");
        }
        assert_eq!(read_sct_list(&[&list[..], &[0]].concat().into()), None);
    }
}
