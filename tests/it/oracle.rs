//! rustls-webpki as a second opinion on x509-limbo: where it and the judge differ is listed, with who
//! is right and why.

use std::collections::BTreeMap;
use std::time::Duration;

use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use serde::Deserialize;
use tlscope::model::Severity;
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use crate::limbo::{Case, cases};

#[derive(Deserialize)]
struct Listed {
    /// By the case's id.
    disagreement: BTreeMap<String, Disagreement>,
}

#[derive(Deserialize)]
struct Disagreement {
    /// `judge`, `webpki`, or `neither`.
    right: String,
    why: String,
}

/// What webpki makes of a case: a server's certificate for the name, without revocation.
fn webpki_accepts(case: &Case) -> Result<(), String> {
    let der = |pems: &[String]| -> Vec<CertificateDer<'static>> {
        let read = pems.iter().flat_map(|pem| tlscope::x509::read_certificates(pem.as_bytes()));
        read.map(|cert| CertificateDer::from(cert.der.to_vec())).collect()
    };
    let roots = der(&case.trusted_certs);
    let anchors: Vec<_> = roots.iter().filter_map(|root| anchor_from_trusted_cert(root).ok()).collect();
    let intermediates = der(&case.untrusted_intermediates);
    let leaf = der(std::slice::from_ref(&case.peer_certificate)).remove(0);
    let leaf = EndEntityCert::try_from(&leaf).map_err(|error| format!("{error:?}"))?;
    let at = UnixTime::since_unix_epoch(Duration::from_secs(case.at().unix_seconds().unsigned_abs()));
    let usage = KeyUsage::server_auth();
    leaf.verify_for_usage(ALL_VERIFICATION_ALGS, &anchors, &intermediates, at, usage, None, None)
        .map_err(|error| format!("{error:?}"))?;
    let Some(name) = case.name() else { return Ok(()) };
    let name = ServerName::try_from(name).map_err(|error| error.to_string())?;
    leaf.verify_is_valid_for_subject_name(&name).map_err(|error| format!("{error:?}"))
}

fn judge_accepts(case: &Case) -> bool {
    case.judged().findings.iter().all(|finding| finding.severity < Severity::Error)
}

#[test]
fn every_disagreement_with_webpki_is_explained() {
    let listed: Listed = toml::from_str(include_str!("../suites/webpki-disagreements.toml")).unwrap();
    let mut unlisted = Vec::new();
    let mut met = Vec::new();
    for case in cases() {
        let (theirs, ours) = (webpki_accepts(&case), judge_accepts(&case));
        if theirs.is_ok() == ours {
            continue;
        }
        met.push(case.id.clone());
        match listed.disagreement.get(&case.id) {
            Some(known) => assert!(!known.why.is_empty() && ["judge", "webpki", "neither"].contains(&&*known.right)),
            None => unlisted.push(format!(
                "[disagreement.\"{}\"] # must {}; judge {}, webpki {theirs:?}; {:?}",
                case.id,
                if case.must_fail() { "fail" } else { "succeed" },
                if ours { "accepts" } else { "refuses" },
                case.judged().findings.iter().map(|f| (f.id.as_str(), f.severity.word())).collect::<Vec<_>>(),
            )),
        }
    }
    assert!(unlisted.is_empty(), "{}:\n{}", unlisted.len(), unlisted.join("\n"));
    let gone: Vec<_> = listed.disagreement.keys().filter(|id| !met.contains(id)).collect();
    assert!(gone.is_empty(), "no disagreement any more: {gone:?}");
    println!("webpki: {} disagreements, all explained", met.len());
}
