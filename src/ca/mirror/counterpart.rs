//! From a family of certificates to that of their counterparts.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use bytes::Bytes;

use super::Mirrors;
use super::keyring::{Own, Role};
use super::kin::{Issuer, Kin, Member};
use super::manner::Manner;
use super::shelf::Copied;
use super::splice::{self, Change};
use crate::ca::authority::Root;
use crate::ca::forge::Key;
use crate::ca::forge::der::{join, sequence, tlv};
use crate::model::{CertDer, Finding, FindingId, Fingerprint, Report};
use crate::x509::{Algorithm, Cert, PublicKey, children, oids, read_tlv};

/// What a certificate's counterpart is called and which key it has.
#[derive(Clone)]
pub(super) struct Identity {
    /// The DER of its subject.
    pub(super) subject: Vec<u8>,
    /// The DER of its issuer's name.
    issuer: Vec<u8>,
    /// The contents of its serial number.
    pub(super) serial: Vec<u8>,
    pub(super) own: Own,
    subject_key_id: Option<Vec<u8>>,
    /// The certificate, where it is one of a CA of tlscope's.
    ready: Option<CertDer>,
}

/// The CAs that stand for roots.
pub(super) struct Roots {
    /// For the anchor.
    pub(super) ours: Root,
    /// For a root that nobody trusts, where there is one to be replaced.
    pub(super) untrusted: Option<Root>,
}

/// The family's counterparts in the making.
pub(super) struct Family<'k> {
    pub(super) kin: &'k Kin,
    roots: &'k Roots,
    mirrors: &'k Mirrors,
    identities: Vec<Identity>,
    /// Defects that could not be copied.
    pub(super) lost: BTreeSet<FindingId>,
    /// Those whose key is of another kind than their own.
    pub(super) unlike: Vec<usize>,
    /// Whether the leaf stands directly below our CA, whatever stood above it.
    is_flat: bool,
}

impl<'k> Family<'k> {
    /// Gives every member its counterpart's name and key; `leaf_key` is one of another kind than the leaf's, where the
    /// client can do nothing with that.
    pub(super) fn new(
        kin: &'k Kin,
        roots: &'k Roots,
        mirrors: &'k Mirrors,
        (report, leaf_key, is_flat): (&Report, Option<&str>, bool),
    ) -> Result<Self, String> {
        let mut family =
            Self { kin, roots, mirrors, identities: Vec::new(), lost: BTreeSet::new(), unlike: Vec::new(), is_flat };
        let mut keys: HashMap<Vec<u8>, Own> = HashMap::new();
        let mut taken: Vec<Arc<Key>> = Vec::new();
        for at in 0..kin.members.len() {
            let Some(member) = kin.get(at) else { continue };
            if let Some(root) = family.root_for(at) {
                family.identities.push(identity_of_root(member, root));
                continue;
            }
            let own = match &member.cert.key {
                None => mirrors.keyring.plain("P-256")?,
                Some(public) => match (keys.get(&public.spki[..]), leaf_key.filter(|_| kin.leaf() == Some(at))) {
                    (_, Some(kind)) => mirrors.keyring.plain(kind)?,
                    (Some(known), None) => known.clone(),
                    (None, None) => {
                        let role = if kin.leaf() == Some(at) { Role::Leaf } else { Role::Issuer };
                        let own = mirrors.keyring.counterpart(public, role, &taken)?;
                        taken.push(own.key.clone());
                        keys.insert(public.spki.to_vec(), own.clone());
                        own
                    }
                },
            };
            if !own.is_alike && member.cert.key.is_some() {
                family.lost.extend(about_the_key(report, member.cert.sha256()));
                if leaf_key.is_none() || kin.leaf() != Some(at) {
                    family.unlike.push(at);
                }
            }
            family.identities.push(identity_of(member, own, report, kin.leaf() == Some(at)));
        }
        Ok(family)
    }

