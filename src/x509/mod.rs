//! Certificates as values: DER in, [`Cert`] out, however broken the DER is.
//!
//! Owns reading, which is layered. A tolerant walk over tags and lengths finds the parts of a certificate even
//! where a strict parser gives up; x509-parser reads the names, keys and extensions inside. Every
//! part is optional and every fault is kept as a [`Problem`], so that one broken field never
//! hides the rest. This is the only room that says `x509_parser`.
//!
//! Must not judge, must not trust, must not do I/O.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod algorithm;
mod canonical;
mod cert;
mod container;
mod crl;
mod der;
mod extensions;
mod general_name;
mod key;
mod name;
mod ocsp;
pub mod oids;
mod sct;
mod time;
mod usage;
pub mod write;

pub use algorithm::{Algorithm, Hash, SignatureKind};
pub use canonical::{NotDer, not_der};
pub use cert::{Cert, Problem, Validity};
pub use container::{pem, read_certificates};
pub use crl::{Crl, CrlEntry, IssuingDistributionPoint, Unreadable};
pub use der::{Tlv, children, read_tlv};
pub use extensions::{AccessUrl, AuthorityKeyId, Extension, Extensions, NameConstraints, Policies, PolicyConstraints};
pub use general_name::GeneralName;
pub use key::{KeyKind, PublicKey};
pub use name::{Attribute, Name};
pub use ocsp::{
    BasicOcsp, CertId, CertStatus, OcspResponse, Responder, RevocationStatus, reason_name, serial_content,
    write_ocsp_request,
};
pub use sct::{Sct, read_sct, read_sct_list};
pub use time::{TimeFault, read_time};
pub use usage::{BasicConstraints, ExtendedKeyUsage, KeyUsage};
