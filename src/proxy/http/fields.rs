//! Which header fields go on to the other side (RFC 9110 section 7.6.1), and how else a relayed
//! head differs from the one received.

use http::header::{
    CONNECTION, CONTENT_LENGTH, HeaderName, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::tee::Trailers;
use crate::model::Head;

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");

/// Options of the Connection field that hold for both legs, since each leg's close is the other's.
const SHARED_OPTIONS: &[&str] = &["close", "keep-alive", "upgrade"];

/// Takes out what was meant for tlscope's own leg. Gives what was taken out, for the record.
pub(super) fn strip_hop_by_hop(headers: &mut HeaderMap) -> Vec<String> {
    let options = connection_options(headers);
    let wants_trailers = has_token(headers, &TE, "trailers");
    let mut taken = Vec::new();
    let mut take = |name: &HeaderName, headers: &mut HeaderMap| {
        if take_out(headers, name) {
            taken.push(format!("hop-by-hop field not passed on: {name}"));
        }
    };
    for name in options.iter().filter(|option| !SHARED_OPTIONS.contains(&option.as_str()) && *option != "te") {
        if let Ok(name) = HeaderName::try_from(name.as_str()) {
            take(&name, headers);
        }
    }
    for name in [&KEEP_ALIVE, &PROXY_CONNECTION, &PROXY_AUTHORIZATION] {
        take(name, headers);
    }
    if headers.contains_key(TE) && !wants_trailers {
        take(&TE, headers);
    }
    if !options.iter().any(|option| option == "upgrade") {
        take(&UPGRADE, headers);
    }
    keep_shared_options(headers, &options);
    taken
}

/// Takes a field out, and leaves the others in their order: `HeaderMap::remove` would put the last
/// one in its place. Whether there was one.
fn take_out(headers: &mut HeaderMap, name: &HeaderName) -> bool {
    if !headers.contains_key(name) {
        return false;
    }
    let mut current = None;
    for (own, value) in std::mem::take(headers) {
        current = own.or(current);
        if let Some(own) = current.as_ref().filter(|own| *own != name) {
            headers.append(own, value);
        }
    }
    true
}

/// Leaves of the Connection field what holds for both legs, to the letter when that is all.
fn keep_shared_options(headers: &mut HeaderMap, options: &[String]) {
    let shared: Vec<&str> = options.iter().map(String::as_str).filter(|o| SHARED_OPTIONS.contains(o)).collect();
    if shared.len() == options.len() {
        return;
    }
    match HeaderValue::try_from(shared.join(", ")) {
        Ok(value) if !value.is_empty() => {
            headers.insert(CONNECTION, value);
        }
        _ => {
            take_out(headers, &CONNECTION);
        }
    }
}

fn connection_options(headers: &HeaderMap) -> Vec<String> {
    tokens(headers, &CONNECTION).map(str::to_ascii_lowercase).collect()
}

fn tokens<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).filter(|token| !token.is_empty())
}

/// Whether a field lists the token, compared without case.
pub(super) fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    tokens(headers, name).any(|own| own.eq_ignore_ascii_case(token))
}

/// Whether the request asks for another protocol (RFC 9110 section 7.8).
pub(super) fn asks_upgrade(headers: &HeaderMap) -> bool {
    headers.contains_key(UPGRADE) && has_token(headers, &CONNECTION, "upgrade")
}

/// Which trailers go on over HTTP/1: hyper sends those that the head announces.
pub(super) fn announced_trailers(headers: &HeaderMap) -> Trailers {
    Trailers::Announced(tokens(headers, &TRAILER).map(str::to_ascii_lowercase).collect())
}

/// How hyper's relaying of this head differs from the bytes received.
pub(super) fn relayed_differently(head: &Head, parsed: &HeaderMap) -> Vec<String> {
    let mut changed = Vec::new();
    let names: Vec<Vec<u8>> = head.fields().map(|(name, _)| name.to_ascii_lowercase()).collect();
    if is_regrouped(&names) {
        changed.push("repeated fields moved together".to_owned());
    }
    let lost = names.iter().filter(|name| !name.starts_with(b":")).count().saturating_sub(parsed.len());
    if lost > 0 {
        changed.push(format!("{lost} invalid field lines not passed on"));
    }
    changed
}

