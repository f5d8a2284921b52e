//! OCSP (RFC 6960): writing a request, reading a response.

use bytes::Bytes;

use super::algorithm::Algorithm;
use super::der::{OCTET_STRING, SEQUENCE, Tlv, children, read_tlv};
use super::extensions::{Extension, read_extension};
use super::name::Name;
use super::oids;
use super::sct::{Sct, read_sct_list};
use super::time::read_time;
use super::write::{integer, octet_string, oid, sequence, tlv};
use crate::model::{CertDer, Timestamp};

const ENUMERATED: u8 = 10;

/// What a responder answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OcspResponse {
    /// responseStatus: 0 when there is an answer.
    pub status: u8,
    /// The answer.
    pub basic: Option<BasicOcsp>,
}

/// A BasicOCSPResponse (RFC 6960 section 4.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BasicOcsp {
    /// The signed part, DER with its tag.
    pub signed: Bytes,
    /// What it is signed with.
    pub algorithm: Algorithm,
    /// The signature.
    pub signature: Bytes,
    /// Certificates that came along: the delegate's, if there is one.
    pub certificates: Vec<CertDer>,
    /// Who signed.
    pub responder: Responder,
    /// When.
    pub produced_at: Timestamp,
    /// What is said of each certificate that was asked about.
    pub answers: Vec<CertStatus>,
}

/// How a responder names itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Responder {
    /// By its subject.
    Name(Name),
    /// By the SHA-1 of its key.
    KeyHash(Bytes),
}

/// Which certificate is meant (RFC 6960 section 4.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertId {
    /// The hash algorithm, dotted.
    pub hash: String,
    /// The hash of the issuer's name.
    pub issuer_name_hash: Bytes,
    /// The hash of the issuer's key.
    pub issuer_key_hash: Bytes,
    /// The contents of the serial number's INTEGER.
    pub serial: Bytes,
}

/// Whether a certificate was revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RevocationStatus {
    /// It was not.
    Good,
    /// It was.
    Revoked {
        /// When.
        at: Timestamp,
        /// The number of the reason (RFC 5280 section 5.3.1).
        reason: Option<u8>,
    },
    /// The responder does not know it.
    Unknown,
}

/// One SingleResponse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertStatus {
    /// Which certificate.
    pub id: CertId,
    /// What about it.
    pub status: RevocationStatus,
    /// From when this is known.
    pub this_update: Timestamp,
    /// Until when it may be relied on.
    pub next_update: Option<Timestamp>,
    /// Timestamps of Certificate Transparency (RFC 6962 section 3.3); `None` when the extension is absent.
    pub scts: Option<Vec<Sct>>,
}

/// The name of a revocation reason (RFC 5280 section 5.3.1).
pub fn reason_name(reason: u8) -> &'static str {
    match reason {
        0 => "unspecified",
        1 => "keyCompromise",
        2 => "cACompromise",
        3 => "affiliationChanged",
        4 => "superseded",
        5 => "cessationOfOperation",
        6 => "certificateHold",
        8 => "removeFromCRL",
        9 => "privilegeWithdrawn",
        10 => "aACompromise",
        _ => "not defined",
    }
}

/// A request about one certificate, without a nonce, so that it can be answered from a cache.
pub fn write_ocsp_request(id: &CertId) -> Vec<u8> {
    let algorithm = sequence(&[oid(&id.hash), tlv(5, &[])]);
    let cert_id = sequence(&[
        algorithm,
        octet_string(&id.issuer_name_hash),
        octet_string(&id.issuer_key_hash),
        tlv(2, &id.serial),
    ]);
    let request = sequence(&[cert_id]);
    sequence(&[sequence(&[sequence(&[request])])])
}

impl OcspResponse {
    /// Reads a response; `None` when it is not one.
    pub fn read(der: &Bytes) -> Option<Self> {
        let (outer, _) = read_tlv(der).filter(|(tlv, _)| tlv.tag == SEQUENCE)?;
        let mut fields = children(outer.content);
        let status = *fields.next().filter(|tlv| tlv.tag == ENUMERATED)?.content.last()?;
        let basic = match fields.next() {
            Some(bytes) => Some(BasicOcsp::read(der, &bytes)?),
            None => None,
        };
        (status != 0 || basic.is_some()).then_some(Self { status, basic })
    }

    /// The name of a responseStatus.
    pub fn status_name(&self) -> &'static str {
        match self.status {
            0 => "successful",
            1 => "malformedRequest",
            2 => "internalError",
            3 => "tryLater",
            5 => "sigRequired",
            6 => "unauthorized",
            _ => "not defined",
        }
    }
}

impl BasicOcsp {
    /// Reads `[0] { responseType, OCTET STRING }`.
    fn read(der: &Bytes, wrapped: &Tlv<'_>) -> Option<Self> {
        let (bytes, _) = read_tlv(wrapped.content).filter(|(tlv, _)| tlv.tag == SEQUENCE)?;
        let mut fields = children(bytes.content);
        (oids::dotted(fields.next()?.content)? == oids::OCSP_BASIC).then_some(())?;
        let (basic, _) = read_tlv(fields.next().filter(|tlv| tlv.tag == OCTET_STRING)?.content)?;
        let mut fields = children(basic.content);
        let data = fields.next().filter(|tlv| tlv.tag == SEQUENCE)?;
        let algorithm = Algorithm::read(der, &fields.next()?)?;
        let signature = fields.next().filter(|tlv| tlv.tag == 3)?.content.get(1..)?;
        let certificates = fields.next().map(|tlv| read_delegates(&tlv)).unwrap_or_default();
        let mut parts = children(data.content).peekable();
        let _version = parts.next_if(|tlv| tlv.tag == 0xa0);
        let responder = read_responder(der, &parts.next()?)?;
        let (produced_at, _) = read_time(&parts.next()?)?;
        let answers = children(parts.next()?.content).map(|tlv| read_answer(der, &tlv)).collect::<Option<_>>()?;
        let (signed, signature) = (der.slice_ref(data.raw), der.slice_ref(signature));
        Some(Self { signed, algorithm, signature, certificates, responder, produced_at, answers })
    }
}

