//! A table in the place of the list: the traffic, the tree, or one of the boards.

use std::rc::Rc;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Block, Borders, Cell, Row, Table};

use super::border_of;
use crate::tui::state::{Focus, State};
use crate::tui::style::Look;

/// A column: its name, how wide it is, and from which width of the screen on it is shown. The cell of
/// a row is made for so many columns of the screen.
pub(super) struct Column<T> {
    pub(super) name: &'static str,
    pub(super) width: Constraint,
    pub(super) from: u16,
    pub(super) cell: fn(&T, &State, usize) -> Cell<'static>,
}

/// Where the columns of a table stand.
pub(super) fn rooms(area: Rect, widths: &[Constraint]) -> Rc<[Rect]> {
    Layout::horizontal(widths.iter().copied()).spacing(1).split(area)
}

/// What is drawn above the rows.
pub(super) struct Head {
    pub(super) title: Line<'static>,
    /// The column that the rows are ordered by, and whether the greatest comes first.
    pub(super) sort: Option<(&'static str, bool)>,
}

/// Draws the rows, each with whether it is the selected one.
pub(super) fn draw<'a, T: 'a>(
    frame: &mut Frame<'_>,
    area: Rect,
    (state, head): (&State, Head),
    columns: &[&Column<T>],
    rows: impl Iterator<Item = (&'a T, bool)>,
) {
    let block = Block::new().borders(Borders::TOP).border_type(border_of(state.focus == Focus::List));
    let block = block.title_top(head.title);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let widths: Vec<Constraint> = columns.iter().map(|column| column.width).collect();
    let measured = rooms(inner, &widths);
    let room = |at: usize| measured.get(at).map_or(0, |area| usize::from(area.width));
    let rows = rows.map(|(row, is_selected)| {
        let cells = columns.iter().enumerate().map(|(at, column)| (column.cell)(row, state, room(at)));
        let style = if is_selected { Style::new().add_modifier(Modifier::REVERSED) } else { Style::new() };
        Row::new(cells).style(style)
    });
    let names = columns.iter().map(|column| {
        let arrow = match head.sort {
            Some((name, descending)) if name == column.name => {
                if descending {
                    "↓"
                } else {
                    "↑"
                }
            }
            _ => "",
        };
        Cell::from(Look::dim(&format!("{}{arrow}", column.name)))
    });
    frame.render_widget(Table::new(rows, widths).column_spacing(1).header(Row::new(names)), inner);
}
