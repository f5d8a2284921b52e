//! The certificates, from the leaf to the anchor.

use ratatui::text::{Line, Span};

use super::heading;
use crate::explain::{ChainLine, Role, chain_lines};
use crate::model::{CertDer, Report, hex};
use crate::session::Detail;
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
    let indent = crate::text::width(&branch);
    let mut first = vec![Span::raw(branch), Look::bold(&line.label)];
    if let Some(worst) = line.worst {
        first.push(Look::span(&format!(" {}", worst.glyph()), look.severity(worst)));
    }
    let about = [line.role.word(), &line.about, &line.origin()].map(str::to_owned);
    let about: Vec<String> = about.into_iter().filter(|part| !part.is_empty()).collect();
    let mut lines = vec![Line::from(first)];
    let dim = ratatui::style::Style::new().add_modifier(ratatui::style::Modifier::DIM);
    lines.extend(Look::paragraph(&about.join("; "), indent, columns, dim));
    lines
}

/// What is in a certificate.
fn certificate_lines(der: &CertDer, look: Look, columns: usize) -> Vec<Line<'static>> {
    let cert = Cert::read(der);
    let mut lines = vec![heading(&cert.label(), look)];
    let name = |name: &Option<crate::x509::Name>| name.as_ref().map(ToString::to_string);
    let names: Vec<String> = cert.san().iter().map(ToString::to_string).collect();
    let validity = cert.validity.map(|validity| format!("{} to {}", validity.not_before, validity.not_after));
    let fields = [
        ("subject", name(&cert.subject)),
        ("issuer", name(&cert.issuer)),
        ("serial", Some(cert.serial_hex())),
        ("valid", validity),
        ("names", (!names.is_empty()).then(|| names.join(", "))),
        ("SHA-256", Some(hex(&der.sha256.0))),
    ];
    for (label, value) in fields {
        lines.extend(value.into_iter().flat_map(|value| Look::labelled(label, &value, columns)));
    }
    lines
}
