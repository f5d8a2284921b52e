//! CA certificates that servers have sent in this session, as browsers keep them: another server
//! may have forgotten to send one of them.

use std::collections::{HashMap, HashSet};

use crate::model::{CertDer, Fingerprint};
use crate::x509::Cert;

/// More are not kept.
const LIMIT: usize = 4096;

/// The certificates by their subject.
#[derive(Debug, Default)]
pub(super) struct SeenPool {
    by_subject: HashMap<String, Vec<CertDer>>,
    known: HashSet<Fingerprint>,
}

impl SeenPool {
    /// Adds the CA certificates among those sent. A self-signed one is a root, which is never
    /// taken from a server.
    pub(super) fn add(&mut self, sent: &[CertDer]) {
        for der in sent.iter().skip(1) {
            if self.known.len() >= LIMIT || !self.known.insert(der.sha256) {
                continue;
            }
            let cert = Cert::read(der);
            if let Some(subject) = cert.subject.as_ref().filter(|_| cert.is_ca() && !cert.is_self_issued()) {
                self.by_subject.entry(subject.normal().to_owned()).or_default().push(der.clone());
            }
        }
    }

    /// Changes whenever a certificate was added.
    pub(super) fn generation(&self) -> u64 {
        self.known.len() as u64
    }

    /// The certificates of that subject.
    pub(super) fn named(&self, normal: &str) -> &[CertDer] {
        self.by_subject.get(normal).map_or(&[], Vec::as_slice)
    }
}
