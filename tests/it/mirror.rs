//! A mirror shows what the server shows: judged again, it has the same defects and no others.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tlscope::ca::{Artefact, Authority, Extent, Mint, MirrorError, Mirrored, Server, Shown, artefact, extent};
use tlscope::check::{Checked, Question, Reach, check_server};
use tlscope::diagnosis::{Check, Limits, Trust, judge, verify_tls};
use tlscope::inquiry::{Config, Inquiry};
use tlscope::lab::{Case, Lab};
use tlscope::model::{
    AiaOutcome, CertDer, ClientHello, Evidence, FindingId, Handshake, Host, Observation, Provenance, Report, RootSet,
    RootSetName, SignatureScheme, Target, TlsVersion,
};
use tlscope::net::{self, Dialler, Offer};
use tlscope::wire::{HelloRead, read_client_hello};
use tlscope::x509::{Cert, pem};
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
    let (mut served, mut wrong, mut shown) = (0, Vec::new(), BTreeSet::new());
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
        shown.extend(original.intersection(&copy).copied());
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
    // What is said to be shown is shown by some case, or the list says where else.
    let is_promised = |id: &FindingId| !matches!(extent(*id), Extent::NoClient | Extent::Never(_));
    let elsewhere: BTreeSet<FindingId> = ELSEWHERE.iter().map(|(id, _)| *id).collect();
    let promised: BTreeSet<FindingId> = FindingId::ALL.iter().copied().filter(is_promised).collect();
    let unseen: Vec<FindingId> = promised.difference(&shown).copied().filter(|id| !elsewhere.contains(id)).collect();
    assert!(unseen.is_empty(), "no case shows {}", words(unseen));
    assert!(elsewhere.iter().all(|id| promised.contains(id) && !shown.contains(id)), "a case shows it after all");
}

/// Said to be shown, and by no server of the lab that finishes its handshake: why not, or where else it is tested.
const ELSEWHERE: &[(FindingId, &str)] = &[
    (FindingId::RootUserInstalledOnly, "said beside Mozilla's roots alone; tlscope's CA is installed by its user"),
    (FindingId::SigSha1Handshake, "a_handshake_signed_with_sha1_is_signed_so_again"),
    (FindingId::KeyEcWeakCurve, "what_is_captured_of_a_handshake_is_mirrored_as_well"),
    (FindingId::KeyRsaPssSpki, "what_is_captured_of_a_handshake_is_mirrored_as_well"),
    (FindingId::OcspUnknown, "no server of the lab staples it; every status is copied byte for byte"),
    (FindingId::ProtoTls13Only, "the_version_the_suite_and_the_kind_of_key_are_the_servers_as_far_as_the_client_can"),
];

