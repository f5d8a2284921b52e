//! What lies over the rest: help, lists to choose from, questions, something to read.

use ratatui::Frame;
use ratatui::layout::{Margin, Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Clear, Paragraph};

use crate::session::Completion;
use crate::text;
use crate::tui::keymap::{COMMANDS, FILTER_HELP, commands};
use crate::tui::menu::Menu;
use crate::tui::state::{Overlay, State, Typing};
use crate::tui::style::Look;

fn help_lines(state: &State) -> Vec<Line<'static>> {
    let columns = columns(state);
    let keymap = &state.settings.keymap;
    let keys = COMMANDS.iter().map(|command| (keymap.keys_of(command), command.does.to_owned()));
    let filter = FILTER_HELP.iter().map(|(term, does)| ((*term).to_owned(), (*does).to_owned()));
    let lines = |entries: &mut dyn Iterator<Item = (String, String)>| -> Vec<Line<'static>> {
        entries.flat_map(|(keys, does)| Look::labelled(&keys, &does, columns)).collect()
    };
    let mut all = lines(&mut keys.into_iter());
    all.push(Line::default());
    all.push(Line::from(Look::bold("filter")));
    all.extend(lines(&mut filter.into_iter()));
    all
}

pub(super) fn help(frame: &mut Frame<'_>, state: &State, from: usize) {
    text(frame, state, "help", &help_lines(state), from);
}

/// How many lines there are to read, less a screenful.
pub(in crate::tui) fn reading_lines(state: &State) -> usize {
    let lines = match &state.overlay {
        Overlay::Help(_) => help_lines(state).len(),
        Overlay::Text(_, lines, _) => lines.len(),
        _ => 0,
    };
    lines.saturating_sub(usize::from(state.size.height.saturating_sub(2))) + 1
}

pub(super) fn text(frame: &mut Frame<'_>, state: &State, title: &str, lines: &[Line<'static>], from: usize) {
    let room = usize::from(state.size.height.saturating_sub(2));
    let more = lines.len().saturating_sub(from + room);
    let bottom = if more > 0 { format!(" {more} more lines below ") } else { " any other key closes this ".to_owned() };
    over(frame, state, (title, &bottom), lines.iter().skip(from).cloned().collect());
}

pub(super) fn menu(frame: &mut Frame<'_>, state: &State, menu: Menu, chosen: usize) {
    let lines = menu_lines(state, menu, chosen);
    let skipped = skipped(state, chosen);
    over(frame, state, (menu.title(), &format!(" {} ", menu.help())), lines.into_iter().skip(skipped).collect());
}

fn menu_lines(state: &State, menu: Menu, chosen: usize) -> Vec<Line<'static>> {
    let columns = columns(state);
    let entries = menu.entries(&state.settings.prefs, state.rows.list.sort());
    let line = |(at, entry): (usize, crate::tui::menu::Entry)| {
        let key = entry.key.map_or(String::new(), |key| format!("{key}  "));
        let words = text::elide(&text::safe(&entry.words), columns.saturating_sub(4)).into_owned();
        let mut line = Line::from(vec![Look::bold(&key), Look::plain(&words)]);
        if at == chosen {
            line.style = Style::new().add_modifier(Modifier::REVERSED);
        }
        line
    };
    entries.into_iter().enumerate().map(line).collect()
}

/// The chosen entry is always in sight.
fn skipped(state: &State, chosen: usize) -> usize {
    let room = usize::from(state.size.height.saturating_sub(2)).max(1);
    chosen.saturating_sub(room - 1)
}

/// The entry that is drawn at a place.
pub(in crate::tui) fn menu_entry_at(state: &State, at: Position) -> Option<usize> {
    let Overlay::Menu(menu, chosen) = state.overlay else { return None };
    let count = menu.entries(&state.settings.prefs, state.rows.list.sort()).len();
    let skipped = skipped(state, chosen);
    let inner = area(state, count - skipped.min(count)).inner(Margin::new(1, 1));
    let entry = skipped + usize::from(at.y.checked_sub(inner.y)?);
    (inner.contains(at) && entry < count).then_some(entry)
}

pub(super) fn clearing(frame: &mut Frame<'_>, state: &State) {
    let rows = text::count(state.rows.total as u64);
    let words = format!(
        "Throw away the {rows} rows recorded so far, here and in the session file? This cannot be undone. \
         What is going on stays."
    );
    let lines = Look::paragraph(&words, 0, columns(state), Style::new());
    over(frame, state, ("clear", " y throws them away, any other key keeps them "), lines);
}

