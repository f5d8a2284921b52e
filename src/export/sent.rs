//! What a client gave away in a request, without giving it away: the request line, and which kinds of secrets were
//! in it.

use serde_json::Value;

use super::Redaction;
use super::redact::{is_secret_field, is_secret_name};
use crate::codec::read_form;
use crate::model::{Connection, Exchange};
use crate::text;

/// A request line is no longer than this, in columns.
const LINE: usize = 200;

/// The request, as `POST https://a.test/login with cookie, authorization (Bearer), password in the body`.
pub fn sent_words(exchange: &Exchange) -> String {
    let line = format!("{} {}", exchange.method, Redaction::On.url(&exchange.url));
    let line = text::elide(&line, LINE).into_owned();
    let secrets = secrets_of(exchange);
    if secrets.is_empty() { line } else { format!("{line} with {}", secrets.join(", ")) }
}

/// Of a connection on which nothing was spoken that is read: how much, and what it seems to be.
pub fn sent_raw(connection: &Connection) -> Option<String> {
    let bytes = connection.traffic.up;
    let what = connection.raw_guess.as_deref().map(|guess| format!(" of {guess}")).unwrap_or_default();
    (bytes > 0).then(|| format!("{}{what}", text::size(bytes)))
}

/// The kinds of secrets in a request, each once.
fn secrets_of(exchange: &Exchange) -> Vec<String> {
    let mut secrets = Vec::new();
    for (name, value) in exchange.request_head.fields() {
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        if is_secret_field(&name) {
            secrets.push(format!("{name}{}", scheme_of(&name, value)));
        }
    }
    let query = exchange.url.split_once('?').map(|(_, query)| query).unwrap_or_default();
    secrets.extend(secret_pairs(query).map(|name| format!("{name} in the URL")));
    secrets.extend(in_body(exchange).into_iter().map(|name| format!("{name} in the body")));
    let mut known = std::collections::BTreeSet::new();
    secrets.retain(|secret| known.insert(secret.clone()));
    secrets
}

/// `Bearer`, of a field that begins with its scheme.
fn scheme_of(name: &str, value: &[u8]) -> String {
    let value = String::from_utf8_lossy(value);
    let scheme = value.split_once(' ').map(|(scheme, _)| scheme.to_owned());
    let is_scheme = |scheme: &String| scheme.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    match scheme.filter(is_scheme) {
        Some(scheme) if name.ends_with("authorization") => format!(" ({scheme})"),
        _ => String::new(),
    }
}

fn secret_pairs(form: &str) -> impl Iterator<Item = String> {
    read_form(form).into_iter().filter(|(name, value)| is_secret_name(name) && !value.is_empty()).map(|pair| pair.0)
}

/// The names of secrets in a form or in JSON.
fn in_body(exchange: &Exchange) -> Vec<String> {
    let media = exchange.request_head.field("content-type").map(String::from_utf8_lossy).unwrap_or_default();
    let body = String::from_utf8_lossy(&exchange.request_body.kept);
    if media.starts_with("application/x-www-form-urlencoded") {
        return secret_pairs(&body).collect();
    }
    let mut names = Vec::new();
    if media.contains("json")
        && let Ok(value) = serde_json::from_str(&body)
    {
        secret_members(&value, &mut names);
    }
    names
}

fn secret_members(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if is_secret_name(name) && (member.is_string() || member.is_number()) {
                    names.push(name.clone());
                }
                secret_members(member, names);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| secret_members(item, names)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::model::{Body, ConnectionId, ExchangeId, Head, Timestamp};

    fn exchange(url: &str, head: &'static str, body: &'static str) -> Exchange {
        Exchange {
            method: "POST".into(),
            url: url.into(),
            request_head: Head { version: "HTTP/1.1".into(), raw: Bytes::from_static(head.as_bytes()) },
            request_body: Body { kept: Bytes::from_static(body.as_bytes()), ..Body::default() },
            ..Exchange::new(ExchangeId(1), ConnectionId(1), Timestamp::from_unix(0))
        }
    }

    #[test]
    fn kinds_of_secrets_are_named_and_no_value_is() {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer v4lue\r\nCookie: sid=v4lue; b=v4lue\r\nX-Api-Key: v4lue\r\n\
                    Content-Type: application/json\r\n\r\n";
        let body = r#"{"user":"me","password":"v4lue","deep":[{"token":7}],"pin":null}"#;
        let words = sent_words(&exchange("https://me:v4lue@a.test/p?access_token=v4lue&q=1", head, body));
        assert_eq!(
            words,
            "POST https://REDACTED@a.test/p?access_token=REDACTED&q=1 with authorization (Bearer), cookie, x-api-key, \
             access_token in the URL, token in the body, password in the body"
        );
        assert!(!words.contains("v4lue"));
    }

    #[test]
    fn forms_are_looked_through_and_what_is_harmless_is_a_line() {
        let head = "POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n";
        assert_eq!(
            sent_words(&exchange("https://a.test/", head, "user=me&pwd=v4lue&otp=")),
            "POST https://a.test/ with pwd in the body"
        );
        assert_eq!(sent_words(&exchange("https://a.test/", "POST / HTTP/1.1\r\n\r\n", "")), "POST https://a.test/");
    }
}
