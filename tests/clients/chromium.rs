//! Chromium, without a screen: a page with many resources.

use std::fs;
use std::process::Command;

use serde_json::json;

use crate::harness::{Scene, is_intercepted};
use crate::needs::needs;
use crate::origins::RESOURCES;
use crate::process::{command, find, run};

/// Puts tlscope's CA where Chromium looks for its user's own; false where nothing can do that.
pub(crate) fn trusts_ca(scene: &Scene) -> bool {
    let store = scene.path(".pki/nssdb");
    fs::create_dir_all(&store).unwrap();
    let of_store = |command: &mut Command| run(command.arg("-d").arg(format!("sql:{}", store.display()))).well();
    let found = find("certutil").is_some();
    if found {
        of_store(command("certutil").args(["-N", "--empty-password"]));
        of_store(command("certutil").args(["-A", "-n", "tlscope", "-t", "C,,", "-i"]).arg(scene.ca()));
    }
    found
}

fn chromium(scene: &Scene) -> Command {
    let mut chromium = command("chromium");
    chromium.env("HOME", scene.path("")).arg(format!("--user-data-dir={}", scene.path("profile").display()));
    chromium.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--dump-dom"]);
    chromium.args(["--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update"]);
    chromium.args(["--disable-sync", &format!("--proxy-server={}", scene.proxy("http"))]);
    if !trusts_ca(scene) {
        chromium.arg("--ignore-certificate-errors");
    }
    chromium
}

#[test]
fn a_page_with_many_resources() {
    needs!("chromium", "nginx", "openssl");
    let scene = Scene::of_nginx();
    let page = run(chromium(&scene).arg("https://site.test/page.html")).well().text();
    assert!(page.contains("<img src=\"49.svg\">"), "{page}");
    let recording = scene.recording();
    let page = recording.exchange("https://site.test/page.html");
    let resources = (0..RESOURCES).map(|n| recording.exchange(&format!("https://site.test/{n}.svg")));
    for exchange in resources.chain([page]) {
        exchange.has(&json!({"connection": page.at("/connection"), "request": {"version": "HTTP/2"}}));
        exchange.has(&json!({"response": {"status": 200, "body": {"end": "complete"}}, "error": null}));
    }
    let mut connections = recording.connections().into_iter();
    is_intercepted(connections.find(|own| own.at("/id") == page.at("/connection")).unwrap(), "http2");
}
