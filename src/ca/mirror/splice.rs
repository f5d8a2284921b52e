//! Another key, another issuer and another signature in the place of a certificate's own, and every other byte as it was.

use crate::ca::forge::der::{bit_string, octet_string, sequence, tlv};
use crate::x509::{Cert, Tlv, children, oids, read_tlv};

/// What is put in the place of a certificate's own parts, each in DER unless it says otherwise.
#[derive(Debug)]
pub(super) struct Change {
    /// The contents of the serial number.
    pub(super) serial: Vec<u8>,
    /// The signature algorithm inside the signed part.
    pub(super) algorithm: Vec<u8>,
    pub(super) issuer: Vec<u8>,
    pub(super) subject: Vec<u8>,
    /// The SubjectPublicKeyInfo.
    pub(super) key: Vec<u8>,
    /// The contents of subjectKeyIdentifier, where there is one.
    pub(super) subject_key_id: Vec<u8>,
    /// The value of authorityKeyIdentifier, where there is one.
    pub(super) authority_key_id: Vec<u8>,
}

/// The fields of a signed part by their places, whatever they hold.
struct Fields<'a> {
    version: Option<Tlv<'a>>,
    serial: Option<Tlv<'a>>,
    /// Signature algorithm, issuer, validity, subject, key.
    named: [Tlv<'a>; 5],
    behind: Vec<Tlv<'a>>,
}

impl<'a> Fields<'a> {
    fn of(tbs: &Tlv<'a>) -> Option<Self> {
        let mut fields = children(tbs.content).peekable();
        let version = fields.next_if(|tlv| tlv.tag == 0xa0);
        let serial = fields.next_if(|tlv| tlv.tag == 2);
        let named = [fields.next()?, fields.next()?, fields.next()?, fields.next()?, fields.next()?];
        Some(Self { version, serial, named, behind: fields.collect() })
    }
}

/// The signature algorithm inside the signed part, in DER.
pub(super) fn inner_algorithm(cert: &Cert) -> Option<Vec<u8>> {
    let (tbs, _) = read_tlv(cert.tbs.as_ref()?)?;
    let [algorithm, ..] = Fields::of(&tbs)?.named;
    Some(algorithm.raw.to_vec())
}

/// The signed part with that changed; what cannot be read stays. `None` when its structure cannot be told.
pub(super) fn signed_part(cert: &Cert, change: &Change) -> Option<Vec<u8>> {
    cert.key.as_ref()?;
    let (tbs, _) = read_tlv(cert.tbs.as_ref()?)?;
    let fields = Fields::of(&tbs)?;
    let [_, issuer, validity, subject, _] = fields.named;
    let name = |own: &Tlv<'_>, is_read: bool, new: &[u8]| if is_read { new.to_vec() } else { own.raw.to_vec() };
    let mut parts: Vec<Vec<u8>> = fields.version.iter().map(|tlv| tlv.raw.to_vec()).collect();
    parts.extend(fields.serial.map(|tlv| rewrapped(&tlv, &change.serial)));
    parts.push(change.algorithm.clone());
    parts.push(name(&issuer, cert.issuer.is_some(), &change.issuer));
    parts.push(validity.raw.to_vec());
    parts.push(name(&subject, cert.subject.is_some(), &change.subject));
    parts.push(change.key.clone());
    parts.extend(fields.behind.iter().filter_map(|field| match field.tag {
        0xa3 => extensions(field, cert, change),
        _ => Some(field.raw.to_vec()),
    }));
    parts.push(behind(tbs.content).to_vec());
    Some(rewrapped(&tbs, &parts.concat()))
}

/// The whole certificate around a signed part.
pub(super) fn whole(cert: &Cert, tbs: Vec<u8>, algorithm: Vec<u8>, signature: &[u8]) -> Option<Vec<u8>> {
    let (outer, trailing) = read_tlv(&cert.der.der)?;
    let mut fields = children(outer.content).skip(2);
    let mut parts = vec![tbs, algorithm];
    parts.extend(fields.next().map(|_| bit_string(signature)));
    parts.extend(fields.map(|field| field.raw.to_vec()));
    Some([rewrapped(&outer, &parts.concat()), trailing.to_vec()].concat())
}