    /// The CA of tlscope's that stands for the member. The first one sent is never replaced: its key shakes hands.
    fn root_for(&self, at: usize) -> Option<&'k Root> {
        let (kin, leaf) = (self.kin, self.kin.leaf());
        let is = |root: Option<usize>| root.is_some_and(|root| kin.is_same_ca(root, at));
        if leaf == Some(at) {
            return None;
        }
        if is(kin.anchor) {
            return Some(&self.roots.ours);
        }
        self.roots.untrusted.as_ref().filter(|_| is(kin.untrusted_root))
    }

    /// Whether the second CA stands for a root.
    pub(super) fn has_second_ca(&self) -> bool {
        self.roots.untrusted.is_some()
    }

    pub(super) fn identity(&self, at: usize) -> Option<&Identity> {
        self.identities.get(at)
    }

    /// The counterpart of a member in DER: the server's own bytes where nothing can be made of them.
    pub(super) fn certificate(&mut self, at: usize) -> Result<CertDer, String> {
        let none = || "no such certificate".to_owned();
        let (member, identity) = (self.kin.get(at).ok_or_else(none)?, self.identities.get(at).ok_or_else(none)?);
        if let Some(ready) = identity.ready.as_ref().filter(|_| member.cert.is_self_issued()) {
            return Ok(ready.clone());
        }
        let issuer = self.issuer_of(at)?;
        let (copy, lost) = if self.kin.leaf() == Some(at) {
            copy_of(member, identity, issuer)?
        } else {
            let own: [&[u8]; 3] = [&member.cert.sha256().0, &identity.own.spki, &identity.serial];
            let above: [&[u8]; 3] = [&issuer.key.spki, &issuer.name, &issuer.authority_key_id];
            let place = [own.concat(), above.concat()].concat();
            self.mirrors.copies.get_or(Fingerprint::of(&place), || copy_of(member, identity, issuer))?
        };
        self.lost.extend(lost);
        Ok(copy)
    }

    /// The leaf's issuer and, of that one's counterpart, how the leaf's names it and the bits of its key.
    pub(super) fn issuer_of_leaf(&self) -> Option<(Option<Cert>, NamedKey)> {
        let leaf = self.kin.leaf()?;
        let old = match self.kin.get(leaf)?.issuer {
            Issuer::Member(above) => self.kin.get(above).map(|above| above.cert.clone()),
            Issuer::Unknown => None,
        };
        let above = self.issuer_of(leaf).ok()?;
        let public = PublicKey::read(&Bytes::from(above.key.spki.clone()))?;
        Some((old, NamedKey { name: above.name, key_bits: public.key.to_vec() }))
    }

    /// Who signs the counterpart, and how it names that issuer.
    fn issuer_of(&self, at: usize) -> Result<Above, String> {
        let member = self.kin.get(at).ok_or("no such certificate")?;
        let cert = &member.cert;
        let named = cert.issuer.as_ref().map(|name| name.raw.to_vec()).unwrap_or_default();
        let value = cert.extensions.get(oids::EXT_AUTHORITY_KEY_ID).map(|e| e.value.to_vec()).unwrap_or_default();
        let is_anchor_itself = self.kin.anchor == Some(at) && self.kin.leaf() == Some(at);
        if self.is_flat || is_anchor_itself {
            let root = identity_of_root(member, &self.roots.ours);
            let authority_key_id = splice::authority_key_id(&value, root.subject_key_id.as_deref(), None, None);
            let (name, key) = (root.subject, root.own.key);
            return Ok(Above { key, name, authority_key_id: authority_key_id.unwrap_or(value) });
        }
        let Issuer::Member(above) = member.issuer else {
            let kind = cert.outer_algorithm.as_ref().and_then(Algorithm::signature);
            let length = cert.signature.as_ref().map_or(0, Bytes::len);
            let key = self.mirrors.keyring.unknown(&named, kind, length)?;
            let authority_key_id = self.translated(cert, value, None);
            return Ok(Above { key, name: named, authority_key_id });
        };
        let authority_key_id = self.translated(cert, value, Some(above));
        let identity = self.identities.get(above).ok_or("no such issuer")?;
        let old = self.kin.get(above).and_then(|above| above.cert.subject.as_ref());
        let name = match (&cert.issuer, old) {
            (Some(own), Some(old)) if own.raw == old.raw => identity.subject.clone(),
            // The same name in other string types: so is ours.
            (Some(own), Some(old)) if own.matches(old) && identity.ready.is_some() => {
                in_another_string_type(&identity.subject)
            }
            _ => named,
        };
        Ok(Above { key: identity.own.key.clone(), name, authority_key_id })
    }

    /// authorityKeyIdentifier in the counterparts' identifiers: those that meant a member mean its counterpart, and
    /// those that meant nobody still do.
    fn translated(&self, cert: &Cert, value: Vec<u8>, above: Option<usize>) -> Vec<u8> {
        let Some(own) = &cert.extensions.authority_key_id else { return value };
        let old_id = |at: usize| self.kin.get(at)?.cert.extensions.subject_key_id.as_deref();
        let new_id = |at: usize| self.identities.get(at)?.subject_key_id.as_deref();
        let meant = own.key_id.as_deref().and_then(|wanted| {
            let everybody = 0..self.identities.len();
            let mut said = above.into_iter().chain(everybody).filter(|at| old_id(*at) == Some(wanted));
            // Who did not say its identifier, and has one now.
            let unsaid = above.filter(|at| old_id(*at).is_none() && new_id(*at).is_some());
            said.next().or(unsaid)
        });
        let key_id = meant.and_then(new_id);
        let member = above.and_then(|above| Some((self.kin.get(above)?, self.identities.get(above)?)));
        let serial = member
            .filter(|(old, _)| own.serial.is_some() && old.cert.serial == own.serial)
            .map(|(_, new)| new.serial.as_slice());
        let issuer = member.filter(|_| own.has_issuer && serial.is_some()).map(|(_, new)| new.issuer.as_slice());
        splice::authority_key_id(&value, key_id, issuer, serial).unwrap_or(value)
    }
}

