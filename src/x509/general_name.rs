//! The names that certificates and constraints consist of (RFC 5280 section 4.2.1.6).

use std::net::IpAddr;

use bytes::Bytes;
use x509_parser::extensions as theirs;

use super::name::Name;
use crate::text;

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
    /// Without its type, as people write it.
    pub fn plain(&self) -> String {
        match self {
            Self::Dns(dns) => dns.clone(),
            other => other.ip().map_or_else(|| other.to_string(), |ip| ip.to_string()),
        }
    }

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

pub(super) fn read_general_name(within: &Bytes, name: &theirs::GeneralName<'_>) -> GeneralName {
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
