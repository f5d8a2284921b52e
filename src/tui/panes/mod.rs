//! What is to be said about one row, as lines: pure, from the record to styled text.

pub(super) mod audited;
mod body;
mod chain;
pub(super) mod checked;
pub(super) mod checklist;
mod client;
mod conversation;
mod findings;
pub(super) mod group;
mod handshake;
mod http;
pub(super) mod setup;
mod timing;

use ratatui::text::Line;

use super::style::Look;
use crate::session::Detail;

/// A pane of the detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pane {
    /// What is wrong, why, and how to mend it.
    Findings,
    /// The certificates.
    Chain,
    /// Both legs.
    Handshake,
    /// What the client sent.
    Request,
    /// What the server sent.
    Response,
    /// Where the time went.
    Timing,
}

impl Pane {
    /// In the order of their keys.
    pub(super) const ALL: [Self; 6] =
        [Self::Findings, Self::Chain, Self::Handshake, Self::Request, Self::Response, Self::Timing];

    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Findings => "findings",
            Self::Chain => "chain",
            Self::Handshake => "handshake",
            Self::Request => "request",
            Self::Response => "response",
            Self::Timing => "timing",
        }
    }

    /// The one `by` further on, round and round.
    pub(super) fn turned(self, by: isize) -> Self {
        let at = Self::ALL.iter().position(|pane| *pane == self).unwrap_or(0).cast_signed();
        let at = (at + by).rem_euclid(Self::ALL.len().cast_signed()).cast_unsigned();
        Self::ALL.get(at).copied().unwrap_or(self)
    }

    /// Its lines, none wider than `columns`.
    pub(super) fn lines(self, detail: &Detail, look: Look, columns: usize) -> Vec<Line<'static>> {
        match self {
            Self::Findings => findings::lines(detail, look, columns),
            Self::Chain => chain::lines(detail, look, columns),
            Self::Handshake => handshake::lines(detail, look, columns),
            Self::Request => http::request_lines(detail, look, columns),
            Self::Response => http::response_lines(detail, look, columns),
            Self::Timing => timing::lines(detail, look, columns),
        }
    }
}

/// A heading inside a pane.
fn heading(text: &str, look: Look) -> Line<'static> {
    Line::from(Look::span(text, look.accent()))
}
