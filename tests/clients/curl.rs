//! curl: every way of reaching a proxy, and everything that a body can be.

use std::ffi::OsStr;
use std::fs;

use serde_json::json;

use crate::harness::{Scene, is_intercepted};
use crate::needs::{needs, skipped};
use crate::origins::{HELLO, RESOURCES, has_ipv6};
use crate::process::{Ended, command, run};

const URL: &str = "https://site.test/hello.txt";

/// Large enough for every window and buffer on the way to fill up.
const LARGE: usize = 64 << 20;

/// curl with tlscope's CA and without a configuration of its own.
fn curl<I: AsRef<OsStr>>(scene: &Scene, args: impl IntoIterator<Item = I>) -> Ended {
    let mut curl = command("curl");
    curl.args(["-q", "--silent", "--show-error", "--fail", "--cacert"]).arg(scene.ca());
    run(curl.args(args)).well()
}

/// curl with tlscope as its HTTP proxy.
fn proxied(scene: &Scene, args: &[&str]) -> Ended {
    curl(scene, ["--proxy", &scene.proxy("http")].iter().chain(args))
}

/// Whatever `args` make of the way to the file, it arrives and is recorded.
fn fetches(args: impl FnOnce(&Scene) -> Vec<String>, intake: &str, protocol: &str) {
    let scene = Scene::of_nginx();
    let args = args(&scene);
    assert_eq!(curl(&scene, args.iter().map(String::as_str).chain([URL])).text(), HELLO);
    let recording = scene.recording();
    let connection = recording.connection();
    is_intercepted(connection, protocol);
    connection.has(&json!({"intake": intake, "target": "site.test:443", "name": "site.test", "exchanges": 1}));
    connection.has(&json!({"upstream": {"sni": "site.test", "handshake": {"version": "TLS 1.3"}}}));
    let body = json!({"seen": HELLO.len(), "end": "complete", "text": HELLO});
    recording.exchange(URL).has(&json!({"method": "GET", "response": {"status": 200, "body": body}, "error": null}));
}

#[test]
fn http1_behind_connect() {
    needs!("curl", "nginx", "openssl");
    fetches(|scene| vec!["--http1.1".into(), "--proxy".into(), scene.proxy("http")], "connect", "http1");
}

#[test]
fn http2_behind_connect() {
    needs!("curl", "nginx", "openssl");
    fetches(|scene| vec!["--http2".into(), "--proxy".into(), scene.proxy("http")], "connect", "http2");
}

#[test]
fn http2_behind_socks5() {
    needs!("curl", "nginx", "openssl");
    fetches(|scene| vec!["--proxy".into(), scene.proxy("socks5h")], "socks5", "http2");
}

#[test]
fn http2_behind_a_bare_hello() {
    needs!("curl", "nginx", "openssl");
    let to_tlscope = |scene: &Scene| vec!["--connect-to".into(), format!("::127.0.0.1:{}", scene.port)];
    fetches(to_tlscope, "client-hello", "http2");
}

#[test]
fn http1_with_tls12() {
    needs!("curl", "nginx", "openssl");
    let scene = Scene::of_nginx();
    assert_eq!(proxied(&scene, &["--http1.1", "--tls-max", "1.2", URL]).text(), HELLO);
    let recording = scene.recording();
    is_intercepted(recording.connection(), "http1");
    recording
        .connection()
        .has(&json!({"client": {"version": "TLS 1.2"}, "upstream": {"handshake": {"version": "TLS 1.3"}}}));
}

/// A client that finds its servers itself says an address; whom it means stands in its hello.
#[test]
fn an_address_with_a_name_in_the_hello() {
    needs!("curl", "nginx", "openssl");
    let scene = Scene::of_nginx();
    let args = ["--resolve", "site.test:443:127.0.0.1", "--proxy", &scene.proxy("socks5"), URL];
    assert_eq!(curl(&scene, args).text(), HELLO);
    let recording = scene.recording();
    is_intercepted(recording.connection(), "http2");
    recording.connection().has(&json!({"intake": "socks5", "target": "127.0.0.1:443", "name": "site.test"}));
    recording.exchange(URL).has(&json!({"response": {"status": 200}}));
}

/// Without TLS: the ways of asking, and how each is told.
fn fetches_plain(args: &[&str], intake: &str) {
    let url = "http://site.test/hello.txt";
    let scene = Scene::of_nginx();
    assert_eq!(proxied(&scene, &[args, &[url]].concat()).text(), HELLO);
    let recording = scene.recording();
    let expected = json!({"intake": intake, "protocol": "http1", "given": {"kind": "plain"}, "outcome": "relayed"});
    recording.connection().has(&expected).has(&json!({"target": "site.test:80", "exchanges": 1}));
    recording.exchange(url).has(&json!({"response": {"status": 200, "body": {"seen": HELLO.len()}}}));
}

