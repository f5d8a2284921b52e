//! Node: its own https module, and fetch.

use serde_json::json;

use crate::harness::{Scene, is_intercepted, script};
use crate::needs::{Need, needs, node_modules};
use crate::origins::HELLO;
use crate::process::{command, run};

const URL: &str = "https://site.test/hello.txt";

fn fetches(name: &str) {
    let scene = Scene::of_nginx();
    let mut node = command("node");
    node.arg(script(name)).arg(scene.proxy("http")).arg(scene.ca()).arg(URL).args(node_modules());
    assert_eq!(run(&mut node).well().text(), HELLO);
    let recording = scene.recording();
    is_intercepted(recording.connection(), "http1");
    recording.connection().has(&json!({"intake": "connect", "target": "site.test:443"}));
    recording.exchange(URL).has(&json!({"response": {"status": 200, "body": {"seen": HELLO.len(), "text": HELLO}}}));
}

#[test]
fn https() {
    needs!("node", "nginx", "openssl");
    fetches("client_https.mjs");
}

#[test]
fn fetch() {
    needs!(Need::Node(&["undici"]), "nginx", "openssl");
    fetches("client_fetch.mjs");
}