/// `certs [0] SEQUENCE OF Certificate`.
fn read_delegates(tlv: &Tlv<'_>) -> Vec<CertDer> {
    let list = read_tlv(tlv.content).map(|(list, _)| list.content).unwrap_or_default();
    children(list).map(|tlv| CertDer::new(tlv.raw.to_vec())).collect()
}

fn read_responder(der: &Bytes, tlv: &Tlv<'_>) -> Option<Responder> {
    let (inner, _) = read_tlv(tlv.content)?;
    match tlv.tag {
        0xa1 => Name::read(&der.slice_ref(inner.raw)).map(Responder::Name),
        0xa2 => Some(Responder::KeyHash(der.slice_ref(inner.content))),
        _ => None,
    }
}

fn read_answer(der: &Bytes, tlv: &Tlv<'_>) -> Option<CertStatus> {
    let mut fields = children(tlv.content);
    let id = read_cert_id(der, &fields.next()?)?;
    let status = read_status(&fields.next()?)?;
    let (this_update, _) = read_time(&fields.next()?)?;
    let (mut next_update, mut scts) = (None, None);
    for field in fields {
        let (inner, _) = read_tlv(field.content)?;
        match field.tag {
            0xa0 => next_update = Some(read_time(&inner)?.0),
            0xa1 => scts = find_scts(der, inner.content),
            _ => {}
        }
    }
    Some(CertStatus { id, status, this_update, next_update, scts })
}

fn read_cert_id(der: &Bytes, tlv: &Tlv<'_>) -> Option<CertId> {
    let mut fields = children(tlv.content);
    let hash = Algorithm::read(der, &fields.next()?)?.oid;
    let mut octets = || fields.next().map(|tlv| der.slice_ref(tlv.content));
    Some(CertId { hash, issuer_name_hash: octets()?, issuer_key_hash: octets()?, serial: octets()? })
}

fn read_status(tlv: &Tlv<'_>) -> Option<RevocationStatus> {
    match tlv.tag {
        0x80 => Some(RevocationStatus::Good),
        0xa1 => {
            let mut fields = children(tlv.content);
            let (at, _) = read_time(&fields.next()?)?;
            let reason = fields.next().and_then(|tlv| read_tlv(tlv.content)?.0.content.last().copied());
            Some(RevocationStatus::Revoked { at, reason })
        }
        0x82 | 0xa2 => Some(RevocationStatus::Unknown),
        _ => None,
    }
}

fn find_scts(der: &Bytes, extensions: &[u8]) -> Option<Vec<Sct>> {
    let read: Vec<Extension> = children(extensions).filter_map(|tlv| read_extension(der, tlv.content)).collect();
    let list = read.iter().find(|extension| extension.oid == oids::OCSP_SCT_LIST)?;
    let (inner, _) = read_tlv(&list.value).filter(|(tlv, _)| tlv.tag == OCTET_STRING)?;
    read_sct_list(&list.value.slice_ref(inner.content))
}

/// The serial number as an INTEGER has it, for a [`CertId`].
pub fn serial_content(number: &[u8]) -> Bytes {
    let written = integer(number);
    read_tlv(&written).map(|(tlv, _)| Bytes::copy_from_slice(tlv.content)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `openssl ocsp -index index.txt -CA ca.pem -rsigner ca.pem -rkey ca.key -reqin request.der -respout`
    const REVOKED: &[u8] = include_bytes!("../../certs/fixtures/ocsp/revoked.der");

    #[test]
    fn reads_what_openssl_answers() {
        let response = OcspResponse::read(&Bytes::from_static(REVOKED)).unwrap();
        assert_eq!((response.status, response.status_name()), (0, "successful"));
        let basic = response.basic.unwrap();
        let answer = &basic.answers[0];
        assert!(matches!(answer.status, RevocationStatus::Revoked { reason: Some(1), .. }), "{:?}", answer.status);
        assert_eq!(answer.id.hash, oids::SHA1);
        assert_eq!(answer.id.issuer_key_hash.len(), 20);
        assert!(answer.next_update.is_some_and(|next| next > answer.this_update));
        let request = write_ocsp_request(&answer.id);
        assert!(request.windows(answer.id.serial.len()).any(|window| window == answer.id.serial));
    }

    #[test]
    fn no_prefix_is_a_response() {
        for end in 0..REVOKED.len() {
            assert_eq!(OcspResponse::read(&Bytes::from_static(&REVOKED[..end])), None, "{end}");
        }
        // A status other than successful has nothing behind it.
        let later = OcspResponse::read(&Bytes::from_static(b"\x30\x03\x0a\x01\x03")).unwrap();
        assert_eq!((later.status_name(), later.basic), ("tryLater", None));
        assert_eq!(OcspResponse::read(&Bytes::from_static(b"\x30\x03\x0a\x01\x00")), None);
    }
}
