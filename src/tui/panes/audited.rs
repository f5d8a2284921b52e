//! What is to be said about one client of an audit at one host: what it took and should not have, and all the rest.

use ratatui::style::Style;
use ratatui::text::Line;

use super::heading;
use crate::diagnosis::audit::{Cell, Row, Standing, Told};
use crate::explain;
use crate::model::{ClientOutcome, Refusal, Severity};
use crate::tui::style::Look;

/// Its lines, none wider than `columns`.
pub(in crate::tui) fn lines(row: &Row, look: Look, columns: usize) -> Vec<Line<'static>> {
    let mut lines = standing(row, look, columns);
    let mut taken: Vec<&Cell> = row.cells.iter().filter(|cell| cell.told.is_taken()).collect();
    taken.sort_by_key(|cell| std::cmp::Reverse(cell.identity.severity));
    if !taken.is_empty() {
        lines.extend([Line::default(), heading("took, and should not have", look)]);
        lines.extend(taken.iter().flat_map(|cell| wrongly_taken(cell, look, columns)));
    }
    for (told, title) in
        [(Told::Refused, "refused"), (Told::Untold, "tells nothing, or not yet"), (Told::NotShown, "to come")]
    {
        lines.extend(others(row, told, title, look, columns));
    }
    lines
}

/// What was said of nobody's audit yet.
pub(in crate::tui) fn without(has_plan: bool, look: Look, columns: usize) -> Vec<Line<'static>> {
    let words = if has_plan {
        "No client has come yet. Use the app: each of its connections to the hosts that were named is shown another \
         certificate that is wrong on purpose. `s` shows how to point a device here."
    } else {
        "This run is no audit. `tlscope audit --host HOST` shows an app certificates that are wrong on purpose, and tells \
         which of them it takes."
    };
    Look::paragraph(words, 0, columns, look.accent())
}

fn standing(row: &Row, look: Look, columns: usize) -> Vec<Line<'static>> {
    let words = match &row.standing {
        Standing::Sound => {
            let words = format!("✓ takes the control, with which nothing is wrong ({} times)", row.controls);
            return Look::paragraph(&words, 0, columns, look.good());
        }
        Standing::NeverTook { why, how } => {
            format!("! never took the control, with which nothing is wrong{}", because(why.as_ref(), how.as_ref()))
        }
        Standing::TookNoMore { why, how } => {
            format!("! does not take the control any more{}", because(why.as_ref(), how.as_ref()))
        }
    };
    Look::paragraph(&words, 0, columns, look.severity(Severity::Warning))
}

fn because(why: Option<&Refusal>, how: Option<&ClientOutcome>) -> String {
    let why = why.map(explain::refusal_words);
    why.or_else(|| how.map(explain::client_outcome_words)).map(|words| format!(": {words}")).unwrap_or_default()
}

fn wrongly_taken(cell: &Cell, look: Look, columns: usize) -> Vec<Line<'static>> {
    let identity = &cell.identity;
    let severity = identity.severity.unwrap_or(Severity::Info);
    let often = match cell.told {
        Told::Flaky => format!("; taken {} times, refused {}", cell.accepted, cell.refused),
        _ => String::new(),
    };
    let words = format!("{} {}  {}{often}", severity.glyph(), identity.name, identity.about);
    let mut lines = Look::paragraph(&words, 0, columns, look.severity(severity));
    lines.extend(Look::paragraph(&identity.risk, 2, columns, Style::new()));
    if identity.usual {
        lines.extend(Look::paragraph(
            "Many clients take this that are right in everything else.",
            2,
            columns,
            Style::new(),
        ));
    }
    for sent in &cell.sent {
        lines.extend(Look::paragraph(&format!("it sent: {sent}"), 2, columns, look.accent()));
    }
    lines
}

/// The identities that came to this, each with how.
fn others(row: &Row, told: Told, title: &str, look: Look, columns: usize) -> Vec<Line<'static>> {
    let cells: Vec<&Cell> = row.told(told).collect();
    if cells.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![Line::default(), heading(&format!("{title} ({})", cells.len()), look)];
    for cell in cells {
        let how = cell.how.as_ref().map_or_else(|| cell.identity.about.clone(), explain::client_outcome_words);
        lines.extend(Look::labelled(&cell.identity.name, &how, columns));
    }
    lines
}
