//! An app that pins keeps working: it is refused, tunnelled from then on, and its server is judged
//! all the same.

use serde_json::json;

use crate::harness::{Scene, is_intercepted};
use crate::needs::needs;
use crate::origins::{self, HELLO};
use crate::process::{Ended, command, run};

const URL: &str = "https://site.test/hello.txt";

/// The names of nginx's other certificate.
const OTHER: &str = "https://xn--bcher-kva.test/hello.txt";

/// curl that trusts both CAs, and on request a single key.
fn curl(scene: &Scene, args: &[&str]) -> Ended {
    let bundle = scene.path("both.pem");
    let both = [scene.ca(), scene.origin_ca()].map(|file| std::fs::read_to_string(file).unwrap()).concat();
    std::fs::write(&bundle, both).unwrap();
    let mut curl = command("curl");
    curl.args(["-q", "--silent", "--show-error", "--fail", "--proxy", &scene.proxy("http")]);
    run(curl.arg("--cacert").arg(bundle).args(args))
}

/// The pin of the origin's own key, as curl takes it: the hash of its SubjectPublicKeyInfo.
fn pin(scene: &Scene) -> String {
    let leaf = scene.path("leaf.pem");
    let key = run(command("openssl").args(["x509", "-noout", "-pubkey", "-in"]).arg(leaf)).well().text();
    let lines = key.lines().filter(|line| !line.starts_with("-----"));
    let der = scene.path("key.der");
    let base64 = lines.collect::<String>();
    let decoded = crate::process::run_with(command("openssl").args(["base64", "-d", "-A"]), base64.as_bytes()).well();
    std::fs::write(&der, decoded.stdout).unwrap();
    let hash = run(command("openssl").args(["dgst", "-sha256", "-binary"]).arg(&der)).well().stdout;
    let pin = crate::process::run_with(command("openssl").args(["base64", "-A"]), &hash).well().text();
    format!("sha256//{}", pin.trim_end())
}

#[test]
fn a_pinned_app_keeps_working_and_its_server_is_judged() {
    needs!("curl", "nginx", "openssl");
    let scene = Scene::with(&["--tunnel-after-refusal=auto"], origins::nginx);
    let pin = pin(&scene);
    let pinned = || curl(&scene, &["--pinnedpubkey", &pin, URL]);
    assert_eq!(curl(&scene, &[OTHER]).well().text(), HELLO);
    for refused in 0..2 {
        assert!(!pinned().is_well(), "refusal {refused}");
    }
    assert_eq!(pinned().well().text(), HELLO, "through the tunnel");
    assert_eq!(curl(&scene, &[OTHER]).well().text(), HELLO);
    let recording = scene.recording();
    let [other, first, second, tunnelled, again] = recording.connections()[..] else { panic!("five connections") };
    is_intercepted(other, "http2");
    for refused in [first, second] {
        refused.has(&json!({"outcome": "client-failed", "client": {"outcome": {"kind": "silent-close"}}}));
    }
    second.is_found("pin-suspected");
    tunnelled.has(&json!({
        "outcome": "tunnelled",
        "given": {"kind": "tunnel"},
        "upstream": {"handshake": {"attempt": "observed", "version": "TLS 1.3"}},
    }));
    tunnelled.is_found("tunnelled-by-policy");
    tunnelled.is_found("tunnel-observed");
    assert_eq!(tunnelled.at("/verdicts/0/result"), "trusted", "by tlscope's own look");
    is_intercepted(again, "http2");
}

#[test]
fn a_resumed_session_of_tls12_is_judged_by_a_look_as_well() {
    needs!("openssl");
    let old = |ground: &crate::harness::Ground| origins::s_server(ground, crate::harness::Key::Rsa, &["-tls1_2"]);
    let scene = Scene::with(&["--tunnel=*"], old);
    let session = scene.path("session.pem");
    for flag in ["-sess_out", "-sess_in"] {
        let mut client = command("openssl");
        client.args(["s_client", "-quiet", "-ign_eof", "-connect", "old.test:443", "-servername", "old.test"]);
        client.arg("-proxy").arg(format!("127.0.0.1:{}", scene.port)).arg(flag).arg(&session);
        let page = crate::process::run_with(&mut client, b"GET / HTTP/1.0\r\n\r\n").well().text();
        assert!(page.contains("s_server -"), "{page}");
    }
    let recording = scene.recording();
    let [whole, resumed] = recording.connections()[..] else { panic!("two connections") };
    whole.has(&json!({"upstream": {"handshake": {"attempt": "tunnelled", "version": "TLS 1.2"}}}));
    resumed.has(&json!({"upstream": {"handshake": {"attempt": "observed", "version": "TLS 1.2"}}}));
    for connection in [whole, resumed] {
        assert_eq!(connection.at("/verdicts/0/result"), "trusted");
    }
}
