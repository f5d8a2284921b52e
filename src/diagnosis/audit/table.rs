//! What an audit has shown: apps by hosts by identities. Values alone, for whoever writes or draws them.

use std::net::IpAddr;

use super::course::{Course, Tries};
use super::progress::Subject;
use crate::model::{ClientOutcome, Identity, Refusal, Severity};

/// Everything that an audit has shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// A row for each app and host, by device.
    pub rows: Vec<Row>,
}

/// One app at one host.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Where the app is.
    pub device: IpAddr,
    /// What it looks like.
    pub app: String,
    /// What tells it from others that look alike.
    pub fingerprint: String,
    /// The host.
    pub host: String,
    /// Whether anything can be said.
    pub standing: Standing,
    /// How often the control was taken.
    pub controls: u32,
    /// What it did with each identity that can be made for its host, in the order of the catalogue.
    pub cells: Vec<Cell>,
}

/// Whether an app at a host could be audited.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// It takes what nothing is wrong with.
    Sound,
    /// It never took what nothing is wrong with, so that its refusals tell nothing.
    NeverTook {
        /// Why, as far as that can be concluded.
        why: Option<Refusal>,
        /// How it left.
        how: Option<ClientOutcome>,
    },
    /// It took what nothing is wrong with once, and does not any more.
    TookNoMore {
        /// Why, as far as that can be concluded.
        why: Option<Refusal>,
        /// How it left.
        how: Option<ClientOutcome>,
    },
}

/// What one app did with one identity at one host.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// The identity.
    pub identity: Identity,
    /// What that comes to.
    pub told: Told,
    /// How often it was taken.
    pub accepted: u32,
    /// How often it was refused.
    pub refused: u32,
    /// How it was refused, or how it came to tell nothing.
    pub how: Option<ClientOutcome>,
    /// What was sent to whoever stood behind it, of the first few times: no secret is in it.
    pub sent: Vec<String>,
}

/// What trials with an identity come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Told {
    /// It was taken.
    Accepted,
    /// It was taken, though not every time.
    Flaky,
    /// It was refused.
    Refused,
    /// It was shown, and what came of it tells nothing.
    Untold,
    /// It was not shown.
    NotShown,
}

impl Told {
    /// The word of documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Flaky => "flaky",
            Self::Refused => "refused",
            Self::Untold => "untold",
            Self::NotShown => "not-shown",
        }
    }

    /// Whether it was taken at least once.
    pub fn is_taken(self) -> bool {
        matches!(self, Self::Accepted | Self::Flaky)
    }
}

/// Something that was taken and should not have been.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found<'t> {
    /// How bad that is.
    pub severity: Severity,
    /// By whom.
    pub row: &'t Row,
    /// What, and what was sent.
    pub cell: &'t Cell,
}

impl Table {
    /// What was taken and should not have been, worst first.
    pub fn found(&self) -> Vec<Found<'_>> {
        let cells = self.rows.iter().flat_map(|row| row.cells.iter().map(move |cell| (row, cell)));
        let taken = cells.filter(|(_, cell)| cell.told.is_taken());
        let mut found: Vec<Found<'_>> =
            taken.filter_map(|(row, cell)| Some(Found { severity: cell.identity.severity?, row, cell })).collect();
        found.sort_by_key(|found| std::cmp::Reverse(found.severity));
        found
    }

    /// Whether anybody ever took what nothing is wrong with.
    pub fn has_control(&self) -> bool {
        self.rows.iter().any(|row| row.controls > 0)
    }
}

impl Row {
    pub(super) fn of(subject: &Subject, course: &Course, fitting: &[&Identity]) -> Self {
        let cell = |identity: &&Identity| Cell::of(identity, course.tries.get(&identity.name));
        let control = &course.control;
        let (why, how) = (control.why.clone(), control.how.clone());
        let standing = match (control.taken, control.failed) {
            (0, _) => Standing::NeverTook { why, how },
            (_, 0) => Standing::Sound,
            (_, _) => Standing::TookNoMore { why, how },
        };
        Self {
            device: subject.device,
            app: course.app.clone(),
            fingerprint: subject.app.0.to_string(),
            host: subject.host.to_string(),
            standing,
            controls: control.taken,
            cells: fitting.iter().map(cell).collect(),
        }
    }

    /// Its cells of which this was told.
    pub fn told(&self, told: Told) -> impl Iterator<Item = &Cell> {
        self.cells.iter().filter(move |cell| cell.told == told)
    }
}

impl Cell {
    fn of(identity: &Identity, tries: Option<&Tries>) -> Self {
        let none = Tries::default();
        let tries = tries.unwrap_or(&none);
        let told = match (tries.times_accepted, tries.refused, tries.untold + tries.pending) {
            (0, 0, 0) => Told::NotShown,
            (0, 0, _) => Told::Untold,
            (0, _, _) => Told::Refused,
            (_, 0, _) if tries.pending == 0 => Told::Accepted,
            (_, _, _) => Told::Flaky,
        };
        Self {
            identity: identity.clone(),
            told,
            accepted: tries.times_accepted,
            refused: tries.refused,
            how: tries.how.clone(),
            sent: tries.accepted.iter().filter_map(|(_, sent)| sent.clone()).collect(),
        }
    }
}
