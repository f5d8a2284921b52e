//! A screen without a terminal, and a session to show on it.

use std::sync::Arc;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Size;

use super::super::about::About;
use super::super::effect::Effect;
use super::super::settings::Settings;
use super::super::state::State;
use super::super::update::Message;
use super::super::view;
use crate::model::{
    Body, BodyEnd, CertDer, ClientOutcome, Command, Connection, ConnectionId, Direction, Exchange, ExchangeId,
    ExchangeTiming, Facts, Finding, FindingId, Given, GivenKind, Handshake, Head, Message as Said, MessageKind,
    Outcome, Protocol, Report, Response, RootSetName, Target, Timestamp, TlsVersion, Trusted, Verdict,
};
use crate::session::{Book, Limits, read_book, read_detail};
use crate::store::Archive;
use crate::x509::read_certificates;

pub(super) const STARTED: Timestamp = Timestamp::from_unix(1_795_262_400);

fn about(live: bool) -> About {
    About {
        title: ":8080".into(),
        recording_since: live.then_some(STARTED),
        setup: vec![("try".into(), "curl --proxy http://127.0.0.1:8080 https://example.com/".into())],
        setup_url: live.then(|| "http://192.0.2.1:8080/".to_owned()),
        export_name: "today.har".into(),
        ..About::default()
    }
}

/// A screen over a book, without a terminal.
pub(super) struct Screen {
    pub(super) state: State,
    pub(super) book: Book,
    pub(super) terminal: Terminal<TestBackend>,
    /// What was to be done outside, but for laying out, which is done at once.
    pub(super) effects: Vec<Effect>,
    /// Where rows are looked up that are not in memory.
    archive: Option<Archive>,
}

impl Screen {
    pub(super) fn new(width: u16, height: u16, book: Book, live: bool) -> Self {
        Self::with(Settings { colour: true, ..Settings::default() }, (width, height), book, live)
    }

    pub(super) fn with(settings: Settings, (width, height): (u16, u16), book: Book, live: bool) -> Self {
        let size = Size { width, height };
        let state = State::new(about(live), settings, size, STARTED.plus_ms(761_000));
        let terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let mut screen = Self { state, book, terminal, effects: Vec::new(), archive: None };
        screen.draw();
        screen
    }

    /// A session that was recorded, at the end of the day on which it was.
    pub(super) fn recorded(settings: Settings, (width, height): (u16, u16)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lab.tlscope");
        let kept = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sessions/lab.tlscope");
        std::fs::copy(kept, &path).unwrap();
        let archive = Archive::open(&path).unwrap();
        let book = read_book(&archive, |_| {}).unwrap();
        let about = About { title: "lab.tlscope".into(), ..About::default() };
        let started = book.row(book.places().start).unwrap().started;
        let state = State::new(about, settings, Size { width, height }, started.plus_ms(3_600_000));
        let terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let mut screen = Self { state, book, terminal, effects: Vec::new(), archive: Some(archive) };
        screen.draw();
        screen
    }

    fn load(&mut self) {
        let Some(archive) = &self.archive else { return };
        let asked = self.effects.iter().find_map(|effect| match effect {
            Effect::Load(id) => Some(*id),
            _ => None,
        });
        if let Some(id) = asked {
            let detail = read_detail(archive, id).unwrap().map(Box::new);
            self.tell(Message::Loaded(id, detail));
        }
    }

    /// Draws when everything that takes long is done.
    pub(super) fn draw(&mut self) {
        let (rows, _) = view::windows(&self.state);
        let columns = view::pane_columns(&self.state);
        self.effects.extend(self.state.look_at(&self.book, rows));
        while self.state.work(&self.book) {}
        self.effects.extend(self.state.look_at(&self.book, rows));
        self.load();
        if let Some(Effect::LayOut(detail, layout)) = self.state.lay_out(columns) {
            let lines = layout.pane.lines(&detail, layout.look, layout.columns);
            self.tell(Message::LaidOut(layout, lines));
        }
        self.effects.extend(self.state.search_on());
        self.terminal.draw(|frame| view::draw(frame, &self.state)).unwrap();
    }

    pub(super) fn tell(&mut self, message: Message) {
        self.effects.extend(self.state.update(message, &self.book));
    }

    pub(super) fn event(&mut self, event: Event) {
        self.effects.clear();
        self.tell(Message::Terminal(event));
        self.draw();
    }