/// The commands that fit what is typed, above the line in which it is.
pub(super) fn palette(frame: &mut Frame<'_>, state: &State, typed: &str, chosen: usize) {
    let keymap = &state.settings.keymap;
    let wide = is_wide(state);
    let line = |command: &crate::tui::keymap::Command| {
        let does = if wide { text::elide(command.does, 40).into_owned() } else { String::new() };
        Line::from(vec![
            Look::plain(&format!(" {:<17}", command.name)),
            Look::dim(&format!("{:<20} ", keymap.keys_of(command))),
            Look::dim(&does),
        ])
    };
    let lines: Vec<Line<'static>> = commands(typed).into_iter().map(line).collect();
    let lines = if lines.is_empty() { vec![Line::from(Look::dim(" no such command"))] } else { lines };
    above_the_footer(frame, state, " commands ", lines, chosen, palette_width(state));
}

/// What a filter being written could go on with.
pub(super) fn completion(frame: &mut Frame<'_>, state: &State, completion: &Completion) {
    if completion.words.is_empty() {
        return;
    }
    let lines: Vec<_> = completion.words.iter().map(|word| Line::from(Look::plain(&format!(" {word}")))).collect();
    above_the_footer(frame, state, " tab ", lines, completion.chosen, completion_width(completion));
}

fn above_the_footer(
    frame: &mut Frame<'_>,
    state: &State,
    title: &str,
    lines: Vec<Line<'static>>,
    chosen: usize,
    width: u16,
) {
    let (area, skipped) = popup(state, lines.len(), chosen, width);
    let room = usize::from(area.height.saturating_sub(2)).max(1);
    let mut lines: Vec<Line<'static>> = lines.into_iter().skip(skipped).take(room).collect();
    if let Some(line) = lines.get_mut(chosen - skipped) {
        line.style = Style::new().add_modifier(Modifier::REVERSED);
    }
    frame.render_widget(Clear, area);
    let block = Block::bordered().border_type(BorderType::Rounded).title_top(Look::bold(title));
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

/// Where a list above the footer stands, and how many of its lines are above its window.
fn popup(state: &State, lines: usize, chosen: usize, width: u16) -> (Rect, usize) {
    let height = u16::try_from(lines + 2).unwrap_or(u16::MAX).min(state.size.height.saturating_sub(1));
    let room = usize::from(height.saturating_sub(2)).max(1);
    let top = state.size.height.saturating_sub(1 + height);
    (Rect { x: 0, y: top, width: width.min(state.size.width), height }, chosen.saturating_sub(room - 1))
}

/// The command, or the word that is offered, that is drawn at a place.
pub(in crate::tui) fn offered_at(state: &State, at: Position) -> Option<usize> {
    let (count, chosen, width) = match &state.typing {
        Some(Typing::Command(input, chosen)) => (commands(input.value()).len(), *chosen, palette_width(state)),
        Some(Typing::Filter(_, _, completion)) => {
            (completion.words.len(), completion.chosen, completion_width(completion))
        }
        _ => return None,
    };
    let (area, skipped) = popup(state, count, chosen, width);
    let inner = area.inner(Margin::new(1, 1));
    let entry = skipped + usize::from(at.y.checked_sub(inner.y)?);
    (inner.contains(at) && entry < count).then_some(entry)
}

fn palette_width(state: &State) -> u16 {
    if is_wide(state) { 84 } else { 42 }
}

/// Whether the palette has room for what commands do.
fn is_wide(state: &State) -> bool {
    state.size.width >= 70
}

fn completion_width(completion: &Completion) -> u16 {
    let widest = completion.words.iter().map(|word| text::width(word)).max().unwrap_or(0);
    u16::try_from(widest + 4).unwrap_or(u16::MAX).max(20)
}

/// How wide the words of what lies over the screen may be.
pub(in crate::tui) fn columns(state: &State) -> usize {
    usize::from(state.size.width).saturating_sub(6).clamp(20, 94)
}

/// In the middle, with room for so many lines.
fn area(state: &State, lines: usize) -> Rect {
    let width = u16::try_from(columns(state) + 4).unwrap_or(u16::MAX).min(state.size.width);
    let height = u16::try_from(lines + 2).unwrap_or(u16::MAX).min(state.size.height);
    Rect { x: (state.size.width - width) / 2, y: (state.size.height - height) / 2, width, height }
}

pub(super) fn over(frame: &mut Frame<'_>, state: &State, (title, bottom): (&str, &str), lines: Vec<Line<'static>>) {
    let area = area(state, lines.len());
    let block = Block::bordered().border_type(BorderType::Rounded);
    let block = block.title_top(Look::bold(&format!(" {title} "))).title_bottom(Look::dim(bottom));
    frame.render_widget(Clear, area);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    frame.render_widget(Paragraph::new(lines), inner);
}
