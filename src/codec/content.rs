//! The body of a request or an answer, as its head says it is to be read.

use std::borrow::Cow;

use super::charset::text_of;
use super::decode::decode;
use crate::model::{Body, Head};
use crate::text;

/// A body with its content encodings undone.
#[derive(Clone, Debug, Default)]
pub struct Content {
    /// The bytes, up to the limit.
    pub bytes: Vec<u8>,
    /// Why there is no more, when there should be.
    pub incomplete: Option<String>,
    /// The value of Content-Type; empty without one.
    pub media_type: String,
}

impl Content {
    /// Of what was kept of a body, at most `limit` bytes decoded.
    pub fn of(head: &Head, body: &Body, limit: usize) -> Self {
        let decoded = decode(&body.kept, &field_text(head, "content-encoding"), limit);
        let media_type = field_text(head, "content-type");
        Self { bytes: decoded.bytes, incomplete: decoded.incomplete, media_type }
    }

    /// Its text; `None` when it is none.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        text_of(&self.bytes, &self.media_type)
    }
}

/// A field's value as text; empty when it is missing.
pub fn field_text(head: &Head, name: &str) -> String {
    head.field(name).map(|value| text::escape(value).into_owned()).unwrap_or_default()
}
