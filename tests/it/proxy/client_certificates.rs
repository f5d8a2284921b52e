//! Servers that ask for a client certificate, and what they are shown.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, RootCertStore, ServerConfig, SignatureScheme};
use tlscope::model::{ClientCertificate, FindingId, Handshake};
use tlscope::net::{self, ClientCertRule, ConnectRule, Dialler, KeyFiles, Keys, Offer, Secret};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;

use crate::rig::{Rig, Told, ask, origin, soon};

const GET: &str = "GET / HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nConnection: close\r\n\r\n";

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("certs/fixtures/clients").join(name)
}

fn certificates(name: &str) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_file_iter(fixture(name)).unwrap().map(Result::unwrap).collect()
}

/// Accepts whatever it is shown, or nothing, and names these authorities.
#[derive(Debug)]
struct Naming(Vec<DistinguishedName>);

impl ClientCertVerifier for Naming {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.0
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, signed, &provider().signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, signed, &provider().signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// Wants a certificate that leads to one of these.
fn demanding(roots: Vec<CertificateDer<'static>>) -> Arc<dyn ClientCertVerifier> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(roots);
    WebPkiClientVerifier::builder_with_provider(Arc::new(store), provider()).build().unwrap()
}

/// A server of this version that is `host`; it says which certificate it was shown.
async fn server(
    host: &str,
    version: &'static rustls::SupportedProtocolVersion,
    verifier: Arc<dyn ClientCertVerifier>,
) -> ConnectRule {
    let chain = certificates("sec1.pem");
    let key = PrivateKeyDer::from_pem_file(fixture("sec1.pem")).unwrap();
    let config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[version])
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    origin(host, move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut tls) = acceptor.accept(stream).await else { return };
            let mut request = [0; 1024];
            let _ = tls.read(&mut request).await;
            let shown = tls.get_ref().1.peer_certificates().map_or(0, <[_]>::len);
            let body = format!("{shown} certificates");
            let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
            let _ = tls.write_all(format!("{head}{body}").as_bytes()).await;
            let _ = tls.shutdown().await;
        }
    })
    .await
}

fn keys(rules: &[(&str, &str)]) -> Keys {
    let rule = |(host, file): &(&str, &str)| format!("{host}={}", fixture(file).display()).parse().unwrap();
    let client_certs: Vec<ClientCertRule> = rules.iter().map(rule).collect();
    KeyFiles { client_certs, passwords: vec![Secret::new("secret")], key_log: None }.open(true).unwrap()
}

/// What a client gets of `target` with that name in its hello, and what was recorded.
async fn asked(keys: Keys, rule: ConnectRule, target: &str, sni: &str) -> (String, Told) {
    let rig = Rig::start_over(|net| net.connect_to = vec![rule], keys, |_| {}).await;
    let mut tls = rig.tls(target, sni, &[]).await;
    let answer = ask(&mut tls, GET).await;
    (answer, rig.stop().await)
}

fn shown(told: &Told) -> Option<ClientCertificate> {
    told.connection().upstream.handshake.as_ref().unwrap().client_certificate.clone()
}

const VERSIONS: [&rustls::SupportedProtocolVersion; 2] = [&rustls::version::TLS12, &rustls::version::TLS13];

