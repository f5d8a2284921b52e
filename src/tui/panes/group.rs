//! What is to be said about a host, a device or a certificate.

use ratatui::text::Line;

use super::heading;
use crate::explain;
use crate::model::Severity;
use crate::tui::board::{Key, ShownGroup};
use crate::tui::style::Look;

/// More names are counted.
const LISTED: usize = 50;

/// Its lines, none wider than `columns`.
pub(in crate::tui) fn lines(shown: &ShownGroup, look: Look, columns: usize) -> Vec<Line<'static>> {
    let group = &shown.group;
    let mut lines = Vec::new();
    for ((severity, id), times) in &group.findings {
        let severity = severity.0;
        let title = explain::page(*id).title;
        let words = format!("{} {id}  {title}; {times} of {}", severity.glyph(), group.connections);
        let style = if severity > Severity::Info { look.severity(severity) } else { look.accent() };
        lines.extend(Look::paragraph(&words, 0, columns, style));
    }
    if group.findings.is_empty() {
        lines.push(Line::from(Look::span("✓ no defect", look.good())));
    }
    if let Some(leaf) = &group.leaf {
        lines.push(Line::default());
        lines.push(heading("certificate", look));
        let fields = [
            ("name", Some(leaf.label.clone())),
            ("issuer", Some(leaf.issuer_name.clone())),
            ("names", Some(leaf.san.clone())),
            ("begins", leaf.not_before.map(|at| at.to_string())),
            ("ends", leaf.not_after.map(|at| at.to_string())),
            ("SHA-256", Some(leaf.sha256.to_string())),
        ];
        for (label, value) in fields {
            lines.extend(value.into_iter().flat_map(|value| Look::labelled(label, &value, columns)));
        }
    }
    if !matches!(shown.key, Key::Host(_)) {
        let hosts = group.hosts.iter().map(|(host, times)| (host.to_string(), *times));
        push_counts(&mut lines, "hosts", hosts, look, columns);
    }
    if !matches!(shown.key, Key::Device(_)) {
        let devices = group.devices.iter().map(|(device, times)| (device.to_string(), *times));
        push_counts(&mut lines, "devices", devices, look, columns);
    }
    lines
}

fn push_counts(
    lines: &mut Vec<Line<'static>>,
    title: &str,
    counts: impl ExactSizeIterator<Item = (String, usize)>,
    look: Look,
    columns: usize,
) {
    let more = counts.len().saturating_sub(LISTED);
    lines.push(Line::default());
    lines.push(heading(title, look));
    for (name, times) in counts.take(LISTED) {
        lines.extend(Look::labelled(&times.to_string(), &name, columns));
    }
    if more > 0 {
        lines.push(Line::from(Look::dim(&format!("and {more} more"))));
    }
}
