//! A chain with the defects of a server's own, for a client to do with as it would have done without us.
//!
//! Owns the counterpart of every certificate that a server sent: its own signed part with another key in it, signed by
//! the counterpart of whoever signed it; the anchor's counterpart is our CA, that of a root which nobody trusts is a
//! second CA that nobody is ever offered. Owns the staple, the version and the handshake's signature that go with it,
//! and the table of what can be shown so and what cannot.
//! Must not judge: what is wrong with the server is the report's to say, and is copied rather than made anew.

mod counterpart;
mod extent;
mod handshake;
mod keyring;
mod kin;
mod manner;
mod said;
mod shelf;
mod splice;
mod staple;
mod untrusted;

pub use extent::{Extent, extent, may_be_acted_on};

use std::sync::{Arc, Mutex, PoisonError};

use rustls::sign::CertifiedKey;
use rustls_pki_types::CertificateDer;

use super::authority::{Authority, CaError, Root};
use super::mint::Mint;
use super::shown::Shown;
use crate::model::{CertDer, ClientHello, FindingId, Handshake, Report, Timestamp};
use crate::x509::Cert;
use counterpart::{Family, Roots};
use handshake::Manners;
use keyring::Keyring;
use kin::{Issuer, Kin};
use shelf::{Copies, Shelf, place_of};

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
    /// Defects of the server's that the client is not shown, though it might act on them.
    pub unmirrored: Vec<FindingId>,
    /// The issuers that are known and were not sent: what a client would have to look for elsewhere.
    pub unsent: Vec<CertDer>,
}

/// Why there is no mirror.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    /// There is nothing to mirror.
    #[error("the server showed no certificate")]
    NothingSent,
    /// The second CA cannot be had.
    #[error(transparent)]
    Untrusted(#[from] CaError),
    /// A key or a certificate could not be made.
    #[error("cannot make a certificate with the server's defects: {0}")]
    Making(String),
}

/// What mirrors are made with, and those that were made.
#[derive(Debug, Default)]
pub(super) struct Mirrors {
    keyring: Keyring,
    copies: Copies,
    shelf: Shelf,
    untrusted: Mutex<Option<Root>>,
}

impl Mint {
    /// What [`Mint::mirror`] made of the same before, when that is still there.
    pub fn kept_mirror(&self, server: &Server<'_>, hello: &ClientHello) -> Option<Arc<Mirrored>> {
        let leaf = Cert::read(server.sent.first()?);
        self.mirrors().shelf.get(place_of(server, &Manners::of(server, &leaf, hello)))
    }

    /// What to show a client with this hello in place of `server`. Takes milliseconds, and seconds where an RSA key
    /// of a new size is wanted: not for an async task.
    ///
    /// # Errors
    /// [`MirrorError`] when the server showed no certificate, or a counterpart could not be made.
    pub fn mirror(
        &self,
        server: &Server<'_>,
        hello: &ClientHello,
        now: Timestamp,
    ) -> Result<Arc<Mirrored>, MirrorError> {
        let leaf = Cert::read(server.sent.first().ok_or(MirrorError::NothingSent)?);
        let manners = Manners::of(server, &leaf, hello);
        let place = place_of(server, &manners);
        if let Some(mirrored) = self.mirrors().shelf.get(place) {
            return Ok(mirrored);
        }
        let making = Making { mirrors: self.mirrors(), authority: self.authority(), server, leaf: &leaf, now };
        let mirrored = Arc::new(making.mirror(&manners)?);
        self.mirrors().shelf.put(place, &mirrored);
        Ok(mirrored)
    }
}

/// One mirror in the making.
struct Making<'a> {
    mirrors: &'a Mirrors,
    authority: &'a Authority,
    server: &'a Server<'a>,
    leaf: &'a Cert,
    now: Timestamp,
}

