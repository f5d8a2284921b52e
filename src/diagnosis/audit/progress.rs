//! The whole of an audit as far as it has come: what everybody did, and who is shown what next.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use super::course::{Course, Wanted};
use super::table::{Row, Table};
use crate::diagnosis::clients::App;
use crate::model::{ConnectionId, Identity, Target, Took, Trial};

/// More pairs of an app and a host are not audited.
const MOST_SUBJECTS: usize = 10_000;

/// Who is audited: one app on one device, at one host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// Where the app is.
    pub device: IpAddr,
    /// The app, by its fingerprint.
    pub app: App,
    /// The host, with the port where it is not 443.
    pub host: Arc<str>,
}

impl Subject {
    /// Whom a trial was with.
    fn of(trial: &Trial) -> Self {
        let app = App(trial.fingerprint.as_str().into());
        Self { device: trial.device, app, host: trial.host.as_str().into() }
    }

    /// Those of the identities that can be made for its host.
    fn fitting<'i>(&self, identities: impl Iterator<Item = &'i Identity>) -> Vec<&'i Identity> {
        let Ok(Target { host, .. }) = Target::parse(&self.host, Some(443)) else { return Vec::new() };
        identities.filter(|identity| identity.made_for.fits(&host)).collect()
    }

    fn fits(&self, identity: &Identity) -> bool {
        !self.fitting(std::iter::once(identity)).is_empty()
    }
}

/// What came of one run of a command: so many connections did this.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunTold {
    /// They took what they were shown.
    pub taken: u32,
    /// They refused it.
    pub refused: u32,
    /// They did neither.
    pub untold: u32,
}

impl RunTold {
    fn note(&mut self, took: &Took) {
        match took {
            Took::Accepted => self.taken += 1,
            Took::Refused { .. } => self.refused += 1,
            Took::Untold { .. } => self.untold += 1,
        }
    }

    /// In words.
    pub fn words(self) -> String {
        let said = |count: u32, what: &str| (count > 0).then(|| format!("{what} {count}x"));
        let all = [said(self.taken, "taken"), said(self.refused, "refused"), said(self.untold, "tells nothing")];
        let all: Vec<String> = all.into_iter().flatten().collect();
        if all.is_empty() { "no connection came".to_owned() } else { all.join(", ") }
    }
}

/// An audit. Everything is bounded: who comes when there is no room is not audited.
#[derive(Clone, Debug)]
pub struct Audit {
    control: Identity,
    identities: Vec<Identity>,
    repeat: u32,
    subjects: BTreeMap<Subject, Course>,
    /// What everybody is shown while a command runs.
    held: Option<Identity>,
    /// Who came in that run.
    came: BTreeSet<Subject>,
    run: RunTold,
}

impl Audit {
    /// An audit with these identities, each shown so often at least. `None` without a control among them.
    pub fn new(identities: &[Identity], repeat: u32) -> Option<Self> {
        let control = identities.iter().find(|identity| identity.is_control())?.clone();
        let identities = identities.iter().filter(|identity| !identity.is_control()).cloned().collect();
        let (subjects, came, run) = (BTreeMap::new(), BTreeSet::new(), RunTold::default());
        Some(Self { control, identities, repeat: repeat.max(1), subjects, held: None, came, run })
    }

