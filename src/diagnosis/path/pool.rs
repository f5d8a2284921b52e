//! The certificates a path can be built from, and what relates them.

use std::borrow::Cow;
use std::collections::HashMap;

use super::trust::{SetMask, Trust};
use crate::diagnosis::budget::Budget;
use crate::diagnosis::signature::{Check, verify};
use crate::model::{Evidence, Fingerprint, Observation, Provenance, Subject, SubjectKind};
use crate::x509::{Algorithm, Cert, Name, PublicKey, oids};

/// A certificate in the pool, or an anchor of the trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    Own(usize),
    Anchor(usize),
}

#[derive(Debug)]
struct Own {
    cert: Cert,
    from: Provenance,
    /// Its first place in the chain as sent.
    sent_index: Option<usize>,
    /// The anchor that it is byte for byte.
    anchor: Option<usize>,
}

/// How a certificate relates to one that might have issued it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) names_match: bool,
    /// Whether the key identifiers agree; `None` when one of them is missing.
    pub(crate) key_ids_match: Option<bool>,
    pub(crate) signature: Check,
}

/// Everything that may stand on a path, each certificate once.
#[derive(Debug)]
pub(crate) struct Pool<'t> {
    own: Vec<Own>,
    /// For each place in the chain as sent, the certificate there.
    sent: Vec<usize>,
    trust: &'t Trust,
    edges: HashMap<(Node, Node), Edge>,
}

impl<'t> Pool<'t> {
    pub(crate) fn new(observation: &Observation, evidence: &Evidence, trust: &'t Trust) -> Self {
        let mut pool = Self { own: Vec::new(), sent: Vec::new(), trust, edges: HashMap::new() };
        for (at, der) in observation.sent.iter().enumerate() {
            let index = pool.add(der, Provenance::Sent, Some(at));
            pool.sent.push(index);
        }
        for der in evidence.aia.iter().filter_map(|outcome| outcome.result.as_ref().ok()).flatten() {
            pool.add(der, Provenance::Aia, None);
        }
        for der in &evidence.seen {
            pool.add(der, Provenance::Seen, None);
        }
        pool
    }

    fn add(&mut self, der: &crate::model::CertDer, from: Provenance, sent_index: Option<usize>) -> usize {
        if let Some(known) = self.own.iter().position(|own| own.cert.sha256() == der.sha256) {
            return known;
        }
        let anchor = self.trust.with_fingerprint(der.sha256);
        self.own.push(Own { cert: Cert::read(der), from, sent_index, anchor });
        self.own.len() - 1
    }

