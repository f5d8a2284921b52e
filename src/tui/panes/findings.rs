//! What is wrong, worst first.

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::heading;
use crate::explain::{failure_words, fix, page, summary};
use crate::export::Recorded;
use crate::model::{Finding, Report, Severity, Trusted};
use crate::session::Detail;
use crate::text;
use crate::tui::style::Look;

pub(super) fn lines(detail: &Detail, look: Look, columns: usize) -> Vec<Line<'static>> {
    let report = detail.report.as_deref();
    let findings = Recorded { connection: &detail.connection, report }.findings();
    let mut lines = Vec::new();
    if findings.is_empty() {
        lines.push(nothing_found(detail, look));
    }
    for finding in findings {
        lines.extend(finding_lines(finding, look, columns));
    }
    lines.extend(error_lines(detail, look, columns));
    if let Some(report) = report {
        lines.extend(trust_lines(report, look));
        lines.extend(open_lines(report, look, columns));
    }
    lines
}

fn nothing_found(detail: &Detail, look: Look) -> Line<'static> {
    let upstream = &detail.connection.upstream;
    match (&detail.report, &upstream.failure) {
        (Some(_), _) => Line::from(Look::span("✓ no defect", look.good())),
        (None, Some(failure)) => Line::from(Look::plain(&failure_words(failure))),
        (None, None) if upstream.handshake.is_some() => Line::from(Look::dim("being judged …")),
        (None, None) if detail.connection.closed.is_none() => Line::from(Look::dim("nothing to judge yet")),
        (None, None) => Line::from(Look::dim("nothing to judge: no TLS was seen")),
    }
}

pub(super) fn finding_lines(finding: &Finding, look: Look, columns: usize) -> Vec<Line<'static>> {
    let style = look.severity(finding.severity);
    let head = format!("{} {}", finding.severity.glyph(), finding.id);
    let about = finding.subject.kind.word();
    let words = summary(finding);
    let room = columns.saturating_sub(text::width(&head) + text::width(about) + 4);
    let mut first = vec![Look::span(&head, style), Span::raw("  "), Look::dim(about), Span::raw("  ")];
    let mut lines = Vec::new();
    if text::width(&words) <= room {
        first.push(Look::plain(&words));
        lines.push(Line::from(first));
    } else {
        lines.push(Line::from(first));
        lines.extend(Look::paragraph(&words, 4, columns, Style::new()));
    }
    if finding.severity > Severity::Info {
        let dim = Style::new().add_modifier(Modifier::DIM);
        lines.extend(Look::paragraph(page(finding.id).cause, 4, columns, dim));
        lines.extend(Look::paragraph(&format!("Fix: {}", fix(finding)), 4, columns, Style::new()));
    }
    lines
}

/// Why there is no complete answer: of the exchange, not of its TLS.
fn error_lines(detail: &Detail, look: Look, columns: usize) -> Vec<Line<'static>> {
    let error = detail.exchange.as_ref().and_then(|exchange| exchange.error.clone());
    let Some(error) = error else { return Vec::new() };
    let mut lines = vec![Line::default(), heading("exchange", look)];
    lines.extend(Look::paragraph(&error, 2, columns, Style::new()));
    lines
}

pub(super) fn trust_lines(report: &Report, look: Look) -> Vec<Line<'static>> {
    if report.verdicts.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![Line::default(), heading("trust", look)];
    for verdict in &report.verdicts {
        let (words, style) = match verdict.result {
            Trusted::Trusted => ("trusted", look.good()),
            Trusted::Untrusted => ("not trusted", look.severity(Severity::Error)),
            Trusted::Undetermined => ("cannot be told: the issuer is missing", look.severity(Severity::Warning)),
            Trusted::NoRoots => ("no roots", Style::new()),
        };
        let set = text::pad(verdict.roots.word(), 8);
        lines.push(Line::from(vec![Span::raw("  "), Look::dim(&set), Span::raw(" "), Look::span(words, style)]));
    }
    lines
}

fn open_lines(report: &Report, look: Look, columns: usize) -> Vec<Line<'static>> {
    if report.not_checked.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![Line::default(), heading("not checked", look)];
    for open in &report.not_checked {
        lines.extend(Look::paragraph(&format!("{}: {}", open.what, open.why), 2, columns, Style::new()));
    }
    lines
}
