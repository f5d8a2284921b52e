//! Real proxies between tlscope and its servers, real servers that demand client certificates, and key
//! logs beside those of OpenSSL.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::checked::check;
use crate::harness::{Ground, Key, Scene};
use crate::needs::needs;
use crate::origins::{self, HELLO, Origin, free_port, starting};
use crate::process::{Ended, Running, command, run, run_with, until};

/// A proxy that lets `me` through with `s3same`.
struct Proxy {
    _server: Running,
    port: u16,
}

fn tinyproxy(ground: &Ground) -> Proxy {
    let port = free_port();
    let config = ground.path("tinyproxy.conf");
    let text = format!("Port {port}\nListen 127.0.0.1\nMaxClients 20\nLogLevel Connect\nBasicAuth me s3same\n");
    fs::write(&config, text).unwrap();
    let mut program = command("tinyproxy");
    ready(Running::start(program.arg("-d").arg("-c").arg(config), ground.path("tinyproxy.log")), port)
}

fn microsocks(ground: &Ground) -> Proxy {
    let port = free_port();
    let mut program = command("microsocks");
    program.args(["-i", "127.0.0.1", "-p", &port.to_string(), "-u", "me", "-P", "s3same"]);
    ready(Running::start(&mut program, ground.path("microsocks.log")), port)
}

/// Neither says when it is ready.
fn ready(server: Running, port: u16) -> Proxy {
    until("the proxy", || TcpStream::connect(("127.0.0.1", port)).ok());
    Proxy { _server: server, port }
}

/// nginx behind a proxy behind tlscope. The origin is asked for at its own port, whose address tlscope
/// knows; what it knows it asks the proxy for.
fn scene_through(start: fn(&Ground) -> Proxy, scheme: &str, login: &str) -> (Scene, Proxy) {
    let mut proxy = None;
    let scene = Scene::prepared(origins::nginx, |ground| {
        let started = proxy.insert(start(ground));
        vec![format!("--upstream-proxy={scheme}://{login}@127.0.0.1:{}", started.port)]
    });
    (scene, proxy.unwrap())
}

fn get(scene: &Scene, scheme: &str, known: u16) -> Ended {
    let mut curl = command("curl");
    curl.args(["--silent", "--show-error", "--proxy", &scene.proxy("http")]).arg("--cacert").arg(scene.ca());
    run(curl.arg(format!("{scheme}://site.test:{}/hello.txt", scene.origin_port(known))))
}

fn goes_through(start: fn(&Ground) -> Proxy, scheme: &str) {
    let (scene, proxy) = scene_through(start, scheme, "me:s3same");
    for (scheme, known) in [("https", 443), ("http", 80)] {
        assert_eq!(get(&scene, scheme, known).well().text(), HELLO);
    }
    let ports = [443, 80].map(|known| scene.origin_port(known));
    let recording = scene.recording();
    for port in ports {
        let connections = recording.connections();
        let asked = format!("127.0.0.1:{port}");
        let is_it = |via: &serde_json::Value| *via == asked;
        let connection = connections.iter().find(|one| is_it(one.at("/upstream/via/asked"))).unwrap();
        connection.has(&json!({"outcome": "relayed", "upstream": {
            "address": asked,
            "failure": null,
            "via": {"proxy": format!("{scheme}://127.0.0.1:{}", proxy.port), "address": format!("127.0.0.1:{}", proxy.port)},
        }}));
        assert!(connection.at("/upstream/timing/proxy_ms").is_number());
        assert!(!connection.findings().iter().any(|id| id.starts_with("upstream-proxy")));
    }
    assert!(!serde_json::to_string(recording.har()).unwrap().contains("s3same"), "the login is nobody's business");
}

#[test]
fn through_tinyproxy() {
    needs!("nginx", "openssl", "curl", "tinyproxy");
    goes_through(tinyproxy, "http");
}

#[test]
fn through_microsocks() {
    needs!("nginx", "openssl", "curl", "microsocks");
    goes_through(microsocks, "socks5");
    goes_through(microsocks, "socks5h");
}

