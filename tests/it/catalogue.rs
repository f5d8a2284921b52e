//! Ids, pages and scenarios match one to one.
//!
//! `UPDATE_DOCS=1 cargo test catalogue` writes docs/findings/ anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use tlscope::explain::{index_markdown, page, page_markdown};
use tlscope::lab::Lab;
use tlscope::model::FindingId;

/// Raised by something else than a server of the lab; where that is tested.
const ELSEWHERE: &[(FindingId, &str)] = &[
    (FindingId::SniDiffers, "tests/it/proxy/legs.rs"),
    (FindingId::ClientNotAllowed, "tests/it/proxy/intake.rs"),
    (FindingId::ClientTooManyConnections, "tests/it/proxy/limits.rs"),
    (FindingId::ClientHelloUnreadable, "tests/it/proxy/intake.rs"),
    (FindingId::ClientRejectedProxyCa, "tests/it/proxy/refusals.rs"),
    (FindingId::PinSuspected, "tests/it/proxy/refusals.rs"),
    (FindingId::ClientStaleCa, "tests/it/proxy/refusals.rs"),
    (FindingId::AppIgnoresCa, "tests/it/proxy/refusals.rs"),
    (FindingId::ClientRefusedDate, "tests/it/proxy/refusals.rs"),
    (FindingId::ClientNothingShared, "tests/it/proxy/refusals.rs"),
    (FindingId::ClientGaveUp, "tests/it/proxy/refusals.rs"),
    (FindingId::AndroidUserCa, "src/diagnosis/clients/tests.rs"),
    (FindingId::ClientRefusedName, "src/diagnosis/clients/tests.rs"),
    (FindingId::ClientEnforcesCt, "src/diagnosis/clients/tests.rs"),
    (FindingId::ClientProbe, "src/diagnosis/clients/tests.rs"),
    (FindingId::TunnelledByPolicy, "tests/it/proxy/legs.rs"),
    (FindingId::TunnelObserved, "tests/it/proxy/observe.rs"),
    (FindingId::StarttlsNotIntercepted, "tests/it/proxy/reverse.rs"),
    (FindingId::ProxyLoop, "tests/it/proxy/bad_input.rs"),
    (FindingId::DnsFail, "tests/it/proxy/legs.rs"),
    (FindingId::CloseWithoutNotify, "tests/it/proxy/legs.rs"),
    (FindingId::ClientHandshakeFailed, "tests/it/proxy/refusals.rs"),
    (FindingId::ClientSilent, "tests/it/proxy/bad_input.rs"),
    (FindingId::TargetNotAllowed, "tests/it/proxy/bad_input.rs"),
    (FindingId::TunnelledLegacyServer, "tests/it/proxy/legs.rs"),
    (FindingId::TunnelledLegacyClient, "tests/it/proxy/legs.rs"),
    (FindingId::TcpTimeout, "tests/it/judge.rs"),
    (FindingId::TcpUnreachable, "tests/it/judge.rs"),
    (FindingId::TcpReset, "tests/it/judge.rs"),
    (FindingId::SigschemeUnoffered, "tests/it/judge.rs"),
    (FindingId::RootNotInStore, "tests/it/judge.rs"),
    (FindingId::KeyPq, "tests/it/judge.rs"),
    (FindingId::AnalysisTruncated, "tests/it/judge.rs"),
    (FindingId::RootUserInstalledOnly, "tests/it/judge.rs"),
    (FindingId::RootRemoved, "tests/it/judge.rs"),
    (FindingId::RootDistrustedAfter, "tests/it/judge.rs"),
    (FindingId::HstsNoOverride, "tests/it/judge.rs"),
    (FindingId::KeyCompromised, "tests/it/judge.rs"),
    (FindingId::ProtoSslv2, "tests/it/scan.rs"),
    (FindingId::SniFiltered, "tests/it/scan.rs"),
    (FindingId::NameDefaultVhost, "tests/it/scan.rs"),
    (FindingId::ChainVaries, "tests/it/scan.rs"),
    (FindingId::AnalysisFailed, "src/proxy/record.rs"),
    (FindingId::ClientCaListEmptyOrForeign, "tests/it/proxy/client_certificates.rs"),
    (FindingId::UpstreamProxyFailed, "tests/it/proxy/upstream_proxy.rs"),
    (FindingId::UpstreamProxyLogin, "tests/it/proxy/upstream_proxy.rs"),
    (FindingId::UpstreamProxyRefused, "tests/it/proxy/upstream_proxy.rs"),
];

fn findings_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/findings")
}

#[test]
fn every_finding_has_its_page_in_the_documentation() {
    let dir = findings_dir();
    let mut expected: Vec<(String, String)> =
        FindingId::ALL.iter().map(|id| (format!("{id}.md"), page_markdown(*id))).collect();
    expected.push(("index.md".to_owned(), index_markdown()));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        for (name, text) in &expected {
            fs::write(dir.join(name), text).unwrap();
        }
    }
    for (name, text) in &expected {
        let there = fs::read_to_string(dir.join(name)).unwrap_or_default();
        assert!(there == *text, "docs/findings/{name} is out of date: UPDATE_DOCS=1 cargo test catalogue");
    }
    let names: BTreeSet<String> = expected.into_iter().map(|(name, _)| name).collect();
    let there = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    assert_eq!(there.collect::<BTreeSet<_>>(), names);
}

#[test]
fn every_finding_has_a_scenario_that_raises_it() {
    let cases = Lab::listed().unwrap();
    let raised: BTreeSet<FindingId> = cases.iter().flat_map(|case| case.expect.iter().copied()).collect();
    let mut missing: Vec<String> = Vec::new();
    for id in FindingId::ALL {
        let elsewhere = ELSEWHERE.iter().find(|(own, _)| own == id);
        assert!(
            !(elsewhere.is_some() && raised.contains(id)),
            "{id} is listed as raised elsewhere, and the lab raises it"
        );
        let said = elsewhere.is_some_and(|(_, file)| {
            let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
            text.contains(&format!("FindingId::{id:?}")) || text.contains(&format!("\"{id}\""))
        });
        if !raised.contains(id) && !said {
            missing.push(format!("{id:?}"));
        }
    }
    assert!(missing.is_empty(), "no scenario for {}", missing.join(", "));
}

#[test]
fn pages_say_everything() {
    for id in FindingId::ALL {
        let page = page(*id);
        for (what, words) in [("title", page.title), ("cause", page.cause), ("fix", page.fix), ("source", page.source)]
        {
            assert!(!words.is_empty(), "{id} has no {what}");
        }
    }
}
