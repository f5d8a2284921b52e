//! Bodies as people read them: content encodings undone, text told from bytes, JSON, XML, forms and
//! parts laid out, protobuf in its wire form, what is an image or another known format named.
//!
//! Owns the bounds as well: what it reads is hostile, and a bomb gives its first bytes and the word
//! that there was more.
//!
//! Must not do I/O.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod charset;
mod content;
mod decode;
mod form;
mod image;
mod inflate;
mod multipart;
mod pretty;
mod protobuf;
mod xml;

pub use charset::text_of;
pub use content::{Content, field_text};
pub use decode::{Decoded, decode};
pub use form::{encode_form, read_form};
pub use image::kind_of_bytes;
pub use inflate::Inflater;
pub use multipart::{Part, boundary, parts};
pub use pretty::{Kind, kind_of, pretty};
pub use protobuf::{GrpcFrame, grpc_frames, wire_form};
