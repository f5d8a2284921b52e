//! Python: the libraries that its programs use, and gRPC and WebSocket as it has them.

use serde_json::json;

use crate::harness::{Scene, is_intercepted, script};
use crate::needs::{Need, needs, python};
use crate::origins::{self, HELLO};
use crate::process::{Ended, command, run};

const URL: &str = "https://site.test/hello.txt";

/// Runs a client, which is told the proxy, its CA and where to go.
fn client(scene: &Scene, name: &str, to: &str) -> Ended {
    let mut client = command(python());
    run(client.arg(script(name)).arg(scene.proxy("http")).arg(scene.ca()).arg(to)).well()
}

fn fetches(name: &str, protocol: &str) {
    let scene = Scene::of_nginx();
    assert_eq!(client(&scene, name, URL).text(), HELLO);
    let recording = scene.recording();
    is_intercepted(recording.connection(), protocol);
    recording.connection().has(&json!({"intake": "connect", "target": "site.test:443"}));
    recording.exchange(URL).has(&json!({"response": {"status": 200, "body": {"seen": HELLO.len(), "text": HELLO}}}));
}

#[test]
fn urllib() {
    needs!(Need::Python(&["ssl"]), "nginx", "openssl");
    fetches("client_urllib.py", "http1");
}

#[test]
fn requests() {
    needs!(Need::Python(&["requests"]), "nginx", "openssl");
    fetches("client_requests.py", "http1");
}

#[test]
fn httpx() {
    needs!(Need::Python(&["httpx", "h2"]), "nginx", "openssl");
    fetches("client_httpx.py", "http2");
}

#[test]
fn websocket() {
    needs!(Need::Python(&["websockets.sync.client"]), "openssl");
    let scene = Scene::of(|ground| origins::in_python(ground, "origin_websockets.py"));
    let url = "wss://site.test/talk";
    client(&scene, "client_websockets.py", url);
    let recording = scene.recording();
    is_intercepted(recording.connection(), "http1");
    // Two messages, a ping and a close, and the answer to each.
    recording.exchange(url).has(&json!({"response": {"status": 101}, "messages": 8, "error": null}));
    let messages = recording.messages(url);
    let text = "Grüße ".repeat(1000);
    for of_type in ["send", "receive"] {
        let own: Vec<_> = messages.iter().filter(|message| message[0] == of_type).collect();
        assert!(own.iter().any(|[_, opcode, data]| opcode == "1" && *data == text), "the text, inflated");
        // 256 times 300 bytes, in base64.
        assert!(
            own.iter().any(|[_, opcode, data]| opcode == "2" && data.len() == 76_800 / 3 * 4),
            "the bytes, inflated"
        );
    }
}

#[test]
fn grpc() {
    needs!(Need::Python(&["grpc"]), "openssl");
    let scene = Scene::of(|ground| origins::in_python(ground, "origin_grpc.py"));
    client(&scene, "client_grpc.py", "site.test:443");
    let recording = scene.recording();
    is_intercepted(recording.connection(), "http2");
    for (method, seen, count) in [("Once", 5 + 4, "1"), ("Often", 20 * (5 + 5), "20")] {
        let exchange = recording.exchange(&format!("https://site.test/test.Echo/{method}"));
        exchange
            .has(&json!({"method": "POST", "response": {"status": 200, "body": {"seen": seen, "end": "complete"}}}));
        let trailers = exchange.at("/response/body/trailers").as_array().unwrap();
        assert!(trailers.contains(&json!(["grpc-status", "0"])), "{trailers:?}");
        assert!(trailers.contains(&json!(["x-count", count])), "{trailers:?}");
    }
    recording.exchange("https://site.test/test.Echo/Never").has(&json!({"response": {"body": {"seen": 0}}}));
}
