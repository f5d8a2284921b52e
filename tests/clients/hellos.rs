//! What the hellos of real clients look like on their way through tlscope, and that their fingerprints are
//! those that a second reading of the same bytes has (`scripts/fingerprints.py`, Python's hashes and no line of
//! tlscope's).

use serde_json::json;

use crate::harness::{Scene, script};
use crate::needs::{Need, needs, python};
use crate::process::{command, run};
use crate::recording::Record;

const URL: &str = "https://site.test/hello.txt";

#[track_caller]
fn looks_like(connection: Record<'_>, client: &str) {
    connection.has(&json!({"client": {"looks_like": client}}));
    let raw = connection.at("/client/hello/raw").as_str().unwrap();
    let said = run(command(python()).arg(script("fingerprints.py")).arg(raw)).well().text();
    let own = ["/client/ja3", "/client/ja4"].map(|name| connection.at(name).as_str().unwrap());
    assert_eq!(said, format!("{}\n{}\n", own[0], own[1]));
}

#[test]
fn curl() {
    needs!("curl", "nginx", "openssl", Need::Python(&["hashlib"]));
    let scene = Scene::of_nginx();
    let mut curl = command("curl");
    curl.args(["-q", "--silent", "--proxy", &scene.proxy("http"), "--cacert"]).arg(scene.ca()).arg(URL);
    run(&mut curl).well();
    looks_like(scene.recording().connection(), "curl (libcurl with OpenSSL)");
}

#[test]
fn wget() {
    needs!("wget", "nginx", "openssl", Need::Python(&["hashlib"]));
    let scene = Scene::of_nginx();
    let mut wget = command("wget");
    wget.args(["--no-config", "--quiet", "--output-document=-", "-e", &format!("https_proxy={}", scene.proxy("http"))]);
    run(wget.arg("--ca-certificate").arg(scene.ca()).arg(URL)).well();
    looks_like(scene.recording().connection(), "wget (GnuTLS)");
}

#[test]
fn requests() {
    needs!("nginx", "openssl", Need::Python(&["requests"]));
    let scene = Scene::of_nginx();
    let mut client = command(python());
    run(client.arg(script("client_requests.py")).arg(scene.proxy("http")).arg(scene.ca()).arg(URL)).well();
    looks_like(scene.recording().connection(), "Python (ssl, OpenSSL)");
}
