//! Requests for tlscope itself: every way they come in, who gets no answer, and what is told.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::Empty;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{ClientConfig, RootCertStore};
use tlscope::model::{AlertCode, ClientOutcome, FindingId, SetupStep, TlsVersion};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::rig::{Rig, Told, ask, origin, read_head, soon};

const PHONE: &str = "User-Agent: Mozilla/5.0 (iPhone; x) Safari/604.1\r\nConnection: close\r\n\r\n";

fn steps(told: &Told) -> Vec<SetupStep> {
    assert!(told.connections().is_empty() && told.exchanges().is_empty(), "they make no rows");
    told.setup.iter().map(|news| news.step.clone()).collect()
}

fn tests(told: &Told) -> Vec<ClientOutcome> {
    let outcome = |step| match step {
        SetupStep::Tested(test) => Some(test.outcome),
        _ => None,
    };
    steps(told).into_iter().filter_map(outcome).collect()
}

/// A handshake of a client that does not trust the CA.
async fn refuses(stream: TcpStream, name: &str) {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config =
        ClientConfig::builder_with_provider(provider).with_protocol_versions(rustls::DEFAULT_VERSIONS).unwrap();
    let config = config.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    assert!(soon(TlsConnector::from(Arc::new(config)).connect(name, stream)).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_followed_from_the_page_to_the_test_of_the_ca() {
    let rig = Rig::start().await;
    let port = rig.address.port();
    let page = ask(&mut rig.dial().await, &format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{PHONE}")).await;
    assert!(page.contains("reached <b>directly</b>") && page.contains("Certificate Trust Settings"), "{page}");
    let profile = format!("GET /ca.mobileconfig HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{PHONE}");
    assert!(ask(&mut rig.dial().await, &profile).await.contains("com.apple.security.root"));
    // By the address under which it opened the page, before any proxy is set.
    refuses(rig.dial().await, "127.0.0.1").await;
    let mut tls = soon(rig.handshake(rig.dial().await, "127.0.0.1", &["http/1.1"])).await.unwrap();
    let page = ask(&mut tls, &format!("GET /self-test HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{PHONE}")).await;
    assert!(page.contains("yes: this browser takes tlscope's certificates"), "{page}");
    assert!(page.contains("TLS 1.3 offered, TLS 1.3 used"), "{page}");
    let page =
        ask(&mut rig.dial().await, &format!("GET http://tlscope.test/ HTTP/1.1\r\nHost: tlscope.test\r\n{PHONE}"))
            .await;
    assert!(page.contains("<b>through the proxy</b>"), "{page}");
    let told = rig.stop().await;
    let [page, file, refused, passed, proxied] = &steps(&told)[..] else { panic!("{:?}", told.setup) };
    assert_eq!(*page, SetupStep::PageOpened { platform: "iPhone or iPad" });
    assert_eq!(*file, SetupStep::Downloaded { file: "ca.mobileconfig" });
    let SetupStep::Tested(refused) = refused else { panic!("{refused:?}") };
    assert_eq!(refused.outcome, ClientOutcome::Alert { code: AlertCode::UNKNOWN_CA });
    assert_eq!((refused.newest, refused.version), (Some(TlsVersion::TLS13), None));
    let SetupStep::Tested(passed) = passed else { panic!("{passed:?}") };
    assert_eq!((passed.passed(), passed.version, passed.offers_http2), (true, Some(TlsVersion::TLS13), false));
    assert_eq!(*proxied, SetupStep::ProxyUsed);
}

#[tokio::test(flavor = "multi_thread")]
async fn its_name_is_never_dialled_however_it_is_asked_for() {
    // A server that has the name all the same is not asked.
    let nobody = origin("tlscope.test", |mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nan impostor").await;
    });
    let rig = Rig::with_origins(vec![nobody.await]).await;
    let get = format!("GET /self-test HTTP/1.1\r\nHost: tlscope.test\r\n{PHONE}");
    for authority in ["tlscope.test:443", "TLSCOPE.Test.:443", "tlscope.test:8443"] {
        let mut tls = rig.tls(authority, "tlscope.test", &["http/1.1"]).await;
        assert!(ask(&mut tls, &get).await.contains("through it"), "{authority}");
    }
    let mut clear = rig.connect("tlscope.test:80").await;
    assert!(ask(&mut clear, &get).await.contains("This page came without TLS"));
    let mut bare = soon(rig.handshake(rig.dial().await, "tlscope.test", &["http/1.1"])).await.unwrap();
    assert!(ask(&mut bare, &get).await.contains("takes tlscope's certificates"));
    let mut socks = rig.dial().await;
    socks.write_all(b"\x05\x01\x00\x05\x01\x00\x03\x0ctlscope.test\x00\x50").await.unwrap();
    let mut reply = [0; 12];
    soon(socks.read_exact(&mut reply)).await.unwrap();
    assert!(ask(&mut socks, &get).await.contains("This page came without TLS"));
    refuses(rig.connect("tlscope.test:443").await, "tlscope.test").await;
    let told = rig.stop().await;
    let outcomes = tests(&told);
    assert_eq!(outcomes.first(), Some(&ClientOutcome::Served));
    assert_eq!(outcomes.last(), Some(&ClientOutcome::Alert { code: AlertCode::UNKNOWN_CA }));
}

#[tokio::test(flavor = "multi_thread")]
async fn http2_is_spoken_with_who_offers_it() {
    let rig = Rig::start().await;
    let tls = rig.tls("tlscope.test:443", "tlscope.test", &["h2", "http/1.1"]).await;
    assert_eq!(tls.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let io = TokioIo::new(tls);
    let (mut requests, connection) =
        soon(http2::handshake::<_, _, Empty<Bytes>>(TokioExecutor::new(), io)).await.unwrap();
    tokio::spawn(connection);
    // A name of somebody else's gets nothing here either.
    for (url, status) in [("https://tlscope.test/self-test", 200), ("https://evil.example/ca.pem", 421)] {
        let request = Request::get(url).body(Empty::new()).unwrap();
        assert_eq!(soon(requests.send_request(request)).await.unwrap().status(), status, "{url}");
    }
    drop(requests);
    let told = rig.stop().await;
    assert!(steps(&told).iter().any(|step| matches!(step, SetupStep::Tested(test) if test.offers_http2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hello_without_a_name_is_for_tlscope_only_from_who_has_the_page_open() {
    let rig = Rig::start().await;
    assert!(soon(rig.handshake(rig.dial().await, "127.0.0.1", &[])).await.is_err());
    let told = rig.stop().await;
    assert_eq!(told.findings(), [FindingId::ClientHelloUnreadable]);
    assert_eq!(told.setup, []);

    // One with another name is somebody else's all the same.
    let rig = Rig::start().await;
    ask(&mut rig.dial().await, &format!("GET / HTTP/1.1\r\nHost: localhost\r\n{PHONE}")).await;
    assert!(soon(rig.handshake(rig.dial().await, "good.lab.test", &[])).await.is_ok());
    assert!(soon(rig.handshake(rig.dial().await, "localhost", &[])).await.is_ok());
    let told = rig.stop().await;
    assert_eq!(told.connection().target.as_ref().unwrap().to_string(), "good.lab.test:443");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_names_and_other_sites_get_nothing() {
    let rig = Rig::start().await;
    let paths = ["/", "/ca.pem", "/proxy.pac", "/self-test"];
    for path in paths {
        let cases = [
            (format!("GET {path} HTTP/1.1\r\nHost: evil.example\r\n{PHONE}"), "HTTP/1.1 421 "),
            (format!("GET {path} HTTP/1.1\r\n{PHONE}"), "HTTP/1.1 421 "),
            (
                format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n{PHONE}"),
                "HTTP/1.1 403 ",
            ),
            (format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n{PHONE}"), "HTTP/1.1 405 "),
            (
                format!(
                    "GET http://tlscope.test{path} HTTP/1.1\r\nHost: tlscope.test\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n{PHONE}"
                ),
                "HTTP/1.1 403 ",
            ),
        ];
        for (request, status) in cases {
            let answer = ask(&mut rig.dial().await, &request).await;
            assert!(answer.starts_with(status), "{request}: {answer}");
            assert!(
                !answer.contains("BEGIN CERTIFICATE") && !answer.to_lowercase().contains("access-control"),
                "{answer}"
            );
        }
    }
    let told = rig.stop().await;
    assert_eq!(steps(&told), [SetupStep::ProxyUsed], "nothing was opened or taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_leads_back_here_through_the_proxy_gets_nothing() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let rule = format!("rebound.example::127.0.0.1:{port}").parse().unwrap();
    let listen = format!("127.0.0.1:{port}").parse().unwrap();
    let rig = Rig::start_with(|config| config.listen = vec![listen], vec![rule]).await;
    let get = "GET http://rebound.example/ca.pem HTTP/1.1\r\nHost: rebound.example\r\nConnection: close\r\n\r\n";
    let answer = ask(&mut rig.dial().await, get).await;
    assert!(answer.starts_with("HTTP/1.1 421 ") && !answer.contains("BEGIN CERTIFICATE"), "{answer}");
    rig.stop().await;
}

/// Thousands of requests for the page from one device: it gets a part of the answers, there are as many
/// events as there is news, and what is relayed meanwhile comes through whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_flood_of_requests_harms_nobody() {
    const BYTES: usize = 24 << 20;
    let big = origin("big.test", |mut stream| async move {
        read_head(&mut stream).await;
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {BYTES}\r\n\r\n");
        let _ = stream.write_all(head.as_bytes()).await;
        for piece in vec![0x5a; BYTES].chunks(64 << 10) {
            let _ = stream.write_all(piece).await;
        }
    });
    let rig = Rig::with_origins(vec![big.await]).await;
    let address = rig.address;
    let flood = (0..10).map(|_| {
        tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let mut refused = 0;
            for n in 0..500 {
                let request = format!("GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: flood {n}\r\n\r\n");
                stream.write_all(request.as_bytes()).await.unwrap();
                let head = soon(read_head(&mut stream)).await;
                let length = head.split_once("content-length: ").unwrap().1.split("\r\n").next().unwrap();
                let mut body = vec![0; length.parse().unwrap()];
                stream.read_exact(&mut body).await.unwrap();
                refused += usize::from(head.starts_with("HTTP/1.1 429 "));
            }
            refused
        })
    });
    let flood: Vec<_> = flood.collect();
    let mut download = rig.dial().await;
    let get = "GET http://big.test/ HTTP/1.1\r\nHost: big.test\r\nConnection: close\r\n\r\n";
    let relayed = ask(&mut download, get).await;
    assert_eq!(relayed.split_once("\r\n\r\n").unwrap().1.len(), BYTES);
    let mut refused = 0;
    for task in flood {
        refused += soon(task).await.unwrap();
    }
    assert!(refused > 0, "5000 requests in a few seconds are more than a person reads");
    let again = async {
        loop {
            let answer = ask(&mut rig.dial().await, &format!("GET / HTTP/1.1\r\nHost: localhost\r\n{PHONE}")).await;
            if answer.starts_with("HTTP/1.1 200 ") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    soon(again).await;
    let told = rig.stop().await;
    let steps: Vec<_> = told.setup.iter().map(|news| &news.step).collect();
    assert_eq!(
        steps,
        [&SetupStep::PageOpened { platform: "a program" }, &SetupStep::PageOpened { platform: "iPhone or iPad" }]
    );
}