    pub(super) fn key(&mut self, code: KeyCode) {
        self.event(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    }

    pub(super) fn ctrl(&mut self, c: char) {
        self.event(Event::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL)));
    }

    pub(super) fn keys(&mut self, text: &str) {
        for c in text.chars() {
            self.key(KeyCode::Char(c));
        }
    }

    /// What is to be carried out by others.
    pub(super) fn command(&self) -> Option<Command> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::Obey(command) => Some(command.clone()),
            _ => None,
        })
    }

    pub(super) fn copied(&self) -> Option<String> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::Copy(text) => Some(text.clone()),
            _ => None,
        })
    }

    pub(super) fn text(&self) -> String {
        self.terminal.backend().to_string()
    }

    /// The frame with its styles: what is not plain stands in `{style|text}`.
    pub(super) fn styled(&self) -> String {
        let buffer = self.terminal.backend().buffer();
        let width = usize::from(buffer.area.width);
        let mut out = String::new();
        for row in buffer.content.chunks(width) {
            for run in row.chunk_by(|a, b| a.style() == b.style()) {
                let text: String = run.iter().map(ratatui::buffer::Cell::symbol).collect();
                match run.first().map(style_words).filter(|words| !words.is_empty() && !text.trim().is_empty()) {
                    Some(words) => out.push_str(&format!("{{{words}|{text}}}")),
                    None => out.push_str(&text),
                }
            }
            out.truncate(out.trim_end().len());
            out.push('\n');
        }
        out
    }

    pub(super) fn selected(&self) -> String {
        let shown = self.state.rows.selected_shown();
        shown.map(|shown| shown.row.request.to_string()).unwrap_or_default()
    }

    /// The requests of the rows that are shown, in their order.
    pub(super) fn requests(&self) -> Vec<String> {
        self.state.rows.shown.iter().map(|shown| shown.row.request.to_string()).collect()
    }
}

fn style_words(cell: &ratatui::buffer::Cell) -> String {
    let mut words = Vec::new();
    if cell.fg != ratatui::style::Color::Reset {
        words.push(cell.fg.to_string().to_lowercase());
    }
    if !cell.modifier.is_empty() {
        words.push(format!("{:?}", cell.modifier).to_lowercase().replace(" | ", " "));
    }
    words.join(" ")
}

pub(super) fn leaf() -> CertDer {
    read_certificates(include_bytes!("../../../certs/fixtures/algorithms/rsa2048-sha256.pem")).remove(0)
}

pub(super) fn connection(id: u64, host: &str) -> Connection {
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

pub(super) fn exchange(id: u64, connection: u64, path: &str) -> Exchange {
    let head = |raw: &'static str| Head { version: "HTTP/1.1".into(), raw: raw.as_bytes().into() };
    let kept = br#"{"user":"me","list":[1,2]}"#;
    let body = Body { kept: kept[..].into(), seen: kept.len() as u64, end: Some(BodyEnd::Complete), ..Body::default() };
    Exchange {
        method: "GET".into(),
        url: format!("https://a.test{path}"),
        request_head: head("GET / HTTP/1.1\r\nHost: a.test\r\nX-Evil: \x1b[31mred\r\n\r\n"),
        response: Some(Response {
            status: 200,
            head: head("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"),
            body,
        }),
        timing: ExchangeTiming { sent_ms: Some(1.0), answered_ms: Some(80.0), finished_ms: Some(84.0) },
        changed: vec!["header names regrouped".into()],
        ..Exchange::new(ExchangeId(id), ConnectionId(connection), STARTED.plus_ms(id.cast_signed() * 1000 + 100))
    }
}

pub(super) fn report(findings: &[(FindingId, Facts)]) -> Arc<Report> {
    let findings = findings.iter().map(|(id, facts)| Finding::new(*id, facts.clone())).collect();
    let verdict = |roots, result| Verdict { roots, result, path: Some(vec![leaf().sha256]) };
    let verdicts =
        vec![verdict(RootSetName::Mozilla, Trusted::Untrusted), verdict(RootSetName::System, Trusted::Trusted)];
    Arc::new(Report { findings, verdicts, ..Report::default() })
}

/// A clean exchange, one with two defects, a refused client, and a raw conversation.
pub(super) fn book() -> Book {
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