/// `[3] EXPLICIT SEQUENCE OF Extension`; absent when nothing is left of it.
fn extensions(field: &Tlv<'_>, cert: &Cert, change: &Change) -> Option<Vec<u8>> {
    let Some((list, rest)) = read_tlv(field.content) else { return Some(field.raw.to_vec()) };
    // Promises of logs are about the server's certificate; an empty list of them is a defect of its own.
    let has_promises = cert.extensions.scts.as_ref().is_some_and(|scts| !scts.is_empty());
    let kept: Vec<Vec<u8>> = children(list.content)
        .filter_map(|item| {
            let value = match kind_of(&item).as_deref() {
                Some(oids::EXT_SCT_LIST) if has_promises => return None,
                Some(oids::EXT_SUBJECT_KEY_ID) if cert.extensions.subject_key_id.is_some() => {
                    octet_string(&change.subject_key_id)
                }
                Some(oids::EXT_AUTHORITY_KEY_ID) if cert.extensions.authority_key_id.is_some() => {
                    change.authority_key_id.clone()
                }
                _ => return Some(item.raw.to_vec()),
            };
            Some(with_value(&item, &value))
        })
        .collect();
    let is_emptied = kept.is_empty() && !list.content.is_empty();
    let content = [&kept.concat(), behind(list.content)].concat();
    let list = [rewrapped(&list, &content), rest.to_vec()].concat();
    (!is_emptied).then(|| rewrapped(field, &list))
}

fn kind_of(extension: &Tlv<'_>) -> Option<String> {
    oids::dotted(children(extension.content).next()?.content)
}

/// The extension with another value in its OCTET STRING.
fn with_value(extension: &Tlv<'_>, value: &[u8]) -> Vec<u8> {
    let parts = children(extension.content).map(|part| match part.tag {
        4 => rewrapped(&part, value),
        _ => part.raw.to_vec(),
    });
    rewrapped(extension, &parts.collect::<Vec<_>>().concat())
}

/// What stands behind the last element that can be read.
fn behind(content: &[u8]) -> &[u8] {
    let read: usize = children(content).map(|tlv| tlv.raw.len()).sum();
    content.get(read..).unwrap_or_default()
}

/// Other contents in an element, its length in the form that it had: one that only BER allows stays one.
fn rewrapped(element: &Tlv<'_>, content: &[u8]) -> Vec<u8> {
    let digits = element.raw.len().saturating_sub(element.content.len() + 2);
    let length = content.len().to_be_bytes();
    match length.split_at_checked(length.len().saturating_sub(digits)) {
        Some((left_out, kept)) if !element.canonical && digits > 0 && left_out.iter().all(|byte| *byte == 0) => {
            [&[element.tag, 0x80 | digits as u8], kept, content].concat()
        }
        _ => tlv(element.tag, content),
    }
}

/// authorityKeyIdentifier that names another key and, where it names one, another certificate (RFC 5280 section
/// 4.2.1.1). `None` leaves a part as it is.
pub(super) fn authority_key_id(
    value: &[u8],
    key_id: Option<&[u8]>,
    issuer: Option<&[u8]>,
    serial: Option<&[u8]>,
) -> Option<Vec<u8>> {
    let (own, _) = read_tlv(value)?;
    let parts = children(own.content).map(|part| match (part.tag, key_id, issuer, serial) {
        (0x80, Some(key_id), ..) => rewrapped(&part, key_id),
        (0xa1, _, Some(issuer), _) => rewrapped(&part, &tlv(0xa4, issuer)),
        (0x82, .., Some(serial)) => rewrapped(&part, serial),
        _ => part.raw.to_vec(),
    });
    Some(rewrapped(&own, &parts.collect::<Vec<_>>().concat()))
}

/// The AlgorithmIdentifier of a key's SubjectPublicKeyInfo around other bits.
pub(super) fn key_in_the_manner_of(spki: &[u8], key: &[u8]) -> Option<Vec<u8>> {
    let first = |spki: &[u8], at: usize| Some(children(read_tlv(spki)?.0.content).nth(at)?.raw.to_vec());
    Some(sequence(&[first(spki, 0)?, first(key, 1)?]))
}
