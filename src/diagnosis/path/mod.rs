//! Every way from the leaf upwards, within the budget.

pub(crate) mod chain;
mod name_constraints;
mod policy;
mod pool;
pub(crate) mod roots;
pub(crate) mod rules;
mod trust;

pub(crate) use pool::{Edge, Node, Pool};
pub(crate) use trust::SetInfo;
pub use trust::Trust;

use crate::diagnosis::budget::Budget;
use crate::diagnosis::signature::Check;
use crate::model::SubjectKind;

/// Where a path stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// At an anchor of some set.
    Anchor,
    /// At a self-signed certificate that is no anchor.
    SelfSigned,
    /// At a certificate whose issuer is not to be found.
    NoIssuer,
    /// At a certificate whose only issuers are on the path already.
    Loop,
    /// At a limit.
    Truncated,
}

/// One way from the leaf upwards.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    /// From the leaf to the top.
    pub(crate) nodes: Vec<Node>,
    /// `edges[i]` relates `nodes[i]` to `nodes[i + 1]`.
    pub(crate) edges: Vec<Edge>,
    pub(crate) end: End,
}

impl Path {
    /// The role of one of its certificates.
    pub(crate) fn role_of(&self, node: Node) -> SubjectKind {
        if self.nodes.first() == Some(&node) {
            SubjectKind::Leaf
        } else if self.anchor() == Some(node) {
            SubjectKind::Anchor
        } else {
            SubjectKind::Intermediate
        }
    }

    pub(crate) fn top(&self) -> Option<Node> {
        self.nodes.last().copied()
    }

    /// The certificates between leaf and anchor, and a top that is no anchor.
    pub(crate) fn intermediates(&self) -> &[Node] {
        let end = self.nodes.len() - usize::from(self.end == End::Anchor && self.nodes.len() > 1);
        self.nodes.get(1..end).unwrap_or_default()
    }

    /// The anchor, when it ends at one that is not the leaf itself.
    pub(crate) fn anchor(&self) -> Option<Node> {
        (self.end == End::Anchor && self.nodes.len() > 1).then(|| self.top()).flatten()
    }

    /// Whether a signature on it does not verify: what is taken for an issuer may only bear its name.
    pub(crate) fn has_broken_step(&self) -> bool {
        self.edges.iter().any(|edge| edge.signature == Check::Invalid)
    }

    /// Each certificate with the one that issued it.
    pub(crate) fn steps(&self) -> impl Iterator<Item = (Node, Node, Edge)> + '_ {
        let pairs = self.nodes.iter().zip(self.nodes.iter().skip(1));
        pairs.zip(&self.edges).map(|((child, issuer), edge)| (*child, *issuer, *edge))
    }
}

/// Finds the paths from `leaf` upwards. Nothing is left out for being expired, weak or unfit; a
/// signature that does not verify is followed only where none does.
pub(crate) fn search(pool: &mut Pool<'_>, leaf: Node, budget: &mut Budget) -> Vec<Path> {
    let mut search = Search { pool, budget, found: Vec::new(), nodes: vec![leaf], edges: Vec::new() };
    search.extend(leaf);
    search.found
}

struct Search<'p, 't> {
    pool: &'p mut Pool<'t>,
    budget: &'p mut Budget,
    found: Vec<Path>,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
}

impl Search<'_, '_> {
    fn extend(&mut self, top: Node) {
        if !self.pool.anchor_sets(top).is_empty() {
            return self.record(End::Anchor);
        }
        if self.is_self_signed(top) {
            return self.record(End::SelfSigned);
        }
        let candidates = self.pool.candidates(top);
        let mut fresh: Vec<Node> = candidates.iter().copied().filter(|node| !self.is_on_path(*node)).collect();
        if fresh.is_empty() && !candidates.is_empty() {
            return self.record(End::Loop);
        }
        if fresh.is_empty() {
            // Nobody of that name: whoever was sent may have signed it under another one.
            let sent: Vec<Node> = self.pool.sent().map(|(_, node)| node).collect();
            fresh = sent.into_iter().filter(|node| !self.is_on_path(*node)).collect();
            fresh.dedup();
        }
        let steps = self.steps(top, &fresh);
        if steps.is_empty() {
            return self.record(End::NoIssuer);
        }
        if self.nodes.len() >= self.budget.limits.depth {
            self.budget.give_up("certificates on a path");
            return self.record(End::Truncated);
        }
        for (node, edge) in steps {
            self.nodes.push(node);
            self.edges.push(edge);
            self.extend(node);
            self.nodes.pop();
            self.edges.pop();
            if self.found.len() >= self.budget.limits.paths {
                self.budget.give_up("paths");
                return;
            }
        }
    }

    /// The candidates worth following: those whose key fits, else those that claim to.
    fn steps(&mut self, child: Node, candidates: &[Node]) -> Vec<(Node, Edge)> {
        let mut steps = Vec::new();
        for issuer in candidates {
            if let Some(edge) = self.pool.edge(child, *issuer, self.budget) {
                steps.push((*issuer, edge));
            }
        }
        if steps.iter().any(|(_, edge)| edge.signature == Check::Valid) {
            steps.retain(|(_, edge)| edge.signature == Check::Valid);
            return steps;
        }
        // An anchor of the same name with another key is another CA, not a broken signature; and what
        // somebody else sent or a URL gave is taken for the issuer only when its key proves it.
        steps.retain(|(issuer, edge)| {
            let is_meant = match issuer {
                Node::Anchor(_) => edge.key_ids_match == Some(true),
                Node::Own(_) => self.pool.sent_index(*issuer).is_some() || edge.signature == Check::Unsupported,
            };
            edge.names_match && is_meant
        });
        steps
    }

    fn is_self_signed(&mut self, node: Node) -> bool {
        let self_issued = self.pool.cert(node).is_some_and(crate::x509::Cert::is_self_issued);
        self_issued && self.pool.edge(node, node, self.budget).is_some_and(|edge| edge.signature == Check::Valid)
    }

    /// The same certificate, or another one for the same name and key.
    fn is_on_path(&self, node: Node) -> bool {
        self.nodes.iter().any(|on_path| *on_path == node || self.pool.is_same_ca(*on_path, node))
    }

    fn record(&mut self, end: End) {
        self.found.push(Path { nodes: self.nodes.clone(), edges: self.edges.clone(), end });
    }
}
