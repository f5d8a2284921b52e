//! Where the time went, step by step.

use ratatui::text::{Line, Span};

use super::heading;
use crate::model::Connection;
use crate::session::Detail;
use crate::text;
use crate::tui::style::Look;

/// A step: its name, when it began and how long it took, in milliseconds.
struct Step {
    name: &'static str,
    from: f64,
    took: f64,
}

pub(super) fn lines(detail: &Detail, look: Look, columns: usize) -> Vec<Line<'static>> {
    let mut lines = vec![heading("connection", look)];
    let opened = format!("opened {}", detail.connection.opened);
    lines.extend(Look::paragraph(&opened, 0, columns, ratatui::style::Style::new()));
    lines.extend(bars(&connecting(&detail.connection), look, columns));
    let Some(exchange) = &detail.exchange else { return lines };
    lines.push(Line::default());
    lines.push(heading("exchange", look));
    let started = format!("started {}", exchange.started);
    lines.extend(Look::paragraph(&started, 0, columns, ratatui::style::Style::new()));
    let timing = exchange.timing;
    let sent = timing.sent_ms.unwrap_or(0.0);
    let answered = timing.answered_ms.unwrap_or(sent);
    let mut steps = vec![Step { name: "sending", from: 0.0, took: sent.min(answered) }];
    if timing.answered_ms.is_some() {
        steps.push(Step { name: "waiting", from: sent.min(answered), took: (answered - sent).max(0.0) });
    }
    if let Some(finished) = timing.finished_ms {
        steps.push(Step { name: "receiving", from: answered, took: (finished - answered).max(0.0) });
    }
    lines.extend(bars(&steps, look, columns));
    lines
}

fn connecting(connection: &Connection) -> Vec<Step> {
    let timing = connection.upstream.timing;
    let steps = [
        ("DNS", timing.dns_ms),
        ("TCP", timing.tcp_ms),
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

fn bars(steps: &[Step], look: Look, columns: usize) -> Vec<Line<'static>> {
    let whole = steps.iter().map(|step| step.from + step.took).fold(0.0, f64::max);
    let room = columns.saturating_sub(24).min(60) as f64;
    let scale = if whole > 0.0 { room / whole } else { 0.0 };
    let bar = |step: &Step| {
        let from = (step.from * scale).floor() as usize;
        let length = ((step.took * scale).round() as usize).max(1);
        let took = format!("{:>8} ms ", text::milliseconds(step.took));
        Line::from(vec![
            Look::dim(&text::pad(step.name, 12)),
            Look::plain(&took),
            Span::raw(" ".repeat(from)),
            Look::span(&"━".repeat(length.min(room as usize + 1)), look.accent()),
        ])
    };
    steps.iter().map(bar).collect()
}
