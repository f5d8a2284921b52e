//! Bodies and messages as lines.

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use crate::codec::{decode, kind_of, pretty, text_of};
use crate::model::{Body, BodyEnd, Direction, Head, Message, MessageKind};
use crate::text;
use crate::tui::style::Look;

/// More of a body than this is not shown; it is in the session file.
const SHOWN_BYTES: usize = 256 << 10;

/// Nor more lines.
const SHOWN_LINES: usize = 5000;

/// Rows of sixteen bytes that are shown of a body that is no text.
const HEX_ROWS: usize = 256;

pub(super) fn body_lines(head: &Head, body: &Body, columns: usize) -> Vec<Line<'static>> {
    let mut lines = vec![Line::default()];
    let notes = notes(body);
    if !notes.is_empty() {
        lines.push(Line::from(Look::dim(&notes)));
    }
    if body.kept.is_empty() {
        return lines;
    }
    let field = |name: &str| head.field(name).map(|value| text::escape(value).into_owned()).unwrap_or_default();
    let decoded = decode(&body.kept, &field("content-encoding"), SHOWN_BYTES);
    if let Some(why) = &decoded.incomplete {
        lines.push(Line::from(Look::dim(&format!("shown in part: {why}"))));
    }
    let media_type = field("content-type");
    match text_of(&decoded.bytes, &media_type) {
        Some(found) => lines.extend(text_lines(&pretty(kind_of(&media_type, Some(&found)), &found), columns)),
        None => lines.extend(hex_lines(&decoded.bytes, columns)),
    }
    lines
}

fn notes(body: &Body) -> String {
    let mut notes = Vec::new();
    if body.seen > 0 || body.end.is_some() {
        notes.push(format!("{} bytes", body.seen));
    }
    if body.is_truncated() {
        notes.push(format!("{} kept", body.kept.len()));
    }
    match &body.end {
        Some(BodyEnd::Failed(why)) => notes.push(format!("broke off: {why}")),
        Some(BodyEnd::Dropped) => notes.push("its reader stopped before the end".to_owned()),
        Some(BodyEnd::Complete) => {}
        None => notes.push("not at its end yet".to_owned()),
    }
    notes.extend(body.trailers.iter().map(|(name, value)| format!("trailer {name}: {value}")));
    notes.join(", ")
}

fn text_lines(found: &str, columns: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for line in found.lines() {
        let line = text::safe(line);
        lines.extend(text::wrap(&line, columns).iter().map(|part| Line::from(Look::plain(part))));
        if lines.len() >= SHOWN_LINES {
            lines.truncate(SHOWN_LINES);
            lines.push(Line::from(Look::dim("… more is in the session file")));
            break;
        }
    }
    lines
}

fn hex_lines(bytes: &[u8], columns: usize) -> Vec<Line<'static>> {
    // Offset, two spaces, three columns a byte, a space, one column a byte.
    let per_row = match columns {
        77.. => 16,
        41.. => 8,
        _ => 4,
    };
    let rows = bytes.chunks(per_row).take(HEX_ROWS).enumerate();
    let mut lines: Vec<Line<'static>> = rows.map(|(row, chunk)| hex_line(row * per_row, chunk, per_row)).collect();
    if bytes.len() > HEX_ROWS * per_row {
        lines.push(Line::from(Look::dim(&format!("… {} more bytes", bytes.len() - HEX_ROWS * per_row))));
    }
    lines
}

fn hex_line(offset: usize, chunk: &[u8], per_row: usize) -> Line<'static> {
    let hex: String = chunk.iter().map(|byte| format!("{byte:02x} ")).collect();
    let ascii: String =
        chunk.iter().map(|byte| if (0x20..0x7f).contains(byte) { char::from(*byte) } else { '·' }).collect();
    let hex = text::pad(&hex, per_row * 3);
    Line::from(vec![Look::dim(&format!("{offset:06x}  ")), Look::plain(&hex), Span::raw(" "), Look::plain(&ascii)])
}

/// A conversation, as far as it is in memory; the newest of a long one.
pub(super) fn message_lines(messages: &[std::sync::Arc<Message>], columns: usize) -> Vec<Line<'static>> {
    let mut newest: Vec<Vec<Line<'static>>> = Vec::new();
    let mut count = 0;
    for message in messages.iter().rev() {
        if count >= SHOWN_LINES {
            newest.push(vec![Line::from(Look::dim("… earlier messages are in the session file"))]);
            break;
        }
        let lines = one_message(message, columns);
        count += lines.len();
        newest.push(lines);
    }
    newest.into_iter().rev().flatten().collect()
}

fn one_message(message: &Message, columns: usize) -> Vec<Line<'static>> {
    let arrow = match message.direction {
        Direction::Up => "→",
        Direction::Down => "←",
    };
    let head = format!("{arrow} {} {} {} bytes", message.at.clock(), kind_word(message.kind), message.seen);
    let mut lines = vec![Line::from(Look::span(&head, Style::new().add_modifier(Modifier::DIM)))];
    match str::from_utf8(&message.kept) {
        Ok(found) if message.kind != MessageKind::Raw || is_readable(found) => lines.extend(text_lines(found, columns)),
        _ => lines.extend(hex_lines(&message.kept, columns)),
    }
    lines
}

fn is_readable(found: &str) -> bool {
    found.chars().all(|c| !c.is_control() || matches!(c, '\r' | '\n' | '\t'))
}

fn kind_word(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Text => "text",
        MessageKind::Binary => "binary",
        MessageKind::Ping => "ping",
        MessageKind::Pong => "pong",
        MessageKind::Close => "close",
        MessageKind::Raw => "raw",
    }
}
