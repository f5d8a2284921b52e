//! Clients that do not take what they are given, and what is concluded from everything they do.

use std::sync::Arc;

use rustls::pki_types::ServerName;
use tlscope::model::{ClientOutcome, Confidence, FindingId, Outcome, RefusalKind, TlsVersion};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_rustls::TlsConnector;

use crate::rig::{Rig, Told, ask, hello, origin, soon};

const HOST: &str = "good.lab.test";
const AUTHORITY: &str = "good.lab.test:443";

/// A client whose every byte the test writes; another app than the rig's own client.
async fn raw_client(rig: &Rig) -> TcpStream {
    let mut tunnel = rig.connect(AUTHORITY).await;
    tunnel.write_all(&hello(TlsVersion::TLS12, HOST)).await.unwrap();
    let mut first = [0; 5];
    soon(tunnel.read_exact(&mut first)).await.unwrap();
    assert_eq!(first[0], 22, "it is served");
    tunnel
}

/// It says no with this alert.
async fn refuse_with(rig: &Rig, alert: u8) {
    let mut tunnel = raw_client(rig).await;
    tunnel.write_all(&[21, 3, 3, 0, 2, 2, alert]).await.unwrap();
    let mut rest = Vec::new();
    let _ = soon(tunnel.read_to_end(&mut rest)).await;
}

