//! Extensions (RFC 5280 section 4.2), read with x509-parser.

use bytes::Bytes;
use x509_parser::extensions as theirs;
use x509_parser::extensions::DistributionPointName;
use x509_parser::prelude::FromDer;

use super::der::{OCTET_STRING, SEQUENCE, children, read_tlv};
use super::general_name::{GeneralName, read_general_name};
use super::name::Name;
use super::oids;
use super::sct::{Sct, read_sct_list};
use super::usage::{BasicConstraints, ExtendedKeyUsage, KeyUsage};

/// One extension as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Extension {
    /// Its type, dotted.
    pub oid: String,
    /// Whether it must be understood.
    pub critical: bool,
    /// The contents of its OCTET STRING.
    pub value: Bytes,
}

/// authorityKeyIdentifier.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct AuthorityKeyId {
    /// keyIdentifier.
    pub key_id: Option<Bytes>,
    /// authorityCertSerialNumber.
    pub serial: Option<Bytes>,
    /// Whether there is an authorityCertIssuer.
    pub has_issuer: bool,
}

/// nameConstraints (RFC 5280 section 4.2.1.10).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct NameConstraints {
    /// permittedSubtrees; `None` when absent.
    pub permitted: Option<Vec<GeneralName>>,
    /// excludedSubtrees; `None` when absent.
    pub excluded: Option<Vec<GeneralName>>,
    /// Whether the extension is critical.
    pub critical: bool,
}

/// certificatePolicies and what modifies them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Policies {
    /// The policies asserted; `None` when the extension is absent.
    pub asserted: Option<Vec<String>>,
    /// Whether one of them has qualifiers.
    pub has_qualifiers: bool,
    /// policyMappings, from the issuer's to the subject's domain.
    pub mappings: Vec<(String, String)>,
    /// policyConstraints.
    pub constraints: PolicyConstraints,
    /// inhibitAnyPolicy.
    pub inhibit_any: Option<u32>,
}

/// policyConstraints: after how many certificates each takes effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PolicyConstraints {
    /// requireExplicitPolicy.
    pub require_explicit: Option<u32>,
    /// inhibitPolicyMapping.
    pub inhibit_mapping: Option<u32>,
}

/// A URL of authorityInfoAccess or cRLDistributionPoints.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AccessUrl {
    /// Where an issuer's certificate is.
    CaIssuers(String),
    /// Where an OCSP responder is.
    Ocsp(String),
    /// Where a CRL is.
    Crl(String),
}

/// The extensions of one certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Extensions {
    /// All of them, in their order.
    pub all: Vec<Extension>,
    /// subjectAltName.
    pub san: Option<Vec<GeneralName>>,
    /// keyUsage.
    pub key_usage: Option<KeyUsage>,
    /// extKeyUsage.
    pub extended_key_usage: Option<ExtendedKeyUsage>,
    /// basicConstraints.
    pub basic_constraints: Option<BasicConstraints>,
    /// subjectKeyIdentifier.
    pub subject_key_id: Option<Bytes>,
    /// authorityKeyIdentifier.
    pub authority_key_id: Option<AuthorityKeyId>,
    /// nameConstraints.
    pub name_constraints: Option<NameConstraints>,
    /// Policies.
    pub policies: Policies,
    /// Where to fetch what.
    pub urls: Vec<AccessUrl>,
    /// The names of cRLDistributionPoints, each a GeneralName in DER.
    pub crl_names: Vec<Bytes>,
    /// Who else may make this certificate's lists (cRLIssuer).
    pub crl_issuers: Vec<Name>,
    /// tlsFeature (RFC 7633): TLS extension numbers.
    pub tls_features: Vec<u64>,
    /// Embedded timestamps (RFC 6962 section 3.3); `None` when the extension is absent.
    pub scts: Option<Vec<Sct>>,
    /// The types of those whose contents could not be read.
    pub malformed: Vec<String>,
}

impl Extensions {
    /// Reads the SEQUENCE of extensions; `None` when it is not one.
    pub(super) fn read(der: &Bytes, sequence: &[u8]) -> Option<Self> {
        let (list, rest) = read_tlv(sequence)?;
        if list.tag != SEQUENCE || !rest.is_empty() {
            return None;
        }
        let mut extensions = Self::default();
        for item in children(list.content) {
            let extension = read_extension(der, item.content)?;
            if extensions.interpret(&extension).is_none() {
                extensions.malformed.push(extension.oid.clone());
            }
            extensions.all.push(extension);
        }
        Some(extensions)
    }

    /// The first extension of that type.
    pub fn get(&self, oid: &str) -> Option<&Extension> {
        self.all.iter().find(|extension| extension.oid == oid)
    }

    /// The URLs at which the issuer's certificate is said to be.
    pub fn ca_issuers(&self) -> impl Iterator<Item = &str> {
        self.urls.iter().filter_map(|url| if let AccessUrl::CaIssuers(url) = url { Some(url.as_str()) } else { None })
    }

