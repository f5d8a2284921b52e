//! What clients wait for a person to decide: a notice that takes no key, the question itself, and the
//! devices that were decided upon.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Paragraph};

use super::overlay::{columns, over};
use crate::model::{Answer, Guest, Question, QuestionKind, Standing, Timestamp};
use crate::text;
use crate::tui::keymap::Action;
use crate::tui::state::State;
use crate::tui::style::Look;
use crate::tui::update::ANSWERS;

/// How many lines the notice takes; none while nobody waits.
pub(super) fn notice_height(state: &State) -> u16 {
    if state.questions.is_empty() { 0 } else { 3 }
}

/// Says that somebody waits, for what, and which key shows the question.
pub(super) fn notice(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let Some(question) = state.questions.first() else { return };
    let key = state.settings.keymap.key_for(Action::Answer);
    let others = match state.questions.len() - 1 {
        0 => String::new(),
        1 => " · 1 more asks ".to_owned(),
        n => format!(" · {n} more ask "),
    };
    let title = format!(" {} · {} s left ", headline(question), seconds_left(question, state));
    let block = Block::bordered()
        .border_type(BorderType::Thick)
        .border_style(state.look.accent())
        .title_top(Look::span(&title, state.look.accent().add_modifier(Modifier::BOLD)))
        .title_bottom(Look::bold(&format!(" {key} answers {others}")));
    let room = usize::from(area.width.saturating_sub(4));
    let words = text::elide(&text::safe(&in_one_line(question)), room).into_owned();
    frame.render_widget(Paragraph::new(Line::from(Look::plain(&format!(" {words}")))).block(block), area);
}

fn headline(question: &Question) -> &'static str {
    match question.kind {
        QuestionKind::Admit { .. } => "a device asks to be let in",
        QuestionKind::Tunnel { .. } => "an app refuses to be intercepted",
    }
}

fn in_one_line(question: &Question) -> String {
    let client = question.client;
    match &question.kind {
        QuestionKind::Admit { wants, agent } => {
            let agent = agent.as_deref().map(|agent| format!(" · {agent}")).unwrap_or_default();
            format!("{client} · wants {wants}{agent}")
        }
        QuestionKind::Tunnel { target, why } => format!("{client} · {target} · {why}"),
    }
}

fn seconds_left(question: &Question, state: &State) -> u64 {
    left(question.until, state).div_ceil(1000)
}

/// The question, with what there is to know for an answer.
pub(super) fn question(frame: &mut Frame<'_>, state: &State, question: &Question) {
    if !state.is_open(question) {
        let words = "The time is over, or it left: it got the answer that it gets when nobody says anything.";
        let lines = Look::paragraph(words, 0, columns(state), Style::new());
        return over(frame, state, (headline(question), " any key closes this "), lines);
    }
    let columns = columns(state);
    let mut lines: Vec<Line<'static>> = Vec::new();
    for (label, value) in facts(question) {
        lines.extend(Look::labelled(label, &value, columns));
    }
    let left = format!("{} s; then: {}", seconds_left(question, state), without_answer(question));
    lines.extend(Look::labelled("time left", &left, columns));
    lines.push(Line::default());
    for (key, answer) in ANSWERS {
        let words = answer_words(question, answer);
        let mut wrapped = Look::paragraph(words, 4, columns, Style::new());
        if let Some(first) = wrapped.first_mut() {
            *first = Line::from(vec![Look::bold(&format!(" {key}  ")), Look::plain(first.to_string().trim_start())]);
        }
        lines.extend(wrapped);
    }
    over(frame, state, (headline(question), " esc: decide later "), lines);
}

/// Milliseconds until then; none when it is over.
fn left(until: Timestamp, state: &State) -> u64 {
    u64::try_from(until.ms_since(state.now)).unwrap_or(0)
}

fn facts(question: &Question) -> Vec<(&'static str, String)> {
    let mut facts = vec![("device", question.client.to_string())];
    match &question.kind {
        QuestionKind::Admit { wants, agent } => {
            facts.push(("wants", wants.clone()));
            facts.push(("calls itself", agent.clone().unwrap_or_else(|| "nothing".to_owned())));
        }
        QuestionKind::Tunnel { target, why } => {
            facts.push(("host", target.to_string()));
            facts.push(("why", why.clone()));
        }
    }
    facts
}

fn without_answer(question: &Question) -> &'static str {
    match question.kind {
        QuestionKind::Admit { .. } => "not let in, and not asked about for 10 min",
        QuestionKind::Tunnel { .. } => "intercepted as before",
    }
}

fn answer_words(question: &Question, answer: Answer) -> &'static str {
    match (&question.kind, answer) {
        (QuestionKind::Admit { .. }, Answer::Once) => "let it in, as long as this run lasts",
        (QuestionKind::Admit { .. }, Answer::Always) => {
            "always let it in, until it does not come for a month. It is known by its address alone: the \
             network may give that to another device"
        }
        (QuestionKind::Admit { .. }, Answer::Never) => "do not let it in, and do not ask again in this run",
        (QuestionKind::Tunnel { .. }, Answer::Once) => "tunnel this host, as long as this run lasts",
        (QuestionKind::Tunnel { .. }, Answer::Always) => "always tunnel this host: the next runs remember it",
        (QuestionKind::Tunnel { .. }, Answer::Never) => "go on intercepting it: the app fails as before",
    }
}

/// The devices that were decided upon.
pub(super) fn guests(frame: &mut Frame<'_>, state: &State, chosen: usize) {
    let room = usize::from(state.size.height.saturating_sub(2)).max(1);
    let chosen = chosen.min(state.guests.len().saturating_sub(1));
    let line = |(at, guest): (usize, &Guest)| {
        let words = text::elide(&text::safe(&guest_words(guest, state)), columns(state)).into_owned();
        let mut line = Line::from(Look::plain(&words));
        if at == chosen {
            line.style = Style::new().add_modifier(Modifier::REVERSED);
        }
        line
    };
    let lines: Vec<_> = state.guests.iter().enumerate().map(line).skip(chosen.saturating_sub(room - 1)).collect();
    let lines = if lines.is_empty() { vec![Line::from(Look::dim("none any more"))] } else { lines };
    over(frame, state, ("devices elsewhere", " delete forgets: asked about again "), lines);
}

fn guest_words(guest: &Guest, state: &State) -> String {
    let standing = match guest.standing {
        Standing::Remembered { used } => format!("always let in; last came {}", used.day()),
        Standing::ForThisRun => "let in for this run".to_owned(),
        Standing::TurnedAway { until: None } => "not let in, in this run".to_owned(),
        Standing::TurnedAway { until: Some(until) } => {
            let minutes = left(until, state).div_ceil(60_000);
            format!("not let in; nobody answered; asked again in {minutes} min")
        }
    };
    let agent = guest.agent.as_deref().unwrap_or_default();
    format!("{}  {standing}  {agent}", text::pad(&guest.address.to_string(), 15))
}
