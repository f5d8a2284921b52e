//! From the state to a frame. Draws only the rows and lines that are in their windows.

mod ascii;
mod asking;
mod audited;
mod bars;
mod board;
mod overlay;
mod spot;
mod table;
mod traffic;
mod tree;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Modifier;
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Borders, Paragraph};

use super::board::View;
use super::panes::Pane;
use super::state::{Focus, Overlay, State, Typing};
use super::style::Look;
use crate::text;

pub(super) use overlay::{columns as overlay_columns, menu_entry_at, offered_at, reading_lines};
pub(super) use spot::{Spot, is_in_list, spot};

/// Where things are.
struct Areas {
    header: Rect,
    notice: Rect,
    list: Rect,
    detail: Rect,
    footer: Rect,
}

fn areas(state: &State) -> Areas {
    let whole = Rect::new(0, 0, state.size.width, state.size.height);
    let heights = [
        Constraint::Length(1),
        // Above the list: what is being typed has its words below.
        Constraint::Length(asking::notice_height(state)),
        Constraint::Fill(1),
        Constraint::Length(1),
    ];
    let [header, notice, middle, footer] = Layout::vertical(heights).areas(whole);
    let list_share = match state.focus {
        // A camera has to see the whole code.
        Focus::List if state.view == View::Setup => Constraint::Percentage(25),
        Focus::List => Constraint::Percentage(55),
        Focus::Detail { whole: false } => Constraint::Percentage(35),
        Focus::Detail { whole: true } => Constraint::Length(0),
    };
    let [list, detail] = Layout::vertical([list_share, Constraint::Fill(1)]).areas(middle);
    Areas { header, notice, list, detail, footer }
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
    asking::notice(frame, areas.notice, state);
    if areas.list.height > 0 {
        match state.view {
            View::Traffic => traffic::draw(frame, areas.list, state),
            View::Tree => tree::draw(frame, areas.list, state),
            View::Audit => audited::draw(frame, areas.list, state),
            View::Hosts | View::Devices | View::Clients | View::Certificates | View::Setup => {
                board::draw(frame, areas.list, state);
            }
        }
    }
    detail(frame, areas.detail, state);
    bars::footer(frame, areas.footer, state);
    match &state.typing {
        Some(Typing::Command(input, chosen)) => overlay::palette(frame, state, input.value(), *chosen),
        Some(Typing::Filter(_, _, completion)) => overlay::completion(frame, state, completion),
        _ => {}
    }
    match &state.overlay {
        Overlay::None => {}
        Overlay::Help(from) => overlay::help(frame, state, *from),
        Overlay::Menu(menu, chosen) => overlay::menu(frame, state, *menu, *chosen),
        Overlay::Clearing => overlay::clearing(frame, state),
        Overlay::Question(question) => asking::question(frame, state, question),
        Overlay::Guests(chosen) => asking::guests(frame, state, *chosen),
        Overlay::Text(title, lines, from) => overlay::text(frame, state, title, lines, *from),
    }
    if state.look.ascii {
        ascii::only(frame.buffer_mut());
    }
}

fn detail(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let block = Block::new().borders(Borders::TOP).border_type(border_of(state.focus != Focus::List));
    let block = block.title_top(tabs(state, usize::from(area.width)));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let room = usize::from(inner.height);
    let window = state.detail_lines().iter().skip(state.scroll).take(room);
    let lines: Vec<Line<'_>> = match &state.laid.detail {
        _ if state.view != View::Traffic => window.map(|line| marked(line, state)).collect(),
        Some(_) => window.map(|line| marked(line, state)).collect(),
        None if state.laid.is_gone => vec![Line::from(Look::dim("the record of this row is not in the session file"))],
        None if state.rows.selected.is_some() => vec![Line::from(Look::dim("looking it up in the session file …"))],
        None => bars::lessons(state),
    };
    frame.render_widget(Paragraph::new(lines), inner);
}

/// Whether a line has the text that is looked for.
pub(super) fn holds(line: &Line<'_>, wanted: &str) -> bool {
    !wanted.is_empty() && line.to_string().to_lowercase().contains(wanted)
}

/// The line, with what is looked for standing out.
fn marked(line: &Line<'static>, state: &State) -> Line<'static> {
    let mut line = line.clone();
    if holds(&line, &state.wanted) {
        line.spans.iter_mut().for_each(|span| span.style = span.style.add_modifier(Modifier::UNDERLINED));
    }
    line
}

fn border_of(has_focus: bool) -> BorderType {
    if has_focus { BorderType::Thick } else { BorderType::Plain }
}

/// What can be chosen at the top of the detail: panes, or under a board the views.
fn tab_labels(state: &State, columns: usize) -> Vec<(Spot, String, bool)> {
    if state.view != View::Traffic {
        let label = |view: View| {
            let key = state.settings.keymap.key_for(super::keymap::Action::View(view));
            let name = if columns < 70 && view != state.view { String::new() } else { format!(" {}", view.name()) };
            (Spot::View(view), format!("{key}{name}"), view == state.view)
        };
        // An audit is a thing of its own runs.
        let is_here = |view: &View| *view != View::Audit || state.about.audit.is_some();
        return View::ALL.into_iter().filter(is_here).map(label).collect();
    }
    let label = |(at, pane): (usize, Pane)| {
        let name = if columns < 70 && pane != state.pane { String::new() } else { format!(" {}", pane.name()) };
        (Spot::Pane(pane), format!("{}{name}", at + 1), pane == state.pane)
    };
    Pane::ALL.into_iter().enumerate().map(label).collect()
}

/// What stands before them: the host of the selected row, where there is room.
fn tab_title(state: &State, columns: usize) -> String {
    if state.view != View::Traffic || columns < 80 {
        return String::new();
    }
    let host = state.rows.selected_shown().and_then(|shown| shown.line.as_ref());
    host.map_or(String::new(), |line| {
        format!("{} ─ ", text::elide_middle(&text::safe(&line.host), columns.saturating_sub(68)))
    })
}

fn tabs(state: &State, columns: usize) -> Line<'static> {
    let mut spans = vec![Look::plain(" "), Look::bold(&tab_title(state, columns))];
    for (_, label, is_chosen) in tab_labels(state, columns) {
        if is_chosen {
            spans.push(Look::span(&format!("[{label}]"), state.look.accent()));
        } else {
            spans.push(Look::dim(&label));
        }
        spans.push(Look::plain(" "));
    }
    if !state.wanted.is_empty() {
        spans.push(Look::span(&format!(" looking for {} ", state.wanted), state.look.accent()));
    }
    Line::from(spans)
}