#[test]
fn plain_http_behind_connect() {
    needs!("curl", "nginx", "openssl");
    fetches_plain(&["--proxytunnel"], "connect");
}

#[test]
fn plain_http_in_absolute_form() {
    needs!("curl", "nginx", "openssl");
    fetches_plain(&[], "absolute-form");
}

/// Bytes that show when some are lost or change places.
fn large_body() -> Vec<u8> {
    let block: Vec<u8> = (0..=250).collect();
    let mut bytes = block.repeat(LARGE / block.len() + 1);
    bytes.truncate(LARGE);
    bytes
}

fn uploads(version: &str, protocol: &str) {
    let scene = Scene::of_nginx();
    let file = scene.path("large");
    fs::write(&file, large_body()).unwrap();
    let url = "https://site.test/put/large";
    proxied(&scene, &[version, "--upload-file", file.to_str().unwrap(), url]);
    assert!(fs::read(scene.path("www/put/large")).unwrap() == large_body(), "the body was damaged");
    let recording = scene.recording();
    is_intercepted(recording.connection(), protocol);
    let request = json!({"body": {"seen": LARGE, "truncated": true, "end": "complete"}});
    recording.exchange(url).has(&json!({"method": "PUT", "request": request, "response": {"status": 201}}));
}

#[test]
fn a_large_upload_over_http1() {
    needs!("curl", "nginx", "openssl");
    uploads("--http1.1", "http1");
}

#[test]
fn a_large_upload_over_http2() {
    needs!("curl", "nginx", "openssl");
    uploads("--http2", "http2");
}

fn downloads(version: &str, protocol: &str) {
    let scene = Scene::of_nginx();
    fs::write(scene.path("www/large"), large_body()).unwrap();
    let url = "https://site.test/large";
    assert!(proxied(&scene, &[version, url]).stdout == large_body(), "the body was damaged");
    let recording = scene.recording();
    is_intercepted(recording.connection(), protocol);
    recording.connection().has(&json!({"bytes_down": LARGE}));
    let response = json!({"status": 200, "body": {"seen": LARGE, "truncated": true, "end": "complete"}});
    recording.exchange(url).has(&json!({"response": response}));
}

#[test]
fn a_large_download_over_http1() {
    needs!("curl", "nginx", "openssl");
    downloads("--http1.1", "http1");
}

#[test]
fn a_large_download_over_http2() {
    needs!("curl", "nginx", "openssl");
    downloads("--http2", "http2");
}

/// An answer without a body is recorded as one, and both ends go on without waiting for it.
fn answers_without_a_body(path: &str, args: &[&str], status: u16) {
    for version in ["--http1.1", "--http2"] {
        let scene = Scene::of_nginx();
        let url = format!("https://site.test{path}");
        let newest = scene.path("www/hello.txt");
        let args = args.iter().map(|arg| if *arg == "HELLO" { newest.to_str().unwrap() } else { arg });
        proxied(&scene, &[version, &url].into_iter().chain(args).collect::<Vec<_>>());
        let recording = scene.recording();
        let response = json!({"status": status, "body": {"seen": 0, "end": "complete"}});
        recording.exchange(&url).has(&json!({"response": response, "error": null}));
    }
}

#[test]
fn head() {
    needs!("curl", "nginx", "openssl");
    answers_without_a_body("/hello.txt", &["--head"], 200);
}

#[test]
fn no_content() {
    needs!("curl", "nginx", "openssl");
    answers_without_a_body("/nothing", &[], 204);
}

#[test]
fn not_modified() {
    needs!("curl", "nginx", "openssl");
    answers_without_a_body("/hello.txt", &["--time-cond", "HELLO"], 304);
}

#[test]
fn chunked_and_compressed() {
    needs!("curl", "nginx", "openssl");
    let scene = Scene::of_nginx();
    let url = "https://site.test/zipped/long.txt";
    let long = HELLO.repeat(1000);
    assert_eq!(proxied(&scene, &["--http1.1", "--compressed", url]).text(), long);
    let recording = scene.recording();
    let exchange = recording.exchange(url);
    exchange.has(&json!({"response": {"status": 200, "body": {"text": long, "end": "complete"}}}));
    assert!(exchange.at("/response/headers").as_array().unwrap().contains(&json!(["Transfer-Encoding", "chunked"])));
    assert!(exchange.at("/response/body/seen").as_u64().unwrap() < 1000, "counted as it was on the wire");
}

