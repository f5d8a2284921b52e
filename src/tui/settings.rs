//! How a person wants the screen.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::column::Column;
use super::keymap::Keymap;
use super::style::{Look, Theme};

/// What is settled before the screen begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Whether there is colour.
    pub colour: bool,
    /// Whether only ASCII may be drawn.
    pub ascii: bool,
    /// Whether the mouse is left to the terminal, for selecting text.
    pub no_mouse: bool,
    /// Which keys do what.
    pub keymap: Keymap,
    /// What can be changed on the screen, as it is.
    pub prefs: Prefs,
    /// What of it was chosen on a screen, and is kept.
    pub chosen: Prefs,
}

impl Settings {
    pub(super) fn look(&self) -> Look {
        Look { theme: self.prefs.theme(), colour: self.colour, ascii: self.ascii }
    }
}

/// What is changed on the screen and kept from one run to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Prefs {
    /// The name of the theme; the usual one without.
    pub theme: Option<String>,
    /// The names of the columns in their order; the usual ones when empty.
    pub columns: Vec<String>,
    /// Filters to choose from.
    pub filters: Vec<String>,
}

impl Prefs {
    /// Reads what was kept. A file that cannot be read is as good as none: it holds nothing that a
    /// person could not choose again.
    pub fn read(path: &Path) -> Self {
        std::fs::read_to_string(path).ok().and_then(|text| toml::from_str(&text).ok()).unwrap_or_default()
    }

    /// As it is kept.
    pub fn text(&self) -> String {
        toml::to_string(self).unwrap_or_default()
    }

    /// Where this says nothing, what `below` says; the filters of both.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        let mut filters = self.filters;
        filters.extend(below.filters);
        let mut seen = std::collections::HashSet::new();
        filters.retain(|filter| seen.insert(filter.clone()));
        Self {
            theme: self.theme.or(below.theme),
            columns: if self.columns.is_empty() { below.columns } else { self.columns },
            filters,
        }
    }

    pub(super) fn theme(&self) -> Theme {
        self.theme.as_ref().and_then(|name| name.parse().ok()).unwrap_or_default()
    }

    pub(super) fn columns(&self) -> Vec<Column> {
        let named: Vec<Column> = self.columns.iter().filter_map(|name| Column::named(name)).collect();
        if named.is_empty() { Column::ALL.into_iter().take(Column::DEFAULT).collect() } else { named }
    }

    pub(super) fn set_columns(&mut self, columns: &[Column]) {
        self.columns = columns.iter().map(|column| column.name().to_owned()).collect();
    }
}

/// The names of all columns, for whoever reads a list of them.
pub fn column_names() -> impl Iterator<Item = &'static str> {
    Column::ALL.into_iter().map(Column::name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("screen.toml");
        assert_eq!(Prefs::read(&path), Prefs::default());
        let mut prefs = Prefs { theme: Some("light".into()), filters: vec!["host:\"a b\"".into()], ..Prefs::default() };
        prefs.set_columns(&[Column::Host, Column::Findings]);
        std::fs::write(&path, prefs.text()).unwrap();
        assert_eq!(Prefs::read(&path), prefs);
        assert_eq!(prefs.columns(), [Column::Host, Column::Findings]);
        std::fs::write(&path, "columns = 7").unwrap();
        assert_eq!(Prefs::read(&path).columns().len(), Column::DEFAULT);
    }

    #[test]
    fn one_lies_over_the_other() {
        let own = Prefs { columns: vec!["host".into()], filters: vec!["a".into()], ..Prefs::default() };
        let filters = vec!["b".into(), "a".into()];
        let kept = Prefs { columns: vec!["size".into()], theme: Some("light".into()), filters };
        let both = own.over(kept);
        assert_eq!((both.columns(), both.theme()), (vec![Column::Host], Theme::Light));
        assert_eq!(both.filters, ["a", "b"]);
    }
}
