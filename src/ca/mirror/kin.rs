//! Who issued whom among the certificates that a server sent and those that are known besides.

use crate::diagnosis::{Check, verify};
use crate::model::{CertDer, Fingerprint, Report, Trusted};
use crate::x509::{Algorithm, Cert};

/// Of a longer chain the rest is sent on as it is: nobody follows it so far.
pub(super) const MOST_SENT: usize = 32;

/// Of what is known besides, more is not looked at.
const MOST_KNOWN: usize = 32;

/// More signatures are not verified to tell who issued whom.
const MOST_VERIFIED: usize = 256;

/// Who signed a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Issuer {
    /// The member at that place, itself perhaps.
    Member(usize),
    /// Somebody whose certificate is not at hand.
    Unknown,
}

/// One certificate and its place in the family.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) cert: Cert,
    pub(super) issuer: Issuer,
    /// Whether its signature is its issuer's, as far as that can be told.
    pub(super) is_genuine: bool,
}

/// The certificates, each once.
#[derive(Debug)]
pub(super) struct Kin {
    pub(super) members: Vec<Member>,
    /// For each place in the chain as sent, the member there; absent beyond the limit.
    pub(super) sent: Vec<Option<usize>>,
    /// The one that the best verdict ends at.
    pub(super) anchor: Option<usize>,
    /// The self-signed one above the leaf, where no verdict ends at an anchor.
    pub(super) untrusted_root: Option<usize>,
    /// How many certificates stand between the leaf and the anchor.
    pub(super) between: usize,
}

impl Kin {
    /// The family of what was sent; `others` are the certificates that came with the staple.
    pub(super) fn of(sent: &[CertDer], others: Vec<CertDer>, report: &Report) -> Self {
        let path = best_path(report);
        let mut family = Self { members: Vec::new(), sent: Vec::new(), anchor: None, untrusted_root: None, between: 0 };
        for (at, der) in sent.iter().enumerate() {
            let place = (at < MOST_SENT).then(|| family.add(der));
            family.sent.push(place);
        }
        let count = family.members.len();
        let known = report.found.iter().map(|(der, _)| der.clone()).chain(others);
        for der in known.take(MOST_KNOWN) {
            family.add(&der);
        }
        let mut ties = Ties { members: &family.members, sent: count, path, left: MOST_VERIFIED };
        let found: Vec<(Issuer, bool)> = (0..ties.members.len()).map(|at| ties.issuer_of(at)).collect();
        for (member, (issuer, is_genuine)) in family.members.iter_mut().zip(found) {
            (member.issuer, member.is_genuine) = (issuer, is_genuine);
        }
        family.anchor = path.last().and_then(|anchor| family.with_fingerprint(*anchor));
        family.between = path.len().saturating_sub(2);
        if family.anchor.is_none() {
            family.untrusted_root = family.top();
        }
        family
    }

    fn add(&mut self, der: &CertDer) -> usize {
        self.with_fingerprint(der.sha256).unwrap_or_else(|| {
            self.members.push(Member { cert: Cert::read(der), issuer: Issuer::Unknown, is_genuine: true });
            self.members.len() - 1
        })
    }

    fn with_fingerprint(&self, sha256: Fingerprint) -> Option<usize> {
        self.members.iter().position(|member| member.cert.sha256() == sha256)
    }

    pub(super) fn get(&self, at: usize) -> Option<&Member> {
        self.members.get(at)
    }

    /// The first certificate that was sent: the one whose key the server shows that it holds.
    pub(super) fn leaf(&self) -> Option<usize> {
        self.sent.first().copied().flatten()
    }

    /// The self-signed certificate above the leaf, which is not the leaf itself.
    fn top(&self) -> Option<usize> {
        let leaf = self.leaf()?;
        let mut at = leaf;
        for _ in 0..self.members.len() {
            match self.get(at)?.issuer {
                Issuer::Member(above) if above == at => return (at != leaf && self.get(at)?.is_genuine).then_some(at),
                Issuer::Member(above) => at = above,
                Issuer::Unknown => return None,
            }
        }
        None
    }

