//! What every view and pane looks like.

use std::sync::Arc;

use crossterm::event::KeyCode;

use super::recorded::VIEWS;
use super::rig::{STARTED, Screen, book, connection, exchange, leaf, report};
use crate::model::{
    AlertCode, CaTest, CertDer, ClientHello, ClientOutcome, Confidence, ConnectionId, Facts, FindingId, Refusal,
    RefusalKind, SetupNews, SetupStep,
};
use crate::session::{Book, Limits};
use crate::tui::settings::Settings;
use crate::x509::read_certificates;

/// The second row is the one with the defects.
fn to_the_defects(screen: &mut Screen) {
    screen.keys("g");
    screen.key(KeyCode::Down);
}

#[test]
fn without_colour_and_with_ascii_alone() {
    let mut screen = Screen::with(Settings { ascii: true, ..Settings::default() }, (80, 24), book(), true);
    to_the_defects(&mut screen);
    for (key, name) in VIEWS {
        screen.key(KeyCode::Char(key));
        let buffer = screen.terminal.backend().buffer();
        assert!(buffer.content.iter().all(|cell| cell.symbol().is_ascii()), "{name}: {}", screen.text());
        let coloured = |cell: &&ratatui::buffer::Cell| cell.fg != ratatui::style::Color::Reset;
        assert_eq!(buffer.content.iter().find(coloured), None, "{name}");
    }
    screen.keys("t");
    insta::assert_snapshot!("ascii", screen.text());
}

#[test]
fn a_raw_conversation() {
    let mut screen = Screen::new(80, 24, book(), true);
    screen.key(KeyCode::Char('4'));
    insta::assert_snapshot!(screen.text());
}

#[test]
fn help_and_an_empty_screen() {
    let mut screen = Screen::new(80, 30, Book::new(Limits::default()), true);
    insta::assert_snapshot!("empty", screen.text());
    screen.key(KeyCode::Char('?'));
    insta::assert_snapshot!("help", screen.text());
    screen.keys("G");
    assert!(screen.text().contains("not, and (or a space), or, brackets"), "{}", screen.text());
    screen.keys("x");
    assert!(
        !screen.text().contains("╭ help") && !screen.text().contains("write HAR to"),
        "another key only closes the help"
    );
}

#[test]
fn menus_and_questions() {
    let mut screen = Screen::new(80, 24, book(), true);
    to_the_defects(&mut screen);
    for (key, name) in [('y', "copy"), ('o', "sort"), ('=', "columns"), (':', "palette"), ('z', "clear")] {
        screen.key(KeyCode::Char(key));
        insta::assert_snapshot!(format!("menu_{name}"), screen.text());
        screen.key(KeyCode::Esc);
    }
}

fn other_leaf() -> CertDer {
    read_certificates(include_bytes!("../../../certs/fixtures/algorithms/brainpoolP256r1-sha256.pem")).remove(0)
}

#[test]
fn a_host_tells_what_changed_in_what_it_sends() {
    let mut book = Book::new(Limits::default());
    for (id, sent) in
        [(1, vec![leaf()]), (2, vec![other_leaf()]), (3, vec![other_leaf(), leaf()]), (4, vec![other_leaf(), leaf()])]
    {
        let mut shown = connection(id, "api.example.com");
        shown.upstream.sent = sent;
        book.fold_connection(Arc::new(shown));
    }
    let mut screen = Screen::new(100, 40, book, true);
    screen.keys("h");
    let text = screen.text();
    assert!(text.contains("what it sends has changed"), "{text}");
    let another = format!("another leaf: {} instead of {}", other_leaf().sha256.short(), leaf().sha256.short());
    assert!(text.contains(&another), "{text}");
    assert!(text.contains("sent now: rsa2048-sha256"), "{text}");
    assert!(text.find("sent now") < text.find("another leaf"), "the newest change stands first: {text}");
}

#[test]
fn setup_says_how_far_each_device_has_come() {
    let mut book = Book::new(Limits::default());
    let mut screen = Screen::new(100, 40, Book::new(Limits::default()), true);
    screen.keys("s");
    assert!(screen.text().contains("http://192.0.2.1:8080/"), "{}", screen.text());
    let mut refused = connection(1, "a.test");
    let refusal =
        Refusal { kind: RefusalKind::CaNotInstalled, confidence: Confidence::Certain, evidence: Facts::new() };
    refused.client.refusal = Some(refusal);
    refused.client.outcome = Some(ClientOutcome::Alert { code: AlertCode::UNKNOWN_CA });
    book.fold_connection(Arc::new(refused.clone()));
    screen.book = book;
    screen.draw();
    assert!(screen.text().contains("the CA is not installed"), "{}", screen.text());
    screen.book.fold_connection(Arc::new(connection(2, "a.test")));
    screen.draw();
    assert!(screen.text().contains("an app pins"), "{}", screen.text());
    (refused.client.outcome, refused.client.refusal) = (Some(ClientOutcome::Served), None);
    screen.book.fold_connection(Arc::new(refused));
    screen.draw();
    assert!(screen.text().contains("works: it trusts the CA"), "{}", screen.text());
}

