//! Following an HTTP/1 stream from head to head, so that each head is known as the bytes it was.
//!
//! The relay itself is hyper's; this only watches. It finds the end of every body by the framing
//! rules of RFC 9112 section 6, and where a stream does not keep to them it stops watching.

use std::collections::VecDeque;

use bytes::{Buf as _, Bytes, BytesMut};

/// A head longer than this is not collected.
const MAX_HEAD: usize = 1 << 20;

/// What of a request decides how its answer is framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestMethod {
    /// HEAD: the answer has no body.
    Head,
    /// CONNECT: a 2xx answer ends HTTP.
    Connect,
    /// Any other.
    Other,
}

/// Watches one direction of a connection.
#[derive(Debug)]
pub struct HeadFollower {
    is_response: bool,
    expected: VecDeque<RequestMethod>,
    buffer: BytesMut,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Head,
    /// Bytes of a body, or of a chunk, that are left.
    Length(u64),
    ChunkSize,
    ChunkData(u64),
    Trailers,
    /// Not HTTP any more, or a body that ends with the connection.
    Done,
}

impl HeadFollower {
    /// Watches requests.
    pub fn requests() -> Self {
        Self::new(false)
    }

    /// Watches answers; [`Self::expect`] tells it what they answer.
    pub fn responses() -> Self {
        Self::new(true)
    }

    fn new(is_response: bool) -> Self {
        Self { is_response, expected: VecDeque::new(), buffer: BytesMut::new(), state: State::Head }
    }

    /// A request went out; its answer comes after those expected before.
    pub fn expect(&mut self, method: RequestMethod) {
        self.expected.push_back(method);
    }

    /// What follows is not HTTP any more.
    pub fn stop(&mut self) {
        self.state = State::Done;
        self.buffer = BytesMut::new();
    }

    /// Takes the next piece of the stream and hands each complete head to `found`.
    pub fn feed(&mut self, mut bytes: &[u8], mut found: impl FnMut(Bytes)) {
        while !bytes.is_empty() {
            match self.state {
                State::Done => return,
                State::Length(left) => self.state = skip(&mut bytes, left, State::Length, State::Head),
                State::ChunkData(left) => self.state = skip(&mut bytes, left, State::ChunkData, State::ChunkSize),
                State::Head => self.feed_head(&mut bytes, &mut found),
                State::ChunkSize => self.feed_line(&mut bytes, Self::chunk_size),
                State::Trailers => self.feed_line(&mut bytes, Self::trailer),
            }
        }
    }

    fn feed_head(&mut self, bytes: &mut &[u8], found: &mut impl FnMut(Bytes)) {
        if self.buffer.is_empty() {
            // Empty lines before a start line are skipped (RFC 9112 2.2).
            let blank = bytes.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
            bytes.advance(blank);
        }
        let searched = self.buffer.len().saturating_sub(3);
        self.buffer.extend_from_slice(bytes);
        let Some(end) = head_end(&self.buffer, searched) else {
            *bytes = &[];
            if self.buffer.len() > MAX_HEAD {
                self.stop();
            }
            return;
        };
        let used = bytes.len() - (self.buffer.len() - end);
        bytes.advance(used);
        self.buffer.truncate(end);
        let head = self.buffer.split().freeze();
        self.state = self.after_head(&head);
        found(head);
    }

    /// Collects one line and hands it to `read`, which says what comes next.
    fn feed_line(&mut self, bytes: &mut &[u8], read: fn(&[u8]) -> State) {
        let Some(end) = bytes.iter().position(|b| *b == b'\n') else {
            self.buffer.extend_from_slice(bytes);
            *bytes = &[];
            if self.buffer.len() > MAX_HEAD {
                self.stop();
            }
            return;
        };
        self.buffer.extend_from_slice(bytes.get(..end).unwrap_or_default());
        bytes.advance(end + 1);
        let line = self.buffer.split();
        self.state = read(line.strip_suffix(b"\r").unwrap_or(&line));
    }

    fn chunk_size(line: &[u8]) -> State {
        if line.is_empty() {
            return State::ChunkSize; // the line end behind a chunk's data
        }
        let digits = line.split(|b| *b == b';').next().unwrap_or_default().trim_ascii();
        match str::from_utf8(digits).ok().and_then(|hex| u64::from_str_radix(hex, 16).ok()) {
            Some(0) => State::Trailers,
            Some(size) => State::ChunkData(size),
            None => State::Done,
        }
    }

    fn trailer(line: &[u8]) -> State {
        if line.is_empty() { State::Head } else { State::Trailers }
    }

    fn after_head(&mut self, head: &[u8]) -> State {
        if !self.is_response {
            return body_of(head, State::Head);
        }
        let status = status_of(head);
        if (100..200).contains(&status) && status != 101 {
            return State::Head;
        }
        let method = self.expected.pop_front().unwrap_or(RequestMethod::Other);
        match (method, status) {
            (_, 101) | (RequestMethod::Connect, 200..=299) => State::Done,
            (RequestMethod::Head, _) | (_, 204 | 304) => State::Head,
            _ => body_of(head, State::Done),
        }
    }
}

