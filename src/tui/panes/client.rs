//! What is to be said about one app of a device at one host: whether it takes our certificate, and why
//! not.

use ratatui::style::Style;
use ratatui::text::Line;

use super::heading;
use crate::explain;
use crate::model::Refusal;
use crate::session::ClientKey;
use crate::tui::board::ShownGroup;
use crate::tui::style::Look;

/// Its lines, none wider than `columns`.
pub(super) fn lines(shown: &ShownGroup, client: &ClientKey, look: Look, columns: usize) -> Vec<Line<'static>> {
    let mut lines = match &shown.refusal {
        Some(refusal) => refusal_lines(refusal, look, columns),
        None if shown.accepted > 0 => vec![Line::from(Look::span("✓ takes our certificate", look.good()))],
        None => vec![Line::from(Look::span("· was not shown our certificate", look.accent()))],
    };
    lines.push(Line::default());
    lines.push(heading("client", look));
    let (looks_like, ja4) =
        shown.client.as_ref().map(|client| (client.looks_like.clone(), client.ja4.to_string())).unwrap_or_default();
    let host = client.host.to_string();
    for (label, value) in [
        ("device", client.device.to_string()),
        ("host", host),
        ("looks like", looks_like.unwrap_or_else(|| "no client that is known".to_owned())),
        ("JA4", ja4),
    ] {
        lines.extend(Look::labelled(label, &value, columns));
    }
    lines
}

/// Why it does not take our certificate, what helps, and what that rests on.
fn refusal_lines(refusal: &Refusal, look: Look, columns: usize) -> Vec<Line<'static>> {
    let finding = refusal.finding();
    let words = format!("{} {}", finding.severity.glyph(), explain::refusal_words(refusal));
    let mut lines = Look::paragraph(&words, 0, columns, look.severity(finding.severity));
    lines.extend(Look::paragraph(&explain::summary(&finding), 2, columns, Style::new()));
    lines.extend(Look::paragraph(explain::page(finding.id).cause, 2, columns, Style::new()));
    lines.extend(Look::paragraph(&format!("Fix: {}", explain::fix(&finding)), 2, columns, Style::new()));
    lines.push(Line::default());
    lines.push(heading("evidence", look));
    for (key, fact) in &refusal.evidence {
        lines.extend(Look::labelled(&key.replace('_', " "), &fact.to_string(), columns));
    }
    lines
}