/// A name and the bits of a public key: what OCSP knows an issuer by.
pub(super) struct NamedKey {
    pub(super) name: Vec<u8>,
    pub(super) key_bits: Vec<u8>,
}

/// The issuer of one counterpart.
struct Above {
    key: Arc<Key>,
    name: Vec<u8>,
    /// The value of authorityKeyIdentifier, where there is one.
    authority_key_id: Vec<u8>,
}

/// A member's counterpart below that issuer.
fn copy_of(member: &Member, identity: &Identity, issuer: Above) -> Result<Copied, String> {
    let cert = &member.cert;
    let as_it_is = || (cert.der.clone(), Vec::new());
    let manner = Manner::of(cert, &issuer.key);
    let change = Change {
        serial: identity.serial.clone(),
        algorithm: manner.inner.clone(),
        issuer: issuer.name,
        subject: identity.subject.clone(),
        key: identity.own.spki.clone(),
        subject_key_id: identity.subject_key_id.clone().unwrap_or_default(),
        authority_key_id: issuer.authority_key_id,
    };
    let Some(tbs) = splice::signed_part(cert, &change) else { return Ok(as_it_is()) };
    let signature = manner.sign(&issuer.key, &tbs, member.is_genuine)?;
    let whole = splice::whole(cert, tbs, manner.outer, &signature);
    Ok(whole.map_or_else(as_it_is, |der| (CertDer::new(der), manner.lost)))
}

fn identity_of_root(member: &Member, root: &Root) -> Identity {
    let cert = &root.cert;
    let own = Own { key: root.key.clone(), spki: root.key.spki.clone(), is_alike: true };
    Identity {
        subject: cert.subject.as_ref().map(|name| name.raw.to_vec()).unwrap_or_default(),
        issuer: cert.issuer.as_ref().map(|name| name.raw.to_vec()).unwrap_or_default(),
        serial: if member.cert.is_self_issued() {
            cert.serial.as_deref().unwrap_or_default().to_vec()
        } else {
            member.cert.serial.as_deref().unwrap_or_default().to_vec()
        },
        own,
        subject_key_id: cert.extensions.subject_key_id.as_ref().map(|id| id.to_vec()),
        ready: Some(cert.der.clone()),
    }
}

