//! A request and its answer, or the conversation of a connection that carried neither.

use ratatui::text::{Line, Span};

use super::body::body_lines;
use super::conversation;
use super::heading;
use crate::model::{Exchange, Head};
use crate::session::Detail;
use crate::text;
use crate::tui::style::Look;

pub(super) fn request_lines(detail: &Detail, look: Look, columns: usize) -> Vec<Line<'static>> {
    let Some(exchange) = &detail.exchange else { return without_requests(detail, look, columns) };
    let mut lines = Look::paragraph(
        &format!("{} {}", exchange.method, text::elide(&exchange.url, LONGEST_VALUE)),
        0,
        columns,
        look.accent(),
    );
    lines.extend(head_lines(&exchange.request_head, columns));
    lines.extend(body_lines(&exchange.request_head, &exchange.request_body, columns));
    lines.extend(changed_lines(exchange, look, columns));
    lines.extend(messages(detail, look, columns));
    lines
}

pub(super) fn response_lines(detail: &Detail, look: Look, columns: usize) -> Vec<Line<'static>> {
    let Some(exchange) = &detail.exchange else { return without_requests(detail, look, columns) };
    let mut lines = Vec::new();
    for early in &exchange.informational {
        lines.extend(head_lines(early, columns));
    }
    match &exchange.response {
        Some(response) => {
            lines.extend(head_lines(&response.head, columns));
            lines.extend(body_lines(&response.head, &response.body, columns));
        }
        None if exchange.is_finished() => lines.push(Line::from(Look::dim("there was no answer"))),
        None => lines.push(Line::from(Look::dim("waiting for the answer …"))),
    }
    if let Some(error) = &exchange.error {
        lines.extend(Look::paragraph(error, 0, columns, look.severity(crate::model::Severity::Error)));
    }
    lines.extend(messages(detail, look, columns));
    lines
}

/// More of a line of a head is not shown; it is in the session file.
const LONGEST_VALUE: usize = 8 << 10;

/// The start line, and each field as it stood on the wire.
fn head_lines(head: &Head, columns: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if !head.line().is_empty() {
        let line = text::safe_bytes(head.line().get(..LONGEST_VALUE).unwrap_or(head.line()));
        lines.extend(text::wrap(&line, columns).iter().map(|part| Line::from(Look::bold(part))));
    }
    for (name, value) in head.fields() {
        let value = value.get(..LONGEST_VALUE).unwrap_or(value);
        lines.extend(field_lines(&text::safe_bytes(name), &text::safe_bytes(value), columns));
    }
    lines
}

fn field_lines(name: &str, value: &str, columns: usize) -> Vec<Line<'static>> {
    let room = columns.saturating_sub(text::width(name) + 2);
    if text::width(value) <= room || room < 16 {
        let value = text::elide(value, room.max(8)).into_owned();
        return vec![Line::from(vec![Look::dim(name), Span::raw(": "), Look::plain(&value)])];
    }
    let mut parts = text::wrap(value, room).into_iter();
    let first = parts.next().unwrap_or_default();
    let mut lines = vec![Line::from(vec![Look::dim(name), Span::raw(": "), Look::plain(&first)])];
    let margin = " ".repeat(text::width(name) + 2);
    lines.extend(parts.map(|part| Line::from(vec![Span::raw(margin.clone()), Look::plain(&part)])));
    lines
}

/// How what was relayed differs from what was received.
fn changed_lines(exchange: &Exchange, look: Look, columns: usize) -> Vec<Line<'static>> {
    if exchange.changed.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![Line::default(), heading("relayed differently", look)];
    for note in &exchange.changed {
        lines.extend(Look::paragraph(note, 2, columns, ratatui::style::Style::new()));
    }
    lines
}

fn messages(detail: &Detail, look: Look, columns: usize) -> Vec<Line<'static>> {
    if detail.messages.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![Line::default(), heading("messages", look)];
    let all = detail.exchange.as_ref().map_or(0, |exchange| exchange.messages);
    let earlier = all.saturating_sub(detail.messages.len() as u64);
    if earlier > 0 {
        lines.push(Line::from(Look::dim(&format!("… {earlier} earlier ones are in the session file"))));
    }
    lines.extend(conversation::lines(&detail.messages, look, columns));
    lines
}

/// A connection without requests.
fn without_requests(detail: &Detail, look: Look, columns: usize) -> Vec<Line<'static>> {
    let traffic = detail.connection.traffic;
    let guess = detail.connection.raw_guess.as_deref().unwrap_or("no protocol that tlscope reads");
    let mut lines = vec![heading("no requests", look)];
    let bytes = format!("{guess}; {} bytes up, {} bytes down", traffic.up, traffic.down);
    lines.extend(Look::paragraph(&bytes, 0, columns, ratatui::style::Style::new()));
    lines.extend(messages(detail, look, columns));
    lines
}
