//! Every identity of the catalogue is wrong in the point that it claims, and in no other.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::sign::SingleCertAndKey;
use tlscope::ca::{Authority, Catalogue, KeyChoice, Mint, Shown};
use tlscope::check::{Question, check_server};
use tlscope::diagnosis::Trust;
use tlscope::inquiry::{Config, Inquiry};
use tlscope::model::{FindingId, Host, Identity, MadeFor, RootSet, RootSetName, Severity, Target, TlsVersion};
use tlscope::net::{self, Dialler};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::rig::now;

fn acceptor(shown: &Shown) -> TlsAcceptor {
    let versions: &[_] = match shown.version {
        Some(TlsVersion::TLS12) => &[&rustls::version::TLS12],
        _ => rustls::DEFAULT_VERSIONS,
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
    let resolver = Arc::new(SingleCertAndKey::from(shown.certified.clone()));
    let mut config = builder.with_no_client_auth().with_cert_resolver(resolver);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

/// Serves one identity to whoever comes.
async fn serve(shown: &Shown) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, acceptor) = (listener.local_addr().unwrap(), acceptor(shown));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut tls) = acceptor.accept(stream).await {
                let _ = tls.read(&mut [0; 64]).await;
            }
        }
    });
    address
}

/// What the judge finds, when our CA is the one that is trusted.
async fn found(mint: &Mint, shown: &Shown, host: &Host) -> BTreeSet<&'static str> {
    let address = serve(shown).await;
    let rule = format!("::127.0.0.1:{}", address.port()).parse().unwrap();
    let dialler = Dialler::new(net::Config { connect_to: vec![rule], ..net::Config::default() });
    let roots = RootSet { name: RootSetName::Files, anchors: vec![mint.authority().cert().clone()] };
    let trust = move || Trust::new(&[roots], &[].into());
    let inquiry = Inquiry::start(Config::default(), trust, dialler.clone()).unwrap();
    let target = Target::new(host.clone(), 443);
    let question = Question { target, name: None, scan: false, every_address: false };
    let checked = check_server(&dialler, &inquiry, &question).await.remove(0);
    let found = checked.report.findings.iter().map(|finding| finding.id);
    // Of the CA in use the judge knows that it intercepts.
    found.filter(|id| *id != FindingId::InterceptionUpstream).map(FindingId::as_str).collect()
}

fn hosts_for(identity: &Identity) -> Vec<Host> {
    let hosts: &[&str] = match identity.made_for {
        MadeFor::Any => &["api.shop.example.com", "127.0.0.1"],
        MadeFor::Names => &["api.shop.example.com", "example.com"],
        MadeFor::Addresses => &["127.0.0.1", "192.0.2.7"],
    };
    hosts.iter().map(|host| Host::parse(host).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_identity_is_wrong_in_the_point_it_claims_and_in_no_other() {
    let home = tempfile::tempdir().unwrap();
    let mint = Mint::new(Authority::load_or_create(home.path(), now()).unwrap().0);
    let catalogue = Catalogue::read().unwrap();
    assert_eq!(mint.left_out(&catalogue), []);
    let mut wrong = Vec::new();
    for identity in catalogue.identities() {
        let expected: BTreeSet<&str> = catalogue.expected(&identity.name).iter().map(|id| id.as_str()).collect();
        for host in hosts_for(&identity) {
            let shown = mint.identity((&catalogue, &identity.name), &host, KeyChoice::P256, now()).unwrap();
            let found = found(&mint, &shown, &host).await;
            if found != expected {
                wrong.push(format!("{} for {host}: {found:?}, not {expected:?}", identity.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_without_ecdsa_are_shown_keys_that_they_can_verify() {
    let home = tempfile::tempdir().unwrap();
    let mint = Mint::new(Authority::load_or_create(home.path(), now()).unwrap().0);
    let catalogue = Catalogue::read().unwrap();
    let host = Host::parse("api.shop.example.com").unwrap();
    for name in ["good", "intermediate-expired", "self-signed"] {
        let shown = mint.identity((&catalogue, name), &host, KeyChoice::Rsa2048, now()).unwrap();
        assert_eq!(shown.certified.key.algorithm(), rustls::SignatureAlgorithm::RSA, "{name}");
        let expected: BTreeSet<&str> = catalogue.expected(name).iter().map(|id| id.as_str()).collect();
        assert_eq!(found(&mint, &shown, &host).await, expected, "{name}");
    }
}

#[test]
fn a_ca_that_allows_none_below_it_leaves_out_what_needs_one() {
    let home = tempfile::tempdir().unwrap();
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(0));
    let text = params.self_signed(&key).unwrap().pem() + &key.serialize_pem();
    std::fs::write(home.path().join("tlscope-ca.pem"), text).unwrap();
    let mint = Mint::new(Authority::load_or_create(home.path(), now()).unwrap().0);
    let catalogue = Catalogue::read().unwrap();
    let left_out: BTreeSet<String> = mint.left_out(&catalogue).into_iter().map(|(name, _)| name).collect();
    assert!(left_out.contains("intermediate-expired") && left_out.contains("leaf-as-ca"), "{left_out:?}");
    assert!(!left_out.contains("good") && !left_out.contains("unknown-ca") && left_out.len() < 15, "{left_out:?}");
    let host = Host::parse("a.test").unwrap();
    for identity in catalogue.identities().iter().filter(|identity| identity.made_for != MadeFor::Addresses) {
        let made = mint.identity((&catalogue, &identity.name), &host, KeyChoice::P256, now());
        // Nobody signs with MD5 and ECDSA.
        assert_eq!(made.is_err(), left_out.contains(&identity.name) || identity.name == "md5", "{}", identity.name);
    }
}

#[test]
fn the_catalogue_says_everything() {
    let catalogue = Catalogue::read().unwrap();
    let identities = catalogue.identities();
    let names: BTreeSet<&str> = identities.iter().map(|identity| identity.name.as_str()).collect();
    assert_eq!(names.len(), identities.len(), "a name stands for one");
    assert!(identities.len() > 30 && identities.iter().filter(|identity| identity.is_control()).count() == 1);
    assert!(identities[0].is_control());
    for identity in &identities {
        assert!(!identity.about.is_empty() && identity.is_control() == identity.risk.is_empty(), "{}", identity.name);
        assert_eq!(identity.is_control(), catalogue.expected(&identity.name).is_empty(), "{}", identity.name);
        // What many take is worth knowing and no more.
        assert_eq!(identity.usual, identity.severity == Some(Severity::Info), "{}", identity.name);
    }
    let theirs: BTreeSet<&str> = identities.iter().filter_map(|identity| identity.certmitm.as_deref()).collect();
    assert_eq!(theirs, ["real_cert", "real_cert_CA", "replaced_key", "self_signed"].into());
}

#[test]
fn some_of_it_can_be_asked_for() {
    let only =
        |names: &[&str]| Catalogue::read().unwrap().only(&names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
    let names: Vec<String> = only(&["sha1"]).unwrap().identities().into_iter().map(|identity| identity.name).collect();
    assert_eq!(names, ["good", "sha1"]);
    assert_eq!(only(&[]).unwrap().identities().len(), Catalogue::read().unwrap().identities().len());
    assert!(only(&["sha-1"]).unwrap_err().to_string().contains("sha1, md5"));
}
