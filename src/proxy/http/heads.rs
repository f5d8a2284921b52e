//! The heads of a connection, as the bytes they were.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::uri::Authority;
use http::{HeaderMap, Method, StatusCode, Uri, Version};

use crate::model::Head;
use crate::wire::{HeadFollower, RequestMethod};

/// Heads that went by and have not been asked for, in their order. One side fills it from the
/// bytes, the other takes from it what hyper has parsed.
#[derive(Clone, Debug)]
pub(super) struct Heads(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    follower: HeadFollower,
    waiting: VecDeque<Bytes>,
}

/// More than this many heads waiting means that the two sides have lost each other.
const MOST_WAITING: usize = 64;

impl Heads {
    /// Of requests.
    pub(super) fn of_requests() -> Self {
        Self::new(HeadFollower::requests())
    }

    /// Of answers.
    pub(super) fn of_answers() -> Self {
        Self::new(HeadFollower::responses())
    }

    fn new(follower: HeadFollower) -> Self {
        Self(Arc::new(Mutex::new(Inner { follower, waiting: VecDeque::new() })))
    }

    /// A watcher for the bytes.
    pub(super) fn watcher(&self) -> impl FnMut(&[u8]) + Send + 'static {
        let heads = self.clone();
        move |piece| {
            let Inner { follower, waiting } = &mut *heads.lock();
            follower.feed(piece, |head| waiting.push_back(head));
            if waiting.len() > MOST_WAITING {
                follower.stop();
                waiting.clear();
            }
        }
    }

    /// A request went out: its answer is framed by its method.
    pub(super) fn expect(&self, method: &Method) {
        let method = match *method {
            Method::HEAD => RequestMethod::Head,
            Method::CONNECT => RequestMethod::Connect,
            _ => RequestMethod::Other,
        };
        self.lock().follower.expect(method);
    }

    /// What follows is not HTTP any more.
    pub(super) fn stop(&self) {
        let mut inner = self.lock();
        inner.follower.stop();
        inner.waiting.clear();
    }

    /// The next head, when it starts as the one that was parsed.
    fn next(&self, start: &str) -> Option<Bytes> {
        let mut inner = self.lock();
        let head = inner.waiting.pop_front()?;
        if head.starts_with(start.as_bytes()) {
            return Some(head);
        }
        inner.follower.stop();
        inner.waiting.clear();
        None
    }

    /// The head of the request that was parsed just now.
    pub(super) fn request(&self, method: &Method, uri: &Uri, version: Version, headers: &HeaderMap) -> Head {
        let raw = self.next(&format!("{method} ")).unwrap_or_else(|| written_request(method, uri, version, headers));
        Head { version: version_word(version).to_owned(), raw }
    }

    /// The head of the answer that was parsed just now.
    pub(super) fn answer(&self, status: StatusCode, version: Version, headers: &HeaderMap) -> Head {
        let start = format!("{} {}", version_word(version), status.as_str());
        let raw = self.next(&start).unwrap_or_else(|| written(format!("{start}\r\n"), headers));
        Head { version: version_word(version).to_owned(), raw }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request head of HTTP/2, as the fields it consists of.
pub(super) fn http2_request(method: &Method, uri: &Uri, protocol: Option<&str>, headers: &HeaderMap) -> Head {
    let mut start = format!(":method: {method}\r\n");
    if let Some(protocol) = protocol {
        let _ = write!(start, ":protocol: {protocol}\r\n");
    }
    for (name, value) in [(":scheme", uri.scheme_str()), (":authority", uri.authority().map(Authority::as_str))] {
        if let Some(value) = value {
            let _ = write!(start, "{name}: {value}\r\n");
        }
    }
    if let Some(path) = uri.path_and_query() {
        let _ = write!(start, ":path: {path}\r\n");
    }
    Head { version: version_word(Version::HTTP_2).to_owned(), raw: written(start, headers) }
}

/// An answer's head of HTTP/2.
pub(super) fn http2_answer(status: StatusCode, headers: &HeaderMap) -> Head {
    let raw = written(format!(":status: {}\r\n", status.as_str()), headers);
    Head { version: version_word(Version::HTTP_2).to_owned(), raw }
}

/// As documents write it.
pub(super) fn version_word(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2",
        _ => "HTTP/1.1",
    }
}

/// The head without what the client gave tlscope itself as its password: it is no part of what client and
/// server say to each other.
pub(super) fn without_proxy_password(head: Head) -> Head {
    let is_field = |line: &[u8]| line.get(..FIELD.len()).is_some_and(|name| name.eq_ignore_ascii_case(FIELD));
    if !head.raw.split_inclusive(|byte| *byte == b'\n').any(is_field) {
        return head;
    }
    let mut raw = Vec::with_capacity(head.raw.len());
    let mut is_within = false;
    for line in head.raw.split_inclusive(|byte| *byte == b'\n') {
        // A field may go on behind a line's end (RFC 9112 section 5.2).
        is_within = is_field(line) || (is_within && line.first().is_some_and(|byte| b" \t".contains(byte)));
        match is_within {
            true if is_field(line) => raw.extend_from_slice(b"Proxy-Authorization: [given to tlscope]\r\n"),
            true => {}
            false => raw.extend_from_slice(line),
        }
    }
    Head { raw: raw.into(), ..head }
}

const FIELD: &[u8] = b"proxy-authorization:";

/// Where the bytes are not to be had: the head as hyper parsed it.
fn written_request(method: &Method, uri: &Uri, version: Version, headers: &HeaderMap) -> Bytes {
    written(format!("{method} {uri} {}\r\n", version_word(version)), headers)
}

fn written(start: String, headers: &HeaderMap) -> Bytes {
    let mut out = start.into_bytes();
    for (name, value) in headers {
        out.extend_from_slice(name.as_str().as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_of_the_proxy_is_not_in_the_record() {
        let head = |raw: &'static [u8]| Head { version: "HTTP/1.1".to_owned(), raw: raw.into() };
        let cases: [(&'static [u8], &'static [u8]); 3] = [
            (
                b"GET / HTTP/1.1\r\nA: b\r\npRoxy-authorization: Basic c2VjcmV0\r\n c2VjcmV0\r\nC: d\r\n\r\n",
                b"GET / HTTP/1.1\r\nA: b\r\nProxy-Authorization: [given to tlscope]\r\nC: d\r\n\r\n",
            ),
            (b"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", b"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n"),
            (b"", b""),
        ];
        for (raw, expected) in cases {
            assert_eq!(&without_proxy_password(head(raw)).raw[..], expected);
        }
    }

    #[test]
    fn gives_the_bytes_or_what_was_parsed() {
        let heads = Heads::of_requests();
        heads.watcher()(b"GET /a HTTP/1.1\r\nHoSt: x\r\n\r\nPUT /b HTTP/1.1\r\n\r\n");
        let (uri, empty) = (Uri::from_static("/a"), HeaderMap::new());
        let first = heads.request(&Method::GET, &uri, Version::HTTP_11, &empty);
        assert_eq!(&first.raw[..], b"GET /a HTTP/1.1\r\nHoSt: x\r\n\r\n");
        // hyper parsed something else: the bytes are not trusted any more.
        let second = heads.request(&Method::GET, &uri, Version::HTTP_11, &empty);
        assert_eq!(&second.raw[..], b"GET /a HTTP/1.1\r\n");
        heads.watcher()(b"GET /c HTTP/1.1\r\n\r\n");
        assert_eq!(&heads.request(&Method::GET, &uri, Version::HTTP_11, &empty).raw[..], b"GET /a HTTP/1.1\r\n");
    }
}
