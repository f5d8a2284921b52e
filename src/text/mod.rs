//! Turning hostile bytes into text that is safe to show, of a known width.
//!
//! Every byte that comes from the network and goes to a person passes through here: to a terminal
//! through [`safe`], into a page through [`html`], into a document through [`escape`]. A control
//! character, a bidirectional override or a heap of combining marks becomes something visible and
//! harmless, never something that acts.
//!
//! Must not know any other room.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

#[cfg(test)]
pub(crate) mod corpus;
mod document;
mod numbers;
mod safe;
mod width;

pub use document::{PAGE_POLICY, document};
pub use numbers::{count, duration, milliseconds, size};
pub use safe::{escape, html, safe, safe_bytes, unicode_host};
pub use width::{elide, elide_middle, pad, width, wrap};
