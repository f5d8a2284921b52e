//! One certificate, read as far as it can be.

use bytes::Bytes;

use super::algorithm::Algorithm;
use super::der::{SEQUENCE, Tlv, children, read_tlv};
use super::extensions::Extensions;
use super::general_name::GeneralName;
use super::key::PublicKey;
use super::name::Name;
use super::oids;
use super::time::{TimeFault, read_time};
use super::write::{sequence, tlv};
use crate::model::{CertDer, Timestamp, hex};

/// A fault in how a certificate is encoded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Problem {
    /// A part that every certificate has could not be read.
    Unreadable(&'static str),
    /// A date is written in a form that RFC 5280 forbids.
    Time(&'static str, TimeFault),
}

/// The span of time a certificate says it is good for; both ends are inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Validity {
    /// notBefore.
    pub not_before: Timestamp,
    /// notAfter.
    pub not_after: Timestamp,
}

/// What a certificate says. A part that could not be read is `None`, and [`Cert::problems`] says so.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cert {
    /// The bytes.
    pub der: CertDer,
    /// 1, 2 or 3.
    pub version: Option<u8>,
    /// The contents of the serial number's INTEGER.
    pub serial: Option<Bytes>,
    /// The signature algorithm inside the signed part.
    pub inner_algorithm: Option<Algorithm>,
    /// The signature algorithm beside the signature.
    pub outer_algorithm: Option<Algorithm>,
    /// Who issued it.
    pub issuer: Option<Name>,
    /// When it is good.
    pub validity: Option<Validity>,
    /// Who it is for.
    pub subject: Option<Name>,
    /// Its key.
    pub key: Option<PublicKey>,
    /// issuerUniqueID or subjectUniqueID (RFC 5280 section 4.1.2.8), by name.
    pub unique_ids: Vec<&'static str>,
    /// Its extensions; none when it has none.
    pub extensions: Extensions,
    /// The signed part, DER with its tag.
    pub tbs: Option<Bytes>,
    /// The signature.
    pub signature: Option<Bytes>,
    /// What is wrong with the encoding.
    pub problems: Vec<Problem>,
}

impl Cert {
    /// Reads what can be read. Never fails: bytes that are no certificate make one of which nothing
    /// is known but its fingerprint.
    pub fn read(der: &CertDer) -> Self {
        let mut cert = Self::unknown(der);
        if cert.read_outer(&der.der).is_none() {
            cert.problems.push(Problem::Unreadable("the outer structure"));
        }
        cert
    }

    fn unknown(der: &CertDer) -> Self {
        Self {
            der: der.clone(),
            version: None,
            serial: None,
            inner_algorithm: None,
            outer_algorithm: None,
            issuer: None,
            validity: None,
            subject: None,
            key: None,
            unique_ids: Vec::new(),
            extensions: Extensions::default(),
            tbs: None,
            signature: None,
            problems: Vec::new(),
        }
    }

    fn read_outer(&mut self, der: &Bytes) -> Option<()> {
        let (certificate, trailing) = read_tlv(der).filter(|(tlv, _)| tlv.tag == SEQUENCE)?;
        if !trailing.is_empty() {
            self.problems.push(Problem::Unreadable("bytes behind the certificate"));
        }
        let mut fields = children(certificate.content);
        let tbs = fields.next().filter(|tlv| tlv.tag == SEQUENCE)?;
        self.tbs = Some(der.slice_ref(tbs.raw));
        self.read_tbs(der, &tbs);
        self.outer_algorithm = fields.next().and_then(|tlv| Algorithm::read(der, &tlv));
        self.note("the signature algorithm", self.outer_algorithm.is_some());
        let signature = fields.next().filter(|tlv| tlv.tag == 3).and_then(|bits| bits.content.get(1..));
        self.signature = signature.map(|bits| der.slice_ref(bits));
        self.note("the signature", self.signature.is_some());
        Some(())
    }

