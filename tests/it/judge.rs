//! What the judge says of observations that no server of the lab makes.

use std::sync::Arc;

use bytes::Bytes;
use tlscope::diagnosis::{Limits, Trust, judge};
use tlscope::lab::Lab;
use tlscope::model::{
    CertDer, Evidence, Failure, FindingId, Host, Observation, ProxyFault, Report, RootSet, RootSetName, Stage,
    Timestamp, Trusted, Via,
};
use tlscope::net::{Dialler, Offer};
use tlscope::x509::read_certificates;

use crate::rig::now;

fn judged(observation: &Observation, trust: &Trust, limits: Limits) -> Report {
    judge(observation, &Evidence::default(), trust, limits, now())
}

fn ids(report: &Report) -> Vec<FindingId> {
    crate::rig::assert_evidence_is_explained(report);
    report.findings.iter().map(|finding| finding.id).collect()
}

/// The chain that a case of the lab sends, and the lab.
async fn chain_of(host: &str) -> (Lab, Observation) {
    let lab = Lab::start("127.0.0.1:0".parse().unwrap(), now()).await.unwrap();
    let dialler = Dialler::new(tlscope::net::Config { connect_to: lab.connect_rules(), ..Default::default() });
    let target = format!("{host}:443").parse().unwrap();
    let tcp = dialler.connect(&target).await.unwrap();
    let offer = Offer { sni: Some(host.to_owned()), alpn: vec![] };
    let leg = dialler.handshake(tcp, &offer).await.unwrap();
    let observation = Observation {
        name: Some(Host::parse(host).unwrap()),
        address: leg.route.address,
        sent: leg.sent,
        handshake: Some(leg.handshake),
        ..Observation::default()
    };
    (lab, observation)
}

#[test]
fn every_failure_is_a_finding_of_its_own() {
    let reason = || "because".to_owned();
    let cases = [
        (Failure::DnsFail { reason: reason() }, FindingId::DnsFail),
        (Failure::TcpRefused, FindingId::TcpRefused),
        (Failure::TcpTimeout, FindingId::TcpTimeout),
        (Failure::TcpUnreachable { reason: reason() }, FindingId::TcpUnreachable),
        (Failure::TcpReset, FindingId::TcpReset),
        (Failure::HandshakeTimeout { stage: Stage::Nothing }, FindingId::HandshakeTimeout),
        (Failure::HandshakeReset { stage: Stage::Nothing }, FindingId::HandshakeReset),
        (Failure::HandshakeTruncated { stage: Stage::ServerHello }, FindingId::HandshakeTruncated),
        (Failure::NotTls { seen: reason() }, FindingId::NotTls),
        (Failure::SchemeNotOffered { reason: reason() }, FindingId::SigschemeUnoffered),
        (Failure::Loop, FindingId::ProxyLoop),
        (Failure::NotAllowed, FindingId::TargetNotAllowed),
    ];
    for (failure, id) in cases {
        let observation = Observation { failure: Some(failure.clone()), ..Observation::default() };
        assert_eq!(ids(&judged(&observation, &Trust::default(), Limits::default())), [id], "{failure:?}");
    }
}

#[test]
fn a_proxy_that_fails_is_named_with_what_it_did() {
    let via = Via {
        proxy: "http://proxy.test:3128".to_owned(),
        address: Some("192.0.2.1:3128".parse().unwrap()),
        asked: "a.test:443".parse().unwrap(),
    };
    let cases = [
        (ProxyFault::Silent, FindingId::UpstreamProxyFailed),
        (ProxyFault::Unreachable { reason: "nobody listens there".to_owned() }, FindingId::UpstreamProxyFailed),
        (ProxyFault::LoginWanted { schemes: vec!["Basic".to_owned()] }, FindingId::UpstreamProxyLogin),
        (ProxyFault::LoginRefused { schemes: vec![] }, FindingId::UpstreamProxyLogin),
        (ProxyFault::Refused { status: 403, words: "Forbidden".to_owned() }, FindingId::UpstreamProxyRefused),
        (ProxyFault::Reply { code: 4 }, FindingId::UpstreamProxyRefused),
    ];
    let mut words = Vec::new();
    for (fault, id) in cases {
        let failure = Some(Failure::UpstreamProxy { fault });
        let observation = Observation { failure, via: Some(via.clone()), ..Observation::default() };
        let report = judged(&observation, &Trust::default(), Limits::default());
        assert_eq!(ids(&report), [id]);
        words.extend(report.findings.iter().map(tlscope::explain::summary));
    }
    insta::assert_snapshot!(words.join("\n"));
    // What broke behind the proxy is told with it.
    let failure = Some(Failure::NotTls { seen: "<html>".to_owned() });
    let observation = Observation { failure, via: Some(via), ..Observation::default() };
    let report = judged(&observation, &Trust::default(), Limits::default());
    let summary = tlscope::explain::summary(&report.findings[0]);
    assert!(summary.ends_with("through the proxy http://proxy.test:3128 (192.0.2.1:3128)"), "{summary}");
}

