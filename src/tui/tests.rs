use std::sync::Arc;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Size;

use super::about::{About, Effect};
use super::state::State;
use super::style::Look;
use super::update::Message;
use super::view;
use crate::model::{
    Body, BodyEnd, CertDer, ClientOutcome, Connection, ConnectionId, Direction, Exchange, ExchangeId, ExchangeTiming,
    Facts, Finding, FindingId, Given, GivenKind, Handshake, Head, Message as Said, MessageKind, Outcome, Protocol,
    Report, Response, RootSetName, Target, Timestamp, TlsVersion, Trusted, Verdict,
};
use crate::session::{Book, Limits};
use crate::x509::read_certificates;

const STARTED: Timestamp = Timestamp::from_unix(1_795_262_400);

fn about(live: bool) -> About {
    About {
        title: ":8080".into(),
        recording_since: live.then_some(STARTED),
        setup: vec![("try".into(), "curl --proxy http://127.0.0.1:8080 https://example.com/".into())],
        export_name: "today.har".into(),
    }
}

/// A screen over a book, without a terminal.
struct Screen {
    state: State,
    book: Book,
    terminal: Terminal<TestBackend>,
}

impl Screen {
    fn new(width: u16, height: u16, book: Book, live: bool) -> Self {
        let size = Size { width, height };
        let now = STARTED.plus_ms(761_000);
        let state = State::new(about(live), Look { colour: true }, size, now);
        let mut screen = Self { state, book, terminal: Terminal::new(TestBackend::new(width, height)).unwrap() };
        screen.draw();
        screen
    }

    fn draw(&mut self) -> Option<Effect> {
        let (rows, _) = view::windows(&self.state);
        let columns = view::pane_columns(&self.state);
        let effect = self.state.look_at(&self.book, rows);
        self.state.lay_out(columns);
        self.terminal.draw(|frame| view::draw(frame, &self.state)).unwrap();
        effect
    }

    fn key(&mut self, code: KeyCode) -> Option<Effect> {
        let key = Event::Key(KeyEvent::new(code, KeyModifiers::NONE));
        let effect = self.state.update(Message::Terminal(key), &self.book);
        self.draw();
        effect
    }

    fn keys(&mut self, text: &str) {
        for c in text.chars() {
            self.key(KeyCode::Char(c));
        }
    }

    fn text(&self) -> String {
        self.terminal.backend().to_string()
    }

    fn selected(&self) -> String {
        let shown = self.state.shown.iter().find(|shown| shown.is_selected);
        shown.map(|shown| shown.row.request.to_string()).unwrap_or_default()
    }
}

fn leaf() -> CertDer {
    read_certificates(include_bytes!("../../certs/fixtures/algorithms/rsa2048-sha256.pem")).remove(0)
}

fn connection(id: u64, host: &str) -> Connection {
    let mut connection =
        Connection::new(ConnectionId(id), STARTED.plus_ms(id.cast_signed() * 1000), "192.0.2.7:5000".parse().unwrap());
    connection.target = Some(Target::parse(host, Some(443)).unwrap());
    connection.name = connection.target.as_ref().map(|target| target.host.clone());
    connection.upstream.handshake =
        Some(Handshake { version: Some(TlsVersion::TLS13), completed: true, ..Handshake::default() });
    connection.upstream.sent = vec![leaf()];
    connection.upstream.timing.tcp_ms = Some(12.0);
    connection.upstream.timing.tls_ms = Some(31.5);
    connection.client.outcome = Some(ClientOutcome::Served);
    connection.given = Some(Given::without_leaf(GivenKind::Pass));
    connection.protocol = Some(Protocol::Http1);
    connection
}

