//! x509-limbo (C2SP): the judge against a suite that nobody here wrote. tests/suites/README.md says
//! where it is from and how it is scored.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;
use std::time::Instant;

use serde::Deserialize;
use tlscope::diagnosis::{Limits, Trust, judge};
use tlscope::model::{
    Attempt, CertDer, Evidence, Fetched, FindingId, Handshake, Host, Observation, Report, RootSet, RootSetName,
    Severity, Timestamp,
};
use tlscope::x509::{Crl, read_certificates};

#[derive(Deserialize)]
struct Suite {
    testcases: Vec<Case>,
}

#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) id: String,
    validation_kind: String,
    pub(crate) trusted_certs: Vec<String>,
    pub(crate) untrusted_intermediates: Vec<String>,
    pub(crate) peer_certificate: String,
    validation_time: Option<String>,
    expected_result: String,
    expected_peer_name: Option<PeerName>,
    max_chain_depth: Option<usize>,
    crls: Vec<String>,
}

#[derive(Deserialize)]
struct PeerName {
    value: String,
}

#[derive(Deserialize)]
struct Expected {
    expect: BTreeMap<String, Vec<FindingId>>,
}

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suites").join(name)).unwrap()
}

/// The cases for servers.
pub(crate) fn cases() -> Vec<Case> {
    let suite: Suite = serde_json::from_str(&read("limbo.json")).unwrap();
    suite.testcases.into_iter().filter(|case| case.validation_kind == "SERVER").collect()
}

fn certificates<'a>(pems: impl IntoIterator<Item = &'a String>) -> Vec<CertDer> {
    pems.into_iter().flat_map(|pem| read_certificates(pem.as_bytes())).collect()
}

impl Case {
    pub(crate) fn must_fail(&self) -> bool {
        self.expected_result == "FAILURE"
    }

    pub(crate) fn name(&self) -> Option<String> {
        self.expected_peer_name.as_ref().map(|name| name.value.clone())
    }

    pub(crate) fn at(&self) -> Timestamp {
        self.validation_time.as_deref().and_then(Timestamp::parse).unwrap_or_else(crate::rig::now)
    }

    pub(crate) fn judged(&self) -> Report {
        let observation = Observation {
            name: self.expected_peer_name.as_ref().and_then(|name| Host::parse(&name.value).ok()),
            sent: certificates(std::iter::once(&self.peer_certificate).chain(&self.untrusted_intermediates)),
            handshake: Some(Handshake { attempt: Attempt::File, ..Handshake::default() }),
            ..Observation::default()
        };
        let roots = RootSet { name: RootSetName::Files, anchors: certificates(&self.trusted_certs) };
        let list = |der| Fetched { of: None, url: "the case's CRL".to_owned(), result: Ok(der) };
        let crls = self.crls.iter().flat_map(|pem| Crl::read_all(pem.as_bytes())).map(list).collect();
        let evidence = Evidence { crls, fetching_off: Some("from a file".to_owned()), ..Evidence::default() };
        let limits = self.max_chain_depth.map_or_else(Limits::default, Limits::with_intermediates);
        judge(&observation, &evidence, &Trust::new(&[roots], &HashSet::new()), limits, self.at())
    }
}

/// All there is, and it stays so.
const NAMED: usize = 140;
const CLEAN: usize = 58;

/// Cases that are about an intermediate which is not among their certificates: what cannot be seen
/// is not named. That the chain stops short is.
const NOT_IN_THE_INPUT: &[&str] =
    &["rfc5280::intermediate-ca-missing-basic-constraints", "rfc5280::ica-ku-keycertsign"];

#[test]
fn every_defect_of_the_suite_is_named_and_what_is_good_is_clean() {
    let expected: Expected = serde_json::from_str(&read("limbo-findings.json")).unwrap();
    let (mut named, mut clean, mut wrong) = (0, 0, Vec::new());
    for case in cases() {
        let report = case.judged();
        crate::rig::assert_evidence_is_explained(&report);
        let ids: Vec<FindingId> = report.findings.iter().map(|finding| finding.id).collect();
        if case.must_fail() {
            let wanted = &expected.expect[&case.id];
            let lacks_its_point = NOT_IN_THE_INPUT.contains(&case.id.as_str());
            if lacks_its_point {
                assert!(case.untrusted_intermediates.is_empty(), "{}: it has an intermediate after all", case.id);
                assert_eq!(ids, [FindingId::ChainIncompleteUndetermined], "{}", case.id);
            } else if wanted.iter().any(|id| ids.contains(id)) {
                named += 1;
            } else {
                wrong.push(format!("{}: none of {wanted:?} among {ids:?}", case.id));
            }
        } else {
            let bad: Vec<_> = report.findings.iter().filter(|finding| finding.severity >= Severity::Error).collect();
            if bad.is_empty() {
                clean += 1;
            } else {
                wrong.push(format!("{}: {bad:?}", case.id));
            }
        }
    }
    println!("x509-limbo: named {named} of {NAMED}, clean {clean} of {CLEAN}");
    let all = named + NOT_IN_THE_INPUT.len() == NAMED && clean == CLEAN;
    assert!(all, "named {named}, clean {clean}:\n{}", wrong.join("\n"));
}

/// No case takes more work than the budget allows; printed, since machines differ.
#[test]
fn no_case_of_the_suite_takes_long() {
    let mut times: Vec<(u128, String, bool)> = cases()
        .iter()
        .map(|case| {
            let start = Instant::now();
            let report = case.judged();
            let truncated = report.findings.iter().any(|finding| finding.id == FindingId::AnalysisTruncated);
            (start.elapsed().as_micros(), case.id.clone(), truncated)
        })
        .collect();
    times.sort();
    for (micros, id, truncated) in times.iter().rev().take(10) {
        println!("{micros:>8} µs  {id}{}", if *truncated { "  (stopped at a limit)" } else { "" });
    }
}
