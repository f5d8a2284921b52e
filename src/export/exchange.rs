//! The `exchange` line of `tlscope.event/1`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::Redaction;
use crate::codec;
use crate::model::{Body, Exchange, Head};
use crate::text;

/// How much of a decoded body goes into a document.
pub(super) const BODY_LIMIT: usize = 8 << 20;

/// An exchange as a line.
pub fn exchange_line(exchange: &Exchange, redaction: Redaction) -> Value {
    json!({
        "schema": "tlscope.event/1",
        "type": "exchange",
        "id": exchange.id,
        "connection": exchange.connection,
        "started": exchange.started,
        "method": exchange.method,
        "url": redaction.url(&exchange.url),
        "request": message_doc(&exchange.request_head, &exchange.request_body, redaction, None),
        "informational": exchange.informational.iter().map(|head| head_doc(head, redaction)).collect::<Vec<_>>(),
        "response": exchange.response.as_ref().map(|response| {
            message_doc(&response.head, &response.body, redaction, Some(response.status))
        }),
        "timing": exchange.timing,
        "changed": exchange.changed,
        "error": exchange.error,
        "messages": exchange.messages,
    })
}

fn message_doc(head: &Head, body: &Body, redaction: Redaction, status: Option<u16>) -> Value {
    let mut doc = head_doc(head, redaction);
    if let Some(status) = status {
        doc.insert("status".to_owned(), json!(status));
    }
    doc.insert("body".to_owned(), body_doc(head, body, redaction));
    Value::Object(doc)
}

fn head_doc(head: &Head, redaction: Redaction) -> Map<String, Value> {
    let headers: Vec<[String; 2]> = fields_of(head, redaction).map(|(name, value)| [name, value]).collect();
    let doc =
        [("version", json!(head.version)), ("line", json!(line_of(head, redaction))), ("headers", json!(headers))];
    doc.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// The start line, with the URL in it redacted.
pub(super) fn line_of(head: &Head, redaction: Redaction) -> String {
    let line = text::escape(head.line());
    line.split(' ').map(|word| redaction.url(word)).collect::<Vec<_>>().join(" ")
}

/// The fields as documents have them.
pub(super) fn fields_of(head: &Head, redaction: Redaction) -> impl Iterator<Item = (String, String)> {
    head.fields().map(move |(name, value)| {
        let (name, value) = (text::escape(name), text::escape(value));
        let value = match name.as_ref() {
            ":path" => redaction.url(&value),
            name => redaction.field(name, &value).into_owned(),
        };
        (name.into_owned(), value)
    })
}

fn body_doc(head: &Head, body: &Body, redaction: Redaction) -> Value {
    let content = content_of(head, body, redaction);
    let (text, base64) = match &content {
        Content::Text(text) => (Some(text.as_str()), None),
        Content::Bytes(bytes) => (None, Some(STANDARD.encode(bytes))),
        Content::Nothing => (None, None),
    };
    let redacted = |(name, value): &(String, String)| (name.clone(), redaction.field(name, value).into_owned());
    let trailers: Vec<(String, String)> = body.trailers.iter().map(redacted).collect();
    json!({
        "seen": body.seen, "kept": body.kept.len(), "truncated": body.is_truncated(), "end": body.end,
        "text": text, "base64": base64, "trailers": trailers,
    })
}

/// A body as a document has it.
pub(super) enum Content {
    /// Decoded text.
    Text(String),
    /// Decoded bytes that are no text.
    Bytes(Vec<u8>),
    /// Nothing was kept.
    Nothing,
}

/// Undoes the content encoding, and tells text from bytes.
pub(super) fn content_of(head: &Head, body: &Body, redaction: Redaction) -> Content {
    if body.kept.is_empty() {
        return Content::Nothing;
    }
    let decoded = codec::Content::of(head, body, BODY_LIMIT);
    match decoded.text() {
        Some(text) => Content::Text(redaction.body(&decoded.media_type, &text).into_owned()),
        None => Content::Bytes(decoded.bytes),
    }
}
