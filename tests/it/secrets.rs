//! The CA's key, and the proxy's password, are in no answer, no document and no log.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::cli::{Running, tlscope};

const PASSWORD: &str = "me:correct-horse-battery";

/// What a secret would look like wherever it is written: as bytes, in hexadecimal, in base64 at any place
/// of a longer text.
struct Needles(Vec<Vec<u8>>);

impl Needles {
    /// Of a private key: pieces of what only its owner knows, which is behind the modulus.
    fn of_key(der: &[u8]) -> Self {
        let pieces = [6, 7, 8, 9].map(|tenth| &der[der.len() * tenth / 10..][..48]);
        Self(pieces.iter().flat_map(|piece| Self::forms(piece)).collect())
    }

    fn forms(piece: &[u8]) -> Vec<Vec<u8>> {
        let hex: String = piece.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut forms = vec![piece.to_vec(), hex.to_uppercase().into_bytes(), hex.into_bytes()];
        for skipped in 0..3 {
            let whole = &piece[skipped..skipped + (piece.len() - skipped) / 3 * 3];
            // A line of PEM has 64 characters: half of it is on one line in any case.
            let text = BASE64_STANDARD.encode(whole);
            forms.extend([text.as_bytes()[..28].to_vec(), BASE64_URL_SAFE.encode(whole).into_bytes()]);
        }
        forms
    }

    fn are_in(&self, bytes: &[u8]) -> bool {
        self.0.iter().any(|needle| bytes.windows(needle.len()).any(|window| window == &needle[..]))
    }
}

/// Asks the proxy's port, and gives the whole answer.
fn get(proxy: SocketAddr, path: &str, fields: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(proxy).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {proxy}\r\n{fields}Connection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    answer
}

/// Every address that a page of the portal leads to, and those that somebody might try.
fn portal_paths(proxy: SocketAddr) -> Vec<String> {
    let tried = [
        "/",
        "/tlscope-ca.pem",
        "/ca/tlscope-ca.pem",
        "/../ca/tlscope-ca.pem",
        "/%2e%2e/ca/tlscope-ca.pem",
        "/ca.key",
        "/ca.pem?key=1",
        "/key",
        "/.//ca.pem",
        "/ca.p12",
    ];
    let mut paths: Vec<String> = tried.map(str::to_owned).to_vec();
    let mut at = 0;
    while let Some(path) = paths.get(at).cloned() {
        let page = String::from_utf8_lossy(&get(proxy, &path, "")).into_owned();
        let links = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        for link in links.filter(|link| link.starts_with('/')) {
            if !paths.iter().any(|known| known == link) {
                paths.push(link.to_owned());
            }
        }
        at += 1;
    }
    paths
}

/// A request through the proxy to a server of the lab, inside TLS.
fn intercepted(proxy: SocketAddr, ca: &Path) -> String {
    let mut stream = TcpStream::connect(proxy).unwrap();
    let basic = BASE64_STANDARD.encode(PASSWORD);
    write!(stream, "CONNECT good.lab.test:443 HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Basic {basic}\r\n\r\n")
        .unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config =
        ClientConfig::builder_with_provider(provider).with_protocol_versions(rustls::DEFAULT_VERSIONS).unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from("good.lab.test").unwrap();
    let mut tls = StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), stream);
    tls.write_all(b"GET /json HTTP/1.1\r\nHost: good.lab.test\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    let _ = tls.read_to_string(&mut answer);
    answer
}

#[test]
fn neither_the_key_nor_the_password_is_ever_told() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("home");
    let file = |name: &str| dir.path().join(name).display().to_string();
    let (log, events, har) = (file("log"), file("events"), file("har"));
    let args = [
        "-vv",
        "--lab",
        "--with-secrets",
        "--log",
        &log,
        "--events",
        &events,
        "--har",
        &har,
        "--proxy-password",
        PASSWORD,
    ];
    let running = Running::start(&home, &args);
    let secret = home.join("ca/tlscope-ca.pem");
    let key = PrivatePkcs8KeyDer::from_pem_file(&secret).unwrap();
    let needles = Needles::of_key(key.secret_pkcs8_der());
    assert!(needles.are_in(&fs::read(&secret).unwrap()), "what is looked for is what would be found");
    assert!(needles.are_in(key.secret_pkcs8_der()));

    let mut seen: Vec<(String, Vec<u8>)> = Vec::new();
    for path in portal_paths(running.address) {
        seen.push((format!("GET {path}"), get(running.address, &path, "")));
        seen.push((
            format!("GET http://tlscope.test{path}"),
            get(running.address, &format!("http://tlscope.test{path}"), ""),
        ));
    }
    assert!(
        seen.iter().filter(|(_, answer)| answer.starts_with(b"HTTP/1.1 200")).count() >= 6,
        "the downloads are found"
    );
    let basic = format!("Proxy-Authorization: Basic {}\r\n", BASE64_STANDARD.encode(PASSWORD));
    seen.push(("a page about a server".to_owned(), get(running.address, "http://nobody.invalid/", &basic)));
    assert!(intercepted(running.address, &home.join("ca/tlscope-ca-cert.pem")).starts_with("HTTP/1.1 200"));
    let (code, said) = running.stop();
    assert_eq!(code, Some(3), "a server was not reached: {said}");
    seen.push(("what it said".to_owned(), said.into_bytes()));
    let session = fs::read_dir(home.join("sessions")).unwrap().next().unwrap().unwrap().path();
    let files = [("log", log), ("events", events), ("har", har), ("session", session.display().to_string())];
    seen.extend(files.map(|(what, path)| (what.to_owned(), fs::read(path).unwrap())));
    for form in ["path", "pem", "der", "p12", "mobileconfig", "android"] {
        seen.push((format!("ca {form}"), tlscope(&home).args(["ca", form]).output().unwrap().stdout));
    }
    for format in ["har", "jsonl", "session"] {
        let out = dir.path().join(format);
        let export = ["export", "--with-secrets", "--format", format, "-o"];
        let done = tlscope(&home).args(export).args([&out, &session]).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        seen.push((format!("export {format}"), fs::read(out).unwrap()));
    }
    let password = Needles(vec![b"correct-horse".to_vec(), BASE64_STANDARD.encode(PASSWORD).into_bytes()]);
    for (what, bytes) in &seen {
        assert!(!bytes.is_empty() || what == "log", "{what} is empty");
        assert!(!needles.are_in(bytes), "the CA's key is in {what}");
        assert!(!password.are_in(bytes), "the proxy's password is in {what}");
    }
}
