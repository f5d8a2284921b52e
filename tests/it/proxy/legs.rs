//! The two legs' TLS: what is asked, what is given, what goes wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::pki_types::ServerName;
use tlscope::model::{FindingId, GivenKind, Outcome, TlsVersion};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsConnector;

use crate::rig::{Rig, ask, hello, origin, saying, soon};
use tlscope::lab::careless;

const GET: &str = "GET /json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn the_client_gets_exactly_what_the_server_chose() {
    for (host, offers, chosen) in [
        ("good.lab.test", &["h2", "http/1.1"][..], Some("h2")),
        ("good.lab.test", &["http/1.1"][..], Some("http/1.1")),
        ("good.lab.test", &[][..], None),
    ] {
        let rig = Rig::start().await;
        let tls = rig.tls(&format!("{host}:443"), host, offers).await;
        let got = tls.get_ref().1.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned());
        assert_eq!(got.as_deref(), chosen);
        drop(tls);
        let told = rig.stop().await;
        assert_eq!(told.connection().upstream.handshake.as_ref().unwrap().alpn.as_deref(), chosen);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_a_name_gets_one_for_the_host_it_asked_for() {
    let rig = Rig::start().await;
    let tunnel = rig.connect("good.lab.test:443").await;
    let mut config = careless(false).unwrap();
    config.enable_sni = false;
    let connector = TlsConnector::from(Arc::new(config));
    let name = ServerName::try_from("good.lab.test").unwrap();
    let _ = soon(connector.connect(name, tunnel)).await;
    let told = rig.stop().await;
    assert_eq!(told.connection().upstream.sni, None, "the server is asked as the client asked");
    assert_eq!(told.connection().name.as_ref().unwrap().to_string(), "good.lab.test");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_differs_from_the_host_is_a_finding() {
    let rig = Rig::start().await;
    let mut tls = rig.tls("good-p384.lab.test:443", "good.lab.test", &[]).await;
    assert!(ask(&mut tls, GET).await.starts_with("HTTP/1.1 200"));
    let told = rig.stop().await;
    assert_eq!(told.findings(), [FindingId::SniDiffers]);
    assert_eq!(told.connection().name.as_ref().unwrap().to_string(), "good.lab.test");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_defect_is_judged_and_the_traffic_still_flows() {
    let rig = Rig::start().await;
    let mut tls = rig.tls("expired-wrong-name.lab.test:443", "expired-wrong-name.lab.test", &[]).await;
    assert!(ask(&mut tls, GET).await.starts_with("HTTP/1.1 200"));
    let told = rig.stop().await;
    assert_eq!(told.findings(), [FindingId::CertExpired, FindingId::NameMismatch]);
    let connection = told.connection();
    assert_eq!(connection.given.as_ref().unwrap().kind, GivenKind::Pass);
    assert_eq!(connection.outcome, Some(Outcome::Relayed));
    assert!(connection.closed.is_some());
    let handshake = connection.upstream.handshake.as_ref().unwrap();
    assert_eq!(handshake.version, Some(TlsVersion::TLS13));
    assert!(
        handshake.completed && handshake.suite.is_some() && handshake.group.is_some() && handshake.scheme.is_some()
    );
    assert!(connection.upstream.timing.tls_ms.is_some() && connection.upstream.timing.tcp_ms.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_server_the_client_gets_a_page_with_every_reason() {
    let cases = [
        ("refused.lab.test", "tcp-refused"),
        ("resets.lab.test", "handshake-reset"),
        ("closes.lab.test", "handshake-truncated"),
        ("not-tls.lab.test", "not-tls"),
        ("alert-internal-error.lab.test", "alert-internal-error"),
        ("silent.lab.test", "handshake-timeout"),
        ("tls10.lab.test", "proto-tls10-11-only"),
        ("nowhere.invalid", "dns-fail"),
    ];
    for (host, id) in cases {
        let rig = Rig::start().await;
        let mut tls = rig.tls(&format!("{host}:443"), host, &["h2", "http/1.1"]).await;
        let request = format!("GET /app HTTP/1.1\r\nHost: {host}\r\nAccept: application/json\r\n\r\n");
        let answer = ask(&mut tls, &request).await;
        assert!(answer.starts_with("HTTP/1.1 502"), "{host}: {answer}");
        assert!(answer.contains(&format!("\"id\":\"{id}\"")), "{host}: {answer}");
        assert!(answer.contains("default-src 'none'") && answer.contains("no-store"), "{answer}");
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        crate::schemas::assert_valid("tlscope.error-1", &serde_json::from_str(body).unwrap());
        let told = rig.stop().await;
        assert!(told.findings().iter().any(|found| found.as_str() == id), "{host}: {:?}", told.findings());
        assert_eq!(told.connection().outcome, Some(Outcome::UpstreamFailed));
        let exchange = told.exchange();
        assert_eq!((exchange.url.as_str(), exchange.status()), (format!("https://{host}/app").as_str(), 0));
        assert!(exchange.error.as_ref().unwrap().contains("502"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_certificate_cannot_write_into_the_page() {
    let rig = Rig::start().await;
    let host = "hostile.lab.test";
    let mut tls = rig.tls(&format!("{host}:443"), host, &[]).await;
    let answer = ask(&mut tls, &format!("GET / HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\n\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 502"), "{answer}");
    assert!(answer.contains("&lt;script&gt;"), "{answer}");
    assert!(!answer.contains("<script>") && !answer.contains('\u{202e}'), "{answer}");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_client_is_tunnelled_with_its_own_hello() {
    let rig = Rig::start().await;
    let mut tunnel = rig.connect("good.lab.test:443").await;
    tunnel.write_all(&hello(TlsVersion::TLS10, "good.lab.test")).await.unwrap();
    let mut alert = [0; 7];
    soon(tunnel.read_exact(&mut alert)).await.unwrap();
    assert_eq!(alert[0], 21, "the server's own refusal");
    drop(tunnel);
    let told = rig.stop().await;
    assert!(told.findings().contains(&FindingId::TunnelledLegacyClient), "{:?}", told.findings());
    assert_eq!(told.connection().outcome, Some(Outcome::Tunnelled));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_server_is_reached_by_the_clients_own_hello() {
    let rig = Rig::start().await;
    let tunnel = rig.connect("downgraded.lab.test:443").await;
    // The lab's flight goes no further than ServerHelloDone.
    let _ = tokio::time::timeout(std::time::Duration::from_secs(1), rig.handshake(tunnel, "downgraded.lab.test", &[]))
        .await;
    let told = rig.stop().await;
    assert!(told.findings().contains(&FindingId::TunnelledLegacyServer), "{:?}", told.findings());
    assert!(!told.connection().upstream.sent.is_empty(), "the chain is read in passing");
}

/// A flight of TLS 1.2 over static RSA, as the lab's server of that name sends it, in short records.
fn flight_in_short_records() -> Vec<u8> {
    let mut rest: &[u8] = include_bytes!("../../../fuzz/corpus/flight/static_rsa");
    let mut messages = Vec::new();
    while let [22, 3, 3, high, low, behind @ ..] = rest {
        let (record, behind) = behind.split_at(usize::from(u16::from_be_bytes([*high, *low])));
        messages.extend_from_slice(record);
        rest = behind;
    }
    let record = |part: &[u8]| [&[22, 3, 3][..], &(part.len() as u16).to_be_bytes(), part].concat();
    messages.chunks(300).flat_map(record).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flight_in_two_pieces_is_read_as_one() {
    let (seen, counting) = (Arc::new(tokio::sync::Notify::new()), Arc::new(AtomicUsize::new(0)));
    let told_seen = seen.clone();
    let flight: &'static [u8] = flight_in_short_records().leak();
    let rule = origin("old.test", move |mut stream: tokio::net::TcpStream| {
        let (seen, ours) = (seen.clone(), counting.fetch_add(1, Ordering::SeqCst) < 2);
        async move {
            let _ = stream.read(&mut [0; 4096]).await;
            if ours {
                // Neither of our own hellos finds anything in common.
                let _ = stream.write_all(&[21, 3, 3, 0, 2, 2, 40]).await;
                return;
            }
            let (start, rest) = flight.split_at(700);
            let _ = stream.write_all(start).await;
            seen.notified().await;
            let _ = stream.write_all(rest).await;
            let _ = stream.read(&mut [0; 16]).await;
        }
    });
    let rig = Rig::with_origins(vec![rule.await]).await;
    let mut tunnel = rig.connect("old.test:443").await;
    tunnel.write_all(&hello(TlsVersion::TLS12, "good.lab.test")).await.unwrap();
    let mut got = vec![0; 700];
    soon(tunnel.read_exact(&mut got)).await.unwrap();
    told_seen.notify_one();
    got.resize(flight.len(), 0);
    soon(tunnel.read_exact(&mut got[700..])).await.unwrap();
    assert_eq!(got, flight, "the client has every byte once");
    drop(tunnel);
    let told = rig.stop().await;
    let mut reader = tlscope::wire::FlightReader::default();
    reader.feed(flight);
    let expected = reader.into_flight().certificates;
    assert!(!expected.is_empty());
    assert_eq!(told.connection().upstream.sent, expected);
    assert!(told.findings().contains(&FindingId::TunnelledLegacyServer), "{:?}", told.findings());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_without_close_notify_is_noted() {
    let rig = Rig::start().await;
    let mut tls = rig.tls("abrupt.lab.test:443", "abrupt.lab.test", &["http/1.1"]).await;
    tls.write_all(b"GET / HTTP/1.1\r\nHost: abrupt.lab.test\r\n\r\n").await.unwrap();
    crate::rig::read_all(&mut tls).await;
    let told = rig.stop().await;
    assert_eq!(told.findings(), [FindingId::CloseWithoutNotify]);
    assert_eq!(told.connection().upstream.closed_without_notify, Some(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_can_be_tunnelled_and_their_chain_is_read_where_it_is_in_the_clear() {
    let policy = |config: &mut tlscope::proxy::Config| {
        config.policy.tunnel = vec!["*.lab.test".parse().unwrap()];
    };
    let rig = Rig::start_with(policy, vec![]).await;
    let tunnel = rig.connect("tls12.lab.test:443").await;
    let connector = TlsConnector::from(Arc::new(careless(false).unwrap()));
    let name = ServerName::try_from("tls12.lab.test").unwrap();
    let mut tls = soon(connector.connect(name, tunnel)).await.unwrap();
    assert!(ask(&mut tls, GET).await.starts_with("HTTP/1.1 200"));
    let told = rig.stop().await;
    assert_eq!(told.connection().outcome, Some(Outcome::Tunnelled));
    assert!(told.findings().contains(&FindingId::TunnelledByPolicy));
    assert!(told.exchanges().is_empty(), "what is tunnelled is not read");
    assert!(told.connection().traffic.up > 0 && told.connection().traffic.down > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_none_is_told_to_plain_clients_as_well() {
    let rig = Rig::with_origins(vec![saying("web.test", b"").await]).await;
    let mut stream = rig.dial().await;
    let request =
        "GET http://refused.lab.test/x HTTP/1.1\r\nHost: refused.lab.test\r\nAccept: application/json\r\n\r\n";
    let answer = ask(&mut stream, request).await;
    assert!(answer.starts_with("HTTP/1.1 502") && answer.contains("tcp-refused"), "{answer}");
    let told = rig.stop().await;
    assert_eq!(told.exchange().url, "http://refused.lab.test/x");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_wrong_is_told_once() {
    let rig = Rig::start().await;
    let mut tls = rig.tls("good.lab.test:443", "good.lab.test", &["http/1.1"]).await;
    for path in ["/json", "/clock", "/clock"] {
        tls.write_all(format!("GET {path} HTTP/1.1\r\nHost: good.lab.test\r\n\r\n").as_bytes()).await.unwrap();
        crate::rig::read_head(&mut tls).await;
        let end = if path == "/clock" { "here\n" } else { "}" };
        crate::rig::read_until(&mut tls, end).await;
    }
    drop(tls);
    assert_eq!(rig.stop().await.findings(), [FindingId::ClockSkew]);
}
