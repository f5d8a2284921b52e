//! Java: both of its clients, with the trust store that tlscope makes for it.

use serde_json::json;

use crate::harness::{Scene, is_intercepted, script};
use crate::needs::needs;
use crate::origins::HELLO;
use crate::process::{command, run};

const URL: &str = "https://site.test/hello.txt";

fn fetches(client: &str, protocol: &str) {
    let scene = Scene::of_nginx();
    let mut java = command("java");
    java.arg(format!("-Djavax.net.ssl.trustStore={}", scene.trust_store().display()));
    java.args(["-Djavax.net.ssl.trustStorePassword=changeit", "-Djavax.net.ssl.trustStoreType=PKCS12"]);
    java.args(["-Dhttps.proxyHost=127.0.0.1", &format!("-Dhttps.proxyPort={}", scene.port)]);
    let page = run(java.arg(script("Client.java")).args([client, URL])).well().text();
    assert_eq!(page, HELLO);
    let recording = scene.recording();
    is_intercepted(recording.connection(), protocol);
    recording.connection().has(&json!({"intake": "connect", "target": "site.test:443"}));
    recording.exchange(URL).has(&json!({"response": {"status": 200, "body": {"seen": HELLO.len(), "text": HELLO}}}));
}

#[test]
fn http_client() {
    needs!("java", "nginx", "openssl");
    fetches("HttpClient", "http2");
}

#[test]
fn url_connection() {
    needs!("java", "nginx", "openssl");
    fetches("HttpsURLConnection", "http1");
}
