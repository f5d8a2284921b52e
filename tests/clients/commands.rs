//! Programs of a command line beside curl.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::harness::{Scene, is_intercepted};
use crate::needs::needs;
use crate::origins::HELLO;
use crate::process::{command, run, run_with};

const URL: &str = "https://site.test/hello.txt";

#[test]
fn wget() {
    needs!("wget", "nginx", "openssl");
    let scene = Scene::of_nginx();
    let mut wget = command("wget");
    wget.args(["--no-config", "--quiet", "--no-hsts", "--tries=1", "--output-document=-"]);
    wget.arg(format!("--ca-certificate={}", scene.ca().display())).env("https_proxy", scene.proxy("http")).arg(URL);
    assert_eq!(run(&mut wget).well().text(), HELLO);
    let recording = scene.recording();
    is_intercepted(recording.connection(), "http1");
    recording.exchange(URL).has(&json!({"response": {"status": 200, "body": {"seen": HELLO.len(), "text": HELLO}}}));
}

/// git without anybody's configuration.
pub(crate) fn git(dir: &Path) -> Command {
    let mut git = command("git");
    git.current_dir(dir).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    git.args(["-c", "user.name=A", "-c", "user.email=a@site.test", "-c", "init.defaultBranch=main"]);
    git
}

/// A repository of one commit, as a plain web server can serve it.
pub(crate) fn serve_repository(made: &Path, served: &Path) {
    fs::create_dir(made).unwrap();
    run(git(made).args(["init", "--quiet"])).well();
    run(git(made).args(["commit", "--quiet", "--allow-empty", "--message=First"])).well();
    run(git(made).args(["clone", "--quiet", "--bare", "."]).arg(served)).well();
    run(git(served).arg("update-server-info")).well();
}

#[test]
fn git_clone() {
    needs!("git", "nginx", "openssl");
    let scene = Scene::of_nginx();
    serve_repository(&scene.path("made"), &scene.path("www/repo.git"));
    let mut clone = git(&scene.path(""));
    clone.env("https_proxy", scene.proxy("http")).env("GIT_SSL_CAINFO", scene.ca());
    run(clone.args(["clone", "--quiet", "https://site.test/repo.git", "cloned"])).well();
    assert_eq!(run(git(&scene.path("cloned")).args(["log", "--format=%s"])).well().text(), "First\n");
    let recording = scene.recording();
    recording.connections().into_iter().for_each(|connection| is_intercepted(connection, "http2"));
    let refs = "https://site.test/repo.git/info/refs?service=git-upload-pack";
    recording.exchange(refs).has(&json!({"response": {"status": 200}}));
    recording.exchange("https://site.test/repo.git/HEAD").has(&json!({"response": {"status": 200}}));
}

#[test]
fn openssl_s_client() {
    needs!("nginx", "openssl");
    let scene = Scene::of_nginx();
    let mut client = command("openssl");
    client.args(["s_client", "-quiet", "-ign_eof", "-verify_return_error", "-connect", "site.test:443"]);
    client.arg("-proxy").arg(format!("127.0.0.1:{}", scene.port)).arg("-CAfile").arg(scene.ca());
    let request = "GET /hello.txt HTTP/1.1\r\nHost: site.test\r\nConnection: close\r\n\r\n";
    let answer = run_with(&mut client, request.as_bytes()).well().text();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with(HELLO), "{answer}");
    let recording = scene.recording();
    // It offers no ALPN: what is spoken is seen by the first bytes.
    is_intercepted(recording.connection(), "http1");
    recording.connection().has(&json!({"client": {"alpn": null, "version": "TLS 1.3", "hello": {"alpn": []}}}));
    recording.exchange(URL).has(&json!({"response": {"status": 200, "body": {"seen": HELLO.len()}}}));
}
