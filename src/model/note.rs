//! What a person says of a row.

use serde::{Deserialize, Serialize};

/// A mark, and words beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Whether the row is marked.
    pub marked: bool,
    /// The words; empty when there are none.
    pub text: String,
}

impl Note {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        !self.marked && self.text.is_empty()
    }
}
