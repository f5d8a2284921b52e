//! The tables of docs/manual/refusals.md: made of what was told, compared with what stands there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::stage::Told;
use crate::marked::{block, replaced};

/// Where nobody can be brought into a situation.
const NONE: &str = "";

/// A table under way: situations by clients.
pub(super) struct Table {
    text: String,
    complaints: Vec<String>,
}

impl Table {
    pub(super) fn new(columns: impl IntoIterator<Item = &'static str>) -> Self {
        let columns: Vec<_> = columns.into_iter().collect();
        let text = format!("| what is wrong | {} |\n|---|{}\n", columns.join(" | "), "---|".repeat(columns.len()));
        Self { text, complaints: Vec::new() }
    }

    /// A row; what is not true is slanted.
    pub(super) fn row(&mut self, title: &str, truths: &[&str], told: Vec<Option<Told>>) {
        write!(self.text, "| {title} |").unwrap();
        for told in told {
            let cell = told.map_or_else(|| NONE.to_owned(), |told| told.cell(truths));
            write!(self.text, " {cell} |").unwrap();
        }
        self.text.push('\n');
    }

    /// Fails in the end, when the table has been shown.
    pub(super) fn complain_unless(&mut self, holds: bool, complaint: impl FnOnce() -> String) {
        if !holds {
            self.complaints.push(complaint());
        }
    }

    /// Shows the table, and compares it with the one of this name in the manual.
    pub(super) fn settle(self, name: &str) {
        println!("{}", self.text);
        settle(name, &self.text);
        assert!(self.complaints.is_empty(), "{:#?}", self.complaints);
    }
}

impl Told {
    fn cell(&self, truths: &[&str]) -> String {
        let words = match &self.confidence {
            Some(confidence) => format!("{}, {confidence}", self.kind),
            None => self.kind.clone(),
        };
        if truths.contains(&self.kind.as_str()) { words } else { format!("*{words}*") }
    }
}

/// The manual's page, and a lock on it: the tables are made by tests that run at the same time.
fn page() -> (PathBuf, File) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/manual/refusals.md");
    let file = File::open(&path).unwrap();
    file.lock().unwrap();
    (path, file)
}

/// Compares a table with the manual's, or puts it there.
fn settle(name: &str, table: &str) {
    let (path, _lock) = page();
    let there = fs::read_to_string(&path).unwrap();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let with_table = replaced(&there, name, table);
        fs::write(&path, replaced(&with_table, COUNTS, &counts(&with_table))).unwrap();
    } else {
        let hint = "UPDATE_DOCS=1 cargo test --test clients refusals";
        assert!(block(&there, name) == table, "the table of {name} in {} differs: {hint}\n{table}", path.display());
    }
}

/// The name of the table that counts the others, and of that which has no clients.
const COUNTS: &str = "counts";
pub(super) const NOISE: &str = "noise";

/// Compares the counts with the tables that they are made of.
pub(super) fn settle_counts() {
    let (path, lock) = page();
    let text = fs::read_to_string(&path).unwrap();
    drop(lock);
    settle(COUNTS, &counts(&text));
    assert!(!text.contains(", certain*"), "something untrue is called certain in {}", path.display());
}

/// How often what was told, by what is wrong.
fn counts(page: &str) -> String {
    let mut rows: Vec<(&str, BTreeMap<String, usize>)> = Vec::new();
    let told =
        page.split("<!-- table: ").skip(1).filter(|table| !table.starts_with(COUNTS) && !table.starts_with(NOISE));
    for line in told.flat_map(|table| table.lines().skip(3).take_while(|line| line.starts_with('|'))) {
        let mut cells = line.trim_matches('|').split('|').map(str::trim);
        let title = cells.next().unwrap_or_default();
        let at = rows.iter().position(|row| row.0 == title).unwrap_or(rows.len());
        if at == rows.len() {
            rows.push((title, BTreeMap::new()));
        }
        for cell in cells.filter(|cell| *cell != NONE) {
            let kind = cell.trim_matches('*').split(',').next().unwrap_or_default();
            let is_true = !cell.starts_with('*');
            *rows[at].1.entry(if is_true { format!("**{kind}**") } else { kind.to_owned() }).or_default() += 1;
        }
    }
    let mut text = String::from("| what is wrong | what is told, how often |\n|---|---|\n");
    for (title, told) in rows {
        let told: BTreeSet<_> = told.into_iter().map(|(kind, times)| format!("{kind} {times}")).collect();
        writeln!(text, "| {title} | {} |", Vec::from_iter(told).join(", ")).unwrap();
    }
    text
}
