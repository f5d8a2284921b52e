//! What the screen costs with a million rows: `cargo bench --bench screen`. Prints, asserts nothing.
//!
//! Drives the real event loop over a real recorder and its session file. The loop has a thread of its
//! own, and its cost is that thread's CPU time as the kernel counts it: from the moment a key is
//! taken to the moment its frame is handed to the terminal. Memory is that of the whole process.
//!
//! `TLSCOPE_BENCH_ROWS` sets another number of rows.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyModifiers};
use futures_util::Stream;
use ratatui::backend::{Backend, ClearType, TestBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use rustix::time::{ClockId, clock_gettime};
use tlscope::model::{
    Body, BodyEnd, CertDer, ClientOutcome, Connection, ConnectionId, Event, Exchange, ExchangeId, ExchangeTiming,
    Facts, Finding, FindingId, Given, GivenKind, Handshake, Head, Outcome, Protocol, Report, Response, Target,
    Timestamp, TlsVersion,
};
use tlscope::session::{Limits, Recorder, Session};
use tlscope::store::Writer;
use tlscope::tui::{self, About, Hooks, Settings};
use tlscope::x509::read_certificates;
use tokio::runtime::Builder;
use tokio::sync::mpsc::{Sender, UnboundedReceiver, UnboundedSender, channel, unbounded_channel};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Exchanges on one connection.
const ON_ONE: u64 = 50;

/// Exchanges that arrive in a second while keys are pressed.
const ARRIVING: u64 = 2_000;

// === the traffic ===

struct Traffic {
    leaf: CertDer,
    next: u64,
}

impl Traffic {
    /// The events of the next exchange, and of its connection when it is the first.
    fn next(&mut self) -> Vec<Event> {
        let n = self.next;
        self.next += 1;
        let connection = ConnectionId(n / ON_ONE + 1);
        let mut events = Vec::new();
        if n.is_multiple_of(ON_ONE) {
            let before = (n > 0).then_some(ConnectionId(n / ON_ONE));
            events.extend(before.map(|id| Event::Connection(Box::new(self.connection(id, true)))));
            events.push(Event::Connection(Box::new(self.connection(connection, false))));
            events.push(Event::Judged { connection, report: report(connection) });
        }
        events.push(Event::Exchange(Box::new(exchange(n, connection, false))));
        events.push(Event::Exchange(Box::new(exchange(n, connection, true))));
        events
    }

    fn connection(&self, id: ConnectionId, closed: bool) -> Connection {
        let device = format!("192.0.2.{}:5000", id.0 % 20 + 1);
        let opened = at(id.0 * ON_ONE);
        let mut connection = Connection::new(id, opened, device.parse().unwrap_or_else(|_| ([127, 0, 0, 1], 1).into()));
        connection.target = Target::parse(&host(id), Some(443)).ok();
        connection.name = connection.target.as_ref().map(|target| target.host.clone());
        connection.upstream.handshake =
            Some(Handshake { version: Some(TlsVersion::TLS13), completed: true, ..Handshake::default() });
        connection.upstream.sent = vec![self.leaf.clone()];
        connection.client.outcome = Some(ClientOutcome::Served);
        connection.given = Some(Given::without_leaf(GivenKind::Pass));
        connection.protocol = Some(Protocol::Http1);
        connection.exchanges = ON_ONE;
        if closed {
            connection.closed = Some(opened.plus_ms(500));
            connection.outcome = Some(Outcome::Relayed);
        }
        connection
    }
}

fn host(id: ConnectionId) -> String {
    format!("service-{}.region-{}.example.com", id.0 % 500, id.0 % 7)
}

fn at(n: u64) -> Timestamp {
    Timestamp::from_unix(1_795_262_400).plus_ms(i64::try_from(n / 2).unwrap_or(0))
}

/// Every tenth connection has a defect.
fn report(id: ConnectionId) -> Arc<Report> {
    let expired = || Finding::new(FindingId::CertExpired, Facts::new());
    let findings = if id.0.is_multiple_of(10) { vec![expired()] } else { Vec::new() };
    Arc::new(Report { findings, ..Report::default() })
}

fn exchange(n: u64, connection: ConnectionId, finished: bool) -> Exchange {
    let host = host(connection);
    let path = format!("/v1/users/{}/items?page={}", n % 10_007, n % 13);
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\n\r\n");
    let answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nServer: bench\r\nContent-Length: 64\r\n\r\n";
    let head = |raw: String| Head { version: "HTTP/1.1".into(), raw: raw.into_bytes().into() };
    let text = format!("{{\"user\":{n},\"token\":\"{:032x}\",\"ok\":true}}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let seen = text.len() as u64;
    let body = Body { kept: text.into_bytes().into(), seen, end: Some(BodyEnd::Complete), ..Body::default() };
    let status = if n.is_multiple_of(97) { 500 } else { 200 };
    Exchange {
        method: "GET".into(),
        url: format!("https://{host}{path}"),
        request_head: head(request),
        response: finished.then(|| Response { status, head: head(answer.to_owned()), body }),
        timing: ExchangeTiming {
            sent_ms: Some(0.2),
            answered_ms: finished.then_some(20.0),
            finished_ms: finished.then_some(20.0 + (n % 100) as f64),
        },
        ..Exchange::new(ExchangeId(n + 1), connection, at(n))
    }
}

/// Sends `count` exchanges, `each_second` at most.
async fn send(traffic: &mut Traffic, events: &Sender<Event>, count: u64, each_second: u64) {
    let began = Instant::now();
    for n in 0..count {
        for event in traffic.next() {
            let _ = events.send(event).await;
        }
        let due = Duration::from_secs_f64(n as f64 / each_second as f64);
        if n.is_multiple_of(20) && due > began.elapsed() {
            tokio::time::sleep(due.saturating_sub(began.elapsed())).await;
        }
    }
}

// === the terminal ===

/// What the loop's terminal has seen.
#[derive(Default)]
struct Seen {
    /// CPU time of the loop's thread when the last key was taken, in nanoseconds; 0 when its frame
    /// has been drawn.
    key_taken: AtomicU64,
    /// CPU time of the loop's thread at the last frame.
    cpu: AtomicU64,
    frames: AtomicU64,
    /// From key to frame.
    costs: Mutex<Vec<f64>>,
    /// The title of the list.
    title: Mutex<String>,
}

fn thread_cpu() -> u64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec.unsigned_abs() * 1_000_000_000 + now.tv_nsec.unsigned_abs()
}

struct Probe {
    screen: TestBackend,
    seen: Arc<Seen>,
}

fn never<T>(result: std::result::Result<T, std::convert::Infallible>) -> io::Result<T> {
    result.map_err(|never| match never {})
}

impl Backend for Probe {
    type Error = io::Error;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> io::Result<()> {
        never(self.screen.draw(content))
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        never(self.screen.hide_cursor())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        never(self.screen.show_cursor())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        never(self.screen.get_cursor_position())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        never(self.screen.set_cursor_position(position))
    }

    fn clear(&mut self) -> io::Result<()> {
        never(self.screen.clear())
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        never(self.screen.clear_region(clear_type))
    }

    fn size(&self) -> io::Result<Size> {
        never(self.screen.size())
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        never(self.screen.window_size())
    }

    fn flush(&mut self) -> io::Result<()> {
        let cpu = thread_cpu();
        let seen = &self.seen;
        let taken = seen.key_taken.swap(0, Ordering::Relaxed);
        if taken > 0
            && let Ok(mut costs) = seen.costs.lock()
        {
            costs.push((cpu - taken) as f64 / 1e6);
        }
        if let Ok(mut title) = seen.title.lock() {
            let width = usize::from(self.screen.size().map_or(0, |size| size.width));
            *title = self.screen.buffer().content().iter().skip(width).take(width).map(Cell::symbol).collect();
        }
        seen.cpu.store(thread_cpu(), Ordering::Relaxed);
        seen.frames.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

struct Keys {
    keys: UnboundedReceiver<Input>,
    seen: Arc<Seen>,
}

impl Stream for Keys {
    type Item = io::Result<Input>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = self.keys.poll_recv(cx);
        if matches!(polled, Poll::Ready(Some(_))) {
            self.seen.key_taken.store(thread_cpu(), Ordering::Relaxed);
        }
        polled.map(|key| key.map(Ok))
    }
}

/// The loop on a thread of its own.
struct Screen {
    keys: UnboundedSender<Input>,
    seen: Arc<Seen>,
    thread: std::thread::JoinHandle<()>,
}

impl Screen {
    fn start(session: Session) -> Self {
        let (keys, inbox) = unbounded_channel();
        let seen = Arc::new(Seen::default());
        let own = seen.clone();
        let thread = std::thread::spawn(move || {
            let Ok(runtime) = Builder::new_current_thread().enable_all().build() else { return };
            let screen = Probe { screen: TestBackend::new(120, 40), seen: own.clone() };
            let Ok(mut terminal) = ratatui::Terminal::new(screen) else { return };
            let keys = Keys { keys: inbox, seen: own };
            let hooks = Hooks::none();
            let ended = std::future::pending();
            let done = tui::drive(&mut terminal, keys, session, about(), hooks, Settings::default(), ended);
            let _ = runtime.block_on(done);
        });
        Self { keys, seen, thread }
    }

    fn key(&self, code: KeyCode) {
        let _ = self.keys.send(Input::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    }

    /// A key, and a rest in which its frame is drawn.
    async fn press(&self, code: KeyCode) {
        self.key(code);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    async fn write(&self, text: &str) {
        for c in text.chars() {
            self.press(KeyCode::Char(c)).await;
        }
    }

    fn title(&self) -> String {
        self.seen.title.lock().map(|title| title.clone()).unwrap_or_default()
    }

    fn costs(&self) -> Vec<f64> {
        self.seen.costs.lock().map(|mut costs| std::mem::take(&mut *costs)).unwrap_or_default()
    }

    fn end(self) {
        drop(self.keys);
        let _ = self.thread.join();
    }
}

fn about() -> About {
    About { title: ":8080".into(), recording_since: Some(at(0)), ..About::default() }
}

// === the figures ===

fn memory(line: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let value = status.lines().find_map(|own| own.strip_prefix(line)).unwrap_or_default();
    value.trim_matches([':', ' ', '\t', 'k', 'B']).parse::<f64>().unwrap_or(0.0) / 1024.0
}

fn print_costs(name: &str, mut costs: Vec<f64>) {
    costs.sort_by(f64::total_cmp);
    let share = |share: f64| costs.get(((costs.len() as f64 * share) as usize).min(costs.len() - 1)).unwrap_or(&0.0);
    if costs.is_empty() {
        return println!("{name:<34} no frame");
    }
    println!(
        "{name:<34} {:>7.2} ms median, {:.2} ms p99, {:.2} ms at most ({} keys)",
        share(0.5),
        share(0.99),
        share(1.0),
        costs.len()
    );
}

/// Every way to move and to look, once.
async fn use_it(screen: &Screen) {
    use KeyCode::{Char, Down, End, Enter, Esc, Home, PageDown, PageUp, Right, Tab, Up};
    let keys = [
        Down,
        Down,
        Up,
        PageDown,
        PageDown,
        PageUp,
        Home,
        Down,
        End,
        Char('n'),
        Char('n'),
        Char('N'),
        Tab,
        Tab,
        Tab,
        Tab,
        Tab,
        Tab,
        Enter,
        Down,
        Down,
        Esc,
        Esc,
        Char('h'),
        Down,
        PageDown,
        Char('d'),
        Down,
        Char('c'),
        Char('T'),
        Down,
        Right,
        Char('t'),
        Char('f'),
        Char('?'),
        Esc,
        Char(':'),
        Char('n'),
        Char('e'),
        Esc,
        Char('1'),
        Char('2'),
        Char('5'),
        Home,
        PageDown,
    ];
    for key in keys {
        screen.press(key).await;
    }
}

/// Filters the whole session, and says how long that takes.
async fn filter(screen: &Screen, text: &str) {
    screen.press(KeyCode::Char('/')).await;
    screen.write(text).await;
    wait_for_rows(screen, &format!("filter {text}"), |title| title.contains("filter: ") && title.contains(" of "))
        .await;
    screen.press(KeyCode::Esc).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
}

/// Puts all rows in the order of a column, `down` entries down the menu.
async fn sort(screen: &Screen, name: &str, down: usize) {
    screen.press(KeyCode::Char('o')).await;
    for _ in 0..down {
        screen.press(KeyCode::Down).await;
    }
    let frames = screen.seen.frames.load(Ordering::Relaxed);
    let is_new = |_: &str| screen.seen.frames.load(Ordering::Relaxed) > frames;
    wait_for_rows(screen, &format!("order by {name}"), is_new).await;
}

/// Presses enter, and says how long it takes until there are rows, and until there are all.
async fn wait_for_rows(screen: &Screen, name: &str, is_there: impl Fn(&str) -> bool) {
    let began = Instant::now();
    screen.key(KeyCode::Enter);
    let (mut first, mut whole) = (None, None);
    while whole.is_none() && began.elapsed() < Duration::from_secs(60) {
        tokio::time::sleep(Duration::from_millis(1)).await;
        let title = screen.title();
        if is_there(&title) {
            first = first.or_else(|| Some(began.elapsed()));
            whole = (!title.contains("looking")).then(|| began.elapsed());
        }
    }
    let ms = |time: Option<Duration>| time.map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0);
    println!("{name:<34} {:>7.0} ms to the first rows, {:.0} ms to all", ms(first), ms(whole));
}

#[tokio::main]
async fn main() -> Result<()> {
    let rows: u64 = std::env::var("TLSCOPE_BENCH_ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(1_000_000);
    let dir = tempfile::tempdir()?;
    let writer = Writer::create(&dir.path().join("bench.tlscope"), 64 << 20, &[])?;
    let (events, inbox) = channel(4096);
    let (recorder, session) = Recorder::new(Limits::default(), Some(writer), Vec::new());
    let recorder = tokio::spawn(recorder.run(inbox, std::future::pending()));
    let leaf = read_certificates(include_bytes!("../certs/fixtures/algorithms/rsa2048-sha256.pem")).remove(0);
    let mut traffic = Traffic { leaf, next: 0 };
    send(&mut traffic, &events, rows, 50_000).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    println!("rows in the session                {:>7}", session.look(|book| book.places().len()));
    println!("resident memory, without a screen  {:>7.0} MiB", memory("VmRSS"));

    let screen = Screen::start(session.clone());
    tokio::time::sleep(Duration::from_secs(3)).await;
    screen.costs();
    use_it(&screen).await;
    print_costs("key to frame, nothing arriving", screen.costs());
    for text in ["host:service-42.", "severity:>=error", "items?page=7", "status:5xx took:>100ms"] {
        filter(&screen, text).await;
    }
    screen.costs();
    sort(&screen, "request", 3).await;
    print_costs("key to frame, while ordering", screen.costs());
    println!("resident memory, in that order      {:>7.0} MiB", memory("VmRSS"));
    sort(&screen, "time", 0).await;
    let sending = tokio::spawn(async move {
        send(&mut traffic, &events, ARRIVING * 15, ARRIVING).await;
        (traffic, events)
    });
    for _ in 0..10 {
        use_it(&screen).await;
    }
    print_costs(&format!("key to frame, {ARRIVING} a second"), screen.costs());
    let (traffic, events) = sending.await?;
    println!("resident memory, with the screen   {:>7.0} MiB, {:.0} MiB at most", memory("VmRSS"), memory("VmHWM"));
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (cpu, frames) = (screen.seen.cpu.load(Ordering::Relaxed), screen.seen.frames.load(Ordering::Relaxed));
    tokio::time::sleep(Duration::from_secs(10)).await;
    let spent = (screen.seen.cpu.load(Ordering::Relaxed) - cpu) as f64 / 1e6 / 10.0;
    let frames = screen.seen.frames.load(Ordering::Relaxed) - frames;
    println!("idle                               {spent:>7.2} ms of CPU a second, {frames} frames in 10 s (the clock)");
    drop((traffic, events));
    let totals = recorder.await?;
    println!("not kept, for the disk was slow    {:>7}", totals.bodies_dropped + totals.records_dropped);
    screen.end();
    Ok(())
}
