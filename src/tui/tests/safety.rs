//! Hostile bytes, endless ones, and every key at every size.

use std::sync::Arc;

use crossterm::event::KeyCode;

use super::rig::{STARTED, Screen, book, connection, exchange};
use crate::model::{
    ConnectionId, Direction, ExchangeId, Facts, Finding, FindingId, Message as Said, MessageKind, Note, RowId,
};
use crate::text::corpus::{CORPUS, is_raw};
use crate::tui::panes::Pane;

/// Every cell has little in it, and nothing raw.
pub(super) fn assert_safe(screen: &Screen, context: &str) {
    for cell in &screen.terminal.backend().buffer().content {
        let symbol = cell.symbol();
        assert_eq!(symbol.chars().find(|c| is_raw(*c)), None, "{context}: {symbol:?}");
        assert!(symbol.chars().count() <= 10, "{context}: a flood of marks: {symbol:?}");
    }
}

#[test]
fn no_byte_of_a_peer_reaches_the_terminal_raw() {
    for evil in CORPUS {
        let mut book = book();
        let mut hostile = exchange(20, 1, &format!("/{evil}/{evil}"));
        hostile.error = Some((*evil).into());
        hostile.changed = vec![(*evil).into()];
        hostile.method = (*evil).into();
        hostile.request_head.raw =
            format!("GET /{evil} HTTP/1.1\r\nHost: a\r\n{evil}: {evil}\r\n\r\n").into_bytes().into();
        hostile.response.as_mut().unwrap().body.kept = evil.as_bytes().to_vec().into();
        book.fold_exchange(Arc::new(hostile));
        book.fold_note(RowId::Exchange(ExchangeId(20)), Note { marked: true, text: (*evil).into() });
        let mut raw = connection(21, "a.test");
        raw.raw_guess = Some((*evil).into());
        raw.upstream.sni = Some((*evil).into());
        raw.given.as_mut().unwrap().changed = vec![(*evil).into()];
        raw.findings =
            vec![Finding::new(FindingId::NameMismatch, Facts::new().with("asked", *evil).with("presented", *evil))];
        book.fold_connection(Arc::new(raw));
        for kind in [MessageKind::Text, MessageKind::Raw, MessageKind::Close] {
            book.fold_message(Arc::new(Said {
                connection: ConnectionId(21),
                exchange: None,
                at: STARTED,
                direction: Direction::Down,
                kind,
                kept: evil.as_bytes().to_vec().into(),
                seen: 1,
            }));
        }
        let mut screen = Screen::new(120, 40, book, true);
        for _ in 0..2 {
            for pane in '1'..='6' {
                screen.key(KeyCode::Char(pane));
                assert_safe(&screen, &format!("pane {pane}, {evil:?}"));
            }
            screen.key(KeyCode::Up);
        }
        for view in "Thdcst".chars() {
            screen.key(KeyCode::Char(view));
            for _ in 0..3 {
                screen.key(KeyCode::Right);
                screen.key(KeyCode::Down);
            }
            assert_safe(&screen, &format!("view {view}, {evil:?}"));
        }
        for typed in ["/", "a", ":", "x"] {
            screen.keys(typed);
            for c in evil.chars() {
                screen.event(crossterm::event::Event::Paste(c.to_string()));
            }
            assert_safe(&screen, &format!("typing behind {typed}, {evil:?}"));
            screen.key(KeyCode::Esc);
        }
    }
}

#[test]
fn what_is_endless_is_shown_in_part() {
    let mut book = book();
    let mut endless = exchange(30, 1, &format!("/{}", "p".repeat(100_000)));
    let line = vec![b'x'; 300 << 10];
    endless.response.as_mut().unwrap().body.kept = line.into();
    endless.request_head.raw = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "y".repeat(200_000)).into();
    book.fold_exchange(Arc::new(endless));
    for _ in 0..200 {
        book.fold_message(Arc::new(Said {
            connection: ConnectionId(1),
            exchange: Some(ExchangeId(30)),
            at: STARTED,
            direction: Direction::Down,
            kind: MessageKind::Text,
            kept: vec![b'm'; 100_000].into(),
            seen: 100_000,
        }));
    }
    let mut screen = Screen::new(40, 24, book, true);
    for pane in '1'..='6' {
        screen.key(KeyCode::Char(pane));
        assert!(screen.state.laid.lines.len() < 20_000, "pane {pane}: {}", screen.state.laid.lines.len());
    }
}

#[test]
fn no_line_of_a_pane_is_wider_than_its_pane() {
    for columns in [20, 58, 78, 118] {
        let book = book();
        for id in [RowId::Exchange(ExchangeId(2)), RowId::Connection(ConnectionId(4))] {
            let detail = book.detail(id).unwrap();
            for pane in Pane::ALL {
                let look = Screen::new(80, 24, super::rig::book(), true).state.look;
                for line in pane.lines(&detail, look, columns) {
                    assert!(line.width() <= columns.max(25), "{} at {columns}: {line}", pane.name());
                }
            }
        }
    }
}

#[test]
fn the_smallest_screens_and_every_key_are_harmless() {
    for (width, height) in [(1, 1), (2, 3), (10, 4), (60, 16), (300, 100)] {
        let mut screen = Screen::new(width, height, book(), false);
        for c in (' '..='~').filter(|c| *c != 'q') {
            screen.key(KeyCode::Char(c));
            screen.key(KeyCode::Enter);
            screen.key(KeyCode::Esc);
            screen.key(KeyCode::PageDown);
        }
    }
}
