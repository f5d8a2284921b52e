//! The document of `check`: `tlscope.check/1`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::{FindingDoc, certificate_doc, finding_doc};
use crate::model::{
    CertDer, DialTiming, Fingerprint, Handshake, Host, NotChecked, Provenance, Report, Target, Timestamp, Verdict, Via,
};

/// What was found at one address of one target.
#[derive(Clone, Debug)]
pub struct CheckTarget<'a> {
    /// The target; absent for a file.
    pub target: Option<&'a Target>,
    /// What to call it where there is none.
    pub label: String,
    /// The name judged.
    pub name: Option<&'a Host>,
    /// The name asked for.
    pub sni: Option<&'a str>,
    /// The address.
    pub address: Option<std::net::SocketAddr>,
    /// The proxy in between, when there is one.
    pub via: Option<&'a Via>,
    /// `connected`, `captured`, `failed` or `file`.
    pub outcome: &'static str,
    /// What the handshake showed.
    pub handshake: Option<&'a Handshake>,
    /// The certificates in the order sent.
    pub sent: &'a [CertDer],
    /// How long the steps took.
    pub timing: DialTiming,
    /// What the judge says.
    pub report: &'a Report,
}

#[derive(Serialize)]
struct TargetDoc<'a> {
    target: String,
    name: Option<&'a Host>,
    sni: Option<&'a str>,
    host: Option<&'a Host>,
    port: Option<u16>,
    address: Option<String>,
    via: Option<&'a Via>,
    outcome: &'static str,
    timing: DialTiming,
    handshake: Option<&'a Handshake>,
    sent: Vec<Fingerprint>,
    findings: Vec<FindingDoc<'a>>,
    verdicts: &'a [Verdict],
    not_checked: &'a [NotChecked],
    /// Reserved for verdicts by client.
    clients: Option<()>,
}

/// The whole document.
pub fn check_document(targets: &[CheckTarget<'_>], at: Timestamp) -> Value {
    let mut from: BTreeMap<Fingerprint, (CertDer, Vec<Provenance>)> = BTreeMap::new();
    for target in targets {
        let sent = target.sent.iter().map(|der| (der, Provenance::Sent));
        for (der, provenance) in sent.chain(target.report.found.iter().map(|(der, p)| (der, *p))) {
            let known = &mut from.entry(der.sha256).or_insert_with(|| (der.clone(), Vec::new())).1;
            if !known.contains(&provenance) {
                known.push(provenance);
            }
        }
    }
    let certificates: BTreeMap<_, _> =
        from.iter().map(|(print, (der, from))| (print, certificate_doc(der, from))).collect();
    json!({
        "schema": "tlscope.check/1",
        "tlscope": super::VERSION,
        "at": at,
        "certificates": certificates,
        "targets": targets.iter().map(target_doc).collect::<Vec<_>>(),
    })
}

fn target_doc<'a>(target: &'a CheckTarget<'_>) -> TargetDoc<'a> {
    TargetDoc {
        target: target.label.clone(),
        name: target.name,
        sni: target.sni,
        host: target.target.map(|target| &target.host),
        port: target.target.map(|target| target.port),
        address: target.address.map(|address| address.to_string()),
        via: target.via,
        outcome: target.outcome,
        timing: target.timing,
        handshake: target.handshake,
        sent: target.sent.iter().map(|der| der.sha256).collect(),
        findings: target.report.findings.iter().map(finding_doc).collect(),
        verdicts: &target.report.verdicts,
        not_checked: &target.report.not_checked,
        clients: None,
    }
}
