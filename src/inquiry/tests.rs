use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::*;
use crate::model::{FindingId, Host, RootSet, RootSetName};
use crate::net;

/// A root, the intermediate below it and a leaf whose AIA names where the intermediate is.
struct Chain {
    root: crate::model::CertDer,
    intermediate: crate::model::CertDer,
    leaf: crate::model::CertDer,
}

const AIA_HOST: &str = "aia.test";

fn chain() -> Chain {
    use rcgen::{
        BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DistinguishedName, DnType, IsCa, KeyPair,
    };
    let ca = |name: &str| {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.use_authority_key_identifier_extension = true;
        params
    };
    let root = CertifiedIssuer::self_signed(ca("root"), KeyPair::generate().unwrap()).unwrap();
    let intermediate = CertifiedIssuer::signed_by(ca("intermediate"), KeyPair::generate().unwrap(), &root).unwrap();
    let mut params = CertificateParams::new(vec!["a.test".to_owned()]).unwrap();
    params.distinguished_name = DistinguishedName::new();
    let now = time::OffsetDateTime::now_utc();
    (params.not_before, params.not_after) = (now - time::Duration::days(5), now + time::Duration::days(80));
    params.use_authority_key_identifier_extension = true;
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    params.key_usages = vec![rcgen::KeyUsagePurpose::DigitalSignature];
    params.custom_extensions = vec![CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], aia())];
    let leaf = params.signed_by(&KeyPair::generate().unwrap(), &intermediate).unwrap();
    let der = |bytes: &[u8]| crate::model::CertDer::new(bytes.to_vec());
    Chain { root: der(root.der()), intermediate: der(intermediate.der()), leaf: der(leaf.der()) }
}

/// authorityInfoAccess with one caIssuers URL (RFC 5280 section 4.2.2.1).
fn aia() -> Vec<u8> {
    let url = format!("http://{AIA_HOST}/issuer.der");
    let tlv = |tag: u8, value: &[u8]| [&[tag, value.len() as u8], value].concat();
    let method = tlv(6, &[0x2b, 6, 1, 5, 5, 7, 0x30, 2]);
    tlv(0x30, &tlv(0x30, &[method, tlv(0x86, url.as_bytes())].concat()))
}

/// Serves one body over HTTP, and counts.
async fn serve(body: Vec<u8>) -> (u16, Arc<std::sync::atomic::AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counting = count.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counting.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let _ = stream.read(&mut [0; 1024]).await;
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(&[head.as_bytes(), &body].concat()).await;
        }
    });
    (port, count)
}

fn inquiry(chain: &Chain, offline: bool, port: u16) -> Inquiry {
    let dialler = Dialler::new(net::Config {
        connect_to: vec![format!("{AIA_HOST}::127.0.0.1:{port}").parse().unwrap()],
        ..net::Config::default()
    });
    let roots = RootSet { name: RootSetName::Files, anchors: vec![chain.root.clone()] };
    let fetching_off = offline.then(|| "--offline".to_owned());
    let config = Config { fetching_off, ..Config::default() };
    Inquiry::start(config, move || Trust::new(&[roots], &std::collections::HashSet::new()), dialler).unwrap()
}

fn observation(sent: &[&crate::model::CertDer]) -> Observation {
    Observation {
        name: Some(Host::parse("a.test").unwrap()),
        address: Some("127.0.0.1:443".parse().unwrap()),
        sent: sent.iter().map(|der| (*der).clone()).collect(),
        ..Observation::default()
    }
}

fn ids(report: &Report) -> Vec<FindingId> {
    report.findings.iter().map(|finding| finding.id).collect()
}

#[tokio::test]
async fn a_missing_issuer_is_fetched_and_the_report_told_again() {
    let chain = chain();
    let (port, count) = serve(chain.intermediate.der.to_vec()).await;
    let inquiry = inquiry(&chain, false, port);
    let (tell, mut told) = mpsc::unbounded_channel();
    inquiry.judge(observation(&[&chain.leaf]), move |word| tell.send((word.settled, ids(&word.report))).unwrap());
    let words = [told.recv().await.unwrap(), told.recv().await.unwrap()];
    let first = (false, vec![FindingId::ChainIncompleteUndetermined]);
    assert_eq!(words, [first, (true, vec![FindingId::ChainMissingIntermediate])]);
    let again = inquiry.settle(observation(&[&chain.leaf])).await;
    assert_eq!(ids(&again), [FindingId::ChainMissingIntermediate]);
    assert_eq!(count.load(std::sync::atomic::Ordering::SeqCst), 1, "and not fetched twice");
}