fn is_refused(start: fn(&Ground) -> Proxy, scheme: &str, login: &str, words: &str) {
    let (scene, _proxy) = scene_through(start, scheme, login);
    let page = get(&scene, "https", 443).well().text();
    assert!(page.contains("upstream-proxy-login") && page.contains(words), "{page}");
}

#[test]
fn a_wrong_login_is_told() {
    needs!("nginx", "openssl", "curl", "tinyproxy", "microsocks");
    is_refused(tinyproxy, "http", "me:wrong", "refused the login");
    is_refused(microsocks, "socks5h", "me:wrong", "refused the login");
}

#[test]
fn check_goes_through_a_proxy_too() {
    needs!("openssl", "tinyproxy");
    let ground = Ground::new();
    let origin = origins::s_server(&ground, Key::P256, &[]);
    let proxy = tinyproxy(&ground);
    let port = origin.ports[0].1;
    let args = |login: &str| {
        vec![
            format!("old.test:{port}"),
            format!("--resolve=old.test:{port}:127.0.0.1"),
            "--offline".to_owned(),
            format!("--upstream-proxy=http://{login}127.0.0.1:{}", proxy.port),
        ]
    };
    let checked = check(&ground, "home", args("me:s3same@"));
    assert_eq!(
        (checked.at("/outcome"), checked.at("/via/proxy")),
        (&json!("connected"), &json!(format!("http://127.0.0.1:{}", proxy.port)))
    );
    let checked = check(&ground, "home", args(""));
    assert_eq!(checked.evidence("upstream-proxy-login")["via"], json!(format!("http://127.0.0.1:{}", proxy.port)));
}

fn client(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("certs/fixtures/clients").join(name)
}

#[test]
fn openssl_demands_a_client_certificate() {
    needs!("openssl");
    for version in ["-tls1_2", "-tls1_3"] {
        let ground = Ground::new();
        let authorities = client("authorities.pem");
        let demands = [version, "-Verify", "3", "-verify_return_error", "-CAfile", authorities.to_str().unwrap()];
        let origin = origins::s_server(&ground, Key::P256, &demands);
        let port = origin.ports[0].1;
        let ask = |flags: &[String]| {
            let known =
                [format!("old.test:{port}"), format!("--resolve=old.test:{port}:127.0.0.1"), "--offline".into()];
            check(&ground, "home", known.iter().chain(flags))
        };
        for file in ["pkcs8.pem", "sec1.pem", "ed25519.pem", "encrypted.pem", "modern.p12", "legacy.p12"] {
            let rule = format!("--client-cert=old.test={}", client(file).display());
            let password = "--client-cert-password=secret".to_owned();
            let checked = ask(&[rule, password]);
            let shown = checked.at("/handshake/client_certificate/shown");
            assert_eq!(
                (checked.at("/outcome"), shown),
                (&json!("connected"), &json!(true)),
                "{version} {file}: {checked}"
            );
        }
        ask(&[]).evidence("client-cert-required");
        let stranger = format!("--client-cert=*={}", own_certificate(&ground).display());
        let checked = ask(&[stranger]);
        assert_eq!(checked.evidence("client-cert-rejected")["certificate"], "stranger", "{checked}");
        checked.evidence("client-ca-list-empty-or-foreign");
    }
}

/// A certificate that nobody issued, with its key.
fn own_certificate(ground: &Ground) -> PathBuf {
    let mut openssl = command("openssl");
    openssl.current_dir(ground.path("")).args(["req", "-x509", "-config", "req.cnf", "-nodes", "-newkey", "rsa:2048"]);
    run(openssl.args(["-subj", "/CN=stranger", "-out", "stranger.pem", "-keyout", "stranger.key"])).well();
    let both = ["stranger.pem", "stranger.key"].map(|name| fs::read_to_string(ground.path(name)).unwrap()).concat();
    fs::write(ground.path("both.pem"), both).unwrap();
    ground.path("both.pem")
}

