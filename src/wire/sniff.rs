//! Telling protocols apart by the first bytes a client, or a server, sends.

/// What a client opens with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// The bytes so far fit more than one protocol.
    NeedMore,
    /// A TLS record with a ClientHello.
    Tls,
    /// SOCKS version 5.
    Socks5,
    /// SOCKS version 4, which is answered with a refusal.
    Socks4,
    /// An HTTP/1 request line.
    Http1,
    /// The HTTP/2 preface, without an upgrade.
    Http2,
    /// None of these.
    Other,
}

const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Methods that a request line is recognised by before its end has come.
const METHODS: &[&[u8]] = &[
    b"GET",
    b"HEAD",
    b"POST",
    b"PUT",
    b"DELETE",
    b"CONNECT",
    b"OPTIONS",
    b"TRACE",
    b"PATCH",
    b"PROPFIND",
    b"REPORT",
    b"MKCOL",
    b"COPY",
    b"MOVE",
    b"LOCK",
    b"UNLOCK",
    b"SEARCH",
    b"QUERY",
];

/// The longest first line that is waited for when its method is not a known one.
const MAX_FIRST_LINE: usize = 4096;

/// Looks at the first bytes of a connection. Call again with more of them on
/// [`Opening::NeedMore`]; whoever waits sets the deadline.
pub fn sniff(bytes: &[u8]) -> Opening {
    match bytes.first() {
        None => Opening::NeedMore,
        Some(0x16) => sniff_tls(bytes),
        Some(5) => Opening::Socks5,
        Some(4) => sniff_socks4(bytes),
        Some(_) => sniff_text(bytes),
    }
}

/// A record of type 22, version 3.x, holding a message of type 1 (RFC 8446 5.1 and 4).
fn sniff_tls(bytes: &[u8]) -> Opening {
    let fits = |at: usize, ok: fn(u8) -> bool| bytes.get(at).is_none_or(|b| ok(*b));
    if !(fits(1, |b| b == 3) && fits(2, |b| b <= 4) && fits(5, |b| b == 1)) {
        return Opening::Other;
    }
    if bytes.len() > 5 { Opening::Tls } else { Opening::NeedMore }
}

/// Command 1 or 2, a port, an address, a user name that ends in NUL.
fn sniff_socks4(bytes: &[u8]) -> Opening {
    match bytes.get(1) {
        None => Opening::NeedMore,
        Some(1 | 2) if bytes.len() < 9 => Opening::NeedMore,
        Some(1 | 2) => Opening::Socks4,
        Some(_) => Opening::Other,
    }
}

fn sniff_text(bytes: &[u8]) -> Opening {
    if HTTP2_PREFACE.starts_with(bytes.get(..HTTP2_PREFACE.len()).unwrap_or(bytes)) {
        return if bytes.len() >= HTTP2_PREFACE.len() { Opening::Http2 } else { Opening::NeedMore };
    }
    let token = bytes.iter().take_while(|b| is_token(**b)).count();
    match bytes.get(token) {
        None if token <= 32 => Opening::NeedMore,
        Some(b' ') if token > 0 => sniff_request_line(bytes, token),
        _ => Opening::Other,
    }
}

fn sniff_request_line(bytes: &[u8], method: usize) -> Opening {
    let (name, rest) = bytes.split_at(method);
    if METHODS.contains(&name) {
        return match rest.get(1) {
            None => Opening::NeedMore,
            Some(b'\r' | b'\n' | b' ') => Opening::Other,
            Some(_) => Opening::Http1,
        };
    }
    match bytes.iter().position(|b| *b == b'\n') {
        Some(end) if ends_in_http1(bytes.get(..end).unwrap_or_default()) => Opening::Http1,
        None if bytes.len() < MAX_FIRST_LINE => Opening::NeedMore,
        _ => Opening::Other,
    }
}

fn ends_in_http1(line: &[u8]) -> bool {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    line.ends_with(b" HTTP/1.1") || line.ends_with(b" HTTP/1.0")
}

/// RFC 9110 5.6.2.
fn is_token(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b)
}

