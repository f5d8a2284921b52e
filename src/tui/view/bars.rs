//! The lines above and below, and what an empty screen teaches.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use tui_input::Input;

use crate::model::Severity;
use crate::text;
use crate::tui::board::View;
use crate::tui::keymap::Action;
use crate::tui::state::{Focus, State, Typing};
use crate::tui::style::Look;

pub(super) fn header(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let totals = state.totals;
    let version =
        if area.width >= 100 { format!(" tlscope {} ", env!("CARGO_PKG_VERSION")) } else { " tlscope ".into() };
    let mut left = vec![Look::bold(&version)];
    let title = text::elide_middle(&text::safe(&state.about.title), usize::from(area.width) / 3).into_owned();
    left.push(Look::plain(&title));
    if let Some(since) = state.about.recording_since {
        let seconds = u64::try_from(state.now.ms_since(since) / 1000).unwrap_or(0);
        let words = if state.is_recording {
            format!("  ● rec {}", text::duration(seconds))
        } else {
            "  ○ not recording".to_owned()
        };
        let severity = if state.is_recording { Severity::Error } else { Severity::Warning };
        let word = Look::span(&words, state.look.severity(severity));
        // That nothing is recorded must be seen on every screen.
        left.insert(if state.is_recording { left.len() } else { 1 }, word);
    }
    if state.about.secrets_logged {
        left.insert(1, Look::span("  ▲ key log ", state.look.severity(Severity::Warning)));
    }
    let devices = if totals.devices == 1 { "1 device".to_owned() } else { format!("{} devices", totals.devices) };
    left.push(Look::plain(&format!("  {devices}")));
    left.push(Look::plain(&format!("  {} conn", text::count(totals.connections))));
    let mut right = Vec::new();
    for (severity, count) in
        [(Severity::Fatal, totals.fatal), (Severity::Error, totals.error), (Severity::Warning, totals.warning)]
    {
        let words = format!("  {} {} {severity}", severity.glyph(), text::count(count));
        let style = if count > 0 { state.look.severity(severity) } else { Style::new().add_modifier(Modifier::DIM) };
        right.push(Look::span(&words, style));
    }
    let drops = totals.bodies_dropped + totals.records_dropped;
    if drops > 0 {
        right.push(Look::span(&format!("  drops {drops}"), state.look.severity(Severity::Warning)));
    }
    let used = |spans: &[Span<'_>]| spans.iter().map(Span::width).sum::<usize>();
    let room = usize::from(area.width);
    // On a narrow screen what is wrong matters more than what else there is to say.
    let kept = 1 + usize::from(!state.is_recording) + usize::from(state.about.secrets_logged);
    while left.len() > kept && used(&left) + used(&right) >= room {
        left.pop();
    }
    let gap = room.saturating_sub(used(&left) + used(&right) + 1);
    left.push(Look::plain(&" ".repeat(gap)));
    left.extend(right);
    frame.render_widget(Paragraph::new(Line::from(left)), area);
}

pub(super) fn footer(frame: &mut Frame<'_>, area: Rect, state: &State) {
    match (&state.typing, &state.toast) {
        (Some(Typing::Filter(input, fault, _)), _) => typed(frame, area, " filter: ", input, fault.as_ref(), state),
        (Some(Typing::Command(input, _)), _) => typed(frame, area, " : ", input, None, state),
        (Some(Typing::Export(input, false)), _) => typed(frame, area, " write HAR to: ", input, None, state),
        (Some(Typing::Export(input, true)), _) => typed(frame, area, " write marked as HAR to: ", input, None, state),
        (Some(Typing::Note(_, input)), _) => typed(frame, area, " note: ", input, None, state),
        (Some(Typing::Search(input)), _) => typed(frame, area, " look for: ", input, None, state),
        (None, Some(toast)) => {
            frame
                .render_widget(Paragraph::new(Line::from(Look::span(&format!(" {toast}"), state.look.accent()))), area);
        }
        (None, None) => frame.render_widget(Paragraph::new(keys(state, usize::from(area.width))), area),
    }
}

/// What the keys do here, as many as there is room for.
fn keys(state: &State, columns: usize) -> Line<'static> {
    let mut spans = vec![Span::raw(" ")];
    let mut used = 1;
    for (action, does) in keys_here(state).iter().chain(EVERYWHERE) {
        let key = state.settings.keymap.key_for(*action);
        let width = text::width(&key) + text::width(does) + 3;
        if key.is_empty() {
            continue;
        }
        if used + width > columns {
            break;
        }
        used += width;
        spans.extend([Look::bold(&key), Look::plain(" "), Look::dim(does), Look::plain("  ")]);
    }
    Line::from(spans)
}

const EVERYWHERE: &[(Action, &str)] = &[
    (Action::View(View::Setup), "setup"),
    (Action::Export, "export"),
    (Action::Palette, "commands"),
    (Action::Help, "help"),
    (Action::Quit, "quit"),
];

