//! What is done with rows, hosts and the session.

use std::sync::Arc;

use crossterm::event::KeyCode;

use super::rig::{Screen, book, connection, exchange, leaf, report};
use crate::check::{Checked, Reach};
use crate::model::{BadUpstream, Command, ConnectionId, DialTiming, ExchangeId, Facts, FindingId, Note, RowId, Target};
use crate::session::{Book, Limits};
use crate::tui::about::Answer;
use crate::tui::effect::Effect;
use crate::tui::keymap::Keymap;
use crate::tui::panes::Pane;
use crate::tui::settings::Settings;
use crate::tui::update::Message;
use crate::x509::read_certificates;

#[test]
fn what_is_shown_or_marked_is_written() {
    let mut screen = Screen::new(80, 24, book(), true);
    screen.key(KeyCode::Char('x'));
    assert!(screen.text().contains("write HAR to: today.har"));
    screen.key(KeyCode::Enter);
    assert!(matches!(&screen.effects[..], [Effect::Export(path, None)] if path.ends_with("today.har")));
    screen.keys("q");
    assert!(!screen.state.is_quitting, "the file is still being written");
    screen.tell(Message::Exported("today.har".into(), Ok(())));
    screen.draw();
    assert!(screen.text().contains("written to today.har"));
    screen.keys("/finding:cert-expired");
    screen.key(KeyCode::Enter);
    screen.keys("x");
    screen.key(KeyCode::Enter);
    let expired = RowId::Exchange(ExchangeId(2));
    assert!(
        matches!(&screen.effects[..], [Effect::Export(_, Some(rows))] if rows.len() == 1 && rows.contains(&expired))
    );
    let marked = RowId::Connection(ConnectionId(3));
    screen.book.fold_note(marked, Note { marked: true, text: String::new() });
    screen.keys("X");
    assert!(screen.text().contains("write marked as HAR to"), "{}", screen.text());
    screen.key(KeyCode::Enter);
    assert!(
        matches!(&screen.effects[..], [Effect::Export(_, Some(rows))] if rows.len() == 1 && rows.contains(&marked))
    );
}

#[test]
fn every_command_is_found_by_its_name() {
    let mut screen = Screen::new(80, 24, book(), true);
    screen.keys(":certif");
    screen.key(KeyCode::Enter);
    assert!(screen.text().contains(" certificates ─ "), "{}", screen.text());
    screen.keys(":what the");
    screen.key(KeyCode::Down);
    screen.key(KeyCode::Enter);
    assert_eq!(screen.state.pane, Pane::Response);
    screen.keys(":nothing of the kind");
    assert!(screen.text().contains("no such command"));
    screen.key(KeyCode::Enter);
    assert!(screen.effects.is_empty() && !screen.state.is_quitting);
}

#[test]
fn keys_are_those_of_the_configuration_in_the_footer_as_well() {
    let wishes = [("filter".to_owned(), vec!["ctrl-f".to_owned()]), ("quit".to_owned(), vec!["Q".to_owned()])];
    let keymap = Keymap::with(&wishes.into()).unwrap();
    let mut screen = Screen::with(Settings { keymap, ..Settings::default() }, (100, 24), book(), true);
    assert!(screen.text().contains("ctrl-f filter"), "{}", screen.text());
    screen.keys("q");
    assert!(!screen.state.is_quitting);
    screen.ctrl('f');
    assert!(screen.text().contains(" filter: "), "{}", screen.text());
    screen.ctrl('c');
    assert!(screen.state.is_quitting, "ctrl-c always ends it");
}

#[test]
fn what_is_copied_goes_to_the_clipboard_and_nowhere_else() {
    let mut screen = Screen::new(80, 24, book(), true);
    screen.keys("gy");
    assert!(screen.text().contains("openssl command"), "{}", screen.text());
    screen.keys("u");
    assert_eq!(screen.copied().as_deref(), Some("https://a.test/v1/1"));
    assert!(screen.text().contains("copied the URL"));
    screen.keys("yc");
    let curl = screen.copied().unwrap();
    assert!(curl.starts_with("curl https://a.test/v1/1") && !curl.contains('\u{1b}'), "{curl}");
    for (key, start) in
        [('r', "GET / HTTP/1.1"), ('a', "HTTP/1.1 200 OK"), ('b', "{\"user\":\"me\""), ('o', "openssl s_client")]
    {
        screen.keys("y");
        screen.key(KeyCode::Char(key));
        let copied = screen.copied().unwrap_or_default();
        assert!(copied.contains(start) && !copied.contains('\u{1b}'), "{key}: {copied}");
    }
    screen.keys("yp");
    assert_eq!(read_certificates(screen.copied().unwrap().as_bytes()), [leaf()]);
    // A connection without requests has no URL.
    screen.keys("Gyu");
    assert_eq!(screen.copied(), None);
    assert!(screen.text().contains("no such thing"));
}

