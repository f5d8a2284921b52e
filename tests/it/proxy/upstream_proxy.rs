//! A proxy between tlscope and its servers: what it is asked, what goes through it, and how it lies.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tlscope::model::{Failure, FindingId, Outcome, ProxyFault, Target};
use tlscope::net::{self, Ask, Dialler, Keys, Missed, Place, fetch, is_local};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::rig::{Rig, ask, read_all, read_head, soon};

/// What a proxy was sent, connection by connection.
type Heard = Arc<Mutex<Vec<String>>>;

/// A server that does one thing with each connection.
async fn server<F, Fut>(serve: F) -> SocketAddr
where
    F: Fn(TcpStream) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    address
}

/// An HTTP proxy that takes everybody to `to`.
async fn http_proxy(to: SocketAddr) -> (SocketAddr, Heard) {
    let heard = Heard::default();
    let telling = heard.clone();
    let address = server(move |mut stream| {
        let telling = telling.clone();
        async move {
            let head = read_head(&mut stream).await;
            telling.lock().unwrap().push(head);
            stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
            let mut server = TcpStream::connect(to).await.unwrap();
            let _ = copy_bidirectional(&mut stream, &mut server).await;
        }
    });
    (address.await, heard)
}

/// A SOCKS proxy that wants `me` and `secret`, and takes everybody to `to`.
async fn socks_proxy(to: SocketAddr) -> (SocketAddr, Heard) {
    let heard = Heard::default();
    let telling = heard.clone();
    let address = server(move |mut stream| {
        let telling = telling.clone();
        async move {
            let mut greeting = [0; 4];
            stream.read_exact(&mut greeting).await.unwrap();
            assert_eq!(greeting, [5, 2, 0, 2]);
            stream.write_all(&[5, 2]).await.unwrap();
            let mut login = [0; 11];
            stream.read_exact(&mut login).await.unwrap();
            let is_known = &login == b"\x01\x02me\x06secret";
            stream.write_all(&[1, u8::from(!is_known)]).await.unwrap();
            let mut request = [0; 512];
            let n = stream.read(&mut request).await.unwrap();
            telling.lock().unwrap().push(String::from_utf8_lossy(&request[3..n]).into_owned());
            stream.write_all(b"\x05\x00\x00\x01\0\0\0\0\0\0").await.unwrap();
            let mut server = TcpStream::connect(to).await.unwrap();
            let _ = copy_bidirectional(&mut stream, &mut server).await;
        }
    });
    (address.await, heard)
}

fn through(url: &str) -> net::Config {
    net::Config {
        upstream_proxy: Some(url.parse().unwrap()),
        dns_timeout: Duration::from_secs(3),
        tcp_timeout: Duration::from_secs(3),
        ..net::Config::default()
    }
}

fn target(text: &str) -> Target {
    text.parse().unwrap()
}

