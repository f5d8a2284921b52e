//! Hosts, devices and certificates as tables.

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Cell;

use super::table::{self, Column, Head};
use super::traffic::{self, finding_spans};
use crate::explain;
use crate::model::Severity;
use crate::text;
use crate::tui::board::{Key, ShownGroup, View};
use crate::tui::panes::checklist;
use crate::tui::state::State;
use crate::tui::style::Look;

const HOSTS: &[Column<ShownGroup>] = &[
    Column { name: "host", width: Constraint::Fill(3), from: 0, cell: name },
    Column { name: "worst", width: Constraint::Fill(3), from: 0, cell: worst },
    Column { name: "ends in", width: Constraint::Length(10), from: 60, cell: days_left },
    Column { name: "conn", width: Constraint::Length(6), from: 50, cell: connections },
    Column { name: "dev", width: Constraint::Length(4), from: 70, cell: devices },
    Column { name: "refused", width: Constraint::Length(7), from: 70, cell: refused },
];

const DEVICES: &[Column<ShownGroup>] = &[
    Column { name: "device", width: Constraint::Fill(2), from: 0, cell: name },
    Column { name: "worst", width: Constraint::Fill(3), from: 0, cell: worst },
    Column { name: "conn", width: Constraint::Length(6), from: 50, cell: connections },
    Column { name: "hosts", width: Constraint::Length(5), from: 60, cell: hosts },
    Column { name: "refused", width: Constraint::Length(7), from: 50, cell: refused },
];

const CLIENTS: &[Column<ShownGroup>] = &[
    Column { name: "client", width: Constraint::Fill(3), from: 0, cell: app },
    Column { name: "host", width: Constraint::Fill(3), from: 0, cell: asked_host },
    Column { name: "served", width: Constraint::Length(6), from: 50, cell: served },
    Column { name: "refused", width: Constraint::Length(7), from: 50, cell: refused },
    Column { name: "why", width: Constraint::Fill(4), from: 0, cell: why },
];

const CERTIFICATES: &[Column<ShownGroup>] = &[
    Column { name: "certificate", width: Constraint::Fill(3), from: 0, cell: name },
    Column { name: "life", width: Constraint::Length(12), from: 70, cell: life },
    Column { name: "ends in", width: Constraint::Length(10), from: 0, cell: days_left },
    Column { name: "hosts", width: Constraint::Length(5), from: 60, cell: hosts },
    Column { name: "worst", width: Constraint::Fill(2), from: 90, cell: worst },
];

const SETUP: &[Column<ShownGroup>] = &[
    Column { name: "device", width: Constraint::Fill(2), from: 0, cell: name },
    Column { name: checklist::HEADING, width: Constraint::Length(27), from: 120, cell: marks },
    Column { name: "does it work yet", width: Constraint::Fill(4), from: 0, cell: works },
    Column { name: "conn", width: Constraint::Length(6), from: 50, cell: connections },
];

fn columns_of(view: View) -> &'static [Column<ShownGroup>] {
    match view {
        View::Traffic | View::Tree | View::Audit | View::Hosts => HOSTS,
        View::Devices => DEVICES,
        View::Clients => CLIENTS,
        View::Certificates => CERTIFICATES,
        View::Setup => SETUP,
    }
}

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let rows = state.board.shown.iter().map(|shown| (shown, shown.is_selected));
    let columns: Vec<_> = columns_of(state.view).iter().filter(|column| area.width >= column.from).collect();
    table::draw(frame, area, (state, Head { title: title(state), sort: None }), &columns, rows);
}

fn title(state: &State) -> Line<'static> {
    let mut spans = vec![Look::bold(&format!(" {} ", state.view.name()))];
    spans.push(Look::dim(&format!("─ {} ", text::count(state.board.len() as u64))));
    Line::from(spans)
}

fn name(shown: &ShownGroup, _: &State, columns: usize) -> Cell<'static> {
    let name = match &shown.key {
        Key::Host(host) => text::safe(host).into_owned(),
        Key::Device(device) if device.is_loopback() => format!("this machine ({device})"),
        Key::Device(device) => device.to_string(),
        Key::Client(client) => client.device.to_string(),
        Key::Leaf(leaf) => {
            shown.leaf.as_ref().map_or_else(|| leaf.short(), |leaf| text::safe(&leaf.label).into_owned())
        }
    };
    Cell::from(Look::plain(&text::elide_middle(&name, columns)))
}

/// The device, and what the client looks like.
fn app(shown: &ShownGroup, _: &State, columns: usize) -> Cell<'static> {
    let Key::Client(client) = &shown.key else { return Cell::default() };
    let device = if client.device.is_loopback() { "this machine".to_owned() } else { client.device.to_string() };
    let label = shown.client.as_ref().map_or("", |client| &*client.name);
    Cell::from(Look::plain(&text::elide(&format!("{device}  {}", text::safe(label)), columns)))
}