fn exchange(id: u64, connection: u64, path: &str) -> Exchange {
    let head = |raw: &'static str| Head { version: "HTTP/1.1".into(), raw: raw.as_bytes().into() };
    let kept = br#"{"user":"me","list":[1,2]}"#;
    let body = Body { kept: kept[..].into(), seen: kept.len() as u64, end: Some(BodyEnd::Complete), ..Body::default() };
    Exchange {
        id: ExchangeId(id),
        connection: ConnectionId(connection),
        started: STARTED.plus_ms(id.cast_signed() * 1000 + 100),
        method: "GET".into(),
        url: format!("https://a.test{path}"),
        request_head: head("GET / HTTP/1.1\r\nHost: a.test\r\nX-Evil: \x1b[31mred\r\n\r\n"),
        request_body: Body::default(),
        informational: Vec::new(),
        response: Some(Response {
            status: 200,
            head: head("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"),
            body,
        }),
        timing: ExchangeTiming { sent_ms: Some(1.0), answered_ms: Some(80.0), finished_ms: Some(84.0) },
        changed: vec!["header names regrouped".into()],
        error: None,
        messages: 0,
    }
}

fn report(findings: &[(FindingId, Facts)]) -> Arc<Report> {
    let findings = findings.iter().map(|(id, facts)| Finding::new(*id, facts.clone())).collect();
    let verdict = |roots, result| Verdict { roots, result, path: Some(vec![leaf().sha256]) };
    let verdicts =
        vec![verdict(RootSetName::Mozilla, Trusted::Untrusted), verdict(RootSetName::System, Trusted::Trusted)];
    Arc::new(Report { findings, verdicts, ..Report::default() })
}

/// A clean exchange, one with two defects, a refused client, and a raw conversation.
fn book() -> Book {
    let mut book = Book::new(Limits::default());
    for (id, host) in [(1, "api.example.com"), (2, "xn--bcher-kva.example")] {
        book.fold_connection(Arc::new(connection(id, host)));
        book.fold_exchange(Arc::new(exchange(id, id, &format!("/v1/{id}"))));
    }
    book.fold_report(ConnectionId(1), report(&[]));
    let expired = Facts::new().with("not_after", STARTED.plus_days(-2)).with("days_ago", 2usize);
    let names = Facts::new().with("asked", "b\u{fc}cher.example").with("presented", "media.example.com \u{202e}evil");
    book.fold_report(ConnectionId(2), report(&[(FindingId::CertExpired, expired), (FindingId::NameMismatch, names)]));
    let mut refused = connection(3, "pay.example.com");
    refused.client.outcome = Some(ClientOutcome::SilentClose { clean: true });
    refused.outcome = Some(Outcome::ClientFailed);
    refused.closed = Some(refused.opened.plus_ms(12));
    refused.findings =
        vec![Finding::new(FindingId::PinSuspected, Facts::new().with("host", "pay.example.com").with("times", 3usize))];
    book.fold_connection(Arc::new(refused));
    let mut raw = connection(4, "10.0.4.9:8883");
    (raw.protocol, raw.outcome, raw.raw_guess) = (Some(Protocol::Raw), Some(Outcome::Relayed), Some("mqtt".into()));
    raw.closed = Some(raw.opened.plus_ms(9));
    raw.traffic.up = 14;
    book.fold_connection(Arc::new(raw));
    book.fold_report(ConnectionId(4), report(&[]));
    book.fold_message(Arc::new(Said {
        connection: ConnectionId(4),
        exchange: None,
        at: STARTED,
        direction: Direction::Up,
        kind: MessageKind::Raw,
        kept: b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00"[..].into(),
        seen: 14,
    }));
    book
}

#[test]
fn frames_at_every_size() {
    for (width, height) in [(80, 24), (120, 40), (40, 12)] {
        let mut screen = Screen::new(width, height, book(), true);
        screen.key(KeyCode::Up);
        screen.key(KeyCode::Up);
        insta::assert_snapshot!(format!("{width}x{height}"), screen.text());
    }
}

#[test]
fn every_pane() {
    let mut screen = Screen::new(80, 30, book(), true);
    screen.key(KeyCode::Up);
    screen.key(KeyCode::Up);
    screen.key(KeyCode::Enter);
    for (key, name) in ['1', '2', '3', '4', '5', '6'].into_iter().zip(super::panes::Pane::ALL) {
        screen.key(KeyCode::Char(key));
        insta::assert_snapshot!(format!("pane_{}", name.name()), screen.text());
    }
}

