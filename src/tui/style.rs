//! Colours and safe spans. Severity always has its glyph as well: colour is never alone.

use std::str::FromStr;

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use crate::model::Severity;
use crate::text;

/// A choice of colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// The terminal's own sixteen, for a dark background.
    #[default]
    Dark,
    /// For a light background.
    Light,
    /// Few colours, far apart, everything of weight bold.
    HighContrast,
    /// Told apart with every kind of colour vision: Okabe and Ito's set.
    ColourBlind,
}

impl Theme {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Dark, Self::Light, Self::HighContrast, Self::ColourBlind];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::HighContrast => "high-contrast",
            Self::ColourBlind => "colour-blind",
        }
    }

    fn palette(self) -> Palette {
        use Color::{
            Blue, Cyan, Green, Indexed, LightCyan, LightGreen, LightRed, LightYellow, Magenta, Red, White, Yellow,
        };
        match self {
            Self::Dark => {
                Palette { fatal: Red, error: LightRed, warning: Yellow, info: Cyan, good: Green, accent: Cyan }
            }
            // Yellow and cyan vanish on white.
            Self::Light => Palette {
                fatal: Red,
                error: Magenta,
                warning: Indexed(130),
                info: Blue,
                good: Indexed(22),
                accent: Blue,
            },
            Self::HighContrast => Palette {
                fatal: LightRed,
                error: LightRed,
                warning: LightYellow,
                info: White,
                good: LightGreen,
                accent: LightCyan,
            },
            Self::ColourBlind => Palette {
                fatal: Color::Rgb(213, 94, 0),
                error: Color::Rgb(230, 159, 0),
                warning: Color::Rgb(240, 228, 66),
                info: Color::Rgb(86, 180, 233),
                good: Color::Rgb(0, 158, 115),
                accent: Color::Rgb(86, 180, 233),
            },
        }
    }
}

impl FromStr for Theme {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = Self::ALL.map(Self::name).join(", ");
        let found = Self::ALL.into_iter().find(|theme| theme.name() == text);
        found.ok_or_else(|| format!("{text:?} is no theme; there are {names}"))
    }
}

struct Palette {
    fatal: Color,
    error: Color,
    warning: Color,
    info: Color,
    good: Color,
    accent: Color,
}

/// How things look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// Which colours.
    pub(super) theme: Theme,
    /// Whether there is colour.
    pub(super) colour: bool,
    /// Whether only ASCII may be drawn.
    pub(super) ascii: bool,
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
        let palette = self.theme.palette();
        match severity {
            Severity::Fatal => self.coloured(palette.fatal).add_modifier(Modifier::BOLD),
            Severity::Error => self.coloured(palette.error),
            Severity::Warning => self.coloured(palette.warning),
            Severity::Info => self.coloured(palette.info),
        }
    }

    /// Good news.
    pub(super) fn good(self) -> Style {
        self.coloured(self.theme.palette().good)
    }

    /// Where the eye should go.
    pub(super) fn accent(self) -> Style {
        self.coloured(self.theme.palette().accent)
    }

    fn coloured(self, colour: Color) -> Style {
        let style = if self.colour { Style::new().fg(colour) } else { Style::new() };
        if self.theme == Theme::HighContrast { style.add_modifier(Modifier::BOLD) } else { style }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn themes_are_named_and_colour_can_be_left_out() {
        for theme in Theme::ALL {
            assert_eq!(theme.name().parse(), Ok(theme));
            let plain = Look { theme, colour: false, ascii: false };
            for severity in [Severity::Fatal, Severity::Error, Severity::Warning, Severity::Info] {
                assert_eq!(plain.severity(severity).fg, None);
                assert!(Look { colour: true, ..plain }.severity(severity).fg.is_some());
            }
        }
        assert!("blue".parse::<Theme>().unwrap_err().contains("high-contrast"));
    }
}
