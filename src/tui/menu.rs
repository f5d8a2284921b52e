//! Lists to choose from, over the rest of the screen.

use super::column::Column;
use super::copying::Copied;
use super::rows::Sort;
use super::settings::Prefs;

/// What is chosen from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Menu {
    /// What of the row to copy.
    Copy,
    /// By which column to order the rows.
    Sort,
    /// Which columns there are, and where.
    Columns,
    /// The filters that were kept.
    Filters,
}

/// An entry: the key that takes it at once, and its words.
pub(super) struct Entry {
    pub(super) key: Option<char>,
    pub(super) words: String,
}

impl Menu {
    /// Its title.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Sort => "order by",
            Self::Columns => "columns",
            Self::Filters => "filters",
        }
    }

    /// What its keys do.
    pub(super) fn help(self) -> &'static str {
        match self {
            Self::Copy => "a letter, or enter",
            Self::Sort => "enter; again: the other way round",
            Self::Columns => "enter shows or hides, + - move, delete: as usual",
            Self::Filters => "enter applies, delete forgets",
        }
    }

    /// What there is to choose from.
    pub(super) fn entries(self, prefs: &Prefs, sort: Sort) -> Vec<Entry> {
        match self {
            Self::Copy => {
                let entry =
                    |(key, _, words): &(char, Copied, &str)| Entry { key: Some(*key), words: (*words).to_owned() };
                Copied::ALL.iter().map(entry).collect()
            }
            Self::Sort => Column::ALL.into_iter().map(|column| sort_entry(column, sort)).collect(),
            Self::Columns => {
                let shown = prefs.columns();
                columns_in_order(prefs).into_iter().map(|column| column_entry(column, &shown)).collect()
            }
            Self::Filters => prefs.filters.iter().map(|text| Entry { key: None, words: text.clone() }).collect(),
        }
    }
}

fn sort_entry(column: Column, sort: Sort) -> Entry {
    let arrow = match (column == sort.column, sort.descending) {
        (false, _) => "",
        (true, false) => " ↑",
        (true, true) => " ↓",
    };
    Entry { key: None, words: format!("{}{arrow}", column.name()) }
}

fn column_entry(column: Column, shown: &[Column]) -> Entry {
    let mark = if shown.contains(&column) { "[x]" } else { "[ ]" };
    Entry { key: None, words: format!("{mark} {}", column.name()) }
}

/// Those that are shown in their order, then the others.
pub(super) fn columns_in_order(prefs: &Prefs) -> Vec<Column> {
    let shown = prefs.columns();
    let others = Column::ALL.into_iter().filter(|column| !shown.contains(column));
    shown.iter().copied().chain(others).collect()
}
