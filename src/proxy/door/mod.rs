//! Who is served: this machine, those on `--allow`, those whom the person at the screen lets in or who give
//! the password; how many connections each may have; and what those are told who are not served.
//!
//! Must not know what the clients that are served do.

pub(in crate::proxy) mod access;
pub(in crate::proxy) mod devices;
pub(in crate::proxy) mod guests;
pub(in crate::proxy) mod limits;
pub(in crate::proxy) mod password;
pub(in crate::proxy) mod questions;
pub(in crate::proxy) mod refused;
pub(in crate::proxy) mod stranger;
