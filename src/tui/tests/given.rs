//! What clients were given in place of bad servers.

use std::sync::Arc;

use super::rig::{Screen, connection, report};
use crate::model::{BadUpstream, Command, ConnectionId, Facts, FindingId, Given, GivenKind, Outcome, RowId, Target};
use crate::session::{Book, Limits};

/// A server behind a mirror that lacks something, one that was refused, and one that was repaired.
fn book() -> Book {
    let mut book = Book::new(Limits::default());
    let given = |policy, kind| Given { policy: Some(policy), ..Given::without_leaf(kind) };
    let expired = Facts::new().with("days_ago", 2usize);
    let bad = report(&[(FindingId::CertExpired, expired), (FindingId::CtTooFew, Facts::new())]);
    let mut mirrored = connection(1, "mirrored.test");
    mirrored.given =
        Some(Given { unmirrored: vec![FindingId::CtTooFew], ..given(BadUpstream::Mirror, GivenKind::Mirror) });
    let mut refused = connection(2, "refused.test");
    refused.outcome = Some(Outcome::ServerRefused);
    refused.given = Some(Given {
        changed: vec!["the server was refused by --bad-upstream refuse: cert-expired, ct-too-few".into()],
        ..given(BadUpstream::Refuse, GivenKind::ErrorPage)
    });
    let mut passed = connection(3, "passed.test");
    let mut repaired = given(BadUpstream::Pass, GivenKind::Pass);
    repaired.note_bad(&bad.grave(), &[]);
    passed.given = Some(repaired);
    for connection in [mirrored, refused, passed] {
        let id = connection.id;
        book.fold_connection(Arc::new(connection));
        book.fold_report(id, bad.clone());
    }
    book
}

#[test]
fn the_row_and_the_pane_say_what_clients_were_given() {
    let mut screen = Screen::new(100, 40, book(), true);
    screen.keys("g3");
    insta::assert_snapshot!("given_mirrored", screen.text());
    screen.keys("j");
    insta::assert_snapshot!("given_refused", screen.text());
    screen.keys("j");
    insta::assert_snapshot!("given_passed", screen.text());
}

#[test]
fn the_choice_begins_where_the_host_is() {
    let mut screen = Screen::new(100, 40, book(), true);
    for (keys, host, policy) in
        [("gb", "mirrored.test", BadUpstream::Refuse), ("jb", "refused.test", BadUpstream::Pass)]
    {
        screen.keys(keys);
        let target = Target::parse(host, Some(443)).unwrap();
        assert_eq!(screen.command(), Some(Command::Give { target, policy }));
    }
}

#[test]
fn what_was_given_is_filtered_by() {
    for (filter, id) in [("given:mirror", 1), ("given:error-page", 2), ("given:pass", 3)] {
        let mut screen = Screen::new(100, 40, book(), true);
        screen.keys("/");
        screen.keys(filter);
        screen.key(crossterm::event::KeyCode::Enter);
        let rows: Vec<RowId> = screen.state.rows.shown.iter().map(|shown| shown.row.id).collect();
        assert_eq!(rows, [RowId::Connection(ConnectionId(id))], "{filter}");
    }
}