/// Says `words` and then what it hears.
async fn echo(words: &'static [u8]) -> SocketAddr {
    server(move |mut stream| async move {
        stream.write_all(words).await.unwrap();
        let (mut from, mut to) = stream.split();
        let _ = tokio::io::copy(&mut from, &mut to).await;
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_http_proxy_is_asked_by_name_and_gets_the_login() {
    let (proxy, heard) = http_proxy(echo(b"").await).await;
    let dialler = Dialler::new(through(&format!("http://me:p%40ss@{proxy}")));
    let mut leg = soon(dialler.connect(&target("a.proxied.test:443"))).await.unwrap();
    leg.stream.write_all(b"ping").await.unwrap();
    let mut pong = [0; 4];
    soon(leg.stream.read_exact(&mut pong)).await.unwrap();
    assert_eq!(&pong, b"ping");
    let via = leg.route.via.unwrap();
    assert_eq!((via.proxy, via.address), (format!("http://{proxy}"), Some(proxy)));
    assert_eq!((via.asked, leg.route.address), (target("a.proxied.test:443"), None));
    assert!(leg.timing.proxy_ms.is_some() && leg.timing.dns_ms.is_none());
    let heard = heard.lock().unwrap().join("");
    assert!(heard.starts_with("CONNECT a.proxied.test:443 HTTP/1.1\r\nHost: a.proxied.test:443\r\n"), "{heard}");
    assert!(heard.contains("\r\nProxy-Authorization: Basic bWU6cEBzcw==\r\n"), "{heard}");
}

#[tokio::test(flavor = "multi_thread")]
async fn socks_leaves_names_to_the_proxy_or_does_not() {
    let (proxy, heard) = socks_proxy(echo(b"").await).await;
    let by_name = Dialler::new(through(&format!("socks5h://me:secret@{proxy}")));
    let leg = soon(by_name.connect(&target("a.proxied.test:443"))).await.unwrap();
    assert_eq!((leg.route.address, leg.timing.proxy_ms.is_some()), (None, true));
    let here = net::Config {
        resolve: vec!["a.proxied.test:443:192.0.2.1".parse().unwrap()],
        ..through(&format!("socks5://me:secret@{proxy}"))
    };
    let leg = soon(Dialler::new(here).connect(&target("a.proxied.test:443"))).await.unwrap();
    assert_eq!(leg.route.address, Some("192.0.2.1:443".parse().unwrap()));
    let heard = heard.lock().unwrap();
    assert_eq!(heard[0], "\x03\x0ea.proxied.test\x01\u{fffd}");
    assert!(heard[1].starts_with("\x01\u{fffd}\x00\x02\x01"), "{:?}", heard[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn exceptions_and_this_machine_need_no_proxy() {
    let server = echo(b"direct").await;
    let config = net::Config {
        no_proxy: ".direct.test".parse().unwrap(),
        resolve: vec![format!("a.direct.test:{}:127.0.0.1", server.port()).parse().unwrap()],
        connect_to: vec![format!("moved.test::127.0.0.1:{}", server.port()).parse().unwrap()],
        // Nobody is there, so whoever is asked to go through it gets nowhere.
        ..through("http://127.0.0.1:1")
    };
    let dialler = Dialler::new(config);
    for host in ["a.direct.test", "localhost", "127.0.0.1", "127.1", "moved.test"] {
        let mut leg = soon(dialler.connect(&target(&format!("{host}:{}", server.port())))).await.unwrap();
        assert!(leg.route.via.is_none(), "{host}");
        let mut said = [0; 6];
        soon(leg.stream.read_exact(&mut said)).await.unwrap();
        assert_eq!(&said, b"direct", "{host}");
    }
    let missed = soon(dialler.connect(&target("a.proxied.test:443"))).await.unwrap_err();
    assert!(matches!(fault(&missed), ProxyFault::Unreachable { .. }), "{missed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_is_no_way_round_the_rules_of_access() {
    let (proxy, heard) = http_proxy(echo(b"").await).await;
    let config = net::Config {
        resolve: vec!["known.proxied.test:80:127.0.0.1".parse().unwrap()],
        ..through(&format!("http://{proxy}"))
    };
    let dialler = Dialler::new(config);
    for host in ["localhost", "127.0.0.1", "[::1]", "127.1", "2130706433", "0x7f.1", "known.proxied.test"] {
        let missed = dialler.connect_if(&target(&format!("{host}:80")), |ip| !is_local(ip)).await.unwrap_err();
        assert_eq!(missed.failure, Failure::NotAllowed, "{host}");
    }
    let missed = dialler.connect_if(&target("10.0.0.1:80"), |ip| Place::of(ip) == Place::Public).await.unwrap_err();
    assert_eq!((missed.failure, missed.route.address), (Failure::NotAllowed, Some("10.0.0.1:80".parse().unwrap())));
    assert_eq!(heard.lock().unwrap().len(), 0, "it was not asked");
}

fn fault(missed: &Missed) -> &ProxyFault {
    match &missed.failure {
        Failure::UpstreamProxy { fault } => fault,
        other => panic!("{other:?}"),
    }
}

/// A proxy that says `answers`, one to each message, and closes then.
async fn liar(answers: Vec<Vec<u8>>) -> SocketAddr {
    let answers = Arc::new(answers);
    server(move |mut stream| {
        let answers = answers.clone();
        async move {
            let mut heard = [0; 2048];
            for answer in answers.iter() {
                if !matches!(stream.read(&mut heard).await, Ok(1..)) {
                    return;
                }
                let _ = stream.write_all(answer).await;
            }
        }
    })
    .await
}

async fn asked_through(scheme: &str, proxy: SocketAddr) -> Result<net::TcpLeg, Missed> {
    let dialler = Dialler::new(through(&format!("{scheme}{proxy}")));
    soon(dialler.connect(&target("a.proxied.test:443"))).await
}

fn bytes(parts: &[&[u8]]) -> Vec<Vec<u8>> {
    parts.iter().map(|part| part.to_vec()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_lie_has_words_of_its_own() {
    let endless = [&b"HTTP/1.1 200 OK\r\n"[..], &b"X-Padding: 0123456789\r\n".repeat(4000)].concat();
    let cases: Vec<(&str, &str, Vec<Vec<u8>>)> = vec![
        ("wants a login", "http://", bytes(&[b"HTTP/1.1 407 Auth\r\nProxy-Authenticate: NTLM\r\n\r\n"])),
        ("wants another login", "http://me:x@", bytes(&[b"HTTP/1.1 407 Auth\r\nProxy-Authenticate: Basic\r\n\r\n"])),
        ("says so as a server", "http://me:x@", bytes(&[b"HTTP/1.0 401 Who\r\nWWW-Authenticate: Basic\r\n\r\n"])),
        ("forbids", "http://", bytes(&[b"HTTP/1.1 403 Forbidden\r\nX-Squid-Error: ERR_ACCESS_DENIED 0\r\n\r\n<html>"])),
        ("cannot", "http://", bytes(&[b"HTTP/1.1 502 Bad Gateway\r\n\r\n"])),
        ("redirects", "http://", bytes(&[b"HTTP/1.1 302 Found\r\nLocation: http://login.test/\r\n\r\n"])),
        ("is a page", "http://", bytes(&[b"<html><body>Welcome to the hotel</body></html>"])),
        ("is a mail server", "http://", bytes(&[b"220 mail.test ESMTP\r\n"])),
        ("is SOCKS", "http://", bytes(&[b"\x05\x00"])),
        ("never ends", "http://", vec![endless]),
        ("closes", "http://", bytes(&[b""])),
        ("closes half way", "http://", bytes(&[b"HTTP/1.1 200 Conn"])),
        ("is HTTP", "socks5h://", bytes(&[b"HTTP/1.1 400 Bad Request\r\n\r\n"])),
        ("is SOCKS 4", "socks5h://", bytes(&[b"\x04\x5a"])),
        ("wants a login", "socks5h://", bytes(&[b"\x05\xff"])),
        ("chooses GSSAPI", "socks5h://", bytes(&[b"\x05\x01"])),
        ("chooses a login not offered", "socks5h://", bytes(&[b"\x05\x02"])),
        ("refuses the login", "socks5h://me:x@", bytes(&[b"\x05\x02", b"\x01\x01"])),
        ("closes on the login", "socks5h://me:x@", bytes(&[b"\x05\x02", b""])),
        ("forbids", "socks5h://", bytes(&[b"\x05\x00", b"\x05\x02\x00\x01\0\0\0\0\0\0"])),
        ("cannot, and is short", "socks5h://", bytes(&[b"\x05\x00", b"\x05\x05"])),
        ("closes half way", "socks5h://", bytes(&[b"\x05\x00", b"\x05\x00\x00"])),
        ("binds to nonsense", "socks5h://", bytes(&[b"\x05\x00", b"\x05\x00\x00\x07\0\0"])),
    ];
    let mut words = Vec::new();
    for (what, scheme, answers) in cases {
        let missed = asked_through(scheme, liar(answers).await).await.unwrap_err();
        assert!(missed.route.via.is_some() && !missed.failure.may_answer_a_probe(), "{what}");
        words.push(format!("{scheme} {what}: {}", fault(&missed).words()));
    }
    insta::assert_snapshot!(words.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_prefix_of_an_answer_is_taken_for_one() {
    let http: &[u8] = b"HTTP/1.1 200 OK\r\nVia: x\r\n\r\n";
    let socks: &[u8] = b"\x05\x00\x00\x03\x06a.test\x01\xbb";
    for n in 0..http.len() {
        let missed = asked_through("http://", liar(vec![http[..n].to_vec()]).await).await.unwrap_err();
        assert_eq!(fault(&missed), &ProxyFault::Closed, "{n}");
    }
    for n in 0..socks.len() {
        let answers = vec![b"\x05\x00".to_vec(), socks[..n].to_vec()];
        let missed = asked_through("socks5h://", liar(answers).await).await.unwrap_err();
        assert_eq!(fault(&missed), &ProxyFault::Closed, "{n}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_follows_the_answer_at_once_is_the_servers() {
    let http = bytes(&[b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\nX: y\r\n\r\n220 mail.test\r\n"]);
    let socks = bytes(&[b"\x05\x00", b"\x05\x00\x00\x01\x7f\0\0\x01\0\x50220 mail.test\r\n"]);
    for (scheme, answers) in [("http://", http), ("socks5h://", socks)] {
        let mut leg = asked_through(scheme, liar(answers).await).await.unwrap();
        assert_eq!(read_all(&mut leg.stream).await, "220 mail.test\r\n", "{scheme}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_keeps_silent_is_not_waited_for() {
    let silent = server(|stream| async move {
        let _held = stream;
        std::future::pending::<()>().await;
    });
    let silent = silent.await;
    for scheme in ["http", "socks5h"] {
        let config = net::Config {
            dns_timeout: Duration::from_millis(50),
            tcp_timeout: Duration::from_millis(100),
            ..through(&format!("{scheme}://{silent}"))
        };
        let began = Instant::now();
        let missed = soon(Dialler::new(config).connect(&target("a.proxied.test:443"))).await.unwrap_err();
        assert_eq!(fault(&missed), &ProxyFault::Silent);
        assert!(began.elapsed() >= Duration::from_millis(150) && missed.timing.proxy_ms.is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_address_is_tried_where_the_proxy_cannot_reach_the_first() {
    let (yes, no): (&[u8], &[u8]) = (b"\x05\x00\x00\x01\0\0\0\0\0\0", b"\x05\x04\x00\x01\0\0\0\0\0\0");
    let proxy = server(move |mut stream| async move {
        let mut heard = [0; 64];
        let _ = stream.read(&mut heard).await;
        stream.write_all(b"\x05\x00").await.unwrap();
        let n = stream.read(&mut heard).await.unwrap();
        let is_second = heard[..n].ends_with(&[192, 0, 2, 2, 1, 187]);
        stream.write_all(if is_second { yes } else { no }).await.unwrap();
    });
    let config = net::Config {
        resolve: vec!["a.proxied.test:443:192.0.2.1,192.0.2.2".parse().unwrap()],
        ..through(&format!("socks5://{}", proxy.await))
    };
    let leg = soon(Dialler::new(config).connect(&target("a.proxied.test:443"))).await.unwrap();
    assert_eq!(leg.route.address, Some("192.0.2.2:443".parse().unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_certificates_point_to_is_fetched_through_it() {
    let web = server(|mut stream| async move {
        read_head(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nissuer").await;
    });
    let (proxy, heard) = http_proxy(web.await).await;
    let dialler = Dialler::new(through(&format!("http://{proxy}")));
    let ask = Ask::Issuer { url: "http://ca.proxied.test/ca.der".to_owned() };
    assert_eq!(soon(fetch(&dialler, &ask, Place::Public)).await.unwrap(), "issuer");
    assert!(heard.lock().unwrap()[0].starts_with("CONNECT ca.proxied.test:80 "));
    for near in ["http://127.0.0.1/ca.der", "http://10.0.0.1/ca.der", "http://localhost/ca.der"] {
        assert!(fetch(&dialler, &Ask::Issuer { url: near.to_owned() }, Place::Public).await.is_err(), "{near}");
    }
    assert_eq!(heard.lock().unwrap().len(), 1);
}

/// tlscope with this upstream proxy.
async fn rig_through(url: String) -> Rig {
    let reach = move |config: &mut net::Config| {
        config.upstream_proxy = Some(url.parse().unwrap());
        config.dns_timeout = Duration::from_secs(3);
    };
    Rig::start_over(reach, Keys::default(), |_| {}).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_whose_server_the_proxy_refuses_is_told_why() {
    let cases = [
        (&b"HTTP/1.1 407 Who?\r\n\r\n"[..], FindingId::UpstreamProxyLogin),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", FindingId::UpstreamProxyRefused),
        (b"<html>", FindingId::UpstreamProxyFailed),
    ];
    for (answer, id) in cases {
        let proxy = liar(vec![answer.to_vec()]).await;
        let rig = rig_through(format!("http://{proxy}")).await;
        let mut tls = rig.tls("a.proxied.test:443", "a.proxied.test", &[]).await;
        let page = ask(&mut tls, "GET / HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n").await;
        assert!(page.starts_with("HTTP/1.1 502") && page.contains(id.as_str()), "{page}");
        assert!(page.contains(&proxy.to_string()), "{page}");
        let told = rig.stop().await;
        assert_eq!(told.findings(), [id]);
        let upstream = &told.connection().upstream;
        assert_eq!(upstream.via.as_ref().and_then(|via| via.address), Some(proxy));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_speaks_first_is_heard_through_it() {
    let mail = server(|mut stream| async move {
        // Later than the proxy's own answer.
        tokio::time::sleep(Duration::from_millis(700)).await;
        stream.write_all(b"220 mail.test\r\n").await.unwrap();
        assert_eq!(read_all(&mut stream).await, "QUIT\r\n");
    });
    let (proxy, _) = http_proxy(mail.await).await;
    let rig = rig_through(format!("http://{proxy}")).await;
    let mut stream = rig.connect("mail.proxied.test:25").await;
    let mut said = [0; 15];
    soon(stream.read_exact(&mut said)).await.unwrap();
    assert_eq!(&said, b"220 mail.test\r\n");
    stream.write_all(b"QUIT\r\n").await.unwrap();
    stream.shutdown().await.unwrap();
    read_all(&mut stream).await;
    let told = rig.stop().await;
    let connection = told.connection();
    assert_eq!((connection.outcome, connection.upstream.address), (Some(Outcome::Relayed), None));
    assert!(connection.upstream.via.is_some() && connection.upstream.timing.proxy_ms.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_client_can_still_speak_tls_after_the_proxy_was_asked() {
    let (proxy, heard) = http_proxy(echo(b"").await).await;
    let rig = rig_through(format!("http://{proxy}")).await;
    let stream = rig.connect("a.proxied.test:443").await;
    // By then tlscope has asked whether the server speaks first.
    tokio::time::sleep(Duration::from_millis(700)).await;
    let _ = soon(rig.handshake(stream, "a.proxied.test", &[])).await;
    assert!(heard.lock().unwrap()[0].starts_with("CONNECT a.proxied.test:443 "));
    let told = rig.stop().await;
    assert!(told.connection().client.hello.is_some(), "{:?}", told.connection());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_server_is_asked_again_and_tunnelled_to_through_it() {
    // Refuses every hello; what follows it, the client's own and a plaintext one, come the same way.
    let old = server(|mut stream| async move {
        let mut hello = [0; 4096];
        let _ = stream.read(&mut hello).await;
        let _ = stream.write_all(&[21, 3, 3, 0, 2, 2, 40]).await;
    });
    let (proxy, heard) = http_proxy(old.await).await;
    let rig = rig_through(format!("http://{proxy}")).await;
    let _tls = rig.tls("old.proxied.test:443", "old.proxied.test", &[]).await;
    let told = rig.stop().await;
    assert!(told.findings().contains(&FindingId::CipherNoOverlap), "{:?}", told.findings());
    let heard = heard.lock().unwrap();
    assert!(heard.len() >= 4, "{heard:?}");
    assert!(heard.iter().all(|head| head.starts_with("CONNECT old.proxied.test:443 ")), "{heard:?}");
}
