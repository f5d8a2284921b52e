//! From an observation to a report.

use super::budget::{Budget, Limits};
use super::certificate::{self, Judged, name, usage, validity};
use super::clock::Clock;
use super::findings::Findings;
use super::path::{End, Node, Path, Pool, SetInfo, Trust, chain, roots, rules, search};
use super::revocation::{Revocation, check_staple};
use super::{handshake, probes, surroundings, transparency};
use crate::model::{
    CertDer, Evidence, Facts, FindingId, NotChecked, Observation, Provenance, Report, Severity, SubjectKind, Timestamp,
    Trusted, Verdict,
};
use crate::x509::Cert;

/// Judges what was observed, at the instant `now`. The same input gives the same report.
pub fn judge(observation: &Observation, evidence: &Evidence, trust: &Trust, limits: Limits, now: Timestamp) -> Report {
    let clock = Clock::new(now);
    let mut budget = Budget::new(limits);
    let mut out = Findings::default();
    let mut report = Report::default();
    handshake::check(observation, &mut out);
    probes::check(observation, &mut out);
    check_asked_name(observation, &mut out);
    if observation.sent.is_empty() {
        report.not_checked.push(NotChecked::new(
            "certificates",
            "none was seen: the server showed none, or TLS 1.3 hid them in a tunnel",
        ));
    } else {
        let case = Case { observation, evidence, trust, clock: &clock, limits };
        case.judge_chain(&mut budget, &mut out, &mut report);
    }
    surroundings::check_hsts(observation, &mut out);
    report.not_checked.extend(surroundings::left_open(observation));
    if let Some(limit) = budget.exhausted().or(out.overflow()) {
        out.note(FindingId::AnalysisTruncated, Facts::new().with("limit", limit));
    }
    report.findings = out.into_sorted();
    report.holds_until = clock.holds_until();
    report
}

fn check_asked_name(observation: &Observation, out: &mut Findings) {
    if let (Some(name), Some(asked)) = (&observation.name, &observation.asked_host)
        && name != asked
    {
        let facts = Facts::new().with("sni", name.to_string()).with("asked", asked.to_string());
        out.note(FindingId::SniDiffers, facts);
    }
}

/// A path with what is wrong with it.
struct Candidate {
    path: Path,
    findings: Findings,
    /// How it compares with others; less is better.
    rank: (usize, usize, usize, usize, usize, usize),
}

impl Candidate {
    /// Whether it leads to an anchor with nothing on it that most clients refuse.
    fn is_good(&self) -> bool {
        self.path.end == End::Anchor && self.findings.count(Severity::Fatal) == 0
    }
}

struct Case<'a> {
    observation: &'a Observation,
    evidence: &'a Evidence,
    trust: &'a Trust,
    clock: &'a Clock,
    limits: Limits,
}

