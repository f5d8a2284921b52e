//! Walking tags and lengths (X.690), leniently: BER's longer length forms are walked as well.

/// One tag with what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// The identifier octet; multi-byte tags are not walked.
    pub tag: u8,
    /// The contents.
    pub content: &'a [u8],
    /// Identifier, length and contents.
    pub raw: &'a [u8],
    /// Whether the length is written in the one form that DER allows.
    pub canonical: bool,
}

/// An OCTET STRING.
pub(super) const OCTET_STRING: u8 = 4;
/// A SEQUENCE.
pub(super) const SEQUENCE: u8 = 0x30;
/// A SET.
pub(super) const SET: u8 = 0x31;

/// Reads the element at the start of `bytes`; gives it and what stands behind it.
pub fn read_tlv(bytes: &[u8]) -> Option<(Tlv<'_>, &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    if tag & 0x1f == 0x1f {
        return None;
    }
    let (&first, rest) = rest.split_first()?;
    let (length, canonical, rest) = match first {
        0..=0x7f => (usize::from(first), true, rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let length = digits.iter().fold(0usize, |n, b| n << 8 | usize::from(*b));
            let shortest = length >= 0x80 && digits.first() != Some(&0);
            (length, shortest, rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    let raw = bytes.get(..bytes.len() - rest.len())?;
    Some((Tlv { tag, content, raw, canonical }, rest))
}

/// The elements that `content` consists of, up to the first that cannot be read.
pub fn children(mut content: &[u8]) -> impl Iterator<Item = Tlv<'_>> {
    std::iter::from_fn(move || {
        let (tlv, rest) = read_tlv(content)?;
        content = rest;
        Some(tlv)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walks_short_and_long_forms() {
        let (tlv, rest) = read_tlv(b"\x04\x02abc").unwrap();
        assert_eq!(
            (tlv.tag, tlv.content, tlv.raw, tlv.canonical, rest),
            (4, &b"ab"[..], &b"\x04\x02ab"[..], true, &b"c"[..])
        );
        let (ber, _) = read_tlv(b"\x04\x81\x02ab").unwrap();
        assert_eq!((ber.content, ber.canonical), (&b"ab"[..], false));
        assert!(!read_tlv(b"\x04\x82\x00\x02ab").unwrap().0.canonical);
    }

    #[test]
    fn stops_at_what_does_not_fit() {
        for bytes in [&b""[..], b"\x30", b"\x30\x05ab", b"\x30\x80", b"\x30\x85\0\0\0\0\0", b"\x1f\x01a"] {
            assert!(read_tlv(bytes).is_none());
        }
        assert_eq!(children(b"\x05\x00\x05\x00\x05").count(), 2);
    }
}
