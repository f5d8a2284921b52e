//! What goes into the judge and what comes out of it.

use std::net::SocketAddr;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{
    CertDer, ClientHello, ClockSeen, Facts, Failure, Finding, FindingId, Fingerprint, Handshake, Host, LegSide, Probe,
    Severity, Timestamp, Variant, Via, base64_text,
};

/// What one connection showed of a server; everything the judge needs to know about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Observation {
    /// The name judged: the SNI, else the host of the CONNECT or SOCKS request.
    pub name: Option<Host>,
    /// The host that the client asked the proxy for, when it asked for one.
    pub asked_host: Option<Host>,
    /// The address that was reached, or the last one tried.
    pub address: Option<SocketAddr>,
    /// The proxy in between, when there is one.
    pub via: Option<Via>,
    /// The certificates in the order sent.
    pub sent: Vec<CertDer>,
    /// What was seen of the handshake.
    pub handshake: Option<Handshake>,
    /// How the attempt ended, when it did not end in a connection.
    pub failure: Option<Failure>,
    /// What was offered to the server, when that matters to the verdict: in a tunnel the
    /// server could only choose among what the client offered.
    pub offered: Option<ClientHello>,
    /// What further connections showed.
    pub probes: Vec<Probe>,
    /// What other addresses of the name showed.
    pub variants: Vec<Variant>,
    /// The server's clock beside ours.
    pub clock: Option<ClockSeen>,
    /// The value of Strict-Transport-Security (RFC 6797), when the server was seen to send it.
    pub hsts: Option<String>,
}

/// Which root set a verdict is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RootSetName {
    /// Mozilla's list, compiled in.
    Mozilla,
    /// What this machine trusts.
    System,
    /// What `--root-file` named.
    Files,
}

impl RootSetName {
    /// The word of documents and flags.
    pub fn word(self) -> &'static str {
        match self {
            Self::Mozilla => "mozilla",
            Self::System => "system",
            Self::Files => "files",
        }
    }
}

/// Trust anchors that are judged together and reported as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootSet {
    /// Whose they are.
    pub name: RootSetName,
    /// The anchors.
    pub anchors: Vec<CertDer>,
}

/// Where a certificate of a report comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provenance {
    /// The server sent it.
    Sent,
    /// Fetched from the URL in an issued certificate's authority information access.
    Aia,
    /// Sent by a server earlier in this session.
    Seen,
    /// A trust anchor of a root set.
    Anchor,
}

/// Whether a chain leads to an anchor of one root set, by its path alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trusted {
    /// A path leads to an anchor, and nothing on it is refused.
    Trusted,
    /// No such path.
    Untrusted,
    /// The issuer is neither sent nor known, so it cannot be told.
    Undetermined,
    /// The set holds no certificates.
    NoRoots,
}

/// The answer for one root set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The set.
    pub roots: RootSetName,
    /// The answer.
    pub result: Trusted,
    /// The best path, from leaf to anchor.
    pub path: Option<Vec<Fingerprint>>,
}

/// Something that would settle a doubt, if somebody looked for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Want {
    /// The issuer of a certificate.
    Issuer {
        /// Whose issuer.
        of: Fingerprint,
        /// Its name, in the form that equal names share.
        name: String,
        /// Where the certificate says it is.
        urls: Vec<String>,
    },
    /// An OCSP responder's answer about a certificate.
    Ocsp {
        /// Which certificate.
        of: Fingerprint,
        /// Where to ask.
        url: String,
        /// What to ask, in DER (RFC 6960 section 4.1).
        #[serde(with = "base64_text")]
        request: Bytes,
    },
    /// The list on which a certificate would stand if it was revoked.
    Crl {
        /// Which certificate.
        of: Fingerprint,
        /// Where the list is.
        url: String,
    },
}

/// How an attempt to fetch an issuer ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AiaOutcome {
    /// Whose issuer was looked for.
    pub of: Fingerprint,
    /// Where.
    pub url: String,
    /// What was found there, or why nothing was.
    pub result: Result<Vec<CertDer>, String>,
}

/// A document about revocation that was fetched, or given in a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fetched {
    /// The certificate it was fetched for; absent for a file.
    pub of: Option<Fingerprint>,
    /// The URL, or the file's name.
    pub url: String,
    /// Its bytes, or why there are none.
    pub result: Result<Bytes, String>,
}

