//! The tables of docs/mirror.md: made of the answers, compared with what stands there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::exceptions;
use super::words::{NO_CLASS, TIMEOUT};
use crate::marked::{block, replaced};

/// What one client says of one case on either side.
pub(super) struct Cell {
    pub(super) client: &'static str,
    pub(super) case: String,
    pub(super) straight: Answer,
    pub(super) mirrored: Answer,
}

/// What was said.
#[derive(Clone)]
pub(super) struct Answer {
    pub(super) class: String,
    /// The words that show the class.
    pub(super) line: String,
}

impl Cell {
    pub(super) fn agrees(&self) -> bool {
        self.straight.class == self.mirrored.class
    }

    pub(super) fn has_timed_out(&self) -> bool {
        [&self.straight, &self.mirrored].iter().any(|answer| answer.class == TIMEOUT)
    }

    fn reason(&self) -> Option<&'static str> {
        exceptions::reason(&self.case, self.client)
    }

    fn words(&self) -> String {
        if self.agrees() {
            return self.straight.class.clone();
        }
        format!("**{} → {}**", self.straight.class, self.mirrored.class)
    }
}

/// What clients were given through the mirror, by case.
pub(super) type Given = BTreeMap<String, BTreeSet<String>>;

/// The least share of answers that agree.
const FLOOR: f64 = 0.95;

/// Shows and compares the tables. Every answer that does not agree has to have its reason, and every reason its answer.
pub(super) fn settle(clients: &[&'static str], cells: &[Cell], given: &Given) {
    let tables = [
        ("shares", shares(clients, cells)),
        ("exceptions", exceptions(cells)),
        ("answers", answers(clients, cells, given)),
    ];
    for (_, table) in &tables {
        println!("{table}");
    }
    let complaints = [classless(cells), unexplained(cells), stale(cells)].concat();
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
    assert!(share(cells.iter()) >= FLOOR, "only {:.1} % agree", share(cells.iter()) * 100.0);
    compare(&tables);
}

/// Answers that nobody has thought of.
fn classless(cells: &[Cell]) -> Vec<String> {
    let answers = cells.iter().flat_map(|cell| [(cell, &cell.straight), (cell, &cell.mirrored)]);
    let classless = answers.filter(|(_, answer)| answer.class == NO_CLASS);
    classless.map(|(cell, answer)| format!("{}, {}: {NO_CLASS}: {}", cell.case, cell.client, answer.line)).collect()
}

/// Answers that do not agree, without a reason.
fn unexplained(cells: &[Cell]) -> Vec<String> {
    let unexplained = cells.iter().filter(|cell| !cell.agrees() && cell.reason().is_none());
    let complaint = |cell: &Cell| {
        let (straight, mirrored) = (&cell.straight.line, &cell.mirrored.line);
        format!("{}, {}: {}\n  straight: {straight}\n  mirrored: {mirrored}", cell.case, cell.client, cell.words())
    };
    unexplained.map(complaint).collect()
}

/// Reasons without an answer.
fn stale(cells: &[Cell]) -> Vec<String> {
    let met: BTreeSet<_> = cells.iter().filter(|cell| !cell.agrees()).map(|cell| (&*cell.case, cell.client)).collect();
    let listed = exceptions::ALL.iter().flat_map(|own| own.clients.iter().map(|client| (own.case, *client)));
    let stale = listed.filter(|own| !met.contains(own));
    stale.map(|(case, client)| format!("{case}, {client}: listed as an exception, and there is none")).collect()
}

/// The share that agrees.
fn share<'c>(cells: impl Iterator<Item = &'c Cell> + Clone) -> f64 {
    cells.clone().filter(|cell| cell.agrees()).count() as f64 / cells.count() as f64
}

/// By client, and in all.
fn shares(clients: &[&'static str], cells: &[Cell]) -> String {
    let mut text = String::from("| client | answers | that agree | |\n|---|---|---|---|\n");
    let mut row = |name: &str, own: Vec<&Cell>| {
        let agreeing = own.iter().filter(|cell| cell.agrees()).count();
        let share = share(own.iter().copied()) * 100.0;
        writeln!(text, "| {name} | {} | {agreeing} | {share:.1} % |", own.len()).unwrap();
    };
    for client in clients {
        row(client, cells.iter().filter(|cell| cell.client == *client).collect());
    }
    row("all", cells.iter().collect());
    text
}

/// What does not agree, and why.
fn exceptions(cells: &[Cell]) -> String {
    let mut text = String::from("| case | client | straight | mirrored | why |\n|---|---|---|---|---|\n");
    for cell in cells.iter().filter(|cell| !cell.agrees()) {
        let (straight, mirrored) = (&cell.straight.class, &cell.mirrored.class);
        let reason = cell.reason().unwrap_or("?");
        writeln!(text, "| {} | {} | {straight} | {mirrored} | {reason} |", cell.case, cell.client).unwrap();
    }
    text
}

/// Every answer: cases by clients, and what these were given.
fn answers(clients: &[&'static str], cells: &[Cell], given: &Given) -> String {
    let mut text = format!("| case | given | {} |\n|---|---|{}\n", clients.join(" | "), "---|".repeat(clients.len()));
    let cases = cells.iter().filter(|cell| Some(&cell.client) == clients.first()).map(|cell| &cell.case);
    for case in cases {
        let given = given[case].iter().map(String::as_str).collect::<Vec<_>>();
        let given = if given.is_empty() { "nothing".to_owned() } else { given.join(", ") };
        let own = cells.iter().filter(|cell| cell.case == *case).map(Cell::words);
        writeln!(text, "| {case} | {given} | {} |", own.collect::<Vec<_>>().join(" | ")).unwrap();
    }
    text
}

/// Compares the tables with those of the page, or puts them there.
fn compare(tables: &[(&str, String)]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/mirror.md");
    let there = fs::read_to_string(&path).unwrap();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let page = tables.iter().fold(there, |page, (name, table)| replaced(&page, name, table));
        return fs::write(&path, page).unwrap();
    }
    for (name, table) in tables {
        let hint = "UPDATE_DOCS=1 cargo test --test clients mirror";
        assert!(block(&there, name) == table, "the table of {name} in {} differs: {hint}\n{table}", path.display());
    }
}
