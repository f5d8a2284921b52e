//! From the state to a frame. Draws only the rows and lines that are in their windows.

mod bars;
mod board;
mod overlay;
mod table;
mod traffic;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Borders, Paragraph};

use super::board::View;
use super::panes::Pane;
use super::state::{Focus, Overlay, State, Typing};
use super::style::Look;
use crate::text;

/// Where things are.
struct Areas {
    header: Rect,
    list: Rect,
    detail: Rect,
    footer: Rect,
}

fn areas(state: &State) -> Areas {
    let whole = Rect::new(0, 0, state.size.width, state.size.height);
    let [header, middle, footer] =
        Layout::vertical([Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1)]).areas(whole);
    let list_share = match state.focus {
        Focus::List => Constraint::Percentage(55),
        Focus::Detail { whole: false } => Constraint::Percentage(35),
        Focus::Detail { whole: true } => Constraint::Length(0),
    };
    let [list, detail] = Layout::vertical([list_share, Constraint::Fill(1)]).areas(middle);
    Areas { header, list, detail, footer }
}

/// How many rows of the list and lines of the detail there is room for.
pub(super) fn windows(state: &State) -> (usize, usize) {
    let areas = areas(state);
    // The list has a border above, and a line for its columns.
    let list = areas.list.height.saturating_sub(2);
    let detail = areas.detail.height.saturating_sub(1);
    (usize::from(list), usize::from(detail))
}

/// The columns there are for a pane's text.
pub(super) fn pane_columns(state: &State) -> usize {
    usize::from(state.size.width.saturating_sub(2)).max(10)
}

/// Draws everything.
pub(super) fn draw(frame: &mut Frame<'_>, state: &State) {
    // The window has changed since the state was made ready: the next frame is for it.
    if frame.area().as_size() != state.size {
        return;
    }
    let areas = areas(state);
    bars::header(frame, areas.header, state);
    if areas.list.height > 0 {
        match state.view {
            View::Traffic => traffic::draw(frame, areas.list, state),
            View::Hosts | View::Devices | View::Certificates => board::draw(frame, areas.list, state),
        }
    }
    detail(frame, areas.detail, state);
    bars::footer(frame, areas.footer, state);
    if let Some(Typing::Command(input, chosen)) = &state.typing {
        overlay::palette(frame, state, input.value(), *chosen);
    }
    match state.overlay {
        Overlay::None => {}
        Overlay::Help => overlay::help(frame, state),
        Overlay::Setup => overlay::setup(frame, state),
        Overlay::Copy => overlay::copy(frame, state),
    }
}

fn detail(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let block = Block::new().borders(Borders::TOP).border_type(border_of(state.focus != Focus::List));
    let block = block.title_top(tabs(state, usize::from(area.width)));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let room = usize::from(inner.height);
    let lines: Vec<Line<'_>> = match &state.laid.detail {
        _ if state.view != View::Traffic => state.group_lines.iter().skip(state.scroll).take(room).cloned().collect(),
        Some(_) => state.laid.lines.iter().skip(state.scroll).take(room).cloned().collect(),
        None if state.selected.is_some() => vec![Line::from(Look::dim("looking it up in the session file …"))],
        None => bars::lessons(state),
    };
    frame.render_widget(Paragraph::new(lines), inner);
}

fn border_of(has_focus: bool) -> BorderType {
    if has_focus { BorderType::Thick } else { BorderType::Plain }
}

/// The views, under a board.
fn views(state: &State) -> Line<'static> {
    let mut spans = vec![Look::plain(" ")];
    for view in View::ALL {
        let name = view.name();
        let (key, rest) = name.split_at_checked(1).unwrap_or((name, ""));
        let label = format!("{key} {key}{rest}");
        if view == state.view {
            spans.push(Look::span(&format!("[{label}]"), state.look.accent()));
        } else {
            spans.push(Look::dim(&label));
        }
        spans.push(Look::plain("  "));
    }
    Line::from(spans)
}

/// The name of the selected row, and the panes.
fn tabs(state: &State, columns: usize) -> Line<'static> {
    if state.view != View::Traffic {
        return views(state);
    }
    let mut spans = vec![Look::plain(" ")];
    let short = columns < 70;
    if !short {
        let host = state.shown.iter().find(|shown| shown.is_selected).and_then(|shown| shown.line.as_ref());
        let host = host.map_or(String::new(), |line| format!("{} ─ ", text::elide_middle(&line.host, columns - 60)));
        spans.push(Look::bold(&host));
    }
    for (at, pane) in Pane::ALL.into_iter().enumerate() {
        let name = if short && pane != state.pane { String::new() } else { format!(" {}", pane.name()) };
        let label = format!("{}{name}", at + 1);
        if pane == state.pane {
            spans.push(Look::span(&format!("[{label}]"), state.look.accent()));
        } else {
            spans.push(Look::dim(&label));
        }
        spans.push(Look::plain(" "));
    }
    Line::from(spans)
}