    /// The URLs at which CRLs are said to be.
    pub fn crl_urls(&self) -> impl Iterator<Item = &str> {
        self.urls.iter().filter_map(|url| if let AccessUrl::Crl(url) = url { Some(url.as_str()) } else { None })
    }

    /// The URLs at which OCSP responders are said to be.
    pub fn ocsp_urls(&self) -> impl Iterator<Item = &str> {
        self.urls.iter().filter_map(|url| if let AccessUrl::Ocsp(url) = url { Some(url.as_str()) } else { None })
    }

    fn interpret(&mut self, extension: &Extension) -> Option<()> {
        let value = &extension.value;
        match extension.oid.as_str() {
            oids::EXT_SUBJECT_ALT_NAME => self.san = Some(read_san(value)?),
            oids::EXT_KEY_USAGE => self.key_usage = Some(KeyUsage(theirs::KeyUsage::from_der(value).ok()?.1.flags)),
            oids::EXT_EXTENDED_KEY_USAGE => self.extended_key_usage = Some(ExtendedKeyUsage(read_oids(value)?)),
            oids::EXT_BASIC_CONSTRAINTS => self.basic_constraints = Some(read_basic_constraints(extension)?),
            oids::EXT_SUBJECT_KEY_ID => {
                let (_, id) = theirs::KeyIdentifier::from_der(value).ok()?;
                self.subject_key_id = Some(value.slice_ref(id.0));
            }
            oids::EXT_AUTHORITY_KEY_ID => self.authority_key_id = Some(read_authority_key_id(value)?),
            oids::EXT_NAME_CONSTRAINTS => self.name_constraints = Some(read_name_constraints(extension)?),
            oids::EXT_POLICIES => {
                let (asserted, has_qualifiers) = read_policies(value)?;
                self.policies.asserted = Some(asserted);
                self.policies.has_qualifiers = has_qualifiers;
            }
            oids::EXT_POLICY_MAPPINGS => self.policies.mappings = read_mappings(value)?,
            oids::EXT_POLICY_CONSTRAINTS => self.policies.constraints = read_policy_constraints(value)?,
            oids::EXT_INHIBIT_ANY_POLICY => {
                self.policies.inhibit_any = Some(theirs::InhibitAnyPolicy::from_der(value).ok()?.1.skip_certs);
            }
            oids::EXT_AUTHORITY_INFO => self.urls.extend(read_access(value)?),
            oids::EXT_CRL_DISTRIBUTION => {
                self.urls.extend(read_crl_points(value)?);
                self.crl_names = read_crl_names(value)?;
                self.crl_issuers = read_crl_issuers(value)?;
            }
            oids::EXT_TLS_FEATURE => self.tls_features = read_integers(value)?,
            oids::EXT_SCT_LIST => self.scts = Some(read_embedded(value)?),
            _ => {}
        }
        Some(())
    }
}

pub(super) fn read_extension(der: &Bytes, content: &[u8]) -> Option<Extension> {
    let mut fields = children(content);
    let oid = fields.next().filter(|tlv| tlv.tag == 6)?;
    let mut value = fields.next()?;
    let critical = value.tag == 1 && value.content != [0];
    if value.tag == 1 {
        value = fields.next()?;
    }
    (value.tag == 4).then_some(())?;
    Some(Extension { oid: oids::dotted(oid.content)?, critical, value: der.slice_ref(value.content) })
}

fn read_san(value: &Bytes) -> Option<Vec<GeneralName>> {
    let (_, san) = theirs::SubjectAlternativeName::from_der(value).ok()?;
    Some(san.general_names.iter().map(|name| read_general_name(value, name)).collect())
}

fn read_basic_constraints(extension: &Extension) -> Option<BasicConstraints> {
    let (_, read) = theirs::BasicConstraints::from_der(&extension.value).ok()?;
    Some(BasicConstraints { ca: read.ca, path_len: read.path_len_constraint, critical: extension.critical })
}

pub(super) fn read_authority_key_id(value: &Bytes) -> Option<AuthorityKeyId> {
    let (_, read) = theirs::AuthorityKeyIdentifier::from_der(value).ok()?;
    Some(AuthorityKeyId {
        key_id: read.key_identifier.map(|id| value.slice_ref(id.0)),
        serial: read.authority_cert_serial.map(|serial| value.slice_ref(serial)),
        has_issuer: read.authority_cert_issuer.is_some(),
    })
}

fn read_name_constraints(extension: &Extension) -> Option<NameConstraints> {
    let (_, read) = theirs::NameConstraints::from_der(&extension.value).ok()?;
    let names = |subtrees: Option<Vec<theirs::GeneralSubtree<'_>>>| {
        subtrees.map(|list| list.iter().map(|tree| read_general_name(&extension.value, &tree.base)).collect())
    };
    Some(NameConstraints {
        permitted: names(read.permitted_subtrees),
        excluded: names(read.excluded_subtrees),
        critical: extension.critical,
    })
}

