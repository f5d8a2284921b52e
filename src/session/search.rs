//! Looking for a text in the bodies of a session.

use std::collections::HashSet;
use std::ops::ControlFlow;

use crate::codec::{decode, text_of};
use crate::model::{Body, Exchange, ExchangeId, Head};
use crate::store::{Archive, StoreError};
use crate::text;

/// More of a body, decoded, is not searched.
const SEARCHED: usize = 8 << 20;

/// So many exchanges are searched between two words of progress.
const STEP: u64 = 256;

/// How a search stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Searched {
    /// The last exchange that was looked at.
    pub last: ExchangeId,
    /// In which of those looked at since the word before the text was found.
    pub found: HashSet<ExchangeId>,
}

/// Looks for `wanted`, in lower case, in the bodies of all exchanges behind `after`. Tells how far it
/// is now and then, and at the end, until `tell` says that nobody wants to know any more.
///
/// # Errors
/// [`StoreError`] when the file cannot be read.
pub fn search_bodies(
    archive: &Archive,
    wanted: &str,
    after: ExchangeId,
    mut tell: impl FnMut(Searched) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    let mut searched = Searched { last: after, found: HashSet::new() };
    let mut steps = 0;
    archive.exchanges_after(after, |exchange| {
        searched.last = exchange.id;
        if has(&exchange, wanted) {
            searched.found.insert(exchange.id);
        }
        steps += 1;
        if steps % STEP != 0 {
            return ControlFlow::Continue(());
        }
        let last = searched.last;
        tell(std::mem::replace(&mut searched, Searched { last, found: HashSet::new() }))
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
    let field = |name: &str| head.field(name).map(|value| text::escape(value).into_owned()).unwrap_or_default();
    let decoded = decode(&body.kept, &field("content-encoding"), SEARCHED);
    match text_of(&decoded.bytes, &field("content-type")) {
        Some(found) => found.to_lowercase().contains(wanted),
        // A name or a token inside bytes of another kind.
        None => decoded.bytes.windows(wanted.len().max(1)).any(|part| part.eq_ignore_ascii_case(wanted.as_bytes())),
    }
}
