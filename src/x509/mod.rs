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
mod cert;
mod container;
mod der;
mod extensions;
mod key;
mod name;
pub mod oids;
mod time;

pub use algorithm::{Algorithm, Hash, SignatureKind};
pub use cert::{Cert, Problem, Validity};
pub use container::{pem, read_certificates};
pub use der::{Tlv, children, read_tlv};
pub use extensions::{
    AccessUrl, AuthorityKeyId, BasicConstraints, ExtendedKeyUsage, Extension, Extensions, GeneralName, KeyUsage,
    NameConstraints, Policies, PolicyConstraints, Sct,
};
pub use key::{KeyKind, PublicKey};
pub use name::{Attribute, Name};
pub use time::{TimeFault, read_time};
