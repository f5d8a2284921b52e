//! Clients that know no proxy, on ports that lead to one server each.

use serde_json::json;

use crate::harness::{Scene, script};
use crate::needs::{Need, needs, python};
use crate::origins;
use crate::process::{command, run};

/// A port of its own for the target.
fn reverse_to(target: &str) -> String {
    format!("--reverse=127.0.0.1:0={target}")
}

/// It writes an address where a name should be in its hello, and no name goes on to the broker. What
/// it verifies is that address, which is tlscope's.
#[test]
fn mqtt_over_tls_without_a_name() {
    needs!("mosquitto", "mosquitto_pub", "openssl");
    let scene = Scene::with(&[&reverse_to("broker.test:8883")], origins::mosquitto);
    let mut client = command("mosquitto_pub");
    client.args(["-h", "127.0.0.1", "-p", &scene.reversed().to_string(), "-t", "topic", "-q", "1", "-m", "a message"]);
    run(client.arg("--cafile").arg(scene.ca())).well();
    let recording = scene.recording();
    let connection = recording.connection();
    connection.has(&json!({
        "intake": "reverse",
        "target": "broker.test:8883",
        "name": "broker.test",
        "outcome": "relayed",
        "raw_guess": "mqtt",
        "given": {"kind": "pass"},
        "upstream": {"sni": null, "handshake": {"attempt": "modern", "completed": true}},
    }));
    assert_eq!(connection.at("/verdicts/0/result"), "trusted");
    assert!(connection.findings().is_empty(), "{:?}", connection.findings());
    assert!(connection.at("/bytes_up").as_u64() > Some(20));
}

#[test]
fn mail_greets_first_and_its_starttls_is_told() {
    needs!(Need::Python(&["smtplib", "ssl"]), "openssl");
    let scene = Scene::with(&[&reverse_to("site.test:443")], |ground| origins::in_python(ground, "origin_smtp.py"));
    let mut client = command(python());
    client.arg(script("client_smtp.py")).arg(scene.reversed().to_string()).arg(scene.origin_ca());
    let said = run(&mut client).well().text();
    assert_eq!(said, "220 in the clear\n250 under TLS\n");
    let recording = scene.recording();
    let [clear, started] = recording.connections()[..] else { panic!("two connections") };
    for connection in [clear, started] {
        connection
            .has(&json!({"intake": "reverse", "outcome": "relayed", "raw_guess": "smtp", "given": {"kind": "plain"}}));
    }
    assert!(clear.findings().is_empty(), "{:?}", clear.findings());
    started.is_found("starttls-not-intercepted");
}

#[test]
fn plain_http_without_a_proxy() {
    needs!("curl", "nginx", "openssl");
    let scene = Scene::with(&[&reverse_to("site.test:80")], origins::nginx);
    let url = format!("http://127.0.0.1:{}/hello.txt", scene.reversed());
    let mut curl = command("curl");
    let page = run(curl.args(["-q", "--silent", "--show-error", "--fail", &url])).well().text();
    assert_eq!(page, origins::HELLO);
    let recording = scene.recording();
    recording.connection().has(&json!({"intake": "reverse", "protocol": "http1", "given": {"kind": "plain"}}));
    recording.exchange(&url).has(&json!({"response": {"status": 200}}));
}
