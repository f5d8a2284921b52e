//! The list.

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Cell;

use super::table::{self, Head};
use crate::model::{FindingId, GivenKind, Severity, Timestamp};
use crate::text;
use crate::tui::column::Column;
use crate::tui::rows::Shown;
use crate::tui::rows::Sort;
use crate::tui::state::State;
use crate::tui::style::Look;

/// How a column is drawn.
const fn spec(column: Column) -> &'static table::Column<Shown> {
    use Constraint::{Fill, Length};
    const fn of(
        name: &'static str,
        width: Constraint,
        from: u16,
        cell: fn(&Shown, &State, usize) -> Cell<'static>,
    ) -> table::Column<Shown> {
        table::Column { name, width, from, cell }
    }
    const TIME: table::Column<Shown> = of("time", Length(8), 60, time);
    const DEVICE: table::Column<Shown> = of("device", Length(15), 110, device);
    const HOST: table::Column<Shown> = of("host", Fill(4), 0, host);
    const REQUEST: table::Column<Shown> = of("request", Fill(3), 70, request);
    const STATUS: table::Column<Shown> = of("st", Length(3), 50, status);
    const TLS: table::Column<Shown> = of("tls", Length(4), 60, tls);
    const FINDINGS: table::Column<Shown> = of("findings", Fill(4), 0, findings);
    const TOOK: table::Column<Shown> = of("ms", Length(5), 78, took);
    const SIZE: table::Column<Shown> = of("size", Length(5), 78, size);
    const ENDS: table::Column<Shown> = of("ends", Length(10), 60, ends);
    const ISSUER: table::Column<Shown> = of("issuer", Fill(2), 60, issuer);
    const GIVEN: table::Column<Shown> = of("given", Length(10), 60, given);
    match column {
        Column::Time => &TIME,
        Column::Device => &DEVICE,
        Column::Host => &HOST,
        Column::Request => &REQUEST,
        Column::Status => &STATUS,
        Column::Tls => &TLS,
        Column::Findings => &FINDINGS,
        Column::Took => &TOOK,
        Column::Size => &SIZE,
        Column::Ends => &ENDS,
        Column::Issuer => &ISSUER,
        Column::Given => &GIVEN,
    }
}

/// The columns that are drawn: those that somebody has chosen whatever the width, the usual ones as
/// far as there is room.
pub(super) fn columns(state: &State, width: u16) -> Vec<(Column, &'static table::Column<Shown>)> {
    let is_chosen = !state.settings.prefs.columns.is_empty();
    let all = state.columns.iter().map(|column| (*column, spec(*column)));
    all.filter(|(_, spec)| is_chosen || width >= spec.from).collect()
}

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let rows = state.rows.shown.iter().map(|shown| (shown, shown.is_selected));
    let columns: Vec<_> = columns(state, area.width).into_iter().map(|(_, spec)| spec).collect();
    let sort = state.rows.list.sort();
    let sort = (sort != Sort::ARRIVAL).then_some((sort.column.name(), sort.descending));
    table::draw(frame, area, (state, Head { title: title(state), sort }), &columns, rows);
}

fn title(state: &State) -> Line<'static> {
    let filter = state.rows.list.filter();
    let mut spans = vec![Look::bold(" traffic ")];
    if filter.is_everything() {
        spans.push(Look::dim(&format!("─ {} rows ", state.rows.total)));
    } else {
        spans.push(Look::plain("─ filter: "));
        spans.push(Look::span(filter.text(), state.look.accent()));
        spans.push(Look::dim(&format!(" ─ {} of {} rows ", state.rows.list.len(), state.rows.total)));
    }
    let sort = state.rows.list.sort();
    if sort != Sort::ARRIVAL {
        let arrow = if sort.descending { "↓" } else { "↑" };
        spans.push(Look::plain(&format!("─ by {} {arrow} ", sort.column.name())));
    }
    spans.extend(progress(state));
    if state.rows.follow {
        spans.push(Look::span("─ following ", state.look.good()));
    }
    Line::from(spans)
}

/// What is still being looked at, and what stands still.
pub(super) fn progress(state: &State) -> Vec<Span<'static>> {
    let mut spans = Vec::new();
    if !state.rows.is_listed && !state.rows.is_paused() {
        spans.push(Look::plain(&format!("─ looking … {:.0} % ", state.rows.listed * 100.0)));
    }
    if state.rows.body_search.is_running {
        let share = state.rows.body_search.last.map_or(0, |last| last.0) as f64 / state.totals.exchanges.max(1) as f64;
        spans.push(Look::plain(&format!("─ searching bodies … {:.0} % ", (share * 100.0).min(100.0))));
    }
    if state.rows.is_paused() {
        spans.push(Look::span("─ paused ", state.look.severity(Severity::Warning)));
    }
    spans
}

fn time(shown: &Shown, _: &State, _: usize) -> Cell<'static> {
    Cell::from(Look::dim(&shown.row.started.clock()))
}

fn device(shown: &Shown, _: &State, columns: usize) -> Cell<'static> {
    let ip = shown.line.as_ref().map(|line| line.device);
    let words = match ip {
        Some(ip) if ip.is_loopback() => "this machine".to_owned(),
        Some(ip) => ip.to_string(),
        None => String::new(),
    };
    Cell::from(Look::plain(&text::elide_middle(&words, columns)))
}

fn host(shown: &Shown, _: &State, columns: usize) -> Cell<'static> {
    let host = shown.line.as_ref().map_or("", |line| &line.host);
    let host = text::safe(host);
    // What a reader would call it stands beside the name, where there is room, never in its place.
    let both = text::unicode_host(&host).map(|unicode| format!("{host} ({})", text::safe(&unicode)));
    match both.filter(|both| text::width(both) <= columns) {
        Some(both) => Cell::from(Look::plain(&both)),
        None => Cell::from(Look::plain(&text::elide_middle(&host, columns))),
    }
}