#[tokio::test(flavor = "multi_thread")]
async fn root_sets_that_differ_are_said_to() {
    let (lab, observation) = chain_of("good.lab.test").await;
    let set = |name, anchors: &[CertDer]| RootSet { name, anchors: anchors.to_vec() };
    let other = read_certificates(include_bytes!("../../certs/fixtures/algorithms/rsa2048-sha256.pem"));
    let trust = Trust::new(
        &[set(RootSetName::Mozilla, &other), set(RootSetName::System, lab.roots()), set(RootSetName::Files, &[])],
        &std::collections::HashSet::new(),
    );
    let report = judged(&observation, &trust, Limits::default());
    assert_eq!(ids(&report), [FindingId::RootNotInStore, FindingId::RootUserInstalledOnly]);
    let results: Vec<Trusted> = report.verdicts.iter().map(|verdict| verdict.result).collect();
    assert_eq!(results, [Trusted::Untrusted, Trusted::Trusted, Trusted::NoRoots]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_judgement_without_means_says_that_it_is_not_the_whole_truth() {
    let (lab, observation) = chain_of("good.lab.test").await;
    let trust = crate::rig::trust_of(&lab);
    for limits in [Limits { signatures: 0, ..Limits::default() }, Limits { units: 1, ..Limits::default() }] {
        let report = judged(&observation, &trust, limits);
        assert!(ids(&report).contains(&FindingId::AnalysisTruncated), "{limits:?}: {:?}", ids(&report));
    }
    assert_eq!(ids(&judged(&observation, &trust, Limits::default())), []);
}

#[test]
fn a_post_quantum_key_is_told() {
    // No tool here makes one; an RSA key under another name is what the judge has to go by.
    let rsa = read_certificates(include_bytes!("../../certs/fixtures/algorithms/rsa2048-sha256.pem")).remove(0);
    let (rsa_encryption, ml_dsa_65) =
        (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", b"\x60\x86\x48\x01\x65\x03\x04\x03\x12");
    let mut der = rsa.der.to_vec();
    let at = der.windows(9).position(|window| window == rsa_encryption).unwrap();
    der[at..at + 9].copy_from_slice(ml_dsa_65);
    let observation = Observation { sent: vec![CertDer::new(Bytes::from(der))], ..Observation::default() };
    let report = judged(&observation, &Trust::default(), Limits::default());
    assert!(ids(&report).contains(&FindingId::KeyPq), "{:?}", ids(&report));
    let plain = Observation { sent: vec![rsa], ..Observation::default() };
    assert!(!ids(&judged(&plain, &Trust::default(), Limits::default())).contains(&FindingId::KeyPq));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_part_of_a_chain_makes_the_judge_panic() {
    let (lab, observation) = chain_of("deep-and-bad.lab.test").await;
    let trust = crate::rig::trust_of(&lab);
    let leaf = observation.sent[0].der.clone();
    for end in 0..leaf.len() {
        let mut sent = observation.sent.clone();
        sent[0] = CertDer::new(leaf.slice(..end));
        judged(&Observation { sent, ..observation.clone() }, &trust, Limits::default());
    }
    for at in (0..leaf.len()).step_by(3) {
        let mut der = leaf.to_vec();
        der[at] ^= 0x41;
        let mut sent = observation.sent.clone();
        sent[0] = CertDer::new(Bytes::from(der));
        judged(&Observation { sent, ..observation.clone() }, &trust, Limits::default());
    }
}

/// A leaf that names `root` as its issuer, from `not_before` on for 90 days. Nobody has the root's key,
/// so its signature is noise.
fn claims_to_be_under(root: &CertDer, not_before: Timestamp) -> CertDer {
    use tlscope::x509::write::{bit_string, integer, octet_string, oid, sequence, tlv, utf8};
    use tlscope::x509::{Cert, oids};
    let root = Cert::read(root);
    let sample = read_certificates(include_bytes!("../../certs/fixtures/algorithms/rsa2048-sha256.pem")).remove(0);
    let sample = Cert::read(&sample);
    let date = |at: Timestamp| {
        let digits: String = at.to_string().chars().filter(char::is_ascii_digit).collect();
        tlv(0x17, format!("{}Z", &digits[2..14]).as_bytes())
    };
    let algorithm = sequence(&[oid(oids::SHA256_WITH_RSA), vec![5, 0]]);
    let key_id = root.extensions.subject_key_id.clone().unwrap();
    let aki = octet_string(&sequence(&[tlv(0x80, &key_id)]));
    let extension = sequence(&[oid(oids::EXT_AUTHORITY_KEY_ID), aki]);
    let name = sequence(&[tlv(0x31, &sequence(&[oid(oids::COMMON_NAME), utf8("a.test")]))]);
    let tbs = sequence(&[
        tlv(0xa0, &integer(&[2])),
        integer(&[7; 10]),
        algorithm.clone(),
        root.subject.clone().unwrap().raw.to_vec(),
        sequence(&[date(not_before), date(not_before.plus_days(90))]),
        name,
        sample.key.unwrap().spki.to_vec(),
        tlv(0xa3, &sequence(&[extension])),
    ]);
    CertDer::new(sequence(&[tbs, algorithm, bit_string(&[0x5a; 256])]))
}

#[test]
fn roots_that_programmes_dropped_are_told_and_others_are_not() {
    let root = |pem: &[u8]| read_certificates(pem).remove(0);
    let trustcor = root(include_bytes!("../../certs/fixtures/roots/trustcor-ca-1.pem"));
    let entrust = root(include_bytes!("../../certs/fixtures/roots/entrust-g2.pem"));
    let told = |root: &CertDer, issued: &str, at: &str| {
        let set = RootSet { name: RootSetName::System, anchors: vec![root.clone()] };
        let issued = Timestamp::parse(issued).unwrap();
        let observation = Observation { sent: vec![claims_to_be_under(root, issued)], ..Observation::default() };
        let trust = Trust::new(&[set], &std::collections::HashSet::new());
        let at = Timestamp::parse(at).unwrap();
        let report = judge(&observation, &Evidence::default(), &trust, Limits::default(), at);
        let found = ids(&report);
        (found.contains(&FindingId::RootRemoved), found.contains(&FindingId::RootDistrustedAfter))
    };
    assert!(told(&trustcor, "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z").0);
    assert!(!told(&trustcor, "2022-01-01T00:00:00Z", "2022-02-01T00:00:00Z").0, "not yet removed then");
    assert!(told(&entrust, "2025-06-01T00:00:00Z", "2025-07-01T00:00:00Z").1, "issued after the last day");
    assert!(!told(&entrust, "2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z").1, "issued while it was trusted");
}

#[test]
fn a_key_that_everybody_has_is_told() {
    let told = |pem: &[u8]| {
        let observation = Observation { sent: read_certificates(pem), ..Observation::default() };
        ids(&judged(&observation, &Trust::default(), Limits::default())).contains(&FindingId::KeyCompromised)
    };
    assert!(told(include_bytes!("../../certs/fixtures/published-key.pem")));
    assert!(!told(include_bytes!("../../certs/fixtures/algorithms/rsa2048-sha256.pem")));
}

#[test]
fn browsers_offer_no_way_round_where_hsts_holds() {
    let sent = read_certificates(include_bytes!("../../certs/fixtures/algorithms/rsa2048-sha256.pem"));
    let hsts = Some("max-age=31536000".to_owned());
    let bad = Observation { sent, hsts: hsts.clone(), ..Observation::default() };
    assert!(ids(&judged(&bad, &Trust::default(), Limits::default())).contains(&FindingId::HstsNoOverride));
    let silent = Observation { hsts, ..Observation::default() };
    assert_eq!(ids(&judged(&silent, &Trust::default(), Limits::default())), []);
}

#[test]
fn the_same_input_gives_the_same_report() {
    let sent = read_certificates(include_bytes!("../../certs/fixtures/algorithms/rsa2048-sha256.pem"));
    let observation = Observation { sent, ..Observation::default() };
    let at = Timestamp::from_unix(1_800_000_000);
    let trust = Arc::new(Trust::default());
    let once = judge(&observation, &Evidence::default(), &trust, Limits::default(), at);
    let again = judge(&observation, &Evidence::default(), &trust, Limits::default(), at);
    assert_eq!(once, again);
}