/// What a server is shown by tlscope alone, without a client, and what it says.
async fn introduced(keys: Keys, rule: ConnectRule, target: &str, sni: &str) -> (Handshake, String) {
    let dialler = Dialler::new(net::Config { connect_to: vec![rule], ..net::Config::default() }).with_keys(keys);
    let tcp = soon(dialler.connect(&target.parse().unwrap())).await.unwrap();
    let offer = Offer { sni: Some(sni.to_owned()), alpn: Vec::new() };
    let mut leg = soon(dialler.handshake(tcp, &offer)).await.unwrap();
    let answer = ask(&mut leg.stream, GET).await;
    (leg.handshake, answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_demands_one_gets_the_one_set_for_it() {
    for version in VERSIONS {
        for (file, chain) in [
            ("pkcs8.pem", 2),
            ("pkcs1.pem", 2),
            ("sec1.pem", 2),
            ("ed25519.pem", 2),
            ("modern.p12", 2),
            ("legacy.p12", 2),
            // Without its issuer, which the server has then to know.
            ("ec.p12", 1),
        ] {
            let rule = server("mtls.test", version, demanding(certificates("authorities.pem"))).await;
            let (seen, answer) = introduced(keys(&[("mtls.test", file)]), rule, "mtls.test:443", "mtls.test").await;
            assert!(answer.ends_with(&format!("{chain} certificates")), "{version:?} {file}: {answer}");
            let own = seen.client_certificate.unwrap();
            assert!(own.shown && own.issuer_named == Some(true), "{version:?} {file}: {own:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_shown_is_recorded() {
    let rule = server("mtls.test", &rustls::version::TLS13, demanding(certificates("authorities.pem"))).await;
    let (answer, told) = asked(keys(&[("mtls.test", "modern.p12")]), rule, "mtls.test:443", "mtls.test").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(shown(&told).unwrap().subject, "rsa");
    assert!(told.findings().contains(&FindingId::ClientCertRequested), "{:?}", told.findings());
    assert!(!told.findings().contains(&FindingId::ClientCaListEmptyOrForeign), "{:?}", told.findings());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_one_it_is_demanded_and_with_a_strangers_refused() {
    for version in VERSIONS {
        let rule = server("mtls.test", version, demanding(certificates("authorities.pem"))).await;
        let (answer, told) = asked(Keys::default(), rule, "mtls.test:443", "mtls.test").await;
        assert!(answer.starts_with("HTTP/1.1 502"), "{version:?}: {answer}");
        assert!(told.findings().contains(&FindingId::ClientCertRequired), "{version:?}: {:?}", told.findings());
        assert_eq!(shown(&told), None);

        let stranger = certificates("../algorithms/rsa2048-sha256.pem");
        let rule = server("mtls.test", version, demanding(stranger)).await;
        let (answer, told) = asked(keys(&[("mtls.test", "modern.p12")]), rule, "mtls.test:443", "mtls.test").await;
        assert!(answer.starts_with("HTTP/1.1 502"), "{version:?}: {answer}");
        let findings = told.findings();
        assert!(findings.contains(&FindingId::ClientCertRejected), "{version:?}: {findings:?}");
        assert!(!findings.contains(&FindingId::ClientCertRequired), "{version:?}: {findings:?}");
        // It had said so beforehand: the authorities that it named are others.
        assert!(findings.contains(&FindingId::ClientCaListEmptyOrForeign), "{version:?}: {findings:?}");
        assert_eq!(shown(&told).unwrap().issuer_named, Some(false));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn authorities_that_are_foreign_or_not_named_are_told() {
    let foreign = DistinguishedName::from(b"\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01x".to_vec());
    for (version, named) in
        VERSIONS.into_iter().flat_map(|version| [(version, vec![foreign.clone()]), (version, vec![])])
    {
        let is_named = !named.is_empty();
        let rule = server("mtls.test", version, Arc::new(Naming(named))).await;
        let (answer, told) = asked(keys(&[("*.test", "pkcs8.pem")]), rule, "mtls.test:443", "mtls.test").await;
        assert!(answer.ends_with("2 certificates"), "shown all the same: {answer}");
        let findings = told.findings();
        assert!(findings.contains(&FindingId::ClientCaListEmptyOrForeign), "{version:?}: {findings:?}");
        assert_eq!(shown(&told).unwrap().issuer_named, is_named.then_some(false));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_shown_to_nobody_but_the_hosts_named() {
    let cases = [
        ("a.test", "a.test:443", "a.test", true),
        ("*.test:443", "a.test:443", "a.test", true),
        ("*.test:8443", "a.test:443", "a.test", false),
        ("b.test", "a.test:443", "a.test", false),
        // The name in the hello is the client's: it does not make a server somebody else.
        ("b.test", "a.test:443", "b.test", false),
        // But where the client asked for a bare address, there is no other name.
        ("b.test", "192.0.2.1:443", "b.test", true),
    ];
    for (rule, target, sni, expected) in cases {
        let named = DistinguishedName::from(b"\x30\x00".to_vec());
        let host = target.split(':').next().unwrap();
        let origin = server(host, &rustls::version::TLS13, Arc::new(Naming(vec![named]))).await;
        let (seen, answer) = introduced(keys(&[(rule, "pkcs8.pem")]), origin, target, sni).await;
        assert!(
            answer.ends_with(if expected { "2 certificates" } else { "0 certificates" }),
            "{rule} {target}: {answer}"
        );
        assert_eq!(seen.client_certificate.is_some(), expected, "{rule} {target} {sni}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_most_specific_rule_decides() {
    let rule = server("a.test", &rustls::version::TLS13, demanding(certificates("authorities.pem"))).await;
    let keys = keys(&[("*", "ed25519.pem"), ("a.test", "ec.p12"), ("*.test", "modern.p12")]);
    let (seen, _) = introduced(keys, rule, "a.test:443", "a.test").await;
    assert_eq!(seen.client_certificate.unwrap().subject, "ec");
}
