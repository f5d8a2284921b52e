//! What is where on the screen, for the mouse.

use ratatui::layout::Position;

use super::{areas, tab_labels, tab_title, table, traffic};
use crate::text;
use crate::tui::board::View;
use crate::tui::column::Column;
use crate::tui::panes::Pane;
use crate::tui::state::State;

/// Something that can be clicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tui) enum Spot {
    /// The name of a column.
    Head(Column),
    /// A row, counted from the first that is shown.
    Row(usize),
    /// The name of a pane.
    Pane(Pane),
    /// The name of a view.
    View(View),
    /// The detail.
    Detail,
}

/// Whether a place is in the list.
pub(in crate::tui) fn is_in_list(state: &State, at: Position) -> bool {
    areas(state).list.contains(at)
}

/// What is at a place.
pub(in crate::tui) fn spot(state: &State, at: Position) -> Option<Spot> {
    let areas = areas(state);
    if areas.list.contains(at) {
        return match at.y - areas.list.y {
            0 => None,
            1 if state.view == View::Traffic => head(state, at),
            1 => None,
            row => Some(Spot::Row(usize::from(row) - 2)),
        };
    }
    if !areas.detail.contains(at) {
        return None;
    }
    if at.y > areas.detail.y {
        Some(Spot::Detail)
    } else {
        tab(state, usize::from(at.x), usize::from(areas.detail.width))
    }
}

fn head(state: &State, at: Position) -> Option<Spot> {
    let list = areas(state).list;
    let columns = traffic::columns(state, list.width);
    let rooms = table::rooms(list, &columns.iter().map(|(_, column)| column.width).collect::<Vec<_>>());
    let hit = rooms.iter().position(|room| (room.x..room.x + room.width).contains(&at.x))?;
    columns.get(hit).map(|(column, _)| Spot::Head(*column))
}

fn tab(state: &State, x: usize, columns: usize) -> Option<Spot> {
    let mut from = 1 + text::width(&tab_title(state, columns));
    for (spot, label, is_chosen) in tab_labels(state, columns) {
        let width = text::width(&label) + if is_chosen { 2 } else { 0 };
        if (from..from + width).contains(&x) {
            return Some(spot);
        }
        from += width + 1;
    }
    None
}