#[test]
fn a_row_is_marked_and_written_beside() {
    let mut screen = Screen::new(80, 24, book(), true);
    screen.keys("g");
    let id = RowId::Exchange(ExchangeId(1));
    screen.keys("m");
    let marked = Note { marked: true, text: String::new() };
    assert_eq!(screen.command(), Some(Command::Note(id, marked.clone())));
    screen.book.fold_note(id, marked);
    screen.draw();
    screen.keys("aslow here");
    screen.key(KeyCode::Enter);
    assert_eq!(screen.command(), Some(Command::Note(id, Note { marked: true, text: "slow here".into() })));
    screen.keys("m");
    assert_eq!(screen.command(), Some(Command::Note(id, Note { marked: false, text: String::new() })));
    // A connection becomes a request while somebody writes beside it.
    let mut quiet = connection(9, "late.test");
    quiet.outcome = None;
    screen.book.fold_connection(Arc::new(quiet));
    screen.keys("Gaslow");
    screen.book.fold_exchange(Arc::new(exchange(90, 9, "/first")));
    screen.key(KeyCode::Enter);
    let noted = Note { marked: false, text: "slow".into() };
    assert_eq!(screen.command(), Some(Command::Note(RowId::Exchange(ExchangeId(90)), noted)));
}

#[test]
fn a_key_log_is_seen_on_every_screen() {
    for (columns, is_logged) in [(200, true), (80, true), (40, true), (200, false)] {
        let mut screen = Screen::new(columns, 24, book(), true);
        screen.state.about.secrets_logged = is_logged;
        screen.draw();
        assert_eq!(screen.text().contains("▲ key log"), is_logged, "{columns}: {}", screen.text());
    }
}

#[test]
fn recording_stops_and_rows_are_thrown_away_only_when_asked_twice() {
    let mut screen = Screen::new(80, 24, book(), true);
    screen.keys("R");
    assert_eq!(screen.command(), Some(Command::Record(false)));
    assert!(screen.text().contains("not recording"), "{}", screen.text());
    screen.keys("R");
    assert_eq!(screen.command(), Some(Command::Record(true)));
    screen.keys("z");
    assert!(screen.text().contains("cannot be undone"), "{}", screen.text());
    screen.keys("n");
    assert_eq!(screen.command(), None);
    screen.keys("zy");
    assert_eq!(screen.command(), Some(Command::Clear));
    screen.book.clear();
    screen.draw();
    assert_eq!((screen.state.rows.list.len(), screen.state.rows.total), (0, 0));
    screen.book.fold_exchange(Arc::new(exchange(77, 1, "/after")));
    screen.draw();
    assert_eq!(screen.requests(), ["GET /after"]);
}

#[test]
fn a_kept_session_is_only_read() {
    let mut screen = Screen::new(80, 24, book(), false);
    for key in ["R", "z"] {
        screen.keys(key);
        assert_eq!(screen.command(), None);
        assert!(screen.text().contains("session is"), "{}", screen.text());
    }
}

#[test]
fn a_request_is_sent_again_and_a_host_takes_another_route() {
    let mut screen = Screen::new(80, 24, book(), true);
    screen.keys("gr");
    assert_eq!(screen.command(), Some(Command::Repeat(ExchangeId(1))));
    screen.keys("i");
    let target = Target::parse("api.example.com", Some(443)).unwrap();
    assert_eq!(screen.command(), Some(Command::Route { target: target.clone(), tunnel: true }));
    screen.keys("i");
    assert_eq!(screen.command(), Some(Command::Route { target, tunnel: false }));
    for policy in [BadUpstream::Mirror, BadUpstream::Refuse, BadUpstream::Pass, BadUpstream::Mirror] {
        screen.keys("b");
        let target = Target::parse("api.example.com", Some(443)).unwrap();
        assert_eq!(screen.command(), Some(Command::Give { target, policy }));
    }
    screen.keys("Gr");
    assert_eq!(screen.command(), None);
    assert!(screen.text().contains("has no request"), "{}", screen.text());
    // On a board there is no row to be seen that a key could mean.
    for key in ["r", "i", "b", "v", "m", "a", "yu"] {
        screen.keys("h");
        screen.keys(key);
        assert!(screen.command().is_none() && screen.copied().is_none(), "{key}");
        assert!(screen.text().contains("a row of the traffic"), "{key}: {}", screen.text());
        screen.keys("t");
    }
}

#[test]
fn keys_that_come_faster_than_frames_mean_the_row_they_moved_to() {
    use crossterm::event::{Event, KeyEvent, KeyModifiers};
    let mut screen = Screen::new(80, 24, book(), true);
    screen.keys("g");
    screen.effects.clear();
    for c in "jmjr".chars() {
        let key = Event::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
        screen.tell(Message::Terminal(key));
    }
    let marked = Note { marked: true, text: String::new() };
    assert_eq!(screen.command(), Some(Command::Note(RowId::Exchange(ExchangeId(2)), marked)));
    assert!(screen.state.toast.as_deref().is_some_and(|toast| toast.contains("no request")), "the third row has none");
}

