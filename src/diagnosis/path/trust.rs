//! Whom we trust: the root sets, made ready for looking issuers up, and the logs of transparency.

use std::collections::{HashMap, HashSet};

use crate::model::{CtLog, Fingerprint, RootSet, RootSetName};
use crate::x509::Cert;

/// The root sets to judge by. Made once; shared by all judgements.
#[derive(Debug, Default)]
pub struct Trust {
    anchors: Vec<Anchor>,
    sets: Vec<SetInfo>,
    by_subject: HashMap<String, Vec<usize>>,
    by_fingerprint: HashMap<Fingerprint, usize>,
    logs: Option<Vec<CtLog>>,
}

/// A trust anchor with the sets it is in.
#[derive(Debug)]
pub(crate) struct Anchor {
    pub(crate) cert: Cert,
    pub(crate) sets: SetMask,
    /// Whether the rules for publicly trusted certificates apply below it.
    pub(crate) is_public: bool,
}

/// Which of the root sets, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SetMask(u8);

impl SetMask {
    pub(crate) fn contains(self, set: usize) -> bool {
        self.0 & 1 << set != 0
    }

    fn insert(&mut self, set: usize) {
        self.0 |= 1 << set;
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct SetInfo {
    pub(crate) name: RootSetName,
    pub(crate) is_empty: bool,
}

impl Trust {
    /// Reads the anchors of every set. `public` are the anchors whose chains the rules for
    /// publicly trusted certificates apply to, whichever set they are found in.
    pub fn new(sets: &[RootSet], public: &HashSet<Fingerprint>) -> Self {
        let mut trust = Self::default();
        for (at, set) in sets.iter().enumerate() {
            trust.sets.push(SetInfo { name: set.name, is_empty: set.anchors.is_empty() });
            for der in &set.anchors {
                let index = *trust.by_fingerprint.entry(der.sha256).or_insert_with(|| {
                    let is_public = public.contains(&der.sha256);
                    trust.anchors.push(Anchor { cert: Cert::read(der), sets: SetMask::default(), is_public });
                    trust.anchors.len() - 1
                });
                if let Some(anchor) = trust.anchors.get_mut(index) {
                    anchor.sets.insert(at);
                }
            }
        }
        for (index, anchor) in trust.anchors.iter().enumerate() {
            if let Some(subject) = &anchor.cert.subject {
                trust.by_subject.entry(subject.normal().to_owned()).or_default().push(index);
            }
        }
        trust
    }

    /// The same with a list of the logs whose promises count.
    #[must_use]
    pub fn with_logs(mut self, logs: Option<Vec<CtLog>>) -> Self {
        self.logs = logs;
        self
    }

    pub(crate) fn logs(&self) -> Option<&[CtLog]> {
        self.logs.as_deref()
    }

    pub(crate) fn sets(&self) -> &[SetInfo] {
        &self.sets
    }

    /// Whether there is no anchor to be found in any set.
    pub fn is_empty(&self) -> bool {
        self.anchors.is_empty()
    }

    pub(crate) fn anchor(&self, index: usize) -> Option<&Anchor> {
        self.anchors.get(index)
    }

    pub(crate) fn indices(&self) -> std::ops::Range<usize> {
        0..self.anchors.len()
    }

    pub(crate) fn with_subject(&self, normal: &str) -> &[usize] {
        self.by_subject.get(normal).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn with_fingerprint(&self, sha256: Fingerprint) -> Option<usize> {
        self.by_fingerprint.get(&sha256).copied()
    }
}
