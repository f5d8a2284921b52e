//! Distinguished names (RFC 5280 section 4.1.2.4).

use std::fmt::Write as _;

use bytes::Bytes;

use super::der::{SEQUENCE, SET, children, read_tlv};
use super::oids;
use crate::text;

/// One attribute of a name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Attribute {
    /// Its type, dotted.
    pub oid: String,
    /// The ASN.1 type of the value: 12 UTF8String, 19 PrintableString and so on.
    pub tag: u8,
    /// Its value as text; bytes that are none as `\xHH`.
    pub value: String,
    /// Which relative distinguished name it belongs to, from 0.
    pub rdn: usize,
}

/// A distinguished name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    /// The DER, for comparing byte by byte.
    pub raw: Bytes,
    /// The attributes in their order.
    pub attributes: Vec<Attribute>,
    /// The form that two equal names share (RFC 5280 section 7.1).
    normal: String,
}

impl Name {
    /// Reads the DER of a name.
    pub fn read(raw: &Bytes) -> Option<Self> {
        let (sequence, rest) = read_tlv(raw)?;
        if sequence.tag != SEQUENCE || !rest.is_empty() {
            return None;
        }
        let mut attributes = Vec::new();
        for (rdn, set) in children(sequence.content).enumerate() {
            if set.tag != SET {
                return None;
            }
            for pair in children(set.content) {
                let mut fields = children(pair.content);
                let (oid, value) = (fields.next()?, fields.next()?);
                attributes.push(Attribute {
                    oid: oids::dotted(oid.content)?,
                    tag: value.tag,
                    value: read_text(value.tag, value.content),
                    rdn,
                });
            }
        }
        let normal = normal_form(&attributes);
        Some(Self { raw: raw.clone(), attributes, normal })
    }

    /// Whether it has no attributes.
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty()
    }

    /// Whether both are the same name, in whatever string types, case and spacing.
    pub fn matches(&self, other: &Self) -> bool {
        self.raw == other.raw || self.normal == other.normal
    }

    /// The form that all matching names share: a key for looking names up.
    pub fn normal(&self) -> &str {
        &self.normal
    }

    /// The values of the attribute type `oid`.
    pub fn values<'a>(&'a self, oid: &'a str) -> impl Iterator<Item = &'a str> {
        self.attributes.iter().filter(move |a| a.oid == oid).map(|a| a.value.as_str())
    }

    /// The last common name, which is the one that counts where names are matched against it.
    pub fn common_name(&self) -> Option<&str> {
        self.values(oids::COMMON_NAME).last()
    }

    /// What to call its bearer in one word: the common name, else the organisation, else all of it.
    pub fn short(&self) -> String {
        let organisation = || self.values(oids::ORGANIZATION).last();
        self.common_name().or_else(organisation).map_or_else(|| self.to_string(), str::to_owned)
    }
}

/// `CN=example.com, O=Example`, in the order encoded.
impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, attribute) in self.attributes.iter().enumerate() {
            let before = if at == 0 { "" } else { ", " };
            write!(f, "{before}{}={}", oids::display(&attribute.oid), attribute.value)?;
        }
        Ok(())
    }
}

/// A string of any of ASN.1's types as text.
fn read_text(tag: u8, content: &[u8]) -> String {
    match tag {
        // BMPString
        0x1e if content.len().is_multiple_of(2) => {
            let units = content.chunks_exact(2).filter_map(|pair| pair.try_into().ok().map(u16::from_be_bytes));
            char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        // UniversalString
        0x1c if content.len().is_multiple_of(4) => content
            .chunks_exact(4)
            .filter_map(|four| four.try_into().ok().map(u32::from_be_bytes))
            .map(|code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect(),
        // TeletexString, in practice Latin-1
        0x14 if str::from_utf8(content).is_err() => content.iter().map(|b| char::from(*b)).collect(),
        _ => text::escape(content).into_owned(),
    }
}

/// Case folded, spaces trimmed and run together; attributes of one RDN in the order of their types.
fn normal_form(attributes: &[Attribute]) -> String {
    let mut keyed: Vec<(usize, &str, String)> = attributes
        .iter()
        .map(|a| (a.rdn, a.oid.as_str(), a.value.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()))
        .collect();
    keyed.sort();
    let mut out = String::new();
    for (rdn, oid, value) in keyed {
        let _ = write!(out, "{rdn}\u{1}{oid}\u{2}{value}\u{3}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(attributes: &[(u8, &[u8])]) -> Name {
        let mut content = Vec::new();
        for (tag, value) in attributes {
            let mut pair = b"\x06\x03\x55\x04\x03".to_vec();
            pair.extend([*tag, value.len() as u8]);
            pair.extend(*value);
            content.extend([0x31, pair.len() as u8 + 2, 0x30, pair.len() as u8]);
            content.extend(pair);
        }
        let mut raw = vec![0x30, content.len() as u8];
        raw.extend(content);
        Name::read(&raw.into()).unwrap()
    }

    #[test]
    fn equal_names_match_in_any_encoding() {
        let printable = name(&[(0x13, b"Example  CA")]);
        let utf8 = name(&[(0x0c, b" example ca ")]);
        assert!(printable.matches(&utf8));
        assert_ne!(printable.raw, utf8.raw);
        assert!(!printable.matches(&name(&[(0x0c, b"exampleca")])));
        assert!(!printable.matches(&name(&[(0x13, b"Example  CA"), (0x13, b"x")])));
    }

    #[test]
    fn values_are_text_in_any_encoding() {
        assert_eq!(name(&[(0x1e, b"\0a\xd8\x3d\xde\x00")]).common_name(), Some("a😀"));
        assert_eq!(name(&[(0x14, b"\xfc")]).common_name(), Some("ü"));
        assert_eq!(name(&[(0x0c, b"\xff")]).common_name(), Some("\\xff"));
        assert_eq!(name(&[(0x0c, b"a"), (0x0c, b"b")]).common_name(), Some("b"));
        assert_eq!(name(&[(0x0c, b"a")]).to_string(), "CN=a");
        assert!(name(&[]).is_empty());
    }
}