    /// An audit in which all of this has happened.
    pub fn replay<'t>(identities: &[Identity], repeat: u32, trials: impl Iterator<Item = &'t Trial>) -> Option<Self> {
        let mut audit = Self::new(identities, repeat)?;
        trials.for_each(|trial| audit.note(trial));
        Some(audit)
    }

    /// The control.
    pub fn control(&self) -> &Identity {
        &self.control
    }

    /// How often each identity is shown at least.
    pub fn repeat(&self) -> u32 {
        self.repeat
    }

    /// What is wrong on purpose, in the order of the catalogue.
    pub fn identities(&self) -> &[Identity] {
        &self.identities
    }

    /// What the next connection of a subject is to be shown; `None` when everything is settled, or there is no
    /// room for one more.
    pub fn next(&self, subject: &Subject) -> Option<&Identity> {
        let Some(course) = self.subjects.get(subject) else {
            return (self.subjects.len() < MOST_SUBJECTS).then(|| self.held_for(subject).unwrap_or(&self.control));
        };
        if let Some(held) = self.held_for(subject) {
            return Some(held);
        }
        self.wanted_by(subject, course)
    }

    /// A connection of a subject is shown an identity.
    pub fn begin(&mut self, subject: &Subject, app: &str, connection: ConnectionId, identity: &str) {
        if let Some(course) = self.course(subject, app) {
            course.begin(connection, identity);
        }
        self.came.insert(subject.clone());
    }

    /// A connection is over, whatever came of it.
    pub fn end(&mut self, subject: &Subject, connection: ConnectionId) {
        if let Some(course) = self.subjects.get_mut(subject) {
            course.end(connection);
        }
    }

    /// What came of a connection is known.
    pub fn note(&mut self, trial: &Trial) {
        let is_control = trial.identity == self.control.name;
        self.run.note(&trial.took);
        let Some(course) = self.course(&Subject::of(trial), &trial.app) else { return };
        course.end(trial.connection);
        if is_control {
            course.note_control(trial);
        } else {
            course.note_identity(trial);
        }
    }

    /// What the client of a connection sent is known as well by now.
    pub fn note_sent(&mut self, trial: &Trial) {
        if let Some(course) = self.subjects.get_mut(&Subject::of(trial)) {
            course.note_sent(trial);
        }
    }

    /// Shows everybody this and nothing else: a command is about to run.
    pub fn hold(&mut self, identity: &Identity) {
        self.held = Some(identity.clone());
        self.came.clear();
        self.run = RunTold::default();
    }

    /// The command has run. Who did not come cannot be told about.
    pub fn release(&mut self) {
        let Some(held) = self.held.take() else { return };
        let came = std::mem::take(&mut self.came);
        let fitting = self.subjects.iter_mut().filter(|(subject, _)| !came.contains(subject) && subject.fits(&held));
        fitting.for_each(|(_, course)| course.note_absence(&held));
    }

    /// What came of the last run.
    pub fn last_run(&self) -> RunTold {
        self.run
    }

    /// What a command is to be run with next: what most is waiting for. `None` when nothing is left to be told.
    pub fn wanted(&self) -> Option<&Identity> {
        if self.subjects.is_empty() {
            return Some(&self.control);
        }
        let hopeful = self.subjects.iter().filter(|(_, course)| !course.is_hopeless());
        let wanted: BTreeSet<&str> =
            hopeful.filter_map(|(subject, course)| self.wanted_by(subject, course)).map(|w| w.name.as_str()).collect();
        if wanted.contains(self.control.name.as_str()) {
            return Some(&self.control);
        }
        self.identities.iter().find(|identity| wanted.contains(identity.name.as_str()))
    }

    /// Whether somebody came, and everybody who came is done with.
    pub fn is_done(&self) -> bool {
        !self.subjects.is_empty() && self.wanted().is_none()
    }

    /// How many subjects there are.
    pub fn subjects(&self) -> usize {
        self.subjects.len()
    }

    /// What is known by now.
    pub fn table(&self) -> Table {
        let row = |(subject, course): (&Subject, &Course)| Row::of(subject, course, &self.fitting(subject));
        Table { rows: self.subjects.iter().map(row).collect() }
    }

    fn held_for(&self, subject: &Subject) -> Option<&Identity> {
        let held = self.held.as_ref()?;
        Some(if subject.fits(held) { held } else { &self.control })
    }

    fn wanted_by(&self, subject: &Subject, course: &Course) -> Option<&Identity> {
        if course.wants_control() {
            return Some(&self.control);
        }
        match course.wants(&self.fitting(subject), self.repeat) {
            Wanted::Identity(identity) => Some(identity),
            Wanted::Control => Some(&self.control),
            Wanted::Nothing => None,
        }
    }

    fn fitting(&self, subject: &Subject) -> Vec<&Identity> {
        subject.fitting(self.identities.iter())
    }

    fn course(&mut self, subject: &Subject, app: &str) -> Option<&mut Course> {
        if !self.subjects.contains_key(subject) && self.subjects.len() >= MOST_SUBJECTS {
            return None;
        }
        let course = self.subjects.entry(subject.clone()).or_default();
        app.clone_into(&mut course.app);
        Some(course)
    }
}
