//! Clients and servers too old for tlscope's own TLS: it stands aside, they reach each other, and
//! what is wrong with them is told from what they said in the clear.

use serde_json::json;

use crate::harness::{Key, Scene};
use crate::needs::needs;
use crate::origins;
use crate::process::{command, run, run_with};

/// A pair, and what is said of it.
struct Case<'a> {
    key: Key,
    /// Flags of `openssl s_server`.
    server: &'a [&'a str],
    /// Flags of the client.
    client: &'a [&'a str],
    version: &'a str,
    suite: &'a str,
    findings: &'a [&'a str],
}

const TLS10: Case<'_> = Case {
    key: Key::Rsa,
    server: &["-tls1", "-cipher", "DEFAULT:@SECLEVEL=0"],
    client: &[],
    version: "TLS 1.0",
    suite: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    findings: &[],
};

/// The traffic works from end to end: the client sees the origin's own certificate.
fn curl_is_tunnelled(case: &Case<'_>) {
    let scene = Scene::of(|ground| origins::s_server(ground, case.key, case.server));
    let mut curl = command("curl");
    curl.args(["-q", "--silent", "--show-error", "--fail", "https://old.test/", "--cacert"]).arg(scene.origin_ca());
    let page = run(curl.args(["--proxy", &scene.proxy("http")]).args(case.client)).well().text();
    assert!(page.contains("s_server -"), "{page}");
    is_tunnelled(scene, case);
}

fn s_client_is_tunnelled(case: &Case<'_>) {
    let scene = Scene::of(|ground| origins::s_server(ground, case.key, case.server));
    let mut client = command("openssl");
    client.args(["s_client", "-quiet", "-ign_eof", "-verify_return_error", "-connect", "old.test:443"]);
    client.arg("-proxy").arg(format!("127.0.0.1:{}", scene.port)).arg("-CAfile").arg(scene.origin_ca());
    let page = run_with(client.args(case.client), b"GET / HTTP/1.0\r\n\r\n").well().text();
    assert!(page.contains("s_server -"), "{page}");
    is_tunnelled(scene, case);
}

fn is_tunnelled(scene: Scene, case: &Case<'_>) {
    let recording = scene.recording();
    let connection = recording.connection();
    connection.has(&json!({
        "state": "closed",
        "outcome": "tunnelled",
        "given": {"kind": "tunnel", "leaf": null},
        "target": "old.test:443",
        "upstream": {"handshake": {"attempt": "tunnelled", "version": case.version, "suite": case.suite}},
    }));
    assert_eq!(connection.at("/verdicts/0/result"), "trusted");
    assert!(connection.at("/bytes_up").as_u64() > Some(0) && connection.at("/bytes_down").as_u64() > Some(1000));
    assert!(recording.exchanges().is_empty(), "nothing is read in a tunnel");
    for finding in case.findings {
        connection.is_found(finding);
    }
}

#[test]
fn a_server_of_tls10() {
    needs!("curl", "openssl");
    curl_is_tunnelled(&Case {
        client: &["--tlsv1.0", "--ciphers", "DEFAULT:@SECLEVEL=0"],
        findings: &["tunnelled-legacy-server", "proto-tls10-11-only"],
        ..TLS10
    });
}

#[test]
fn a_client_of_tls10() {
    needs!("curl", "openssl");
    curl_is_tunnelled(&Case {
        server: &["-cipher", "DEFAULT:@SECLEVEL=0"],
        client: &["--tlsv1.0", "--tls-max", "1.0", "--ciphers", "DEFAULT:@SECLEVEL=0"],
        findings: &["tunnelled-legacy-client"],
        ..TLS10
    });
}

#[test]
fn both_of_tls10() {
    needs!("openssl");
    s_client_is_tunnelled(&Case {
        client: &["-tls1", "-cipher", "DEFAULT:@SECLEVEL=0"],
        findings: &["tunnelled-legacy-client"],
        ..TLS10
    });
}

/// A server with one suite of TLS 1.2, for a client of today that has it as well.
fn server_of(cipher: &str, suite: &str, finding: &str) {
    let server = &["-tls1_2", "-cipher", cipher];
    let findings = &["tunnelled-legacy-server", finding];
    curl_is_tunnelled(&Case { key: Key::Rsa, server, client: &[], version: "TLS 1.2", suite, findings });
}

#[test]
fn a_server_of_static_rsa() {
    needs!("curl", "openssl");
    server_of("AES128-SHA", "TLS_RSA_WITH_AES_128_CBC_SHA", "cipher-static-rsa-only");
    server_of("AES128-GCM-SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256", "cipher-static-rsa-only");
}

#[test]
fn a_server_of_cbc() {
    needs!("curl", "openssl");
    server_of("ECDHE-RSA-AES128-SHA", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "cipher-cbc-only");
    server_of("ECDHE-RSA-AES256-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", "cipher-cbc-only");
}

#[test]
fn a_server_of_dhe() {
    needs!("curl", "openssl");
    server_of("DHE-RSA-AES128-GCM-SHA256", "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", "cipher-dhe-only");
}

#[test]
fn a_client_of_static_rsa() {
    needs!("openssl");
    s_client_is_tunnelled(&Case {
        key: Key::Rsa,
        server: &[],
        client: &["-tls1_2", "-cipher", "AES128-SHA"],
        version: "TLS 1.2",
        suite: "TLS_RSA_WITH_AES_128_CBC_SHA",
        findings: &["tunnelled-legacy-client"],
    });
}
