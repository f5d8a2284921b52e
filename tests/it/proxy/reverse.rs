//! Ports that lead to one target: what a client says there is for that one, whatever it is.

use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use tlscope::lab::careless;
use tlscope::model::{Fact, FindingId, GivenKind, Intake, Outcome, Protocol, Target, TlsVersion};
use tlscope::net::ConnectRule;
use tlscope::proxy::{Config, Reverse};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::rig::{Rig, ask, hello, origin, read_head, read_until, soon};

fn reverse(target: &str) -> Reverse {
    Reverse { listen: vec!["127.0.0.1:0".parse().unwrap()], target: target.parse().unwrap() }
}

async fn rig_to(target: &str, rules: Vec<ConnectRule>) -> Rig {
    let target = target.to_owned();
    Rig::start_with(|config: &mut Config| config.reverse = vec![reverse(&target)], rules).await
}

async fn dial(rig: &Rig) -> TcpStream {
    TcpStream::connect(rig.reversed[0]).await.unwrap()
}

/// A server of TLS with one certificate, which greets and then says back what it hears.
async fn broker(host: &str) -> ConnectRule {
    let made = rcgen::generate_simple_self_signed(vec![host.to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_protocol_versions(rustls::DEFAULT_VERSIONS);
    let config = config.unwrap().with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    origin(host, move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut tls) = acceptor.accept(stream).await else { return };
            let _ = tls.write_all(b"hello\n").await;
            let heard = read_until(&mut tls, "\n").await;
            let _ = tls.write_all(heard.as_bytes()).await;
            let _ = tls.shutdown().await;
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_without_a_name_is_intercepted_under_the_targets() {
    let rig = rig_to("broker.test:8883", vec![broker("broker.test").await]).await;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(rig.ca.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider);
    let mut config = builder
        .with_protocol_versions(rustls::DEFAULT_VERSIONS)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.enable_sni = false;
    let name = ServerName::try_from("broker.test").unwrap();
    let mut tls = soon(TlsConnector::from(Arc::new(config)).connect(name, dial(&rig).await)).await.unwrap();
    assert_eq!(soon(read_until(&mut tls, "\n")).await, "hello\n", "the server may speak first");
    assert_eq!(ask(&mut tls, "\x10\x0c\x00\x04MQTT\n").await, "\x10\x0c\x00\x04MQTT\n");
    let told = rig.stop().await;
    let connection = told.connection();
    assert_eq!(connection.intake, Intake::Reverse);
    assert_eq!(connection.upstream.sni, None, "the server is asked as the client asked");
    assert_eq!(connection.name.as_ref().unwrap().to_string(), "broker.test");
    assert_eq!((connection.protocol, connection.raw_guess.as_deref()), (Some(Protocol::Raw), Some("mqtt")));
    assert_eq!(connection.given.as_ref().unwrap().kind, GivenKind::Pass);
    assert!(!connection.upstream.sent.is_empty() && told.messages.len() >= 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_in_the_hello_is_the_one_judged_and_no_difference() {
    let rule = broker("broker.test").await;
    let to_address = ConnectRule { host: "192.0.2.1:1:x:1".parse::<ConnectRule>().unwrap().host, ..rule };
    let rig = rig_to("192.0.2.1:8883", vec![to_address]).await;
    let mut tls = soon(rig.handshake(dial(&rig).await, "broker.test", &[])).await.unwrap();
    assert_eq!(ask(&mut tls, "one\n").await, "hello\none\n");
    let told = rig.stop().await;
    assert_eq!(told.connection().target.as_ref().unwrap().to_string(), "192.0.2.1:8883");
    assert_eq!(told.connection().name.as_ref().unwrap().to_string(), "broker.test");
    assert!(!told.findings().contains(&FindingId::SniDiffers), "{:?}", told.findings());
    assert!(!told.findings().contains(&FindingId::NameMismatch), "{:?}", told.findings());
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_is_the_targets_and_never_tlscopes_own_page() {
    let says_back = |mut stream: TcpStream| async move {
        let head = read_head(&mut stream).await;
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{head}", head.len());
        let _ = stream.write_all(answer.as_bytes()).await;
    };
    let rig = rig_to("web.test:80", vec![origin("web.test", says_back).await]).await;
    for (line, host) in [("GET /a?b", "device.local"), ("GET /", "tlscope.test"), ("GET http://tlscope.test/", "x")] {
        let request = format!("{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let answer = ask(&mut dial(&rig).await, &request).await;
        assert!(answer.contains(&format!("{line} HTTP/1.1\r\nHost: {host}\r\n")), "{answer}");
    }
    let told = rig.stop().await;
    let urls: Vec<&str> = told.exchanges().iter().map(|exchange| exchange.url.as_str()).collect();
    assert_eq!(urls, ["http://device.local/a?b", "http://tlscope.test/", "http://tlscope.test/"]);
    assert!(told.connections().iter().all(|c| c.given.as_ref().unwrap().kind == GivenKind::Plain));
}

/// A mail server that goes over to TLS as far as the client's first word in it.
async fn mail(host: &str) -> ConnectRule {
    origin(host, |mut stream: TcpStream| async move {
        let _ = stream.write_all(b"220 mail.test ESMTP\r\n").await;
        read_until(&mut stream, "STARTTLS\r\n").await;
        let _ = stream.write_all(b"220 go ahead\r\n").await;
        let mut hello = [0; 6];
        let _ = stream.read_exact(&mut hello).await;
        let _ = stream.write_all(&[21, 3, 3, 0, 2, 2, 40]).await;
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_may_speak_first_and_tls_in_the_middle_is_told() {
    let rig = rig_to("mail.test:25", vec![mail("mail.test").await]).await;
    let mut stream = dial(&rig).await;
    assert!(soon(read_until(&mut stream, "\r\n")).await.starts_with("220 "));
    stream.write_all(b"EHLO a\r\nSTARTTLS\r\n").await.unwrap();
    assert_eq!(soon(read_until(&mut stream, "\r\n")).await, "220 go ahead\r\n");
    stream.write_all(&hello(TlsVersion::TLS12, "mail.test")).await.unwrap();
    let mut alert = [0; 7];
    soon(stream.read_exact(&mut alert)).await.unwrap();
    assert_eq!(alert[0], 21, "the server's own word");
    drop(stream);
    let told = rig.stop().await;
    let connection = told.connection();
    assert_eq!((connection.outcome, connection.raw_guess.as_deref()), (Some(Outcome::Relayed), Some("smtp")));
    assert_eq!(told.findings(), [FindingId::StarttlsNotIntercepted]);
    let evidence = &connection.findings[0].evidence;
    assert_eq!(evidence.get("bytes"), Some(&Fact::Number(18)));
    assert_eq!(evidence.get("protocol"), Some(&Fact::Text("smtp".into())));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_waits_for_a_server_that_is_none_is_not_kept() {
    let patience = |config: &mut Config| {
        config.reverse = vec![reverse("refused.lab.test:25")];
        config.hello_timeout = Duration::from_millis(200);
    };
    let rig = Rig::start_with(patience, vec![]).await;
    assert_eq!(crate::rig::read_all(&mut dial(&rig).await).await, "");
    let told = rig.stop().await;
    assert_eq!(told.findings(), [FindingId::TcpRefused]);
    assert_eq!(told.connection().outcome, Some(Outcome::UpstreamFailed));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rules_of_the_door_hold_there_as_well() {
    let strangers = |config: &mut Config| {
        config.access.serve_loopback = false;
        config.reverse = vec![reverse("good.lab.test:443")];
    };
    let rig = Rig::start_with(strangers, vec![]).await;
    let refused = soon(rig.handshake(dial(&rig).await, "good.lab.test", &[])).await.unwrap_err();
    assert!(format!("{refused:?}").contains("AccessDenied"), "{refused:?}");
    let told = rig.stop().await;
    assert_eq!(told.findings(), [FindingId::ClientNotAllowed]);
    assert_eq!((told.connection().intake, told.connection().outcome), (Intake::Reverse, Some(Outcome::Denied)));
    assert_eq!(told.connection().target.as_ref().unwrap().to_string(), "good.lab.test:443");

    let guests = |config: &mut Config| {
        strangers(config);
        config.access.allow = vec!["127.0.0.0/8".parse().unwrap()];
    };
    let rig = Rig::start_with(guests, vec![]).await;
    let mut tls = soon(rig.handshake(dial(&rig).await, "good.lab.test", &[])).await.unwrap();
    let answer = ask(&mut tls, "GET / HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n").await;
    assert!(answer.contains("target-not-allowed"), "{answer}");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_leads_to_itself_is_a_loop() {
    // Free a moment ago; nobody else binds to this address.
    let listen = std::net::TcpListener::bind("127.0.0.3:0").unwrap().local_addr().unwrap();
    let to_itself = |config: &mut Config| {
        config.reverse = vec![Reverse { listen: vec![listen], target: listen.to_string().parse().unwrap() }];
    };
    let rig = Rig::start_with(to_itself, vec![]).await;
    assert_eq!(ask(&mut dial(&rig).await, "EHLO a\r\n").await, "");
    let mut tls = rig.tls(&listen.to_string(), "127.0.0.3", &[]).await;
    let answer = ask(&mut tls, "GET / HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n").await;
    assert!(answer.contains("proxy-loop"), "{answer}");
    let loops = rig.stop().await.findings().into_iter().filter(|id| *id == FindingId::ProxyLoop).count();
    assert_eq!(loops, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_switch_on_the_screen_works_there() {
    let rig = rig_to("good.lab.test:443", vec![]).await;
    let target: Target = "good.lab.test:443".parse().unwrap();
    for tunnel in [true, false] {
        rig.proxy().routes().set(target.clone(), tunnel);
        let connector = TlsConnector::from(Arc::new(careless(false).unwrap()));
        let name = ServerName::try_from("good.lab.test").unwrap();
        let mut tls = soon(connector.connect(name, dial(&rig).await)).await.unwrap();
        assert!(ask(&mut tls, "GET /json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.contains(" 200 "));
    }
    let told = rig.stop().await;
    let kinds: Vec<_> = told.connections().iter().map(|c| c.given.as_ref().unwrap().kind).collect();
    assert_eq!(kinds, [GivenKind::Tunnel, GivenKind::Pass]);
}
