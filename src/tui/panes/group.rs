//! What is to be said about a host, a device, a certificate or a branch of the tree.

use ratatui::text::Line;

use super::{client, heading};
use crate::explain;
use crate::model::{Severity, Timestamp};
use crate::session::{ChainFacts, LeafFacts};
use crate::tui::board::{Key, Names, ShownGroup};
use crate::tui::rows::Branch;
use crate::tui::style::Look;

/// Its lines, none wider than `columns`.
pub(in crate::tui) fn lines(shown: &ShownGroup, now: Timestamp, look: Look, columns: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if let Key::Client(client) = &shown.key {
        return client::lines(shown, client, look, columns);
    }
    for (id, severity, times) in &shown.findings {
        let title = explain::page(*id).title;
        let words = format!("{} {id}  {title}; {times} of {}", severity.glyph(), shown.connections);
        let style = if *severity > Severity::Info { look.severity(*severity) } else { look.accent() };
        lines.extend(Look::paragraph(&words, 0, columns, style));
    }
    if shown.findings.is_empty() {
        lines.push(Line::from(Look::span("✓ no defect", look.good())));
    }
    if let Some(leaf) = &shown.leaf {
        lines.push(Line::default());
        lines.push(heading("certificate", look));
        lines.extend(leaf_lines(leaf, columns));
    }
    if matches!(shown.key, Key::Host(_)) {
        lines.extend(changes(shown, now, look, columns));
    } else {
        push_counts(&mut lines, "hosts", &shown.hosts, look, columns);
    }
    if !matches!(shown.key, Key::Device(_)) {
        push_counts(&mut lines, "devices", &shown.devices, look, columns);
    }
    if shown.clients.count > 0 {
        push_counts(&mut lines, "clients look like", &shown.clients, look, columns);
    }
    lines
}

fn leaf_lines(leaf: &LeafFacts, columns: usize) -> Vec<Line<'static>> {
    let fields = [
        ("name", Some(leaf.label.clone())),
        ("issuer", Some(leaf.issuer_name.clone())),
        ("names", Some(leaf.san.clone())),
        ("begins", leaf.not_before.map(|at| at.to_string())),
        ("ends", leaf.not_after.map(|at| at.to_string())),
        ("SHA-256", Some(leaf.sha256.to_string())),
    ];
    let labelled = |(label, value): (&str, Option<String>)| {
        value.filter(|value| !value.is_empty()).map(|value| Look::labelled(label, &value, columns))
    };
    fields.into_iter().filter_map(labelled).flatten().collect()
}

/// What became another when the host sent other certificates, the newest change first.
fn changes(shown: &ShownGroup, now: Timestamp, look: Look, columns: usize) -> Vec<Line<'static>> {
    let Some(chain) = shown.chain.as_ref().filter(|_| !shown.former.is_empty()) else { return Vec::new() };
    let mut lines = vec![Line::default(), heading("what it sends has changed", look)];
    let mut newer = chain;
    for older in shown.former.iter().rev() {
        let words = differences(older, newer, now).join("; ");
        lines.extend(Look::paragraph(&words, 0, columns, look.accent()));
        newer = older;
    }
    lines
}

/// In words, what a person would notice of two chains.
fn differences(older: &ChainFacts, newer: &ChainFacts, now: Timestamp) -> Vec<String> {
    let mut found = Vec::new();
    let (before, after) = (&older.leaf, &newer.leaf);
    if before.sha256 != after.sha256 {
        found.push(format!("another leaf: {} instead of {}", after.sha256.short(), before.sha256.short()));
        found.extend(leaf_differences(before, after, now));
    }
    let names = |these: &ChainFacts, those: &ChainFacts| {
        let others = those.others.iter();
        let missing = others.filter(|(print, _)| !these.others.iter().any(|(own, _)| own == print));
        missing.map(|(_, label)| label.clone()).collect::<Vec<_>>().join(", ")
    };
    let (sent_now, sent_no_more) = (names(older, newer), names(newer, older));
    if !sent_now.is_empty() {
        found.push(format!("sent now: {sent_now}"));
    }
    if !sent_no_more.is_empty() {
        found.push(format!("sent no more: {sent_no_more}"));
    }
    if found.is_empty() {
        found.push("the same certificates in another order".to_owned());
    }
    found
}

fn leaf_differences(older: &LeafFacts, newer: &LeafFacts, now: Timestamp) -> Vec<String> {
    let mut found = Vec::new();
    if older.issuer_name != newer.issuer_name {
        found.push(format!("issued by {} instead of {}", newer.issuer_name, older.issuer_name));
    }
    if older.san != newer.san {
        found.push(format!("for {} instead of {}", newer.san, older.san));
    }
    if older.not_after != newer.not_after {
        let end = |leaf: &LeafFacts| leaf.not_after.map_or_else(|| "?".to_owned(), Timestamp::day);
        let is_over = older.not_after.is_some_and(|at| at.ms_since(now) < 0);
        let over = if is_over { ", which is over" } else { "" };
        found.push(format!("valid until {} instead of {}{over}", end(newer), end(older)));
    }
    found
}

/// What the rows below a branch of the tree come to.
pub(in crate::tui) fn branch_lines(branch: &Branch, look: Look) -> Vec<Line<'static>> {
    let counts = &branch.counts;
    let mut lines = vec![
        heading(&branch.label, look),
        Line::from(Look::plain(&format!("{} row{}", counts.rows, if counts.rows == 1 { "" } else { "s" }))),
    ];
    if counts.failed > 0 {
        let words = format!("{} went wrong, or were answered with an error", counts.failed);
        lines.push(Line::from(Look::span(&words, look.severity(Severity::Error))));
    }
    let order = [Severity::Warning, Severity::Error, Severity::Fatal];
    for (severity, count) in order.into_iter().zip(counts.severities).rev().filter(|(_, count)| *count > 0) {
        let words = format!("{} {count} on connections whose worst finding is {severity}", severity.glyph());
        lines.push(Line::from(Look::span(&words, look.severity(severity))));
    }
    lines
}

fn push_counts(lines: &mut Vec<Line<'static>>, title: &str, names: &Names, look: Look, columns: usize) {
    let more = names.count.saturating_sub(names.first.len());
    lines.push(Line::default());
    lines.push(heading(title, look));
    for (name, times) in &names.first {
        lines.extend(Look::labelled(&times.to_string(), name, columns));
    }
    if more > 0 {
        lines.push(Line::from(Look::dim(&format!("and {more} more"))));
    }
}