impl Making<'_> {
    fn mirror(&self, manners: &Manners) -> Result<Mirrored, MirrorError> {
        let making = MirrorError::Making;
        let ours =
            self.authority.as_root().ok_or_else(|| making("the CA's key is of a kind that cannot sign here".into()))?;
        let delegates = staple::delegates(self.server.handshake.staple.as_ref());
        let kin = Kin::of(self.server.sent, delegates, self.server.report);
        let is_flat = is_too_long_for(&ours, &kin);
        let roots = Roots { ours, untrusted: self.untrusted_root(&kin)? };
        let context = (self.server.report, manners.leaf_key, is_flat);
        let mut family = Family::new(&kin, &roots, self.mirrors, context).map_err(making)?;
        let chain = self.chain(&mut family, is_flat).map_err(making)?;
        let unsent = unsent(&mut family).map_err(making)?;
        let staple = self.server.handshake.staple.as_ref();
        let staple = staple.map(|staple| staple::counterpart(staple, &mut family)).transpose().map_err(making)?;
        let leaf_key = kin.leaf().and_then(|leaf| family.identity(leaf)).map(|identity| identity.own.key.clone());
        let leaf_key = leaf_key.ok_or_else(|| making("the leaf has no key".into()))?;
        let signer = handshake::signer(self.server, self.leaf, &leaf_key).map_err(making)?;
        let leaf = chain.first().ok_or(MirrorError::NothingSent)?.sha256;
        let chain = chain.into_iter().map(|der| CertificateDer::from(der.der.to_vec())).collect();
        let mut certified = CertifiedKey::new(chain, signer);
        certified.ocsp = staple;
        let changed = said::changed(&family, manners, is_flat);
        let unmirrored = said::unmirrored(self.server.report, &family, is_flat);
        let shown =
            Shown { leaf, certified: Arc::new(certified), version: manners.version, suites: manners.suites.clone() };
        Ok(Mirrored { shown, changed, unmirrored, unsent })
    }

    /// The counterparts in the order sent.
    fn chain(&self, family: &mut Family<'_>, is_flat: bool) -> Result<Vec<CertDer>, String> {
        let count = if is_flat { 1 } else { self.server.sent.len() };
        let places: Vec<Option<usize>> = family.kin.sent.iter().copied().take(count).collect();
        let mut made: Vec<Option<CertDer>> = vec![None; family.kin.members.len()];
        let mut chain = Vec::new();
        for (place, own) in places.into_iter().zip(self.server.sent) {
            let Some(at) = place else {
                chain.push(own.clone());
                continue;
            };
            let known = made.get(at).cloned().flatten();
            let der = known.map_or_else(|| family.certificate(at), Ok)?;
            if let Some(slot) = made.get_mut(at) {
                *slot = Some(der.clone());
            }
            chain.push(der);
        }
        Ok(chain)
    }

    /// The second CA, where it stands for a root that has no other defect than that nobody trusts it: one that has
    /// others keeps them.
    fn untrusted_root(&self, kin: &Kin) -> Result<Option<Root>, MirrorError> {
        let Some(root) = kin.untrusted_root.and_then(|root| kin.get(root)) else { return Ok(None) };
        let sha256 = Some(root.cert.sha256());
        if self.server.report.findings.iter().any(|finding| finding.subject.sha256 == sha256) {
            return Ok(None);
        }
        let mut held = self.mirrors.untrusted.lock().unwrap_or_else(PoisonError::into_inner);
        if held.is_none() {
            *held = Some(untrusted::load_or_create(&self.authority.paths().untrusted, self.now)?);
        }
        Ok(held.clone())
    }
}

/// Whether our CA allows fewer certificates below it than the anchor does: one that an older tlscope made allows none.
fn is_too_long_for(ours: &Root, kin: &Kin) -> bool {
    let limit = ours.cert.extensions.basic_constraints.and_then(|constraints| constraints.path_len);
    kin.anchor.is_some() && limit.is_some_and(|limit| kin.between > limit as usize)
}

/// The counterparts of issuers that are known and were not sent, but for the anchor.
fn unsent(family: &mut Family<'_>) -> Result<Vec<CertDer>, String> {
    let kin = family.kin;
    let is_wanted = |at: &usize| {
        let is_issuer = kin.members.iter().any(|member| member.issuer == Issuer::Member(*at));
        is_issuer && kin.anchor != Some(*at) && !kin.sent.contains(&Some(*at))
    };
    let wanted: Vec<usize> = (0..kin.members.len()).filter(is_wanted).collect();
    wanted.into_iter().map(|at| family.certificate(at)).collect()
}
