//! What one app did at one host so far, and what it is to be shown next.

use std::collections::{BTreeMap, BTreeSet};

use super::manner::is_said;
use crate::model::{ClientOutcome, ConnectionId, Identity, Refusal, Took, Trial};

/// After so many refusals in a row it is time for a control.
const RUN: usize = 5;

/// A refusal without a word is waited for so often before it counts.
const SILENT_TIMES: u32 = 2;

/// What could not be told so often is left.
const MOST_UNTOLD: u32 = 3;

/// A control that was refused so often in a row ends an audit, until one is taken after all.
const MOST_FAILED: u32 = 3;

/// So does one of which nothing could be told so often in a row.
const MOST_CONTROLS_UNTOLD: u32 = 6;

/// What a client sent is kept of so many connections.
const MOST_SENT: usize = 5;

/// One app at one host.
#[derive(Clone, Debug, Default)]
pub(super) struct Course {
    /// What the app looks like.
    pub(super) app: String,
    pub(super) control: Control,
    pub(super) tries: BTreeMap<String, Tries>,
    /// Refusals that no control was taken behind yet.
    pending: Vec<String>,
    /// What connections are being shown now.
    in_flight: BTreeMap<ConnectionId, String>,
    /// In how many runs of a command in a row it did not come.
    absent: u32,
}

/// How the control was taken.
#[derive(Clone, Debug, Default)]
pub(super) struct Control {
    pub(super) taken: u32,
    /// How often in a row it was refused.
    pub(super) failed: u32,
    /// How often since it was taken nothing could be told.
    untold: u32,
    /// Why the last one was not.
    pub(super) why: Option<Refusal>,
    pub(super) how: Option<ClientOutcome>,
}

/// How one identity was taken.
#[derive(Clone, Debug, Default)]
pub(super) struct Tries {
    pub(super) accepted: Vec<(ConnectionId, Option<String>)>,
    /// More of these than `accepted` has room for.
    pub(super) times_accepted: u32,
    /// Refusals that a control was taken behind.
    pub(super) refused: u32,
    /// Refusals that none was taken behind yet.
    pub(super) pending: u32,
    pub(super) untold: u32,
    /// How it was refused, or how it came to tell nothing.
    pub(super) how: Option<ClientOutcome>,
    /// Whether one refusal was said.
    said: bool,
}

impl Tries {
    /// Whether it is to be shown once more.
    fn wants_more(&self, repeat: u32) -> bool {
        let refusals = self.refused + self.pending;
        let enough = if self.times_accepted == 0 && !self.said { repeat.max(SILENT_TIMES) } else { repeat };
        self.untold < MOST_UNTOLD && self.times_accepted + refusals < enough
    }

    fn accept(&mut self, trial: &Trial) {
        self.times_accepted += 1;
        if self.accepted.len() < MOST_SENT {
            self.accepted.push((trial.connection, trial.sent.clone()));
        }
    }
}

impl Course {
    /// A connection is shown this.
    pub(super) fn begin(&mut self, connection: ConnectionId, identity: &str) {
        self.absent = 0;
        self.in_flight.insert(connection, identity.to_owned());
    }

    /// A connection is over.
    pub(super) fn end(&mut self, connection: ConnectionId) {
        self.in_flight.remove(&connection);
    }

    /// What came of a connection that was shown a control.
    pub(super) fn note_control(&mut self, trial: &Trial) {
        let control = &mut self.control;
        match &trial.took {
            Took::Accepted => {
                *control = Control { taken: control.taken + 1, ..Control::default() };
                self.confirm();
            }
            Took::Refused { how } => {
                control.failed += 1;
                control.how = Some(how.clone());
                control.why.clone_from(&trial.why);
                self.take_back();
            }
            Took::Untold { how } => {
                control.untold += 1;
                control.how.get_or_insert_with(|| how.clone());
            }
        }
    }

    /// The client is alive and takes what nothing is wrong with: so its last refusals count.
    fn confirm(&mut self) {
        for identity in std::mem::take(&mut self.pending) {
            let tries = self.tries.entry(identity).or_default();
            tries.pending = tries.pending.saturating_sub(1);
            tries.refused += 1;
        }
    }

    /// The client refuses what nothing is wrong with: so its last refusals tell nothing.
    fn take_back(&mut self) {
        for identity in std::mem::take(&mut self.pending) {
            let tries = self.tries.entry(identity).or_default();
            tries.pending = tries.pending.saturating_sub(1);
            tries.untold += 1;
            tries.said = false;
        }
    }

    /// What came of a connection that was shown something wrong.
    pub(super) fn note_identity(&mut self, trial: &Trial) {
        let tries = self.tries.entry(trial.identity.clone()).or_default();
        match &trial.took {
            Took::Accepted => tries.accept(trial),
            Took::Refused { how } => {
                tries.pending += 1;
                tries.said |= is_said(how);
                tries.how = Some(how.clone());
                self.pending.push(trial.identity.clone());
            }
            Took::Untold { how } => {
                tries.untold += 1;
                tries.how = Some(how.clone());
            }
        }
    }

    /// It is known now what a client sent that took an identity.
    pub(super) fn note_sent(&mut self, trial: &Trial) {
        let tries = self.tries.get_mut(&trial.identity);
        let known = tries.and_then(|tries| tries.accepted.iter_mut().find(|known| known.0 == trial.connection));
        if let Some(known) = known {
            known.1.clone_from(&trial.sent);
        }
    }

    /// A run of a command is over in which it did not come.
    pub(super) fn note_absence(&mut self, identity: &Identity) {
        self.absent += 1;
        if identity.is_control() {
            self.control.failed += 1;
        } else {
            self.tries.entry(identity.name.clone()).or_default().untold += 1;
        }
    }

    /// Whether it refuses even what nothing is wrong with, or does not come any more.
    pub(super) fn is_hopeless(&self) -> bool {
        let control = &self.control;
        control.failed >= MOST_FAILED || control.untold >= MOST_CONTROLS_UNTOLD || self.absent >= MOST_UNTOLD
    }

    /// Whether a control is due before anything else.
    pub(super) fn wants_control(&self) -> bool {
        let run: BTreeSet<&String> = self.pending.iter().collect();
        self.control.taken == 0 || self.control.failed > 0 || run.len() >= RUN
    }

    /// What is to be shown next of these, the control aside.
    pub(super) fn wants<'i>(&self, identities: &[&'i Identity], repeat: u32) -> Wanted<'i> {
        let open = |identity: &&&Identity| self.tries.get(&identity.name).is_none_or(|tries| tries.wants_more(repeat));
        let is_shown = |identity: &Identity| self.in_flight.values().any(|name| *name == identity.name);
        let mut open = identities.iter().filter(open).peekable();
        let is_over = open.peek().is_none();
        match open.find(|identity| !is_shown(identity)) {
            Some(next) => Wanted::Identity(next),
            None if is_over && self.pending.is_empty() => Wanted::Nothing,
            None => Wanted::Control,
        }
    }
}

/// What a client is to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted<'i> {
    Identity(&'i Identity),
    Control,
    /// Everything is settled.
    Nothing,
}
