//! A server that was checked again: what is still wrong, what is new, what is mended.

use ratatui::text::Line;

use super::findings::{finding_lines, trust_lines};
use super::heading;
use crate::check::{Checked, Reach};
use crate::explain;
use crate::model::{Finding, Severity};
use crate::session::Detail;
use crate::tui::style::Look;

/// Its lines, none wider than `columns`; `before` is the row that it was asked from.
pub(in crate::tui) fn lines(again: &[Checked], before: &Detail, look: Look, columns: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for checked in again {
        lines.extend(one(checked, before, look, columns));
    }
    if lines.is_empty() {
        lines.push(Line::from(Look::plain("nothing was checked")));
    }
    lines
}

fn one(checked: &Checked, before: &Detail, look: Look, columns: usize) -> Vec<Line<'static>> {
    let target = checked.target.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut address = checked.address.map(|address| format!(", at {address}")).unwrap_or_default();
    address.extend(checked.via.as_ref().map(|via| format!(", through {}", via.words())));
    let mut lines = vec![heading(&format!("{target}{address}"), look)];
    if checked.reach == Reach::Failed {
        lines.push(Line::from(Look::span("no handshake", look.severity(Severity::Fatal))));
    }
    let same = |a: &Finding, b: &Finding| a.id == b.id && a.subject.sha256 == b.subject.sha256;
    let known: Vec<&Finding> = before.report.as_ref().map_or(Vec::new(), |report| {
        report.findings.iter().filter(|finding| finding.severity > Severity::Info).collect()
    });
    let now: Vec<&Finding> =
        checked.report.findings.iter().filter(|finding| finding.severity > Severity::Info).collect();
    // Of a server that cannot be reached nothing can be said to be mended.
    let is_reached = checked.reach == Reach::Connected;
    let is_gone = |known: &&&Finding| is_reached && !now.iter().any(|now| now.id == known.id);
    for finding in known.iter().filter(is_gone) {
        let words = format!("✓ mended: {}  {}", finding.id, explain::page(finding.id).title);
        lines.extend(Look::paragraph(&words, 0, columns, look.good()));
    }
    if now.is_empty() && checked.reach != Reach::Failed {
        lines.push(Line::from(Look::span("✓ no defect now", look.good())));
    }
    let (new, still): (Vec<&Finding>, Vec<&Finding>) =
        now.into_iter().partition(|finding| !known.iter().any(|known| same(known, finding)));
    for (title, findings) in [("still wrong", still), ("new", new)] {
        if !findings.is_empty() {
            lines.push(Line::default());
            lines.push(heading(title, look));
        }
        lines.extend(findings.into_iter().flat_map(|finding| finding_lines(finding, look, columns)));
    }
    lines.extend(trust_lines(&checked.report, look));
    lines
}
