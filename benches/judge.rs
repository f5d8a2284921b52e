#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
//! What judging costs: `cargo bench --bench judge`.
//!
//! The yardstick stands beside it in the same run: one path verification by rustls-webpki of the same
//! chain, which finds one path or one error where the judge finds every defect against every root set.
//! Chains and roots are those of x509-limbo (tests/suites), the root sets Mozilla's and this machine's.

use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use rustls_pki_types::{CertificateDer, UnixTime};
use serde_json::Value;
use tlscope::diagnosis::{Limits, Trust, judge};
use tlscope::inquiry::{Config, Inquiry};
use tlscope::model::{Attempt, CertDer, Evidence, Handshake, Host, Observation, RootSet, RootSetName, Timestamp};
use tlscope::net::{self, Dialler};
use tlscope::trust;
use tlscope::x509::read_certificates;
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert};

/// Real chains of three: leaf, intermediate, root.
const USUAL: [&str; 3] = ["online::google.com", "online::cloudflare.com", "online::amazon.com"];

struct Case {
    observation: Observation,
    roots: Vec<CertDer>,
    at: Timestamp,
}

fn suite() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suites/limbo.json");
    let text = std::fs::read_to_string(path).expect("the suite is in the repository");
    serde_json::from_str(&text).expect("the suite is JSON")
}

fn certificates(pems: &Value) -> Vec<CertDer> {
    let each = pems.as_array().map(Vec::as_slice).unwrap_or_default();
    each.iter().filter_map(Value::as_str).flat_map(|pem| read_certificates(pem.as_bytes())).collect()
}

fn case(suite: &Value, id: &str) -> Case {
    let cases = suite["testcases"].as_array().expect("it has cases");
    let case = cases.iter().find(|case| case["id"] == id).expect("it has this case");
    let mut sent = certificates(&Value::Array(vec![case["peer_certificate"].clone()]));
    sent.extend(certificates(&case["untrusted_intermediates"]));
    Case {
        observation: Observation {
            name: case["expected_peer_name"]["value"].as_str().and_then(|name| Host::parse(name).ok()),
            sent,
            handshake: Some(Handshake { attempt: Attempt::File, ..Handshake::default() }),
            ..Observation::default()
        },
        roots: certificates(&case["trusted_certs"]),
        at: case["validation_time"].as_str().and_then(Timestamp::parse).unwrap_or_default(),
    }
}

/// Mozilla's roots, this machine's, and the case's own.
fn trust_of(case: &Case) -> Trust {
    let loaded = trust::load(&trust::Config::default()).expect("the sets can be loaded");
    let mut sets = loaded.sets;
    sets.push(RootSet { name: RootSetName::Files, anchors: case.roots.clone() });
    Trust::new(&sets, &loaded.public)
}

fn by_judge(case: &Case, trust: &Trust) {
    let evidence = Evidence { fetching_off: Some("a benchmark".to_owned()), ..Evidence::default() };
    black_box(judge(&case.observation, &evidence, trust, Limits::default(), case.at));
}

fn by_webpki(case: &Case) {
    let der = |certs: &[CertDer]| -> Vec<CertificateDer<'static>> {
        certs.iter().map(|cert| CertificateDer::from(cert.der.to_vec())).collect()
    };
    let (sent, roots) = (der(&case.observation.sent), der(&case.roots));
    let anchors: Vec<_> = roots.iter().filter_map(|root| anchor_from_trusted_cert(root).ok()).collect();
    let leaf = EndEntityCert::try_from(&sent[0]).expect("the leaf is good");
    let at = UnixTime::since_unix_epoch(Duration::from_secs(case.at.unix_seconds().unsigned_abs()));
    let usage = KeyUsage::server_auth();
    let path = leaf.verify_for_usage(ALL_VERIFICATION_ALGS, &anchors, &sent[1..], at, usage, None, None);
    black_box(path.is_ok());
}

fn usual(c: &mut Criterion) {
    let suite = suite();
    for id in USUAL {
        let case = case(&suite, id);
        let trust = trust_of(&case);
        let mut group = c.benchmark_group(id.trim_start_matches("online::"));
        group.bench_function("webpki, one path", |b| b.iter(|| by_webpki(&case)));
        group.bench_function("judge, cold, all root sets", |b| b.iter(|| by_judge(&case, &trust)));
        group.finish();
    }
}

fn memoised(c: &mut Criterion) {
    let suite = suite();
    let case = case(&suite, USUAL[0]);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let _inside = runtime.enter();
    let config = Config { at: Some(case.at), fetching_off: Some("a benchmark".to_owned()), ..Config::default() };
    let trust = trust_of(&case);
    let inquiry = Inquiry::start(config, move || trust, Dialler::new(net::Config::default())).expect("a judge");
    runtime.block_on(inquiry.settle(case.observation.clone()));
    c.bench_function("judge, memoised", |b| {
        let ask = |observation| inquiry.judge(observation, |told| drop(black_box(told)));
        b.iter_batched(|| case.observation.clone(), ask, BatchSize::SmallInput);
    });
}

/// Everything that all of the suite's real servers send, behind one leaf.
fn mess(c: &mut Criterion) {
    let suite = suite();
    let mut case = case(&suite, USUAL[0]);
    let all = suite["testcases"].as_array().expect("it has cases");
    for other in all.iter().filter(|case| case["id"].as_str().is_some_and(|id| id.starts_with("online::"))) {
        case.observation.sent.extend(certificates(&other["untrusted_intermediates"]));
        case.observation.sent.extend(certificates(&other["trusted_certs"]));
    }
    case.observation.sent.truncate(20);
    let trust = trust_of(&case);
    c.bench_function("judge, 20 certificates", |b| b.iter(|| by_judge(&case, &trust)));
}

/// Those that take most work, up to where the budget stops it.
fn worst(c: &mut Criterion) {
    let suite = suite();
    let mut group = c.benchmark_group("worst of x509-limbo");
    group.sample_size(10);
    for id in [
        "pathological::nc-dos-1",
        "pathological::nc-dos-2",
        "pathological::nc-dos-3",
        "pathological::multiple-chains-expired-intermediate",
    ] {
        let case = case(&suite, id);
        let trust = trust_of(&case);
        group.bench_function(id, |b| b.iter(|| by_judge(&case, &trust)));
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().without_plots().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    targets = usual, memoised, mess, worst
}
criterion_main!(benches);
