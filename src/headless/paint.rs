//! Colour for terminals that have it.

use crate::model::Severity;

/// Puts colour on words, or leaves them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paint {
    /// Whether there is colour.
    pub colour: bool,
}

impl Paint {
    /// In the colour of a severity.
    pub fn severity(self, severity: Severity, text: &str) -> String {
        let code = match severity {
            Severity::Fatal => "1;31",
            Severity::Error => "31",
            Severity::Warning => "33",
            Severity::Info => "36",
        };
        self.code(code, text)
    }

    /// As good news.
    pub fn good(self, text: &str) -> String {
        self.code("32", text)
    }

    /// As what matters.
    pub fn bold(self, text: &str) -> String {
        self.code("1", text)
    }

    /// As what matters less.
    pub fn dim(self, text: &str) -> String {
        self.code("2", text)
    }

    fn code(self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
