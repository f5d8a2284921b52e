//! Both legs.

use ratatui::text::Line;

use super::heading;
use crate::explain::{client_lines, failure_words, handshake_lines};
use crate::session::Detail;
use crate::tui::style::Look;

pub(super) fn lines(detail: &Detail, look: Look, columns: usize) -> Vec<Line<'static>> {
    let connection = &detail.connection;
    let upstream = &connection.upstream;
    let mut lines = vec![heading("server", look)];
    let put = |lines: &mut Vec<Line<'static>>, label: &str, value: Option<String>| {
        lines.extend(value.into_iter().flat_map(|value| Look::labelled(label, &value, columns)));
    };
    put(&mut lines, "target", connection.target.as_ref().map(ToString::to_string));
    put(&mut lines, "address", upstream.address.map(|address| address.to_string()));
    put(&mut lines, "SNI sent", upstream.sni.clone());
    put(&mut lines, "failed", upstream.failure.as_ref().map(failure_words));
    for (label, value) in upstream.handshake.iter().flat_map(handshake_lines) {
        put(&mut lines, label, Some(value));
    }
    lines.push(Line::default());
    lines.push(heading("client", look));
    put(&mut lines, "address", Some(connection.client_address.to_string()));
    if let Some(given) = &connection.given {
        put(&mut lines, "was given", Some(given_words(given.kind).to_owned()));
        put(&mut lines, "differs in", (!given.changed.is_empty()).then(|| given.changed.join("; ")));
    }
    for (label, value) in client_lines(&connection.client) {
        put(&mut lines, label, Some(value));
    }
    lines
}

fn given_words(kind: crate::model::GivenKind) -> &'static str {
    use crate::model::GivenKind;
    match kind {
        GivenKind::Pass => "a good leaf of tlscope's, whatever the server's is like",
        GivenKind::ErrorPage => "a leaf of tlscope's and a page that says why there is no server",
        GivenKind::Tunnel => "the server's own bytes: nothing was intercepted",
        GivenKind::Plain => "the server's bytes; no TLS was asked for",
        GivenKind::Portal => "a page of tlscope's own",
        GivenKind::Refused => "nothing: it was refused",
    }
}
