//! One client cannot keep the others out, and hellos of any shape hold nothing for long.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tlscope::model::{Facts, FindingId, Outcome};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::rig::{Rig, Told, ask, read_all, soon};

/// From another address of this machine.
async fn dial_from(address: &str, to: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(format!("{address}:0").parse().unwrap())?;
    socket.connect(to).await
}

/// As many files as this process may have open.
fn raise_the_limit_of_files() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let before = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: before.maximum, maximum: before.maximum });
    getrlimit(Resource::Nofile).current.map_or(usize::MAX, |most| most as usize)
}

fn memory_in_kib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or(0)
}

fn times(told: &Told, id: FindingId) -> Vec<Facts> {
    let findings = told.connections().into_iter().flat_map(|c| c.findings.clone());
    findings.filter(|finding| finding.id == id).map(|finding| finding.evidence).collect()
}

async fn is_served(rig: &Rig) {
    let began = Instant::now();
    let mut tls = rig.tls("good.lab.test:443", "good.lab.test", &[]).await;
    let answer = ask(&mut tls, "GET /json HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(began.elapsed() < Duration::from_secs(5), "not promptly: {:?}", began.elapsed());
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_silent_connections_of_one_address_harm_nobody() {
    // Both ends of those that are kept are in this process; the others are closed on one side.
    let flood = 10_000.min(raise_the_limit_of_files().saturating_sub(1500));
    let rig = Rig::start().await;
    is_served(&rig).await;
    let before = memory_in_kib();
    let mut held = Vec::with_capacity(flood);
    for n in 0..flood {
        // One that is closed in the same moment is one that was refused.
        if let Ok(stream) = soon(dial_from("127.0.0.2", rig.address)).await {
            held.push(stream);
        }
        if n % 2500 == 0 {
            is_served(&rig).await;
        }
    }
    is_served(&rig).await;
    let open = count_open(&held);
    assert!((200..=256).contains(&open), "{open} of {flood} are kept");
    let grown = memory_in_kib().saturating_sub(before);
    assert!(grown < 64 << 10, "{grown} KiB for {flood} connections");
    drop(held);
    // What leaves makes room again.
    let mut again = Vec::new();
    while count_open(&again) < 100 {
        again.clear();
        for _ in 0..100 {
            again.extend(soon(dial_from("127.0.0.2", rig.address)).await);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(again);
    let told = rig.stop().await;
    let rows = times(&told, FindingId::ClientTooManyConnections);
    assert!((1..=3).contains(&rows.len()), "a row that counts, not one for each: {rows:?}");
    assert!(told.connections().len() < 20, "{}", told.connections().len());
    assert!(format!("{:?}", rows[0]).contains("silent connections of this address"), "{rows:?}");
}

/// Those on which neither an end nor a reset has come.
fn count_open(streams: &[TcpStream]) -> usize {
    let is_open = |stream: &&TcpStream| matches!(stream.try_read(&mut [0; 1]), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock);
    streams.iter().filter(is_open).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_connections_are_given_up_in_time() {
    let rig = Rig::start_with(
        |config| {
            config.hello_timeout = Duration::from_millis(200);
            config.limits.silent = 8;
        },
        vec![],
    )
    .await;
    let mut held = Vec::new();
    for _ in 0..8 {
        held.push(rig.dial().await);
    }
    for stream in &mut held {
        assert_eq!(soon(stream.read(&mut [0; 1])).await.unwrap_or(0), 0);
    }
    is_served(&rig).await;
    rig.stop().await;
}

/// tlscope's own page; nothing from a proxy that closes the connection at once.
async fn page(rig: &Rig) -> String {
    let Ok(mut stream) = TcpStream::connect(rig.address).await else { return String::new() };
    let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n").await;
    read_all(&mut stream).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_counts_until_it_ends_whatever_it_became() {
    let rig = Rig::start_with(
        |config| {
            config.access.serve_loopback = false;
            config.access.allow = vec!["127.0.0.0/8".parse().unwrap()];
            config.access.allow_local = true;
            config.limits.per_address = 2;
        },
        vec![],
    )
    .await;
    let tunnels = [
        rig.tls("good.lab.test:443", "good.lab.test", &["h2"]).await,
        rig.tls("good.lab.test:443", "good.lab.test", &[]).await,
    ];
    assert_eq!(page(&rig).await, "", "the third is closed at once");
    drop(tunnels);
    for n in 0.. {
        if page(&rig).await.starts_with("HTTP/1.1 200") {
            break;
        }
        assert!(n < 200, "the places of those that left are not free: {}", page(&rig).await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let told = rig.stop().await;
    assert!(format!("{:?}", times(&told, FindingId::ClientTooManyConnections)).contains("connections of this address"));
}

/// A record of handshake bytes.
fn record(body: &[u8]) -> Vec<u8> {
    [&[0x16, 3, 1], &(body.len() as u16).to_be_bytes()[..], body].concat()
}

/// A handshake message that says it is a ClientHello of so many bytes.
fn hello(claimed: u32, body: &[u8]) -> Vec<u8> {
    [&[1], &claimed.to_be_bytes()[1..], body].concat()
}

fn hostile_hellos() -> Vec<(&'static str, Vec<u8>)> {
    let nothing = vec![0; 64 << 10];
    let plausible = [&[3, 3][..], &[7; 32], &[0, 0, 2, 0x13, 1, 1, 0, 0, 0]].concat();
    let whole = hello(plausible.len() as u32, &plausible);
    let bytes_alone: Vec<u8> = whole.iter().flat_map(|byte| record(&[*byte])).collect();
    vec![
        ("64 KiB of nothing in records", nothing.chunks(16 << 10).flat_map(record).collect()),
        ("a hello of 16 MiB announced", record(&hello(0x00ff_ffff, &plausible))),
        ("a hello longer than its record, and no more", record(&hello(4096, &plausible))),
        ("a hello shorter than its record", record(&[hello(3, &[3, 3, 0]), vec![9; 40]].concat())),
        ("records without a byte", [0x16, 3, 1, 0, 0].repeat(20_000)),
        ("every byte a record", bytes_alone),
        ("a record of 65535 bytes", [&[0x16, 3, 1, 0xff, 0xff][..], &nothing].concat()),
        ("hello after hello", record(&whole).repeat(500)),
        ("a hello without a name", record(&whole)),
        ("an SSLv2 hello", [&[0x80, 0x2e, 1, 0, 2, 0, 0x15, 0, 0, 0, 0x10][..], &[0; 40]].concat()),
        ("an alert first", vec![0x15, 3, 1, 0, 2, 2, 40]),
        ("application data first", [&[0x17, 3, 3, 0, 16][..], &[0; 16]].concat()),
        ("one byte", vec![0x16]),
        (
            "lengths of lists that do not fit",
            record(&hello(40, &[&[3, 3][..], &[7; 32], &[255, 0, 0, 0, 0, 0]].concat())),
        ),
    ]
}

/// Sends, as a whole or byte by byte, keeps its side open, and waits for the proxy to end it. Gives its port.
async fn send_hostile(to: SocketAddr, bytes: &[u8], one_by_one: bool) -> (u16, Duration) {
    let mut stream = TcpStream::connect(to).await.unwrap();
    let (port, began) = (stream.local_addr().unwrap().port(), Instant::now());
    if one_by_one {
        let _ = stream.set_nodelay(true);
        for byte in bytes.iter().take(600) {
            if stream.write_all(&[*byte]).await.is_err() {
                break;
            }
            tokio::task::yield_now().await;
        }
    } else {
        let _ = stream.write_all(bytes).await;
    }
    let _ = soon(stream.read_to_end(&mut Vec::new())).await;
    (port, began.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_hellos_end_in_a_row_of_their_own_and_hold_nothing() {
    let rig = Rig::start_with(|config| config.hello_timeout = Duration::from_millis(500), vec![]).await;
    let sent = hostile_hellos().into_iter().flat_map(|(what, bytes)| {
        [false, true].map(|one_by_one| {
            let (to, bytes) = (rig.address, bytes.clone());
            (what, tokio::spawn(async move { send_hostile(to, &bytes, one_by_one).await }))
        })
    });
    let sent: Vec<_> = sent.collect();
    is_served(&rig).await;
    let mut ports = Vec::new();
    for (what, sent) in sent {
        let (port, took) = sent.await.unwrap();
        assert!(took < Duration::from_secs(10), "{what}: held for {took:?}");
        ports.push((what, port));
    }
    let told = rig.stop().await;
    for (what, port) in ports {
        let own: Vec<_> = told.connections().into_iter().filter(|c| c.client_address.port() == port).collect();
        assert_eq!(own.len(), 1, "{what}: {own:#?}");
        assert_eq!(own[0].outcome, Some(Outcome::Unreadable), "{what}");
        assert_eq!(own[0].findings[0].id, FindingId::ClientHelloUnreadable, "{what}");
        assert!(own[0].closed.is_some(), "{what}");
    }
}
