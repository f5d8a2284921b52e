//! Extensions (RFC 5280 section 4.2), read with x509-parser.

use std::net::IpAddr;

use bytes::Bytes;
use x509_parser::extensions as theirs;
use x509_parser::extensions::DistributionPointName;
use x509_parser::prelude::FromDer;

use super::der::{SEQUENCE, children, read_tlv};
use super::name::Name;
use super::oids;
use crate::model::Timestamp;
use crate::text;

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

/// A GeneralName (RFC 5280 section 4.2.1.6). Text that is no UTF-8 is written with `\xHH`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum GeneralName {
    /// dNSName.
    Dns(String),
    /// iPAddress: in a name 4 or 16 octets, in a constraint 8 or 32.
    Ip(Bytes),
    /// rfc822Name.
    Email(String),
    /// uniformResourceIdentifier.
    Uri(String),
    /// directoryName.
    Directory(Name),
    /// Another type, by its tag number.
    Other(u32),
}

impl GeneralName {
    /// The address, when it is one of a name.
    pub fn ip(&self) -> Option<IpAddr> {
        let Self::Ip(octets) = self else { return None };
        let v4 = <[u8; 4]>::try_from(&octets[..]).map(IpAddr::from);
        v4.or_else(|_| <[u8; 16]>::try_from(&octets[..]).map(IpAddr::from)).ok()
    }
}

/// `dns:a.test`, `ip:192.0.2.1`.
impl std::fmt::Display for GeneralName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Dns(name) => write!(f, "dns:{name}"),
            Self::Ip(octets) => match self.ip() {
                Some(ip) => write!(f, "ip:{ip}"),
                None => write!(f, "ip:0x{}", crate::model::hex(octets)),
            },
            Self::Email(address) => write!(f, "email:{address}"),
            Self::Uri(uri) => write!(f, "uri:{uri}"),
            Self::Directory(name) => write!(f, "dir:{name}"),
            Self::Other(tag) => write!(f, "other:[{tag}]"),
        }
    }
}

/// keyUsage, as the bits of RFC 5280 section 4.2.1.3 from the lowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyUsage(pub u16);

impl KeyUsage {
    const NAMES: [&str; 9] = [
        "digitalSignature",
        "nonRepudiation",
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "encipherOnly",
        "decipherOnly",
    ];

    /// Bit 0.
    pub fn digital_signature(self) -> bool {
        self.0 & 1 != 0
    }

    /// Bit 2.
    pub fn key_encipherment(self) -> bool {
        self.0 & 1 << 2 != 0
    }

    /// Bit 5.
    pub fn key_cert_sign(self) -> bool {
        self.0 & 1 << 5 != 0
    }

    /// The names of the bits that are set.
    pub fn names(self) -> Vec<String> {
        Self::NAMES
            .iter()
            .enumerate()
            .filter(|(bit, _)| self.0 & 1 << bit != 0)
            .map(|(_, name)| (*name).into())
            .collect()
    }
}

/// extKeyUsage: the purposes, dotted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ExtendedKeyUsage(pub Vec<String>);

impl ExtendedKeyUsage {
    /// Whether the purpose is listed.
    pub fn allows(&self, oid: &str) -> bool {
        self.0.iter().any(|own| own == oid)
    }

    /// The purposes by their short names.
    pub fn names(&self) -> Vec<String> {
        self.0.iter().map(|oid| oids::display(oid).to_owned()).collect()
    }
}

/// basicConstraints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BasicConstraints {
    /// Whether the subject is a CA.
    pub ca: bool,
    /// How many intermediates may follow below it.
    pub path_len: Option<u32>,
    /// Whether the extension is critical.
    pub critical: bool,
}

/// authorityKeyIdentifier.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct AuthorityKeyId {
    /// keyIdentifier.
    pub key_id: Option<Bytes>,
    /// authorityCertSerialNumber.
    pub serial: Option<Bytes>,
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

