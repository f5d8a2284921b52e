//! Messages of a WebSocket, or bytes of a protocol that tlscope does not read, as a conversation: what
//! the client said on the left, what the server said further right.

use std::sync::Arc;

use ratatui::text::{Line, Span};

use super::body::{SHOWN_LINES, hex_lines, text_lines};
use crate::codec::{Kind, kind_of, pretty};
use crate::model::{Direction, Message, MessageKind};
use crate::text;
use crate::tui::style::Look;

/// How far right the server speaks, where there is room.
const INDENT: usize = 8;

/// A conversation, as far as it is in memory; the newest of a long one.
pub(super) fn lines(messages: &[Arc<Message>], look: Look, columns: usize) -> Vec<Line<'static>> {
    let mut newest: Vec<Vec<Line<'static>>> = Vec::new();
    let mut count = 0;
    for message in messages.iter().rev() {
        if count >= SHOWN_LINES {
            newest.push(vec![Line::from(Look::dim("… earlier messages are in the session file"))]);
            break;
        }
        let lines = one_message(message, look, columns);
        count += lines.len();
        newest.push(lines);
    }
    newest.into_iter().rev().flatten().collect()
}

fn one_message(message: &Message, look: Look, columns: usize) -> Vec<Line<'static>> {
    let (arrow, style, indent) = match message.direction {
        Direction::Up => ("→", look.accent(), 0),
        Direction::Down => ("←", look.good(), if columns >= 60 { INDENT } else { 0 }),
    };
    let columns = columns.saturating_sub(indent);
    let head = format!("{arrow} {} {} {} bytes", message.at.clock(), kind_word(message.kind), message.seen);
    let mut lines = vec![Line::from(Look::span(&text::elide(&head, columns), style))];
    match str::from_utf8(&message.kept) {
        Ok(found) if message.kind != MessageKind::Raw || is_readable(found) => lines.extend(said(found, columns)),
        _ => lines.extend(hex_lines(&message.kept, columns)),
    }
    for line in &mut lines {
        line.spans.insert(0, Span::raw(" ".repeat(indent)));
    }
    lines
}

/// Text, laid out where it is JSON.
fn said(found: &str, columns: usize) -> Vec<Line<'static>> {
    let kind = kind_of("", Some(found));
    if kind == Kind::Json { text_lines(&pretty(kind, found), columns) } else { text_lines(found, columns) }
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