impl Case<'_> {
    fn judge_chain(&self, budget: &mut Budget, out: &mut Findings, report: &mut Report) {
        let mut pool = Pool::new(self.observation, self.evidence, self.trust);
        let Some(leaf) = chain::find_leaf(&pool, self.observation.name.as_ref(), out) else { return };
        let paths = search(&mut pool, leaf, budget);
        let mut revocation = Revocation::new(self.observation, self.evidence, self.clock);
        let candidates = self.rank(&mut pool, &paths, &mut revocation, budget);
        let Some(best) = candidates.first() else { return };
        report.not_checked.extend(self.check_leaf(&pool, leaf, &best.path, out));
        out.extend(best.findings.clone());
        let any_roots = !self.trust.is_empty();
        chain::check_list(&pool, &best.path, &paths, out);
        chain::check_top(&pool, &best.path, self.evidence, any_roots, out);
        chain::check_cross_signs(&pool, &best.path, &paths, self.clock, out);
        chain::check_aia(&mut pool, self.evidence, budget, out);
        roots::check(&pool, &best.path, self.clock, out);
        surroundings::check_clock(self.observation, self.evidence, self.clock, out);
        surroundings::check_interception(&pool, &best.path, self.clock, out);
        if best.path.end != End::Anchor || best.path.has_broken_step() {
            report.wants = chain::wants(&pool, &paths);
            report.not_checked.extend(chain::left_open(&report.wants, self.evidence));
        }
        let (wants, open) = revocation.open(&pool, &best.path);
        report.wants.extend(wants);
        report.not_checked.extend(open);
        report.verdicts = self.verdicts(&pool, &candidates);
        check_sets(&report.verdicts, best, &pool, out);
        roots::check_installed(&pool, &best.path, &report.verdicts, out);
        report.found = found_certificates(&pool, &report.verdicts, &best.path);
    }

    /// Every path with its findings, the best first.
    fn rank(
        &self,
        pool: &mut Pool<'_>,
        paths: &[Path],
        revocation: &mut Revocation<'_>,
        budget: &mut Budget,
    ) -> Vec<Candidate> {
        let mut for_revocation = budget.for_revocation();
        let mut candidates: Vec<Candidate> = paths
            .iter()
            .map(|path| {
                let mut findings = rules::check(pool, path, self.clock, budget);
                revocation.check(pool, path, &mut for_revocation, &mut findings);
                let not_sent = path.nodes.iter().filter(|n| is_fetched(pool.provenance(**n))).count();
                let rank = (
                    usize::from(path.end != End::Anchor),
                    findings.count(Severity::Fatal),
                    findings.count(Severity::Error),
                    findings.count(Severity::Warning),
                    not_sent,
                    path.nodes.len(),
                );
                Candidate { path: path.clone(), findings, rank }
            })
            .collect();
        budget.absorb(&for_revocation);
        candidates.sort_by_key(|candidate| candidate.rank);
        candidates
    }

    fn check_leaf(&self, pool: &Pool<'_>, leaf: Node, best: &Path, out: &mut Findings) -> Option<NotChecked> {
        let cert = pool.cert(leaf)?;
        let is_public = best.top().is_some_and(|top| pool.is_public_anchor(top));
        let subject = pool.subject(leaf, SubjectKind::Leaf);
        let expiring_days = self.limits.expiring_days;
        let judged = Judged { cert, subject, is_public, clock: self.clock, expiring_days };
        certificate::check(&judged, out);
        check_staple(self.observation, cert, out);
        name::check_names(&judged, self.observation.name.as_ref(), out);
        if let Some(host) = &self.observation.name {
            name::check_host(&judged, host, out);
        }
        surroundings::check_portal(cert, self.observation.name.as_ref(), out);
        let nothing_seen = crate::model::Handshake::default();
        usage::check_key_usage_in(&judged, self.observation.handshake.as_ref().unwrap_or(&nothing_seen), out);
        let issuer = best.nodes.get(1).and_then(|node| pool.cert(*node));
        if let Some(issuer) = issuer {
            validity::check_against_issuer(&judged, issuer, out);
        }
        transparency::check(&judged, issuer, self.observation.handshake.as_ref(), self.trust.logs(), out)
    }

    fn verdicts(&self, pool: &Pool<'_>, candidates: &[Candidate]) -> Vec<Verdict> {
        let one = |(at, set): (usize, &SetInfo)| {
            let ends_here = |c: &&Candidate| c.path.top().is_some_and(|top| pool.anchor_sets(top).contains(at));
            let best = candidates.iter().find(ends_here);
            let result = match best {
                _ if set.is_empty => Trusted::NoRoots,
                Some(best) if best.is_good() => Trusted::Trusted,
                Some(_) => Trusted::Untrusted,
                None if candidates.iter().any(|c| c.path.end == End::NoIssuer) => Trusted::Undetermined,
                None => Trusted::Untrusted,
            };
            let prints = |path: &Path| path.nodes.iter().filter_map(|n| pool.cert(*n)).map(Cert::sha256).collect();
            Verdict { roots: set.name, result, path: best.map(|best| prints(&best.path)) }
        };
        self.trust.sets().iter().enumerate().map(one).collect()
    }
}

fn is_fetched(from: Provenance) -> bool {
    matches!(from, Provenance::Aia | Provenance::Seen)
}

/// "This set trusts it, that one does not": one finding for all that do not.
fn check_sets(verdicts: &[Verdict], best: &Candidate, pool: &Pool<'_>, out: &mut Findings) {
    let with = |result: fn(Trusted) -> bool| -> Vec<String> {
        verdicts.iter().filter(|v| result(v.result)).map(|v| v.roots.word().to_owned()).collect()
    };
    let trusting = with(|result| result == Trusted::Trusted);
    let lacking = with(|result| matches!(result, Trusted::Untrusted | Trusted::Undetermined));
    if trusting.is_empty() || lacking.is_empty() {
        return;
    }
    let Some(anchor) = best.path.top() else { return };
    let label = pool.cert(anchor).map(Cert::label).unwrap_or_default();
    let facts = Facts::new().with("anchor", label).with("trusted_by", trusting).with("not_in", lacking);
    out.add(FindingId::RootNotInStore, &pool.subject(anchor, SubjectKind::Anchor), facts);
}

/// The certificates a reader needs beside those that were sent.
fn found_certificates(pool: &Pool<'_>, verdicts: &[Verdict], best: &Path) -> Vec<(CertDer, Provenance)> {
    let mut found: Vec<(CertDer, Provenance)> = Vec::new();
    let named = verdicts.iter().filter_map(|verdict| verdict.path.as_ref()).flatten();
    let on_paths: Vec<_> = named.collect();
    let nodes = best.nodes.iter().copied().chain(pool.unsent());
    for node in nodes {
        let from = pool.provenance(node);
        let Some(cert) = pool.cert(node).filter(|_| from != Provenance::Sent) else { continue };
        let is_needed = best.nodes.contains(&node) || on_paths.contains(&&cert.sha256());
        if is_needed && !found.iter().any(|(der, _)| der.sha256 == cert.sha256()) {
            found.push((cert.der.clone(), from));
        }
    }
    found
}
