//! Help and setup, over the rest.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Clear, Paragraph};

use crate::tui::copying::Copied;
use crate::tui::keymap::{FILTER_HELP, HELP, commands};
use crate::tui::state::State;
use crate::tui::style::Look;

pub(super) fn help(frame: &mut Frame<'_>, state: &State) {
    let columns = columns(state);
    let labelled = |entries: &[(&str, &str)]| -> Vec<Line<'static>> {
        entries.iter().flat_map(|(keys, does)| Look::labelled(keys, does, columns)).collect()
    };
    let mut lines = labelled(HELP);
    lines.push(Line::default());
    lines.push(Line::from(Look::bold("filter")));
    lines.extend(labelled(FILTER_HELP));
    over(frame, state, "help", lines);
}

pub(super) fn setup(frame: &mut Frame<'_>, state: &State) {
    let columns = columns(state);
    let entries = state.about.setup.iter();
    let lines = entries.flat_map(|(label, value)| Look::labelled(label, value, columns)).collect();
    over(frame, state, "setup", lines);
}

pub(super) fn copy(frame: &mut Frame<'_>, state: &State) {
    let columns = columns(state);
    let entries = Copied::ALL.iter();
    let lines = entries.flat_map(|(key, _, what)| Look::labelled(&key.to_string(), what, columns)).collect();
    over(frame, state, "copy", lines);
}

/// The commands that fit what is typed, above the line in which it is.
pub(super) fn palette(frame: &mut Frame<'_>, state: &State, typed: &str, chosen: usize) {
    let fitting = commands(typed);
    let lines: Vec<Line<'static>> = fitting
        .iter()
        .enumerate()
        .map(|(at, (name, key, _))| {
            let mut line = Line::from(vec![Look::plain(&format!(" {name:<24}")), Look::dim(&format!("{key} "))]);
            if at == chosen {
                line.style = Style::new().add_modifier(Modifier::REVERSED);
            }
            line
        })
        .collect();
    let height = u16::try_from(lines.len().max(1) + 2).unwrap_or(u16::MAX).min(state.size.height.saturating_sub(1));
    let width = 30.min(state.size.width);
    let top = state.size.height.saturating_sub(1 + height);
    // The chosen one is always in sight.
    let room = usize::from(height.saturating_sub(2)).max(1);
    let skipped = chosen.saturating_sub(room - 1);
    let lines: Vec<Line<'static>> = if lines.is_empty() {
        vec![Line::from(Look::dim(" no such command"))]
    } else {
        lines.into_iter().skip(skipped).take(room).collect()
    };
    let area = Rect { x: 0, y: top, width, height };
    frame.render_widget(Clear, area);
    let block = Block::bordered().border_type(BorderType::Rounded).title_top(Look::bold(" commands "));
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

fn columns(state: &State) -> usize {
    usize::from(state.size.width).saturating_sub(6).clamp(20, 94)
}

fn over(frame: &mut Frame<'_>, state: &State, title: &str, lines: Vec<Line<'static>>) {
    let width = u16::try_from(columns(state) + 4).unwrap_or(u16::MAX).min(state.size.width);
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX).min(state.size.height);
    let area = Rect { x: (state.size.width - width) / 2, y: (state.size.height - height) / 2, width, height };
    let block = Block::bordered().border_type(BorderType::Rounded);
    let block = block.title_top(Look::bold(&format!(" {title} "))).title_bottom(Look::dim(" any key closes this "));
    frame.render_widget(Clear, area);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    frame.render_widget(Paragraph::new(lines), inner);
}