fn keys_here(state: &State) -> &'static [(Action, &'static str)] {
    match (state.focus, state.view) {
        (Focus::List, View::Traffic) => &[
            (Action::Find, "filter"),
            (Action::Turn(1), "pane"),
            (Action::Enter, "open"),
            (Action::Follow, "follow"),
            (Action::Problem(1), "next defect"),
            (Action::View(View::Hosts), "hosts"),
        ],
        (Focus::List, View::Tree) => &[
            (Action::Turn(1), "open"),
            (Action::Turn(-1), "close"),
            (Action::Enter, "its traffic"),
            (Action::View(View::Traffic), "traffic"),
        ],
        (Focus::List, View::Setup) => &[
            (Action::Enter, "into the steps"),
            (Action::View(View::Traffic), "traffic"),
            (Action::View(View::Devices), "devices"),
        ],
        (Focus::List, _) => &[
            (Action::Enter, "its traffic"),
            (Action::Turn(1), "scroll below"),
            (Action::View(View::Traffic), "traffic"),
            (Action::View(View::Hosts), "hosts"),
            (Action::View(View::Devices), "devices"),
            (Action::View(View::Certificates), "certificates"),
        ],
        (Focus::Detail { .. }, _) => &[
            (Action::Back, "back"),
            (Action::Move(1), "scroll"),
            (Action::Turn(1), "pane"),
            (Action::Find, "look for"),
            (Action::Enter, "whole screen"),
            (Action::Copy, "copy"),
        ],
    }
}

/// A line that is being typed: as much of it as there is room for, and what there is to say of it.
fn typed(
    frame: &mut Frame<'_>,
    area: Rect,
    label: &str,
    input: &Input,
    fault: Option<&(usize, String)>,
    state: &State,
) {
    let whole = usize::from(area.width);
    let word = match (fault, &state.toast) {
        (Some((_, why)), _) => {
            Look::span(&format!("  {}", text::elide(why, whole / 2)), state.look.severity(Severity::Error))
        }
        (None, Some(toast)) => Look::span(&format!("  {}", text::elide(toast, whole / 2)), state.look.accent()),
        (None, None) => Look::plain(""),
    };
    let room = whole.saturating_sub(text::width(label) + word.width() + 1).max(1);
    let scroll = input.visual_scroll(room);
    let mut spans = vec![Look::bold(label)];
    spans.extend(in_window(input.value(), (scroll, room), fault.map(|(at, _)| *at), state));
    spans.push(word);
    frame.render_widget(Paragraph::new(Line::from(spans)), area);
    let column = text::width(label) + input.visual_cursor().max(scroll) - scroll;
    let column = u16::try_from(column).unwrap_or(u16::MAX).min(area.width.saturating_sub(1));
    frame.set_cursor_position(Position::new(area.x + column, area.y));
}

/// What of a line stands in its window; the word at a fault stands out.
fn in_window(value: &str, (scroll, room): (usize, usize), fault: Option<usize>, state: &State) -> Vec<Span<'static>> {
    let wrong = state.look.severity(Severity::Error).add_modifier(Modifier::UNDERLINED);
    let end = fault.map(|at| {
        let rest = value.get(at..).unwrap_or_default();
        let word = rest.find([' ', '&', '|', ')']).unwrap_or(rest.len());
        at + word.max(1)
    });
    let is_wrong = |at: usize| fault.is_some_and(|from| at >= from) && end.is_some_and(|end| at < end);
    let mut spans = Vec::new();
    let mut column = 0;
    for (at, c) in value.char_indices() {
        let glyph = c.to_string();
        let width = text::width(&text::safe(&glyph));
        if column >= scroll && column + width <= scroll + room {
            spans.push(Look::span(&glyph, if is_wrong(at) { wrong } else { Style::new() }));
        }
        column += width;
    }
    spans
}

/// What an empty screen teaches: the next step.
pub(super) fn lessons(state: &State) -> Vec<Line<'static>> {
    if state.rows.total > 0 {
        return vec![
            Line::from(Look::plain("No row matches the filter.")),
            Line::from(Look::dim(&format!(
                "{} changes it, {} clears it.",
                state.settings.keymap.key_for(Action::Find),
                state.settings.keymap.key_for(Action::Back)
            ))),
        ];
    }
    if !state.is_live() {
        return vec![Line::from(Look::plain("This session is empty."))];
    }
    let mut lines =
        vec![Line::from(Look::plain("Nothing has come yet. Point a client at this proxy:")), Line::default()];
    let columns = super::pane_columns(state);
    for (label, value) in &state.about.setup {
        lines.extend(Look::labelled(label, value, columns));
    }
    lines.push(Line::default());
    let key = |action| state.settings.keymap.key_for(action);
    let next = format!(
        "{} shows every step and a code for the camera; {} the keys",
        key(Action::View(View::Setup)),
        key(Action::Help)
    );
    lines.extend(Look::paragraph(&next, 0, columns, Style::new().add_modifier(Modifier::DIM)));
    lines
}