/// nginx that lets in who shows a certificate, and says whom it saw.
fn demanding_nginx(ground: &Ground) -> Origin {
    ground.leaf(Key::P256, "DNS:site.test");
    fs::copy(client("authorities.pem"), ground.path("authorities.pem")).unwrap();
    starting(|| {
        let port = free_port();
        let text = format!(
            "daemon off; master_process off; pid nginx.pid; error_log stderr notice; events {{}}
            http {{ access_log off; client_body_temp_path a; proxy_temp_path b; fastcgi_temp_path c; uwsgi_temp_path d;
            scgi_temp_path e; ssl_certificate leaf.pem; ssl_certificate_key leaf.key;
            server {{ listen 127.0.0.1:{port} ssl; ssl_verify_client on; ssl_verify_depth 3;
            ssl_client_certificate authorities.pem; location / {{ return 200 \"$ssl_client_s_dn\\n\"; }} }} }}"
        );
        fs::write(ground.path("nginx.conf"), text).unwrap();
        let mut nginx = command("nginx");
        nginx.arg("-p").arg(ground.path("")).args(["-c", "nginx.conf", "-e", "stderr"]);
        let mut server = Running::start(&mut nginx, ground.path("nginx.log"));
        let ports = vec![(443, port)];
        if server.says("getrlimit(") { Ok(Origin::new(server, ports)) } else { Err(server.said()) }
    })
}

#[test]
fn nginx_demands_a_client_certificate() {
    needs!("nginx", "openssl", "curl");
    let ask = |host: &str| {
        let rule = format!("--client-cert={host}={}", client("pkcs1.pem").display());
        let scene = Scene::prepared(demanding_nginx, |_| vec![rule]);
        let mut curl = command("curl");
        curl.args(["--silent", "--show-error", "--proxy", &scene.proxy("http")]).arg("--cacert").arg(scene.ca());
        let answer = run(curl.arg("https://site.test/")).well().text();
        (answer, scene.recording())
    };
    let (answer, recording) = ask("site.test");
    assert_eq!(answer, "CN=rsa\n");
    recording.connection().is_found("client-cert-requested").has(&json!({"upstream": {"handshake": {
        "client_certificate": {"subject": "rsa", "shown": true, "issuer_named": true}}}}));
    // nginx lets the handshake pass and answers by HTTP.
    let (answer, recording) = ask("other.test");
    assert!(answer.contains("400 No required SSL certificate was sent"), "{answer}");
    recording.connection().has(&json!({"upstream": {"handshake": {"client_certificate": null}}}));
}

/// The lines of a key log, without comments.
fn secrets(path: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_lowercase).collect()
}

#[test]
fn key_logs_are_those_of_the_peers() {
    needs!("openssl");
    for version in ["-tls1_2", "-tls1_3"] {
        let scene = Scene::prepared(
            |ground| origins::s_server(ground, Key::P256, &[version, "-keylogfile", "server.keys"]),
            |ground| vec![format!("--key-log={}", ground.path("keys").display())],
        );
        let warning = format!("TLS secrets are written to {}", scene.path("keys.client").display());
        assert!(scene.said().contains(&warning), "{}", scene.said());
        let mut client = command("openssl");
        client.args(["s_client", "-quiet", "-ign_eof", "-connect", "old.test:443", version, "-keylogfile"]);
        client.arg(scene.path("client.keys")).arg("-proxy").arg(format!("127.0.0.1:{}", scene.port));
        run_with(&mut client, b"GET / HTTP/1.0\r\n\r\n").well();
        for (ours, theirs) in [("keys.client", "client.keys"), ("keys.upstream", "server.keys")] {
            let mode = fs::metadata(scene.path(ours)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            let (ours, theirs) = (secrets(&scene.path(ours)), secrets(&scene.path(theirs)));
            // In TLS 1.3 both know of the handshake, of the traffic, each way, and of the exporter.
            assert_eq!(ours.len(), if version == "-tls1_3" { 5 } else { 1 }, "{ours:?}");
            assert!(ours.is_subset(&theirs), "{version}\n{ours:#?}\n{theirs:#?}");
        }
        drop(scene);
    }
}
