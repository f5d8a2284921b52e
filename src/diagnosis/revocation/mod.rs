//! Was a certificate revoked? By a stapled or fetched OCSP response (RFC 6960) or a CRL (RFC 5280
//! section 6.3), each of which is itself judged: who signed it, for which certificate, and when.
//!
//! Silence is never taken for "good": what could not be asked is left open, with the reason.

mod crl;
mod ocsp;
mod staple;

use std::collections::HashMap;

use bytes::Bytes;

pub(crate) use staple::check as check_staple;

use super::budget::Budget;
use super::clock::Clock;
use super::findings::Findings;
use super::path::{Node, Path, Pool};
use crate::model::{
    Evidence, Facts, Fetched, FindingId, NotChecked, Observation, Subject, SubjectKind, Timestamp, Want,
};
use crate::x509::{Cert, Crl, reason_name, write_ocsp_request};

/// Clocks differ by so much.
const LEEWAY_MS: i64 = 300_000;

/// What does not say until when it holds is relied on for so long.
const WITHOUT_END_MS: i64 = Timestamp::DAY_MS;

/// Why a signature does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    /// For this reason.
    Because(&'static str),
    /// It was not looked at: the budget is spent, and the report says so.
    Limit,
}

/// How many places are asked about one certificate, for each kind of answer.
const PLACES: usize = 2;

/// What is known of a certificate's revocation.
#[derive(Clone, Debug, Default)]
struct Known {
    findings: Findings,
    /// Whether an answer that can be relied on says that it was revoked, or that it was not.
    is_settled: bool,
}

/// Everything that was said about revocation, and what was made of it so far.
#[derive(Debug)]
pub(crate) struct Revocation<'a> {
    staple: Option<&'a Bytes>,
    evidence: &'a Evidence,
    clock: &'a Clock,
    /// The CRLs that came, by their place in the evidence.
    crls: Vec<Option<Crl>>,
    known: HashMap<(Node, Node), Known>,
}

/// One certificate and who issued it: what the answers are about.
#[derive(Clone, Copy, Debug)]
struct Question<'p> {
    cert: &'p Cert,
    issuer: &'p Cert,
    role: SubjectKind,
    sent_index: Option<usize>,
}

impl Question<'_> {
    fn is_leaf(&self) -> bool {
        self.role == SubjectKind::Leaf
    }

    /// Revocation is about a certificate, whichever answer tells of it.
    fn subject(&self) -> Subject {
        Subject::certificate(SubjectKind::Revocation, self.cert.sha256(), self.sent_index)
    }

    /// The finding that it was revoked.
    fn revoked(&self, by: FindingId) -> FindingId {
        if self.is_leaf() { by } else { FindingId::IntermediateRevoked }
    }

    /// The evidence of a revocation.
    fn revoked_facts(&self, at: Timestamp, reason: Option<u8>, by: &str, this_update: Timestamp) -> Facts {
        Facts::new()
            .with("certificate", self.cert.label())
            .with("serial", self.cert.serial_hex())
            .with("revoked_at", at)
            .with("reason", reason.map_or("unspecified", reason_name))
            .with("by", by)
            .with("this_update", this_update)
    }
}

impl<'a> Revocation<'a> {
    pub(crate) fn new(observation: &'a Observation, evidence: &'a Evidence, clock: &'a Clock) -> Self {
        let staple = observation.handshake.as_ref().and_then(|seen| seen.staple.as_ref());
        let crls = evidence.crls.iter().map(|fetched| fetched.result.as_ref().ok().and_then(Crl::read)).collect();
        Self { staple, evidence, clock, crls, known: HashMap::new() }
    }

    /// Adds what is known of every certificate on the path.
    pub(crate) fn check(&mut self, pool: &mut Pool<'_>, path: &Path, budget: &mut Budget, out: &mut Findings) {
        for (child, issuer, _) in path.steps() {
            if !self.known.contains_key(&(child, issuer)) {
                let known = self.look(pool, path, (child, issuer), budget);
                self.known.insert((child, issuer), known);
            }
            if let Some(known) = self.known.get(&(child, issuer)) {
                out.extend(known.findings.clone());
            }
        }
    }

