//! Who is let in: by the person at the screen, by an earlier run, by a password.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tlscope::model::{Answer, FindingId, Intake, Outcome, Question, QuestionKind};
use tlscope::proxy::{Config, Questions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::rig::{Rig, ask, read_all, read_head, saying, soon};

const CONNECT: &str = "CONNECT good.lab.test:443 HTTP/1.1\r\nHost: good.lab.test:443\r\nUser-Agent: curl/8\r\n\r\n";

const PAGE: &str = "GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: close\r\n\r\n";

/// This machine's addresses are somebody else's, and reach the lab once they are let in.
fn strangers(config: &mut Config) {
    config.access.serve_loopback = false;
    config.access.allow_local = true;
}

/// Sends, and reads the answer to its end or to the end of a head that says 200.
fn asking(rig: &Rig, request: &'static str) -> JoinHandle<String> {
    let dialled = TcpStream::connect(rig.address);
    tokio::spawn(async move {
        let mut stream = dialled.await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let head = soon(read_head(&mut stream)).await;
        if head.starts_with("HTTP/1.1 200") { head } else { head + &read_all(&mut stream).await }
    })
}

async fn open(questions: &Questions) -> Question {
    let mut watch = questions.watch();
    let open = soon(watch.wait_for(|open| !open.is_empty())).await.unwrap();
    open[0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_waits_for_the_person_and_is_asked_about_once() {
    let rig = Rig::start_with(strangers, vec![]).await;
    let questions = rig.questions();
    questions.attend(true);
    let first = asking(&rig, CONNECT);
    let question = open(&questions).await;
    assert!(question.client.is_loopback() && question.until.ms_since(question.asked) == 30_000);
    let expected =
        QuestionKind::Admit { wants: "CONNECT good.lab.test:443".to_owned(), agent: Some("curl/8".to_owned()) };
    assert_eq!(question.kind, expected);
    let second = asking(&rig, CONNECT);
    let bare = rig.dial().await;
    let (bare, answered) = tokio::join!(soon(rig.handshake(bare, "good.lab.test", &[])), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(questions.open().len(), 1, "all of them wait for the same answer");
        questions.answer(question.id, Answer::Once)
    });
    assert!(bare.is_ok() && answered);
    for asked in [first, second] {
        assert!(asked.await.unwrap().starts_with("HTTP/1.1 200"));
    }
    let mut tls = rig.tls("good.lab.test:443", "good.lab.test", &[]).await;
    assert!(ask(&mut tls, "GET /json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.contains("200 OK"));
    assert!(questions.open().is_empty(), "it is not asked about again in this run");
    drop(tls);
    let told = rig.stop().await;
    assert!(told.findings().iter().all(|id| *id != FindingId::ClientNotAllowed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_is_remembered_is_served_by_the_next_run_until_it_is_forgotten() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("devices.toml");
    let kept = |config: &mut Config| {
        strangers(config);
        config.devices = Some(file.clone());
    };
    let rig = Rig::start_with(kept, vec![]).await;
    let questions = rig.questions();
    questions.attend(true);
    let asked = asking(&rig, CONNECT);
    questions.answer(open(&questions).await.id, Answer::Always);
    assert!(asked.await.unwrap().starts_with("HTTP/1.1 200"));
    rig.stop().await;
    // Nobody is there to be asked.
    let rig = Rig::start_with(kept, vec![]).await;
    assert!(asking(&rig, CONNECT).await.unwrap().starts_with("HTTP/1.1 200"));
    assert_eq!(rig.guests().watch().borrow()[0].agent.as_deref(), Some("curl/8"));
    assert!(rig.guests().forget("127.0.0.1".parse().unwrap()).unwrap());
    assert!(asking(&rig, CONNECT).await.unwrap().starts_with("HTTP/1.1 403"));
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_told_that_it_was_not_let_in_and_does_not_nag() {
    let hasty = |config: &mut Config| {
        strangers(config);
        config.answer_within = Duration::from_millis(200);
    };
    for (answer, words) in
        [(Some(Answer::Never), "decided on its screen not to let this device in"), (None, "nobody answered in time")]
    {
        let rig = Rig::start_with(if answer.is_some() { strangers } else { hasty }, vec![]).await;
        let questions = rig.questions();
        questions.attend(true);
        let asked = asking(&rig, CONNECT);
        let question = open(&questions).await;
        if let Some(answer) = answer {
            questions.answer(question.id, answer);
        }
        for page in [asked.await.unwrap(), asking(&rig, PAGE).await.unwrap()] {
            assert!(page.starts_with("HTTP/1.1 403") && page.contains(words), "{answer:?}: {page}");
        }
        assert!(questions.open().is_empty(), "it is not asked about a second time");
        assert!(rig.guests().forget("127.0.0.1".parse().unwrap()).unwrap());
        let again = asking(&rig, PAGE);
        questions.answer(open(&questions).await.id, Answer::Once);
        assert!(again.await.unwrap().starts_with("HTTP/1.1 200"), "taken off the list, it may ask again");
        let told = rig.stop().await;
        let refused = told.connections().into_iter().filter(|c| c.outcome == Some(Outcome::Denied));
        let reasons: Vec<String> = refused.map(|c| format!("{:?}", c.findings)).collect();
        assert_eq!(reasons.len(), 1, "one row, however often it came: {reasons:#?}");
        assert!(reasons[0].contains("times") && reasons[0].contains("screen"), "{reasons:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_leaves_lets_nobody_in() {
    let rig = Rig::start_with(strangers, vec![]).await;
    let questions = rig.questions();
    questions.attend(true);
    let asked = asking(&rig, CONNECT);
    open(&questions).await;
    questions.attend(false);
    let page = asked.await.unwrap();
    assert!(page.starts_with("HTTP/1.1 403") && page.contains("--allow 127.0.0.1/32"), "{page}");
    assert!(rig.guests().watch().borrow().is_empty(), "that nobody was there is no decision");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_stops_does_not_keep_those_who_wait() {
    let rig = Rig::start_with(strangers, vec![]).await;
    rig.questions().attend(true);
    let asked = asking(&rig, CONNECT);
    open(&rig.questions()).await;
    let began = std::time::Instant::now();
    rig.stop().await;
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    assert!(!asked.await.unwrap().starts_with("HTTP/1.1 200"));
}

fn with_password(config: &mut Config) {
    strangers(config);
    config.password = Some("me:correct-horse".parse().unwrap());
}

fn credentials(pair: &str) -> String {
    format!("Proxy-Authorization: Basic {}\r\n", BASE64_STANDARD.encode(pair))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_lets_in_and_its_absence_asks_for_it() {
    let origin = saying("web.test", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok").await;
    let rig = Rig::start_with(with_password, vec![origin]).await;
    let connect = |fields: &str| format!("CONNECT good.lab.test:443 HTTP/1.1\r\nHost: good.lab.test\r\n{fields}\r\n");
    let get =
        |fields: &str| format!("GET http://web.test/ HTTP/1.1\r\nHost: web.test\r\nConnection: close\r\n{fields}\r\n");
    for request in [connect(""), get(""), connect(&credentials("me:wrong")), get(&credentials("you:correct-horse"))] {
        let mut stream = rig.dial().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        let head = soon(read_head(&mut stream)).await;
        assert!(head.starts_with("HTTP/1.1 407"), "{request}: {head}");
        assert!(head.contains("proxy-authenticate: Basic realm=\"tlscope\""), "{head}");
    }
    // The same connection may try again, as clients do that wait for the question.
    let mut stream = rig.dial().await;
    for (fields, status) in [(String::new(), "407"), (credentials("me:correct-horse"), "200")] {
        stream.write_all(connect(&fields).as_bytes()).await.unwrap();
        let head = soon(read_head(&mut stream)).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{head}");
        if status == "407" {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            let mut body = vec![0; length.parse().unwrap()];
            soon(stream.read_exact(&mut body)).await.unwrap();
        }
    }
    soon(rig.handshake(stream, "good.lab.test", &[])).await.unwrap();
    let answer = ask(&mut rig.dial().await, &get(&credentials("me:correct-horse"))).await;
    assert!(answer.ends_with("ok"), "{answer}");
    let page = ask(&mut rig.dial().await, PAGE).await;
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("· tlscope</title>"), "its own page is open: {page}");
    let refused = soon(rig.handshake(rig.dial().await, "good.lab.test", &[])).await.unwrap_err();
    assert!(format!("{refused:?}").contains("AccessDenied"), "a bare hello cannot give one: {refused:?}");
    let told = rig.stop().await;
    let recorded = told.exchanges().into_iter().find(|e| e.url == "http://web.test/").unwrap();
    let head = String::from_utf8_lossy(&recorded.request_head.raw).into_owned();
    assert!(head.contains("Proxy-Authorization: [given to tlscope]"), "{head}");
    let everything = format!("{:?} {:?}", told.connections(), told.exchanges());
    for secret in ["correct-horse", &BASE64_STANDARD.encode("me:correct-horse")] {
        assert!(!everything.contains(secret), "{secret} is on record");
    }
    let kinds: Vec<Intake> =
        told.connections().iter().filter(|c| c.outcome == Some(Outcome::Denied)).map(|c| c.intake).collect();
    assert_eq!(
        kinds,
        [Intake::Connect, Intake::AbsoluteForm, Intake::ClientHello],
        "wrong ones are rows, missing ones not"
    );
}

/// Greets with these methods, gives the name and the password when it is asked, and gives what the last
/// answer was.
async fn socks(rig: &Rig, methods: &[u8], user: &[u8], password: &[u8]) -> [u8; 2] {
    let mut stream = rig.dial().await;
    stream.write_all(&[&[5, methods.len() as u8], methods].concat()).await.unwrap();
    let mut answer = [0; 2];
    soon(stream.read_exact(&mut answer)).await.unwrap();
    if answer == [5, 2] {
        let given = [&[1, user.len() as u8], user, &[password.len() as u8], password].concat();
        for byte in given {
            stream.write_all(&[byte]).await.unwrap();
        }
        soon(stream.read_exact(&mut answer)).await.unwrap();
    }
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn socks_takes_the_password_as_well() {
    let rig = Rig::start_with(with_password, vec![]).await;
    let cases: [(&[u8], &[u8], [u8; 2]); 5] = [
        (&[0], b"", [5, 0xff]),
        (&[0, 2], b"correct-horse", [1, 0]),
        (&[2], b"correct-horse", [1, 0]),
        (&[2], b"wrong", [1, 1]),
        (&[1, 0], b"", [5, 0xff]),
    ];
    for (methods, password, expected) in cases {
        assert_eq!(socks(&rig, methods, b"me", password).await, expected, "{methods:?} {password:?}");
    }
    rig.stop().await;
    // Where none is wanted, a client that insists on giving one is not turned away for it.
    let rig = Rig::start().await;
    for (methods, expected) in [(&[2][..], [1, 0]), (&[0, 2], [5, 0]), (&[1], [5, 0xff])] {
        assert_eq!(socks(&rig, methods, b"any", b"thing").await, expected, "{methods:?}");
    }
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_guesses_is_not_listened_to_and_this_machine_is_not_asked() {
    let rig = Rig::start_with(with_password, vec![]).await;
    for _ in 0..10 {
        assert_eq!(socks(&rig, &[2], b"me", b"guess").await, [1, 1]);
    }
    assert_eq!(socks(&rig, &[2], b"me", b"correct-horse").await, [1, 1], "not even when it is right at last");
    let request = format!("CONNECT a.test:443 HTTP/1.1\r\nHost: a\r\n{}\r\n", credentials("me:correct-horse"));
    let mut stream = rig.dial().await;
    stream.write_all(request.as_bytes()).await.unwrap();
    let head = soon(read_head(&mut stream)).await;
    assert!(head.starts_with("HTTP/1.1 429") && head.contains("retry-after: 60"), "{head}");
    let told = rig.stop().await;
    let times: Vec<String> = told.connections().iter().map(|c| format!("{:?}", c.findings[0].evidence)).collect();
    assert!(times[0].contains("10"), "ten guesses are one row: {times:?}");
    let rig = Rig::start_with(|config| config.password = Some("me:correct-horse".parse().unwrap()), vec![]).await;
    assert!(asking(&rig, CONNECT).await.unwrap().starts_with("HTTP/1.1 200"));
    rig.stop().await;
}
