//! Is it DER? A certificate may be readable and still not be in the one encoding that X.690
//! section 10 and 11 allow.

use super::der::{OCTET_STRING, SET, Tlv, children, read_tlv};
use super::oids;

/// A place where the encoding is not DER.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NotDer {
    /// What is wrong.
    pub fault: &'static str,
    /// In which part of the certificate.
    pub at: String,
}

/// More are not listed.
const FAULTS: usize = 8;

/// No part of a certificate is nested deeper.
const DEPTH: usize = 24;

const BOOLEAN: u8 = 1;
const INTEGER: u8 = 2;
const BIT_STRING: u8 = 3;
const OBJECT_IDENTIFIER: u8 = 6;

/// The places where `certificate` is not DER, from its start; the first eight of them.
pub fn not_der(certificate: &[u8]) -> Vec<NotDer> {
    let mut walk = Walk { found: Vec::new(), at: "the certificate".to_owned() };
    let Some((outer, rest)) = read_tlv(certificate) else { return walk.found };
    walk.note(!rest.is_empty(), "bytes behind the end");
    walk.check(&outer, 0);
    if let Some(tbs) = children(outer.content).next() {
        walk.version(&tbs);
        if let Some(list) = children(tbs.content).find(|tlv| tlv.tag == 0xa3) {
            for item in children(list.content).flat_map(|sequence| children(sequence.content)) {
                walk.extension(&item);
            }
        }
    }
    walk.found
}

struct Walk {
    found: Vec<NotDer>,
    at: String,
}

impl Walk {
    fn note(&mut self, is_fault: bool, fault: &'static str) {
        if is_fault && self.found.len() < FAULTS && !self.found.iter().any(|f| f.fault == fault && f.at == self.at) {
            self.found.push(NotDer { fault, at: self.at.clone() });
        }
    }

    /// What holds for every element, whatever it means.
    fn check(&mut self, tlv: &Tlv<'_>, depth: usize) {
        self.note(!tlv.canonical, "a length that is not in its shortest form");
        match (tlv.tag, tlv.content) {
            (BOOLEAN, content) => self.note(!matches!(content, [0 | 0xff]), "a BOOLEAN that is neither 0x00 nor 0xFF"),
            (INTEGER, content) => self.note(is_padded_integer(content), "an INTEGER with needless bytes"),
            (BIT_STRING, content) => self.note(has_stray_bits(content), "a BIT STRING whose unused bits are not zero"),
            (OBJECT_IDENTIFIER, content) => {
                self.note(has_padded_arc(content), "an OBJECT IDENTIFIER with needless bytes");
            }
            _ => {}
        }
        if tlv.tag & 0x20 == 0 || depth > DEPTH {
            return;
        }
        let (mut walked, mut previous) = (0, &[][..]);
        for child in children(tlv.content) {
            walked += child.raw.len();
            self.note(tlv.tag == SET && previous > child.raw, "a SET OF that is not sorted");
            previous = child.raw;
            self.check(&child, depth + 1);
        }
        self.note(walked != tlv.content.len(), "bytes that are no element");
    }

    /// `version [0] DEFAULT v1`.
    fn version(&mut self, tbs: &Tlv<'_>) {
        let first = children(tbs.content).next().filter(|tlv| tlv.tag == 0xa0);
        self.note(first.is_some_and(|tlv| tlv.content == [2, 1, 0]), "a default value that is written out (version)");
    }

    fn extension(&mut self, extension: &Tlv<'_>) {
        let mut fields = children(extension.content);
        let Some(oid) = fields.next().and_then(|tlv| oids::dotted(tlv.content)) else { return };
        let Some(mut value) = fields.next() else { return };
        self.at = format!("the extension {}", oids::display(&oid));
        if value.tag == BOOLEAN {
            self.note(value.content == [0], "a default value that is written out (critical)");
            let Some(next) = fields.next() else { return };
            value = next;
        }
        if value.tag != OCTET_STRING || !has_asn1_inside(&oid) {
            return;
        }
        let Some((inner, rest)) = read_tlv(value.content) else { return };
        self.note(!rest.is_empty(), "bytes behind the end");
        self.check(&inner, 0);
        match oid.as_str() {
            oids::EXT_BASIC_CONSTRAINTS => {
                let first = children(inner.content).next();
                let is_default = first.is_some_and(|tlv| tlv.tag == BOOLEAN && tlv.content == [0]);
                self.note(is_default, "a default value that is written out (cA)");
            }
            oids::EXT_KEY_USAGE => self.note(has_trailing_zeroes(inner.content), "a list of bits that ends in zeroes"),
            _ => {}
        }
    }
}