#[test]
fn expect_100_continue() {
    needs!("curl", "nginx", "openssl");
    let scene = Scene::of_nginx();
    let url = "https://site.test/put/small";
    let file = scene.path("ca.pem");
    let args = ["--http1.1", "--verbose", "--header", "Expect: 100-continue", "--expect100-timeout", "60"];
    let ended = proxied(&scene, &[&args[..], &["--upload-file", file.to_str().unwrap(), url]].concat());
    assert!(ended.stderr.contains("< HTTP/1.1 100 Continue"), "{}", ended.stderr);
    assert_eq!(fs::read(scene.path("www/put/small")).unwrap(), fs::read(&file).unwrap());
    let recording = scene.recording();
    let exchange = recording.exchange(url);
    exchange.has(&json!({"response": {"status": 201}, "request": {"body": {"end": "complete"}}}));
    exchange.has(&json!({"informational": [{"version": "HTTP/1.1", "line": "HTTP/1.1 100 Continue", "headers": []}]}));
}

/// A body without a length, which the origin takes all the same.
#[test]
fn a_chunked_upload() {
    needs!("curl", "nginx", "openssl");
    let scene = Scene::of_nginx();
    let url = "https://site.test/put/chunked";
    let file = scene.path("ca.pem");
    let args = ["--http1.1", "--header", "Transfer-Encoding: chunked", "--upload-file", file.to_str().unwrap(), url];
    proxied(&scene, &args);
    let sent = fs::read_to_string(&file).unwrap();
    assert_eq!(fs::read_to_string(scene.path("www/put/chunked")).unwrap(), sent);
    let recording = scene.recording();
    let body = json!({"seen": sent.len(), "end": "complete", "text": sent});
    recording.exchange(url).has(&json!({"request": {"body": body}, "response": {"status": 201}, "error": null}));
}

/// The server answers before it has the body, and does not want the rest.
fn is_told_of_a_refusal(version: &str) {
    let scene = Scene::of_nginx();
    fs::write(scene.path("large"), large_body()).unwrap();
    let url = "https://site.test/narrow/large";
    let mut curl = command("curl");
    curl.args(["-q", "--silent", "--show-error", "--output", "/dev/null", "--write-out", "%{http_code}", version]);
    curl.arg("--cacert").arg(scene.ca()).args(["--proxy", &scene.proxy("http"), "--header", "Expect:"]);
    let ended = run(curl.arg("--upload-file").arg(scene.path("large")).arg(url));
    assert_eq!(ended.text(), "413", "{}", ended.stderr);
    let recording = scene.recording();
    let exchange = recording.exchange(url);
    exchange.has(&json!({"response": {"status": 413, "body": {"end": "complete"}}}));
    assert!(exchange.at("/request/body/seen").as_u64() < Some(LARGE as u64));
}

#[test]
fn an_upload_that_is_refused_over_http1() {
    needs!("curl", "nginx", "openssl");
    is_told_of_a_refusal("--http1.1");
}

#[test]
fn an_upload_that_is_refused_over_http2() {
    needs!("curl", "nginx", "openssl");
    is_told_of_a_refusal("--http2");
}

/// As a browser's after years of cookies.
#[test]
fn a_large_head() {
    needs!("curl", "nginx", "openssl");
    let cookie = format!("Cookie: a={}", "x".repeat(60_000));
    for version in ["--http1.1", "--http2"] {
        let scene = Scene::of_nginx();
        assert_eq!(proxied(&scene, &[version, "--header", &cookie, URL]).text(), HELLO, "{version}");
        let recording = scene.recording();
        recording.exchange(URL).has(&json!({"response": {"status": 200}}));
    }
}

#[test]
fn part_of_a_file() {
    needs!("curl", "nginx", "openssl");
    let scene = Scene::of_nginx();
    assert_eq!(proxied(&scene, &["--range", "6-9", URL]).text(), "from");
    let body = json!({"seen": 4, "text": "from"});
    scene.recording().exchange(URL).has(&json!({"response": {"status": 206, "body": body}}));
}

#[test]
fn http10() {
    needs!("curl", "nginx", "openssl");
    let scene = Scene::of_nginx();
    assert_eq!(proxied(&scene, &["--http1.0", URL]).text(), HELLO);
    let request = json!({"version": "HTTP/1.0", "line": "GET /hello.txt HTTP/1.0"});
    scene.recording().exchange(URL).has(&json!({"request": request, "response": {"status": 200}, "error": null}));
}

