//! The list.

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Cell;

use super::table::{self, Column};
use crate::model::{FindingId, Severity};
use crate::text;
use crate::tui::state::{Shown, State};
use crate::tui::style::Look;

const COLUMNS: &[Column<Shown>] = &[
    Column { name: "time", width: Constraint::Length(8), from: 60, cell: time },
    Column { name: "device", width: Constraint::Length(15), from: 110, cell: device },
    Column { name: "host", width: Constraint::Fill(3), from: 0, cell: host },
    Column { name: "request", width: Constraint::Fill(3), from: 70, cell: request },
    Column { name: "st", width: Constraint::Length(3), from: 50, cell: status },
    Column { name: "tls", width: Constraint::Length(3), from: 60, cell: tls },
    Column { name: "findings", width: Constraint::Fill(4), from: 0, cell: findings },
    Column { name: "ms", width: Constraint::Length(5), from: 78, cell: took },
    Column { name: "size", width: Constraint::Length(5), from: 78, cell: size },
];

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let rows = state.shown.iter().map(|shown| (shown, shown.is_selected));
    table::draw(frame, area, (state, title(state)), COLUMNS, rows);
}

fn title(state: &State) -> Line<'static> {
    let filter = state.list.filter();
    let mut spans = vec![Look::bold(" traffic ")];
    if filter.is_everything() {
        spans.push(Look::dim(&format!("─ {} rows ", state.rows)));
    } else {
        spans.push(Look::plain("─ filter: "));
        spans.push(Look::span(filter.text(), state.look.accent()));
        spans.push(Look::dim(&format!(" ─ {} of {} rows ", state.list.len(), state.rows)));
    }
    if !state.is_listed {
        spans.push(Look::plain("─ looking … "));
    }
    if state.follow {
        spans.push(Look::span("─ following ", state.look.good()));
    }
    Line::from(spans)
}

fn time(shown: &Shown, _: &State, _: usize) -> Cell<'static> {
    Cell::from(Look::dim(&shown.row.started.clock()))
}

fn device(shown: &Shown, _: &State, columns: usize) -> Cell<'static> {
    let ip = shown.line.as_ref().map(|line| line.device);
    let words = match ip {
        Some(ip) if ip.is_loopback() => "this machine".to_owned(),
        Some(ip) => ip.to_string(),
        None => String::new(),
    };
    Cell::from(Look::plain(&text::elide_middle(&words, columns)))
}

fn host(shown: &Shown, _: &State, columns: usize) -> Cell<'static> {
    let host = shown.line.as_ref().map_or("", |line| &line.host);
    let host = text::safe(host);
    // What a reader would call it stands beside the name, where there is room, never in its place.
    let both = text::unicode_host(&host).map(|unicode| format!("{host} ({})", text::safe(&unicode)));
    match both.filter(|both| text::width(both) <= columns) {
        Some(both) => Cell::from(Look::plain(&both)),
        None => Cell::from(Look::plain(&text::elide_middle(&host, columns))),
    }
}

fn request(shown: &Shown, _: &State, columns: usize) -> Cell<'static> {
    Cell::from(Look::plain(&text::elide_middle(&text::safe(&shown.row.request), columns)))
}

fn status(shown: &Shown, state: &State, _: usize) -> Cell<'static> {
    let style = match shown.row.status {
        400..500 => state.look.severity(Severity::Warning),
        500.. => state.look.severity(Severity::Error),
        _ => Style::new(),
    };
    let words = if shown.row.status == 0 { "-".to_owned() } else { shown.row.status.to_string() };
    Cell::from(Look::span(&words, style))
}

fn tls(shown: &Shown, _: &State, _: usize) -> Cell<'static> {
    let version = shown.line.as_ref().and_then(|line| line.tls).map(|version| version.to_string());
    let version = version.unwrap_or_else(|| "-".to_owned());
    Cell::from(Look::plain(version.strip_prefix("TLS ").unwrap_or(&version)))
}

fn findings(shown: &Shown, state: &State, columns: usize) -> Cell<'static> {
    let Some(line) = &shown.line else { return Cell::default() };
    Cell::from(Line::from(finding_spans(&line.findings, line.judged, state, columns)))
}

/// The worst finding, and how many more there are.
pub(super) fn finding_spans(
    findings: &[(FindingId, Severity)],
    judged: bool,
    state: &State,
    columns: usize,
) -> Vec<Span<'static>> {
    let defects: Vec<_> = findings.iter().filter(|(_, severity)| *severity > Severity::Info).collect();
    match defects.split_first() {
        None if judged => vec![Look::span("✓", state.look.good())],
        None => Vec::new(),
        Some(((id, severity), others)) => {
            let more = if others.is_empty() { String::new() } else { format!(" +{}", others.len()) };
            let room = columns.saturating_sub(text::width(&more) + 2);
            let words = format!("{} {}", severity.glyph(), text::elide(id.as_str(), room));
            vec![Look::span(&words, state.look.severity(*severity)), Look::plain(&more)]
        }
    }
}

fn took(shown: &Shown, _: &State, columns: usize) -> Cell<'static> {
    let words = shown.row.took_ms.map_or("…".to_owned(), |ms| text::milliseconds(f64::from(ms)));
    Cell::from(Look::plain(&right(&words, columns)))
}

fn size(shown: &Shown, _: &State, columns: usize) -> Cell<'static> {
    Cell::from(Look::plain(&right(&text::size(shown.row.size), columns)))
}

fn right(words: &str, columns: usize) -> String {
    format!("{words:>columns$}")
}
