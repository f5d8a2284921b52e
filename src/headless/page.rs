//! `explain` on a terminal.

use std::fmt::Write as _;

use super::Paint;
use crate::explain::{fix_in_general, page};
use crate::model::FindingId;

/// Every kind of finding in one line each, by what they are about.
pub fn explain_list(paint: Paint) -> String {
    let mut out = String::new();
    let mut about = None;
    for id in FindingId::ALL {
        if about.replace(id.subject()) != Some(id.subject()) {
            let _ = writeln!(out, "{}{}", if out.is_empty() { "" } else { "\n" }, paint.bold(id.subject().word()));
        }
        let glyph = paint.severity(id.severity(), id.severity().glyph());
        let _ = writeln!(out, "  {glyph} {:<34} {}", id.as_str(), page(*id).title);
    }
    out.push_str("\n`tlscope explain ID` tells more about one.\n");
    out
}

/// Everything there is to say about one kind of finding.
pub fn explain_page(id: FindingId, paint: Paint) -> String {
    let page = page(id);
    let severity = id.severity();
    let mark = paint.severity(severity, &format!("{} {severity}", severity.glyph()));
    let mut out = format!("{}  {mark}  {}\n\n{}.\n", paint.bold(id.as_str()), id.subject().word(), page.title);
    let mut part = |label: &str, text: &str| {
        let _ = write!(out, "\n{}\n{}\n", paint.bold(label), indented(text));
    };
    part("Why", page.cause);
    part("Fix", &fix_in_general(id));
    if !page.refused_by.is_empty() {
        let lines: Vec<String> = page.refused_by.iter().map(|(who, words)| format!("{who}: {words}")).collect();
        part("Refused by", &lines.join("\n"));
    }
    if !page.accepted_by.is_empty() {
        part("Accepted by", page.accepted_by);
    }
    if !page.keys.is_empty() {
        let lines: Vec<String> = page.keys.iter().map(|(key, meaning)| format!("{key}: {meaning}")).collect();
        part("Evidence", &lines.join("\n"));
    }
    part("Source", page.source);
    out
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}