/// Skips up to `left` bytes; `then` when all are gone, else `rest` of what is left.
fn skip(bytes: &mut &[u8], left: u64, rest: fn(u64) -> State, then: State) -> State {
    let n = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
    bytes.advance(n);
    match left - n as u64 {
        0 => then,
        left => rest(left),
    }
}

/// Where the empty line that ends a head is over, looking from `from` on.
fn head_end(buffer: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += buffer.get(at..)?.iter().position(|b| *b == b'\n')? + 1;
        match buffer.get(at..)? {
            [b'\n', ..] => return Some(at + 1),
            [b'\r', b'\n', ..] => return Some(at + 2),
            _ => {}
        }
    }
}

fn status_of(head: &[u8]) -> u16 {
    let code = head.split(|b| *b == b' ').nth(1).and_then(|word| word.get(..3));
    code.and_then(|code| str::from_utf8(code).ok()).and_then(|code| code.parse().ok()).unwrap_or(0)
}

/// The state of the body that a head announces; `otherwise` when it announces none.
fn body_of(head: &[u8], otherwise: State) -> State {
    let mut state = otherwise;
    for line in head.split(|b| *b == b'\n').skip(1) {
        let Some(colon) = line.iter().position(|b| *b == b':') else { continue };
        let (name, value) = line.split_at(colon);
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        if name.eq_ignore_ascii_case(b"transfer-encoding") && value.to_ascii_lowercase().ends_with(b"chunked") {
            return State::ChunkSize; // overrides any Content-Length (RFC 9112 6.3)
        }
        if name.eq_ignore_ascii_case(b"content-length") {
            state = match str::from_utf8(value).ok().and_then(|n| n.parse().ok()) {
                Some(0) => State::Head,
                Some(length) => State::Length(length),
                None => State::Done,
            };
        }
    }
    state
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heads(mut follower: HeadFollower, pieces: &[&[u8]]) -> Vec<String> {
        let mut out = Vec::new();
        for piece in pieces {
            follower.feed(piece, |head| out.push(String::from_utf8_lossy(&head).lines().next().unwrap().to_owned()));
        }
        out
    }

    const REQUESTS: &[u8] = b"\r\nPOST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nGET /PUT /b HTTP/1.1\r\n\
        Transfer-Encoding: chunked\r\n\r\n5;ext=1\r\nGET /\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\nGET /c HTTP/1.0\n\nGET /d HTTP/1.1\r\n\r\n";

    const REQUEST_LINES: [&str; 4] = ["POST /a HTTP/1.1", "PUT /b HTTP/1.1", "GET /c HTTP/1.0", "GET /d HTTP/1.1"];

    #[test]
    fn finds_every_request_head() {
        assert_eq!(heads(HeadFollower::requests(), &[REQUESTS]), REQUEST_LINES);
    }

    #[test]
    fn however_the_stream_is_split() {
        for n in 0..REQUESTS.len() {
            let (a, b) = REQUESTS.split_at(n);
            assert_eq!(heads(HeadFollower::requests(), &[a, b]), REQUEST_LINES, "{n}");
        }
        let bytewise: Vec<&[u8]> = REQUESTS.chunks(1).collect();
        assert_eq!(heads(HeadFollower::requests(), &bytewise), REQUEST_LINES);
    }

    #[test]
    fn answers_are_framed_by_what_they_answer() {
        let mut follower = HeadFollower::responses();
        for method in [RequestMethod::Head, RequestMethod::Other, RequestMethod::Other, RequestMethod::Other] {
            follower.expect(method);
        }
        let stream = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 304 Not\r\n\
            Content-Length: 99\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 200 Last\r\n\r\nHTTP/1.1 body";
        assert_eq!(
            heads(follower, &[stream]),
            ["HTTP/1.1 200 OK", "HTTP/1.1 103 Early", "HTTP/1.1 304 Not", "HTTP/1.1 200 OK", "HTTP/1.1 200 Last"]
        );
    }

    #[test]
    fn an_upgrade_ends_http() {
        let mut upgraded = HeadFollower::responses();
        upgraded.expect(RequestMethod::Other);
        assert_eq!(heads(upgraded, &[b"HTTP/1.1 101 Switching\r\n\r\nHTTP/1.1 200 no\r\n\r\n"]).len(), 1);
        let mut connected = HeadFollower::responses();
        connected.expect(RequestMethod::Connect);
        assert_eq!(heads(connected, &[b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 no\r\n\r\n"]).len(), 1);
    }

    #[test]
    fn nonsense_ends_the_watch() {
        assert!(
            heads(HeadFollower::requests(), &[&vec![b'x'; MAX_HEAD + 1], b"\r\n\r\nGET / HTTP/1.1\r\n\r\n"]).is_empty()
        );
        let bad_chunk = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nGET / HTTP/1.1\r\n\r\n";
        assert_eq!(heads(HeadFollower::requests(), &[bad_chunk]).len(), 1);
    }
}