/// Whether a name occurs again after another one.
fn is_regrouped(names: &[Vec<u8>]) -> bool {
    names.iter().enumerate().any(|(at, name)| {
        let earlier = names.get(..at).unwrap_or_default();
        earlier.last() != Some(name) && earlier.contains(name)
    })
}

/// An answer whose body ends with the connection goes on in chunks.
pub(super) fn is_close_delimited(status: StatusCode, headers: &HeaderMap, is_head: bool) -> bool {
    let has_body = !is_head
        && !status.is_informational()
        && status != StatusCode::NO_CONTENT
        && status != StatusCode::NOT_MODIFIED;
    has_body && !headers.contains_key(CONTENT_LENGTH) && !headers.contains_key(TRANSFER_ENCODING)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(fields: &[(&str, &str)]) -> HeaderMap {
        fields.iter().map(|(n, v)| (n.parse::<HeaderName>().unwrap(), v.parse().unwrap())).collect()
    }

    #[test]
    fn takes_out_what_is_for_one_leg() {
        let mut headers = map(&[
            ("connection", "Keep-Alive, X-Private"),
            ("keep-alive", "timeout=5"),
            ("x-private", "1"),
            ("x-public", "2"),
            ("te", "gzip"),
            ("upgrade", "h2c"),
            ("transfer-encoding", "chunked"),
        ]);
        assert_eq!(strip_hop_by_hop(&mut headers).len(), 4);
        assert_eq!(headers, map(&[("x-public", "2"), ("transfer-encoding", "chunked"), ("connection", "keep-alive")]));
    }

    #[test]
    fn the_order_stays() {
        let mut headers = map(&[("a", "1"), ("keep-alive", "x"), ("b", "2"), ("a", "3"), ("c", "4"), ("d", "5")]);
        strip_hop_by_hop(&mut headers);
        let names: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        assert_eq!(names, ["a", "b", "c", "d"]);
        assert_eq!(headers.get_all("a").iter().count(), 2);
    }

    #[test]
    fn leaves_what_holds_for_both() {
        let cases = [
            map(&[("connection", "Keep-Alive")]),
            map(&[("connection", "close")]),
            map(&[("connection", "Upgrade"), ("upgrade", "websocket")]),
            map(&[("connection", "TE, close"), ("te", "trailers")]),
        ];
        for (at, before) in cases.into_iter().enumerate() {
            let mut after = before.clone();
            assert_eq!(strip_hop_by_hop(&mut after), Vec::<String>::new(), "{at}");
            if at < 3 {
                assert_eq!(after, before);
            } else {
                assert_eq!(after, map(&[("te", "trailers"), ("connection", "close")]));
            }
        }
    }

    #[test]
    fn says_what_hyper_changes() {
        let head =
            |raw: &'static str| Head { version: "HTTP/1.1".into(), raw: bytes::Bytes::from_static(raw.as_bytes()) };
        let apart = head("GET / HTTP/1.1\r\nX-A: 1\r\nX-B: 2\r\nx-a: 3\r\n\r\n");
        assert_eq!(relayed_differently(&apart, &map(&[("x-a", "1"), ("x-a", "3"), ("x-b", "2")])).len(), 1);
        let together = head("GET / HTTP/1.1\r\nX-A: 1\r\nx-a: 3\r\nX-B: 2\r\n\r\n");
        assert!(relayed_differently(&together, &map(&[("x-a", "1"), ("x-a", "3"), ("x-b", "2")])).is_empty());
        assert_eq!(relayed_differently(&together, &map(&[("x-a", "1")])), ["2 invalid field lines not passed on"]);
    }

    #[test]
    fn knows_bodies_that_end_with_the_connection() {
        let none = HeaderMap::new();
        assert!(is_close_delimited(StatusCode::OK, &none, false));
        assert!(!is_close_delimited(StatusCode::OK, &none, true));
        assert!(!is_close_delimited(StatusCode::NO_CONTENT, &none, false));
        assert!(!is_close_delimited(StatusCode::OK, &map(&[("content-length", "0")]), false));
    }
}
