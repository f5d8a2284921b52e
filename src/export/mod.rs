//! Writing down what was recorded, for other programs to read.
//!
//! Owns the shapes of every document: the JSON of `check`, the lines of `--events` and
//! `export --format jsonl`, HAR; and leaving secrets out of them. Writers over values, onto any
//! `impl Write`.
//!
//! Must not know the store, must not touch files.

mod certificate;
mod check;
mod connection;
mod exchange;
mod har;
mod har_types;
mod redact;
mod redacted;

pub use certificate::certificate_doc;
pub use check::{CheckTarget, check_document};
pub use connection::{FindingDoc, connection_line, finding_doc, summary_line};
pub use exchange::exchange_line;
pub use har::{HarEntry, HarWriter};
pub use redact::Redaction;
pub use redacted::{redacted_exchange, redacted_message};

use crate::model::{Connection, Finding, Report};

/// The version in every document.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A connection with what was judged about it.
#[derive(Clone, Copy, Debug)]
pub struct Recorded<'a> {
    /// The record.
    pub connection: &'a Connection,
    /// The judge's report; absent while there is none.
    pub report: Option<&'a Report>,
}

impl<'a> Recorded<'a> {
    /// What the proxy noticed and what the judge found, worst first.
    pub fn findings(self) -> Vec<&'a Finding> {
        let judged = self.report.map(|report| report.findings.as_slice()).unwrap_or_default();
        let mut all: Vec<_> = self.connection.findings.iter().chain(judged).collect();
        all.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        all
    }
}
