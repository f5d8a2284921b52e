//! Clients that were never given tlscope's CA: each says no in its own way, and is understood as
//! far as it says anything.

use std::process::Command;

use serde_json::json;

use crate::harness::{Scene, script};
use crate::needs::{Need, needs, python};
use crate::process::{command, run};

const URL: &str = "https://site.test/hello.txt";

/// The client fails every time; what it does to the handshake, and what that is called in the end.
fn refuses(times: usize, how: &[&str], finding: &str, client: impl Fn(&Scene) -> Command) {
    let scene = Scene::of_nginx();
    for _ in 0..times {
        assert!(!run(&mut client(&scene)).is_well(), "it trusts whom it should not");
    }
    let recording = scene.recording();
    assert!(recording.exchanges().is_empty());
    assert_eq!(recording.connections().len(), times);
    for connection in recording.connections() {
        connection.has(&json!({"state": "closed", "outcome": "client-failed", "given": {"kind": "pass"}}));
        let outcome = connection.at("/client/outcome/kind").as_str().unwrap();
        assert!(how.contains(&outcome), "{outcome}: {connection}");
        // It is the client's doing, and nothing is wrong with the server.
        assert_eq!(connection.at("/verdicts/0/result"), "trusted");
    }
    recording.connections().last().unwrap().is_found(finding);
}

/// OpenSSL and Java tell why.
fn says_why(client: impl Fn(&Scene) -> Command) {
    refuses(1, &["alert"], "client-rejected-proxy-ca", client);
}

fn curl(scene: &Scene, args: &[&str]) -> Command {
    let mut curl = command("curl");
    curl.args(["-q", "--silent", "--proxy", &scene.proxy("http"), URL]).args(args);
    curl.arg("--cacert").arg(scene.origin_ca());
    curl
}

#[test]
fn curl_with_tls13() {
    needs!("curl", "nginx", "openssl");
    says_why(|scene| curl(scene, &[]));
}

#[test]
fn curl_with_tls12() {
    needs!("curl", "nginx", "openssl");
    says_why(|scene| curl(scene, &["--tls-max", "1.2"]));
}

#[test]
fn python_urllib() {
    needs!(Need::Python(&["ssl"]), "nginx", "openssl");
    says_why(|scene| {
        let mut client = command(python());
        client.arg(script("client_urllib.py")).arg(scene.proxy("http")).arg(scene.origin_ca()).arg(URL);
        client
    });
}

#[test]
fn java() {
    needs!("java", "nginx", "openssl");
    says_why(|scene| {
        let mut java = command("java");
        java.args(["-Dhttps.proxyHost=127.0.0.1", &format!("-Dhttps.proxyPort={}", scene.port)]);
        java.arg(script("Client.java")).args(["HttpsURLConnection", URL]);
        java
    });
}

/// With GnuTLS it ends the handshake, looks at the certificate only then, and says nothing; three
/// times is no chance.
#[test]
fn wget() {
    needs!("wget", "nginx", "openssl");
    refuses(3, &["silent-close", "silent-reset"], "pin-suspected", |scene| {
        let mut wget = command("wget");
        wget.args(["--no-config", "--quiet", "--no-hsts", "--tries=1", "--output-document=-", URL]);
        wget.arg(format!("--ca-certificate={}", scene.origin_ca().display())).env("https_proxy", scene.proxy("http"));
        wget
    });
}

/// It looks at the certificate by itself, as soon as it has it, and closes.
#[test]
fn node() {
    needs!("node", "nginx", "openssl");
    refuses(1, &["eof-in-handshake", "reset-in-handshake"], "client-handshake-failed", |scene| {
        let mut node = command("node");
        node.arg(script("client_https.mjs")).arg(scene.proxy("http")).arg(scene.origin_ca()).arg(URL);
        node
    });
}
