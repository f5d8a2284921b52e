//! The keys of counterparts: of the kind, size and exponent of those they stand for, each kept for as long as it may be
//! met again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::splice::key_in_the_manner_of;
use crate::ca::forge::Key;
use crate::model::Fingerprint;
use crate::x509::{Hash, KeyKind, PublicKey, SignatureKind};

/// Making an RSA key takes up to seconds, so certificates of one chain have different ones, and chains share them.
const MOST_OF_A_SIZE: usize = 4;

/// More RSA sizes are not made: a server could ask for any number of them.
const MOST_SIZES: usize = 24;

/// More issuers' keys are not kept.
const MOST_ISSUERS: usize = 2000;

/// A key with the public half that stands in its certificate.
#[derive(Clone)]
pub(super) struct Own {
    pub(super) key: Arc<Key>,
    /// The SubjectPublicKeyInfo.
    pub(super) spki: Vec<u8>,
    /// Whether it is of the kind and size of the one it stands for.
    pub(super) is_alike: bool,
}

impl Own {
    /// The contents of the BIT STRING of its public half.
    pub(super) fn key_bits(&self) -> Option<Vec<u8>> {
        PublicKey::read(&Bytes::from(self.spki.clone())).map(|public| public.key.to_vec())
    }
}

/// Which key a certificate has among those of its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Its own, which no other chain has where that costs nothing.
    Leaf,
    /// Its own in every chain that it is part of.
    Issuer,
}

/// RSA keys by size and exponent.
type Sizes = HashMap<(usize, Vec<u8>), Vec<Arc<Key>>>;

/// The keys.
#[derive(Default)]
pub(super) struct Keyring {
    sizes: Mutex<Sizes>,
    issuers: Mutex<HashMap<Fingerprint, Own>>,
    unknown: Mutex<HashMap<(Fingerprint, usize), Arc<Key>>>,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring").finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Keyring {
    /// The counterpart of a public key, in a chain in which those that are `taken` stand already.
    pub(super) fn counterpart(&self, public: &PublicKey, role: Role, taken: &[Arc<Key>]) -> Result<Own, String> {
        if role == Role::Leaf {
            return self.like(public, taken);
        }
        let name = Fingerprint::of(&public.spki);
        if let Some(own) = lock(&self.issuers).get(&name) {
            return Ok(own.clone());
        }
        let made = self.like(public, taken)?;
        let mut issuers = lock(&self.issuers);
        if issuers.len() >= MOST_ISSUERS {
            issuers.clear();
        }
        Ok(issuers.entry(name).or_insert(made).clone())
    }

    fn like(&self, public: &PublicKey, taken: &[Arc<Key>]) -> Result<Own, String> {
        let made = match &public.kind {
            KeyKind::Rsa { exponent, .. } => self.rsa(public.bits(), exponent, taken),
            KeyKind::Ec { curve } => Key::on_curve(curve).map(Arc::new),
            // A point of P-256 has 65 bytes; whatever the parameters say, they are kept.
            KeyKind::EcExplicit if public.key.len() == 65 => Key::on_curve("P-256").map(Arc::new),
            KeyKind::Ed25519 => Key::named("ed25519").map(Arc::new),
            // Nobody can verify anything with what cannot be read, so it may stay.
            KeyKind::Unknown => {
                let key = Key::on_curve("P-256").map(Arc::new)?;
                return Ok(Own { key, spki: public.spki.to_vec(), is_alike: true });
            }
            _ => Err("a kind of key that tlscope does not make".to_owned()),
        };
        match made.ok().and_then(|key| Some((key_in_the_manner_of(&public.spki, &key.spki)?, key))) {
            Some((spki, key)) => Ok(Own { key, spki, is_alike: true }),
            None => self.plain("P-256"),
        }
    }

    /// A key that is not like the one it stands for.
    pub(super) fn plain(&self, kind: &str) -> Result<Own, String> {
        let key = match kind {
            "RSA" => self.rsa(2048, &[1, 0, 1], &[])?,
            curve => Arc::new(Key::on_curve(curve)?),
        };
        Ok(Own { spki: key.spki.clone(), key, is_alike: false })
    }

    fn rsa(&self, bits: usize, exponent: &[u8], taken: &[Arc<Key>]) -> Result<Arc<Key>, String> {
        // Held while one is made, so that ten connections at once do not make ten.
        let mut sizes = lock(&self.sizes);
        let wanted = (bits, exponent.to_vec());
        if !sizes.contains_key(&wanted) && sizes.len() >= MOST_SIZES {
            return Err("too many sizes of RSA keys".to_owned());
        }
        let made = sizes.entry(wanted).or_default();
        let is_free = |key: &&Arc<Key>| !taken.iter().any(|other| Arc::ptr_eq(other, key));
        if let Some(free) = made.iter().find(is_free) {
            return Ok(free.clone());
        }
        if let Some(first) = made.first().filter(|_| made.len() >= MOST_OF_A_SIZE) {
            return Ok(first.clone());
        }
        let key = Arc::new(Key::rsa(bits, exponent)?);
        made.push(key.clone());
        Ok(key)
    }

    /// The key of an issuer of whom nothing is known but its name and one signature: how it was made and how long it is.
    pub(super) fn unknown(&self, name: &[u8], kind: Option<SignatureKind>, length: usize) -> Result<Arc<Key>, String> {
        let place = (Fingerprint::of(name), length / 64);
        if let Some(key) = lock(&self.unknown).get(&place) {
            return Ok(key.clone());
        }
        let likely = match kind {
            Some(SignatureKind::RsaPkcs1(_) | SignatureKind::RsaPss(..)) => self.rsa(length * 8, &[1, 0, 1], &[]),
            Some(SignatureKind::Ecdsa(Hash::Sha384)) => Key::on_curve("P-384").map(Arc::new),
            Some(SignatureKind::Ed25519) => Key::named("ed25519").map(Arc::new),
            _ => Key::on_curve("P-256").map(Arc::new),
        };
        let key = likely.or_else(|_| Key::on_curve("P-256").map(Arc::new))?;
        let mut unknown = lock(&self.unknown);
        if unknown.len() >= MOST_ISSUERS {
            unknown.clear();
        }
        Ok(unknown.entry(place).or_insert(key).clone())
    }
}
