//! What was recorded as a command to paste into a shell: the request again with curl, the handshake again
//! with OpenSSL.

use std::fmt::Write as _;

use crate::model::{Connection, Exchange, Host, TlsVersion};

/// Fields that curl writes itself, or that belong to one connection.
const LEFT_OUT: [&str; 7] =
    ["host", "content-length", "connection", "proxy-connection", "transfer-encoding", "te", "expect"];

/// The request as a curl command, with its secrets.
pub fn curl_command(exchange: &Exchange) -> String {
    let mut out = format!("curl {}", quoted(exchange.url.as_bytes()));
    let has_body = !exchange.request_body.kept.is_empty();
    match exchange.method.as_str() {
        "GET" if !has_body => {}
        "HEAD" => out.push_str(" --head"),
        "POST" if has_body => {}
        method => {
            let _ = write!(out, " -X {}", quoted(method.as_bytes()));
        }
    }
    let fields = exchange.request_head.fields().filter(|(name, _)| !is_left_out(name));
    for (name, value) in fields {
        let _ = write!(out, " \\\n  -H {}", quoted(&[name, b": ", value].concat()));
    }
    if has_body {
        let _ = write!(out, " \\\n  --data-binary {}", quoted(&exchange.request_body.kept));
        if exchange.request_body.is_truncated() {
            out.push_str(" # the body was longer than what was kept");
        }
    }
    out
}

fn is_left_out(name: &[u8]) -> bool {
    name.first() == Some(&b':') || LEFT_OUT.iter().any(|own| name.eq_ignore_ascii_case(own.as_bytes()))
}

/// The handshake with the server as an openssl command; `None` where no target is known.
pub fn openssl_command(connection: &Connection) -> Option<String> {
    let target = connection.target.as_ref()?;
    let mut out = format!("openssl s_client -connect {target} -showcerts");
    match connection.name.as_ref().unwrap_or(&target.host) {
        Host::Name(name) => {
            let _ =
                write!(out, " -servername {} -verify_hostname {}", quoted(name.as_bytes()), quoted(name.as_bytes()));
        }
        Host::Ip(ip) => {
            let _ = write!(out, " -noservername -verify_ip {ip}");
        }
    }
    let seen = connection.upstream.handshake.as_ref();
    if let Some(alpn) = seen.and_then(|seen| seen.alpn.as_ref()) {
        let _ = write!(out, " -alpn {}", quoted(alpn.as_bytes()));
    }
    if seen.and_then(|seen| seen.version).is_some_and(|version| version < TlsVersion::TLS12) {
        out.push_str(" -legacy_renegotiation -cipher DEFAULT:@SECLEVEL=0");
    }
    out.push_str(" </dev/null");
    Some(out)
}

/// For a POSIX shell: plain words as they are, others in quotes; bytes that no terminal should see as
/// escapes in `$'...'`, which bash, zsh and ksh read.
fn quoted(bytes: &[u8]) -> String {
    let is_plain = |b: &u8| b.is_ascii_alphanumeric() || b"-._/:=@%+,".contains(b);
    if !bytes.is_empty() && bytes.iter().all(is_plain) {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let is_text = str::from_utf8(bytes).is_ok_and(|text| !text.chars().any(char::is_control));
    if is_text {
        return format!("'{}'", String::from_utf8_lossy(bytes).replace('\'', "'\\''"));
    }
    let mut out = String::from("$'");
    for byte in bytes {
        match byte {
            b'\'' | b'\\' => out.extend(['\\', char::from(*byte)]),
            b'\n' => out.push_str("\\n"),
            b' '..=b'~' => out.push(char::from(*byte)),
            other => {
                let _ = write!(out, "\\x{other:02x}");
            }
        }
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Body, ConnectionId, ExchangeId, Handshake, Head, Target, Timestamp};

    fn exchange(method: &str, head: &'static str, body: &'static [u8]) -> Exchange {
        Exchange {
            method: method.to_owned(),
            url: "https://a.test/v1?q=it's".to_owned(),
            request_head: Head { version: "HTTP/1.1".into(), raw: head.as_bytes().into() },
            request_body: Body { kept: body.into(), seen: body.len() as u64, ..Body::default() },
            ..Exchange::new(ExchangeId(1), ConnectionId(1), Timestamp::default())
        }
    }

    #[test]
    fn a_request_is_quoted_for_the_shell() {
        let head = "POST /v1 HTTP/1.1\r\nHost: a.test\r\nX-Token: a'b\r\nContent-Length: 3\r\n\r\n";
        let expected =
            "curl 'https://a.test/v1?q=it'\\''s' \\\n  -H 'X-Token: a'\\''b' \\\n  --data-binary $'\\x00\\'\\n'";
        assert_eq!(curl_command(&exchange("POST", head, b"\0'\n")), expected);
        let plain = exchange("DELETE", "DELETE / HTTP/1.1\r\n\r\n", b"");
        assert!(curl_command(&plain).ends_with(" -X DELETE"));
    }

    #[test]
    fn a_handshake_is_repeated_with_what_was_offered() {
        let mut connection = Connection::new(ConnectionId(1), Timestamp::default(), "127.0.0.1:1".parse().unwrap());
        assert_eq!(openssl_command(&connection), None);
        connection.target = Some(Target::parse("a.test:8443", None).unwrap());
        let handshake = Handshake { version: Some(TlsVersion::TLS10), alpn: Some("h2".into()), ..Handshake::default() };
        connection.upstream.handshake = Some(handshake);
        let command = openssl_command(&connection).unwrap();
        assert!(
            command.starts_with("openssl s_client -connect a.test:8443 -showcerts -servername a.test"),
            "{command}"
        );
        assert!(command.contains("-alpn h2") && command.contains("SECLEVEL=0"), "{command}");
    }
}
