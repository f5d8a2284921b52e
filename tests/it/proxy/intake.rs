//! One port for every kind of client, each told apart by its bytes.

use tlscope::model::{FindingId, GivenKind, Intake, Outcome, Protocol};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::rig::{Rig, ask, origin, read_head, read_until, saying, soon};

const GET: &str = "GET /json HTTP/1.1\r\nHost: good.lab.test\r\nConnection: close\r\n\r\n";

async fn socks(rig: &Rig, address: &[u8], port: u16) -> TcpStream {
    let mut stream = rig.dial().await;
    stream.write_all(&[5, 1, 0]).await.unwrap();
    let mut method = [0; 2];
    soon(stream.read_exact(&mut method)).await.unwrap();
    assert_eq!(method, [5, 0]);
    let request = [&[5, 1, 0], address, &port.to_be_bytes()].concat();
    stream.write_all(&request).await.unwrap();
    let mut reply = [0; 10];
    soon(stream.read_exact(&mut reply)).await.unwrap();
    assert_eq!(reply[1], 0, "succeeded");
    stream
}

fn domain(name: &str) -> Vec<u8> {
    [&[3, name.len() as u8], name.as_bytes()].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn connect_and_socks_and_a_bare_hello_reach_the_same_server() {
    for intake in [Intake::Connect, Intake::Socks5, Intake::ClientHello] {
        let rig = Rig::start().await;
        let stream = match intake {
            Intake::Connect => rig.connect("good.lab.test:443").await,
            Intake::Socks5 => socks(&rig, &domain("good.lab.test"), 443).await,
            _ => rig.dial().await,
        };
        let mut tls = soon(rig.handshake(stream, "good.lab.test", &["http/1.1"])).await.unwrap();
        let answer = ask(&mut tls, GET).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("\"lab\""), "{answer}");
        let told = rig.stop().await;
        assert_eq!(told.connection().intake, intake);
        assert_eq!(told.connection().target.as_ref().unwrap().to_string(), "good.lab.test:443");
        assert_eq!(told.exchange().url, "https://good.lab.test/json");
        assert_eq!(told.findings(), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_the_same_however_they_are_written() {
    for written in ["GOOD.Lab.Test:443", "good.lab.test.:443"] {
        let rig = Rig::start().await;
        let mut tls = rig.tls(written, "good.lab.test", &[]).await;
        assert!(ask(&mut tls, GET).await.starts_with("HTTP/1.1 200"), "{written}");
        let told = rig.stop().await;
        assert_eq!(told.findings(), [], "{written}");
        assert_eq!(told.connection().name.as_ref().unwrap().to_string(), "good.lab.test");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_are_targets_over_socks_and_connect() {
    let hello = |mut stream: TcpStream| async move {
        read_head(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi").await;
    };
    let rules = vec![origin("192.0.2.9", hello).await, origin("[2001:db8::9]", hello).await];
    let rig = Rig::with_origins(rules).await;
    let v6 = [&[4u8][..], &"2001:db8::9".parse::<std::net::Ipv6Addr>().unwrap().octets()].concat();
    let mut streams = vec![socks(&rig, &[1, 192, 0, 2, 9], 80).await, socks(&rig, &v6, 80).await];
    streams.push(rig.connect("[2001:db8::9]:80").await);
    for stream in &mut streams {
        let answer = ask(stream, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
        assert!(answer.ends_with("hi"), "{answer}");
    }
    let told = rig.stop().await;
    let targets: Vec<String> = told.connections().iter().map(|c| c.target.as_ref().unwrap().to_string()).collect();
    assert_eq!(targets, ["192.0.2.9:80", "[2001:db8::9]:80", "[2001:db8::9]:80"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_international_name_goes_on_in_ascii() {
    let rule = saying("xn--bcher-kva.test", b"HTTP/1.1 204 No Content\r\n\r\n").await;
    let rig = Rig::with_origins(vec![rule]).await;
    let mut stream = socks(&rig, &domain("bücher.test"), 80).await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: xn--bcher-kva.test\r\n\r\n").await.unwrap();
    assert!(soon(read_head(&mut stream)).await.starts_with("HTTP/1.1 204"));
    drop(stream);
    let told = rig.stop().await;
    assert_eq!(told.connection().target.as_ref().unwrap().to_string(), "xn--bcher-kva.test:80");
}

#[tokio::test(flavor = "multi_thread")]
async fn absolute_form_goes_to_each_authority_on_one_client_connection() {
    let answer = |body: &'static str| {
        move |mut stream: TcpStream| async move {
            while read_head(&mut stream).await.ends_with("\r\n\r\n") {
                let text = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                let _ = stream.write_all(text.as_bytes()).await;
            }
        }
    };
    let rig =
        Rig::with_origins(vec![origin("a.test", answer("one")).await, origin("b.test", answer("two")).await]).await;
    let mut stream = rig.dial().await;
    for (host, body) in [("a.test", "one"), ("b.test", "two"), ("a.test", "one")] {
        stream
            .write_all(
                format!("GET http://{host}/x?y HTTP/1.1\r\nHost: {host}\r\nProxy-Connection: keep-alive\r\n\r\n")
                    .as_bytes(),
            )
            .await
            .unwrap();
        assert!(soon(read_head(&mut stream)).await.starts_with("HTTP/1.1 200"));
        assert_eq!(soon(read_until(&mut stream, body)).await, body);
    }
    drop(stream);
    let told = rig.stop().await;
    assert_eq!(told.connections().len(), 2, "one upstream connection for each authority");
    let urls: Vec<&str> = told.exchanges().iter().map(|e| e.url.as_str()).collect();
    assert_eq!(urls, ["http://a.test/x?y", "http://b.test/x?y", "http://a.test/x?y"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn origin_form_gets_the_page_that_says_what_this_port_is() {
    let rig = Rig::start().await;
    let mut stream = rig.dial().await;
    let answer =
        ask(&mut stream, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("Set up this device"), "{answer}");
    let mut stream = rig.dial().await;
    let answer =
        ask(&mut stream, "GET http://tlscope.test/ca.pem HTTP/1.1\r\nHost: tlscope.test\r\nConnection: close\r\n\r\n")
            .await;
    assert!(answer.contains("BEGIN CERTIFICATE"), "{answer}");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_and_other_bytes_behind_connect_are_relayed() {
    let echo = |mut stream: TcpStream| async move {
        let (mut read, mut write) = stream.split();
        let _ = tokio::io::copy(&mut read, &mut write).await;
    };
    let greets = |mut stream: TcpStream| async move {
        let _ = stream.write_all(b"220 mail.test ESMTP\r\n").await;
        read_until(&mut stream, "QUIT\r\n").await;
    };
    let rules = vec![
        saying("web.test", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await,
        origin("echo.test", echo).await,
        origin("mail.test", greets).await,
    ];
    let rig = Rig::with_origins(rules).await;
    let mut web = rig.connect("web.test:8080").await;
    web.write_all(b"GET / HTTP/1.1\r\nHost: web.test:8080\r\n\r\n").await.unwrap();
    assert!(soon(read_head(&mut web)).await.starts_with("HTTP/1.1 200"));
    let mut echo = rig.connect("echo.test:7").await;
    echo.write_all(b"\x00private\n").await.unwrap();
    assert_eq!(soon(read_until(&mut echo, "\n")).await, "\0private\n");
    let mut mail = rig.connect("mail.test:25").await;
    assert!(soon(read_until(&mut mail, "\r\n")).await.starts_with("220"), "a server that speaks first is heard");
    mail.write_all(b"QUIT\r\n").await.unwrap();
    drop((web, echo, mail));
    let told = rig.stop().await;
    let protocols: Vec<_> = told.connections().iter().map(|c| (c.protocol, c.given.as_ref().unwrap().kind)).collect();
    let plain = GivenKind::Plain;
    assert_eq!(protocols, [(Some(Protocol::Http1), plain), (Some(Protocol::Raw), plain), (Some(Protocol::Raw), plain)]);
    assert_eq!(told.connections()[1].traffic.up, 9);
    assert_eq!(told.connections()[2].raw_guess.as_deref(), Some("smtp"));
    assert_eq!(told.exchange().url, "http://web.test:8080/");
}

#[tokio::test(flavor = "multi_thread")]
async fn others_are_told_why_they_are_refused_in_their_own_protocol() {
    let rig = Rig::start_with(|config| config.access.serve_loopback = false, vec![]).await;
    let page = ask(&mut rig.dial().await, "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test\r\n\r\n").await;
    assert!(page.starts_with("HTTP/1.1 403") && page.contains("--allow 127.0.0.1/32"), "{page}");
    let mut socks = rig.dial().await;
    socks.write_all(&[5, 1, 0]).await.unwrap();
    let mut refusal = [0; 2];
    soon(socks.read_exact(&mut refusal)).await.unwrap();
    assert_eq!(refusal, [5, 0xff]);
    let refused = soon(rig.handshake(rig.dial().await, "a.test", &[])).await.unwrap_err();
    assert!(format!("{refused:?}").contains("AccessDenied"), "{refused:?}");
    let told = rig.stop().await;
    assert_eq!(told.findings(), [FindingId::ClientNotAllowed; 3]);
    assert!(told.connections().iter().all(|c| c.outcome == Some(Outcome::Denied)));

    let allow = |config: &mut tlscope::proxy::Config| {
        config.access.serve_loopback = false;
        config.access.allow = vec!["127.0.0.0/8".parse().unwrap()];
        config.access.allow_local = true;
    };
    let rig = Rig::start_with(allow, vec![]).await;
    let mut tls = rig.tls("good.lab.test:443", "good.lab.test", &[]).await;
    assert!(ask(&mut tls, GET).await.starts_with("HTTP/1.1 200"));
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_protocols_are_turned_away_with_their_reason() {
    let cases: [(&[u8], &str); 3] = [
        (b"\x04\x01\x00\x50\x01\x02\x03\x04\x00", "SOCKS version 4"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2 without TLS"),
        (b"\x00\x01\x02\x03garbage", "no known protocol"),
    ];
    for (bytes, reason) in cases {
        let rig = Rig::start().await;
        let mut stream = rig.dial().await;
        stream.write_all(bytes).await.unwrap();
        crate::rig::read_all(&mut stream).await;
        drop(stream);
        let told = rig.stop().await;
        let finding = &told.connection().findings[0];
        assert_eq!(finding.id, FindingId::ClientHelloUnreadable);
        assert!(format!("{:?}", finding.evidence).contains(reason), "{finding:?}");
    }
}
