//! What takes further connections to find: servers that answer one hello and not another, and names
//! with several addresses.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use tlscope::check::{Checked, Question, check_server};
use tlscope::inquiry::{Config, Inquiry};
use tlscope::lab::Lab;
use tlscope::model::{ClientHello, FindingId, Target, TlsVersion};
use tlscope::net::{self, Dialler};
use tlscope::wire::{HelloRead, read_client_hello};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::rig::{now, trust_of};

/// What becomes of a connection.
#[derive(Clone, Copy)]
enum Way {
    /// On to another server.
    To(SocketAddr),
    Reset,
    /// The answer of a server that speaks SSL 2.0.
    Ssl2,
}

/// A server before others that treats hellos by what they are; no hello is no TLS.
async fn gate(decide: impl Fn(Option<&ClientHello>) -> Way + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let decide = Arc::new(decide);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let decide = decide.clone();
            tokio::spawn(async move { pass(stream, &*decide).await });
        }
    });
    address
}

async fn pass(mut client: TcpStream, decide: &(dyn Fn(Option<&ClientHello>) -> Way + Send + Sync)) {
    let mut bytes = vec![0; 4096];
    let Ok(n @ 1..) = client.read(&mut bytes).await else { return };
    bytes.truncate(n);
    let hello = if let HelloRead::Hello(hello) = read_client_hello(&bytes) { Some(hello) } else { None };
    match decide(hello.as_deref()) {
        Way::Reset => client.set_zero_linger().unwrap(),
        Way::Ssl2 => {
            // SERVER-HELLO with three cipher kinds, and nothing behind it.
            let mut hello = vec![4, 0, 1, 0, 2, 0, 0, 0, 9, 0, 16];
            hello.extend([0; 25]);
            let header = (0x8000 | hello.len() as u16).to_be_bytes();
            let _ = client.write_all(&[&header[..], &hello].concat()).await;
        }
        Way::To(address) => {
            let mut server = TcpStream::connect(address).await.unwrap();
            server.write_all(&bytes).await.unwrap();
            let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
        }
    }
}

/// A server of the lab that gives its one certificate whatever the name.
fn nameless(lab: &Lab) -> SocketAddr {
    let port = lab.cases().iter().find(|case| case.name == "good-ip").unwrap().port.unwrap();
    SocketAddr::new(lab.address().ip(), port)
}

fn has_name(hello: Option<&ClientHello>) -> bool {
    hello.is_some_and(|hello| hello.sni.is_some())
}

fn best_version(hello: &ClientHello) -> TlsVersion {
    hello.versions.iter().copied().max().unwrap()
}

async fn scanned(lab: &Lab, target: &str, address: SocketAddr) -> Vec<FindingId> {
    let target: Target = target.parse().unwrap();
    let rule = format!("{}:{}:127.0.0.1:{}", target.host, target.port, address.port());
    let dialler = Dialler::new(net::Config { connect_to: vec![rule.parse().unwrap()], ..net::Config::default() });
    let question = Question { target, name: None, scan: true, every_address: false };
    ids(&check(lab, dialler, question).await[0])
}

async fn check(lab: &Lab, dialler: Dialler, question: Question) -> Vec<Checked> {
    let trust = trust_of(lab);
    let config = Config { fetching_off: Some("not here".to_owned()), ..Config::default() };
    let inquiry = Inquiry::start(config, move || trust, dialler.clone()).unwrap();
    check_server(&dialler, &inquiry, &question).await
}

fn ids(checked: &Checked) -> Vec<FindingId> {
    crate::rig::assert_evidence_is_explained(&checked.report);
    checked.report.findings.iter().map(|finding| finding.id).collect()
}

async fn lab() -> Lab {
    Lab::start("127.0.0.1:0".parse().unwrap(), now()).await.unwrap()
}

const GOOD: &str = "good.lab.test:443";

