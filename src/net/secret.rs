//! A word that must not turn up in a log.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

/// A password.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps `word` to itself.
    pub fn new(word: impl Into<String>) -> Self {
        Self(word.into())
    }

    /// The word, for whoever has to send it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::new(text))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
