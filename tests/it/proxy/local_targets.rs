//! Clients elsewhere do not reach what is meant for this machine alone, however they write it; and a
//! server does not have tlscope fetch from there.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tlscope::model::{FindingId, Outcome};
use tlscope::net::{Ask, Dialler, FetchError, Place, fetch};
use tlscope::proxy::Config;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::rig::{Rig, ask, read_head, soon};

fn elsewhere(config: &mut Config) {
    config.access.serve_loopback = false;
    config.access.allow = vec!["127.0.0.0/8".parse().unwrap()];
}

/// A service of this machine's own, on loopback, and how often it was connected to.
async fn own_service() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, knocked) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
    let counts = knocked.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counts.fetch_add(1, Ordering::SeqCst);
            read_head(&mut stream).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nsecret").await;
        }
    });
    (port, knocked)
}

/// Every way to write this machine, or its own link, that a client has found so far.
const WRITTEN: &[&str] = &[
    "127.0.0.1",
    "127.255.0.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::127.0.0.1]",
    "0.0.0.0",
    "[::]",
    "localhost",
    "LOCALHOST.",
    "2130706433",
    "127.1",
    "0x7f.1",
    "0177.0.0.1",
    "169.254.169.254",
    "[fe80::1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    // A name of the client's own that leads here, by its DNS or by a rule of the person's.
    "rebind.test",
];

#[tokio::test(flavor = "multi_thread")]
async fn no_way_of_writing_it_leads_to_this_machine() {
    let (port, knocked) = own_service().await;
    let rule = format!("rebind.test::127.0.0.1:{port}").parse().unwrap();
    let rig = Rig::start_with(elsewhere, vec![rule]).await;
    for host in WRITTEN {
        let url = format!("GET http://{host}:{port}/ HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let answer = ask(&mut rig.dial().await, &url).await;
        assert!(answer.starts_with("HTTP/1.1 502") && !answer.contains("secret"), "{host}: {answer}");
        let mut tunnel = rig.connect(&format!("{host}:{port}")).await;
        let _ = tunnel.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
        let mut told = Vec::new();
        let _ = soon(tunnel.read_to_end(&mut told)).await;
        assert!(!String::from_utf8_lossy(&told).contains("secret"), "{host}");
    }
    let mut socks = rig.dial().await;
    let request = [&[5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1][..], &port.to_be_bytes(), b"GET / HTTP/1.1\r\n\r\n"].concat();
    socks.write_all(&request).await.unwrap();
    let mut told = Vec::new();
    let _ = soon(socks.read_to_end(&mut told)).await;
    assert!(!String::from_utf8_lossy(&told).contains("secret"));
    assert_eq!(knocked.load(Ordering::SeqCst), 0, "it was not even knocked at");
    let told = rig.stop().await;
    let rows = told.connections();
    assert_eq!(rows.len(), 2 * WRITTEN.len() + 1);
    for row in rows {
        assert_eq!(row.outcome, Some(Outcome::UpstreamFailed), "{:?}", row.target);
    }
    let refused = told.findings().into_iter().filter(|id| *id == FindingId::TargetNotAllowed).count();
    // Some systems do not read the odd ways of writing an address as one.
    assert!(refused >= 2 * (WRITTEN.len() - 4), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zone_is_no_way_around_it() {
    let rig = Rig::start_with(elsewhere, vec![]).await;
    for host in ["[fe80::1%25lo]", "[fe80::1%lo]", "[::1%lo]"] {
        let mut stream = rig.dial().await;
        stream.write_all(format!("CONNECT {host}:80 HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
        let answer = soon(read_head(&mut stream)).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{host}: {answer}");
    }
    rig.stop().await;
}

/// A certificate of a server on the internet says where its issuer is: not here.
#[tokio::test]
async fn a_server_does_not_have_tlscope_knock_at_this_machines_doors() {
    let (port, knocked) = own_service().await;
    let rule = format!("rebind.test::127.0.0.1:{port}").parse().unwrap();
    let dialler = Dialler::new(tlscope::net::Config { connect_to: vec![rule], ..tlscope::net::Config::default() });
    for host in ["127.0.0.1", "localhost", "0.0.0.0", "[::ffff:127.0.0.1]", "2130706433", "rebind.test"] {
        for ask in [
            Ask::Issuer { url: format!("http://{host}:{port}/ca.der") },
            Ask::Crl { url: format!("http://{host}:{port}/ca.crl") },
            Ask::Ocsp { url: format!("http://{host}:{port}/"), request: vec![0x30, 0].into() },
        ] {
            for nearest in [Place::Public, Place::Private] {
                let fetched = soon(fetch(&dialler, &ask, nearest)).await;
                assert!(matches!(fetched, Err(FetchError::TooNear(_))), "{host} {nearest:?}: {fetched:?}");
            }
        }
    }
    assert_eq!(knocked.load(Ordering::SeqCst), 0, "it was not even knocked at");
    // A server of this machine's own may point here: the lab's do.
    let ask = Ask::Issuer { url: format!("http://127.0.0.1:{port}/ca.der") };
    assert_eq!(&soon(fetch(&dialler, &ask, Place::Local)).await.unwrap()[..], b"secret");
}
