//! An audit as a table: a row for each client and host.

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Cell;

use super::table::{self, Column, Head};
use crate::diagnosis::audit::{Standing, Told};
use crate::model::Severity;
use crate::text;
use crate::tui::audited::{ShownRow, count, worst};
use crate::tui::state::State;
use crate::tui::style::Look;

const COLUMNS: &[Column<ShownRow>] = &[
    Column { name: "client", width: Constraint::Fill(3), from: 0, cell: client },
    Column { name: "host", width: Constraint::Fill(3), from: 0, cell: host },
    Column { name: "took", width: Constraint::Length(5), from: 0, cell: took },
    Column { name: "refused", width: Constraint::Length(7), from: 50, cell: refused },
    Column { name: "untold", width: Constraint::Length(6), from: 100, cell: untold },
    Column { name: "to come", width: Constraint::Length(7), from: 90, cell: to_come },
    Column { name: "took, and should not have", width: Constraint::Fill(5), from: 0, cell: verdict },
];

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let rows = state.audited.shown.iter().map(|shown| (shown, shown.is_selected));
    let columns: Vec<_> = COLUMNS.iter().filter(|column| area.width >= column.from).collect();
    table::draw(frame, area, (state, Head { title: title(state), sort: None }), &columns, rows);
}

fn title(state: &State) -> Line<'static> {
    let name = Look::bold(&format!(" {} ", state.view.name()));
    let Some(plan) = &state.about.audit else { return Line::from(name) };
    let defects = plan.identities.iter().filter(|identity| !identity.is_control()).count();
    let words = format!("─ {} · {defects} defects to be shown to each ", text::count(state.audited.len() as u64));
    Line::from(vec![name, Look::dim(&words)])
}

fn client(shown: &ShownRow, _: &State, columns: usize) -> Cell<'static> {
    let device = shown.row.device;
    let device = if device.is_loopback() { "this machine".to_owned() } else { device.to_string() };
    // The app says more than the device, which is often the same for all.
    let words = format!("{}  {device}", text::safe(&shown.row.app));
    Cell::from(Look::plain(&text::elide(&words, columns)))
}

fn host(shown: &ShownRow, _: &State, columns: usize) -> Cell<'static> {
    Cell::from(Look::plain(&text::elide_middle(&text::safe(&shown.row.host), columns)))
}

fn number(n: usize, columns: usize, style: Style) -> Cell<'static> {
    let words = if n > 0 { n.to_string() } else { "-".to_owned() };
    Cell::from(Look::span(&format!("{words:>columns$}"), style))
}

/// How many it took and should not have.
fn took(shown: &ShownRow, state: &State, columns: usize) -> Cell<'static> {
    let style = worst(&shown.row).map_or_else(Style::new, |severity| state.look.severity(severity));
    number(count(&shown.row, &[Told::Accepted, Told::Flaky]), columns, style)
}

fn refused(shown: &ShownRow, _: &State, columns: usize) -> Cell<'static> {
    number(count(&shown.row, &[Told::Refused]), columns, Style::new())
}

fn untold(shown: &ShownRow, _: &State, columns: usize) -> Cell<'static> {
    number(count(&shown.row, &[Told::Untold]), columns, Style::new())
}

fn to_come(shown: &ShownRow, _: &State, columns: usize) -> Cell<'static> {
    number(count(&shown.row, &[Told::NotShown]), columns, Style::new())
}

/// What it took, the worst first; or that it refused everything so far; or why nothing can be said.
fn verdict(shown: &ShownRow, state: &State, columns: usize) -> Cell<'static> {
    let row = &shown.row;
    let mut taken: Vec<_> = row.cells.iter().filter(|cell| cell.told.is_taken()).collect();
    taken.sort_by_key(|cell| std::cmp::Reverse(cell.identity.severity));
    let warning = state.look.severity(Severity::Warning);
    let (words, style) = match (worst(row), &row.standing) {
        (Some(severity), _) => {
            let names: Vec<&str> = taken.iter().map(|cell| cell.identity.name.as_str()).collect();
            (format!("{} {}", severity.glyph(), names.join(", ")), state.look.severity(severity))
        }
        (None, Standing::Sound) => ("✓ nothing so far".to_owned(), state.look.good()),
        (None, Standing::NeverTook { why: None, how: None }) => ("· the control comes first".to_owned(), Style::new()),
        (None, Standing::NeverTook { .. }) => ("! refuses the control: nothing can be said".to_owned(), warning),
        (None, Standing::TookNoMore { .. }) => ("! takes the control no more".to_owned(), warning),
    };
    Cell::from(Look::span(&text::elide(&text::safe(&words), columns), style))
}