/// The request, behind what a person says of it.
fn request(shown: &Shown, state: &State, columns: usize) -> Cell<'static> {
    let Some(note) = &shown.note else {
        return Cell::from(Look::plain(&text::elide_middle(&text::safe(&shown.row.request), columns)));
    };
    let mut said = if note.marked { "⚑ ".to_owned() } else { String::new() };
    if !note.text.is_empty() {
        said.push_str(&text::elide(&text::safe(&note.text), columns / 2));
        said.push_str(" ─ ");
    }
    let room = columns.saturating_sub(text::width(&said));
    let request = text::elide_middle(&text::safe(&shown.row.request), room).into_owned();
    Cell::from(Line::from(vec![Look::span(&said, state.look.accent()), Look::plain(&request)]))
}

fn status(shown: &Shown, state: &State, _: usize) -> Cell<'static> {
    let style = match shown.row.status {
        400..500 => state.look.severity(Severity::Warning),
        500.. => state.look.severity(Severity::Error),
        _ => Style::new(),
    };
    let words = if shown.row.status == 0 { "-".to_owned() } else { shown.row.status.to_string() };
    Cell::from(Look::span(&words, style))
}

fn tls(shown: &Shown, _: &State, _: usize) -> Cell<'static> {
    let version = shown.line.as_ref().and_then(|line| line.tls).map(|version| version.to_string());
    let version = version.unwrap_or_else(|| "-".to_owned());
    Cell::from(Look::plain(version.strip_prefix("TLS ").unwrap_or(&version)))
}

fn findings(shown: &Shown, state: &State, columns: usize) -> Cell<'static> {
    let Some(line) = &shown.line else { return Cell::default() };
    let given = match line.given {
        Some(GivenKind::ErrorPage) => " → page".to_owned(),
        Some(given) if line.unmirrored > 0 || matches!(given, GivenKind::Mirror | GivenKind::Audit) => {
            format!(" → {}", given_text(given, line.unmirrored))
        }
        // The column for it says it to those who want to know.
        _ => String::new(),
    };
    let mut spans = finding_spans(&line.findings, line.judged, state, columns.saturating_sub(text::width(&given)));
    spans.push(Look::dim(&given));
    Cell::from(Line::from(spans))
}

/// In a word, with how many defects were to be mirrored and were not.
fn given_text(given: GivenKind, unmirrored: usize) -> String {
    let left_out = if unmirrored > 0 { format!(" !{unmirrored}") } else { String::new() };
    format!("{}{left_out}", given.word())
}

/// The worst finding, and how many more there are.
pub(super) fn finding_spans(
    findings: &[(FindingId, Severity)],
    judged: bool,
    state: &State,
    columns: usize,
) -> Vec<Span<'static>> {
    let defects: Vec<_> = findings.iter().filter(|(_, severity)| *severity > Severity::Info).collect();
    match defects.split_first() {
        None if judged => vec![Look::span("✓", state.look.good())],
        None => Vec::new(),
        Some(((id, severity), others)) => {
            let more = if others.is_empty() { String::new() } else { format!(" +{}", others.len()) };
            let room = columns.saturating_sub(text::width(&more) + 2);
            let words = format!("{} {}", severity.glyph(), text::elide(id.as_str(), room));
            vec![Look::span(&words, state.look.severity(*severity)), Look::plain(&more)]
        }
    }
}

fn took(shown: &Shown, _: &State, columns: usize) -> Cell<'static> {
    let words = shown.row.took_ms.map_or("…".to_owned(), |ms| text::milliseconds(f64::from(ms)));
    Cell::from(Look::plain(&right(&words, columns)))
}

fn size(shown: &Shown, _: &State, columns: usize) -> Cell<'static> {
    Cell::from(Look::plain(&right(&text::size(shown.row.size), columns)))
}

fn ends(shown: &Shown, state: &State, columns: usize) -> Cell<'static> {
    let leaf = shown.line.as_ref().and_then(|line| line.leaf.as_ref());
    days_left(leaf.and_then(|leaf| leaf.not_after), state, columns)
}

fn issuer(shown: &Shown, _: &State, columns: usize) -> Cell<'static> {
    let leaf = shown.line.as_ref().and_then(|line| line.leaf.as_ref());
    let issuer = leaf.map_or(String::new(), |leaf| text::safe(&leaf.issuer_name).into_owned());
    Cell::from(Look::plain(&text::elide_middle(&issuer, columns)))
}

fn given(shown: &Shown, _: &State, _: usize) -> Cell<'static> {
    let Some((line, given)) = shown.line.as_ref().and_then(|line| Some((line, line.given?))) else {
        return Cell::from(Look::plain("-"));
    };
    Cell::from(Look::plain(&given_text(given, line.unmirrored)))
}

/// How long a certificate is valid from now on.
pub(super) fn days_left(end: Option<Timestamp>, state: &State, columns: usize) -> Cell<'static> {
    let Some(end) = end else { return Cell::from(Look::dim(&format!("{:>columns$}", "-"))) };
    let left = end.ms_since(state.now);
    let days = left / Timestamp::DAY_MS;
    let (words, style) = match days {
        _ if left < 0 => (format!("✖ {}d ago", -days), state.look.severity(Severity::Fatal)),
        0..14 => (format!("! {days}d"), state.look.severity(Severity::Warning)),
        _ => (format!("{days}d"), Style::new()),
    };
    Cell::from(Look::span(&format!("{words:>columns$}"), style))
}

fn right(words: &str, columns: usize) -> String {
    format!("{words:>columns$}")
}