/// A client that has had enough.
#[test]
fn a_download_that_is_given_up() {
    needs!("curl", "nginx", "openssl");
    for version in ["--http1.1", "--http2"] {
        let scene = Scene::of_nginx();
        fs::write(scene.path("www/large"), large_body()).unwrap();
        let url = "https://site.test/large";
        let mut curl = command("curl");
        curl.args(["-q", "--silent", "--max-filesize", "1000", version, "--cacert"]).arg(scene.ca());
        assert!(!run(curl.args(["--proxy", &scene.proxy("http"), url])).is_well());
        let recording = scene.recording();
        let exchange = recording.exchange(url);
        exchange.has(&json!({"response": {"status": 200, "body": {"end": "dropped"}}}));
        assert!(exchange.at("/response/body/seen").as_u64() < Some(LARGE as u64));
    }
}

#[test]
fn many_requests_at_a_time() {
    needs!("curl", "nginx", "openssl");
    let scene = Scene::of_nginx();
    let urls: Vec<_> = (0..RESOURCES).map(|n| format!("https://site.test/{n}.svg")).collect();
    let args = ["--http2", "--parallel", "--parallel-max", "50"];
    proxied(&scene, &args.into_iter().chain(urls.iter().map(String::as_str)).collect::<Vec<_>>());
    let recording = scene.recording();
    assert_eq!(recording.exchanges().len(), RESOURCES);
    for url in urls {
        recording.exchange(&url).has(&json!({"response": {"status": 200, "body": {"end": "complete"}}}));
    }
}

#[test]
fn two_requests_on_one_connection() {
    needs!("curl", "nginx", "openssl");
    for version in ["--http1.1", "--http2"] {
        let scene = Scene::of_nginx();
        proxied(&scene, &[version, URL, "https://site.test/long.txt"]);
        let recording = scene.recording();
        recording.connection().has(&json!({"exchanges": 2}));
        assert_eq!(recording.exchanges().len(), 2);
        recording.exchange("https://site.test/long.txt").has(&json!({"response": {"status": 200}}));
    }
}

/// However the name is written, the same server is meant.
#[test]
fn names_in_other_forms() {
    needs!("curl", "nginx", "openssl");
    let cases = [
        ("https://site.test./hello.txt", "site.test"),
        ("https://SITE.Test/hello.txt", "site.test"),
        ("https://bücher.test/hello.txt", "xn--bcher-kva.test"),
        ("https://xn--bcher-kva.test/hello.txt", "xn--bcher-kva.test"),
    ];
    for (url, name) in cases {
        let scene = Scene::of_nginx();
        assert_eq!(proxied(&scene, &[url]).text(), HELLO, "{url}");
        let recording = scene.recording();
        is_intercepted(recording.connection(), "http2");
        recording.connection().has(&json!({"target": format!("{name}:443"), "name": name}));
        recording.exchanges()[0].has(&json!({"response": {"status": 200}}));
    }
}

#[test]
fn a_port_of_its_own() {
    needs!("curl", "nginx", "openssl");
    let scene = Scene::of_nginx();
    let authority = format!("site.test:{}", scene.origin_port(443));
    let url = format!("https://{authority}/hello.txt");
    assert_eq!(proxied(&scene, &[&url]).text(), HELLO);
    let recording = scene.recording();
    is_intercepted(recording.connection(), "http2");
    recording.connection().has(&json!({"target": authority, "name": "site.test"}));
    recording.exchange(&url).has(&json!({"response": {"status": 200}}));
}

#[test]
fn an_ipv6_literal() {
    needs!("curl", "nginx", "openssl");
    if !has_ipv6() {
        // Nothing that can be installed.
        return skipped("an_ipv6_literal", "there is no IPv6 loopback");
    }
    for proxy in ["http", "socks5h"] {
        let scene = Scene::of_nginx();
        let url = format!("https://[::1]:{}/hello.txt", scene.origin_port(443));
        assert_eq!(curl(&scene, ["--globoff", "--proxy", &scene.proxy(proxy), &url]).text(), HELLO, "{proxy}");
        let target = format!("[::1]:{}", scene.origin_port(443));
        let recording = scene.recording();
        is_intercepted(recording.connection(), "http2");
        recording.connection().has(&json!({"target": target, "name": "::1", "upstream": {"sni": null}}));
        recording.exchange(&url).has(&json!({"response": {"status": 200}}));
    }
}
