//! Certificate revocation lists (RFC 5280 section 5).
//!
//! A list can hold a million entries, so they are not made into values: they are looked through.

use bytes::Bytes;
use rustls_pki_types::CertificateRevocationListDer;
use rustls_pki_types::pem::PemObject as _;

use super::algorithm::Algorithm;
use super::der::{SEQUENCE, Tlv, children, read_tlv};
use super::extensions::{AuthorityKeyId, Extension, full_names, read_authority_key_id, read_extension};
use super::name::Name;
use super::oids;
use super::time::read_time;
use crate::model::Timestamp;

/// A list of revoked certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crl {
    /// The signed part, DER with its tag.
    pub signed: Bytes,
    /// 1 or 2.
    pub version: u8,
    /// The algorithm inside the signed part.
    pub inner_algorithm: Algorithm,
    /// The algorithm beside the signature.
    pub outer_algorithm: Algorithm,
    /// The signature.
    pub signature: Bytes,
    /// Who made it.
    pub issuer: Name,
    /// When.
    pub this_update: Timestamp,
    /// When the next one comes.
    pub next_update: Option<Timestamp>,
    /// Its extensions.
    pub extensions: Vec<Extension>,
    /// The contents of revokedCertificates.
    entries: Bytes,
}

/// What a list says of one certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrlEntry {
    /// When it was revoked.
    pub at: Timestamp,
    /// The number of the reason (RFC 5280 section 5.3.1).
    pub reason: Option<u8>,
    /// A critical extension of the entry that nobody knows, dotted.
    pub unknown_critical: Option<String>,
}

/// What a list is about (RFC 5280 section 5.2.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // the fields of the extension
pub struct IssuingDistributionPoint {
    /// The names of the distribution point, each a GeneralName in DER; none when it is not named.
    pub names: Vec<Bytes>,
    /// onlyContainsUserCerts.
    pub only_user: bool,
    /// onlyContainsCACerts.
    pub only_ca: bool,
    /// onlySomeReasons is present.
    pub only_some_reasons: bool,
    /// indirectCRL.
    pub indirect: bool,
    /// onlyContainsAttributeCerts.
    pub only_attribute: bool,
}

impl Crl {
    /// Reads the lists in `bytes`: PEM with any number of them, or one in DER.
    pub fn read_all(bytes: &[u8]) -> Vec<Bytes> {
        let from_pem: Vec<Bytes> = CertificateRevocationListDer::pem_slice_iter(bytes)
            .filter_map(Result::ok)
            .map(|der| Bytes::from(der.to_vec()))
            .collect();
        let is_der = || read_tlv(bytes).is_some_and(|(tlv, _)| tlv.tag == SEQUENCE);
        if from_pem.is_empty() && is_der() { vec![Bytes::copy_from_slice(bytes)] } else { from_pem }
    }

    /// Reads a list; `None` when it is not one.
    pub fn read(der: &Bytes) -> Option<Self> {
        let (outer, _) = read_tlv(der).filter(|(tlv, _)| tlv.tag == SEQUENCE)?;
        let mut fields = children(outer.content);
        let tbs = fields.next().filter(|tlv| tlv.tag == SEQUENCE)?;
        let outer_algorithm = Algorithm::read(der, &fields.next()?)?;
        let signature = der.slice_ref(fields.next().filter(|tlv| tlv.tag == 3)?.content.get(1..)?);
        let mut parts = children(tbs.content).peekable();
        let version = parts.next_if(|tlv| tlv.tag == 2).and_then(|tlv| tlv.content.last()?.checked_add(1));
        let inner_algorithm = Algorithm::read(der, &parts.next()?)?;
        let issuer = Name::read(&der.slice_ref(parts.next()?.raw))?;
        let (this_update, _) = read_time(&parts.next()?)?;
        let next_update = parts.next_if(is_time).and_then(|tlv| read_time(&tlv)).map(|(time, _)| time);
        let entries = parts.next_if(|tlv| tlv.tag == SEQUENCE).map(|tlv| der.slice_ref(tlv.content));
        let extensions = match parts.next_if(|tlv| tlv.tag == 0xa0) {
            Some(tlv) => read_extensions(der, &tlv)?,
            None => Vec::new(),
        };
        Some(Self {
            signed: der.slice_ref(tbs.raw),
            version: version.unwrap_or(1),
            inner_algorithm,
            outer_algorithm,
            signature,
            issuer,
            this_update,
            next_update,
            extensions,
            entries: entries.unwrap_or_default(),
        })
    }

