//! Mirrors that were made, and the issuers' counterparts that many of them share, kept while nothing that they were made
//! of has changed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::handshake::Manners;
use super::{Mirrored, Server};
use crate::model::{CertDer, FindingId, Fingerprint};

/// More mirrors than this are not kept, nor more bytes of chains.
const MOST: usize = 2000;
const MOST_BYTES: usize = 32 << 20;

/// Mirrors by what they were made of.
#[derive(Debug, Default)]
pub(super) struct Shelf(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    mirrors: HashMap<Fingerprint, Arc<Mirrored>>,
    bytes: usize,
}

impl Shelf {
    pub(super) fn get(&self, place: Fingerprint) -> Option<Arc<Mirrored>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).mirrors.get(&place).cloned()
    }

    pub(super) fn put(&self, place: Fingerprint, mirrored: &Arc<Mirrored>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.mirrors.len() >= MOST || held.bytes >= MOST_BYTES {
            *held = Held::default();
        }
        held.bytes += mirrored.shown.certified.cert.iter().map(|der| der.len()).sum::<usize>();
        held.mirrors.insert(place, mirrored.clone());
    }
}

/// A counterpart, and the defects that it does not have though its original does.
pub(super) type Copied = (CertDer, Vec<FindingId>);

/// Counterparts of issuers by what they were made of, so that every chain below one has the same.
#[derive(Debug, Default)]
pub(super) struct Copies(Mutex<HashMap<Fingerprint, Copied>>);

impl Copies {
    /// More are not kept.
    const MOST: usize = 1000;

    /// Large ones are not kept: nobody shares them.
    const LARGEST: usize = 16 << 10;

    /// The one that is kept there, or the one that is made now.
    pub(super) fn get_or(
        &self,
        place: Fingerprint,
        make: impl FnOnce() -> Result<Copied, String>,
    ) -> Result<Copied, String> {
        let held = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = held().get(&place) {
            return Ok(kept.clone());
        }
        let made = make()?;
        let mut copies = held();
        if copies.len() >= Self::MOST {
            copies.clear();
        }
        if made.0.der.len() <= Self::LARGEST {
            copies.entry(place).or_insert_with(|| made.clone());
        }
        Ok(made)
    }
}

/// Everything a mirror is made of: another one of any of it gives another mirror.
pub(super) fn place_of(server: &Server<'_>, manners: &Manners) -> Fingerprint {
    let mut all: Vec<u8> = Vec::new();
    let mut add = |what: &[u8]| {
        all.extend((what.len() as u64).to_be_bytes());
        all.extend(what);
    };
    for der in server.sent {
        add(&der.sha256.0);
    }
    add(b"found");
    for (der, _) in &server.report.found {
        add(&der.sha256.0);
    }
    for verdict in &server.report.verdicts {
        add(format!("{:?} {:?} {:?}", verdict.roots, verdict.result, verdict.path).as_bytes());
    }
    for finding in &server.report.findings {
        let about = finding.subject.sha256.map(|sha256| sha256.0).unwrap_or_default();
        add(finding.id.as_str().as_bytes());
        add(&about);
        add(format!("{:?}", finding.evidence.get("by")).as_bytes());
    }
    let seen = server.handshake;
    add(seen.staple.as_deref().unwrap_or_default());
    add(format!("{:?} {:?} {:?} {manners:?}", seen.staple.is_some(), seen.signature_valid, seen.scheme).as_bytes());
    Fingerprint::of(&all)
}