/// What was gathered beside the observation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Evidence {
    /// CA certificates sent by servers earlier in this session.
    pub seen: Vec<CertDer>,
    /// Issuers that were looked for.
    pub aia: Vec<AiaOutcome>,
    /// Answers of OCSP responders.
    pub ocsp: Vec<Fetched>,
    /// Certificate revocation lists.
    pub crls: Vec<Fetched>,
    /// Why nothing is fetched, when nothing is.
    pub fetching_off: Option<String>,
    /// Whether it is judged as of another time than it was observed at.
    pub is_of_another_time: bool,
}

/// A question that was left open, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NotChecked {
    /// The question.
    pub what: String,
    /// The reason.
    pub why: String,
}

/// What is open where nothing was looked at.
const EVERYTHING: &str = "this connection";

/// What the judge found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Every defect, worst first.
    pub findings: Vec<Finding>,
    /// An answer for each root set.
    pub verdicts: Vec<Verdict>,
    /// What was left open.
    pub not_checked: Vec<NotChecked>,
    /// What would settle more.
    pub wants: Vec<Want>,
    /// The first instant at which a date would make this report differ.
    pub holds_until: Option<Timestamp>,
    /// The certificates that a verdict's path names and the server did not send.
    pub found: Vec<(CertDer, Provenance)>,
}

impl Report {
    /// The worst severity in it.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    /// Of something that was not looked at, and why.
    pub fn unjudged(why: &str) -> Self {
        Self { not_checked: vec![NotChecked::new(EVERYTHING, why)], ..Self::default() }
    }

    /// Why nobody can say by this report that the server is good, though nothing may be found against it.
    pub fn doubt(&self) -> Option<String> {
        let unjudged = self.not_checked.iter().find(|open| open.what == EVERYTHING).map(|open| open.why.clone());
        let has = |id: FindingId| self.findings.iter().any(|finding| finding.id == id);
        let failed = has(FindingId::AnalysisFailed).then(|| "the judge failed on what it showed".to_owned());
        let stopped =
            has(FindingId::AnalysisTruncated).then(|| "the judge could not look at all that it showed".to_owned());
        unjudged.or(failed).or(stopped)
    }

    /// What some client or most of them would refuse the server for, each name once, worst first.
    pub fn grave(&self) -> Vec<FindingId> {
        let is_grave =
            |finding: &&Finding| finding.severity >= Severity::Error && finding.leg == Some(LegSide::Upstream);
        let mut ids = Vec::new();
        for finding in self.findings.iter().filter(is_grave) {
            if !ids.contains(&finding.id) {
                ids.push(finding.id);
            }
        }
        ids
    }
}

impl NotChecked {
    /// A question and the reason it was left open.
    pub fn new(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { what: what.into(), why: why.into() }
    }
}

impl Observation {
    /// The facts that place a finding: the name judged.
    pub fn name_facts(&self) -> Facts {
        match &self.name {
            Some(name) => Facts::new().with("asked", name.to_string()),
            None => Facts::new(),
        }
    }

    /// The facts that place a failure to connect: the address tried.
    pub fn address_facts(&self) -> Facts {
        match &self.address {
            Some(address) => Facts::new().with("address", address.to_string()),
            None => Facts::new(),
        }
    }

    /// `facts`, and the proxy in between, when there is one.
    pub fn with_via(&self, facts: Facts) -> Facts {
        match &self.via {
            Some(via) => facts.with("via", via.words()),
            None => facts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(ids: &[FindingId]) -> Report {
        Report { findings: ids.iter().map(|id| Finding::new(*id, Facts::new())).collect(), ..Report::default() }
    }

    #[test]
    fn what_clients_refuse_a_server_for_is_named_once() {
        use FindingId::{CertExpired, CertExpiringSoon, ClientGaveUp, NameMismatch};
        let report = report(&[CertExpired, NameMismatch, CertExpired, CertExpiringSoon, ClientGaveUp]);
        assert_eq!(report.grave(), [CertExpired, NameMismatch]);
    }

    #[test]
    fn a_report_without_findings_is_not_always_a_good_one() {
        assert_eq!(report(&[FindingId::CertExpired]).doubt(), None);
        assert_eq!(Report::unjudged("too busy").doubt().as_deref(), Some("too busy"));
        for id in [FindingId::AnalysisFailed, FindingId::AnalysisTruncated] {
            assert!(report(&[id]).doubt().is_some_and(|words| words.starts_with("the judge ")), "{id}");
            assert!(report(&[id]).grave().is_empty());
        }
    }
}
