//! Words for what clients are given in place of their server's identity.

use crate::model::{BadUpstream, Given, GivenKind, id_list};

/// What clients meet where a server is bad.
pub fn bad_upstream_words(policy: BadUpstream) -> &'static str {
    match policy {
        BadUpstream::Pass => {
            "clients of a bad server are shown a good certificate: an app's own refusal of a bad one is switched off"
        }
        BadUpstream::Mirror => {
            "clients of a bad server are shown a chain with its defects: an app does what it would do without tlscope"
        }
        BadUpstream::Refuse => "clients of a bad server get a page with its defects, and nothing is sent to the server",
    }
}

/// What a client was given, in a line.
pub fn given_words(kind: GivenKind) -> &'static str {
    match kind {
        GivenKind::Pass => "a good leaf of tlscope's, whatever the server's is like",
        GivenKind::ErrorPage => "a leaf of tlscope's, and a page in the server's place that says why",
        GivenKind::Tunnel => "the server's own bytes: nothing was intercepted",
        GivenKind::Plain => "the server's bytes; no TLS was asked for",
        GivenKind::Portal => "a page of tlscope's own",
        GivenKind::Refused => "nothing: it was refused",
        GivenKind::Mirror => "a chain with the defects of the server's",
        GivenKind::Audit => "a leaf that is wrong on purpose, to see whether it is taken",
    }
}

/// What is worth a line where only what is unusual has one: a bad server behind a good leaf or a mirror, a page in
/// the place of one.
pub fn given_news(given: &Given) -> Option<String> {
    let left_out = (!given.unmirrored.is_empty()).then(|| format!("not mirrored: {}", id_list(&given.unmirrored)));
    let is_mirror = given.kind == GivenKind::Mirror;
    let what = is_mirror.then(|| given_words(given.kind).to_owned());
    let all: Vec<String> = what.into_iter().chain(given.changed.iter().cloned()).chain(left_out).collect();
    (!all.is_empty()).then(|| format!("{}: {}", given.kind.word(), all.join("; ")))
}
