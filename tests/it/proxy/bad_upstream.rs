//! What clients are given where a server is bad: `--bad-upstream`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertificateParams, KeyPair, SanType};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::ResolvesServerCert;
use rustls::sign::CertifiedKey;
use tlscope::export::{HarWriter, Recorded, Redaction, connection_line};
use tlscope::lab::careless;
use tlscope::model::{
    BadUpstream, CertDer, ClientOutcome, Connection, FindingId, Given, GivenKind, Outcome, Protocol, Target, TlsVersion,
};
use tlscope::net::{ConnectRule, Keys};
use tlscope::proxy::Config;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::rig::{Rig, Told, ask, hello, origin, read_all, soon};

const GET: &str = "GET /json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
const BAD: &str = "expired-wrong-name.lab.test";
const GOOD: &str = "good.lab.test";

fn rules(rules: &str) -> impl FnOnce(&mut Config) {
    let rules = rules.split_whitespace().map(|rule| rule.parse().unwrap()).collect();
    move |config| config.policy.bad_upstream = rules
}

async fn rig(policy: &str) -> Rig {
    Rig::start_with(rules(policy), vec![]).await
}

/// A client that takes anything, and the leaf that it was shown.
async fn connect(rig: &Rig, host: &str, alpn: &[&str]) -> (TlsStream<TcpStream>, Vec<u8>) {
    let mut config = careless(false).unwrap();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    let tunnel = rig.connect(&format!("{host}:443")).await;
    let name = ServerName::try_from(host.to_owned()).unwrap();
    let tls = soon(TlsConnector::from(Arc::new(config)).connect(name, tunnel)).await.unwrap();
    let leaf = tls.get_ref().1.peer_certificates().unwrap()[0].to_vec();
    (tls, leaf)
}

/// What a client that takes anything gets for a request.
async fn answer(rig: &Rig, host: &str) -> String {
    ask(&mut connect(rig, host, &[]).await.0, GET).await
}

fn given(connection: &Connection) -> &Given {
    connection.given.as_ref().unwrap()
}

/// The record as documents have it, by their schema.
fn documented(told: &Told) -> serde_json::Value {
    let connection = told.connection();
    let line = connection_line(Recorded { connection, report: told.report(connection.id) }, 1, |_| true);
    crate::schemas::assert_valid("tlscope.event-1", &line);
    let mut har = HarWriter::begin(Vec::new(), Redaction::On).unwrap();
    har.connection(Recorded { connection, report: told.report(connection.id) }, 1, None).unwrap();
    let har: serde_json::Value = serde_json::from_slice(&har.finish().unwrap()).unwrap();
    crate::schemas::assert_valid("tlscope.har-1", &har);
    assert_eq!(har["log"]["_tlscope"]["connections"][0]["given"], line["given"]);
    line["given"].clone()
}