/// A guess at a protocol that is relayed as raw bytes, from the first bytes of each side.
pub fn guess_raw(from_client: &[u8], from_server: &[u8]) -> Option<&'static str> {
    if is_mqtt_connect(from_client) {
        return Some("mqtt");
    }
    if from_client.starts_with(b"SSH-") || from_server.starts_with(b"SSH-") {
        return Some("ssh");
    }
    let greetings: [(&[u8], &str); 5] =
        [(b"220 ", "smtp"), (b"220-", "smtp"), (b"+OK", "pop3"), (b"* OK", "imap"), (b"RFB 00", "vnc")];
    if is_mysql_greeting(from_server) {
        return Some("mysql");
    }
    let by_server = greetings.iter().find(|(start, _)| from_server.starts_with(start));
    by_server.map(|(_, name)| *name).or_else(|| is_amqp(from_client).then_some("amqp"))
}

/// The first packet of a server: its length, the number 0, protocol version 10 and the server's own
/// version as text (MySQL Client/Server Protocol, Protocol::HandshakeV10).
fn is_mysql_greeting(bytes: &[u8]) -> bool {
    matches!(bytes, [_, _, 0, 0, 10, version, ..] if version.is_ascii_digit())
}

fn is_amqp(bytes: &[u8]) -> bool {
    bytes.starts_with(b"AMQP")
}

/// Packet type 1, a length, then the protocol name (MQTT 3.1, 3.1.1 and 5: section 3.1).
fn is_mqtt_connect(bytes: &[u8]) -> bool {
    let names: [&[u8]; 2] = [b"\x00\x04MQTT", b"\x00\x06MQIsdp"];
    let body = (2..=5).filter_map(|at| bytes.get(at..));
    bytes.first() == Some(&0x10) && body.into_iter().any(|rest| names.iter().any(|name| rest.starts_with(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASES: &[(&[u8], Opening)] = &[
        (b"\x16\x03\x01\x02\x00\x01\x00", Opening::Tls),
        (b"\x16\x03\x03\x00\x01\x01", Opening::Tls),
        (b"\x16\x03\x01\x02\x00\x02", Opening::Other),
        (b"\x16\x02", Opening::Other),
        (b"\x05\x01\x00", Opening::Socks5),
        (b"\x04\x01\x01\xbb\x7f\x00\x00\x01\x00", Opening::Socks4),
        (b"\x04\x09", Opening::Other),
        (b"GET / HTTP/1.1\r\n", Opening::Http1),
        (b"CONNECT a:443 HTTP/1.1\r\n", Opening::Http1),
        (b"FROBNICATE /x HTTP/1.1\r\n", Opening::Http1),
        (b"EHLO mail.test\r\n", Opening::Other),
        (b"GET \r\n", Opening::Other),
        (b"\r\n", Opening::Other),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Opening::Http2),
        (b"\x80\x2e\x01\x03\x01", Opening::Other),
        (b"\x10\x0c\x00\x04MQTT", Opening::Other),
    ];

    #[test]
    fn tells_openings_apart() {
        for (bytes, opening) in CASES {
            assert_eq!(sniff(bytes), *opening, "{:?}", bytes.escape_ascii().to_string());
        }
    }

    #[test]
    fn every_prefix_waits_or_agrees() {
        for (bytes, opening) in CASES {
            for n in 0..bytes.len() {
                let early = sniff(&bytes[..n]);
                assert!(early == Opening::NeedMore || early == *opening, "{:?}", bytes[..n].escape_ascii().to_string());
            }
        }
    }

    #[test]
    fn a_line_that_never_ends_is_not_waited_for() {
        assert_eq!(sniff(&[b'A'; 40]), Opening::Other);
        let mut long = b"FROB ".to_vec();
        long.resize(MAX_FIRST_LINE, b'x');
        assert_eq!(sniff(&long), Opening::Other);
    }

    #[test]
    fn guesses_raw_protocols() {
        assert_eq!(guess_raw(b"\x10\x0c\x00\x04MQTT\x04", b""), Some("mqtt"));
        assert_eq!(guess_raw(b"", b"220 mail.test ESMTP"), Some("smtp"));
        assert_eq!(guess_raw(b"SSH-2.0-x", b""), Some("ssh"));
        assert_eq!(guess_raw(b"", b"\x4a\x00\x00\x00\x0a8.0.36\x00"), Some("mysql"));
        assert_eq!(guess_raw(b"", b"\x4a\x00\x00\x00\x0a\x00"), None);
        assert_eq!(guess_raw(b"\x01\x02", b"\x03"), None);
        assert_eq!(guess_raw(b"\x10", b""), None);
    }
}
