//! Writing down what was recorded, for other programs to read.
//!
//! Owns the shapes of every document: the JSON of `check` and `audit`, the lines of `--events` and
//! `export --format jsonl`, HAR, commands for a shell; and leaving secrets out of them. Writers over values, onto any
//! `impl Write`.
//!
//! Must not know the store, must not touch files.

mod audit;
mod certificate;
mod check;
mod commands;
mod connection;
mod exchange;
mod har;
mod har_types;
mod redact;
mod redacted;
mod sent;

pub use audit::{AuditAbout, audit_document, trial_line};
pub use certificate::certificate_doc;
pub use check::{CheckTarget, check_document};
pub use commands::{curl_command, openssl_command};
pub use connection::{FindingDoc, connection_line, finding_doc, summary_line};
pub use exchange::exchange_line;
pub use har::{HarEntry, HarWriter};
pub use redact::Redaction;
pub use redacted::{redacted_exchange, redacted_message};
pub use sent::{sent_raw, sent_words};

use crate::model::{Connection, Finding, Report};

/// A JSON document as text in which nothing acts on a terminal: DEL, C1 controls and what turns the
/// direction of writing are escaped. JSON itself lets them stand.
pub fn printable(document: &serde_json::Value) -> String {
    let text = document.to_string();
    let acts = |c: char| matches!(c, '\u{7f}'..='\u{9f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if !text.contains(acts) {
        return text;
    }
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        if acts(c) {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
        out
    })
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_escaped_and_means_the_same() {
        let document = serde_json::json!({"a": "\u{9b}31m\u{202e}x\u{7f}", "b": "ü日"});
        let text = printable(&document);
        assert_eq!(text, r#"{"a":"\u009b31m\u202ex\u007f","b":"ü日"}"#);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), document);
    }
}
