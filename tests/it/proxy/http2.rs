//! Relaying HTTP/2: many requests on one connection, trailers, and WebSocket by RFC 8441.

use bytes::Bytes;
use http::{Method, Request, StatusCode, Version};
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::ext::Protocol as ExtendedProtocol;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tlscope::model::{Direction, MessageKind, Protocol};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::rig::{Rig, soon};

const HOST: &str = "good.lab.test";

async fn client<B>(rig: &Rig) -> SendRequest<B>
where
    B: http_body::Body + Send + Unpin + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let tls = rig.tls(&format!("{HOST}:443"), HOST, &["h2"]).await;
    let (sender, connection) = soon(handshake(TokioExecutor::new(), TokioIo::new(tls))).await.unwrap();
    tokio::spawn(connection);
    sender
}

fn get(path: &str) -> Request<Empty<Bytes>> {
    Request::get(format!("https://{HOST}{path}")).header("x-test", "1").body(Empty::new()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn many_requests_go_over_one_connection() {
    let rig = Rig::start().await;
    let sender = client(&rig).await;
    let answers = (0..20).map(|n| {
        let mut sender = sender.clone();
        async move {
            let answer = sender.send_request(get(&format!("/bytes/{}", n * 100))).await.unwrap();
            assert_eq!(answer.version(), Version::HTTP_2);
            (n * 100, answer.into_body().collect().await.unwrap().to_bytes().len())
        }
    });
    for (asked, came) in soon(futures_util::future::join_all(answers)).await {
        assert_eq!(asked, came);
    }
    drop(sender);
    let told = rig.stop().await;
    assert_eq!(told.connection().protocol, Some(Protocol::Http2));
    assert_eq!(told.exchanges().len(), 20);
    let exchange = told.exchanges()[7];
    let names: Vec<String> =
        exchange.request_head.fields().map(|(name, _)| String::from_utf8_lossy(name).into_owned()).collect();
    assert_eq!(names.iter().filter(|name| name.starts_with(':')).count(), 4, "{names:?}");
    assert!(names.contains(&"x-test".to_owned()) && exchange.request_head.is_http2());
}

#[tokio::test(flavor = "multi_thread")]
async fn trailers_come_through() {
    let rig = Rig::start().await;
    let mut sender = client(&rig).await;
    let answer = soon(sender.send_request(get("/trailers"))).await.unwrap();
    let trailers = soon(answer.into_body().collect()).await.unwrap().trailers().cloned().unwrap();
    assert!(!trailers.is_empty());
    drop(sender);
    let told = rig.stop().await;
    let body = &told.exchange().response.as_ref().unwrap().body;
    assert_eq!(body.trailers.len(), trailers.len());
    assert!(told.exchange().error.is_none() && body.end == Some(tlscope::model::BodyEnd::Complete), "{body:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn head_and_posts_and_statuses() {
    let rig = Rig::start().await;
    let mut sender = client(&rig).await;
    let head = Request::head(format!("https://{HOST}/json")).body(Full::default()).unwrap();
    assert_eq!(soon(sender.send_request(head)).await.unwrap().status(), StatusCode::OK);
    let post = Request::post(format!("https://{HOST}/echo")).body(Full::new(Bytes::from_static(b"a body"))).unwrap();
    let echoed = soon(sender.send_request(post)).await.unwrap().into_body();
    assert!(String::from_utf8_lossy(&soon(echoed.collect()).await.unwrap().to_bytes()).contains("a body"));
    for status in [204, 304, 500] {
        let request = Request::get(format!("https://{HOST}/status/{status}")).body(Full::default()).unwrap();
        assert_eq!(soon(sender.send_request(request)).await.unwrap().status(), status);
    }
    drop(sender);
    let told = rig.stop().await;
    let seen: Vec<(u16, bool)> = told.exchanges().iter().map(|e| (e.status(), e.error.is_none())).collect();
    assert_eq!(seen, [(200, true), (200, true), (204, true), (304, true), (500, true)]);
    assert_eq!(&told.exchanges()[1].request_body.kept[..], b"a body");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_over_http2() {
    let rig = Rig::start().await;
    let mut sender = client::<Empty<Bytes>>(&rig).await;
    let mut request = Request::new(Empty::new());
    *request.method_mut() = Method::CONNECT;
    *request.uri_mut() = format!("https://{HOST}/websocket").parse().unwrap();
    request.headers_mut().insert("sec-websocket-version", "13".parse().unwrap());
    request.extensions_mut().insert(ExtendedProtocol::from_static("websocket"));
    let answer = soon(sender.send_request(request)).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let mut stream = TokioIo::new(soon(hyper::upgrade::on(answer)).await.unwrap());
    stream.write_all(b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58").await.unwrap();
    let mut echoed = [0; 7];
    soon(stream.read_exact(&mut echoed)).await.unwrap();
    assert_eq!(&echoed, b"\x81\x05Hello");
    drop((stream, sender));
    let told = rig.stop().await;
    let texts: Vec<_> = told.messages.iter().filter(|m| m.kind == MessageKind::Text).collect();
    assert_eq!(texts.iter().map(|m| m.direction).collect::<Vec<_>>(), [Direction::Up, Direction::Down]);
    assert!(texts.iter().all(|m| &m.kept[..] == b"Hello"));
    assert_eq!(told.exchange().method, "CONNECT");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_breaks_off_breaks_off_for_the_client() {
    let rig = Rig::start().await;
    let mut sender = client(&rig).await;
    // The reset may overtake the head on its way to whoever asked.
    if let Ok(answer) = soon(sender.send_request(get("/broken"))).await {
        assert!(soon(answer.into_body().collect()).await.is_err());
    }
    // The connection is as good as before.
    assert_eq!(soon(sender.send_request(get("/json"))).await.unwrap().status(), StatusCode::OK);
    drop(sender);
    let told = rig.stop().await;
    let errors: Vec<bool> = told.exchanges().iter().map(|e| e.error.is_some()).collect();
    assert_eq!(errors, [true, false]);
}
