//! Records without their secrets, for a session file that is given away.

use bytes::Bytes;

use super::Redaction;
use super::exchange::{Content, content_of, fields_of, line_of};
use crate::model::{Body, Exchange, Head, Message, MessageKind};

/// What is noted on an exchange whose body is no longer the one that went by.
const NOTE: &str = "redacted: the body is kept decoded, with secrets blanked";

/// The exchange with its secrets blanked in URL, heads and bodies.
pub fn redacted_exchange(exchange: Exchange, redaction: Redaction) -> Exchange {
    if redaction == Redaction::WithSecrets {
        return exchange;
    }
    let mut out = exchange;
    out.url = redaction.url(&out.url);
    let mut touched = redact_part(&mut out.request_head, &mut out.request_body, redaction);
    for head in &mut out.informational {
        *head = redacted_head(head, redaction, false);
    }
    if let Some(response) = &mut out.response {
        touched |= redact_part(&mut response.head, &mut response.body, redaction);
    }
    if touched {
        out.changed.push(NOTE.to_owned());
    }
    out
}

/// The message with its secrets blanked; `None` for raw bytes, in which nobody can tell them.
pub fn redacted_message(mut message: Message, redaction: Redaction) -> Option<Message> {
    if redaction == Redaction::On && message.kind == MessageKind::Raw {
        return None;
    }
    if message.kind == MessageKind::Text
        && let Ok(text) = str::from_utf8(&message.kept)
    {
        message.kept = Bytes::from(redaction.body("application/json", text).into_owned());
    }
    Some(message)
}

/// Whether the body had to be changed.
fn redact_part(head: &mut Head, body: &mut Body, redaction: Redaction) -> bool {
    let plain = content_of(head, body, Redaction::WithSecrets);
    let blanked = content_of(head, body, redaction);
    let touched = match (plain, blanked) {
        (Content::Text(plain), Content::Text(blanked)) if plain != blanked => {
            body.kept = Bytes::from(blanked);
            true
        }
        _ => false,
    };
    for (name, value) in &mut body.trailers {
        *value = redaction.field(name, value).into_owned();
    }
    *head = redacted_head(head, redaction, touched);
    touched
}

fn redacted_head(head: &Head, redaction: Redaction, decoded: bool) -> Head {
    let mut raw = String::new();
    if !head.is_http2() {
        raw = format!("{}\r\n", line_of(head, redaction));
    }
    for (name, value) in fields_of(head, redaction) {
        let is_stale = decoded && name.eq_ignore_ascii_case("content-encoding");
        if !is_stale {
            raw.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    if !head.is_http2() {
        raw.push_str("\r\n");
    }
    Head { version: head.version.clone(), raw: Bytes::from(raw) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConnectionId, ExchangeId, Timestamp};

    #[test]
    fn no_secret_is_left_in_the_record() {
        let raw = "POST /login?token=s3cret HTTP/1.1\r\nHost: a.test\r\nAuthorization: Bearer s3cret\r\n\
                   Content-Type: application/json\r\n\r\n";
        let exchange = Exchange {
            method: "POST".into(),
            url: "https://a.test/login?token=s3cret".into(),
            request_head: Head { version: "HTTP/1.1".into(), raw: Bytes::from_static(raw.as_bytes()) },
            request_body: Body { kept: Bytes::from_static(br#"{"password":"s3cret","user":"me"}"#), ..Body::default() },
            ..Exchange::new(ExchangeId(1), ConnectionId(1), Timestamp::default())
        };
        let redacted = redacted_exchange(exchange.clone(), Redaction::On);
        let everything = format!("{redacted:?}");
        assert!(!everything.contains("s3cret"), "{everything}");
        assert!(
            everything.contains("Host: a.test") && everything.contains("\\\"me\\\"") && redacted.changed.len() == 1
        );
        assert_eq!(redacted_exchange(exchange.clone(), Redaction::WithSecrets), exchange);
    }
}