/// Servers with which rustls finishes no handshake: they are tunnelled to, but their chains can be copied.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_captured_of_a_handshake_is_mirrored_as_well() {
    let (lab, dialler) = lab().await;
    let home = tempfile::tempdir().unwrap();
    let mint = mint(home.path());
    let mut compared = BTreeSet::new();
    for case in lab.cases() {
        let seen = look(&lab, &dialler, case, false).await;
        if seen.reach != Reach::Captured || seen.sent.is_empty() {
            continue;
        }
        let of_chain = |sent: Vec<CertDer>, trust: &Trust| {
            let observation = Observation { name: seen.name.clone(), sent, ..Observation::default() };
            let mut found = ids(&judge(&observation, &Evidence::default(), trust, Limits::default(), now()));
            found.remove(&FindingId::InterceptionUpstream);
            found
        };
        let mirrored = mirror(&mint, &seen);
        let copy = chain_of(&mirrored).into_iter().map(|cert| cert.der).collect();
        let mut original = of_chain(seen.sent.clone(), &trust_of(&lab));
        original.retain(|id| !mirrored.unmirrored.contains(id));
        assert_eq!(words(of_chain(copy, &trust_in(mint.authority().cert()))), words(original.clone()), "{}", case.name);
        compared.extend(original);
    }
    assert!(
        [FindingId::KeyEcWeakCurve, FindingId::KeyRsaPssSpki, FindingId::SigSha1]
            .iter()
            .all(|id| compared.contains(id))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_signed_with_sha1_is_signed_so_again() {
    let (lab, dialler) = lab().await;
    let home = tempfile::tempdir().unwrap();
    let mint = mint(home.path());
    let mut seen = seen_of(&lab, &dialler, "good-rsa").await;
    let handshake = seen.handshake.as_mut().unwrap();
    handshake.version = Some(TlsVersion::TLS12);
    handshake.suite =
        hello().suites.into_iter().find(|suite| suite.name() == Some("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"));
    handshake.scheme = Some(SignatureScheme(0x0201));
    let mirrored = mirror(&mint, &seen);
    let key = &mirrored.shown.certified.key;
    let modern = [rustls::SignatureScheme::RSA_PSS_SHA256, rustls::SignatureScheme::RSA_PKCS1_SHA256];
    assert!(key.choose_scheme(&modern).is_none());
    let signer = key.choose_scheme(&[rustls::SignatureScheme::RSA_PKCS1_SHA1]).unwrap();
    let signature = signer.sign(b"what is shaken hands on").unwrap();
    let leaf = chain_of(&mirrored)[0].key.clone().unwrap();
    assert_eq!(verify_tls(&leaf, SignatureScheme(0x0201), b"what is shaken hands on", &signature), Check::Valid);
}

/// The case of that name, as the lab shows it.
async fn seen_of(lab: &Lab, dialler: &Dialler, name: &str) -> Checked {
    let case = lab.cases().iter().find(|case| case.name == name).unwrap();
    look(lab, dialler, case, case.scan()).await
}

fn chain_of(mirrored: &Mirrored) -> Vec<Cert> {
    mirrored.shown.certified.cert.iter().map(|der| Cert::read(&CertDer::new(der.to_vec()))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_that_nobody_trusts_is_replaced_by_a_ca_that_nobody_is_offered() {
    let (lab, dialler) = lab().await;
    let home = tempfile::tempdir().unwrap();
    let mint = mint(home.path());
    let good = mirror(&mint, &seen_of(&lab, &dialler, "expired").await);
    let second = &mint.authority().paths().untrusted;
    assert!(!good.shown.certified.cert.is_empty() && !second.exists(), "it is made when it is needed");
    let mirrored = mirror(&mint, &seen_of(&lab, &dialler, "unknown-ca").await);
    let chain = chain_of(&mirrored);
    let root = chain.last().unwrap();
    assert!(root.label().starts_with("tlscope untrusted CA ") && root.label().ends_with(" (never install this)"));
    assert!(mirrored.changed.iter().any(|words| words.contains("a second CA of tlscope's")), "{:?}", mirrored.changed);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(second).unwrap().permissions().mode() & 0o777, 0o600);
    }
    // Beside the files of the CA there is this one alone: no certificate to be installed by mistake.
    let mut there: Vec<_> = std::fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    let paths = mint.authority().paths();
    let mut expected = [&paths.secret, &paths.certificate, &paths.untrusted].map(Clone::clone).to_vec();
    there.sort();
    expected.sort();
    assert_eq!(there, expected);
    // What devices are offered has nothing of it, and what is shown has nothing of the first one's key.
    for form in [Artefact::Pem, Artefact::Der, Artefact::P12, Artefact::Mobileconfig, Artefact::Android] {
        let offered = artefact(mint.authority().cert(), form).unwrap().contents;
        assert!(!contains(&offered, &root.der.der) && !contains(&offered, b"never install this"), "{form:?}");
        assert!(!contains(&offered, pem(&root.der.der).as_bytes()), "{form:?}");
    }
    // Another run finds it again, and makes no other.
    let again = mirror(&self::mint(home.path()), &seen_of(&lab, &dialler, "unknown-ca").await);
    assert_eq!(chain_of(&again).last().unwrap().sha256(), root.sha256());
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_second_ca_is_named_and_left_alone() {
    let (lab, dialler) = lab().await;
    let home = tempfile::tempdir().unwrap();
    let mint = mint(home.path());
    let path = &mint.authority().paths().untrusted;
    std::fs::write(path, "not a CA").unwrap();
    let seen = seen_of(&lab, &dialler, "unknown-ca").await;
    let handshake = seen.handshake.clone().unwrap_or_default();
    let server = Server { sent: &seen.sent, handshake: &handshake, report: &seen.report };
    let error = mint.mirror(&server, &hello(), now()).unwrap_err().to_string();
    assert!(error.contains(&*path.to_string_lossy()) && error.contains("no certificate"), "{error}");
    assert_eq!(std::fs::read_to_string(path).unwrap(), "not a CA");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_is_kept_until_something_of_the_server_differs() {
    let (lab, dialler) = lab().await;
    let home = tempfile::tempdir().unwrap();
    let mint = mint(home.path());
    let expired = seen_of(&lab, &dialler, "expired").await;
    let first = mirror(&mint, &expired);
    assert!(Arc::ptr_eq(&first, &mirror(&mint, &expired)));
    let handshake = expired.handshake.clone().unwrap();
    let server = Server { sent: &expired.sent, handshake: &handshake, report: &expired.report };
    assert!(Arc::ptr_eq(&first, &mint.kept_mirror(&server, &hello()).unwrap()));
    assert!(self::mint(home.path()).kept_mirror(&server, &hello()).is_none());
    let differs = |change: &dyn Fn(&mut Checked)| {
        let mut other = expired.clone();
        change(&mut other);
        !Arc::ptr_eq(&first, &mirror(&mint, &other))
    };
    assert!(differs(&|seen| drop(Arc::make_mut(&mut seen.report).findings.pop())), "another report");
    assert!(differs(&|seen| drop(seen.sent.pop())), "another chain");
    assert!(differs(&|seen| seen.handshake.as_mut().unwrap().staple = Some(vec![7].into())), "another staple");
    assert!(differs(&|seen| seen.handshake.as_mut().unwrap().version = Some(TlsVersion::TLS12)), "another version");
    // Chains below one issuer have one counterpart of it, whatever the host.
    let other = mirror(&mint, &seen_of(&lab, &dialler, "wrong-name").await);
    let (first, other) = (chain_of(&first), chain_of(&other));
    assert_eq!(first[1].sha256(), other[1].sha256());
    assert_ne!(first[0].serial, Cert::read(&expired.sent[0]).serial, "Firefox refuses a repeated one");
    assert_ne!(first[0].key, other[0].key);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_version_the_suite_and_the_kind_of_key_are_the_servers_as_far_as_the_client_can() {
    let (lab, dialler) = lab().await;
    let home = tempfile::tempdir().unwrap();
    let mint = mint(home.path());
    let tls12 = seen_of(&lab, &dialler, "tls12").await;
    let suite = tls12.handshake.as_ref().unwrap().suite.unwrap();
    let shown = mirror(&mint, &tls12).shown.clone();
    assert_eq!((shown.version, shown.suites), (Some(TlsVersion::TLS12), vec![suite]));
    let tls13 = seen_of(&lab, &dialler, "tls13-alone").await;
    assert_eq!(mirror(&mint, &tls13).shown.version, Some(TlsVersion::TLS13));
    // A client without ECDSA would have been shown the RSA certificate of a server that has both.
    let without_ecdsa = ClientHello { schemes: Some(vec![SignatureScheme(0x0804)]), ..hello() };
    let handshake = tls12.handshake.clone().unwrap();
    let server = Server { sent: &tls12.sent, handshake: &handshake, report: &tls12.report };
    let other = mint.mirror(&server, &without_ecdsa, now()).unwrap();
    assert_eq!(chain_of(&other)[0].key.as_ref().unwrap().describe(), "RSA 2048");
    assert!(other.changed.iter().any(|words| words.contains("the leaf's key is RSA")), "{:?}", other.changed);
    assert_eq!(other.shown.suites, []);
}

/// A CA as older ones were made: no other CA may stand below it.
fn old_ca(home: &Path) -> Mint {
    let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(0));
    params.use_authority_key_identifier_extension = false;
    let cert = params.self_signed(&key).unwrap();
    std::fs::write(home.join("tlscope-ca.pem"), format!("{}{}", cert.pem(), key.serialize_pem())).unwrap();
    mint(home)
}

#[tokio::test(flavor = "multi_thread")]
async fn below_a_ca_that_allows_no_others_the_leaf_stands_alone_and_that_is_said() {
    let (lab, dialler) = lab().await;
    let home = tempfile::tempdir().unwrap();
    let mint = old_ca(home.path());
    let seen = seen_of(&lab, &dialler, "expired-chain").await;
    let mirrored = mirror(&mint, &seen);
    assert_eq!(mirrored.shown.certified.cert.len(), 1);
    assert!(mirrored.changed.iter().any(|words| words.contains("tlscope ca new")), "{:?}", mirrored.changed);
    assert_eq!(mirrored.unmirrored, [FindingId::IntermediateExpired]);
    let copy = ids(&judged_again(&mint, &mirrored, &seen).await);
    assert_eq!(copy, [FindingId::CertExpired].into());
    // Where nothing stands between the leaf and its root, nothing is lost; nor where nobody trusts the root.
    for name in ["root-with-purposes", "unknown-ca"] {
        let mirrored = mirror(&mint, &seen_of(&lab, &dialler, name).await);
        assert!(!mirrored.changed.iter().any(|words| words.contains("tlscope ca new")), "{name}");
    }
}

/// Judged without any roots, as a stranger's chain is.
fn report_on(sent: &[CertDer]) -> Report {
    let observation = Observation { sent: sent.to_vec(), ..Observation::default() };
    judge(&observation, &Evidence::default(), &Trust::default(), Limits::default(), now())
}

fn mirror_of(mint: &Mint, sent: &[CertDer]) -> Arc<Mirrored> {
    let (handshake, report) = (Handshake::default(), report_on(sent));
    mint.mirror(&Server { sent, handshake: &handshake, report: &report }, &hello(), now()).unwrap()
}

/// A self-signed certificate, with whatever is wrong with it.
fn made(change: impl FnOnce(&mut rcgen::CertificateParams)) -> CertDer {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::default();
    change(&mut params);
    CertDer::new(params.self_signed(&key).unwrap().der().to_vec())
}

fn replaced(der: &CertDer, part: &[u8], by: &[u8]) -> CertDer {
    assert_eq!(part.len(), by.len());
    let at = der.der.windows(part.len()).position(|window| window == part).unwrap();
    CertDer::new([&der.der[..at], by, &der.der[at + part.len()..]].concat())
}

#[test]
fn bad_input_is_shown_as_it_is_or_copied_with_what_is_bad_about_it() {
    let home = tempfile::tempdir().unwrap();
    let mint = mint(home.path());
    let good = made(|params| params.not_before = rcgen::date_time_ymd(2025, 1, 1));
    // What cannot be read goes on byte for byte: the client fails on it before anything else.
    for broken in
        [&b""[..], b"\x30", b"not a certificate", &good.der[..good.der.len() / 2], &[0x30, 0x84, 255, 255, 255, 255]]
    {
        let broken = CertDer::new(broken.to_vec());
        let mirrored = mirror_of(&mint, &[broken.clone(), good.clone()]);
        assert_eq!(mirrored.shown.certified.cert[0].as_ref(), &broken.der[..]);
        assert_eq!((mirrored.shown.certified.cert.len(), mirrored.shown.leaf), (2, broken.sha256));
    }
    // Bytes behind the certificate, dates that are none, names with NULs: all of it is in the copy.
    let trailing = CertDer::new([&good.der[..], b"behind"].concat());
    let absurd = replaced(&good, b"250101000000Z", b"999999999999Z");
    let of_year_9999 = made(|params| params.not_after = rcgen::date_time_ymd(9999, 12, 31));
    let nul = replaced(
        &made(|params| params.subject_alt_names = vec![dns("www.bank.test.evil.test")]),
        b"bank.test.",
        b"bank.test\0",
    );
    let many =
        made(|params| params.subject_alt_names = (0..10_000).map(|n| dns(&format!("name-{n:05}.test"))).collect());
    for server in [trailing, absurd, of_year_9999, nul, many] {
        let mirrored = mirror_of(&mint, std::slice::from_ref(&server));
        let (old, new) = (Cert::read(&server), &chain_of(&mirrored)[0]);
        assert_eq!((&new.validity, &new.problems, new.san()), (&old.validity, &old.problems, old.san()));
        assert_ne!(new.key, old.key);
        let (old, new) = (report_on(&[server]), report_on(std::slice::from_ref(&new.der)));
        assert_eq!(ids(&old), ids(&new));
    }
}

#[test]
fn no_byte_of_a_servers_certificate_breaks_the_mirror() {
    let home = tempfile::tempdir().unwrap();
    let mint = mint(home.path());
    let good = made(|params| {
        params.use_authority_key_identifier_extension = true;
        params.is_ca = rcgen::IsCa::ExplicitNoCa;
        params.subject_alt_names = vec![dns("a.test")];
    });
    for at in 0..good.der.len() {
        for wrong in [0x01, 0x20, 0x80, 0xff] {
            let mut bytes = good.der.to_vec();
            bytes[at] ^= wrong;
            let sent = [CertDer::new(bytes)];
            // Everything that can be read of it is in the copy, but for what a copy changes.
            let (old, new) = (Cert::read(&sent[0]), chain_of(&mirror_of(&mint, &sent)).remove(0));
            assert_eq!(
                (&new.subject, &new.validity, new.san()),
                (&old.subject, &old.validity, old.san()),
                "{at} {wrong}"
            );
            assert_eq!(new.extensions.malformed, old.extensions.malformed, "{at} {wrong}");
        }
    }
}

fn dns(name: &str) -> rcgen::SanType {
    rcgen::SanType::DnsName(name.try_into().unwrap())
}

#[test]
fn a_chain_of_any_length_is_mirrored_as_far_as_anybody_follows_it() {
    let home = tempfile::tempdir().unwrap();
    let mint = mint(home.path());
    // Two hundred certificates, more than two hundred kilobytes, every one of the same name.
    let sent: Vec<CertDer> = (0..200)
        .map(|n| made(|params| params.subject_alt_names = (0..60).map(|m| dns(&format!("{m}.{n}.test"))).collect()))
        .collect();
    assert!(sent.iter().map(|der| der.der.len()).sum::<usize>() > 200_000);
    let mirrored = mirror_of(&mint, &sent);
    let chain = &mirrored.shown.certified.cert;
    assert_eq!(chain.len(), sent.len());
    assert!(mirrored.changed.iter().any(|words| words.contains("after the first 32")), "{:?}", mirrored.changed);
    for (at, (own, copy)) in sent.iter().zip(chain).enumerate() {
        assert_eq!(own.der[..] == *copy.as_ref(), at >= 32, "{at}");
    }
    // One of which a hundred are the same.
    let same = vec![sent[0].clone(); 100];
    let chain = chain_of(&mirror_of(&mint, &same));
    assert!(chain[..32].iter().all(|cert| cert.der == chain[0].der));
    let nothing = Server { sent: &[], handshake: &Handshake::default(), report: &Report::default() };
    assert!(matches!(mint.mirror(&nothing, &hello(), now()), Err(MirrorError::NothingSent)));
}

/// docs/mirror.md: what is shown by what, and what is not.
fn table() -> String {
    let mut rows: Vec<(&str, String, Vec<FindingId>)> = Vec::new();
    for id in FindingId::ALL {
        let (by, why) = match extent(*id) {
            Extent::Certificate => ("the copy of its certificate", String::new()),
            Extent::Chain => ("the chain", String::new()),
            Extent::Handshake => ("the handshake", String::new()),
            Extent::Staple => ("the staple", String::new()),
            Extent::Never(why) => ("nothing", why.to_owned()),
            Extent::NoClient => continue,
        };
        match rows.iter_mut().find(|(own, reason, _)| *own == by && *reason == why) {
            Some((.., ids)) => ids.push(*id),
            None => rows.push((by, why, vec![*id])),
        }
    }
    rows.sort_by_key(|(by, ..)| *by == "nothing");
    let mut text = "| defect | shown by | why not |\n|---|---|---|\n".to_owned();
    for (by, why, ids) in rows {
        let ids: Vec<String> = ids.iter().map(|id| format!("[`{id}`](findings/{id}.md)")).collect();
        text += &format!("| {} | {by} | {why} |\n", ids.join(", "));
    }
    text
}

#[test]
fn the_documentation_says_what_is_shown_and_what_is_not() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/mirror.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = text.split_once("<!-- table: extents -->\n").unwrap();
    let (there, tail) = rest.split_once("<!-- end -->").unwrap();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{head}<!-- table: extents -->\n{}<!-- end -->{tail}", table())).unwrap();
        return;
    }
    assert!(there == table(), "docs/mirror.md is out of date: UPDATE_DOCS=1 cargo test mirror");
}