#[test]
fn every_board() {
    for (width, height) in [(80, 24), (40, 12)] {
        let mut screen = Screen::new(width, height, book(), true);
        for (key, name) in [('h', "hosts"), ('d', "devices"), ('c', "certificates")] {
            screen.key(KeyCode::Char(key));
            insta::assert_snapshot!(format!("board_{name}_{width}"), screen.text());
        }
    }
}

#[test]
fn a_group_leads_to_its_traffic_and_back() {
    let mut screen = Screen::new(100, 24, book(), true);
    screen.keys("h");
    screen.key(KeyCode::Down);
    let host = screen.state.board.selected().unwrap().key.clone();
    screen.key(KeyCode::Enter);
    assert_eq!(screen.state.list.filter().text(), host.filter());
    assert_eq!(screen.state.list.len(), 1, "{}", screen.text());
    screen.keys("d");
    screen.key(KeyCode::Enter);
    assert_eq!(screen.state.list.len(), 4, "all of them are one device's");
    screen.keys("c");
    screen.key(KeyCode::Enter);
    assert!(screen.state.list.filter().text().starts_with("leaf:"));
    assert_eq!(screen.state.list.len(), 4);
    screen.keys("h");
    screen.key(KeyCode::Esc);
    assert!(screen.text().contains(" traffic "), "{}", screen.text());
}

#[test]
fn a_selected_group_stays_selected_while_others_come() {
    let mut screen = Screen::new(100, 24, book(), true);
    screen.keys("h");
    screen.key(KeyCode::End);
    let key = screen.state.board.selected().unwrap().key.clone();
    screen.book.fold_connection(Arc::new(connection(50, "aaa.example")));
    screen.book.fold_report(ConnectionId(50), report(&[(FindingId::CertExpired, Facts::new())]));
    screen.draw();
    assert_eq!(screen.state.board.selected().unwrap().key, key);
}

#[test]
fn a_raw_conversation() {
    let mut screen = Screen::new(80, 24, book(), true);
    screen.key(KeyCode::Char('4'));
    insta::assert_snapshot!(screen.text());
}

#[test]
fn help_and_setup_and_an_empty_screen() {
    let mut screen = Screen::new(80, 30, Book::new(Limits::default()), true);
    insta::assert_snapshot!("empty", screen.text());
    screen.key(KeyCode::Char('?'));
    insta::assert_snapshot!("help", screen.text());
    screen.key(KeyCode::Esc);
    screen.key(KeyCode::Char('s'));
    assert!(screen.text().contains("curl --proxy"));
    screen.key(KeyCode::Char('s'));
    assert!(!screen.text().contains("╭ setup"));
}

#[test]
fn a_filter_is_typed_with_its_fault_under_it() {
    let mut screen = Screen::new(100, 24, book(), true);
    screen.keys("/sever");
    screen.key(KeyCode::Tab);
    screen.keys(">=terrible");
    assert!(screen.text().contains("filter: severity:>=terrible"), "{}", screen.text());
    screen.key(KeyCode::Enter);
    assert!(screen.state.typing.is_some(), "a filter that cannot be read is not taken");
    for _ in 0.."terrible".len() {
        screen.key(KeyCode::Backspace);
    }
    screen.keys("error");
    screen.key(KeyCode::Enter);
    assert_eq!(screen.state.list.len(), 2);
    assert!(screen.text().contains("2 of 4 rows"), "{}", screen.text());
    screen.key(KeyCode::Esc);
    assert_eq!(screen.state.list.len(), 4);
}

#[test]
fn a_filter_follows_the_rows_as_they_change() {
    let mut screen = Screen::new(100, 24, book(), true);
    screen.keys("/finding:cert-expired");
    screen.key(KeyCode::Enter);
    assert_eq!(screen.state.list.len(), 1);
    screen.book.fold_report(ConnectionId(1), report(&[(FindingId::CertExpired, Facts::new())]));
    screen.book.fold_report(ConnectionId(2), report(&[]));
    screen.draw();
    assert_eq!(screen.state.list.len(), 1);
    assert_eq!(screen.selected(), "GET /v1/1");
}