    /// Whether both are for one name and one key.
    pub(super) fn is_same_ca(&self, one: usize, other: usize) -> bool {
        let (Some(one), Some(other)) = (self.get(one), self.get(other)) else { return false };
        let same_key = matches!((&one.cert.key, &other.cert.key), (Some(a), Some(b)) if a.spki == b.spki);
        let same_name = matches!((&one.cert.subject, &other.cert.subject), (Some(a), Some(b)) if a.matches(b));
        same_key && same_name
    }
}

/// From the leaf to the anchor, in the eyes of a set that trusts it, or else of any that knows its anchor.
fn best_path(report: &Report) -> &[Fingerprint] {
    let of = |is_wanted: fn(Trusted) -> bool| {
        report.verdicts.iter().filter(|v| is_wanted(v.result)).find_map(|v| v.path.as_deref())
    };
    of(|result| result == Trusted::Trusted).or_else(|| of(|_| true)).unwrap_or_default()
}

/// The search for issuers.
struct Ties<'k> {
    members: &'k [Member],
    /// The first so many were sent.
    sent: usize,
    path: &'k [Fingerprint],
    /// How many signatures may still be verified.
    left: usize,
}

impl Ties<'_> {
    /// Whose key fits; else who is of the name, unless the key identifiers say that another is meant.
    fn issuer_of(&mut self, at: usize) -> (Issuer, bool) {
        let candidates = self.candidates(at);
        let mut unsure = None;
        for above in &candidates {
            match self.check(at, *above) {
                Check::Valid => return (Issuer::Member(*above), true),
                Check::Unsupported => unsure = unsure.or(Some(*above)),
                Check::Invalid => {}
            }
        }
        let claims = |above: &&usize| self.is_named(at, **above) && self.key_ids_match(at, **above) != Some(false);
        match unsure.or_else(|| candidates.iter().find(claims).copied()) {
            Some(above) => (Issuer::Member(above), unsure.is_some()),
            None => (Issuer::Unknown, true),
        }
    }

    /// The one that the judge's path names first, then those of the name, then those of the key identifier; where there
    /// is none, everybody who was sent, for somebody may have signed under another name.
    fn candidates(&self, at: usize) -> Vec<usize> {
        let of_path = self.on_path_above(at);
        let fits = |above: &usize| self.is_named(at, *above) || self.key_ids_match(at, *above) == Some(true);
        let mut found: Vec<usize> =
            of_path.into_iter().chain((0..self.members.len()).filter(|above| fits(above))).collect();
        found.sort_by_key(|above| (Some(*above) != of_path, !self.is_named(at, *above)));
        found.dedup();
        if found.is_empty() { (0..self.sent).filter(|above| *above != at).collect() } else { found }
    }

    fn on_path_above(&self, at: usize) -> Option<usize> {
        let own = self.members.get(at)?.cert.sha256();
        let place = self.path.iter().position(|on_path| *on_path == own)?;
        let above = self.path.get(place + 1)?;
        self.members.iter().position(|member| member.cert.sha256() == *above)
    }

    fn is_named(&self, at: usize, above: usize) -> bool {
        let (Some(child), Some(above)) = (self.members.get(at), self.members.get(above)) else { return false };
        matches!((&child.cert.issuer, &above.cert.subject), (Some(issuer), Some(subject)) if issuer.matches(subject))
    }

    fn key_ids_match(&self, at: usize, above: usize) -> Option<bool> {
        let wanted = self.members.get(at)?.cert.extensions.authority_key_id.as_ref()?.key_id.as_ref()?;
        let own = self.members.get(above)?.cert.extensions.subject_key_id.as_ref()?;
        Some(wanted == own)
    }

    fn check(&mut self, at: usize, above: usize) -> Check {
        let (Some(child), Some(above)) = (self.members.get(at), self.members.get(above)) else { return Check::Invalid };
        let child = &child.cert;
        let parts = (&above.cert.key, &child.tbs, &child.signature, &child.outer_algorithm);
        let (Some(key), Some(tbs), Some(signature), Some(algorithm)) = parts else { return Check::Invalid };
        let Some(kind) = Algorithm::signature(algorithm) else { return Check::Unsupported };
        if self.left == 0 {
            return Check::Invalid;
        }
        self.left -= 1;
        verify(key, kind, tbs, signature)
    }
}
