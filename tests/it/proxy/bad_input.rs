//! Bad input gets a clear error and harms nobody: after each of these the proxy serves as before.

use std::time::Duration;

use tlscope::model::{FindingId, GivenKind, Outcome};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::rig::{Rig, ask, origin, read_all, read_head, saying, soon};

const GET: &str = "GET /json HTTP/1.1\r\nHost: good.lab.test\r\nConnection: close\r\n\r\n";

/// The proxy still does its work.
async fn works(rig: &Rig) {
    let mut tls = rig.tls("good.lab.test:443", "good.lab.test", &[]).await;
    assert!(ask(&mut tls, GET).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_that_are_no_requests_are_answered() {
    let rig = Rig::start().await;
    let long = "x".repeat(1 << 20);
    let flood: String = (0..2000).map(|n| format!("X-{n}: y\r\n")).collect();
    let cases = [
        ("CONNECT : HTTP/1.1\r\n\r\n".to_owned(), "400"),
        ("CONNECT a.test HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), "400"),
        ("CONNECT a.test:99999 HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), "400"),
        ("GET ftp://a.test/ HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), "400"),
        ("GET https://a.test/ HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), "400"),
        (format!("GET http://a.test/ HTTP/1.1\r\nX: {long}\r\n\r\n"), "431"),
        (format!("GET http://a.test/ HTTP/1.1\r\n{flood}\r\n"), "431"),
        ("GET http://a.test/ HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n".to_owned(), "400"),
        ("GET http://a.test/ HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n".to_owned(), "400"),
    ];
    for (request, status) in cases {
        let mut stream = rig.dial().await;
        // The proxy may answer, and close, before it has read everything.
        let _ = stream.write_all(request.as_bytes()).await;
        let answer = soon(read_head(&mut stream)).await;
        let start = request.get(..40).unwrap_or(&request);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{start:?}: {answer}");
    }
    works(&rig).await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_of_anything_is_given_up_in_time() {
    let short = |config: &mut tlscope::proxy::Config| config.hello_timeout = Duration::from_millis(300);
    let halves: [&[u8]; 4] = [b"\x16\x03\x01\x02\x00\x01", b"\x05", b"CONN", b"\x16\x03"];
    for half in halves {
        let rig = Rig::start_with(short, vec![]).await;
        let mut stream = rig.dial().await;
        stream.write_all(half).await.unwrap();
        read_all(&mut stream).await;
        rig.stop().await;
    }
    // What is no hello goes on to the server as it is, and ends when the server ends it.
    let closes = origin("web.test", |stream: TcpStream| async { drop(stream) });
    let rig = Rig::start_with(short, vec![closes.await]).await;
    let mut tunnel = rig.connect("web.test:443").await;
    tunnel.write_all(b"\x16\x03\x01\x02\x00\x01\x00").await.unwrap();
    read_all(&mut tunnel).await;
    let told = rig.stop().await;
    assert_eq!(told.findings(), [FindingId::ClientHelloUnreadable]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hello_may_come_in_any_pieces() {
    for split_records in [false, true] {
        let rig = Rig::start().await;
        let tunnel = rig.connect("good.lab.test:443").await;
        let (ours, theirs) = tokio::io::duplex(64 << 10);
        let pump = tokio::spawn(in_pieces(theirs, tunnel, split_records));
        let mut tls = soon(rig.handshake(ours, "good.lab.test", &[])).await.unwrap();
        assert!(ask(&mut tls, GET).await.starts_with("HTTP/1.1 200"));
        drop(tls);
        let _ = soon(pump).await;
        rig.stop().await;
    }
}

/// Passes the hello on byte by byte, or as two records, and everything after it as it is.
async fn in_pieces(mut from: tokio::io::DuplexStream, mut to: TcpStream, split_records: bool) {
    use tokio::io::AsyncReadExt as _;
    let mut header = [0; 5];
    from.read_exact(&mut header).await.unwrap();
    let mut body = vec![0; usize::from(u16::from_be_bytes([header[3], header[4]]))];
    from.read_exact(&mut body).await.unwrap();
    let bytes = if split_records {
        let (first, second) = body.split_at(40);
        let record = |part: &[u8]| [&header[..3], &(part.len() as u16).to_be_bytes(), part].concat();
        [record(first), record(second)].concat()
    } else {
        [&header[..], &body].concat()
    };
    for byte in bytes {
        to.write_all(&[byte]).await.unwrap();
        to.flush().await.unwrap();
        tokio::task::yield_now().await;
    }
    let _ = tokio::io::copy_bidirectional(&mut from, &mut to).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loop_is_recognised() {
    let rig = Rig::start().await;
    let own = rig.address.to_string();
    let mut tls = rig.tls(&own, "127.0.0.1", &[]).await;
    let answer = ask(&mut tls, "GET / HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n").await;
    assert!(answer.contains("proxy-loop"), "{answer}");
    let mut stream = rig.dial().await;
    let page =
        ask(&mut stream, &format!("GET http://{own}/ HTTP/1.1\r\nHost: {own}\r\nConnection: close\r\n\r\n")).await;
    assert!(page.contains("Set up this device"), "{page}");
    works(&rig).await;
    let told = rig.stop().await;
    assert!(told.connections().iter().any(|c| c.given.as_ref().is_some_and(|given| given.kind == GivenKind::Portal)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_body_that_stops_half_way_is_recorded_so() {
    let rule = saying("web.test", b"").await;
    let rig = Rig::with_origins(vec![rule]).await;
    let mut stream = rig.connect("web.test:80").await;
    stream.write_all(b"POST / HTTP/1.1\r\nHost: web.test\r\nContent-Length: 1000\r\n\r\npart").await.unwrap();
    drop(stream);
    works(&rig).await;
    let told = rig.stop().await;
    let exchange = told.exchanges().into_iter().find(|e| e.method == "POST").unwrap();
    assert!(exchange.is_finished() && exchange.error.is_some(), "{exchange:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_never_answers_is_shown_as_waiting_and_ended_with_the_proxy() {
    let rule = origin("web.test", |mut stream: TcpStream| async move {
        read_head(&mut stream).await;
        std::future::pending::<()>().await;
    });
    let rig = Rig::with_origins(vec![rule.await]).await;
    let mut stream = rig.connect("web.test:80").await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: web.test\r\n\r\n").await.unwrap();
    works(&rig).await;
    let told = rig.stop().await;
    let exchange = told.exchanges().into_iter().find(|e| e.url == "http://web.test/").unwrap();
    assert_eq!(exchange.status(), 0);
    assert!(told.connections().iter().all(|c| c.closed.is_some()), "every record is closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_while_it_waits_takes_its_server_with_it() {
    for (is_tunnelled, url) in [(true, "/"), (false, "http://web.test/")] {
        let (tell, ended) = tokio::sync::oneshot::channel();
        let tell = std::sync::Mutex::new(Some(tell));
        let rule = origin("web.test", move |mut stream: TcpStream| {
            let tell = tell.lock().unwrap().take();
            async move {
                read_head(&mut stream).await;
                // No answer; only the end of the connection.
                crate::rig::read_all(&mut stream).await;
                let _ = tell.map(|tell| tell.send(()));
            }
        });
        let short = |config: &mut tlscope::proxy::Config| config.hello_timeout = Duration::from_millis(100);
        let rig = Rig::start_with(short, vec![rule.await]).await;
        let mut stream = if is_tunnelled { rig.connect("web.test:80").await } else { rig.dial().await };
        stream.write_all(format!("GET {url} HTTP/1.1\r\nHost: web.test\r\n\r\n").as_bytes()).await.unwrap();
        drop(stream);
        soon(ended).await.unwrap();
        let told = rig.stop().await;
        assert!(told.exchange().error.is_some() && told.connection().closed.is_some(), "{url}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn early_answers_without_end_are_not_all_kept() {
    let rule = origin("web.test", |mut stream: TcpStream| async move {
        read_head(&mut stream).await;
        for _ in 0..200 {
            let early = format!("HTTP/1.1 103 Early Hints\r\nLink: <{}>\r\n\r\n", "x".repeat(10_000));
            let _ = stream.write_all(early.as_bytes()).await;
        }
        let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
    });
    let rig = Rig::with_origins(vec![rule.await]).await;
    let mut stream = rig.connect("web.test:80").await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: web.test\r\n\r\n").await.unwrap();
    assert!(soon(read_head(&mut stream)).await.starts_with("HTTP/1.1 204"));
    drop(stream);
    let told = rig.stop().await;
    assert!(told.exchange().weight() < 100_000, "{}", told.exchange().weight());
    assert!(told.exchange().changed.iter().any(|note| note.contains("not kept")), "{:?}", told.exchange().changed);
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_clients_and_open_tunnels_do_not_keep_the_proxy() {
    let rig = Rig::start().await;
    let idle = rig.dial().await;
    let tunnel = rig.connect("good.lab.test:443").await;
    let tls = rig.tls("good.lab.test:443", "good.lab.test", &["h2"]).await;
    let told = rig.stop().await;
    assert!(told.connections().iter().all(|c| c.closed.is_some()));
    drop((idle, tunnel, tls));
}

#[tokio::test(flavor = "multi_thread")]
async fn other_machines_do_not_reach_this_ones_own_services() {
    let strangers = |config: &mut tlscope::proxy::Config| {
        config.access.serve_loopback = false;
        config.access.allow = vec!["127.0.0.0/8".parse().unwrap()];
    };
    let rig = Rig::start_with(strangers, vec![]).await;
    let mut tls = rig.tls("good.lab.test:443", "good.lab.test", &[]).await;
    let answer = ask(&mut tls, "GET / HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 502") && answer.contains("target-not-allowed"), "{answer}");
    let told = rig.stop().await;
    assert_eq!(told.findings(), [FindingId::TargetNotAllowed]);
    assert_eq!(told.connection().outcome, Some(Outcome::UpstreamFailed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_says_nothing_is_a_record() {
    let rig = Rig::start().await;
    drop(rig.connect("good.lab.test:443").await);
    let told = rig.stop().await;
    assert_eq!(told.findings(), [FindingId::ClientSilent]);
}
