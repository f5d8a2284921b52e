//! Judging: an [`Observation`](crate::model::Observation) and a [`Trust`] in, a
//! [`Report`](crate::model::Report) out.
//!
//! Owns every check. Each defect is found on its own: no check returns early, none depends on whether another one
//! found something, and no path is dropped for being expired, weak or unfit. The judge has no
//! network and no clock: it says which issuers would settle a doubt, how long its answer holds,
//! and it stops at a budget of work units, so that the same input stops at the same place on
//! every machine.
//!
//! Must not do I/O, must not read a clock, must not hold words for people.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

pub mod audit;
mod budget;
mod certificate;
pub mod clients;
mod clock;
mod findings;
mod handshake;
mod judge;
mod known;
mod path;
mod probes;
mod revocation;
mod signature;
mod surroundings;
mod transparency;

pub use budget::Limits;
pub use judge::judge;
pub use path::Trust;
pub(crate) use signature::digest;
pub use signature::{Check, verify, verify_tls};
pub use surroundings::clock_skew;
