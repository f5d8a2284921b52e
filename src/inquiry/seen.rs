//! CA certificates that servers have sent in this session, as browsers keep them: another server
//! may have forgotten to send one of them.

use std::collections::{HashMap, HashSet};

use crate::model::{CertDer, Fingerprint};
use crate::x509::Cert;

/// More are not kept: the pool begins anew.
const LIMIT: usize = 4096;

/// Nor more than this of what one server sends.
const OF_ONE_SERVER: usize = 16;

/// The certificates by their subject.
#[derive(Debug, Default)]
pub(super) struct SeenPool {
    by_subject: HashMap<String, Vec<CertDer>>,
    known: HashSet<Fingerprint>,
    generation: u64,
}

impl SeenPool {
    /// Adds the CA certificates among those sent. A self-signed one is a root, which is never
    /// taken from a server.
    pub(super) fn add(&mut self, sent: &[CertDer]) {
        for der in sent.iter().skip(1).take(OF_ONE_SERVER) {
            if self.known.len() >= LIMIT {
                // What is needed again is sent again.
                *self = Self { generation: self.generation, ..Self::default() };
            }
            if !self.known.insert(der.sha256) {
                continue;
            }
            self.generation += 1;
            let cert = Cert::read(der);
            if let Some(subject) = cert.subject.as_ref().filter(|_| cert.is_ca() && !cert.is_self_issued()) {
                self.by_subject.entry(subject.normal().to_owned()).or_default().push(der.clone());
            }
        }
    }

    /// Changes whenever a certificate was added.
    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// The certificates of that subject.
    pub(super) fn named(&self, normal: &str) -> &[CertDer] {
        self.by_subject.get(normal).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_cannot_fill_the_pool_and_a_full_one_begins_anew() {
        let leaf = CertDer::new(vec![0]);
        let rubbish = |n: usize| CertDer::new(n.to_be_bytes().to_vec());
        let mut pool = SeenPool::default();
        let chain: Vec<CertDer> = std::iter::once(leaf.clone()).chain((0..100).map(rubbish)).collect();
        pool.add(&chain);
        assert_eq!(pool.generation(), 16);
        for n in 0..2 * LIMIT {
            pool.add(&[leaf.clone(), rubbish(1000 + n)]);
        }
        assert!(pool.known.len() <= LIMIT);
        assert_eq!(pool.generation(), 16 + 2 * LIMIT as u64, "every new one counts, whatever was forgotten");
    }
}
