//! The rows by host and path.

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Cell;

use super::table::{self, Column, Head};
use super::traffic::progress;
use crate::model::Severity;
use crate::text;
use crate::tui::rows::Branch;
use crate::tui::state::State;
use crate::tui::style::Look;

const COLUMNS: &[Column<Branch>] = &[
    Column { name: "host and path", width: Constraint::Fill(1), from: 0, cell: label },
    Column { name: "worst", width: Constraint::Length(9), from: 0, cell: worst },
    Column { name: "rows", width: Constraint::Length(7), from: 0, cell: rows },
    Column { name: "failed", width: Constraint::Length(6), from: 50, cell: failed },
];

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let columns: Vec<_> = COLUMNS.iter().filter(|column| area.width >= column.from).collect();
    let rows = state.rows.tree.shown.iter().map(|branch| (branch, branch.is_selected));
    table::draw(frame, area, (state, Head { title: title(state), sort: None }), &columns, rows);
}

fn title(state: &State) -> Line<'static> {
    let mut spans =
        vec![Look::bold(" tree "), Look::dim(&format!("─ {} branches ", text::count(state.rows.tree.len() as u64)))];
    if !state.rows.list.filter().is_everything() {
        spans.push(Look::plain("─ filter: "));
        spans.push(Look::span(state.rows.list.filter().text(), state.look.accent()));
        spans.push(Look::plain(" "));
    }
    spans.extend(progress(state));
    Line::from(spans)
}

fn label(branch: &Branch, _: &State, columns: usize) -> Cell<'static> {
    let sign = match (branch.has_children, branch.is_open) {
        (false, _) => "  ",
        (true, false) => "▸ ",
        (true, true) => "▾ ",
    };
    let margin = " ".repeat(branch.depth * 2);
    let room = columns.saturating_sub(branch.depth * 2 + 2);
    let label = text::safe(&branch.label).into_owned();
    let label = Look::plain(&text::elide_middle(&label, room));
    Cell::from(Line::from(vec![Span::raw(margin), Span::raw(sign), label]))
}

fn worst(branch: &Branch, state: &State, _: usize) -> Cell<'static> {
    match branch.counts.worst() {
        Some(severity) => {
            let words = format!("{} {severity}", severity.glyph());
            Cell::from(Look::span(&words, state.look.severity(severity)))
        }
        None => Cell::from(Look::span("✓", state.look.good())),
    }
}

fn rows(branch: &Branch, _: &State, columns: usize) -> Cell<'static> {
    Cell::from(Look::plain(&format!("{:>columns$}", branch.counts.rows)))
}

fn failed(branch: &Branch, state: &State, columns: usize) -> Cell<'static> {
    let failed = branch.counts.failed;
    let style = if failed > 0 { state.look.severity(Severity::Error) } else { Style::new() };
    let words = if failed > 0 { failed.to_string() } else { "-".to_owned() };
    Cell::from(Look::span(&format!("{words:>columns$}"), style))
}