#[tokio::test(flavor = "multi_thread")]
async fn ssl_2_is_found_beside_a_good_server() {
    let lab = lab().await;
    let to_lab = Way::To(lab.address());
    let address = gate(move |hello| if hello.is_some() { to_lab } else { Way::Ssl2 }).await;
    assert_eq!(scanned(&lab, GOOD, address).await, [FindingId::ProtoSslv2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_somebody_filters_is_told_from_a_dead_server() {
    let lab = lab().await;
    let other = Way::To(nameless(&lab));
    let address = gate(move |hello| if hello.is_none() || has_name(hello) { Way::Reset } else { other }).await;
    assert_eq!(scanned(&lab, GOOD, address).await, [FindingId::HandshakeReset, FindingId::SniFiltered]);
    let dead = gate(|_| Way::Reset).await;
    assert_eq!(scanned(&lab, GOOD, dead).await, [FindingId::HandshakeReset]);
}

/// A server that limits how often it is asked has no defect for it, and the report says how far it came.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_has_had_enough_is_not_blamed() {
    let lab = lab().await;
    for patience in [1, 2, 5, 9, 15] {
        let (to_lab, asked) = (Way::To(lab.address()), AtomicUsize::new(0));
        let address = gate(move |_| if asked.fetch_add(1, SeqCst) < patience { to_lab } else { Way::Reset }).await;
        let rule = format!("good.lab.test:443:127.0.0.1:{}", address.port());
        let dialler = Dialler::new(net::Config { connect_to: vec![rule.parse().unwrap()], ..net::Config::default() });
        let question = Question { target: GOOD.parse().unwrap(), name: None, scan: true, every_address: false };
        let checked = check(&lab, dialler, question).await;
        assert_eq!(ids(&checked[0]), [], "after {patience}");
        let open = &checked[0].report.not_checked;
        assert!(open.iter().any(|open| open.what == "the rest of the scan"), "after {patience}: {open:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_certificate_without_a_name_is_told() {
    let lab = lab().await;
    let (named, default) = (lab.address(), nameless(&lab));
    let address = gate(move |hello| Way::To(if has_name(hello) { named } else { default })).await;
    assert_eq!(scanned(&lab, GOOD, address).await, [FindingId::NameDefaultVhost]);
    assert_eq!(scanned(&lab, &default.to_string(), default).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_bears_no_new_hello_is_found_by_an_old_one() {
    let lab = lab().await;
    let to_lab = Way::To(lab.address());
    let up_to = |most: TlsVersion| {
        move |hello: Option<&ClientHello>| match hello {
            Some(hello) if best_version(hello) <= most => to_lab,
            _ => Way::Reset,
        }
    };
    let of_12 = scanned(&lab, GOOD, gate(up_to(TlsVersion::TLS12)).await).await;
    assert_eq!(of_12, [FindingId::HandshakeReset, FindingId::ProtoIntolerant]);
    let of_10 = scanned(&lab, "tls10-as-well.lab.test:443", gate(up_to(TlsVersion::TLS10)).await).await;
    assert_eq!(of_10, [FindingId::ProtoTls1011Only, FindingId::HandshakeReset, FindingId::ProtoIntolerant]);
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_are_not_alike_are_told() {
    // Two labs forge two certificates for one name.
    let one = lab().await;
    let other = Lab::start(SocketAddr::new("127.0.0.2".parse().unwrap(), one.address().port()), now()).await.unwrap();
    let port = one.address().port();
    let resolve = |addresses: &str| {
        let rule = format!("good.lab.test:{port}:{addresses}").parse().unwrap();
        Dialler::new(net::Config { resolve: vec![rule], ..net::Config::default() })
    };
    let target: Target = format!("good.lab.test:{port}").parse().unwrap();
    let question = Question { target, name: None, scan: false, every_address: true };
    let checked = check(&one, resolve("127.0.0.1,127.0.0.2"), question.clone()).await;
    assert_eq!(checked.len(), 2);
    for checked in &checked {
        assert!(ids(checked).contains(&FindingId::ChainVaries), "{:?}", ids(checked));
    }
    // Only the first lab's root is trusted here.
    assert_eq!(ids(&checked[0]), [FindingId::ChainVaries]);
    drop(other);
    let alone = check(&one, resolve("127.0.0.1"), question).await;
    assert_eq!((alone.len(), ids(&alone[0])), (1, vec![]));
}
