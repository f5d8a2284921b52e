//! Both legs side by side: what the client and tlscope agreed on, and what tlscope and the server did.

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::heading;
use crate::explain::{self, Labelled, client_lines, failure_words, given_words, handshake_lines, hello_lines};
use crate::model::{Connection, Severity, Via};
use crate::session::Detail;
use crate::text;
use crate::tui::style::Look;

/// Narrower panes have one leg below the other.
const SIDE_BY_SIDE: usize = 76;

/// What stands before the values.
const LABEL: usize = 22;

pub(super) fn lines(detail: &Detail, look: Look, columns: usize) -> Vec<Line<'static>> {
    let connection = &detail.connection;
    let mut lines = given_lines(connection, look, columns);
    let (client, server) = (client_side(connection), server_side(connection));
    if columns >= SIDE_BY_SIDE {
        lines.extend(side_by_side(&client, &server, look, columns));
    } else {
        lines.extend(one_below_the_other(&client, &server, look, columns));
    }
    if let Some(hello) = &connection.client.hello {
        lines.push(Line::default());
        lines.push(heading("what the client offered", look));
        lines.extend(hello_lines(hello).iter().flat_map(|(label, value)| Look::labelled(label, value, columns)));
    }
    lines
}

/// What the client was given, and how that differs from what the server gave.
fn given_lines(connection: &Connection, look: Look, columns: usize) -> Vec<Line<'static>> {
    let Some(given) = &connection.given else { return Vec::new() };
    let mut lines = vec![heading("what the client was given", look)];
    lines.extend(Look::paragraph(given_words(given.kind), 0, columns, Style::new()));
    for change in &given.changed {
        lines.extend(Look::paragraph(&format!("changed: {change}"), 0, columns, look.severity(Severity::Warning)));
    }
    for id in &given.unmirrored {
        let title = explain::page(*id).title;
        let words = format!("not mirrored: {id}, {title}");
        lines.extend(Look::paragraph(&words, 0, columns, look.severity(Severity::Warning)));
    }
    lines.push(Line::default());
    lines
}

fn client_side(connection: &Connection) -> Vec<Labelled> {
    let mut lines = vec![("address", connection.client_address.to_string())];
    lines.extend(client_lines(&connection.client));
    lines
}

fn server_side(connection: &Connection) -> Vec<Labelled> {
    let upstream = &connection.upstream;
    let seen = |label, value: Option<String>| value.map(|value| (label, value));
    let lines = [
        seen("target", connection.target.as_ref().map(ToString::to_string)),
        seen("address", upstream.address.map(|address| address.to_string())),
        seen("through", upstream.via.as_ref().map(Via::words)),
        seen("SNI", Some(upstream.sni.clone().unwrap_or_else(|| "none".to_owned()))),
        seen("failed", upstream.failure.as_ref().map(failure_words)),
    ];
    let mut lines: Vec<Labelled> = lines.into_iter().flatten().collect();
    lines.extend(upstream.handshake.iter().flat_map(handshake_lines));
    lines
}

/// What can be told of both legs stands first, each in its line; what differs stands out.
fn side_by_side(client: &[Labelled], server: &[Labelled], look: Look, columns: usize) -> Vec<Line<'static>> {
    let room = (columns - LABEL - 4) / 2;
    let title = format!("{}  {} {}", " ".repeat(LABEL), text::pad("client and tlscope", room), "tlscope and server");
    let mut lines = vec![Line::from(Look::span(&title, look.accent()))];
    let of =
        |side: &[Labelled], label: &str| side.iter().find(|(own, _)| *own == label).map(|(_, value)| value.clone());
    let mut labels: Vec<&str> = Vec::new();
    for (label, _) in server.iter().chain(client) {
        if !labels.contains(label) {
            labels.push(label);
        }
    }
    let is_of_both = |label: &&str| of(client, label).is_some() && of(server, label).is_some();
    let (both, one): (Vec<&str>, Vec<&str>) = labels.into_iter().partition(is_of_both);
    for label in both.into_iter().chain(one) {
        let (left, right) = (of(client, label), of(server, label));
        let differs = label != "address" && left.is_some() && right.is_some() && left != right;
        lines.extend(pair(label, left.as_deref(), right.as_deref(), (room, differs.then_some(look))));
    }
    lines
}

/// A label, and a value of each leg over as many lines as they take.
fn pair(
    label: &str,
    left: Option<&str>,
    right: Option<&str>,
    (room, differs): (usize, Option<Look>),
) -> Vec<Line<'static>> {
    let parts = |value: Option<&str>| text::wrap(&text::safe(value.unwrap_or_default()), room);
    let (left, right) = (parts(left), parts(right));
    let style = differs.map_or_else(Style::new, |look| look.severity(Severity::Warning));
    let line = |at: usize| {
        let part = |parts: &[String]| text::pad(parts.get(at).map_or("", String::as_str), room);
        let label = text::pad(if at == 0 { label } else { "" }, LABEL);
        let sign = if at == 0 && differs.is_some() { "≠ " } else { "  " };
        Line::from(vec![
            Look::span(&label, Style::new().add_modifier(Modifier::DIM)),
            Look::span(sign, style),
            Look::span(&part(&left), style),
            Span::raw(" "),
            Look::span(&part(&right), style),
        ])
    };
    (0..left.len().max(right.len()).max(1)).map(line).collect()
}

fn one_below_the_other(client: &[Labelled], server: &[Labelled], look: Look, columns: usize) -> Vec<Line<'static>> {
    let mut lines = vec![heading("tlscope and server", look)];
    lines.extend(server.iter().flat_map(|(label, value)| Look::labelled(label, value, columns)));
    lines.push(Line::default());
    lines.push(heading("client and tlscope", look));
    lines.extend(client.iter().flat_map(|(label, value)| Look::labelled(label, value, columns)));
    lines
}
