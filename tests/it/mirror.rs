//! A mirror shows what the server shows: judged again, it has the same defects and no others.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tlscope::ca::{Authority, Extent, Mint, Mirrored, Server, Shown, extent};
use tlscope::check::{Checked, Question, Reach, check_server};
use tlscope::diagnosis::{Limits, Trust, judge};
use tlscope::inquiry::{Config, Inquiry};
use tlscope::lab::{Case, Lab};
use tlscope::model::{
    AiaOutcome, CertDer, ClientHello, Evidence, FindingId, Host, Observation, Provenance, Report, RootSet, RootSetName,
    Target, TlsVersion,
};
use tlscope::net::{self, Dialler, Offer};
use tlscope::wire::{HelloRead, read_client_hello};
use tlscope::x509::Cert;
use tokio_rustls::TlsAcceptor;

use crate::rig::{now, trust_of};

async fn lab() -> (Lab, Dialler) {
    let lab = Lab::start("127.0.0.1:0".parse().unwrap(), now()).await.unwrap();
    let dialler = Dialler::new(net::Config {
        connect_to: lab.connect_rules(),
        tls_timeout: Duration::from_secs(2),
        ..net::Config::default()
    });
    (lab, dialler)
}

fn mint(home: &Path) -> Mint {
    Mint::new(Authority::load_or_create(home, now()).unwrap().0)
}

/// What is seen of a case, with everything fetched; whether scanned or not.
async fn look(lab: &Lab, dialler: &Dialler, case: &Case, scan: bool) -> Checked {
    // An inquiry of its own: what one case sends must not complete another.
    let trust = trust_of(lab);
    let inquiry = Inquiry::start(Config::default(), move || trust, dialler.clone()).unwrap();
    let target = Target::new(Host::parse(&case.host).unwrap(), case.port.unwrap_or(443));
    let question = Question { target, name: None, scan, every_address: false };
    check_server(dialler, &inquiry, &question).await.remove(0)
}

/// The hello of tlscope's own dialler, which takes everything that rustls does.
fn hello() -> ClientHello {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth();
    let name = "client.test".try_into().unwrap();
    let mut client = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut bytes = Vec::new();
    client.write_tls(&mut bytes).unwrap();
    match read_client_hello(&bytes) {
        HelloRead::Hello(hello) => *hello,
        other => panic!("{other:?}"),
    }
}

fn mirror(mint: &Mint, seen: &Checked) -> Arc<Mirrored> {
    let handshake = seen.handshake.clone().unwrap_or_default();
    mint.mirror(&Server { sent: &seen.sent, handshake: &handshake, report: &seen.report }, &hello(), now()).unwrap()
}

/// A server that shows what the client would be shown.
fn acceptor(shown: &Shown) -> TlsAcceptor {
    let mut provider = rustls::crypto::aws_lc_rs::default_provider();
    if !shown.suites.is_empty() {
        let is_shown = |suite: u16| shown.suites.iter().any(|own| own.0 == suite);
        provider.cipher_suites.retain(|suite| is_shown(suite.suite().into()));
    }
    let versions: &[&rustls::SupportedProtocolVersion] = match shown.version {
        Some(TlsVersion::TLS12) => &[&rustls::version::TLS12],
        Some(TlsVersion::TLS13) => &[&rustls::version::TLS13],
        _ => rustls::DEFAULT_VERSIONS,
    };
    let builder = ServerConfig::builder_with_provider(Arc::new(provider)).with_protocol_versions(versions).unwrap();
    let resolver = rustls::sign::SingleCertAndKey::from(shown.certified.clone());
    TlsAcceptor::from(Arc::new(builder.with_no_client_auth().with_cert_resolver(Arc::new(resolver))))
}

