//! Judging the servers of tunnels: from what passes in the clear, and else by a look of our own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::pki_types::ServerName;
use tlscope::lab::{Lab, careless};
use tlscope::model::{Attempt, Fact, FindingId, Outcome, TlsVersion};
use tlscope::net::ConnectRule;
use tlscope::proxy::Config;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::rig::{Rig, Told, ask, now, origin, soon};

const GET: &str = "GET /json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
const HOST: &str = "expired-wrong-name.lab.test";

fn tunnel_all(config: &mut Config) {
    config.policy.tunnel = vec!["*".parse().unwrap()];
}

/// A whole visit of a client that takes any certificate.
async fn visit(rig: &Rig, host: &str, config: &Arc<rustls::ClientConfig>) {
    let tunnel = rig.connect(&format!("{host}:443")).await;
    let name = ServerName::try_from(host.to_owned()).unwrap();
    let mut tls = soon(TlsConnector::from(config.clone()).connect(name, tunnel)).await.unwrap();
    assert!(ask(&mut tls, GET).await.starts_with("HTTP/1.1 200"));
}

fn any() -> Arc<rustls::ClientConfig> {
    Arc::new(careless(false).unwrap())
}

/// A lab of the test's own, behind something that counts who comes, and lets only the first ones in.
async fn counted(let_in: usize) -> (Lab, ConnectRule, Arc<AtomicUsize>) {
    let lab = Lab::start("127.0.0.1:0".parse().unwrap(), now()).await.unwrap();
    let (to, came): (SocketAddr, _) = (lab.address(), Arc::new(AtomicUsize::new(0)));
    let counter = came.clone();
    let rule = origin(HOST, move |mut client: TcpStream| {
        let place = counter.fetch_add(1, Ordering::SeqCst);
        async move {
            if place < let_in {
                let mut server = TcpStream::connect(to).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            }
        }
    });
    (lab, rule.await, came)
}

fn closed(told: &Told) -> usize {
    told.connections().iter().filter(|connection| connection.closed.is_some()).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tunnel_of_tls13_is_judged_by_a_look_beside_it_and_says_so() {
    let rig = Rig::start_with(tunnel_all, vec![]).await;
    visit(&rig, HOST, &any()).await;
    rig.until(|told| told.findings().contains(&FindingId::CertExpired)).await;
    let told = rig.stop().await;
    let connection = told.connection();
    assert_eq!(connection.outcome, Some(Outcome::Tunnelled));
    let handshake = connection.upstream.handshake.as_ref().unwrap();
    assert_eq!((handshake.attempt, handshake.completed), (Attempt::Observed, true));
    assert!(!connection.upstream.sent.is_empty());
    let expected =
        [FindingId::TunnelledByPolicy, FindingId::TunnelObserved, FindingId::CertExpired, FindingId::NameMismatch];
    assert_eq!(told.findings(), expected);
    let evidence = &connection.findings[1].evidence;
    assert_eq!(evidence.get("client_version"), Some(&Fact::Text(TlsVersion::TLS13.to_string())));
    assert!(evidence.get("client_suite").is_some() && evidence.get("client_group").is_some());
    assert_eq!(evidence.get("address"), connection.upstream.address.map(|a| a.to_string().into()).as_ref());
    assert_eq!(evidence.get("seconds"), None, "it was looked at for this one");
}

#[tokio::test(flavor = "multi_thread")]
async fn tunnels_of_an_hour_share_one_look() {
    let (_lab, rule, came) = counted(usize::MAX).await;
    let rig = Rig::start_with(tunnel_all, vec![rule]).await;
    let config = any();
    tokio::join!(visit(&rig, HOST, &config), visit(&rig, HOST, &config), visit(&rig, HOST, &config));
    visit(&rig, HOST, &config).await;
    rig.until(|told| closed(told) == 4).await;
    let told = rig.stop().await;
    assert_eq!(came.load(Ordering::SeqCst), 4 + 1, "four clients, and one look");
    for connection in told.connections() {
        assert_eq!(connection.upstream.handshake.as_ref().unwrap().attempt, Attempt::Observed);
        assert!(!connection.upstream.sent.is_empty());
    }
    assert_eq!(told.findings().iter().filter(|id| **id == FindingId::TunnelObserved).count(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_the_clear_needs_no_look() {
    let rig = Rig::start_with(tunnel_all, vec![]).await;
    visit(&rig, "tls12.lab.test", &any()).await;
    rig.until(|told| closed(told) == 1).await;
    let told = rig.stop().await;
    let handshake = told.connection().upstream.handshake.as_ref().unwrap();
    assert_eq!((handshake.attempt, handshake.version), (Attempt::Tunnelled, Some(TlsVersion::TLS12)));
    assert!(!told.connection().upstream.sent.is_empty());
    assert!(!told.findings().contains(&FindingId::TunnelObserved), "{:?}", told.findings());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_our_own_is_sent_where_it_must_not_be() {
    let (_lab, rule, came) = counted(usize::MAX).await;
    let quiet = |config: &mut Config| {
        tunnel_all(config);
        config.observe_tunnelled = false;
    };
    let rig = Rig::start_with(quiet, vec![rule]).await;
    visit(&rig, HOST, &any()).await;
    rig.until(|told| closed(told) == 1).await;
    let told = rig.stop().await;
    assert_eq!(came.load(Ordering::SeqCst), 1);
    assert_eq!(told.findings(), [FindingId::TunnelledByPolicy]);
    let upstream = &told.connection().upstream;
    assert_eq!(upstream.handshake.as_ref().unwrap().attempt, Attempt::Tunnelled);
    assert!(upstream.sent.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_that_shows_nothing_is_no_fault_of_the_servers_and_is_not_repeated() {
    let (_lab, rule, came) = counted(1).await;
    let rig = Rig::start_with(tunnel_all, vec![rule]).await;
    visit(&rig, HOST, &any()).await;
    rig.until(|told| closed(told) == 1).await;
    drop(soon(rig.connect(&format!("{HOST}:443"))).await);
    let told = rig.stop().await;
    assert_eq!(came.load(Ordering::SeqCst), 2);
    let connection = told.connections()[0];
    assert_eq!(connection.upstream.handshake.as_ref().unwrap().attempt, Attempt::Tunnelled);
    assert_eq!((connection.upstream.failure.as_ref(), connection.findings.len()), (None, 1));
}