#[test]
fn the_newest_row_is_followed_until_a_person_moves() {
    let mut screen = Screen::new(80, 24, book(), true);
    assert_eq!(screen.selected(), "(mqtt, raw)");
    screen.book.fold_exchange(Arc::new(exchange(9, 1, "/new")));
    screen.draw();
    assert_eq!(screen.selected(), "GET /new");
    screen.key(KeyCode::Char('k'));
    assert_eq!(screen.selected(), "(mqtt, raw)");
    screen.book.fold_exchange(Arc::new(exchange(10, 1, "/newer")));
    screen.draw();
    assert_eq!(screen.selected(), "(mqtt, raw)");
    screen.key(KeyCode::Char('f'));
    assert_eq!(screen.selected(), "GET /newer");
    screen.key(KeyCode::Char('N'));
    assert_eq!(screen.selected(), "(client left)");
    screen.key(KeyCode::Char('g'));
    assert_eq!(screen.selected(), "GET /v1/1");
    screen.key(KeyCode::Char('G'));
    assert!(screen.state.follow);
}

#[test]
fn effects_are_data() {
    let mut screen = Screen::new(80, 24, book(), true);
    screen.key(KeyCode::Char('x'));
    assert!(screen.text().contains("write HAR to: today.har"));
    assert_eq!(screen.key(KeyCode::Enter), Some(Effect::Export("today.har".into())));
    let done = Message::Exported("today.har".into(), Ok(()));
    screen.state.update(done, &screen.book);
    screen.draw();
    assert!(screen.text().contains("written to today.har"));
    assert_eq!(screen.key(KeyCode::Char('q')), Some(Effect::Quit));
}

#[test]
fn every_command_is_found_by_its_name() {
    let mut screen = Screen::new(80, 24, book(), true);
    screen.keys(":");
    insta::assert_snapshot!("palette", screen.text());
    screen.keys("certif");
    screen.key(KeyCode::Enter);
    assert!(screen.text().contains(" certificates ─ "), "{}", screen.text());
    screen.keys(":of the row");
    screen.key(KeyCode::Down);
    screen.key(KeyCode::Enter);
    assert_eq!(screen.state.pane, super::panes::Pane::Chain);
    screen.keys(":nothing of the kind");
    assert!(screen.text().contains("no such command"));
    assert_eq!(screen.key(KeyCode::Enter), None);
    // Each has a key of its own, and that key does it.
    for (name, key, action) in super::keymap::COMMANDS {
        let code = KeyCode::Char(key.chars().next().unwrap());
        let pressed = super::keymap::action(KeyEvent::new(code, KeyModifiers::NONE));
        assert_eq!(pressed, Some(*action), "{name}");
    }
}

#[test]
fn what_is_copied_goes_to_the_clipboard_and_nowhere_else() {
    let mut screen = Screen::new(80, 24, book(), true);
    screen.keys("g");
    screen.keys("y");
    assert!(screen.text().contains("openssl command"), "{}", screen.text());
    let copied = screen.key(KeyCode::Char('u'));
    assert_eq!(copied, Some(Effect::Copy("https://a.test/v1/1".into())));
    assert!(screen.text().contains("copied the URL"));
    screen.keys("y");
    let Some(Effect::Copy(curl)) = screen.key(KeyCode::Char('c')) else { panic!("nothing was copied") };
    assert!(curl.starts_with("curl https://a.test/v1/1") && !curl.contains('\u{1b}'), "{curl}");
    screen.keys("y");
    let Some(Effect::Copy(pem)) = screen.key(KeyCode::Char('p')) else { panic!("nothing was copied") };
    assert_eq!(read_certificates(pem.as_bytes()), [leaf()]);
    // A connection without requests has no URL.
    screen.keys("Gy");
    assert_eq!(screen.key(KeyCode::Char('u')), None);
    assert!(screen.text().contains("no such thing"));
}

