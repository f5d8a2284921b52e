//! Finding what matters: filters, order, columns, defects, texts.

use std::collections::HashSet;
use std::sync::Arc;

use crossterm::event::KeyCode;

use super::rig::{STARTED, Screen, book, connection, exchange, report};
use crate::model::{ConnectionId, ExchangeId, Facts, FindingId, Note, RowId};
use crate::session::{Book, Filter, Limits, Searched, Wanted};
use crate::tui::column::Column;
use crate::tui::effect::Effect;
use crate::tui::rows::Sort;
use crate::tui::update::Message;

#[test]
fn a_group_leads_to_its_traffic_and_back() {
    let mut screen = Screen::new(100, 24, book(), true);
    screen.keys("h");
    screen.key(KeyCode::Down);
    let host = screen.state.board.selected().unwrap().key.clone();
    screen.key(KeyCode::Enter);
    assert_eq!(screen.state.rows.list.filter().text(), host.filter());
    assert_eq!(screen.state.rows.list.len(), 1, "{}", screen.text());
    screen.keys("d");
    screen.key(KeyCode::Enter);
    assert_eq!(screen.state.rows.list.len(), 4, "all of them are one device's");
    screen.keys("c");
    screen.key(KeyCode::Enter);
    assert!(screen.state.rows.list.filter().text().starts_with("leaf:"));
    assert_eq!(screen.state.rows.list.len(), 4);
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
fn a_filter_is_typed_with_its_fault_and_what_it_could_go_on_with() {
    let mut screen = Screen::new(100, 24, book(), true);
    screen.keys("/sever");
    assert!(screen.text().contains("│ severity:"), "{}", screen.text());
    screen.key(KeyCode::Tab);
    screen.keys(">=terrible");
    assert!(screen.text().contains("filter: severity:>=terrible"), "{}", screen.text());
    screen.key(KeyCode::Enter);
    assert!(screen.state.typing.is_some(), "a filter that cannot be read is not taken");
    for _ in 0.."terrible".len() {
        screen.key(KeyCode::Backspace);
    }
    screen.keys("err");
    screen.key(KeyCode::Tab);
    screen.key(KeyCode::Enter);
    assert_eq!(screen.state.rows.list.filter().text(), "severity:>=error");
    assert_eq!(screen.state.rows.list.len(), 2);
    assert!(screen.text().contains("2 of 4 rows"), "{}", screen.text());
    screen.key(KeyCode::Esc);
    assert_eq!(screen.state.rows.list.len(), 4);
    screen.keys("/host:api");
    screen.key(KeyCode::Tab);
    screen.key(KeyCode::Enter);
    assert_eq!(screen.state.rows.list.filter().text(), "host:api.example.com", "hosts of the session are offered");
}

#[test]
fn filters_are_kept_and_chosen_again() {
    let mut screen = Screen::new(100, 24, book(), true);
    screen.keys("F");
    assert!(screen.text().contains("no filter is kept yet"), "{}", screen.text());
    screen.keys("/tls:1.3 severity:fatal");
    screen.ctrl('s');
    let kept = screen.effects.iter().find_map(|effect| match effect {
        Effect::Keep(prefs) => Some(prefs.filters.clone()),
        _ => None,
    });
    assert_eq!(kept, Some(vec!["tls:1.3 severity:fatal".to_owned()]));
    screen.key(KeyCode::Esc);
    assert!(screen.state.rows.list.filter().is_everything());
    screen.keys("F");
    screen.key(KeyCode::Enter);
    assert_eq!(screen.state.rows.list.filter().text(), "tls:1.3 severity:fatal");
    screen.keys("Fd");
    assert!(screen.state.settings.prefs.filters.is_empty());
}

#[test]
fn a_filter_follows_the_rows_as_they_change() {
    let mut screen = Screen::new(100, 24, book(), true);
    screen.keys("/finding:cert-expired");
    screen.key(KeyCode::Enter);
    assert_eq!(screen.state.rows.list.len(), 1);
    screen.book.fold_report(ConnectionId(1), report(&[(FindingId::CertExpired, Facts::new())]));
    screen.book.fold_report(ConnectionId(2), report(&[]));
    screen.draw();
    assert_eq!(screen.state.rows.list.len(), 1);
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
    assert!(screen.state.rows.follow);
}

#[test]
fn a_paused_list_stands_still_and_catches_up() {
    let mut screen = Screen::new(80, 24, book(), true);
    screen.keys("p");
    screen.book.fold_exchange(Arc::new(exchange(9, 1, "/new")));
    screen.draw();
    assert_eq!((screen.state.rows.list.len(), screen.selected().as_str()), (4, "(mqtt, raw)"));
    assert!(screen.text().contains("paused"), "{}", screen.text());
    screen.keys("/host:api");
    screen.key(KeyCode::Enter);
    assert_eq!(screen.requests(), ["GET /v1/1"], "filters hold while it stands still");
    screen.key(KeyCode::Esc);
    screen.keys("o");
    screen.key(KeyCode::Enter);
    assert_eq!(screen.state.rows.list.len(), 4);
    screen.keys("T");
    assert_eq!(screen.state.rows.tree.len(), 4);
    screen.keys("tp");
    assert_eq!(screen.state.rows.list.len(), 5);
}

/// Rows that differ in every column.
fn varied() -> Book {
    let mut book = Book::new(Limits::default());
    for id in 1..=40 {
        let n = id * 17 % 41;
        let mut own = connection(id, &format!("h{n:02}.example"));
        own.client_address = format!("192.0.2.{n}:1").parse().unwrap();
        book.fold_connection(Arc::new(own));
        let mut answered = exchange(id, id, &format!("/{n:02}"));
        answered.timing.finished_ms = Some(n as f64);
        answered.response.as_mut().unwrap().status = 200 + n as u16;
        answered.response.as_mut().unwrap().body.seen = n;
        book.fold_exchange(Arc::new(answered));
    }
    book
}

#[test]
fn rows_are_ordered_by_any_column_and_stay_so() {
    let mut screen = Screen::new(120, 100, varied(), true);
    for column in [Column::Host, Column::Request, Column::Status, Column::Took, Column::Size, Column::Device] {
        screen.state.sort_by(column);
        let descending = screen.state.rows.list.sort().descending;
        let mut late = exchange(100, 1, "/20");
        late.timing.finished_ms = Some(20.0);
        screen.book.fold_exchange(Arc::new(late));
        screen.draw();
        let keys: Vec<_> =
            screen.state.rows.shown.iter().map(|shown| column.key(&shown.row, shown.line.as_ref())).collect();
        assert_eq!(keys.len(), 41);
        assert!(if descending { keys.iter().rev().is_sorted() } else { keys.is_sorted() }, "{column:?}");
        screen.keys("O");
        let turned: Vec<_> =
            screen.state.rows.shown.iter().map(|shown| column.key(&shown.row, shown.line.as_ref())).collect();
        assert!(if descending { turned.is_sorted() } else { turned.iter().rev().is_sorted() }, "{column:?}");
    }
    screen.keys("o");
    screen.key(KeyCode::Enter);
    assert_eq!(screen.state.rows.list.sort(), Sort::ARRIVAL);
    assert_eq!(screen.requests().first().map(String::as_str), Some("GET /17"));
}

#[test]
fn the_selection_stays_with_its_row_in_another_order() {
    let mut screen = Screen::new(120, 100, varied(), true);
    screen.keys("ggjjj");
    screen.state.sort_by(Column::Request);
    screen.draw();
    screen.keys("jj");
    let selected = screen.selected();
    screen.book.fold_exchange(Arc::new(exchange(101, 1, "/00")));
    screen.draw();
    assert_eq!(screen.selected(), selected);
    screen.keys("O");
    assert_eq!(screen.selected(), selected);
    screen.keys("G");
    assert!(!screen.state.rows.follow, "the end of another order is not where the newest comes");
}

#[test]
fn the_selection_outlives_a_filter_in_a_long_session() {
    let mut book = Book::new(Limits::default());
    let mut busy = connection(1, "a.test");
    busy.exchanges = 20_000;
    book.fold_connection(Arc::new(busy));
    for id in 1..=20_000 {
        book.fold_record(&exchange(id, 1, &format!("/{id}")));
    }
    let mut screen = Screen::new(80, 24, book, true);
    screen.keys("/path:^/17000$");
    screen.key(KeyCode::Enter);
    screen.keys("g");
    assert_eq!(screen.selected(), "GET /17000");
    screen.key(KeyCode::Esc);
    assert_eq!(screen.selected(), "GET /17000");
    screen.key(KeyCode::Esc);
    assert_eq!(screen.state.rows.list.len(), 20_000, "another esc does nothing");
    // All of it has changed too long ago to tell, and the tree counts it all the same.
    screen.keys("T");
    assert_eq!(screen.state.rows.tree.selected().unwrap().counts.rows, 20_000);
    screen.key(KeyCode::Right);
    for id in 1..=12_000 {
        screen.book.fold_note(RowId::Exchange(ExchangeId(id)), Note { marked: true, text: String::new() });
    }
    screen.draw();
    assert_eq!(screen.state.rows.tree.shown[0].counts.rows, 20_000);
    assert!(screen.state.rows.tree.shown[0].is_open, "what was open stays open");
    screen.book.clear();
    screen.draw();
    assert_eq!(screen.state.rows.tree.len(), 0, "{}", screen.text());
}

#[test]
fn a_branch_leads_to_its_own_rows_and_no_others() {
    let mut book = book();
    for (id, path) in [(20, "/v1"), (21, "/v10"), (22, "/v1?x"), (23, "/v1/a\"b"), (24, "/v1beta")] {
        book.fold_exchange(Arc::new(exchange(id, 1, path)));
    }
    let mut screen = Screen::new(100, 30, book, true);
    for (host, path, rows) in
        [("api.example.com", "/v1", 4), ("api.example.com", "/a\"b", 1), ("pay.example.com", "(client left)", 1)]
    {
        screen.keys("T");
        screen.keys("g");
        let label = |screen: &Screen| screen.state.rows.tree.selected().unwrap().label.to_string();
        while label(&screen) != host {
            screen.key(KeyCode::Down);
        }
        while label(&screen) != path {
            screen.key(KeyCode::Right);
            screen.key(KeyCode::Down);
        }
        let counted = screen.state.rows.tree.selected().unwrap().counts.rows;
        screen.key(KeyCode::Enter);
        screen.key(KeyCode::Enter);
        assert_eq!(
            (counted, screen.state.rows.list.len()),
            (rows, rows),
            "{path}: {}",
            screen.state.rows.list.filter().text()
        );
        screen.keys("t");
        screen.key(KeyCode::Esc);
        screen.key(KeyCode::Esc);
        screen.key(KeyCode::Esc);
    }
}

#[test]
fn a_device_is_not_those_that_begin_like_it() {
    let mut book = Book::new(Limits::default());
    for (id, address) in [(1, "192.0.2.1:5"), (2, "192.0.2.10:5")] {
        let mut own = connection(id, "a.test");
        own.client_address = address.parse().unwrap();
        book.fold_connection(Arc::new(own));
    }
    let mut screen = Screen::new(100, 30, book, true);
    screen.keys("d");
    screen.key(KeyCode::Enter);
    assert_eq!(screen.state.rows.list.len(), 1, "{}", screen.state.rows.list.filter().text());
}

#[test]
fn columns_are_chosen_moved_and_kept() {
    let mut screen = Screen::new(120, 24, book(), true);
    screen.keys("=");
    screen.key(KeyCode::Enter);
    assert!(!screen.state.columns.contains(&Column::Time), "the first one was hidden");
    screen.keys("q=+");
    assert_eq!(screen.state.columns[..2], [Column::Host, Column::Device]);
    let kept = screen.effects.iter().any(|effect| matches!(effect, Effect::Keep(prefs) if prefs.columns[0] == "host"));
    assert!(kept, "{:?}", screen.effects);
    for _ in 0..20 {
        screen.key(KeyCode::Down);
    }
    screen.key(KeyCode::Enter);
    assert_eq!(screen.state.columns.last(), Some(&Column::Given));
    screen.key(KeyCode::Esc);
    assert!(screen.text().contains("given"), "{}", screen.text());
}

#[test]
fn marks_and_notes_are_found_again() {
    let mut screen = Screen::new(160, 24, book(), true);
    let id = RowId::Exchange(ExchangeId(2));
    screen.book.fold_note(id, Note { marked: true, text: "look at this".into() });
    screen.draw();
    assert!(screen.text().contains("⚑ look at this"), "{}", screen.text());
    for filter in ["marked:yes", "note:look"] {
        screen.state.rows.set_filter(Filter::parse(filter).unwrap());
        screen.draw();
        assert_eq!(screen.requests(), ["GET /v1/2"], "{filter}");
    }
    screen.book.fold_note(id, Note::default());
    screen.draw();
    assert_eq!(screen.requests(), [""; 0]);
}

#[test]
fn bodies_are_searched_and_what_comes_later_too() {
    let mut screen = Screen::new(120, 24, book(), true);
    screen.keys("/body:Token");
    screen.key(KeyCode::Enter);
    let (first, number) = search(&screen);
    assert_eq!(first, Wanted { text: "token".into(), after: None, again: Vec::new() });
    assert!(screen.text().contains("searching bodies"), "{}", screen.text());
    let found =
        |id| Searched { last: ExchangeId(id), found: HashSet::from([ExchangeId(id)]), unfinished: vec![ExchangeId(1)] };
    screen.tell(Message::Searched(number, found(2), true));
    screen.effects.clear();
    screen.draw();
    assert_eq!(screen.requests(), ["GET /v1/2"]);
    assert!(screen.effects.is_empty(), "nothing is new: {:?}", screen.effects);
    screen.book.fold_exchange(Arc::new(exchange(3, 1, "/late")));
    screen.draw();
    assert!(screen.effects.is_empty(), "not so soon again: {:?}", screen.effects);
    screen.state.now = screen.state.now.plus_ms(1000);
    screen.draw();
    let (second, _) = search(&screen);
    assert_eq!((second.after, second.again), (Some(ExchangeId(2)), vec![ExchangeId(1)]));
    screen.tell(Message::Searched(number, found(3), true));
    screen.tell(Message::Searched(number - 1, found(1), true));
    screen.draw();
    assert_eq!(screen.requests(), ["GET /v1/2", "GET /late"], "an answer to an older search counts for nothing");
    screen.keys("T");
    assert_eq!(screen.state.rows.tree.len(), 2, "the tree has them as well: {}", screen.text());
}

/// The search that is to be made, and its number.
fn search(screen: &Screen) -> (Wanted, u64) {
    let search = screen.effects.iter().find_map(|effect| match effect {
        Effect::Search { wanted, number, .. } => Some((wanted.clone(), *number)),
        _ => None,
    });
    search.unwrap_or_else(|| panic!("no search in {:?}", screen.effects))
}

#[test]
fn a_text_is_looked_for_in_a_pane() {
    let mut screen = Screen::new(80, 24, book(), true);
    screen.keys("g5");
    screen.key(KeyCode::Enter);
    screen.keys("/LIST");
    screen.key(KeyCode::Enter);
    let line = |screen: &Screen| screen.state.detail_lines()[screen.state.scroll].to_string();
    assert!(line(&screen).contains("\"list\""), "{}", line(&screen));
    assert!(screen.styled().contains("underlined"), "{}", screen.styled());
    screen.keys("n");
    assert!(screen.text().contains("the only place"), "{}", screen.text());
    screen.keys("/nosuch");
    for _ in 0..4 {
        screen.key(KeyCode::Left);
    }
    screen.keys("x");
    screen.key(KeyCode::Enter);
    assert!(screen.text().contains("nowhere in this pane"), "{}", screen.text());
    screen.key(KeyCode::Esc);
    screen.key(KeyCode::Esc);
    assert!(screen.state.wanted.is_empty());
}

#[test]
fn a_filter_over_many_rows_takes_many_goes() {
    let mut book = Book::new(Limits::default());
    book.fold_connection(Arc::new(connection(1, "a.test")));
    for id in 1..=5000 {
        book.fold_record(&exchange(id, 1, &format!("/{id}")));
    }
    let mut screen = Screen::new(80, 24, book, true);
    screen.state.rows.set_filter(Filter::parse("path:999").unwrap());
    screen.state.look_at(&screen.book, 10);
    assert!(!screen.state.rows.is_listed && screen.state.rows.listed < 0.5, "{}", screen.state.rows.listed);
    assert_eq!(screen.state.rows.list.len(), 1, "what was found so far is shown");
    screen.draw();
    assert_eq!(screen.state.rows.list.len(), 5);
    let _ = STARTED;
}