/// The rig's own client asks for a page, which proves that it takes the certificate.
async fn is_served(rig: &Rig, host: &str) {
    let mut tls = rig.tls(&format!("{host}:443"), host, &["http/1.1"]).await;
    let answer = ask(&mut tls, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
}

/// The rig's own client finishes the handshake, and leaves.
async fn leaves_in_silence(rig: &Rig) {
    let mut tls = rig.tls(AUTHORITY, HOST, &["http/1.1"]).await;
    tls.shutdown().await.unwrap();
    let _ = soon(tls.read(&mut [0; 16])).await;
}

/// What was concluded about the last connection.
fn concluded(told: &Told) -> (RefusalKind, Confidence, FindingId) {
    let connections = told.connections();
    let last = connections.last().unwrap();
    let refusal = last.client.refusal.as_ref().unwrap();
    assert_eq!(last.outcome, Some(Outcome::ClientFailed));
    assert_eq!(last.findings.len(), 1, "{:?}", last.findings);
    (refusal.kind, refusal.confidence, last.findings[0].id)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_alert_of_a_client_is_its_reason() {
    use Confidence::{Certain, Likely, Possible};
    let cases = [
        (48, RefusalKind::CaNotInstalled, Certain, FindingId::ClientRejectedProxyCa),
        (45, RefusalKind::DateRefused, Certain, FindingId::ClientRefusedDate),
        (51, RefusalKind::StaleCa, Likely, FindingId::ClientStaleCa),
        (70, RefusalKind::NothingShared, Certain, FindingId::ClientNothingShared),
        (80, RefusalKind::Unclear, Possible, FindingId::ClientHandshakeFailed),
    ];
    for (alert, kind, confidence, finding) in cases {
        let rig = Rig::start().await;
        refuse_with(&rig, alert).await;
        assert_eq!(concluded(&rig.stop().await), (kind, confidence, finding), "{alert}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_shares_nothing_with_its_server_is_told_so() {
    let rig = Rig::start().await;
    let mut tunnel = rig.connect(AUTHORITY).await;
    tunnel.write_all(&hello(TlsVersion::TLS10, HOST)).await.unwrap();
    let mut alert = Vec::new();
    soon(tunnel.read_to_end(&mut alert)).await.unwrap();
    assert_eq!(alert[0], 21, "the server's own refusal");
    let told = rig.stop().await;
    let refusal = told.connection().client.refusal.clone().unwrap();
    assert_eq!((refusal.kind, refusal.confidence), (RefusalKind::NothingShared, Confidence::Certain));
    let findings = told.findings();
    assert!(findings.contains(&FindingId::TunnelledLegacyClient) && findings.contains(&FindingId::ClientNothingShared));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_ours_that_knows_no_ca_says_so() {
    let rig = Rig::start().await;
    let tunnel = rig.connect(AUTHORITY).await;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(rustls::DEFAULT_VERSIONS)
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let refused = TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(HOST).unwrap(), tunnel);
    soon(refused).await.unwrap_err();
    let told = rig.stop().await;
    assert!(
        matches!(&told.connection().client.outcome, Some(ClientOutcome::Alert { code }) if code.is_about_certificate())
    );
    assert_eq!(told.findings(), [FindingId::ClientRejectedProxyCa]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_in_its_handshake_is_told_apart() {
    let rig = Rig::start().await;
    drop(raw_client(&rig).await);
    let told = rig.stop().await;
    let (kind, confidence, _) = concluded(&told);
    assert_eq!((kind, confidence), (RefusalKind::CaNotInstalled, Confidence::Possible));
    assert_eq!(told.connection().findings[0].severity, tlscope::model::Severity::Warning, "one of several reasons");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_app_that_takes_the_ca_makes_it_the_apps_own_fault() {
    let rig = Rig::start().await;
    is_served(&rig, HOST).await;
    refuse_with(&rig, 48).await;
    let told = rig.stop().await;
    assert_eq!(concluded(&told), (RefusalKind::AppIgnoresCa, Confidence::Likely, FindingId::AppIgnoresCa));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_takes_the_ca_elsewhere_pins_here() {
    let rig = Rig::start().await;
    is_served(&rig, "wildcard.lab.test").await;
    leaves_in_silence(&rig).await;
    leaves_in_silence(&rig).await;
    let told = rig.stop().await;
    assert_eq!(concluded(&told), (RefusalKind::Pinned, Confidence::Likely, FindingId::PinSuspected));
    let stayed = told.connections().last().unwrap().client.stayed_ms;
    assert!(stayed.is_some_and(|ms| ms >= 0.0));
    let first = told.connections()[1].client.refusal.clone().unwrap();
    assert_eq!(first.confidence, Confidence::Possible, "once may be chance");
}

/// Where there is no server, a client has to say something as well before it counts as one that takes the
/// certificate: wget finishes the handshake, looks, and leaves.
#[tokio::test(flavor = "multi_thread")]
async fn silence_is_no_acceptance_of_the_page_either() {
    let rig = Rig::start().await;
    let mut tls = rig.tls("refused.lab.test:443", "refused.lab.test", &[]).await;
    tls.shutdown().await.unwrap();
    let _ = soon(tls.read(&mut [0; 16])).await;
    let told = rig.stop().await;
    let client = &told.connection().client;
    assert_eq!(client.outcome, Some(ClientOutcome::SilentClose { clean: true }));
    assert!(client.stayed_ms.is_some() && client.refusal.is_some());
    assert_eq!(told.connection().outcome, Some(Outcome::UpstreamFailed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_wait_was_shown_nothing() {
    let reached = Arc::new(Notify::new());
    let tell = reached.clone();
    // A server that says nothing: it is given up by its deadline, long after its client is gone.
    let slow = origin("slow.test", move |stream| {
        let tell = tell.clone();
        async move {
            tell.notify_one();
            std::future::pending::<()>().await;
            drop(stream);
        }
    });
    let rig = Rig::with_origins(vec![slow.await]).await;
    let mut tunnel = rig.connect("slow.test:443").await;
    tunnel.write_all(&hello(TlsVersion::TLS12, "slow.test")).await.unwrap();
    soon(reached.notified()).await;
    drop(tunnel);
    rig.until(|told| told.connections().iter().any(|connection| connection.closed.is_some())).await;
    let told = rig.stop().await;
    let connection = told.connection();
    assert!(
        matches!(connection.client.outcome, Some(ClientOutcome::GaveUp { waited_ms }) if waited_ms >= 0.0),
        "{connection:#?}"
    );
    assert!(told.findings().contains(&FindingId::ClientGaveUp));
}
