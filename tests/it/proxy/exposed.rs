//! Servers that nobody can shake hands with, where servers are mirrored: clients meet them as they are.

use tlscope::model::{FindingId, GivenKind, Outcome, TlsVersion};
use tlscope::proxy::Config;
use tokio::io::AsyncWriteExt as _;

use crate::rig::{Rig, hello, read_all};

async fn mirroring() -> Rig {
    let mirrored = |config: &mut Config| config.policy.bad_upstream = vec!["mirror".parse().unwrap()];
    Rig::start_with(mirrored, vec![]).await
}

/// What a client meets at the host, where servers are mirrored; tlscope found this out about the server.
async fn met(host: &str, found: FindingId) -> String {
    let rig = mirroring().await;
    let mut tunnel = rig.connect(&format!("{host}:443")).await;
    tunnel.write_all(&hello(TlsVersion::TLS12, host)).await.unwrap();
    let met = read_all(&mut tunnel).await;
    drop(tunnel);
    rig.until(|told| told.findings().contains(&found)).await;
    let told = rig.stop().await;
    let connection = told.connection();
    assert_eq!(connection.outcome, Some(Outcome::Tunnelled), "{host}");
    assert_eq!(connection.given.as_ref().unwrap().kind, GivenKind::Tunnel, "{host}");
    let noted = |id: FindingId| connection.findings.iter().any(|finding| finding.id == id);
    assert!(noted(FindingId::TunnelledByPolicy), "{host}: {:?}", connection.findings);
    met
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_reaches_the_client_as_it_was_sent() {
    let met = met("alert-internal-error.lab.test", FindingId::AlertInternalError).await;
    assert_eq!(met.as_bytes(), [0x15, 3, 3, 0, 2, 2, 80]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_closes_closes_on_the_client() {
    assert_eq!(met("closes.lab.test", FindingId::HandshakeTruncated).await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_tls_answers_in_the_clear() {
    assert!(met("not-tls.lab.test", FindingId::NotTls).await.starts_with("HTTP/1.1 400"));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_listens_nobody_answers() {
    let rig = mirroring().await;
    let mut tunnel = rig.connect("refused.lab.test:443").await;
    tunnel.write_all(&hello(TlsVersion::TLS12, "refused.lab.test")).await.unwrap();
    assert_eq!(read_all(&mut tunnel).await, "");
    let told = rig.stop().await;
    assert_eq!(told.connection().outcome, Some(Outcome::UpstreamFailed));
}
