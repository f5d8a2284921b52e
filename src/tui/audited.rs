//! An audit by client and host: who took what it should not have, and which of them is selected.

use std::cmp::Reverse;
use std::net::IpAddr;
use std::sync::Arc;

use super::pick::Pick;
use crate::diagnosis::audit::{Audit, Row, Told};
use crate::model::{Identity, Severity};
use crate::session::{Book, quoted};

/// What clients are shown in this run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The identities of the catalogue, the control among them.
    pub identities: Vec<Identity>,
    /// How often each is shown at least.
    pub repeat: u32,
}

/// A row as it is drawn.
#[derive(Clone, Debug)]
pub(super) struct ShownRow {
    pub(super) row: Arc<Row>,
    pub(super) is_selected: bool,
}

/// The rows, the worst first.
#[derive(Debug, Default)]
pub(super) struct Audited {
    /// How many trials they are made of.
    trials: usize,
    rows: Vec<Arc<Row>>,
    pick: Pick,
    pub(super) shown: Vec<ShownRow>,
}

impl Audited {
    /// Takes from the book what the next frame shows. The selection stays with its client and host.
    pub(super) fn look_at(&mut self, plan: Option<&Plan>, book: &Book, rows: usize) {
        if self.trials != book.trials().len() {
            self.trials = book.trials().len();
            let selected = self.rows.get(self.pick.selected()).cloned();
            self.rows = plan.map(|plan| sorted(plan, book)).unwrap_or_default();
            if let Some(again) = selected.and_then(|old| self.rows.iter().position(|row| is_same(row, &old))) {
                self.pick.select(again);
            }
        }
        let seen = self.pick.fit(self.rows.len(), rows);
        let selected = self.pick.selected();
        let window = self.rows.iter().enumerate().skip(seen.start).take(seen.len());
        self.shown = window.map(|(at, row)| ShownRow { row: row.clone(), is_selected: at == selected }).collect();
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Up or down by so many.
    pub(super) fn travel(&mut self, by: isize) {
        self.pick.travel(by);
    }

    /// To the row that is drawn there.
    pub(super) fn select_shown(&mut self, at: usize) {
        self.pick.select_shown(at);
    }

    /// The selected row.
    pub(super) fn selected(&self) -> Option<&Row> {
        self.shown.iter().find(|shown| shown.is_selected).map(|shown| &*shown.row)
    }

    /// The filter that lets the connections of the selected row through.
    pub(super) fn filter(&self) -> Option<String> {
        self.selected().map(|row| {
            let host = quoted(&format!("^{}$", row.host));
            format!("given:audit device:^{}$ host:{host}", row.device)
        })
    }
}

/// The worst of what a row's client took and should not have.
pub(super) fn worst(row: &Row) -> Option<Severity> {
    row.cells.iter().filter(|cell| cell.told.is_taken()).filter_map(|cell| cell.identity.severity).max()
}

/// How many identities came to one of these.
pub(super) fn count(row: &Row, of: &[Told]) -> usize {
    row.cells.iter().filter(|cell| of.contains(&cell.told)).count()
}

fn sorted(plan: &Plan, book: &Book) -> Vec<Arc<Row>> {
    let trials = book.trials().iter().map(AsRef::as_ref);
    let table = Audit::replay(&plan.identities, plan.repeat, trials).map(|audit| audit.table()).unwrap_or_default();
    let mut rows: Vec<Arc<Row>> = table.rows.into_iter().map(Arc::new).collect();
    rows.sort_by_key(|row| (Reverse(worst(row)), Reverse(count(row, &[Told::Accepted, Told::Flaky]))));
    rows
}

fn is_same(one: &Row, other: &Row) -> bool {
    let key = |row: &Row| -> (IpAddr, String, String) { (row.device, row.fingerprint.clone(), row.host.clone()) };
    key(one) == key(other)
}