    fn read_tbs(&mut self, der: &Bytes, tbs: &Tlv<'_>) {
        let mut fields = children(tbs.content).peekable();
        let version = fields.next_if(|tlv| tlv.tag == 0xa0);
        self.version = version.map_or(Some(1), |tlv| read_tlv(tlv.content)?.0.content.last()?.checked_add(1));
        self.serial = fields.next_if(|tlv| tlv.tag == 2).map(|tlv| der.slice_ref(tlv.content));
        self.inner_algorithm = fields.next().and_then(|tlv| Algorithm::read(der, &tlv));
        self.issuer = fields.next().and_then(|tlv| Name::read(&der.slice_ref(tlv.raw)));
        if let Some(tlv) = fields.next() {
            self.read_validity(&tlv);
        }
        self.subject = fields.next().and_then(|tlv| Name::read(&der.slice_ref(tlv.raw)));
        self.key = fields.next().and_then(|tlv| PublicKey::read_within(der, &tlv));
        let parts = [
            ("the serial number", self.serial.is_some()),
            ("the inner signature algorithm", self.inner_algorithm.is_some()),
            ("the issuer", self.issuer.is_some()),
            ("the validity", self.validity.is_some()),
            ("the subject", self.subject.is_some()),
            ("the public key", self.key.is_some()),
        ];
        for (part, read) in parts {
            self.note(part, read);
        }
        for tlv in fields {
            match tlv.tag {
                0x81 | 0xa1 => self.unique_ids.push("issuerUniqueID"),
                0x82 | 0xa2 => self.unique_ids.push("subjectUniqueID"),
                0xa3 => {
                    let extensions = Extensions::read(der, tlv.content);
                    self.note("the extensions", extensions.is_some());
                    self.extensions = extensions.unwrap_or_default();
                }
                _ => {}
            }
        }
    }

    fn read_validity(&mut self, sequence: &Tlv<'_>) {
        let mut times = children(sequence.content);
        let mut read = |which: &'static str| {
            let (time, fault) = times.next().and_then(|tlv| read_time(&tlv))?;
            self.problems.extend(fault.map(|fault| Problem::Time(which, fault)));
            Some(time)
        };
        let (not_before, not_after) = (read("notBefore"), read("notAfter"));
        self.validity = not_before.zip(not_after).map(|(not_before, not_after)| Validity { not_before, not_after });
    }

    /// The signed part of the precertificate that it was made from: without its embedded timestamps
    /// (RFC 6962 section 3.2).
    pub fn precertificate(&self) -> Option<Vec<u8>> {
        let (tbs, _) = read_tlv(self.tbs.as_ref()?)?;
        let mut parts: Vec<Vec<u8>> = Vec::new();
        for field in children(tbs.content) {
            if field.tag != 0xa3 {
                parts.push(field.raw.to_vec());
                continue;
            }
            let (list, _) = read_tlv(field.content)?;
            let is_timestamps = |extension: &Tlv<'_>| {
                let oid = children(extension.content).next().and_then(|oid| oids::dotted(oid.content));
                oid.as_deref() == Some(oids::EXT_SCT_LIST)
            };
            let kept: Vec<&[u8]> =
                children(list.content).filter(|extension| !is_timestamps(extension)).map(|e| e.raw).collect();
            if !kept.is_empty() {
                parts.push(tlv(0xa3, &sequence(&kept)));
            }
        }
        Some(sequence(&parts))
    }

    fn note(&mut self, part: &'static str, read: bool) {
        if !read {
            self.problems.push(Problem::Unreadable(part));
        }
    }

    /// Its identity.
    pub fn sha256(&self) -> crate::model::Fingerprint {
        self.der.sha256
    }

    /// Whether subject and issuer are the same name.
    pub fn is_self_issued(&self) -> bool {
        matches!((&self.subject, &self.issuer), (Some(subject), Some(issuer)) if subject.matches(issuer))
    }

    /// Whether it says it is a CA.
    pub fn is_ca(&self) -> bool {
        self.extensions.basic_constraints.is_some_and(|bc| bc.ca)
    }

    /// The names of its subjectAltName.
    pub fn san(&self) -> &[GeneralName] {
        self.extensions.san.as_deref().unwrap_or_default()
    }

    /// The serial number in hex.
    pub fn serial_hex(&self) -> String {
        self.serial.as_ref().map(|serial| hex(serial)).unwrap_or_default()
    }

    /// What to call it: its common name, else its first DNS or IP name, else its fingerprint.
    pub fn label(&self) -> String {
        let subject = self.subject.as_ref().filter(|name| !name.is_empty()).map(Name::short);
        let from_san = || self.san().first().map(ToString::to_string);
        subject.or_else(from_san).unwrap_or_else(|| self.der.sha256.short())
    }
}

#[cfg(test)]
mod tests;