    /// The extension of that type.
    pub fn extension(&self, oid: &str) -> Option<&Extension> {
        self.extensions.iter().find(|extension| extension.oid == oid)
    }

    /// What the list is about; everything of its issuer when it does not say.
    pub fn scope(&self) -> Option<IssuingDistributionPoint> {
        match self.extension(oids::EXT_ISSUING_DISTRIBUTION_POINT) {
            Some(extension) => read_scope(&extension.value),
            None => Some(IssuingDistributionPoint::default()),
        }
    }

    /// The key that signed it, where it says so.
    pub fn authority_key_id(&self) -> Option<AuthorityKeyId> {
        read_authority_key_id(&self.extension(oids::EXT_AUTHORITY_KEY_ID)?.value)
    }

    /// The size of the part with the entries, in bytes.
    pub fn entries_len(&self) -> usize {
        self.entries.len()
    }

    /// The entry of the certificate with that serial number and issuer. In an indirect list each
    /// entry has the issuer of the one before it, unless it names another.
    ///
    /// # Errors
    /// [`Unreadable`] when the list cannot be read to its end, or the entry cannot: nothing follows
    /// from such a list.
    pub fn find(&self, serial: &[u8], issuer: &Name) -> Result<Option<CrlEntry>, Unreadable> {
        let mut of_issuer = self.issuer.matches(issuer);
        let mut read = 0;
        for entry in children(&self.entries) {
            read += entry.raw.len();
            let mut fields = children(entry.content);
            let is_meant = fields.next().is_some_and(|tlv| tlv.content == serial);
            let date = fields.next();
            let extensions = fields.next();
            if !is_meant && extensions.is_none() {
                continue;
            }
            let extensions: Vec<Extension> = extensions
                .into_iter()
                .flat_map(|list| children(list.content))
                .filter_map(|tlv| read_extension(&self.entries, tlv.content))
                .collect();
            if let Some(named) = certificate_issuer(&extensions) {
                of_issuer = named.matches(issuer);
            }
            if is_meant && of_issuer {
                let (at, _) = date.and_then(|tlv| read_time(&tlv)).ok_or(Unreadable)?;
                return Ok(Some(read_entry(at, &extensions)));
            }
        }
        if read == self.entries.len() { Ok(None) } else { Err(Unreadable) }
    }
}

/// A list that cannot be read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

fn is_time(tlv: &Tlv<'_>) -> bool {
    matches!(tlv.tag, 0x17 | 0x18)
}

fn read_extensions(der: &Bytes, wrapped: &Tlv<'_>) -> Option<Vec<Extension>> {
    let (list, _) = read_tlv(wrapped.content).filter(|(tlv, _)| tlv.tag == SEQUENCE)?;
    children(list.content).map(|tlv| read_extension(der, tlv.content)).collect()
}

fn read_entry(at: Timestamp, extensions: &[Extension]) -> CrlEntry {
    const KNOWN: [&str; 3] = [oids::CRL_REASON, oids::CRL_INVALIDITY_DATE, oids::CRL_CERTIFICATE_ISSUER];
    let reason = extensions.iter().find(|extension| extension.oid == oids::CRL_REASON);
    let unknown = extensions.iter().find(|extension| extension.critical && !KNOWN.contains(&extension.oid.as_str()));
    CrlEntry {
        at,
        reason: reason.and_then(|extension| extension.value.last().copied()),
        unknown_critical: unknown.map(|extension| extension.oid.clone()),
    }
}