/// A signed certificate timestamp (RFC 6962 section 3.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sct {
    /// The log's id.
    pub log: [u8; 32],
    /// When the log promised.
    pub at: Timestamp,
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
    /// tlsFeature (RFC 7633): TLS extension numbers.
    pub tls_features: Vec<u64>,
    /// Embedded timestamps.
    pub scts: Vec<Sct>,
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
            oids::EXT_POLICIES => self.policies.asserted = Some(read_policies(value)?),
            oids::EXT_POLICY_MAPPINGS => self.policies.mappings = read_mappings(value)?,
            oids::EXT_POLICY_CONSTRAINTS => self.policies.constraints = read_policy_constraints(value)?,
            oids::EXT_INHIBIT_ANY_POLICY => {
                self.policies.inhibit_any = Some(theirs::InhibitAnyPolicy::from_der(value).ok()?.1.skip_certs);
            }
            oids::EXT_AUTHORITY_INFO => self.urls.extend(read_access(value)?),
            oids::EXT_CRL_DISTRIBUTION => self.urls.extend(read_crl_points(value)?),
            oids::EXT_TLS_FEATURE => self.tls_features = read_integers(value)?,
            oids::EXT_SCT_LIST => self.scts = read_scts(value)?,
            _ => {}
        }
        Some(())
    }
}

fn read_extension(der: &Bytes, content: &[u8]) -> Option<Extension> {
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

fn read_general_name(within: &Bytes, name: &theirs::GeneralName<'_>) -> GeneralName {
    use theirs::GeneralName as G;
    match name {
        G::DNSName(text) => GeneralName::Dns((*text).to_owned()),
        G::RFC822Name(text) => GeneralName::Email((*text).to_owned()),
        G::URI(text) => GeneralName::Uri((*text).to_owned()),
        G::IPAddress(octets) => GeneralName::Ip(within.slice_ref(octets)),
        G::DirectoryName(name) => {
            Name::read(&within.slice_ref(name.as_raw())).map_or(GeneralName::Other(4), GeneralName::Directory)
        }
        // Not ASCII: the text is kept, with what is wrong made visible.
        G::Invalid(tag, octets) if tag.0 == 2 => GeneralName::Dns(text::escape(octets).into_owned()),
        G::Invalid(tag, _) => GeneralName::Other(tag.0),
        G::OtherName(..) => GeneralName::Other(0),
        G::X400Address(_) => GeneralName::Other(3),
        G::EDIPartyName(_) => GeneralName::Other(5),
        G::RegisteredID(_) => GeneralName::Other(8),
    }
}

fn read_basic_constraints(extension: &Extension) -> Option<BasicConstraints> {
    let (_, read) = theirs::BasicConstraints::from_der(&extension.value).ok()?;
    Some(BasicConstraints { ca: read.ca, path_len: read.path_len_constraint, critical: extension.critical })
}

fn read_authority_key_id(value: &Bytes) -> Option<AuthorityKeyId> {
    let (_, read) = theirs::AuthorityKeyIdentifier::from_der(value).ok()?;
    Some(AuthorityKeyId {
        key_id: read.key_identifier.map(|id| value.slice_ref(id.0)),
        serial: read.authority_cert_serial.map(|serial| value.slice_ref(serial)),
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

/// A SEQUENCE of SEQUENCEs that begin with an OBJECT IDENTIFIER; qualifiers are not read.
fn read_policies(value: &[u8]) -> Option<Vec<String>> {
    let (sequence, _) = read_tlv(value).filter(|(tlv, _)| tlv.tag == SEQUENCE)?;
    children(sequence.content).map(|info| oids::dotted(children(info.content).next()?.content)).collect()
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

fn read_integers(value: &[u8]) -> Option<Vec<u64>> {
    let (sequence, _) = read_tlv(value).filter(|(tlv, _)| tlv.tag == SEQUENCE)?;
    let number = |content: &[u8]| (content.len() <= 8).then(|| content.iter().fold(0, |n, b| n << 8 | u64::from(*b)));
    children(sequence.content).map(|tlv| number(tlv.content)).collect()
}

fn read_scts(value: &[u8]) -> Option<Vec<Sct>> {
    let (_, list) = theirs::parse_ct_signed_certificate_timestamp_list(value).ok()?;
    Some(
        list.iter()
            .map(|sct| Sct {
                log: *sct.id.key_id,
                at: Timestamp::from_unix_ms(i64::try_from(sct.timestamp).unwrap_or(i64::MAX)),
            })
            .collect(),
    )
}
