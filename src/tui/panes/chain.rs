//! The certificates, from the leaf to the anchor: the path, what was sent beside what was needed, and
//! the whole text of each.

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::heading;
use crate::explain::{ChainLine, Role, certificate_text, chain_lines};
use crate::model::{CertDer, Report, Severity};
use crate::session::Detail;
use crate::text;
use crate::tui::style::Look;
use crate::x509::Cert;

pub(super) fn lines(detail: &Detail, look: Look, columns: usize) -> Vec<Line<'static>> {
    let sent = &detail.connection.upstream.sent;
    let empty = Report::default();
    let report = detail.report.as_deref().unwrap_or(&empty);
    let chain = chain_lines(sent, report);
    if chain.is_empty() {
        return vec![Line::from(Look::dim("no certificate was seen"))];
    }
    let mut lines = Vec::new();
    for (depth, line) in chain.iter().enumerate() {
        lines.extend(tree_lines(depth, line, look, columns));
    }
    lines.push(Line::default());
    lines.extend(sent_and_needed(sent, &chain, look, columns));
    let found = report.found.iter().map(|(der, _)| der);
    for der in sent.iter().chain(found) {
        lines.push(Line::default());
        lines.extend(certificate_lines(der, look, columns));
    }
    lines
}

fn tree_lines(depth: usize, line: &ChainLine, look: Look, columns: usize) -> Vec<Line<'static>> {
    let branch = match (line.role, depth) {
        (Role::Extra, _) => "+ ".to_owned(),
        (_, 0) => String::new(),
        (_, depth) => format!("{}└ ", "  ".repeat(depth - 1)),
    };
    let indent = text::width(&branch);
    let label = text::elide_middle(&text::safe(&line.label), columns.saturating_sub(indent + 2)).into_owned();
    let mut first = vec![Span::raw(branch), Look::bold(&label)];
    if let Some(worst) = line.worst {
        first.push(Look::span(&format!(" {}", worst.glyph()), look.severity(worst)));
    }
    let about = [line.role.word(), &line.about, &line.origin()].map(str::to_owned);
    let about: Vec<String> = about.into_iter().filter(|part| !part.is_empty()).collect();
    let mut lines = vec![Line::from(first)];
    let dim = Style::new().add_modifier(Modifier::DIM);
    lines.extend(Look::paragraph(&about.join("; "), indent, columns, dim));
    lines
}

/// What the server sent, place by place, beside what a client needs of it.
fn sent_and_needed(sent: &[CertDer], chain: &[ChainLine], look: Look, columns: usize) -> Vec<Line<'static>> {
    let needed: Vec<&ChainLine> =
        chain.iter().filter(|line| matches!(line.role, Role::Leaf | Role::Intermediate | Role::Missing)).collect();
    let room = (columns.saturating_sub(8) / 2).max(8);
    let cell = |label: &str| text::pad(&text::elide_middle(&text::safe(label), room), room);
    let head = format!("   {} {}", text::pad("sent", room), text::pad("needed", room));
    let mut lines = vec![Line::from(Look::span(&text::elide(&head, columns), look.accent()))];
    for at in 0..sent.len().max(needed.len()) {
        let sent = sent.get(at);
        let needed = needed.get(at);
        let agrees = sent.zip(needed).is_some_and(|(der, line)| line.sha256 == Some(der.sha256));
        let own = sent.map_or_else(|| "-".to_owned(), |der| Cert::read(der).label());
        let wanted = needed.map_or("-", |line| line.label.as_str());
        let style = if agrees { Style::new() } else { look.severity(Severity::Warning) };
        let sign = if agrees { " " } else { "≠" };
        let words = format!("{:>2} {} {}{sign}", at + 1, cell(&own), cell(wanted));
        lines.push(Line::from(Look::span(&words, style)));
    }
    lines
}

/// What is in a certificate.
fn certificate_lines(der: &CertDer, look: Look, columns: usize) -> Vec<Line<'static>> {
    let cert = Cert::read(der);
    let mut lines = vec![heading(&text::elide(&text::safe(&cert.label()), columns), look)];
    for (label, value) in certificate_text(&cert) {
        lines.extend(Look::labelled(label, &value, columns));
    }
    lines
}
