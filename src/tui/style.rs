//! Colours and safe spans. Severity always has its glyph as well: colour is never alone.

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use crate::model::Severity;
use crate::text;

/// How things look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// Whether there is colour.
    pub(super) colour: bool,
}

impl Look {
    /// A text of whatever origin, made safe: the only way for words onto the screen.
    pub(super) fn span(text: &str, style: Style) -> Span<'static> {
        Span::styled(text::safe(text).into_owned(), style)
    }

    /// Plain.
    pub(super) fn plain(text: &str) -> Span<'static> {
        Self::span(text, Style::new())
    }

    /// As what matters.
    pub(super) fn bold(text: &str) -> Span<'static> {
        Self::span(text, Style::new().add_modifier(Modifier::BOLD))
    }

    /// As what matters less.
    pub(super) fn dim(text: &str) -> Span<'static> {
        Self::span(text, Style::new().add_modifier(Modifier::DIM))
    }

    /// Of a severity.
    pub(super) fn severity(self, severity: Severity) -> Style {
        let style = match severity {
            Severity::Fatal => Style::new().fg(Color::Red).add_modifier(Modifier::BOLD),
            Severity::Error => Style::new().fg(Color::LightRed),
            Severity::Warning => Style::new().fg(Color::Yellow),
            Severity::Info => Style::new().fg(Color::Cyan),
        };
        self.coloured(style)
    }

    /// Good news.
    pub(super) fn good(self) -> Style {
        self.coloured(Style::new().fg(Color::Green))
    }

    /// Where the eye should go.
    pub(super) fn accent(self) -> Style {
        self.coloured(Style::new().fg(Color::Cyan))
    }

    fn coloured(self, style: Style) -> Style {
        if self.colour { style } else { Style { fg: None, ..style } }
    }

    /// `text` over as many lines as it takes, each behind `indent` columns.
    pub(super) fn paragraph(text: &str, indent: usize, columns: usize, style: Style) -> Vec<Line<'static>> {
        let room = columns.saturating_sub(indent).max(8);
        let margin = " ".repeat(indent);
        let lines = text::safe(text).lines().flat_map(|line| text::wrap(line, room)).collect::<Vec<_>>();
        lines.iter().map(|line| Line::from(vec![Span::raw(margin.clone()), Self::span(line, style)])).collect()
    }

    /// A label and its value, the value over as many lines as it takes.
    pub(super) fn labelled(label: &str, value: &str, columns: usize) -> Vec<Line<'static>> {
        const LABEL: usize = 23;
        let label_columns = if columns < 50 { 14 } else { LABEL };
        let value = text::safe(value);
        let room = columns.saturating_sub(label_columns + 1).max(8);
        let mut lines = text::wrap(&value, room).into_iter().enumerate();
        let mut out = Vec::new();
        for (at, line) in &mut lines {
            let label = if at == 0 { text::pad(label, label_columns) } else { " ".repeat(label_columns) };
            out.push(Line::from(vec![Self::dim(&label), Span::raw(" "), Self::plain(&line)]));
        }
        out
    }
}