    /// The certificates as sent, repeats included.
    pub(crate) fn sent(&self) -> impl Iterator<Item = (usize, Node)> + '_ {
        self.sent.iter().map(|index| Node::Own(*index)).enumerate()
    }

    /// The certificate with that fingerprint, when it was sent, fetched or seen.
    pub(crate) fn with_fingerprint(&self, sha256: Fingerprint) -> Option<Node> {
        self.own.iter().position(|own| own.cert.sha256() == sha256).map(Node::Own)
    }

    /// Everything a path could use that the server did not send.
    pub(crate) fn unsent(&self) -> impl Iterator<Item = Node> + '_ {
        let own = self.own.iter().enumerate().filter(|(_, own)| own.sent_index.is_none()).map(|(at, _)| Node::Own(at));
        own.chain(self.trust.indices().map(Node::Anchor))
    }

    pub(crate) fn cert(&self, node: Node) -> Option<&Cert> {
        match node {
            Node::Own(index) => self.own.get(index).map(|own| &own.cert),
            Node::Anchor(index) => self.trust.anchor(index).map(|anchor| &anchor.cert),
        }
    }

    pub(crate) fn sent_index(&self, node: Node) -> Option<usize> {
        match node {
            Node::Own(index) => self.own.get(index)?.sent_index,
            Node::Anchor(_) => None,
        }
    }

    pub(crate) fn provenance(&self, node: Node) -> Provenance {
        match node {
            Node::Own(index) => self.own.get(index).map_or(Provenance::Sent, |own| own.from),
            Node::Anchor(_) => Provenance::Anchor,
        }
    }

    /// The sets that `node` is an anchor of.
    pub(crate) fn anchor_sets(&self, node: Node) -> SetMask {
        self.anchor_of(node).map_or(SetMask::default(), |anchor| anchor.sets)
    }

    /// Whether `node` is an anchor below which public rules apply.
    pub(crate) fn is_public_anchor(&self, node: Node) -> bool {
        self.anchor_of(node).is_some_and(|anchor| anchor.is_public)
    }

    fn anchor_of(&self, node: Node) -> Option<&super::trust::Anchor> {
        let index = match node {
            Node::Own(index) => self.own.get(index)?.anchor?,
            Node::Anchor(index) => index,
        };
        self.trust.anchor(index)
    }

    /// What a finding about `node` is about, in the role it plays on a path.
    pub(crate) fn subject(&self, node: Node, role: SubjectKind) -> Subject {
        let sha256 = self.cert(node).map_or(Fingerprint([0; 32]), Cert::sha256);
        Subject::certificate(role, sha256, self.sent_index(node))
    }

    /// Every certificate of that subject.
    pub(crate) fn named(&self, name: &Name) -> Vec<Node> {
        let anchors = self.trust.with_subject(name.normal()).iter().map(|at| Node::Anchor(*at));
        let fits = |own: &Own| own.cert.subject.as_ref().is_some_and(|subject| subject.matches(name));
        let own = self.own.iter().enumerate().filter(|(_, own)| fits(own)).map(|(at, _)| Node::Own(at));
        anchors.chain(own).collect()
    }

    /// Whether both are for the same name and key: one CA, however often it was certified.
    pub(crate) fn is_same_ca(&self, one: Node, other: Node) -> bool {
        let (Some(one), Some(other)) = (self.cert(one), self.cert(other)) else { return false };
        let same_key = matches!((&one.key, &other.key), (Some(a), Some(b)) if a.spki == b.spki);
        let same_name = matches!((&one.subject, &other.subject), (Some(a), Some(b)) if a.matches(b));
        same_key && same_name
    }

    /// Who might have issued `child`, by name or key identifier: anchors first, then what was sent,
    /// fetched and seen.
    pub(crate) fn candidates(&self, child: Node) -> Vec<Node> {
        let Some(cert) = self.cert(child) else { return Vec::new() };
        let Some(issuer) = &cert.issuer else { return Vec::new() };
        let mut found: Vec<Node> =
            self.trust.with_subject(issuer.normal()).iter().map(|at| Node::Anchor(*at)).collect();
        let already_anchor = |own: &Own| own.anchor.is_some_and(|at| found.contains(&Node::Anchor(at)));
        let fits = |own: &Own| {
            own.cert.subject.as_ref().is_some_and(|subject| subject.matches(issuer))
                || key_ids_match(cert, &own.cert) == Some(true)
        };
        let own: Vec<Node> = self
            .own
            .iter()
            .enumerate()
            .filter(|(at, own)| {
                Node::Own(*at) != child && fits(own) && !(already_anchor(own) && own.sent_index.is_none())
            })
            .map(|(at, _)| Node::Own(at))
            .collect();
        // A sent copy of an anchor stands for it, so that the report can say it was sent.
        found.retain(|node| !matches!(node, Node::Anchor(at) if own.iter().any(|o| self.is_copy_of(*o, *at))));
        found.extend(own);
        found
    }

    fn is_copy_of(&self, node: Node, anchor: usize) -> bool {
        matches!(node, Node::Own(index) if self.own.get(index).is_some_and(|own| own.anchor == Some(anchor)))
    }

    /// The key of a certificate, with the parameters that it leaves to its issuer.
    pub(crate) fn key(&self, node: Node) -> Option<Cow<'_, PublicKey>> {
        let own = self.cert(node)?.key.as_ref()?;
        let inherits = own.algorithm.oid == oids::DSA && own.algorithm.parameters.is_empty();
        let issuers = if inherits { self.candidates(node) } else { Vec::new() };
        let inherited = issuers.iter().find_map(|issuer| own.inheriting(self.cert(*issuer)?.key.as_ref()?));
        Some(inherited.map_or(Cow::Borrowed(own), Cow::Owned))
    }

    /// How `child` relates to `issuer`; each pair is verified once.
    pub(crate) fn edge(&mut self, child: Node, issuer: Node, budget: &mut Budget) -> Option<Edge> {
        if let Some(known) = self.edges.get(&(child, issuer)) {
            return Some(*known);
        }
        let (lower, upper) = (self.cert(child)?, self.cert(issuer)?);
        let names_match = matches!((&lower.issuer, &upper.subject), (Some(i), Some(s)) if i.matches(s));
        let signature = check_signature(lower, self.key(issuer).as_deref(), budget)?;
        let edge = Edge { names_match, key_ids_match: key_ids_match(lower, upper), signature };
        self.edges.insert((child, issuer), edge);
        Some(edge)
    }
}

/// `None` when the budget does not allow the check.
fn check_signature(child: &Cert, key: Option<&PublicKey>, budget: &mut Budget) -> Option<Check> {
    let parts = (key, &child.tbs, &child.signature, &child.outer_algorithm);
    let (Some(key), Some(tbs), Some(signature), Some(algorithm)) = parts else { return Some(Check::Invalid) };
    let Some(kind) = Algorithm::signature(algorithm) else { return Some(Check::Unsupported) };
    budget.pay_signature(key).then(|| verify(key, kind, tbs, signature))
}

fn key_ids_match(child: &Cert, issuer: &Cert) -> Option<bool> {
    let wanted = child.extensions.authority_key_id.as_ref()?.key_id.as_ref()?;
    let own = issuer.extensions.subject_key_id.as_ref()?;
    Some(wanted == own)
}
