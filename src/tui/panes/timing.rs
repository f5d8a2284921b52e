//! Where the time went: a waterfall, step by step.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::heading;
use crate::model::{Connection, Exchange};
use crate::session::Detail;
use crate::text;
use crate::tui::style::Look;

/// Before the bars: the name of the step and how long it took.
const BEFORE: usize = 24;

/// A step: its name, when it began and how long it took, in milliseconds.
struct Step {
    name: &'static str,
    from: f64,
    took: f64,
}

pub(super) fn lines(detail: &Detail, look: Look, columns: usize) -> Vec<Line<'static>> {
    let connection = &detail.connection;
    let mut lines = vec![heading("connection", look)];
    lines.extend(Look::paragraph(&format!("opened {}", connection.opened), 0, columns, Style::new()));
    let mut steps = connecting(connection);
    let ready = steps.last().map_or(0.0, |step| step.from + step.took);
    let Some(exchange) = &detail.exchange else {
        lines.extend(waterfall(&steps, look, columns));
        return lines;
    };
    let began = exchange.started.ms_since(connection.opened) as f64;
    // A request that followed at once belongs to one picture with the connecting before it.
    let is_first = (-50.0..=ready * 2.0 + 100.0).contains(&began);
    if is_first {
        steps.extend(exchanging(exchange, began.max(ready)));
        lines.extend(waterfall(&steps, look, columns));
        return lines;
    }
    lines.extend(waterfall(&steps, look, columns));
    lines.push(Line::default());
    lines.push(heading("exchange", look));
    let started = format!("started {}, {} ms into the connection", exchange.started, text::milliseconds(began));
    lines.extend(Look::paragraph(&started, 0, columns, Style::new()));
    lines.extend(waterfall(&exchanging(exchange, 0.0), look, columns));
    lines
}

fn connecting(connection: &Connection) -> Vec<Step> {
    let timing = connection.upstream.timing;
    let steps = [
        ("DNS", timing.dns_ms),
        ("TCP", timing.tcp_ms),
        ("proxy", timing.proxy_ms),
        ("TLS, server", timing.tls_ms),
        ("TLS, client", connection.client.tls_ms),
    ];
    let mut from = 0.0;
    let mut out = Vec::new();
    for (name, took) in steps {
        if let Some(took) = took {
            out.push(Step { name, from, took });
            from += took;
        }
    }
    out
}

fn exchanging(exchange: &Exchange, start: f64) -> Vec<Step> {
    let timing = exchange.timing;
    let answered = timing.answered_ms.or(timing.finished_ms);
    let sent = timing.sent_ms.unwrap_or(0.0);
    let sent = answered.map_or(sent, |answered| sent.min(answered));
    let mut steps = vec![Step { name: "sending", from: start, took: sent }];
    if let Some(answered) = answered {
        steps.push(Step { name: "waiting", from: start + sent, took: (answered - sent).max(0.0) });
        if let Some(finished) = timing.finished_ms {
            steps.push(Step { name: "receiving", from: start + answered, took: (finished - answered).max(0.0) });
        }
    }
    steps
}

/// A bar for each step on one axis, and the axis below them.
fn waterfall(steps: &[Step], look: Look, columns: usize) -> Vec<Line<'static>> {
    let whole = steps.iter().map(|step| step.from + step.took).fold(0.0, f64::max);
    let room = columns.saturating_sub(BEFORE).min(120);
    let scale = if whole > 0.0 { room as f64 / whole } else { 0.0 };
    let bar = |step: &Step| {
        let from = ((step.from * scale).floor() as usize).min(room.saturating_sub(1));
        let length = ((step.took * scale).round() as usize).clamp(1, room.saturating_sub(from).max(1));
        let took = format!("{:>8} ms ", text::milliseconds(step.took));
        Line::from(vec![
            Look::dim(&text::pad(step.name, 12)),
            Look::plain(&took),
            Span::raw(" ".repeat(from)),
            Look::span(&"━".repeat(length), look.accent()),
        ])
    };
    let mut lines: Vec<Line<'static>> = steps.iter().map(bar).collect();
    if whole > 0.0 && room >= 20 {
        lines.push(Line::from(Look::dim(&axis(whole, room))));
    }
    lines
}

/// Nothing, the half and the whole of the time.
fn axis(whole: f64, room: usize) -> String {
    let end = format!("{} ms", text::milliseconds(whole));
    let middle = text::milliseconds(whole / 2.0);
    let before_middle = (room / 2).saturating_sub(1 + middle.len() / 2);
    let before_end = room.saturating_sub(1 + before_middle + middle.len() + end.len());
    format!("{}0{}{middle}{}{end}", " ".repeat(BEFORE - 1), " ".repeat(before_middle), " ".repeat(before_end))
}
