//! The answer of an HTTP proxy to CONNECT (RFC 9110 section 9.3.6): its head, and no byte behind it.

use crate::text;

/// A head that is longer is not read on.
const MAX_HEAD: usize = 32 << 10;

/// Progress of reading an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectAnswer {
    /// Every byte so far belongs to the head, and it has not ended.
    NeedMore,
    /// The head, and how many bytes it took.
    Done(ConnectHead, usize),
    /// The bytes are not those of HTTP/1.
    NotHttp,
    /// More than so many bytes, and no end.
    TooLong(u32),
}

/// What the head says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectHead {
    /// The status.
    pub status: u16,
    /// The reason phrase, and the fields in which proxies say more, made readable.
    pub words: String,
    /// The schemes of `Proxy-Authenticate`, or of the field for servers, each once.
    pub schemes: Vec<String>,
}

/// More of what it said is not kept.
const MOST_WORDS: usize = 300;

/// Fields in which proxies say what went wrong: RFC 9209, and Squid's own.
const REASONS: [&[u8]; 2] = [b"proxy-status", b"x-squid-error"];

/// Reads what there is of an answer.
pub fn read_connect_answer(bytes: &[u8]) -> ConnectAnswer {
    const START: &[u8] = b"HTTP/1.";
    let common = START.len().min(bytes.len());
    if bytes.get(..common) != START.get(..common) {
        return ConnectAnswer::NotHttp;
    }
    match head_end(bytes) {
        Some(end) if end <= MAX_HEAD => {
            let head = bytes.get(..end).and_then(read_head);
            head.map_or(ConnectAnswer::NotHttp, |head| ConnectAnswer::Done(head, end))
        }
        _ if bytes.len() >= MAX_HEAD => ConnectAnswer::TooLong(MAX_HEAD as u32),
        _ => ConnectAnswer::NeedMore,
    }
}

/// Where the empty line is over.
fn head_end(bytes: &[u8]) -> Option<usize> {
    let line_ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    line_ends.into_iter().find_map(|at| match bytes.get(at..)? {
        [b'\n', ..] => Some(at + 1),
        [b'\r', b'\n', ..] => Some(at + 2),
        _ => None,
    })
}

fn read_head(head: &[u8]) -> Option<ConnectHead> {
    let mut lines = head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let mut parts = lines.next()?.splitn(3, |byte| *byte == b' ');
    let status = parts.nth(1).and_then(|digits| str::from_utf8(digits).ok()?.parse().ok())?;
    let mut said = vec![text::safe_bytes(parts.next().unwrap_or_default().trim_ascii())];
    let mut schemes: Vec<String> = Vec::new();
    for (name, value) in lines.filter_map(field) {
        if name == b"proxy-authenticate" || name == b"www-authenticate" {
            let scheme = value.split(|byte| matches!(byte, b' ' | b',')).next().unwrap_or_default();
            let scheme = text::safe_bytes(scheme);
            if !schemes.contains(&scheme) {
                schemes.push(scheme);
            }
        } else if REASONS.contains(&name.as_slice()) {
            said.push(text::safe_bytes(value));
        }
    }
    said.retain(|words| !words.is_empty());
    Some(ConnectHead { status, words: text::elide(&said.join("; "), MOST_WORDS).into_owned(), schemes })
}

/// A field's name in lower case, and its value.
fn field(line: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = line.split_at_checked(colon)?;
    Some((name.to_ascii_lowercase(), value.get(1..)?.trim_ascii()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUSAL: &[u8] = b"HTTP/1.1 407 Proxy Authentication Required\r\nServer: squid\r\n\
        X-Squid-Error: ERR_CACHE_ACCESS_DENIED 0\r\nProxy-Authenticate: Negotiate\r\n\
        proxy-authenticate: Basic realm=\"a, b\"\r\n\r\n";

    #[test]
    fn reads_an_answer_whole_at_every_prefix() {
        for n in 0..REFUSAL.len() {
            assert_eq!(read_connect_answer(&REFUSAL[..n]), ConnectAnswer::NeedMore, "{n}");
        }
        let head = ConnectHead {
            status: 407,
            words: "Proxy Authentication Required; ERR_CACHE_ACCESS_DENIED 0".to_owned(),
            schemes: vec!["Negotiate".to_owned(), "Basic".to_owned()],
        };
        assert_eq!(read_connect_answer(REFUSAL), ConnectAnswer::Done(head, REFUSAL.len()));
    }

    #[test]
    fn bytes_behind_the_head_are_left() {
        let bytes = b"HTTP/1.1 200 Connection established\r\n\r\n220 mail.test ESMTP\r\n\r\n";
        let ConnectAnswer::Done(head, used) = read_connect_answer(bytes) else { panic!() };
        assert_eq!((head.status, &bytes[used..]), (200, &b"220 mail.test ESMTP\r\n\r\n"[..]));
        // Bare line ends, and no reason.
        assert!(matches!(read_connect_answer(b"HTTP/1.0 200\n\nx"), ConnectAnswer::Done(_, 14)));
    }

    #[test]
    fn what_is_no_answer_is_told() {
        for bytes in [&b"<html>"[..], b"\x05\x00", b"HTTQ", b"HTTP/2 200\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n"] {
            assert_eq!(read_connect_answer(bytes), ConnectAnswer::NotHttp, "{bytes:?}");
        }
        let mut endless = b"HTTP/1.1 200 OK\r\n".to_vec();
        endless.extend(b"X: y\r\n".repeat(6000));
        assert_eq!(read_connect_answer(&endless), ConnectAnswer::TooLong(32 << 10));
    }

    #[test]
    fn a_proxy_cannot_draw_on_the_screen() {
        let ConnectAnswer::Done(head, _) = read_connect_answer(b"HTTP/1.1 403 \x1b[2J\xffno\r\n\r\n") else { panic!() };
        assert!(!head.words.contains('\x1b'), "{:?}", head.words);
    }
}
