//! The view of an audit.

use std::sync::Arc;

use crossterm::event::KeyCode;

use super::rig::{STARTED, Screen, book};
use super::safety::assert_safe;
use crate::model::{AlertCode, ClientOutcome, ConnectionId, Identity, MadeFor, Severity, Took, Trial};
use crate::session::{Book, Limits};
use crate::text::corpus::CORPUS;
use crate::tui::audited::Plan;

fn identity(name: &str, severity: Option<Severity>) -> Identity {
    Identity {
        name: name.to_owned(),
        about: format!("What is wrong is that it is {name}"),
        severity,
        usual: severity == Some(Severity::Warning),
        risk: "Somebody in between reads everything".to_owned(),
        certmitm: None,
        made_for: MadeFor::Any,
    }
}

fn plan() -> Plan {
    let identities = vec![
        identity("good", None),
        identity("unknown-ca", Some(Severity::Fatal)),
        identity("expired", Some(Severity::Error)),
        identity("weak-key", Some(Severity::Warning)),
        identity("null-in-name", Some(Severity::Fatal)),
    ];
    Plan { identities, repeat: 1 }
}

fn trial(app: &str, identity: &str, took: Took) -> Trial {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    Trial {
        connection: ConnectionId(NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)),
        at: STARTED,
        device: "192.0.2.7".parse().unwrap(),
        app: app.to_owned(),
        fingerprint: app.to_owned(),
        host: "api.example.com".to_owned(),
        identity: identity.to_owned(),
        sent: (took == Took::Accepted).then(|| "GET /me HTTP/1.1, with Authorization".to_owned()),
        took,
        why: None,
    }
}

fn refused() -> Took {
    Took::Refused { how: ClientOutcome::Alert { code: AlertCode::CERTIFICATE_EXPIRED } }
}

/// One app that takes what it should not, one that is right so far, one that refuses everything.
fn trials() -> Vec<Trial> {
    let careless = ["good", "unknown-ca", "expired", "good"].map(|name| trial("careless app", name, Took::Accepted));
    let right = [
        trial("right app", "good", Took::Accepted),
        trial("right app", "unknown-ca", refused()),
        trial("right app", "expired", refused()),
        trial("right app", "good", Took::Accepted),
    ];
    let shut = (0..3).map(|_| trial("pinning app", "good", refused()));
    careless.into_iter().chain(right).chain(shut).collect()
}

fn audited(trials: Vec<Trial>, (width, height): (u16, u16)) -> Screen {
    let mut book = Book::new(Limits::default());
    for trial in trials {
        book.fold_trial(Arc::new(trial));
    }
    let mut screen = Screen::new(width, height, book, true);
    screen.state.about.audit = Some(plan());
    screen.keys("u");
    screen
}

#[test]
fn who_takes_what_it_should_not_stands_first() {
    for size in [(60, 16), (80, 24), (140, 45)] {
        let mut screen = audited(trials(), size);
        insta::assert_snapshot!(format!("audit_{}", size.0), screen.text());
        screen.key(KeyCode::Down);
        screen.key(KeyCode::Down);
        insta::assert_snapshot!(format!("audit_{}_down", size.0), screen.text());
    }
}

#[test]
fn a_row_leads_to_its_connections_and_the_selection_stays_with_it() {
    let mut screen = audited(trials(), (120, 30));
    screen.key(KeyCode::Down);
    let selected = |screen: &Screen| screen.state.audited.selected().map(|row| row.app.clone());
    let before = selected(&screen);
    screen.book.fold_trial(Arc::new(trial("a worse app", "good", Took::Accepted)));
    for name in ["unknown-ca", "null-in-name", "expired"] {
        screen.book.fold_trial(Arc::new(trial("a worse app", name, Took::Accepted)));
    }
    screen.draw();
    assert_eq!((selected(&screen), screen.state.audited.len()), (before, 4));
    screen.key(KeyCode::Enter);
    assert!(screen.text().contains("given:audit device:^192.0.2.7$ host:\"^api.example.com$\""), "{}", screen.text());
}

#[test]
fn it_says_what_an_audit_is_where_there_is_none() {
    let mut screen = Screen::new(100, 24, book(), true);
    assert!(!screen.text().contains("u audit"), "{}", screen.text());
    screen.keys("u");
    assert!(screen.text().contains("tlscope audit --host HOST"), "{}", screen.text());
    let waiting = audited(Vec::new(), (100, 24));
    assert!(waiting.text().contains("No client has come yet"), "{}", waiting.text());
}

#[test]
fn no_byte_of_a_client_reaches_the_terminal_raw() {
    for evil in CORPUS {
        let mut hostile = trial(evil, "unknown-ca", Took::Accepted);
        (hostile.host, hostile.sent) = (format!("{}.test", "a"), Some((*evil).to_owned()));
        let failed = Took::Untold { how: ClientOutcome::Failed { reason: (*evil).to_owned() } };
        let mut screen = audited(vec![hostile, trial(evil, "expired", failed)], (100, 40));
        for _ in 0..3 {
            assert_safe(&screen, evil);
            screen.key(KeyCode::Down);
        }
    }
}
