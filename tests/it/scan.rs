//! What takes further connections to find: servers that answer one hello and not another, and names
//! with several addresses.

use std::net::SocketAddr;
use std::sync::Arc;

use tlscope::check::{Checked, Question, check_server};
use tlscope::inquiry::{Config, Inquiry};
use tlscope::lab::Lab;
use tlscope::model::{FindingId, Target};
use tlscope::net::{self, Dialler};
use tlscope::wire::{HelloRead, read_client_hello};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::rig::{now, trust_of};

/// What becomes of a connection, by the name in its hello; no hello is no TLS.
#[derive(Clone, Copy)]
enum Way {
    /// On to the lab, as if this name had been asked for.
    Lab,
    Reset,
    /// The answer of a server that speaks SSL 2.0.
    Ssl2,
}

/// A server before the lab that treats hellos by what they are. The lab tells its cases apart by the
/// name, so a hello without one is answered by hand.
async fn gate(lab: SocketAddr, decide: impl Fn(Option<&str>, bool) -> Way + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let decide = Arc::new(decide);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let decide = decide.clone();
            tokio::spawn(async move { pass(stream, lab, &*decide).await });
        }
    });
    address
}

async fn pass(mut client: TcpStream, lab: SocketAddr, decide: &(dyn Fn(Option<&str>, bool) -> Way + Send + Sync)) {
    let mut bytes = vec![0; 4096];
    let Ok(n @ 1..) = client.read(&mut bytes).await else { return };
    bytes.truncate(n);
    let (sni, is_tls) = match read_client_hello(&bytes) {
        HelloRead::Hello(hello) => (hello.sni.clone(), true),
        _ => (None, false),
    };
    match decide(sni.as_deref(), is_tls) {
        Way::Reset => client.set_zero_linger().unwrap(),
        Way::Ssl2 => {
            // SERVER-HELLO with three cipher kinds, and nothing behind it.
            let mut hello = vec![4, 0, 1, 0, 2, 0, 0, 0, 9, 0, 16];
            hello.extend([0; 25]);
            let header = (0x8000 | hello.len() as u16).to_be_bytes();
            let _ = client.write_all(&[&header[..], &hello].concat()).await;
        }
        Way::Lab => {
            let mut server = TcpStream::connect(lab).await.unwrap();
            server.write_all(&bytes).await.unwrap();
            let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
        }
    }
}

async fn scanned(lab: &Lab, target: Target, address: SocketAddr) -> Vec<FindingId> {
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

#[tokio::test(flavor = "multi_thread")]
async fn ssl_2_is_found_beside_a_good_server() {
    let lab = lab().await;
    let address = gate(lab.address(), |_, is_tls| if is_tls { Way::Lab } else { Way::Ssl2 }).await;
    assert_eq!(scanned(&lab, "good.lab.test:443".parse().unwrap(), address).await, [FindingId::ProtoSslv2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_somebody_filters_is_told_from_a_dead_server() {
    let lab = lab().await;
    // The lab itself has no answer without a name, so another server stands in.
    let other = lab.cases().iter().find(|case| case.name == "good-ip").unwrap().port.unwrap();
    let other = SocketAddr::new(lab.address().ip(), other);
    let address = gate(other, |sni, is_tls| if sni.is_some() || !is_tls { Way::Reset } else { Way::Lab }).await;
    let found = scanned(&lab, "good.lab.test:443".parse().unwrap(), address).await;
    assert_eq!(found, [FindingId::HandshakeReset, FindingId::SniFiltered]);
    let dead = gate(other, |_, _| Way::Reset).await;
    let found = scanned(&lab, "good.lab.test:443".parse().unwrap(), dead).await;
    assert_eq!(found, [FindingId::HandshakeReset]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_certificate_without_a_name_is_told() {
    let lab = lab().await;
    // The server of an address gives its one certificate whatever the name.
    let port = lab.cases().iter().find(|case| case.name == "good-ip").unwrap().port.unwrap();
    let default = SocketAddr::new(lab.address().ip(), port);
    let named = lab.address();
    let address = two_hosts(named, default).await;
    let found = scanned(&lab, "good.lab.test:443".parse().unwrap(), address).await;
    assert_eq!(found, [FindingId::NameDefaultVhost]);
    let same = scanned(&lab, format!("127.0.0.1:{port}").parse().unwrap(), default).await;
    assert_eq!(same, []);
}

/// With a name to one server, without one to the other.
async fn two_hosts(named: SocketAddr, default: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut bytes = vec![0; 4096];
                let Ok(n @ 1..) = client.read(&mut bytes).await else { return };
                bytes.truncate(n);
                let has_name = matches!(read_client_hello(&bytes), HelloRead::Hello(hello) if hello.sni.is_some());
                let mut server = TcpStream::connect(if has_name { named } else { default }).await.unwrap();
                server.write_all(&bytes).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    address
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
