//! The `connection` and `summary` lines of `tlscope.event/1`.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde::Serialize;
use serde_json::Value;

use super::{Recorded, certificate_doc};
use crate::explain;
use crate::model::{
    CertDer, ClientLeg, ConnectionId, Facts, Finding, FindingId, Fingerprint, Given, Host, Intake, LegSide, NotChecked,
    Outcome, Protocol, Provenance, Severity, Subject, Summary, Target, Timestamp, UpstreamLeg, Verdict,
};

/// A finding in a document: with its words.
#[derive(Clone, Debug, Serialize)]
pub struct FindingDoc<'a> {
    id: FindingId,
    severity: Severity,
    leg: Option<LegSide>,
    subject: &'a Subject,
    summary: String,
    evidence: &'a Facts,
    fix: String,
}

/// Puts a finding into words.
pub fn finding_doc(finding: &Finding) -> FindingDoc<'_> {
    FindingDoc {
        id: finding.id,
        severity: finding.severity,
        leg: finding.leg,
        subject: &finding.subject,
        summary: explain::summary(finding),
        evidence: &finding.evidence,
        fix: explain::fix(finding),
    }
}

#[derive(Serialize)]
struct ConnectionDoc<'a> {
    schema: &'static str,
    r#type: &'static str,
    id: ConnectionId,
    revision: u32,
    state: &'static str,
    opened: Timestamp,
    closed: Option<Timestamp>,
    client_address: SocketAddr,
    intake: Intake,
    target: Option<&'a Target>,
    name: Option<&'a Host>,
    client: &'a ClientLeg,
    upstream: &'a UpstreamLeg,
    given: Option<&'a Given>,
    protocol: Option<Protocol>,
    raw_guess: Option<&'a str>,
    bytes_up: u64,
    bytes_down: u64,
    exchanges: u64,
    outcome: Option<Outcome>,
    findings: Vec<FindingDoc<'a>>,
    verdicts: &'a [Verdict],
    not_checked: &'a [NotChecked],
    certificates: BTreeMap<Fingerprint, Value>,
}

/// A connection as a line. `is_new` says of each certificate whether it has to be in this line,
/// because the reader has not had it before.
pub fn connection_line(recorded: Recorded<'_>, revision: u32, mut is_new: impl FnMut(Fingerprint) -> bool) -> Value {
    let connection = recorded.connection;
    let report = recorded.report;
    let found = report.map(|report| report.found.as_slice()).unwrap_or_default();
    let sent = connection.upstream.sent.iter().map(|der| (der, Provenance::Sent));
    let mut certificates = BTreeMap::new();
    for (der, from) in sent.chain(found.iter().map(|(der, from)| (der, *from))) {
        insert_certificate(&mut certificates, der, from, &mut is_new);
    }
    let doc = ConnectionDoc {
        schema: "tlscope.event/1",
        r#type: "connection",
        id: connection.id,
        revision,
        state: if connection.closed.is_some() { "closed" } else { "open" },
        opened: connection.opened,
        closed: connection.closed,
        client_address: connection.client_address,
        intake: connection.intake,
        target: connection.target.as_ref(),
        name: connection.name.as_ref(),
        client: &connection.client,
        upstream: &connection.upstream,
        given: connection.given.as_ref(),
        protocol: connection.protocol,
        raw_guess: connection.raw_guess.as_deref(),
        bytes_up: connection.traffic.up,
        bytes_down: connection.traffic.down,
        exchanges: connection.exchanges,
        outcome: connection.outcome,
        findings: recorded.findings().into_iter().map(finding_doc).collect(),
        verdicts: report.map(|report| report.verdicts.as_slice()).unwrap_or_default(),
        not_checked: report.map(|report| report.not_checked.as_slice()).unwrap_or_default(),
        certificates,
    };
    serde_json::to_value(doc).unwrap_or_default()
}

fn insert_certificate(
    certificates: &mut BTreeMap<Fingerprint, Value>,
    der: &CertDer,
    from: Provenance,
    is_new: &mut impl FnMut(Fingerprint) -> bool,
) {
    if !der.der.is_empty() && !certificates.contains_key(&der.sha256) && is_new(der.sha256) {
        certificates.insert(der.sha256, certificate_doc(der, &[from]));
    }
}

#[derive(Serialize)]
struct SummaryDoc {
    schema: &'static str,
    r#type: &'static str,
    tlscope: &'static str,
    at: Timestamp,
    #[serde(flatten)]
    totals: Summary,
}

/// The last line of a stream.
pub fn summary_line(totals: Summary, at: Timestamp) -> Value {
    let doc = SummaryDoc { schema: "tlscope.event/1", r#type: "summary", tlscope: super::VERSION, at, totals };
    serde_json::to_value(doc).unwrap_or_default()
}
