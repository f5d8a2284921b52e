//! Looking for a text in the bodies of a session.

use std::collections::HashSet;
use std::ops::ControlFlow;

use crate::codec::Content;
use crate::model::{Body, Exchange, ExchangeId, Head};
use crate::store::{Archive, StoreError};

/// More of a body, decoded, is not searched.
const SEARCHED: usize = 8 << 20;

/// So many exchanges are searched between two words of progress.
const STEP: u64 = 256;

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The text, in lower case.
    pub text: String,
    /// Behind which exchange; in all of them without.
    pub after: Option<ExchangeId>,
    /// In these once more: they were not at their end.
    pub again: Vec<ExchangeId>,
}

/// How a search stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Searched {
    /// The last exchange that was looked at.
    pub last: ExchangeId,
    /// In which of those looked at since the word before the text was found.
    pub found: HashSet<ExchangeId>,
    /// Which of them were not at their end.
    pub unfinished: Vec<ExchangeId>,
}

impl Searched {
    fn take(&mut self, exchange: &Exchange, text: &str) {
        if has(exchange, text) {
            self.found.insert(exchange.id);
        } else if !exchange.is_finished() {
            self.unfinished.push(exchange.id);
        }
    }
}

/// Looks in the bodies of the exchanges. Tells how far it is now and then, and at the end, until `tell`
/// says that nobody wants to know any more.
///
/// # Errors
/// [`StoreError`] when the file cannot be read.
pub fn search_bodies(
    archive: &Archive,
    wanted: &Wanted,
    mut tell: impl FnMut(Searched) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    let after = wanted.after.unwrap_or_default();
    let mut searched = Searched { last: after, ..Searched::default() };
    for id in &wanted.again {
        if let Some(exchange) = archive.exchange(*id)? {
            searched.take(&exchange, &wanted.text);
        }
    }
    let mut steps = 0;
    archive.exchanges_after(after, |exchange| {
        searched.last = exchange.id;
        searched.take(&exchange, &wanted.text);
        steps += 1;
        if steps % STEP != 0 {
            return ControlFlow::Continue(());
        }
        let last = searched.last;
        tell(std::mem::replace(&mut searched, Searched { last, ..Searched::default() }))
    })?;
    let _ = tell(searched);
    Ok(())
}

fn has(exchange: &Exchange, wanted: &str) -> bool {
    let answer = exchange.response.as_ref();
    body_has(&exchange.request_head, &exchange.request_body, wanted)
        || answer.is_some_and(|answer| body_has(&answer.head, &answer.body, wanted))
}

fn body_has(head: &Head, body: &Body, wanted: &str) -> bool {
    if body.kept.is_empty() {
        return false;
    }
    let content = Content::of(head, body, SEARCHED);
    match content.text() {
        Some(found) => found.to_lowercase().contains(wanted),
        // A name or a token inside bytes of another kind.
        None => content.bytes.windows(wanted.len().max(1)).any(|part| part.eq_ignore_ascii_case(wanted.as_bytes())),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::sync::Arc;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use crate::model::{ConnectionId, Response, Timestamp};
    use crate::store::{Item, Writer};

    fn exchange(id: u64, head: &str, request: &[u8], answer: &[u8]) -> Exchange {
        let body = |bytes: &[u8]| Body { kept: bytes.to_vec().into(), seen: bytes.len() as u64, ..Body::default() };
        let raw = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n");
        Exchange {
            method: "POST".into(),
            url: "https://a.test/".into(),
            request_head: Head { version: "HTTP/1.1".into(), ..Head::default() },
            request_body: body(request),
            response: Some(Response {
                status: 200,
                head: Head { version: "HTTP/1.1".into(), raw: raw.into_bytes().into() },
                body: body(answer),
            }),
            ..Exchange::new(ExchangeId(id), ConnectionId(1), Timestamp::from_unix(0))
        }
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn texts_are_found_decoded_in_any_case_and_in_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s.tlscope");
        let writer = Writer::create(&path, 1 << 20, &[]).unwrap();
        let gzipped = gzip(b"{\"Access_TOKEN\":1}");
        for exchange in [
            exchange(1, "A: b", b"nothing", b"here"),
            exchange(2, "A: b", b"the access_token=x", b""),
            exchange(3, "Content-Encoding: gzip", b"", &gzipped),
            exchange(4, "A: b", b"", b"\x00\x01ACCESS_token\xff\xfe\x00"),
            exchange(5, "X: access_token", b"", b"only a head has it"),
        ] {
            writer.offer(Item::Exchange(Arc::new(exchange)));
        }
        writer.finish();
        let archive = Archive::open(&path).unwrap();
        let wanted = |after| Wanted { text: "access_token".into(), after, again: vec![ExchangeId(2)] };
        let mut told = Vec::new();
        let tell = |searched| {
            told.push(searched);
            ControlFlow::Continue(())
        };
        search_bodies(&archive, &wanted(None), tell).unwrap();
        let expected = HashSet::from([ExchangeId(2), ExchangeId(3), ExchangeId(4)]);
        let unfinished = vec![ExchangeId(1), ExchangeId(5)];
        assert_eq!(told, [Searched { last: ExchangeId(5), found: expected, unfinished }]);
        let mut later = Vec::new();
        search_bodies(&archive, &wanted(Some(ExchangeId(3))), |searched| {
            later.push(searched);
            ControlFlow::Break(())
        })
        .unwrap();
        assert_eq!(later[0].found, HashSet::from([ExchangeId(2), ExchangeId(4)]));
    }
}
