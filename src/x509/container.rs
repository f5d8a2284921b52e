//! Certificates in the wrappings they are handed around in: PEM, DER, PKCS#7.

use bytes::Bytes;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use super::der::{SEQUENCE, children, read_tlv};
use super::oids;
use crate::model::CertDer;

/// pkcs7-signedData (RFC 5652 section 5.1).
const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";

/// Every certificate in `bytes`, in their order; none when they hold none.
pub fn read_certificates(bytes: &[u8]) -> Vec<CertDer> {
    if let Some(wrapped) = pem_block(bytes, "PKCS7").or_else(|| pem_block(bytes, "CMS")) {
        return read_signed_data(&wrapped).unwrap_or_default();
    }
    let from_pem: Vec<CertDer> =
        CertificateDer::pem_slice_iter(bytes).filter_map(Result::ok).map(|der| CertDer::new(der.to_vec())).collect();
    if !from_pem.is_empty() {
        return from_pem;
    }
    read_signed_data(bytes).or_else(|| read_der(bytes)).unwrap_or_default()
}

/// RFC 7468: base64 in lines of 64.
pub fn pem(der: &[u8]) -> String {
    use base64::Engine as _;
    let body = base64::engine::general_purpose::STANDARD.encode(der);
    let mut out = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in body.as_bytes().chunks(64) {
        out.push_str(&String::from_utf8_lossy(line));
        out.push('\n');
    }
    out.push_str("-----END CERTIFICATE-----\n");
    out
}

/// A certificate on its own: a SEQUENCE that begins with a SEQUENCE.
fn read_der(bytes: &[u8]) -> Option<Vec<CertDer>> {
    let (outer, _) = read_tlv(bytes).filter(|(tlv, _)| tlv.tag == SEQUENCE)?;
    read_tlv(outer.content).filter(|(tlv, _)| tlv.tag == SEQUENCE)?;
    Some(vec![CertDer::new(outer.raw.to_vec())])
}

/// The certificates of a "certs-only" message.
fn read_signed_data(bytes: &[u8]) -> Option<Vec<CertDer>> {
    let (outer, _) = read_tlv(bytes).filter(|(tlv, _)| tlv.tag == SEQUENCE)?;
    let mut fields = children(outer.content);
    (oids::dotted(fields.next().filter(|oid| oid.tag == 6)?.content)? == SIGNED_DATA).then_some(())?;
    let (signed, _) = read_tlv(fields.next()?.content)?;
    let certificates = children(signed.content).find(|tlv| tlv.tag == 0xa0)?;
    let is_certificate = |tlv: &super::der::Tlv<'_>| tlv.tag == SEQUENCE;
    Some(children(certificates.content).filter(is_certificate).map(|tlv| CertDer::new(tlv.raw.to_vec())).collect())
}

/// The contents of the first PEM block of that label.
fn pem_block(bytes: &[u8], label: &str) -> Option<Bytes> {
    use base64::Engine as _;
    let text = str::from_utf8(bytes).ok()?;
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = rest.split_once("-----END")?;
    let joined: String = body.split_whitespace().collect();
    base64::engine::general_purpose::STANDARD.decode(joined).ok().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEM: &str = include_str!("../../certs/fixtures/algorithms/rsa2048-sha256.pem");
    /// `openssl crl2pkcs7 -nocrl -certfile rsa2048-sha256.pem -certfile ed25519.pem`
    const PKCS7: &str = include_str!("../../certs/fixtures/two.p7b");

    #[test]
    fn unwraps_every_form() {
        let one = read_certificates(PEM.as_bytes());
        assert_eq!(one.len(), 1);
        assert_eq!(read_certificates(&one[0].der), one);
        assert_eq!(pem(&one[0].der), PEM);
        assert_eq!(read_certificates(format!("subject=x\n{PEM}\n{PEM}").as_bytes()).len(), 2);
        let two = read_certificates(PKCS7.as_bytes());
        assert_eq!(two.len(), 2);
        assert!(two.contains(&one[0]));
        let der = pem_block(PKCS7.as_bytes(), "PKCS7").unwrap();
        assert_eq!(read_certificates(&der), two);
    }

    #[test]
    fn finds_none_where_there_is_none() {
        for bytes in [&b""[..], b"<html>", b"\x30\x03\x02\x01\x01", b"-----BEGIN CERTIFICATE-----\nx"] {
            assert_eq!(read_certificates(bytes), []);
        }
    }
}