/// The directory name of a certificateIssuer extension.
fn certificate_issuer(extensions: &[Extension]) -> Option<Name> {
    let extension = extensions.iter().find(|extension| extension.oid == oids::CRL_CERTIFICATE_ISSUER)?;
    let (names, _) = read_tlv(&extension.value)?;
    let directory = children(names.content).find(|tlv| tlv.tag == 0xa4)?;
    Name::read(&extension.value.slice_ref(directory.content))
}

fn read_scope(value: &[u8]) -> Option<IssuingDistributionPoint> {
    let (sequence, _) = read_tlv(value).filter(|(tlv, _)| tlv.tag == SEQUENCE)?;
    let mut scope = IssuingDistributionPoint::default();
    for field in children(sequence.content) {
        let is_set = field.content.first().is_some_and(|byte| *byte != 0);
        match field.tag {
            // A name relative to the issuer's is not compared here.
            0xa0 if children(field.content).any(|name| name.tag == 0xa1) => return None,
            0xa0 => scope.names.extend(full_names(field.content).map(Bytes::copy_from_slice)),
            0x81 => scope.only_user = is_set,
            0x82 => scope.only_ca = is_set,
            0x83 => scope.only_some_reasons = true,
            0x84 => scope.indirect = is_set,
            0x85 => scope.only_attribute = is_set,
            _ => {}
        }
    }
    Some(scope)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `openssl ca -gencrl` with serial 1001 revoked for keyCompromise and 1002 without a reason.
    const CRL: &[u8] = include_bytes!("../../certs/fixtures/ocsp/crl.pem");

    fn crl() -> Crl {
        Crl::read(&Crl::read_all(CRL)[0]).unwrap()
    }

    #[test]
    fn reads_what_openssl_makes() {
        let crl = crl();
        assert_eq!(crl.version, 2);
        assert!(crl.next_update.is_some_and(|next| next > crl.this_update));
        assert!(crl.extension(oids::EXT_CRL_NUMBER).is_some_and(|number| !number.critical));
        let entry = crl.find(&[0x10, 0x01], &crl.issuer).unwrap().unwrap();
        assert_eq!((entry.reason, entry.unknown_critical), (Some(1), None));
        assert_eq!(crl.find(&[0x10, 0x02], &crl.issuer).unwrap().unwrap().reason, None);
        assert_eq!(crl.find(&[0x10, 0x03], &crl.issuer), Ok(None));
        assert_eq!(crl.scope(), Some(IssuingDistributionPoint::default()));
        let other = Name::read(&Bytes::from_static(b"\x30\x00")).unwrap();
        assert_eq!(crl.find(&[0x10, 0x01], &other), Ok(None), "the same serial number of another issuer");
    }

    #[test]
    fn a_list_with_a_spoilt_entry_says_nothing() {
        let crl = crl();
        let spoilt = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut entries = crl.entries.to_vec();
            change(&mut entries);
            Crl { entries: entries.into(), ..crl.clone() }.find(&[0x10, 0x01], &crl.issuer)
        };
        // The date of the first entry, then the length of the last.
        assert_eq!(spoilt(&|entries| entries[6] = 0x0c), Err(Unreadable));
        assert_eq!(spoilt(&|entries| entries.truncate(entries.len() - 1)).unwrap().unwrap().reason, Some(1));
        let cut = Crl { entries: crl.entries.slice(..crl.entries.len() - 1), ..crl.clone() };
        assert_eq!(cut.find(&[0x10, 0x03], &crl.issuer), Err(Unreadable));
    }

    #[test]
    fn no_prefix_is_a_list() {
        let der = Crl::read_all(CRL).remove(0);
        for end in 0..der.len() {
            assert_eq!(Crl::read(&der.slice(..end)), None, "{end}");
        }
        assert_eq!(Crl::read_all(b"<html>"), Vec::<Bytes>::new());
        assert_eq!(Crl::read_all(&der), std::slice::from_ref(&der));
    }
}