fn asked_host(shown: &ShownGroup, _: &State, columns: usize) -> Cell<'static> {
    let Key::Client(client) = &shown.key else { return Cell::default() };
    Cell::from(Look::plain(&text::elide_middle(&text::safe(&client.host), columns)))
}

fn served(shown: &ShownGroup, _: &State, columns: usize) -> Cell<'static> {
    number(shown.accepted, columns)
}

/// Why it refuses; a tick where it does not.
fn why(shown: &ShownGroup, state: &State, columns: usize) -> Cell<'static> {
    let (words, style) = match &shown.refusal {
        Some(refusal) => {
            let severity = refusal.finding().severity;
            let words = format!("{} {}", severity.glyph(), explain::refusal_words(refusal));
            (words, state.look.severity(severity))
        }
        None if shown.accepted > 0 => ("✓ takes our certificate".to_owned(), state.look.good()),
        None => ("· was not shown ours".to_owned(), state.look.accent()),
    };
    Cell::from(Look::span(&text::elide(&words, columns), style))
}

fn worst(shown: &ShownGroup, state: &State, columns: usize) -> Cell<'static> {
    let findings: Vec<_> = shown.findings.iter().map(|(id, severity, _)| (*id, *severity)).collect();
    Cell::from(Line::from(finding_spans(&findings, true, state, columns)))
}

fn number(n: usize, columns: usize) -> Cell<'static> {
    Cell::from(Look::plain(&format!("{:>columns$}", text::count(n as u64))))
}

fn connections(shown: &ShownGroup, _: &State, columns: usize) -> Cell<'static> {
    number(shown.connections, columns)
}

fn devices(shown: &ShownGroup, _: &State, columns: usize) -> Cell<'static> {
    number(shown.devices.count, columns)
}

fn hosts(shown: &ShownGroup, _: &State, columns: usize) -> Cell<'static> {
    number(shown.hosts.count, columns)
}

fn refused(shown: &ShownGroup, state: &State, columns: usize) -> Cell<'static> {
    let refused = shown.refused;
    let style = if refused > 0 { state.look.severity(Severity::Error) } else { Style::new() };
    let words = if refused > 0 { text::count(refused as u64) } else { "-".to_owned() };
    Cell::from(Look::span(&format!("{words:>columns$}"), style))
}

fn days_left(shown: &ShownGroup, state: &State, columns: usize) -> Cell<'static> {
    traffic::days_left(shown.leaf.as_ref().and_then(|leaf| leaf.not_after), state, columns)
}

/// Each step of setting a device up, done or not.
fn marks(shown: &ShownGroup, state: &State, _: usize) -> Cell<'static> {
    Cell::from(checklist::marks(shown, state.look))
}

/// How far a device has come: its traffic arrives, and it takes our certificate, or not.
fn works(shown: &ShownGroup, state: &State, columns: usize) -> Cell<'static> {
    if shown.connections == 0 {
        return without_traffic(shown, state, columns);
    }
    let warning = state.look.severity(Severity::Warning);
    let (words, style) = match (shown.accepted, shown.refused, shown.broke_off) {
        (0, 0, 0) => ("· its traffic arrives; no TLS of its own seen yet".to_owned(), state.look.accent()),
        (_, 0, 0) => ("✓ works: it trusts the CA".to_owned(), state.look.good()),
        (0, 0, broken) => (format!("! {broken} handshakes broke off: is the CA installed?"), warning),
        (_, 0, broken) => (format!("✓ works: it trusts the CA; {broken} handshakes broke off"), state.look.good()),
        (0, ..) => {
            ("✖ refuses every certificate: the CA is not installed".to_owned(), state.look.severity(Severity::Fatal))
        }
        (_, refused, _) => (format!("! works, but not everywhere ({refused} refused): an app pins"), warning),
    };
    Cell::from(Look::span(&text::elide(&words, columns), style))
}

fn without_traffic(shown: &ShownGroup, state: &State, columns: usize) -> Cell<'static> {
    let (mark, words) = checklist::next(shown);
    let words = format!("{} {words}", mark.glyph());
    Cell::from(Look::span(&text::elide(&words, columns), mark.style(state.look)))
}

/// How much of its life is over, as a bar.
fn life(shown: &ShownGroup, state: &State, columns: usize) -> Cell<'static> {
    let span = shown.leaf.as_ref().and_then(|leaf| leaf.not_before.zip(leaf.not_after));
    let Some((from, to)) = span else { return Cell::default() };
    let whole = to.ms_since(from).max(1);
    let over = state.now.ms_since(from).clamp(0, whole);
    let share = over as f64 / whole as f64;
    let filled = ((share * columns as f64) as usize).min(columns);
    let style = match (share * 100.0) as u32 {
        100.. => state.look.severity(Severity::Fatal),
        67.. => state.look.severity(Severity::Warning),
        _ => state.look.good(),
    };
    let bar = vec![Span::styled("█".repeat(filled), style), Look::dim(&"░".repeat(columns - filled))];
    Cell::from(Line::from(bar))
}