/// Shakes hands with such a server and judges it, as one who trusts the CA.
async fn judged_again(mint: &Mint, mirrored: &Mirrored, seen: &Checked) -> Report {
    let acceptor = acceptor(&mirrored.shown);
    let rule = crate::rig::origin("mirror.test", move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let _ = acceptor.accept(stream).await;
        }
    })
    .await;
    let dialler = Dialler::new(net::Config { connect_to: vec![rule], ..net::Config::default() });
    let tcp = dialler.connect(&"mirror.test:443".parse().unwrap()).await.unwrap();
    let sni = seen.sni.clone();
    let leg = dialler.handshake(tcp, &Offer { sni, alpn: vec![] }).await.unwrap();
    let observation = Observation {
        name: seen.name.clone(),
        sent: leg.sent,
        handshake: Some(leg.handshake),
        ..Observation::default()
    };
    judge(&observation, &found_elsewhere(mirrored, seen), &trust_in(mint.authority().cert()), Limits::default(), now())
}

fn trust_in(ca: &CertDer) -> Trust {
    let roots = RootSet { name: RootSetName::Files, anchors: vec![ca.clone()] };
    Trust::new(&[roots], &std::collections::HashSet::new())
}

/// What a client finds that looks for issuers where the certificates say they are: the counterparts of what was found
/// for the server's own, and nothing where nothing was.
fn found_elsewhere(mirrored: &Mirrored, seen: &Checked) -> Evidence {
    let was_found = seen.report.found.iter().any(|(_, from)| *from == Provenance::Aia);
    let certs =
        mirrored.shown.certified.cert.iter().map(|der| CertDer::new(der.to_vec())).chain(mirrored.unsent.clone());
    let outcomes = certs.flat_map(|der| {
        let cert = Cert::read(&der);
        let urls: Vec<String> = cert.extensions.ca_issuers().map(str::to_owned).collect();
        let result = if was_found { Ok(mirrored.unsent.clone()) } else { Err("404 Not Found".to_owned()) };
        urls.into_iter().map(move |url| AiaOutcome { of: der.sha256, url, result: result.clone() })
    });
    let wanted = was_found || ids(&seen.report).contains(&FindingId::AiaUnreachable);
    Evidence { aia: if wanted { outcomes.collect() } else { Vec::new() }, ..Evidence::default() }
}

fn ids(report: &Report) -> BTreeSet<FindingId> {
    report.findings.iter().map(|finding| finding.id).collect()
}

fn words(ids: impl IntoIterator<Item = FindingId>) -> String {
    ids.into_iter().map(|id| id.to_string()).collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_is_mirrored_with_its_defects_and_no_others() {
    let (lab, dialler) = lab().await;
    let home = tempfile::tempdir().unwrap();
    let mint = mint(home.path());
    let (mut served, mut wrong) = (0, Vec::new());
    for case in lab.cases() {
        let seen = look(&lab, &dialler, case, false).await;
        if seen.reach != Reach::Connected {
            continue;
        }
        served += 1;
        let mirrored = mirror(&mint, &seen);
        let (original, mut copy) = (ids(&seen.report), ids(&judged_again(&mint, &mirrored, &seen).await));
        // The judge knows tlscope's CA by its name, in a mirror as anywhere.
        copy.remove(&FindingId::InterceptionUpstream);
        let unmirrored: BTreeSet<FindingId> = mirrored.unmirrored.iter().copied().collect();
        // What no client acts on may be lost; nothing may be gained, nor said to be lost that was not.
        let lost: Vec<FindingId> = original.difference(&copy).copied().collect();
        let missing: Vec<FindingId> =
            lost.iter().copied().filter(|id| extent(*id) != Extent::NoClient && !unmirrored.contains(id)).collect();
        let gained: Vec<FindingId> = copy.difference(&original).copied().collect();
        let denied: Vec<FindingId> = unmirrored.intersection(&copy).copied().collect();
        if !(missing.is_empty() && gained.is_empty() && denied.is_empty()) {
            let [missing, gained, denied] = [missing, gained, denied].map(words);
            wrong.push(format!("{:32} missing [{missing}] gained [{gained}] denied [{denied}]", case.name));
        }
    }
    assert!(served > 150, "only {served} cases were served");
    assert!(wrong.is_empty(), "{} of {served}:\n{}", wrong.len(), wrong.join("\n"));
}