#[test]
fn a_server_that_was_mended_is_checked_again() {
    let mut screen = Screen::new(100, 30, book(), true);
    screen.keys("gj");
    screen.keys("v");
    assert_eq!(screen.command(), Some(Command::Recheck(ConnectionId(2))));
    let again = Checked {
        target: Some(Target::parse("pay.example.com", Some(443)).unwrap()),
        name: None,
        sni: None,
        address: None,
        via: None,
        reach: Reach::Connected,
        handshake: None,
        sent: vec![leaf()],
        timing: DialTiming::default(),
        report: report(&[(FindingId::NameMismatch, Facts::new()), (FindingId::ChainUnknownCa, Facts::new())]),
    };
    let before = Box::new(screen.book.detail(RowId::Exchange(ExchangeId(2))).unwrap());
    // The answer counts for the row that was asked from, wherever the selection is by now.
    screen.keys("g");
    let unreachable = Checked { reach: Reach::Failed, report: report(&[]), ..again.clone() };
    screen.tell(Message::Answered(Answer::Checked(vec![unreachable], before.clone())));
    screen.draw();
    assert!(screen.text().contains("no handshake") && !screen.text().contains("mended"), "{}", screen.text());
    screen.tell(Message::Answered(Answer::Checked(vec![again], before)));
    screen.draw();
    let text = screen.text();
    assert!(text.contains("✓ mended: cert-expired"), "{text}");
    assert!(text.contains("still wrong") && text.contains("new ") && text.contains("chain-unknown-ca"), "{text}");
    assert!(!text.contains("mended: name-mismatch"), "{text}");
    screen.key(KeyCode::Esc);
    assert!(!screen.text().contains("checked again"));
}

#[test]
fn themes_take_turns_and_are_kept() {
    let mut screen = Screen::new(80, 24, book(), true);
    screen.ctrl('t');
    assert_eq!(screen.state.look.theme.name(), "light");
    assert!(
        screen
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Keep(prefs) if prefs.theme.as_deref() == Some("light")))
    );
}

#[test]
fn a_row_that_is_no_longer_in_memory_is_asked_for_once() {
    let limits = Limits { exchanges: 1, ..Limits::default() };
    let mut book = Book::new(limits);
    book.fold_connection(Arc::new(connection(1, "a.test")));
    book.fold_exchange(Arc::new(exchange(1, 1, "/old")));
    book.fold_exchange(Arc::new(exchange(2, 1, "/new")));
    let mut screen = Screen::new(80, 24, book, true);
    screen.key(KeyCode::Up);
    let id = RowId::Exchange(ExchangeId(1));
    assert!(matches!(&screen.effects[..], [Effect::Load(asked)] if *asked == id), "{:?}", screen.effects);
    assert!(screen.text().contains("looking it up"));
    screen.tell(Message::Loaded(id, None));
    screen.draw();
    assert!(screen.text().contains("is not in the session file"), "{}", screen.text());
    let detail = screen.book.detail(RowId::Exchange(ExchangeId(2))).map(Box::new);
    screen.tell(Message::Loaded(id, detail));
    screen.draw();
    assert!(screen.text().contains("nothing to judge") || screen.text().contains("judged"), "{}", screen.text());
}

#[test]
fn a_big_record_is_laid_out_by_others() {
    let mut book = book();
    let mut big = exchange(30, 1, "/big");
    big.response.as_mut().unwrap().body.kept = vec![b'x'; 200 << 10].into();
    book.fold_exchange(Arc::new(big));
    let mut screen = Screen::new(80, 24, book, true);
    screen.keys("5");
    screen.state.lay_out(40);
    let effect = screen.state.lay_out(41);
    assert!(matches!(effect, Some(Effect::LayOut(..))), "{effect:?}");
    assert!(screen.state.lay_out(41).is_none(), "asked once");
    let mut grown = exchange(30, 1, "/big");
    grown.response.as_mut().unwrap().body.kept = vec![b'y'; 300 << 10].into();
    screen.book.fold_exchange(Arc::new(grown));
    screen.state.look_at(&screen.book, 10);
    assert!(screen.state.lay_out(41).is_none(), "one layout at a time");
    let Some(Effect::LayOut(detail, layout)) = effect else { return };
    screen.tell(Message::LaidOut(layout, layout.pane.lines(&detail, layout.look, layout.columns)));
    assert!(screen.state.laid.lines.iter().any(|line| line.to_string().contains("xxx")), "late is better than never");
    assert!(matches!(screen.state.lay_out(41), Some(Effect::LayOut(..))), "and then the newer one");
}
