//! Requests, answers and messages.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{ConnectionId, ExchangeId, Timestamp, base64_text};

/// Which way bytes went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From the client to the server.
    Up,
    /// From the server to the client.
    Down,
}

/// The head of a request or an answer, as it stood on the wire.
///
/// For HTTP/1 these are the bytes themselves. For HTTP/2 they are the decoded fields in the order
/// of the header block, one `name: value` line each, pseudo-fields first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The protocol version, as `HTTP/1.1`.
    pub version: String,
    /// The bytes.
    #[serde(with = "base64_text")]
    pub raw: Bytes,
}

impl Head {
    /// The first line of an HTTP/1 head, without its line end; empty for HTTP/2.
    pub fn line(&self) -> &[u8] {
        if self.is_http2() { &[] } else { self.lines().next().unwrap_or_default() }
    }

    /// The fields in their order, names in their case, values without the space around them.
    /// Continuation lines (RFC 9112 5.2) stay part of no field.
    pub fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let skip = usize::from(!self.is_http2());
        self.lines().skip(skip).filter_map(split_field)
    }

    /// The first value of the field `name`, compared without case.
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        self.fields().find(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
    }

    /// Whether it came over HTTP/2.
    pub fn is_http2(&self) -> bool {
        self.version == "HTTP/2"
    }

    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.raw
            .split(|b| *b == b'\n')
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
            .filter(|line| !line.is_empty())
    }
}

/// Splits at the first colon that is not the one of a pseudo-field.
fn split_field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let start = usize::from(line.first() == Some(&b':'));
    let colon = start + line.get(start..)?.iter().position(|b| *b == b':')?;
    let (name, value) = line.split_at_checked(colon)?;
    Some((name, value.get(1..)?.trim_ascii()))
}

/// How a body ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BodyEnd {
    /// Its end was seen.
    Complete,
    /// Whoever read it stopped before the end.
    Dropped,
    /// It broke off.
    Failed(String),
}

/// A body, as much of it as was kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// The kept bytes, still content-encoded. Not part of documents of their own.
    #[serde(skip)]
    pub kept: Bytes,
    /// How many went by.
    pub seen: u64,
    /// How it ended; absent while it has not.
    pub end: Option<BodyEnd>,
    /// Trailer fields.
    pub trailers: Vec<(String, String)>,
}

impl Body {
    /// Whether less was kept than went by.
    pub fn is_truncated(&self) -> bool {
        (self.kept.len() as u64) < self.seen
    }
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Its head.
    pub head: Head,
    /// Its body.
    pub body: Body,
}

/// Where the time of an exchange went, in milliseconds from its start; absent until it happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ExchangeTiming {
    /// The request was sent whole.
    pub sent_ms: Option<f64>,
    /// The head of the answer came.
    pub answered_ms: Option<f64>,
    /// The answer was complete, or the exchange failed.
    pub finished_ms: Option<f64>,
}

/// One request and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// Its identity in the session.
    pub id: ExchangeId,
    /// The connection it went over.
    pub connection: ConnectionId,
    /// When the request head was there.
    pub started: Timestamp,
    /// The method.
    pub method: String,
    /// The whole URL, as a browser would show it.
    pub url: String,
    /// The request's head.
    pub request_head: Head,
    /// The request's body.
    pub request_body: Body,
    /// Heads of 1xx answers.
    pub informational: Vec<Head>,
    /// The answer.
    pub response: Option<Response>,
    /// Where the time went.
    pub timing: ExchangeTiming,
    /// How what was relayed differs from what was received; see docs/manual/fidelity.md.
    pub changed: Vec<String>,
    /// Why there is no complete answer.
    pub error: Option<String>,
    /// Messages over a WebSocket or another upgraded protocol.
    pub messages: u64,
}

impl Exchange {
    /// An exchange of which nothing is known but when it began.
    pub fn new(id: ExchangeId, connection: ConnectionId, started: Timestamp) -> Self {
        Self {
            id,
            connection,
            started,
            method: String::new(),
            url: String::new(),
            request_head: Head::default(),
            request_body: Body::default(),
            informational: Vec::new(),
            response: None,
            timing: ExchangeTiming::default(),
            changed: Vec::new(),
            error: None,
            messages: 0,
        }
    }

    /// Whether the client has sent all of its request: there is no body to come, or its end was seen.
    pub fn is_sent(&self) -> bool {
        let may_have_body = self.request_head.field("content-length").is_some_and(|length| length != b"0")
            || self.request_head.field("transfer-encoding").is_some()
            || (self.request_head.is_http2() && !matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS"));
        !may_have_body || self.request_body.end.is_some() || self.is_finished()
    }

    /// Whether nothing more will come.
    pub fn is_finished(&self) -> bool {
        self.timing.finished_ms.is_some()
    }

    /// What it takes to keep it, in bytes, about.
    pub fn weight(&self) -> usize {
        let trailers = |body: &Body| body.trailers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        let body = |body: &Body| body.kept.len() + trailers(body);
        let early: usize = self.informational.iter().map(|head| head.raw.len()).sum();
        let answer = self.response.as_ref().map_or(0, |response| response.head.raw.len() + body(&response.body));
        self.url.len() + self.request_head.raw.len() + body(&self.request_body) + early + answer
    }

    /// The status of the answer, 0 without one.
    pub fn status(&self) -> u16 {
        self.response.as_ref().map_or(0, |response| response.status)
    }
}

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageKind {
    /// A WebSocket text message.
    Text,
    /// A WebSocket binary message.
    Binary,
    /// A WebSocket ping.
    Ping,
    /// A WebSocket pong.
    Pong,
    /// A WebSocket close.
    Close,
    /// Bytes of a protocol that tlscope does not read.
    Raw,
}

/// A piece of a conversation that is not HTTP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The connection.
    pub connection: ConnectionId,
    /// The exchange that was upgraded, when there was one.
    pub exchange: Option<ExchangeId>,
    /// When it was complete.
    pub at: Timestamp,
    /// Which way it went.
    pub direction: Direction,
    /// What it is.
    pub kind: MessageKind,
    /// The kept bytes, unmasked and inflated.
    #[serde(with = "base64_text")]
    pub kept: Bytes,
    /// Its size as it went by.
    pub seen: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(version: &str, raw: &'static str) -> Head {
        Head { version: version.into(), raw: Bytes::from_static(raw.as_bytes()) }
    }

    #[test]
    fn fields_keep_order_case_and_repeats() {
        let head = head("HTTP/1.1", "GET / HTTP/1.1\r\nHost: a\r\nX-fOo:1\r\nX-Bar:\t2 \r\nx-foo: 3\r\n\r\n");
        assert_eq!(head.line(), b"GET / HTTP/1.1");
        let fields: Vec<_> =
            head.fields().map(|(n, v)| (str::from_utf8(n).unwrap(), str::from_utf8(v).unwrap())).collect();
        assert_eq!(fields, [("Host", "a"), ("X-fOo", "1"), ("X-Bar", "2"), ("x-foo", "3")]);
        assert_eq!(head.field("x-FOO"), Some(&b"1"[..]));
    }

    #[test]
    fn pseudo_fields_keep_their_colon() {
        let head = head("HTTP/2", ":method: GET\r\n:path: /a:b\r\nte: trailers\r\n");
        let fields: Vec<_> = head.fields().collect();
        assert_eq!(fields, [(&b":method"[..], &b"GET"[..]), (b":path", b"/a:b"), (b"te", b"trailers")]);
        assert_eq!(head.line(), b"");
    }
}