/// Until the record of the last connection is over and its server judged.
async fn settled(rig: &Rig, count: usize) {
    rig.until(|told| {
        let all = told.connections();
        all.len() == count && all.iter().all(|connection| connection.closed.is_some())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pass_lets_a_bad_server_through_and_says_what_that_switches_off() {
    let rig = rig("pass").await;
    let mut tls = rig.tls(&format!("{BAD}:443"), BAD, &[]).await;
    assert!(ask(&mut tls, GET).await.starts_with("HTTP/1.1 200"));
    let words = "the server is bad (cert-expired, name-mismatch) and the client was shown a good certificate: the app's \
                 own refusal is switched off";
    rig.until(|told| told.connections().iter().any(|connection| given(connection).changed == [words])).await;
    let told = rig.stop().await;
    let given = given(told.connection());
    assert_eq!((given.kind, given.policy, given.changed.len()), (GivenKind::Pass, Some(BadUpstream::Pass), 1));
    assert!(given.unmirrored.is_empty() && told.connection().outcome == Some(Outcome::Relayed));
    assert_eq!(documented(&told)["changed"], serde_json::json!([words]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_behind_the_handshake_is_no_repair() {
    let host = "client-cert-required.lab.test";
    let rig = rig("pass").await;
    let mut tls = rig.tls(&format!("{host}:443"), host, &[]).await;
    ask(&mut tls, GET).await;
    settled(&rig, 1).await;
    rig.until(|told| told.findings().contains(&FindingId::ClientCertRequired)).await;
    let told = rig.stop().await;
    assert!(given(told.connection()).changed.is_empty(), "{:?}", told.connection().given);
}

#[tokio::test(flavor = "multi_thread")]
async fn pass_waits_for_no_judge_and_its_words_come_later() {
    let (release, wait) = std::sync::mpsc::channel::<()>();
    let ready = move || assert!(wait.recv().is_err());
    let rig = Rig::start_judged(|_| {}, Keys::default(), rules("pass"), ready).await;
    let mut tls = rig.tls(&format!("{BAD}:443"), BAD, &[]).await;
    assert!(ask(&mut tls, GET).await.starts_with("HTTP/1.1 200"));
    drop(tls);
    settled(&rig, 1).await;
    rig.until(|told| given(told.connection()).changed.is_empty()).await;
    drop(release);
    rig.until(|told| given(told.connection()).changed.len() == 1).await;
    assert!(rig.stop().await.connection().closed.is_some(), "it stays closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_server_is_the_same_under_every_policy() {
    for policy in BadUpstream::ALL {
        let rig = rig(policy.word()).await;
        let mut tls = rig.tls(&format!("{GOOD}:443"), GOOD, &[]).await;
        assert!(ask(&mut tls, GET).await.starts_with("HTTP/1.1 200"));
        let told = rig.stop().await;
        let expected =
            Given { policy: Some(policy), leaf: given(told.connection()).leaf, ..Given::without_leaf(GivenKind::Pass) };
        assert_eq!(*given(told.connection()), expected);
        assert!(told.findings().is_empty() && expected.leaf.is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refuse_gives_the_page_in_place_of_a_bad_server() {
    let rig = rig("refuse").await;
    // One that trusts the CA: the leaf is a good one.
    let mut tls = rig.tls(&format!("{BAD}:443"), BAD, &[]).await;
    let page = ask(&mut tls, GET).await;
    assert!(page.starts_with("HTTP/1.1 502"), "{page}");
    for words in ["cert-expired", "name-mismatch", "by --bad-upstream refuse", "--bad-upstream pass:"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    settled(&rig, 1).await;
    let told = rig.stop().await;
    let (connection, exchange) = (told.connection(), told.exchange());
    let why = "the server was refused by --bad-upstream refuse: cert-expired, name-mismatch";
    assert_eq!(connection.outcome, Some(Outcome::ServerRefused));
    assert_eq!(connection.client.outcome, Some(ClientOutcome::Served));
    let given = given(connection);
    assert_eq!((given.kind, given.policy), (GivenKind::ErrorPage, Some(BadUpstream::Refuse)));
    assert_eq!(given.changed, [why]);
    assert_eq!(exchange.error.as_deref(), Some(format!("{why}: tlscope answered 502 itself").as_str()));
    assert!(exchange.response.is_none() && exchange.url.ends_with("/json"), "{exchange:?}");
    assert_eq!(told.findings(), [FindingId::CertExpired, FindingId::NameMismatch]);
    assert_eq!(connection.upstream.sent.len(), 2, "what it showed is kept");
    let document = documented(&told);
    assert_eq!((&document["kind"], &document["policy"]), (&"error-page".into(), &"refuse".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warning_is_no_reason_to_refuse() {
    let rig = rig("refuse").await;
    let mut tls = rig.tls("expiring-soon.lab.test:443", "expiring-soon.lab.test", &[]).await;
    assert!(ask(&mut tls, GET).await.starts_with("HTTP/1.1 200"));
    let told = rig.stop().await;
    assert_eq!(told.findings(), [FindingId::CertExpiringSoon]);
    assert_eq!(given(told.connection()).kind, GivenKind::Pass);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_served_over_the_protocol_that_the_server_chose() {
    let rig = rig("refuse").await;
    let tls = rig.tls(&format!("{BAD}:443"), BAD, &["h2", "http/1.1"]).await;
    assert_eq!(tls.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(tls));
    let (mut sender, connection) = soon(handshake).await.unwrap();
    let driving = tokio::spawn(connection);
    for path in ["/one", "/two"] {
        let request = Request::get(format!("https://{BAD}{path}")).header("accept", "application/json");
        let response = soon(sender.send_request(request.body(Empty::<Bytes>::new()).unwrap())).await.unwrap();
        assert_eq!(response.status(), 502);
        let body = soon(response.into_body().collect()).await.unwrap().to_bytes();
        let page: serde_json::Value = serde_json::from_slice(&body).unwrap();
        crate::schemas::assert_valid("tlscope.error-1", &page);
        assert!(page["refused"].as_str().unwrap().contains("cert-expired"), "{page}");
    }
    drop(sender);
    driving.abort();
    let told = rig.stop().await;
    assert_eq!(told.exchanges().len(), 2, "each request is an exchange");
    assert!(told.exchanges().iter().all(|exchange| exchange.error.is_some()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_http_is_closed() {
    let quick = |config: &mut Config| {
        rules("refuse")(config);
        config.hello_timeout = std::time::Duration::from_secs(2);
    };
    let rig = Rig::start_with(quick, vec![]).await;
    let mut speaking = rig.tls(&format!("{BAD}:443"), BAD, &[]).await;
    assert_eq!(ask(&mut speaking, "\x10\x0c\0\x04MQTT\x04\x02\0<\0\0").await, "", "not a byte of a page");
    // One that waits for its server's greeting has nothing to wait for.
    let mut waiting = rig.tls(&format!("{BAD}:443"), BAD, &[]).await;
    assert_eq!(read_all(&mut waiting).await, "");
    settled(&rig, 2).await;
    let told = rig.stop().await;
    assert!(told.connections().iter().all(|connection| connection.outcome == Some(Outcome::ServerRefused)));
    assert!(told.exchanges().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_host_has_its_own_rule_and_it_can_be_changed_while_running() {
    let rig = rig("refuse:*.lab.test pass:wrong-name.lab.test pass").await;
    assert!(answer(&rig, "wrong-name.lab.test").await.starts_with("HTTP/1.1 200"));
    assert!(answer(&rig, "expired.lab.test").await.starts_with("HTTP/1.1 502"));
    let expired: Target = "expired.lab.test:443".parse().unwrap();
    rig.proxy().routes().give(expired.clone(), BadUpstream::Pass);
    assert!(answer(&rig, "expired.lab.test").await.starts_with("HTTP/1.1 200"));
    rig.proxy().routes().give(expired.clone(), BadUpstream::Refuse);
    let page = answer(&rig, "expired.lab.test").await;
    assert!(page.contains("as refuse was chosen on the screen: cert-expired"), "{page}");
    // A word about one thing says nothing of another.
    rig.proxy().routes().set(expired, false);
    assert!(answer(&rig, "expired.lab.test").await.starts_with("HTTP/1.1 502"));
    assert!(answer(&rig, "wrong-name.lab.test").await.starts_with("HTTP/1.1 200"));
    settled(&rig, 6).await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_tunnelled_is_left_alone() {
    for policy in ["mirror", "refuse"] {
        let change = |config: &mut Config| {
            rules(policy)(config);
            config.policy.tunnel = vec![BAD.parse().unwrap()];
        };
        let rig = Rig::start_with(change, vec![]).await;
        let (mut tls, leaf) = connect(&rig, BAD, &[]).await;
        assert!(ask(&mut tls, GET).await.starts_with("HTTP/1.1 200"));
        let told = rig.stop().await;
        let connection = told.connection();
        assert_eq!((given(connection).kind, connection.outcome), (GivenKind::Tunnel, Some(Outcome::Tunnelled)));
        assert_eq!(given(connection).policy, None);
        assert!(!leaf.is_empty() && given(connection).changed.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_only_the_client_can_speak_with_is_tunnelled_unless_it_is_to_be_refused() {
    // What the client says goes to the server in a tunnel; its hello offers enough for both.
    let host = "static-rsa.lab.test";
    for (policy, outcome) in
        [("mirror", Outcome::Tunnelled), ("pass", Outcome::Tunnelled), ("refuse", Outcome::ServerRefused)]
    {
        let rig = rig(policy).await;
        let mut tunnel = rig.connect(&format!("{host}:443")).await;
        tunnel.write_all(&hello(TlsVersion::TLS12, host)).await.unwrap();
        let _ = soon(tunnel.read(&mut [0; 16])).await;
        drop(tunnel);
        settled(&rig, 1).await;
        let told = rig.stop().await;
        assert_eq!(told.connection().outcome, Some(outcome), "{policy}: {:#?}", told.connection());
        assert!(told.findings().contains(&FindingId::CipherStaticRsaOnly), "{policy}: {:?}", told.findings());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_while_the_judge_thinks_was_shown_nothing() {
    for policy in ["mirror", "refuse"] {
        let (release, wait) = std::sync::mpsc::channel::<()>();
        let ready = move || assert!(wait.recv().is_err());
        let rig = Rig::start_judged(|_| {}, Keys::default(), rules(policy), ready).await;
        let mut tunnel = rig.connect(&format!("{BAD}:443")).await;
        tunnel.write_all(&hello(TlsVersion::TLS13, BAD)).await.unwrap();
        rig.until(|told| told.connections().iter().any(|connection| !connection.upstream.sent.is_empty())).await;
        drop(tunnel);
        // Its farewell is behind the server's answer, and may be behind the judge's.
        tokio::task::yield_now().await;
        drop(release);
        settled(&rig, 1).await;
        let told = rig.stop().await;
        let connection = told.connection();
        assert!(connection.protocol.is_none() && told.exchanges().is_empty());
        assert_ne!(connection.client.outcome, Some(ClientOutcome::Served));
        assert_eq!(
            told.findings().iter().filter(|id| **id == FindingId::CertExpired).count(),
            1,
            "judged all the same"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_which_the_judge_says_nothing_in_time_is_not_let_through() {
    let (release, wait) = std::sync::mpsc::channel::<()>();
    let ready = move || assert!(wait.recv().is_err());
    let rig = Rig::start_judged(|_| {}, Keys::default(), rules("mirror refuse:*-p384.lab.test"), ready).await;
    let pages = tokio::join!(answer(&rig, GOOD), answer(&rig, "good-p384.lab.test"));
    for page in [pages.0, pages.1] {
        assert!(page.starts_with("HTTP/1.1 502") && page.contains("the judge did not say in time"), "{page}");
    }
    drop(release);
    settled(&rig, 2).await;
    assert!(answer(&rig, GOOD).await.starts_with("HTTP/1.1 200"), "it has found its voice");
    rig.stop().await;
}

/// What an origin of the test's own shows, whatever it is.
#[derive(Debug)]
struct Shows(Arc<CertifiedKey>);

impl ResolvesServerCert for Shows {
    fn resolve(&self, _: rustls::server::ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

/// A server that shows these certificates, answers requests, and counts their bytes.
async fn showing(host: &str, chain: Vec<Vec<u8>>, key: &KeyPair) -> (ConnectRule, Arc<AtomicUsize>) {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key).unwrap();
    let chain = chain.into_iter().map(CertificateDer::from).collect();
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(rustls::DEFAULT_VERSIONS)
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Shows(Arc::new(CertifiedKey::new(chain, key)))));
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let heard = Arc::new(AtomicUsize::new(0));
    let counted = heard.clone();
    let rule = origin(host, move |stream| {
        let (acceptor, counted) = (acceptor.clone(), counted.clone());
        async move {
            let Ok(mut tls) = acceptor.accept(stream).await else { return };
            let mut bytes = [0; 1024];
            while let Ok(n @ 1..) = tls.read(&mut bytes).await {
                counted.fetch_add(n, Ordering::SeqCst);
                let _ = tls.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi").await;
                let _ = tls.shutdown().await;
            }
        }
    })
    .await;
    (rule, heard)
}

/// A certificate that signs itself, but for what is changed.
fn self_signed(host: &str, change: impl FnOnce(&mut CertificateParams)) -> (Vec<u8>, KeyPair) {
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
    change(&mut params);
    (params.self_signed(&key).unwrap().der().to_vec(), key)
}

/// Servers beyond all reason, with a finding that each must have.
fn unreasonable(host: &str) -> Vec<(&'static str, Vec<Vec<u8>>, KeyPair, FindingId)> {
    let (good, key) = self_signed(host, |_| {});
    let mut cases = vec![("no certificate at all", vec![b"\x30\x03no".to_vec()], key, FindingId::CertUnparseable)];
    let (nul, key) = self_signed(host, |params| {
        params.subject_alt_names.push(SanType::DnsName("www.bank.test\0.evil.test".try_into().unwrap()));
    });
    cases.push(("a NUL in a name", vec![nul], key, FindingId::SanNullOrBadChar));
    // With its chain it just fits into a handshake message.
    let (names, key) = self_signed(host, |params| {
        let names = (0..6_000).map(|n| SanType::DnsName(format!("{n:x}.t").try_into().unwrap()));
        params.subject_alt_names.extend(names);
    });
    cases.push(("thousands of names", vec![names], key, FindingId::LeafSelfSigned));
    let (dates, key) = self_signed(host, |params| {
        params.not_before = rcgen::date_time_ymd(9999, 12, 31);
        params.not_after = rcgen::date_time_ymd(1950, 1, 1);
    });
    cases.push(("absurd dates", vec![dates], key, FindingId::ValidityInverted));
    let (leaf, key) = self_signed(host, |_| {});
    let chain = std::iter::once(leaf).chain(std::iter::repeat_n(good, 60)).collect();
    cases.push(("a long chain", chain, key, FindingId::ChainDuplicate));
    cases
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_believed_is_found_and_served_or_refused_as_the_policy_says() {
    const HOST: &str = "odd.test";
    for policy in BadUpstream::ALL {
        for (what, chain, key, finding) in unreasonable(HOST) {
            let (rule, heard) = showing(HOST, chain, &key).await;
            let rig = Rig::start_with(rules(policy.word()), vec![rule]).await;
            let answer = answer(&rig, HOST).await;
            settled(&rig, 1).await;
            let told = rig.stop().await;
            let (connection, exchange) = (told.connection(), told.exchange());
            let context = format!("{policy:?}, {what}: {:?} {answer:.200}", connection.given);
            assert!(told.findings().contains(&finding), "{context}: {:?}", told.findings());
            let kind = given(connection).kind;
            let is_served = answer.starts_with("HTTP/1.1 200");
            match policy {
                BadUpstream::Pass => assert!(is_served && kind == GivenKind::Pass, "{context}"),
                BadUpstream::Refuse => assert!(kind == GivenKind::ErrorPage, "{context}"),
                // What cannot be mirrored is refused with the reason, and never repaired.
                BadUpstream::Mirror if kind == GivenKind::Mirror => assert!(is_served, "{context}"),
                BadUpstream::Mirror => {
                    let words = given(connection).changed.concat();
                    assert!(kind == GivenKind::ErrorPage && words.contains("cannot be mirrored: "), "{context}");
                }
            }
            if kind == GivenKind::ErrorPage {
                assert!(answer.starts_with("HTTP/1.1 502") && exchange.error.is_some(), "{context}");
                assert_eq!(heard.load(Ordering::SeqCst), 0, "{context}: the server heard nothing");
            }
            assert!(exchange.url.ends_with("/json") && connection.closed.is_some(), "{context}");
        }
    }
}

/// Certificates that no handshake message of rustls can hold.
#[tokio::test(flavor = "multi_thread")]
async fn a_chain_too_big_for_a_handshake_is_tunnelled_or_refused() {
    const HOST: &str = "big.test";
    let (leaf, key) = self_signed(HOST, |_| {});
    let (names, _) = self_signed(HOST, |params| {
        let names = (0..10_000).map(|n| SanType::DnsName(format!("{n}.example.test").try_into().unwrap()));
        params.subject_alt_names.extend(names);
    });
    assert!(names.len() > 160_000);
    for (policy, outcome) in
        [("pass", Outcome::Tunnelled), ("mirror", Outcome::Tunnelled), ("refuse", Outcome::ServerRefused)]
    {
        let (rule, heard) = showing(HOST, vec![leaf.clone(), names.clone()], &key).await;
        let rig = Rig::start_with(rules(policy), vec![rule]).await;
        let mut tunnel = rig.connect(&format!("{HOST}:443")).await;
        tunnel.write_all(&hello(TlsVersion::TLS12, HOST)).await.unwrap();
        let _ = soon(tunnel.read(&mut [0; 16])).await;
        drop(tunnel);
        settled(&rig, 1).await;
        let told = rig.stop().await;
        assert_eq!(told.connection().outcome, Some(outcome), "{policy}: {:#?}", told.connection().upstream.failure);
        assert_eq!(heard.load(Ordering::SeqCst), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mirror_shows_the_defects_and_lets_through_who_takes_them() {
    let rig = rig("mirror").await;
    // One that looks refuses it for the reason for which it would refuse the server.
    let cases = [("expired", "expired"), ("wrong-name", "not valid for name"), ("unknown-ca", "UnknownIssuer")];
    for (case, reason) in cases {
        let host = format!("{case}.lab.test");
        let tunnel = rig.connect(&format!("{host}:443")).await;
        let error = soon(rig.handshake(tunnel, &host, &[])).await.unwrap_err().to_string();
        assert!(error.contains(reason), "{host}: {error}");
    }
    assert!(answer(&rig, "expired.lab.test").await.starts_with("HTTP/1.1 200"));
    settled(&rig, 4).await;
    let told = rig.stop().await;
    for connection in told.connections() {
        let given = given(connection);
        assert_eq!((given.kind, given.policy), (GivenKind::Mirror, Some(BadUpstream::Mirror)), "{given:?}");
        assert!(given.unmirrored.is_empty() && given.leaf.is_some(), "{given:?}");
        assert_eq!(connection.client.refusal, None, "our CA is not the reason");
    }
    let outcomes: Vec<_> = told.connections().iter().map(|connection| connection.outcome).collect();
    let left = Some(Outcome::ClientFailed);
    assert_eq!(outcomes, [left, left, left, Some(Outcome::Relayed)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_the_mirror_is_not_left_out_when_it_is_named_later() {
    let host = "missing-intermediate.lab.test";
    let rig = rig("mirror").await;
    assert!(answer(&rig, host).await.starts_with("HTTP/1.1 200"));
    // Its issuer has to be fetched before it is said to be missing.
    rig.until(|told| told.findings().contains(&FindingId::ChainMissingIntermediate)).await;
    let told = rig.stop().await;
    let given = given(told.connection());
    assert_eq!((given.kind, given.unmirrored.as_slice()), (GivenKind::Mirror, [].as_slice()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_speaks_what_the_server_speaks() {
    let rig = rig("mirror:*.lab.test").await;
    let (tls, leaf) = connect(&rig, BAD, &["h2", "http/1.1"]).await;
    assert_eq!(tls.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(tls));
    let (mut sender, connection) = soon(handshake).await.unwrap();
    let driving = tokio::spawn(connection);
    let request = Request::get(format!("https://{BAD}/json")).body(Empty::<Bytes>::new()).unwrap();
    assert_eq!(soon(sender.send_request(request)).await.unwrap().status(), 200);
    drop(sender);
    driving.abort();
    let told = rig.stop().await;
    let connection = told.connection();
    assert_eq!(connection.protocol, Some(Protocol::Http2));
    assert_eq!(given(connection).leaf, Some(CertDer::new(leaf).sha256), "what is said is what was shown");
    assert_ne!(given(connection).leaf, Some(connection.upstream.sent[0].sha256), "and is no copy");
    assert_eq!(documented(&told)["kind"], "mirror");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_is_begun_and_ended_while_running() {
    let rig = rig("pass").await;
    let target: Target = "expired.lab.test:443".parse().unwrap();
    let is_taken = async |policy| {
        rig.proxy().routes().give(target.clone(), policy);
        let tunnel = rig.connect("expired.lab.test:443").await;
        soon(rig.handshake(tunnel, "expired.lab.test", &[])).await.is_ok()
    };
    assert!(is_taken(BadUpstream::Pass).await);
    assert!(!is_taken(BadUpstream::Mirror).await);
    assert!(is_taken(BadUpstream::Pass).await, "the good leaf is still there");
    assert!(is_taken(BadUpstream::Refuse).await, "and is what the page is behind");
    rig.stop().await;
}
