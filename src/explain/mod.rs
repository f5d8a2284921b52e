//! From a finding's id to words: what it is, what proves it, why it happens, how to mend it, who
//! refuses it and with which message.
//!
//! Owns the catalogue of pages, one for each id, and everything made of it: the summary line and
//! the fix of a finding, and the pages in docs/findings/; and the words for chains, handshakes and
//! what clients are given that every face uses. The words are for a person with no time:
//! a tester, an app developer, the owner of a server.
//!
//! Must not know how a finding was come by.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod certificate;
mod chain;
mod given;
mod handshake;
mod hello;
mod markdown;
mod page;
mod pages;
mod refusal;
mod setup;
mod template;

pub use certificate::certificate_text;
pub use chain::{ChainLine, Role, chain_lines};
pub use given::{bad_upstream_words, given_news, given_words};
pub use handshake::{Labelled, client_lines, client_outcome_words, failure_words, handshake_lines};
pub use hello::{hello_lines, likeness_words};
pub use markdown::{fix_in_general, index_markdown, page_markdown};
pub use page::{Page, page, summary_line};
pub use refusal::refusal_words;
pub use setup::{ca_test_words, setup_words};

use crate::model::Finding;

/// What a finding says in one line, with its evidence.
pub fn summary(finding: &Finding) -> String {
    template::fill(page(finding.id).summary, &finding.evidence)
}

/// What to do about it.
pub fn fix(finding: &Finding) -> String {
    template::fill(page(finding.id).fix, &finding.evidence)
}