/// Whether the extension's value is known to be ASN.1.
fn has_asn1_inside(oid: &str) -> bool {
    oids::name(oid).is_some_and(|name| name != "SCT list")
}

fn is_padded_integer(content: &[u8]) -> bool {
    match content {
        [] => true,
        [0, next, ..] => next & 0x80 == 0,
        [0xff, next, ..] => next & 0x80 != 0,
        _ => false,
    }
}

fn has_stray_bits(content: &[u8]) -> bool {
    match content {
        [] => true,
        [0] => false,
        [unused @ 1..=7, .., last] => last & ((1u8 << unused) - 1) != 0,
        [unused, ..] => *unused != 0,
    }
}

/// X.690 section 11.2.2: a list of named bits ends in a one.
fn has_trailing_zeroes(bits: &[u8]) -> bool {
    match bits {
        [unused @ 0..=7, .., last] if bits.len() > 1 => *last == 0 || last.trailing_zeros() != u32::from(*unused),
        _ => false,
    }
}

/// X.690 section 8.19.2: an arc does not begin with 0x80.
fn has_padded_arc(content: &[u8]) -> bool {
    let mut starts_arc = true;
    content.iter().any(|byte| {
        let padded = starts_arc && *byte == 0x80;
        starts_arc = byte & 0x80 == 0;
        padded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_departure_from_der_is_told() {
        let faults = |bytes: &[u8]| not_der(bytes).into_iter().map(|found| found.fault).collect::<Vec<_>>();
        assert_eq!(faults(b"\x30\x03\x02\x01\x05"), [""; 0]);
        for (bytes, fault) in [
            (&b"\x30\x81\x03\x02\x01\x05"[..], "a length that is not in its shortest form"),
            (b"\x30\x03\x01\x01\x01", "a BOOLEAN that is neither 0x00 nor 0xFF"),
            (b"\x30\x04\x02\x02\x00\x05", "an INTEGER with needless bytes"),
            (b"\x30\x04\x02\x02\xff\x85", "an INTEGER with needless bytes"),
            (b"\x30\x02\x02\x00", "an INTEGER with needless bytes"),
            (b"\x30\x04\x03\x02\x01\x01", "a BIT STRING whose unused bits are not zero"),
            (b"\x30\x04\x03\x02\x09\x00", "a BIT STRING whose unused bits are not zero"),
            (b"\x30\x05\x06\x03\x55\x80\x01", "an OBJECT IDENTIFIER with needless bytes"),
            (b"\x31\x06\x02\x01\x05\x02\x01\x04", "a SET OF that is not sorted"),
            (b"\x30\x03\x02\x01\x05\x00", "bytes behind the end"),
            (b"\x30\x04\x02\x01\x05\x05", "bytes that are no element"),
        ] {
            assert_eq!(faults(bytes), [fault], "{bytes:02x?}");
        }
    }

    #[test]
    fn extensions_have_rules_of_their_own() {
        let certificate = |extension: &[u8]| {
            let wrap = |tag: u8, content: &[u8]| [&[tag, content.len() as u8], content].concat();
            let list = wrap(0xa3, &wrap(0x30, &wrap(0x30, extension)));
            wrap(0x30, &wrap(0x30, &list))
        };
        let fault = |extension: &[u8]| not_der(&certificate(extension)).pop().map(|found| (found.fault, found.at));
        let at = |name: &str| format!("the extension {name}");
        let bc = b"\x06\x03\x55\x1d\x13";
        assert_eq!(
            fault(&[&bc[..], b"\x04\x05\x30\x03\x01\x01\x00"].concat()),
            Some(("a default value that is written out (cA)", at("basicConstraints")))
        );
        assert_eq!(
            fault(&[&bc[..], b"\x01\x01\x00\x04\x02\x30\x00"].concat()),
            Some(("a default value that is written out (critical)", at("basicConstraints")))
        );
        let ku = b"\x06\x03\x55\x1d\x0f";
        assert_eq!(
            fault(&[&ku[..], b"\x04\x04\x03\x02\x00\x80"].concat()),
            Some(("a list of bits that ends in zeroes", at("keyUsage")))
        );
        assert_eq!(fault(&[&ku[..], b"\x04\x04\x03\x02\x07\x80"].concat()), None);
        assert_eq!(
            fault(&[&ku[..], b"\x04\x06\x03\x02\x07\x80\x05\x00"].concat()),
            Some(("bytes behind the end", at("keyUsage")))
        );
        // What is not known to be ASN.1 is left alone.
        assert_eq!(fault(b"\x06\x03\x2a\x03\x04\x04\x02\x01\x01"), None);
    }
}