#[test]
fn a_row_that_is_no_longer_in_memory_is_asked_for_once() {
    let limits = Limits { exchanges: 1, ..Limits::default() };
    let mut book = Book::new(limits);
    book.fold_connection(Arc::new(connection(1, "a.test")));
    book.fold_exchange(Arc::new(exchange(1, 1, "/old")));
    book.fold_exchange(Arc::new(exchange(2, 1, "/new")));
    let mut screen = Screen::new(80, 24, book, true);
    let up = Event::Key(KeyEvent::new(KeyCode::Up, KeyModifiers::NONE));
    screen.state.update(Message::Terminal(up), &screen.book);
    let id = crate::session::RowId::Exchange(ExchangeId(1));
    assert_eq!(screen.draw(), Some(Effect::Load(id)));
    assert_eq!(screen.draw(), None);
    assert!(screen.text().contains("looking it up"));
}

#[test]
fn what_is_endless_is_shown_in_part() {
    let mut book = book();
    let mut endless = exchange(30, 1, &format!("/{}", "p".repeat(100_000)));
    let line = vec![b'x'; 300 << 10];
    endless.response.as_mut().unwrap().body.kept = line.into();
    endless.request_head.raw = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "y".repeat(200_000)).into();
    book.fold_exchange(Arc::new(endless));
    for _ in 0..200 {
        book.fold_message(Arc::new(Said {
            connection: ConnectionId(1),
            exchange: Some(ExchangeId(30)),
            at: STARTED,
            direction: Direction::Down,
            kind: MessageKind::Text,
            kept: vec![b'm'; 100_000].into(),
            seen: 100_000,
        }));
    }
    let mut screen = Screen::new(40, 24, book, true);
    for pane in '1'..='6' {
        screen.key(KeyCode::Char(pane));
        assert!(screen.state.laid.lines.len() < 20_000, "pane {pane}: {}", screen.state.laid.lines.len());
    }
}

#[test]
fn no_byte_of_a_peer_reaches_the_terminal_raw() {
    let evil = "a\u{1b}[2J\u{202e}\u{200b}\u{9b}31m\r\n\u{7}";
    let mut book = book();
    let mut hostile = exchange(20, 1, &format!("/{evil}"));
    hostile.error = Some(evil.into());
    hostile.changed = vec![evil.into()];
    hostile.method = evil.into();
    book.fold_exchange(Arc::new(hostile));
    let mut raw = connection(21, "a.test");
    raw.raw_guess = Some(evil.into());
    raw.findings =
        vec![Finding::new(FindingId::NameMismatch, Facts::new().with("asked", evil).with("presented", evil))];
    book.fold_connection(Arc::new(raw));
    let mut screen = Screen::new(120, 40, book, true);
    for _ in 0..2 {
        for pane in '1'..='6' {
            screen.key(KeyCode::Char(pane));
            let bad = |c: &char| c.is_control() && *c != '\n' || "\u{202e}\u{200b}".contains(*c);
            assert_eq!(screen.text().chars().find(bad), None, "pane {pane}");
        }
        screen.key(KeyCode::Up);
    }
    for board in "hdc".chars() {
        screen.key(KeyCode::Char(board));
        let bad = |c: &char| c.is_control() && *c != '\n' || "\u{202e}\u{200b}".contains(*c);
        assert_eq!(screen.text().chars().find(bad), None, "board {board}");
    }
}

#[test]
fn the_smallest_screens_and_every_key_are_harmless() {
    for (width, height) in [(1, 1), (2, 3), (10, 4), (60, 16), (300, 100)] {
        let mut screen = Screen::new(width, height, book(), false);
        for c in (' '..='~').filter(|c| *c != 'q') {
            screen.key(KeyCode::Char(c));
            screen.key(KeyCode::Enter);
            screen.key(KeyCode::Esc);
            screen.key(KeyCode::PageDown);
        }
    }
}
