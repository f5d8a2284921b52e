//! Certificates, staples and lists of any kind, right or wrong in any way: rcgen refuses to make most of them.
//!
//! Owns writing them from recipes, the keys for that, weak ones too, and signing handshakes with those.
//! Must not know what they are for, nor any key of the CA's: that is handed in.

mod certificate;
pub(crate) mod der;
mod extensions;
mod keys;
mod logs;
mod recipe;
mod revocation;
mod signer;
mod surroundings;

pub(crate) use certificate::{Forge, Forged, forge, forge_all};
pub(crate) use keys::{Key, algorithm_of};
pub(crate) use logs::{Logs, list_as_json};
pub(crate) use recipe::{CertRecipe, Said};
pub(crate) use revocation::{crl, ocsp};
pub(crate) use signer::{pss_signing_key, sha1_signing_key, signing_key};
pub(crate) use surroundings::Surroundings;
