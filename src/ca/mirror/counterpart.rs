//! From a family of certificates to that of their counterparts.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use bytes::Bytes;

use super::keyring::{Keyring, Own, Role};
use super::kin::{Issuer, Kin, Member};
use super::splice::{self, Change};
use crate::ca::authority::Root;
use crate::ca::forge::der::{join, sequence, tlv};
use crate::ca::forge::{Key, algorithm_of};
use crate::model::{CertDer, FindingId, Fingerprint, Report};
use crate::x509::{Algorithm, Cert, Hash, PublicKey, SignatureKind, children, oids, read_tlv};

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
    keyring: &'k Keyring,
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
        keyring: &'k Keyring,
        (report, leaf_key, is_flat): (&Report, Option<&str>, bool),
    ) -> Result<Self, String> {
        let mut family =
            Self { kin, roots, keyring, identities: Vec::new(), lost: BTreeSet::new(), unlike: Vec::new(), is_flat };
        let mut keys: HashMap<Vec<u8>, Own> = HashMap::new();
        let mut taken: Vec<Arc<Key>> = Vec::new();
        for at in 0..kin.members.len() {
            let Some(member) = kin.get(at) else { continue };
            if let Some(root) = family.root_for(at) {
                family.identities.push(identity_of_root(member, root));
                continue;
            }
            let own = match &member.cert.key {
                None => keyring.plain("P-256")?,
                Some(public) => match (keys.get(&public.spki[..]), leaf_key.filter(|_| kin.leaf() == Some(at))) {
                    (_, Some(kind)) => keyring.plain(kind)?,
                    (Some(known), None) => known.clone(),
                    (None, None) => {
                        let role = if kin.leaf() == Some(at) { Role::Leaf } else { Role::Issuer };
                        let own = keyring.counterpart(public, role, &taken)?;
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
            family.identities.push(identity_of(member, own, report));
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
        let (kin, Some(identity)) = (self.kin, self.identities.get(at).cloned()) else {
            return Err("no such certificate".to_owned());
        };
        let Some(member) = kin.get(at) else { return Err("no such certificate".to_owned()) };
        if let Some(ready) = identity.ready.filter(|_| member.cert.is_self_issued()) {
            return Ok(ready);
        }
        let issuer = self.issuer_of(at)?;
        let manner = Manner::of(member, &issuer.key);
        let change = Change {
            serial: identity.serial,
            algorithm: manner.inner.clone(),
            issuer: issuer.name,
            subject: identity.subject,
            key: identity.own.spki,
            subject_key_id: identity.subject_key_id.unwrap_or_default(),
            authority_key_id: issuer.authority_key_id,
        };
        let Some(tbs) = splice::signed_part(&member.cert, &change) else { return Ok(member.cert.der.clone()) };
        let signature = manner.sign(&issuer.key, &tbs, member.is_genuine)?;
        self.lost.extend(manner.lost);
        Ok(splice::whole(&member.cert, tbs, manner.outer, &signature)
            .map_or_else(|| member.cert.der.clone(), CertDer::new))
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
            let key = self.keyring.unknown(&named, kind, length)?;
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

fn identity_of(member: &Member, own: Own, report: &Report) -> Identity {
    let cert = &member.cert;
    let old_id = cert.extensions.subject_key_id.as_deref();
    Identity {
        subject: cert.subject.as_ref().map(|name| name.raw.to_vec()).unwrap_or_default(),
        issuer: cert.issuer.as_ref().map(|name| name.raw.to_vec()).unwrap_or_default(),
        serial: serial_of(cert, report),
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
fn serial_of(cert: &Cert, report: &Report) -> Vec<u8> {
    let mut serial = cert.serial.as_deref().unwrap_or_default().to_vec();
    let is_bad = report
        .findings
        .iter()
        .any(|finding| finding.id == FindingId::SerialBad && finding.subject.sha256 == Some(cert.sha256()));
    if let Some(digits) = serial.get_mut(2..).filter(|digits| !is_bad && digits.len() + 2 >= RANDOM_SERIAL) {
        // The system's generator failing leaves the server's own; the certificate still works.
        let _ = aws_lc_rs::rand::fill(digits);
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

/// How a counterpart is signed: as the server's certificate was, as far as the issuer's key can.
pub(super) struct Manner {
    /// The AlgorithmIdentifiers, in DER.
    pub(super) inner: Vec<u8>,
    pub(super) outer: Vec<u8>,
    /// `None` where there is no way to sign as that says, nor to verify it.
    kind: Option<SignatureKind>,
    pub(super) lost: Vec<FindingId>,
}

impl Manner {
    fn of(member: &Member, key: &Key) -> Self {
        let cert = &member.cert;
        let raw = |at: usize| {
            let tbs = read_tlv(cert.tbs.as_deref()?)?.0.content;
            let outer = read_tlv(&cert.der.der)?.0.content;
            match at {
                0 => children(tbs).find(|tlv| tlv.tag == 0x30).map(|tlv| tlv.raw.to_vec()),
                _ => children(outer).nth(1).map(|tlv| tlv.raw.to_vec()),
            }
        };
        let inner = raw(0).unwrap_or_default();
        Self::new(inner, (raw(1).unwrap_or_default(), cert.outer_algorithm.as_ref()), key)
    }

    /// Signed with `outer`, and saying `inner` inside.
    pub(super) fn new(inner: Vec<u8>, (outer, algorithm): (Vec<u8>, Option<&Algorithm>), key: &Key) -> Self {
        let old = algorithm.and_then(Algorithm::signature);
        let Some(old) = old.filter(|old| !matches!(old.hash(), Some(Hash::Md2 | Hash::Md4))) else {
            return Self { inner, outer, kind: None, lost: Vec::new() };
        };
        let kind = key.nearest(old);
        let kind = if key.signs(kind) { kind } else { key.usual_kind() };
        if kind == old {
            return Self { inner, outer, kind: Some(kind), lost: Vec::new() };
        }
        let parameters = algorithm.map(|algorithm| algorithm.parameters.to_vec()).unwrap_or_default();
        let written = identifier(kind, is_usual(old, &parameters)).unwrap_or_default();
        let says_other = inner != outer && inner != written;
        let lost = if kind.hash() == old.hash() { Vec::new() } else { vec![FindingId::SigSha1, FindingId::SigMd] };
        Self { inner: if says_other { inner } else { written.clone() }, outer: written, kind: Some(kind), lost }
    }

    /// A signature that verifies where `is_genuine`.
    pub(super) fn sign(&self, key: &Key, message: &[u8], is_genuine: bool) -> Result<Vec<u8>, String> {
        let mut signature = key.sign_as(self.kind.unwrap_or_else(|| key.usual_kind()), message)?;
        // Far from the ends, so that it stays a signature by its form.
        let middle = signature.len() / 2;
        if let Some(byte) = signature.get_mut(middle).filter(|_| !is_genuine) {
            *byte ^= 0x55;
        }
        Ok(signature)
    }
}

/// Whether those are the parameters that belong behind an algorithm: NULL behind RSA, nothing behind the others.
fn is_usual(kind: SignatureKind, parameters: &[u8]) -> bool {
    match kind {
        SignatureKind::RsaPkcs1(_) => parameters == [5, 0],
        SignatureKind::RsaPss(..) => true,
        _ => parameters.is_empty(),
    }
}

/// The AlgorithmIdentifier, with the parameters that belong there or with others.
fn identifier(kind: SignatureKind, is_usual: bool) -> Option<Vec<u8>> {
    let usual = algorithm_of(kind)?;
    if is_usual {
        return Some(usual);
    }
    let dotted = children(read_tlv(&usual)?.0.content).next()?.raw.to_vec();
    let null = vec![5, 0];
    Some(if matches!(kind, SignatureKind::RsaPkcs1(_)) { sequence(&[dotted]) } else { sequence(&[dotted, null]) })
}
