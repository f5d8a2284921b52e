//! HAR, read by others: the published JSON schema, and a library.

use std::fs;

use crate::harness::{Scene, script};
use crate::needs::{Need, needs, node_modules, python};
use crate::process::{command, run};
use crate::recording::Recording;

/// What there is to write down: methods, bodies of every kind, an answer that is none.
fn varied() -> Recording {
    let scene = Scene::of_nginx();
    let requests: [&[&str]; 5] = [
        &["https://site.test/hello.txt"],
        &["--data", "a=1&b=two", "https://site.test/form"],
        &["--json", r#"{"a":[1,2]}"#, "https://site.test/json?q=%C3%BC&q=2"],
        &["--head", "https://site.test/hello.txt?head"],
        &["--http1.1", "--cookie", "a=b", "https://site.test/missing"],
    ];
    for request in requests {
        let mut curl = command("curl");
        curl.args(["-q", "--silent", "--proxy", &scene.proxy("http"), "--cacert"]).arg(scene.ca()).args(request);
        run(&mut curl);
    }
    let recording = scene.recording();
    assert_eq!(recording.exchanges().len(), requests.len());
    recording
}

#[test]
fn the_published_schema() {
    needs!("curl", "nginx", "openssl", Need::Node(&["har-schema", "ajv"]));
    let (recording, dir) = (varied(), tempfile::tempdir().unwrap());
    let har = dir.path().join("session.har");
    fs::write(&har, recording.har().to_string()).unwrap();
    let mut node = command("node");
    let said = run(node.arg(script("har_schema.mjs")).arg(&har).args(node_modules())).well().text();
    assert_eq!(said, "valid");
}

#[test]
fn a_library() {
    needs!("curl", "nginx", "openssl", Need::Python(&["haralyzer"]));
    let (recording, dir) = (varied(), tempfile::tempdir().unwrap());
    let har = dir.path().join("session.har");
    fs::write(&har, recording.har().to_string()).unwrap();
    let said = run(command(python()).arg(script("har_reader.py")).arg(&har)).well().text();
    assert_eq!(said, "GET 200\nPOST 404\nPOST 404\nHEAD 200\nGET 404\n");
}
