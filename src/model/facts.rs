//! The evidence of a finding: named facts.

use std::collections::BTreeMap;
use std::collections::btree_map;

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// One fact. Times are RFC 3339 text, as in every document.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Fact {
    /// Yes or no.
    Flag(bool),
    /// A count, a size, a number of days.
    Number(i64),
    /// A name, an algorithm, a date.
    Text(String),
    /// Several of them, in the order met.
    List(Vec<String>),
}

impl std::fmt::Display for Fact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
            Self::List(list) => f.write_str(&list.join(", ")),
        }
    }
}

impl From<bool> for Fact {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<i64> for Fact {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<usize> for Fact {
    fn from(number: usize) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<String> for Fact {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Fact {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Timestamp> for Fact {
    fn from(time: Timestamp) -> Self {
        Self::Text(time.to_string())
    }
}

impl From<Vec<String>> for Fact {
    fn from(list: Vec<String>) -> Self {
        Self::List(list)
    }
}

/// The facts that prove a finding, by key. Keys per finding are listed in docs/findings/.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Facts(BTreeMap<String, Fact>);

impl Facts {
    /// No facts yet.
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// These facts and one more.
    #[must_use]
    pub fn with(mut self, key: &str, fact: impl Into<Fact>) -> Self {
        self.0.insert(key.to_owned(), fact.into());
        self
    }

    /// The fact of that key.
    pub fn get(&self, key: &str) -> Option<&Fact> {
        self.0.get(key)
    }

    /// All of them, in the order of their keys.
    pub fn iter(&self) -> btree_map::Iter<'_, String, Fact> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Facts {
    type Item = (&'a String, &'a Fact);
    type IntoIter = btree_map::Iter<'a, String, Fact>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