fn identity_of(member: &Member, own: Own, report: &Report, is_leaf: bool) -> Identity {
    let cert = &member.cert;
    let old_id = cert.extensions.subject_key_id.as_deref();
    Identity {
        subject: cert.subject.as_ref().map(|name| name.raw.to_vec()).unwrap_or_default(),
        issuer: cert.issuer.as_ref().map(|name| name.raw.to_vec()).unwrap_or_default(),
        serial: serial_of(cert, report, if is_leaf { None } else { Some(&own.spki) }),
        subject_key_id: old_id.map(|old| key_id(old, &own.spki)),
        own,
        ready: None,
    }
}

/// Another identifier of the same length.
fn key_id(old: &[u8], spki: &[u8]) -> Vec<u8> {
    let digest = Fingerprint::of(&[old, spki].concat()).0;
    digest.iter().copied().cycle().take(old.len()).collect()
}

/// A random serial number shorter than this could meet another by chance.
const RANDOM_SERIAL: usize = 8;

/// A serial number that is bad, or too short to be random, stays. Another one is made anew in its length: Firefox
/// refuses two certificates that have issuer and serial number in common, and the server's own may have passed before.
/// That of an issuer goes with its key, so that it is the same in every chain.
fn serial_of(cert: &Cert, report: &Report, issuer_key: Option<&[u8]>) -> Vec<u8> {
    let mut serial = cert.serial.as_deref().unwrap_or_default().to_vec();
    let is_about =
        |finding: &&Finding| finding.id == FindingId::SerialBad && finding.subject.sha256 == Some(cert.sha256());
    let is_bad = report.findings.iter().any(|finding| is_about(&finding));
    // The first two stay, so that it is neither negative nor written at greater length than it needs.
    let digits = serial.get_mut(2..).filter(|digits| !is_bad && digits.len() + 2 >= RANDOM_SERIAL);
    match (digits, issuer_key) {
        (Some(digits), Some(key)) => {
            let made = Fingerprint::of(&[&cert.sha256().0, key].concat()).0;
            digits.iter_mut().zip(made.iter().cycle()).for_each(|(digit, made)| *digit = *made);
        }
        (Some(digits), None) => {
            // The system's generator failing leaves the server's own; the certificate still works.
            let _ = aws_lc_rs::rand::fill(digits);
        }
        (None, _) => {}
    }
    serial
}

/// What the report says of the key of a certificate.
fn about_the_key(report: &Report, sha256: Fingerprint) -> impl Iterator<Item = FindingId> {
    let of_it = report.findings.iter().filter(move |finding| finding.subject.sha256 == Some(sha256));
    of_it.map(|finding| finding.id).filter(|id| id.as_str().starts_with("key-"))
}

/// UTF8String and PrintableString in each other's place.
fn in_another_string_type(name: &[u8]) -> Vec<u8> {
    let swapped = |tag: u8| match tag {
        12 => 19,
        19 => 12,
        other => other,
    };
    let pair = |pair: &[u8]| {
        let parts = children(pair).enumerate();
        let parts =
            parts.map(|(at, part)| if at == 1 { tlv(swapped(part.tag), part.content) } else { part.raw.to_vec() });
        sequence(&parts.collect::<Vec<_>>())
    };
    let set = |set: &[u8]| tlv(0x31, &join(&children(set).map(|part| pair(part.content)).collect::<Vec<_>>()));
    let sets = read_tlv(name).map(|(name, _)| name.content).unwrap_or_default();
    sequence(&children(sets).map(|part| set(part.content)).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ca::forge::der::oid;
    use crate::x509::Name;

    #[test]
    fn a_name_in_another_string_type_is_the_same_name_in_other_bytes() {
        let attribute = |tag: u8| tlv(0x31, &sequence(&[oid(oids::COMMON_NAME), tlv(tag, b"tlscope CA")]));
        let name = sequence(&[attribute(12), attribute(19)]);
        let other = in_another_string_type(&name);
        assert_eq!(other, sequence(&[attribute(19), attribute(12)]));
        let read = |der: &[u8]| Name::read(&Bytes::from(der.to_vec())).unwrap();
        assert!(read(&name).matches(&read(&other)));
    }
}
