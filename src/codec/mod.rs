//! Bodies as people read them: content encodings undone, text told from bytes, JSON and forms laid
//! out.
//!
//! Owns the bounds as well: what it reads is hostile, and a bomb gives its first bytes and the word
//! that there was more.
//!
//! Must not do I/O.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod charset;
mod decode;
mod form;
mod inflate;
mod pretty;

pub use charset::text_of;
pub use decode::{Decoded, decode};
pub use form::{encode_form, read_form};
pub use inflate::Inflater;
pub use pretty::{Kind, kind_of, pretty};
