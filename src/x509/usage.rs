//! What a certificate says it may be used for (RFC 5280 sections 4.2.1.3, 4.2.1.9 and 4.2.1.12).

use super::oids;

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

    /// Bit 6.
    pub fn crl_sign(self) -> bool {
        self.0 & 1 << 6 != 0
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