#[test]
fn setup_follows_a_device_from_the_page_to_its_first_traffic() {
    let mut screen = Screen::new(120, 30, Book::new(Limits::default()), true);
    screen.keys("s");
    let device = "192.0.2.7".parse().unwrap();
    let test = |outcome| SetupStep::Tested(CaTest::of(&ClientHello::default(), outcome));
    let steps = [
        (SetupStep::PageOpened { platform: "iPhone or iPad" }, "is reading the setup page"),
        (SetupStep::Downloaded { file: "proxy.pac" }, "is reading the setup page"),
        (SetupStep::Downloaded { file: "ca.mobileconfig" }, "has the CA; its proxy is not set yet"),
        (test(ClientOutcome::Alert { code: AlertCode::UNKNOWN_CA }), "✖ does not trust the CA yet"),
        (test(ClientOutcome::Served), "trusts the CA; its proxy is not set yet"),
        (SetupStep::ProxyUsed, "✓ set up: open an app on it"),
    ];
    for (step, words) in steps {
        screen.book.fold_setup(&SetupNews { at: STARTED, device, step });
        screen.draw();
        assert!(screen.text().contains(words), "{words}: {}", screen.text());
    }
    insta::assert_snapshot!("setup_of_a_device", screen.text());
    // Whoever throws the traffic away has not thrown the device away.
    screen.book.clear();
    screen.draw();
    assert!(screen.text().contains("CA downloaded: ca.mobileconfig"), "{}", screen.text());
}

#[test]
fn the_tree_opens_and_leads_to_its_traffic() {
    let mut book = book();
    for (id, path) in [(20, "/v1/users/7"), (21, "/v1/users/8?page=2"), (22, "/v2")] {
        book.fold_exchange(Arc::new(exchange(id, 1, path)));
    }
    let mut screen = Screen::new(100, 30, book, true);
    screen.keys("T");
    let labels = |screen: &Screen| screen.state.rows.tree.shown.iter().map(|b| b.label.to_string()).collect::<Vec<_>>();
    assert_eq!(labels(&screen).len(), 4, "a branch for each host");
    while screen.state.rows.tree.selected().unwrap().label.as_ref() != "api.example.com" {
        screen.key(KeyCode::Down);
    }
    screen.key(KeyCode::Right);
    screen.key(KeyCode::Down);
    screen.key(KeyCode::Right);
    assert!(labels(&screen).contains(&"/users".to_owned()), "{:?}", labels(&screen));
    assert_eq!(screen.state.rows.tree.selected().unwrap().counts.rows, 3, "below /v1");
    screen.key(KeyCode::Enter);
    assert_eq!(screen.state.rows.list.filter().text(), "host:\"^api.example.com$\" under:\"/v1\"");
    assert_eq!(screen.state.rows.list.len(), 3);
    screen.keys("T");
    screen.book.fold_report(ConnectionId(1), report(&[(FindingId::CertExpired, Facts::new())]));
    screen.draw();
    assert_eq!(screen.state.rows.tree.shown[0].counts.worst(), Some(crate::model::Severity::Fatal));
    screen.key(KeyCode::Right);
    screen.key(KeyCode::Left);
    screen.key(KeyCode::Left);
    assert!(
        labels(&screen).len() < 4,
        "what the filter does not let through is not in the tree: {:?}",
        labels(&screen)
    );
    let _ = STARTED;
}

/// `UPDATE_DOCS=1 cargo test the_manual_has_every_key` writes the table anew.
#[test]
fn the_manual_has_every_key() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/manual/screen.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once("the_manual_has_every_key -->\n").unwrap();
    let (_, behind) = rest.split_once("<!-- end of keys -->").unwrap();
    let table = crate::tui::keys_markdown();
    let expected = format!("{before}the_manual_has_every_key -->\n{table}<!-- end of keys -->{behind}");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap();
    assert!(
        there == expected,
        "docs/manual/screen.md is out of date: UPDATE_DOCS=1 cargo test the_manual_has_every_key"
    );
}
