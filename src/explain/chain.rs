//! A chain as a person reads it: from the leaf to the anchor, each certificate in a line.

use crate::model::{CertDer, Finding, Fingerprint, Provenance, Report, Severity, Trusted, Verdict};
use crate::x509::{Algorithm, Cert, PublicKey};

/// What a certificate is in its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The end-entity certificate.
    Leaf,
    /// Between leaf and anchor.
    Intermediate,
    /// Where trust begins.
    Anchor,
    /// Sent, and part of no path.
    Extra,
    /// Needed, and nowhere to be found.
    Missing,
}

impl Role {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Leaf => "leaf",
            Self::Intermediate => "intermediate",
            Self::Anchor => "anchor",
            Self::Extra => "extra",
            Self::Missing => "missing",
        }
    }
}

/// One certificate of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainLine {
    /// What it is in the chain.
    pub role: Role,
    /// What to call it.
    pub label: String,
    /// Key, signature and days of validity, as far as they could be read.
    pub about: String,
    /// Its place in what the server sent, from 0.
    pub sent_index: Option<usize>,
    /// Where it came from, when the server did not send it.
    pub from: Option<Provenance>,
    /// Its identity; `None` for a missing one.
    pub sha256: Option<Fingerprint>,
    /// The worst that is said about it.
    pub worst: Option<Severity>,
}

impl ChainLine {
    /// Where it came from, in words.
    pub fn origin(&self) -> String {
        match (self.sent_index, self.from) {
            (Some(index), _) => format!("sent as {}", index + 1),
            (None, Some(Provenance::Aia)) => "not sent; fetched".to_owned(),
            (None, Some(Provenance::Seen)) => "not sent; seen from another server".to_owned(),
            (None, Some(Provenance::Anchor)) => "from the root store".to_owned(),
            (None, _) => String::new(),
        }
    }
}

/// The lines of a chain: the best path, and behind it what was sent for nothing.
pub fn chain_lines(sent: &[CertDer], report: &Report) -> Vec<ChainLine> {
    let path: Vec<Fingerprint> = match best_path(&report.verdicts) {
        Some(verdict) => verdict.path.clone().unwrap_or_default(),
        None => sent.iter().map(|der| der.sha256).collect(),
    };
    let settled = best_path(&report.verdicts).is_some_and(|verdict| verdict.result == Trusted::Trusted);
    let mut lines: Vec<ChainLine> = Vec::new();
    for (at, print) in path.iter().enumerate() {
        let is_last = at + 1 == path.len();
        let Some((der, from)) = find(*print, sent, report) else { continue };
        let role = match at {
            0 => Role::Leaf,
            _ if is_last && (settled || from == Provenance::Anchor) => Role::Anchor,
            _ => Role::Intermediate,
        };
        lines.push(line(role, der, from, sent, report));
    }
    lines.extend(missing_issuer(&path, sent, report));
    for der in sent.iter().filter(|der| !path.contains(&der.sha256)) {
        lines.push(line(Role::Extra, der, Provenance::Sent, sent, report));
    }
    lines
}

/// The path worth showing: one that leads to trust, else any.
fn best_path(verdicts: &[Verdict]) -> Option<&Verdict> {
    let with_path = || verdicts.iter().filter(|verdict| verdict.path.as_ref().is_some_and(|path| !path.is_empty()));
    with_path().find(|verdict| verdict.result == Trusted::Trusted).or_else(|| with_path().next())
}

fn find<'a>(print: Fingerprint, sent: &'a [CertDer], report: &'a Report) -> Option<(&'a CertDer, Provenance)> {
    let sent = sent.iter().find(|der| der.sha256 == print).map(|der| (der, Provenance::Sent));
    sent.or_else(|| report.found.iter().find(|(der, _)| der.sha256 == print).map(|(der, from)| (der, *from)))
}

fn line(role: Role, der: &CertDer, from: Provenance, sent: &[CertDer], report: &Report) -> ChainLine {
    let cert = Cert::read(der);
    ChainLine {
        role,
        label: cert.label(),
        about: about(&cert),
        sent_index: sent.iter().position(|own| own.sha256 == der.sha256),
        from: Some(from),
        sha256: Some(der.sha256),
        worst: worst_about(&report.findings, der.sha256),
    }
}

/// The issuer that the end of the path names and nobody has.
fn missing_issuer(path: &[Fingerprint], sent: &[CertDer], report: &Report) -> Option<ChainLine> {
    let reached = report.verdicts.iter().any(|verdict| {
        verdict.result == Trusted::Trusted || report.found.iter().any(|(_, from)| *from == Provenance::Anchor)
    });
    let (last, _) = find(*path.last()?, sent, report)?;
    let cert = Cert::read(last);
    let issuer = cert.issuer.as_ref().filter(|_| !reached && !cert.is_self_issued())?;
    Some(ChainLine {
        role: Role::Missing,
        label: issuer.short(),
        about: "its issuer: neither sent nor known".to_owned(),
        sent_index: None,
        from: None,
        sha256: None,
        worst: None,
    })
}

fn worst_about(findings: &[Finding], print: Fingerprint) -> Option<Severity> {
    findings.iter().filter(|finding| finding.subject.sha256 == Some(print)).map(|finding| finding.severity).max()
}

fn about(cert: &Cert) -> String {
    let key = cert.key.as_ref().map(PublicKey::describe);
    let signature = cert.outer_algorithm.as_ref().map(Algorithm::name);
    let days = cert.validity.map(|validity| format!("{} to {}", validity.not_before.day(), validity.not_after.day()));
    let parts: Vec<String> = [key, signature, days].into_iter().flatten().collect();
    if parts.is_empty() { "cannot be read".to_owned() } else { parts.join(", ") }
}
