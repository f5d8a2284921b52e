//! What a client is shown.

use std::sync::Arc;

use rustls::sign::CertifiedKey;

use super::mint::Leaf;
use crate::model::{CipherSuite, Fingerprint, TlsVersion};

/// A chain with its key, and how TLS is spoken with it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The first certificate of the chain.
    pub leaf: Fingerprint,
    /// Chain, key and staple, as rustls takes them.
    pub certified: Arc<CertifiedKey>,
    /// This version alone; any where there is none.
    pub version: Option<TlsVersion>,
    /// These suites alone, of version 1.2; any where there are none.
    pub suites: Vec<CipherSuite>,
}

impl Shown {
    /// A leaf as it is, with whatever version and suite the client likes best.
    pub fn of(leaf: &Leaf) -> Self {
        Self { leaf: leaf.cert.sha256, certified: leaf.certified.clone(), version: None, suites: Vec::new() }
    }
}