#[tokio::test]
async fn offline_nothing_is_fetched_and_the_doubt_stays() {
    let chain = chain();
    let (port, count) = serve(chain.intermediate.der.to_vec()).await;
    let report = inquiry(&chain, true, port).settle(observation(&[&chain.leaf])).await;
    assert_eq!(ids(&report), [FindingId::ChainIncompleteUndetermined]);
    assert!(report.not_checked.iter().any(|open| open.why.contains("--offline")), "{:?}", report.not_checked);
    assert_eq!(count.load(std::sync::atomic::Ordering::SeqCst), 0);
}

#[tokio::test]
async fn what_another_server_sent_settles_it_without_fetching() {
    let chain = chain();
    let (port, count) = serve(chain.intermediate.der.to_vec()).await;
    let inquiry = inquiry(&chain, false, port);
    let whole = inquiry.settle(observation(&[&chain.leaf, &chain.intermediate])).await;
    assert_eq!(ids(&whole), []);
    let alone = inquiry.settle(observation(&[&chain.leaf])).await;
    assert_eq!(ids(&alone), [FindingId::ChainMissingIntermediate]);
    assert!(format!("{:?}", alone.findings).contains("seen"), "{:?}", alone.findings);
    assert_eq!(count.load(std::sync::atomic::Ordering::SeqCst), 0);
}

#[tokio::test]
async fn the_same_is_judged_once() {
    let chain = chain();
    let inquiry = inquiry(&chain, true, 1);
    let whole = observation(&[&chain.leaf, &chain.intermediate]);
    let (once, again) = (inquiry.settle(whole.clone()).await, inquiry.settle(whole).await);
    assert!(Arc::ptr_eq(&once, &again));
    let other = Observation { name: Host::parse("b.test").ok(), ..observation(&[&chain.leaf, &chain.intermediate]) };
    assert_eq!(ids(&*inquiry.settle(other).await), [FindingId::NameMismatch]);
}

#[tokio::test]
async fn a_place_that_holds_something_else_is_said_to() {
    let chain = chain();
    let (port, _) = serve(b"<html>not here</html>".to_vec()).await;
    let report = inquiry(&chain, false, port).settle(observation(&[&chain.leaf])).await;
    assert_eq!(ids(&report), [FindingId::ChainIncompleteUndetermined, FindingId::AiaUnreachable]);
}

#[tokio::test]
async fn no_server_can_have_us_knock_on_doors_nearer_than_its_own() {
    let chain = chain();
    let (port, count) = serve(chain.intermediate.der.to_vec()).await;
    let inquiry = inquiry(&chain, false, port);
    let from = |address: &str| {
        let address = Some(format!("{address}:443").parse().unwrap());
        Observation { address, ..observation(&[&chain.leaf]) }
    };
    for address in ["192.0.2.1", "10.0.0.1"] {
        let report = inquiry.settle(from(address)).await;
        assert!(ids(&report).contains(&FindingId::AiaUnreachable), "{address}");
        assert!(format!("{:?}", report.findings).contains("is local"), "{address}: {:?}", report.findings);
    }
    assert_eq!(count.load(std::sync::atomic::Ordering::SeqCst), 0, "not even connected to");
    // The refusal is no answer for those who may.
    assert_eq!(ids(&*inquiry.settle(from("127.0.0.1")).await), [FindingId::ChainMissingIntermediate]);
}

#[tokio::test]
async fn a_judge_with_too_much_to_do_says_so() {
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let held = move || {
        let _ = wait.recv();
        Trust::default()
    };
    let inquiry = Inquiry::start(Config::default(), held, Dialler::new(net::Config::default())).unwrap();
    let (tell, mut told) = mpsc::unbounded_channel();
    for n in 0..QUEUE + 10 {
        let tell = tell.clone();
        let name = Host::parse(&format!("host-{n}.test")).ok();
        inquiry.judge(Observation { name, ..Observation::default() }, move |word| tell.send(word.report).unwrap());
    }
    // The judge has not begun: these are the answers to those that found no room.
    let early = told.recv().await.unwrap();
    assert!(early.not_checked.iter().any(|open| open.why.contains("more to do")), "{early:?}");
    go.send(()).unwrap();
    for _ in 1..QUEUE + 10 {
        told.recv().await.unwrap();
    }
}