    fn look(&self, pool: &mut Pool<'_>, path: &Path, step: (Node, Node), budget: &mut Budget) -> Known {
        let mut known = Known::default();
        let (child, issuer) = step;
        let signers = crl::signers(pool, path, step, &self.crls, (self.clock, budget));
        let (Some(cert), Some(above)) = (pool.cert(child), pool.cert(issuer)) else { return known };
        let role = path.role_of(child);
        let question = Question { cert, issuer: above, role, sent_index: pool.sent_index(child) };
        if let Some(staple) = self.staple.filter(|_| question.is_leaf()) {
            ocsp::judge(question, staple, "staple", self.clock, budget, &mut known);
        }
        for fetched in self.evidence.ocsp.iter().filter(|fetched| is_about(fetched, question, pool, path)) {
            match &fetched.result {
                Ok(bytes) => ocsp::judge(question, bytes, &fetched.url, self.clock, budget, &mut known),
                Err(reason) => {
                    let facts = Facts::new().with("url", fetched.url.as_str()).with("reason", reason.as_str());
                    known.findings.add(FindingId::OcspUnreachable, &question.subject(), facts);
                }
            }
        }
        for (fetched, read) in self.evidence.crls.iter().zip(&self.crls) {
            let is_meant = fetched.of == Some(cert.sha256());
            let fault = match (&fetched.result, read) {
                (Ok(_), Some(list)) if is_meant || fetched.of.is_none() => {
                    let with_key = |node: &Node| Some((pool.cert(*node)?, pool.key(*node)?));
                    let keys: Vec<crl::Signer<'_>> = signers.iter().filter_map(with_key).collect();
                    crl::judge(question, list, (&fetched.url, is_meant), &keys, self.clock, budget, &mut known);
                    continue;
                }
                (Ok(_), None) if is_meant || (fetched.of.is_none() && question.is_leaf()) => {
                    (FindingId::CrlMalformed, "fault", "it cannot be read")
                }
                (Err(reason), _) if is_meant => (FindingId::CrlUnreachable, "reason", reason.as_str()),
                _ => continue,
            };
            let facts = Facts::new().with("url", fetched.url.as_str()).with(fault.1, fault.2);
            known.findings.add(fault.0, &question.subject(), facts);
        }
        known
    }

    /// What would settle what is still open about the path, and what stays open.
    pub(crate) fn open(&self, pool: &Pool<'_>, path: &Path) -> (Vec<Want>, Vec<NotChecked>) {
        let (mut wants, mut open) = (Vec::new(), Vec::new());
        for (child, issuer, _) in path.steps() {
            let is_settled = self.known.get(&(child, issuer)).is_some_and(|known| known.is_settled);
            let (Some(cert), Some(above)) = (pool.cert(child), pool.cert(issuer)) else { continue };
            if is_settled {
                continue;
            }
            let wanted = self.wanted(cert, above);
            let why = match &self.evidence.fetching_off {
                _ if !has_place(cert) => "the certificate names no place to ask by http",
                Some(why) => why.as_str(),
                None if wanted.is_empty() => "no answer that can be relied on",
                None => "not asked yet",
            };
            open.push(NotChecked::new(format!("revocation of {}", cert.label()), why));
            wants.extend(wanted);
        }
        (wants, open)
    }

    /// OCSP first, for it is small; the CRL when that did not settle it.
    fn wanted(&self, cert: &Cert, issuer: &Cert) -> Vec<Want> {
        let of = cert.sha256();
        let asked = |list: &[crate::model::Fetched], url: &str| {
            list.iter().any(|fetched| fetched.url == url && fetched.of == Some(of))
        };
        let is_http = |url: &&str| url.starts_with("http://");
        let mut responders = cert.extensions.ocsp_urls().filter(is_http).take(PLACES);
        let responder = responders.find(|url| !asked(&self.evidence.ocsp, url));
        if let (Some(url), Some(id)) = (responder, ocsp::cert_id(cert, issuer)) {
            return vec![Want::Ocsp { of, url: url.to_owned(), request: write_ocsp_request(&id).into() }];
        }
        let mut lists = cert.extensions.crl_urls().filter(is_http).take(PLACES);
        let list = lists.find(|url| !asked(&self.evidence.crls, url));
        list.map(|url| Want::Crl { of, url: url.to_owned() }).into_iter().collect()
    }
}

/// Whether an answer is about this certificate: one that was asked for, or one from a file that says
/// so. What is about none on the path is taken for the leaf's.
fn is_about(fetched: &Fetched, question: Question<'_>, pool: &Pool<'_>, path: &Path) -> bool {
    let Some(of) = fetched.of else {
        let Ok(bytes) = &fetched.result else { return question.is_leaf() };
        let is_for = |cert: &Cert, issuer: &Cert| ocsp::is_answer_for(bytes, cert, issuer);
        let mut all = path.steps().filter_map(|(child, issuer, _)| Some((pool.cert(child)?, pool.cert(issuer)?)));
        return is_for(question.cert, question.issuer)
            || (question.is_leaf() && !all.any(|(cert, issuer)| is_for(cert, issuer)));
    };
    of == question.cert.sha256()
}

fn has_place(cert: &Cert) -> bool {
    let mut places = cert.extensions.ocsp_urls().chain(cert.extensions.crl_urls());
    places.any(|url| url.starts_with("http://"))
}
