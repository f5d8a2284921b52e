//! What is tunnelled: by rule, after refusals, and by what a person decides.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tlscope::lab::careless;
use tlscope::model::{Answer, Fact, FindingId, Outcome, Question, QuestionKind, Target};
use tlscope::proxy::{AfterRefusal, Config};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;

use crate::rig::{Rig, Told, ask, read_head, soon};

const GET: &str = "GET /json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
const ONE: &str = "good.lab.test";
const OTHER: &str = "good-p384.lab.test";

async fn rig(mode: AfterRefusal) -> Rig {
    Rig::start_with(|config: &mut Config| config.after_refusal = mode, vec![]).await
}

/// A tunnel by CONNECT from an address of this machine.
async fn connect_from(rig: &Rig, client: &str, host: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(client.parse().unwrap(), 0)).unwrap();
    let mut stream = soon(socket.connect(rig.address)).await.unwrap();
    stream.write_all(format!("CONNECT {host}:443 HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).await.unwrap();
    assert!(soon(read_head(&mut stream)).await.starts_with("HTTP/1.1 200"));
    stream
}

/// A client that says no, with an alert.
async fn refuse(rig: &Rig, client: &str, host: &str) {
    let tunnel = connect_from(rig, client, host).await;
    let connector = TlsConnector::from(Arc::new(careless(true).unwrap()));
    let name = ServerName::try_from(host.to_owned()).unwrap();
    soon(connector.connect(name, tunnel)).await.unwrap_err();
}

/// An app that trusts the CA, and whose hello differs from the others': it knows no TLS 1.3.
fn older_app(rig: &Rig) -> ClientConfig {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(rig.ca.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[&rustls::version::TLS12]);
    builder.unwrap().with_root_certificates(roots).with_no_client_auth()
}

/// A client that takes anything; whether it was shown a certificate of tlscope's.
async fn is_intercepted(rig: &Rig, client: &str, host: &str) -> bool {
    is_intercepted_for(rig, client, host, careless(false).unwrap()).await
}

async fn is_intercepted_for(rig: &Rig, client: &str, host: &str, app: ClientConfig) -> bool {
    let tunnel = connect_from(rig, client, host).await;
    let connector = TlsConnector::from(Arc::new(app));
    let mut tls = soon(connector.connect(ServerName::try_from(host.to_owned()).unwrap(), tunnel)).await.unwrap();
    let issuer = tlscope::x509::Cert::read(&tlscope::model::CertDer::new(
        tls.get_ref().1.peer_certificates().unwrap()[0].to_vec(),
    ));
    assert!(ask(&mut tls, GET).await.starts_with("HTTP/1.1 200"), "{host}");
    issuer.issuer.unwrap().to_string().contains("tlscope CA")
}

/// Why connections were tunnelled by a rule, in their order.
fn rules(told: &Told) -> Vec<String> {
    let findings = told.connections().into_iter().flat_map(|connection| connection.findings.clone());
    let by_policy = findings.filter(|finding| finding.id == FindingId::TunnelledByPolicy);
    by_policy.filter_map(|finding| finding.evidence.get("rule").map(Fact::to_string)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_client_refuses_is_tunnelled_for_it_alone() {
    let rig = rig(AfterRefusal::Auto).await;
    assert!(is_intercepted(&rig, "127.0.0.1", ONE).await, "so the CA is installed there");
    refuse(&rig, "127.0.0.1", OTHER).await;
    rig.until(|told| refusals(told) == 1).await;
    assert!(!is_intercepted(&rig, "127.0.0.1", OTHER).await, "it works from now on");
    assert!(is_intercepted(&rig, "127.0.0.1", ONE).await, "the rest stays intercepted");
    assert!(is_intercepted(&rig, "127.0.0.2", OTHER).await, "for others as well");
    let told = rig.stop().await;
    assert_eq!(rules(&told), ["--tunnel-after-refusal auto, after 1 refusal by 127.0.0.1"]);
    let tunnelled = told.connections()[2];
    assert_eq!(tunnelled.outcome, Some(Outcome::Tunnelled));
    assert!(tunnelled.traffic.down > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_has_to_be_repeated_before_it_counts() {
    let rig = rig(AfterRefusal::Auto).await;
    let mut tls = rig.tls("good.lab.test:443", ONE, &[]).await;
    assert!(ask(&mut tls, GET).await.starts_with("HTTP/1.1 200"));
    for times in 1..=2 {
        // It wants the CA's own: were it tunnelled already, there would be no handshake.
        let mut tls = rig.tls("good-p384.lab.test:443", OTHER, &[]).await;
        tls.shutdown().await.unwrap();
        let _ = soon(tls.read(&mut [0; 16])).await;
        rig.until(|told| refusals(told) == times).await;
    }
    let tunnel = rig.connect("good-p384.lab.test:443").await;
    soon(rig.handshake(tunnel, OTHER, &[])).await.unwrap_err();
    let told = rig.stop().await;
    assert_eq!(rules(&told), ["--tunnel-after-refusal auto, after 2 refusals by 127.0.0.1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_app_on_the_device_stays_intercepted() {
    let rig = rig(AfterRefusal::Auto).await;
    assert!(is_intercepted(&rig, "127.0.0.1", ONE).await);
    refuse(&rig, "127.0.0.1", OTHER).await;
    rig.until(|told| refusals(told) == 1).await;
    assert!(is_intercepted_for(&rig, "127.0.0.1", OTHER, older_app(&rig)).await);
    assert!(!is_intercepted(&rig, "127.0.0.1", OTHER).await);
    assert_eq!(rules(&rig.stop().await).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_the_ca_is_not_tunnelled() {
    let rig = rig(AfterRefusal::Auto).await;
    for host in [ONE, OTHER, OTHER, OTHER, OTHER] {
        refuse(&rig, "127.0.0.1", host).await;
    }
    rig.until(|told| refusals(told) == 5).await;
    assert!(is_intercepted(&rig, "127.0.0.1", OTHER).await, "nothing is hidden");
    refuse(&rig, "127.0.0.1", ONE).await;
    rig.until(|told| refusals(told) == 6).await;
    assert!(!is_intercepted(&rig, "127.0.0.1", ONE).await, "once it has taken a certificate, its refusals count");
    assert_eq!(rules(&rig.stop().await), ["--tunnel-after-refusal auto, after 2 refusals by 127.0.0.1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_wish_nothing_is_tunnelled_after_refusals() {
    let rig = rig(AfterRefusal::Off).await;
    assert!(is_intercepted(&rig, "127.0.0.1", ONE).await);
    for _ in 0..4 {
        refuse(&rig, "127.0.0.1", OTHER).await;
    }
    assert!(is_intercepted(&rig, "127.0.0.1", OTHER).await);
    assert!(rules(&rig.stop().await).is_empty());
}

/// How many refusals were told.
fn refusals(told: &Told) -> usize {
    told.connections().iter().filter(|connection| connection.client.refusal.is_some()).count()
}

/// A client that takes the certificate of one host and refuses that of another, until that is a
/// question to the person at the screen.
async fn asked(rig: &Rig) -> Question {
    rig.proxy().questions().attend(true);
    assert!(is_intercepted(rig, "127.0.0.1", ONE).await);
    refuse(rig, "127.0.0.1", OTHER).await;
    let mut open = rig.proxy().questions().watch();
    let question = soon(open.wait_for(|open| !open.is_empty())).await.unwrap()[0].clone();
    let QuestionKind::Tunnel { target, why } = &question.kind else { panic!("{question:?}") };
    assert_eq!(target.to_string(), "good-p384.lab.test:443");
    assert!(why.contains("good-p384.lab.test"), "{why}");
    question
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_asked_while_nothing_waits() {
    let rig = rig(AfterRefusal::Ask).await;
    let question = asked(&rig).await;
    assert!(is_intercepted(&rig, "127.0.0.1", OTHER).await, "as before, until there is an answer");
    assert!(rig.proxy().questions().answer(question.id, Answer::Once));
    soon(async { while is_intercepted(&rig, "127.0.0.1", OTHER).await {} }).await;
    assert!(is_intercepted(&rig, "127.0.0.2", OTHER).await, "for the one who asked alone");
    let told = rig.stop().await;
    assert_eq!(rules(&told).pop().as_deref(), Some("chosen on the screen, after 1 refusal by 127.0.0.1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_is_a_no_until_the_end_of_the_run() {
    let rig = rig(AfterRefusal::Ask).await;
    let question = asked(&rig).await;
    assert!(rig.proxy().questions().answer(question.id, Answer::Never));
    assert!(is_intercepted(&rig, "127.0.0.1", OTHER).await, "another app there takes the certificate");
    refuse(&rig, "127.0.0.1", OTHER).await;
    rig.until(|told| refusals(told) == 2).await;
    assert!(rig.proxy().questions().open().is_empty(), "it is not asked again");
    assert!(is_intercepted(&rig, "127.0.0.1", OTHER).await);
    assert!(rules(&rig.stop().await).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn always_is_for_everybody_and_for_the_next_runs() {
    let dir = tempfile::tempdir().unwrap();
    let keeping = |config: &mut Config| config.always_tunnelled = Some(dir.path().join("tunnelled.txt"));
    let first = Rig::start_with(keeping, vec![]).await;
    let question = asked(&first).await;
    assert!(first.proxy().questions().answer(question.id, Answer::Always));
    soon(async { while is_intercepted(&first, "127.0.0.2", OTHER).await {} }).await;
    first.stop().await;
    let next = Rig::start_with(keeping, vec![]).await;
    assert!(!is_intercepted(&next, "127.0.0.1", OTHER).await);
    assert!(is_intercepted(&next, "127.0.0.1", ONE).await);
    assert_eq!(rules(&next.stop().await), ["always, as chosen on the screen"]);
    let off = |config: &mut Config| {
        keeping(config);
        config.after_refusal = AfterRefusal::Off;
    };
    let without = Rig::start_with(off, vec![]).await;
    assert!(is_intercepted(&without, "127.0.0.1", OTHER).await);
    without.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_can_be_asked_it_stays_as_it_is() {
    let rig = rig(AfterRefusal::Ask).await;
    assert!(is_intercepted(&rig, "127.0.0.1", ONE).await);
    refuse(&rig, "127.0.0.1", OTHER).await;
    rig.until(|told| refusals(told) == 1).await;
    assert!(is_intercepted(&rig, "127.0.0.1", OTHER).await);
    assert!(rules(&rig.stop().await).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_chooses_goes_before_what_was_learnt() {
    let rig = rig(AfterRefusal::Auto).await;
    assert!(is_intercepted(&rig, "127.0.0.1", ONE).await);
    refuse(&rig, "127.0.0.1", OTHER).await;
    rig.until(|told| refusals(told) == 1).await;
    let target: Target = "good-p384.lab.test:443".parse().unwrap();
    rig.proxy().routes().set(target.clone(), false);
    assert!(is_intercepted(&rig, "127.0.0.1", OTHER).await);
    rig.proxy().routes().set(target, true);
    assert!(!is_intercepted(&rig, "127.0.0.1", OTHER).await);
    assert_eq!(rules(&rig.stop().await), ["chosen on the screen"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pattern_fits_the_name_of_a_client_that_asks_for_an_address() {
    let lab = "192.0.2.1".parse::<tlscope::model::Host>().unwrap();
    let policy = |config: &mut Config| config.policy.tunnel = vec!["good.lab.*".parse().unwrap()];
    let to_lab = crate::rig::origin(&lab.to_string(), |_| async {}).await;
    let rig = Rig::start_with(policy, vec![to_lab]).await;
    let mut tunnel = rig.connect("192.0.2.1:443").await;
    // Its server hangs up; what counts is that nobody else answered.
    tunnel.write_all(&crate::rig::hello(tlscope::model::TlsVersion::TLS12, ONE)).await.unwrap();
    assert_eq!(crate::rig::read_all(&mut tunnel).await, "");
    assert_eq!(rules(&rig.stop().await), ["--tunnel good.lab.*"]);
}
