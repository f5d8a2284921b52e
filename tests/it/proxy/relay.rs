//! Relaying HTTP/1 and what is upgraded from it: equal in meaning, recorded as it was.

use tlscope::model::{BodyEnd, Direction, Exchange, MessageKind};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::rig::{Rig, Told, ask, origin, read_all, read_head, read_until, saying, soon};

/// Sends a request to a server that gives one answer; what the server got, what the client got, and
/// what was recorded.
async fn through(request: &str, answer: &'static [u8]) -> (String, String, Told) {
    let (tell, mut told) = mpsc::unbounded_channel();
    let rule = origin("web.test", move |mut stream| {
        let tell = tell.clone();
        async move {
            let got = read_head(&mut stream).await;
            tell.send(got).unwrap();
            let _ = stream.write_all(answer).await;
        }
    });
    let rig = Rig::with_origins(vec![rule.await]).await;
    let mut stream = rig.connect("web.test:80").await;
    let client_got = ask(&mut stream, request).await;
    let server_got = soon(told.recv()).await.unwrap();
    (server_got, client_got, rig.stop().await)
}

fn heads(exchange: &Exchange) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&exchange.request_head.raw), text(&exchange.response.as_ref().unwrap().head.raw))
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_keep_their_case_and_are_recorded_to_the_byte() {
    let request = "GET /Path?q=%41 HTTP/1.1\r\nhOsT: web.test\r\nX-fOo:1\r\nAccept: */*\r\n\r\n";
    let answer = b"HTTP/1.1 200 Fine By Me\r\nX-ServerHeader:  y \r\nset-cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
    let (server_got, client_got, told) = through(request, answer).await;
    assert!(server_got.starts_with("GET /Path?q=%41 HTTP/1.1\r\n"), "{server_got}");
    assert!(server_got.contains("hOsT: web.test\r\n") && server_got.contains("X-fOo: 1\r\n"), "{server_got}");
    assert!(client_got.starts_with("HTTP/1.1 200 Fine By Me\r\n"), "{client_got}");
    assert!(client_got.contains("X-ServerHeader: y\r\n") && client_got.ends_with("\r\n\r\nok"), "{client_got}");
    assert!(!client_got.to_lowercase().contains("date:"), "nothing is added: {client_got}");
    let (asked, answered) = heads(told.exchange());
    assert_eq!(asked, request);
    assert_eq!(answered.as_bytes(), &answer[..answer.len() - 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_without_a_body_have_none() {
    let cases: [(&str, &'static [u8], &str); 3] = [
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\nConnection: close\r\n\r\n", "content-length: 500"),
        ("GET", b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", "204 no content"),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nConnection: close\r\n\r\n", "etag: \"x\""),
    ];
    for (method, answer, expected) in cases {
        let request = format!("{method} / HTTP/1.1\r\nHost: web.test\r\nConnection: close\r\n\r\n");
        let (_, got, told) = through(&request, answer).await;
        assert!(got.to_lowercase().contains(expected) && got.ends_with("\r\n\r\n"), "{got}");
        let exchange = told.exchange();
        assert_eq!(exchange.response.as_ref().unwrap().body.seen, 0);
        assert!(exchange.is_finished() && exchange.error.is_none(), "{exchange:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_ends_with_the_connection_goes_on_in_chunks_and_says_so() {
    let request = "GET / HTTP/1.1\r\nHost: web.test\r\nConnection: close\r\n\r\n";
    let (_, got, told) = through(request, b"HTTP/1.1 200 OK\r\n\r\nto the end").await;
    assert!(got.contains("to the end"), "{got}");
    assert!(told.exchange().changed.iter().any(|note| note.contains("chunks")), "{:?}", told.exchange().changed);
}

#[tokio::test(flavor = "multi_thread")]
async fn trailers_are_passed_on_where_the_client_wants_them() {
    let answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 9\r\n\r\n";
    let request = "GET / HTTP/1.1\r\nHost: web.test\r\nTE: trailers\r\nConnection: TE, close\r\n\r\n";
    let (_, got, told) = through(request, answer).await;
    assert!(got.to_lowercase().contains("x-sum: 9"), "{got}");
    let body = &told.exchange().response.as_ref().unwrap().body;
    assert_eq!(body.trailers, [("x-sum".to_owned(), "9".to_owned())]);
    let (_, got, told) = through("GET / HTTP/1.1\r\nHost: web.test\r\nConnection: close\r\n\r\n", answer).await;
    assert!(!got.to_lowercase().contains("x-sum: 9"), "{got}");
    assert!(told.exchange().changed.iter().any(|note| note.contains("trailer")), "{:?}", told.exchange().changed);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expected_continue_comes_from_the_server() {
    let rule = origin("web.test", |mut stream: TcpStream| async move {
        let head = read_head(&mut stream).await;
        if head.contains("/wanted") {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await.unwrap();
            let body = read_until(&mut stream, "body").await;
            assert_eq!(body, "body");
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        } else {
            // An early answer: the body must not have been asked for.
            let _ = stream.write_all(b"HTTP/1.1 417 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await;
        }
    });
    let rig = Rig::with_origins(vec![rule.await]).await;
    let mut stream = rig.connect("web.test:80").await;
    let head = "PUT /wanted HTTP/1.1\r\nHost: web.test\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    assert!(soon(read_head(&mut stream)).await.starts_with("HTTP/1.1 100"));
    stream.write_all(b"body").await.unwrap();
    assert!(soon(read_head(&mut stream)).await.starts_with("HTTP/1.1 200"));
    let mut stream = rig.connect("web.test:80").await;
    stream.write_all(head.replace("wanted", "unwanted").as_bytes()).await.unwrap();
    assert!(soon(read_head(&mut stream)).await.starts_with("HTTP/1.1 417"), "no 100 of the proxy's own");
    drop(stream);
    let told = rig.stop().await;
    assert_eq!(told.findings(), [], "no fault on the way");
    let informational: Vec<usize> = told.exchanges().iter().map(|e| e.informational.len()).collect();
    assert_eq!(informational, [1, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_sent_after_a_second_when_nobody_says_continue() {
    let rule = origin("web.test", |mut stream: TcpStream| async move {
        read_head(&mut stream).await;
        assert_eq!(read_until(&mut stream, "body").await, "body");
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    });
    let rig = Rig::with_origins(vec![rule.await]).await;
    let mut stream = rig.connect("web.test:80").await;
    let head = "PUT / HTTP/1.1\r\nHost: web.test\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nbody";
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = soon(read_until(&mut stream, "Content-Length: 0\r\n\r\n")).await;
    assert!(answer.contains("200 OK"), "{answer}");
    let told = rig.stop().await;
    assert!(told.exchange().changed.iter().any(|note| note.contains("100 Continue sent by tlscope")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_shuts_its_side_still_gets_its_answer() {
    let request = "GET / HTTP/1.1\r\nHost: web.test\r\nConnection: close\r\n\r\n";
    let rule = origin("web.test", |mut stream: TcpStream| async move {
        read_head(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nhalf").await;
    });
    let rig = Rig::with_origins(vec![rule.await]).await;
    let mut stream = rig.connect("web.test:80").await;
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    assert!(read_all(&mut stream).await.ends_with("half"));
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_come_as_they_are_sent() {
    let (go, wait) = tokio::sync::oneshot::channel::<()>();
    let wait = std::sync::Mutex::new(Some(wait));
    let rule = origin("web.test", move |mut stream: TcpStream| {
        let wait = wait.lock().unwrap().take();
        async move {
            read_head(&mut stream).await;
            let head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
            stream.write_all(head).await.unwrap();
            stream.write_all(b"9\r\ndata: 1\n\n\r\n").await.unwrap();
            // The second event is held back until the client has the first.
            let _ = wait.unwrap().await;
            let _ = stream.write_all(b"9\r\ndata: 2\n\n\r\n0\r\n\r\n").await;
        }
    });
    let rig = Rig::with_origins(vec![rule.await]).await;
    let mut stream = rig.connect("web.test:80").await;
    stream.write_all(b"GET /events HTTP/1.1\r\nHost: web.test\r\n\r\n").await.unwrap();
    soon(read_until(&mut stream, "data: 1\n\n")).await;
    go.send(()).unwrap();
    assert!(soon(read_until(&mut stream, "0\r\n\r\n")).await.contains("data: 2"));
    drop(stream);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_is_relayed_as_bytes_and_observed() {
    let rig = Rig::start().await;
    let mut tls = rig.tls("good.lab.test:443", "good.lab.test", &["http/1.1"]).await;
    let upgrade = "GET /websocket HTTP/1.1\r\nHost: good.lab.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    tls.write_all(upgrade.as_bytes()).await.unwrap();
    let head = soon(read_head(&mut tls)).await;
    assert!(head.starts_with("HTTP/1.1 101") && head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
    // "Hello", masked: RFC 6455 section 5.7.
    tls.write_all(b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58").await.unwrap();
    let mut echoed = [0; 7];
    soon(tls.read_exact(&mut echoed)).await.unwrap();
    assert_eq!(&echoed, b"\x81\x05Hello");
    tls.write_all(b"\x88\x80\x00\x00\x00\x00").await.unwrap();
    let _ = soon(tls.read(&mut [0; 16])).await;
    drop(tls);
    let told = rig.stop().await;
    let texts: Vec<_> = told.messages.iter().filter(|m| m.kind == MessageKind::Text).collect();
    assert_eq!(texts.iter().map(|m| m.direction).collect::<Vec<_>>(), [Direction::Up, Direction::Down]);
    assert!(texts.iter().all(|m| &m.kept[..] == b"Hello"));
    let exchange = told.exchange();
    assert_eq!((exchange.status(), exchange.url.as_str()), (101, "wss://good.lab.test/websocket"));
    assert!(exchange.messages >= 3, "{}", exchange.messages);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_that_is_refused_is_an_answer_like_any() {
    let request = "GET /chat HTTP/1.1\r\nHost: web.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    let answer =
        b"HTTP/1.1 426 Upgrade Required\r\nUpgrade: other/2\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno";
    let (server_got, got, told) = through(request, answer).await;
    assert!(server_got.to_lowercase().contains("upgrade: websocket"), "{server_got}");
    assert!(got.starts_with("HTTP/1.1 426") && got.ends_with("no"), "{got}");
    assert_eq!(told.exchange().status(), 426);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_breaks_off_breaks_off_for_both() {
    let request = "GET / HTTP/1.1\r\nHost: web.test\r\n\r\n";
    let (_, got, told) = through(request, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this").await;
    assert!(got.ends_with("only this"), "{got}");
    let exchange = told.exchange();
    let body = &exchange.response.as_ref().unwrap().body;
    assert!(matches!(body.end, Some(BodyEnd::Failed(_))), "{body:?}");
    assert_eq!(body.seen, 9);
    assert!(exchange.error.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn keep_alive_is_kept_and_the_servers_close_is_passed_on() {
    let rule = origin("web.test", |mut stream: TcpStream| async move {
        for body in ["one", "two"] {
            read_head(&mut stream).await;
            let text = format!("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{body}");
            stream.write_all(text.as_bytes()).await.unwrap();
        }
    });
    let rig = Rig::with_origins(vec![rule.await]).await;
    let mut stream = rig.connect("web.test:80").await;
    for body in ["one", "two"] {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: web.test\r\n\r\n").await.unwrap();
        soon(read_head(&mut stream)).await;
        assert_eq!(soon(read_until(&mut stream, body)).await, body);
    }
    assert_eq!(read_all(&mut stream).await, "", "closed as the server closed, not left open");
    let told = rig.stop().await;
    assert_eq!((told.connections().len(), told.exchanges().len()), (1, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_sent_ahead_are_answered_in_their_order() {
    let rule = origin("web.test", |mut stream: TcpStream| async move {
        for _ in 0..3 {
            let head = read_head(&mut stream).await;
            let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
            let text = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{path}", path.len());
            stream.write_all(text.as_bytes()).await.unwrap();
        }
    });
    let rig = Rig::with_origins(vec![rule.await]).await;
    let mut stream = rig.connect("web.test:80").await;
    let all: String = ["/a", "/b", "/c"].map(|path| format!("GET {path} HTTP/1.1\r\nHost: web.test\r\n\r\n")).concat();
    let got = ask(&mut stream, &all).await;
    let order: Vec<_> = ["/a", "/b", "/c"].iter().map(|path| got.find(path)).collect();
    assert!(order.is_sorted() && order.iter().all(Option::is_some), "{got}");
    let told = rig.stop().await;
    let urls: Vec<&str> = told.exchanges().iter().map(|e| e.url.as_str()).collect();
    assert_eq!(urls, ["http://web.test/a", "http://web.test/b", "http://web.test/c"]);
    for exchange in told.exchanges() {
        assert!(
            heads(exchange).0.contains(exchange.url.trim_start_matches("http://web.test")),
            "each has its own head"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_the_limit_is_marked_and_passed_on_whole() {
    let small = |config: &mut tlscope::proxy::Config| config.body_limit = 1000;
    let rule = saying("web.test", BIG.as_bytes()).await;
    let rig = Rig::start_with(small, vec![rule]).await;
    let mut stream = rig.connect("web.test:80").await;
    let got = ask(&mut stream, "GET / HTTP/1.1\r\nHost: web.test\r\nConnection: close\r\n\r\n").await;
    assert!(got.ends_with(&"x".repeat(3000)));
    let told = rig.stop().await;
    let body = &told.exchange().response.as_ref().unwrap().body;
    assert_eq!((body.kept.len(), body.seen, body.is_truncated()), (1000, 3000, true));
}

static BIG: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
    format!("HTTP/1.1 200 OK\r\nContent-Length: 3000\r\nConnection: close\r\n\r\n{}", "x".repeat(3000))
});
