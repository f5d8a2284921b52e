//! NIST PKITS: the judge's paths, constraints and revocation lists against the standard suite.
//!
//! The certificates come with the package cryptography_vectors of PyPI; tests/suites/pkits.json has
//! the outcomes.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde::Deserialize;
use tlscope::diagnosis::{Limits, Trust, judge};
use tlscope::model::{
    CertDer, Evidence, Fetched, FindingId, Observation, Report, RootSet, RootSetName, Severity, Timestamp,
};

use crate::needs::{Need, needs, python};
use crate::process::{command, run};

#[derive(Deserialize)]
struct Table {
    tests: Vec<Test>,
}

#[derive(Deserialize)]
struct Test {
    id: String,
    name: String,
    ee: String,
    chain: Vec<String>,
    others: Vec<String>,
    crls: Vec<String>,
    valid: bool,
}

/// Findings by which RFC 5280's path validation refuses. The suite knows nothing of TLS: its
/// certificates have neither names of hosts nor purposes.
const REFUSING: &[FindingId] = &[
    FindingId::CertExpired,
    FindingId::CertNotYetValid,
    FindingId::IntermediateExpired,
    FindingId::IntermediateNotYetValid,
    FindingId::SigInvalid,
    FindingId::ChainWrongIntermediate,
    FindingId::ChainIssuerNameMismatch,
    FindingId::ChainIncompleteUndetermined,
    FindingId::BcNotCa,
    FindingId::KuCaNoCertsign,
    FindingId::PathlenExceeded,
    FindingId::NcViolation,
    FindingId::ExtUnknownCritical,
    FindingId::RevokedCrl,
    FindingId::IntermediateRevoked,
    FindingId::CertUnparseable,
    FindingId::ValidityInverted,
];

fn data() -> PathBuf {
    let script = "import cryptography_vectors, os; print(os.path.dirname(cryptography_vectors.__file__))";
    let dir = run(command(python()).args(["-c", script])).well().text();
    Path::new(dir.trim()).join("x509/PKITS_data")
}

fn certificate(dir: &Path, name: &str) -> CertDer {
    CertDer::new(fs::read(dir.join("certs").join(name)).unwrap())
}

fn judged(dir: &Path, test: &Test) -> Report {
    let names = std::iter::once(&test.ee).chain(&test.chain).chain(&test.others);
    let sent = names.map(|name| certificate(dir, name)).collect();
    let list = |name: &String| {
        let bytes = fs::read(dir.join("crls").join(name)).unwrap();
        Fetched { of: None, url: name.clone(), result: Ok(Bytes::from(bytes)) }
    };
    let evidence = Evidence {
        crls: test.crls.iter().map(list).collect(),
        fetching_off: Some("from files".to_owned()),
        ..Evidence::default()
    };
    let anchors = vec![certificate(dir, "TrustAnchorRootCertificate.crt")];
    let trust = Trust::new(&[RootSet { name: RootSetName::Files, anchors }], &HashSet::new());
    let observation = Observation { sent, ..Observation::default() };
    let at = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
    judge(&observation, &evidence, &trust, Limits::default(), at)
}

/// Why the path is refused; nothing when it is not.
fn refusals(report: &Report) -> Vec<String> {
    let counts =
        |finding: &&tlscope::model::Finding| REFUSING.contains(&finding.id) && finding.severity >= Severity::Error;
    let found = report.findings.iter().filter(counts).map(|finding| finding.id.to_string());
    let open = report.not_checked.iter().filter(|open| open.what.starts_with("revocation of"));
    found.chain(open.map(|open| format!("{}: {}", open.what, open.why))).collect()
}

#[test]
fn every_path_of_pkits_is_judged_right() {
    needs!(Need::Python(&["cryptography_vectors"]));
    let dir = data();
    let table: Table = serde_json::from_str(include_str!("../suites/pkits.json")).unwrap();
    let mut wrong = Vec::new();
    for test in &table.tests {
        let report = judged(&dir, test);
        let refusals = refusals(&report);
        if refusals.is_empty() != test.valid {
            let ids: Vec<&str> = report.findings.iter().map(|finding| finding.id.as_str()).collect();
            wrong.push(format!("{} {} (valid: {}): {refusals:?} {ids:?}", test.id, test.name, test.valid));
        }
    }
    println!("PKITS: {} of {} right", table.tests.len() - wrong.len(), table.tests.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), table.tests.len(), wrong.join("\n"));
}

#[test]
fn no_certificate_of_pkits_makes_the_judge_panic() {
    needs!(Need::Python(&["cryptography_vectors"]));
    let dir = data();
    let anchors = vec![certificate(&dir, "TrustAnchorRootCertificate.crt")];
    let trust = Trust::new(&[RootSet { name: RootSetName::Files, anchors }], &HashSet::new());
    let mut seen = 0;
    for entry in fs::read_dir(dir.join("certs")).unwrap() {
        let sent = vec![CertDer::new(fs::read(entry.unwrap().path()).unwrap())];
        let observation = Observation { sent, ..Observation::default() };
        let report = judge(&observation, &Evidence::default(), &trust, Limits::default(), Timestamp::default());
        assert!(!report.findings.is_empty(), "they are of 2010, and this is 1970");
        seen += 1;
    }
    assert!(seen > 400, "only {seen} certificates");
}