/// A SEQUENCE of OBJECT IDENTIFIERs.
fn read_oids(value: &[u8]) -> Option<Vec<String>> {
    let (sequence, _) = read_tlv(value).filter(|(tlv, _)| tlv.tag == SEQUENCE)?;
    children(sequence.content).map(|oid| oids::dotted(oid.content)).collect()
}

/// A SEQUENCE of SEQUENCEs that begin with an OBJECT IDENTIFIER; whether qualifiers stand behind one.
fn read_policies(value: &[u8]) -> Option<(Vec<String>, bool)> {
    let (sequence, _) = read_tlv(value).filter(|(tlv, _)| tlv.tag == SEQUENCE)?;
    let asserted = children(sequence.content).map(|info| oids::dotted(children(info.content).next()?.content));
    let has_qualifiers = children(sequence.content).any(|info| children(info.content).nth(1).is_some());
    Some((asserted.collect::<Option<_>>()?, has_qualifiers))
}

fn read_mappings(value: &[u8]) -> Option<Vec<(String, String)>> {
    let (_, read) = theirs::PolicyMappings::from_der(value).ok()?;
    let text = |oid: &x509_parser::der_parser::Oid<'_>| oid.to_id_string();
    Some(read.mappings.iter().map(|m| (text(&m.issuer_domain_policy), text(&m.subject_domain_policy))).collect())
}

fn read_policy_constraints(value: &[u8]) -> Option<PolicyConstraints> {
    let (_, read) = theirs::PolicyConstraints::from_der(value).ok()?;
    Some(PolicyConstraints {
        require_explicit: read.require_explicit_policy,
        inhibit_mapping: read.inhibit_policy_mapping,
    })
}

fn read_access(value: &[u8]) -> Option<Vec<AccessUrl>> {
    let (_, read) = theirs::AuthorityInfoAccess::from_der(value).ok()?;
    let url = |access: &theirs::AccessDescription<'_>| {
        let theirs::GeneralName::URI(url) = access.access_location else { return None };
        match access.access_method.to_id_string().as_str() {
            oids::AIA_CA_ISSUERS => Some(AccessUrl::CaIssuers(url.to_owned())),
            oids::AIA_OCSP => Some(AccessUrl::Ocsp(url.to_owned())),
            _ => None,
        }
    };
    Some(read.iter().filter_map(url).collect())
}

fn read_crl_points(value: &[u8]) -> Option<Vec<AccessUrl>> {
    let (_, read) = theirs::CRLDistributionPoints::from_der(value).ok()?;
    let mut urls = Vec::new();
    for point in read.iter() {
        if let Some(DistributionPointName::FullName(names)) = &point.distribution_point {
            urls.extend(names.iter().filter_map(|name| match name {
                theirs::GeneralName::URI(url) => Some(AccessUrl::Crl((*url).to_owned())),
                _ => None,
            }));
        }
    }
    Some(urls)
}

/// The names of every distribution point, as they stand.
fn read_crl_names(value: &Bytes) -> Option<Vec<Bytes>> {
    let (points, _) = read_tlv(value).filter(|(tlv, _)| tlv.tag == SEQUENCE)?;
    let fields = children(points.content).flat_map(|point| children(point.content));
    let names = fields.filter(|field| field.tag == 0xa0).flat_map(|name| full_names(name.content));
    Some(names.map(|name| value.slice_ref(name)).collect())
}

/// The directory names of every cRLIssuer.
fn read_crl_issuers(value: &Bytes) -> Option<Vec<Name>> {
    let (points, _) = read_tlv(value).filter(|(tlv, _)| tlv.tag == SEQUENCE)?;
    let fields = children(points.content).flat_map(|point| children(point.content));
    let names = fields.filter(|field| field.tag == 0xa2).flat_map(|names| children(names.content));
    let directories = names.filter(|name| name.tag == 0xa4);
    Some(directories.filter_map(|name| Name::read(&value.slice_ref(name.content))).collect())
}

/// The GeneralNames of a DistributionPointName's fullName.
pub(super) fn full_names(distribution_point: &[u8]) -> impl Iterator<Item = &[u8]> {
    let full_name = children(distribution_point).filter(|tlv| tlv.tag == 0xa0);
    full_name.flat_map(|tlv| children(tlv.content)).map(|name| name.raw)
}

fn read_integers(value: &[u8]) -> Option<Vec<u64>> {
    let (sequence, _) = read_tlv(value).filter(|(tlv, _)| tlv.tag == SEQUENCE)?;
    let number = |content: &[u8]| (content.len() <= 8).then(|| content.iter().fold(0, |n, b| n << 8 | u64::from(*b)));
    children(sequence.content).map(|tlv| number(tlv.content)).collect()
}

/// The list stands in an OCTET STRING of its own.
fn read_embedded(value: &Bytes) -> Option<Vec<Sct>> {
    let (inner, rest) = read_tlv(value).filter(|(tlv, _)| tlv.tag == OCTET_STRING)?;
    rest.is_empty().then(|| read_sct_list(&value.slice_ref(inner.content))).flatten()
}
