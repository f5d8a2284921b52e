use std::collections::BTreeMap;
use std::net::IpAddr;

use super::*;
use crate::diagnosis::clients::{App, Habits, Nature};
use crate::model::{
    AlertCode, ClientOutcome, ConnectionId, Facts, Identity, MadeFor, Refusal, RefusalKind, Severity, Timestamp, Took,
    Trial,
};

fn identity(name: &str, severity: Option<Severity>) -> Identity {
    let made_for = match name {
        "address" => MadeFor::Addresses,
        "name" => MadeFor::Names,
        _ => MadeFor::Any,
    };
    let text = String::new;
    Identity { name: name.into(), about: text(), severity, usual: false, risk: text(), certmitm: None, made_for }
}

fn catalogue() -> Vec<Identity> {
    let wrong = ["unknown", "expired", "name", "address", "sha1", "purpose", "weak", "late"];
    let wrong = wrong.into_iter().map(|name| identity(name, Some(Severity::Error)));
    std::iter::once(identity("good", None)).chain(wrong).collect()
}

const DEVICE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

fn subject(host: &str) -> Subject {
    Subject { device: DEVICE, app: App("app".into()), host: host.into() }
}

fn trial(connection: u64, identity: &str, took: Took) -> Trial {
    Trial {
        connection: ConnectionId(connection),
        at: Timestamp::from_unix(0),
        device: DEVICE,
        app: "an app".into(),
        fingerprint: "app".into(),
        host: "a.test".into(),
        identity: identity.into(),
        took,
        sent: None,
        why: None,
    }
}

fn said() -> Took {
    Took::Refused { how: ClientOutcome::Alert { code: AlertCode::UNKNOWN_CA } }
}

fn silent() -> Took {
    Took::Refused { how: ClientOutcome::EofInHandshake }
}

fn untold() -> Took {
    Took::Untold { how: ClientOutcome::TimedOut }
}

/// Lets a client come until nothing is left to be shown, or it has come so often. What it was shown, in order.
fn play(audit: &mut Audit, most: usize, mut client: impl FnMut(&str) -> Took) -> Vec<String> {
    let mut shown = Vec::new();
    while shown.len() < most
        && let Some(next) = audit.next(&subject("a.test")).map(|identity| identity.name.clone())
    {
        let connection = shown.len() as u64;
        audit.begin(&subject("a.test"), "an app", ConnectionId(connection), &next);
        audit.note(&trial(connection, &next, client(&next)));
        shown.push(next);
    }
    shown
}

fn told(audit: &Audit) -> BTreeMap<String, Told> {
    let table = audit.table();
    table.rows.iter().flat_map(|row| row.cells.iter().map(|cell| (cell.identity.name.clone(), cell.told))).collect()
}

#[test]
fn a_client_that_refuses_all_is_shown_each_once_with_controls_first_between_and_last() {
    let mut audit = Audit::new(&catalogue(), 1).unwrap();
    let shown = play(&mut audit, 100, |name| if name == "good" { Took::Accepted } else { said() });
    let expected = ["good", "unknown", "expired", "name", "sha1", "purpose", "good", "weak", "late", "good"];
    assert_eq!(shown, expected);
    assert!(audit.is_done() && audit.table().found().is_empty());
    assert!(told(&audit).values().all(|told| *told == Told::Refused), "{:?}", told(&audit));
    assert_eq!(audit.table().rows[0].controls, 3);
}

#[test]
fn what_is_taken_counts_at_once_and_is_found_worst_first() {
    let mut audit = Audit::new(&[catalogue(), vec![identity("worst", Some(Severity::Fatal))]].concat(), 1).unwrap();
    play(&mut audit, 3, |_| Took::Accepted);
    assert_eq!(told(&audit)["unknown"], Told::Accepted);
    play(&mut audit, 100, |_| Took::Accepted);
    let table = audit.table();
    let found = table.found();
    assert_eq!((found.len(), found[0].cell.identity.name.as_str()), (8, "worst"));
}

#[test]
fn silence_is_asked_about_twice_and_one_that_wavers_is_flaky() {
    let mut audit = Audit::new(&catalogue(), 1).unwrap();
    let mut expired = 0;
    let shown = play(&mut audit, 100, |name| match name {
        "good" => Took::Accepted,
        "unknown" => silent(),
        "expired" => {
            expired += 1;
            if expired == 1 { silent() } else { Took::Accepted }
        }
        _ => said(),
    });
    assert_eq!(shown[..5], ["good", "unknown", "unknown", "expired", "expired"]);
    assert_eq!((told(&audit)["unknown"], told(&audit)["expired"]), (Told::Refused, Told::Flaky));
    assert_eq!(audit.table().found().len(), 1);
}

#[test]
fn refusals_before_a_control_that_fails_are_taken_back_and_repeated() {
    let mut audit = Audit::new(&catalogue(), 1).unwrap();
    let mut controls = 0;
    let shown = play(&mut audit, 100, |name| {
        controls += u32::from(name == "good");
        // It was dead for a while.
        if name == "good" && controls != 2 { Took::Accepted } else { said() }
    });
    assert_eq!(shown.iter().filter(|name| *name == "unknown").count(), 2);
    assert!(audit.is_done() && told(&audit).values().all(|told| *told == Told::Refused));
}

#[test]
fn a_client_that_takes_nothing_cannot_be_audited_and_is_asked_all_the_same() {
    let why =
        Refusal { kind: RefusalKind::Pinned, confidence: crate::model::Confidence::Likely, evidence: Facts::new() };
    let mut audit = Audit::new(&catalogue(), 1).unwrap();
    for connection in 0..4 {
        assert_eq!(audit.next(&subject("a.test")).unwrap().name, "good");
        audit.note(&Trial { why: Some(why.clone()), ..trial(connection, "good", said()) });
    }
    assert!(audit.is_done() && !audit.table().has_control());
    let how = Some(ClientOutcome::Alert { code: AlertCode::UNKNOWN_CA });
    assert_eq!(audit.table().rows[0].standing, Standing::NeverTook { why: Some(why), how });
    audit.note(&trial(9, "good", Took::Accepted));
    assert_eq!(audit.next(&subject("a.test")).unwrap().name, "unknown", "somebody has installed the CA");
}

#[test]
fn a_refusal_that_no_control_was_taken_behind_is_untold() {
    let mut audit = Audit::new(&catalogue(), 1).unwrap();
    play(&mut audit, 3, |name| if name == "good" { Took::Accepted } else { said() });
    assert_eq!((told(&audit)["unknown"], told(&audit)["late"]), (Told::Untold, Told::NotShown));
    assert!(!audit.is_done());
}

#[test]
fn what_tells_nothing_is_left_after_a_while() {
    let mut audit = Audit::new(&catalogue(), 1).unwrap();
    let shown = play(&mut audit, 100, |name| match name {
        "good" => Took::Accepted,
        "sha1" => untold(),
        _ => said(),
    });
    assert_eq!(shown.iter().filter(|name| *name == "sha1").count(), 3);
    assert_eq!(told(&audit)["sha1"], Told::Untold);
    assert!(audit.is_done());
}

#[test]
fn connections_at_a_time_are_shown_different_things() {
    let mut audit = Audit::new(&catalogue(), 1).unwrap();
    audit.note(&trial(0, "good", Took::Accepted));
    let mut shown = Vec::new();
    for connection in 1..10 {
        let next = audit.next(&subject("a.test")).unwrap().name.clone();
        audit.begin(&subject("a.test"), "an app", ConnectionId(connection), &next);
        shown.push(next);
    }
    assert_eq!(shown, ["unknown", "expired", "name", "sha1", "purpose", "weak", "late", "good", "good"]);
    audit.end(&subject("a.test"), ConnectionId(2));
    assert_eq!(audit.next(&subject("a.test")).unwrap().name, "expired", "it ended without a word");
}

#[test]
fn hosts_are_shown_what_can_be_made_for_them() {
    let mut audit = Audit::new(&catalogue(), 1).unwrap();
    for host in ["127.0.0.1:8443", "[::1]", "a.test:1"] {
        let own = Trial { host: host.into(), ..trial(0, "good", Took::Accepted) };
        audit.note(&own);
    }
    let names = |row: &Row| row.cells.iter().map(|cell| cell.identity.name.clone()).collect::<Vec<_>>();
    for row in &audit.table().rows {
        let is_name = row.host.starts_with('a');
        assert_eq!(names(row).contains(&"name".to_owned()), is_name, "{}", row.host);
        assert_eq!(names(row).contains(&"address".to_owned()), !is_name, "{}", row.host);
    }
}

#[test]
fn a_command_is_run_until_everybody_is_settled() {
    let mut audit = Audit::new(&catalogue(), 1).unwrap();
    let mut runs = Vec::new();
    while let Some(identity) = audit.wanted().cloned() {
        audit.hold(&identity);
        // One host is asked each time, another one the first time only.
        let other = Subject { host: "b.test".into(), ..subject("a.test") };
        for subject in [subject("a.test"), other] {
            if &*subject.host == "b.test" && !runs.is_empty() {
                continue;
            }
            assert_eq!(audit.next(&subject).unwrap().name, identity.name);
            let took = if identity.is_control() { Took::Accepted } else { said() };
            audit.begin(&subject, "an app", ConnectionId(runs.len() as u64), &identity.name);
            let own = Trial { host: subject.host.to_string(), ..trial(runs.len() as u64, &identity.name, took) };
            audit.note(&own);
        }
        audit.release();
        runs.push(identity.name);
    }
    // The other one is waited for three times.
    assert_eq!(runs.len(), 12, "{runs:?}");
    let table = audit.table();
    assert!(table.rows[0].cells.iter().all(|cell| cell.told == Told::Refused));
    assert!(table.rows[1].cells.iter().all(|cell| matches!(cell.told, Told::Untold | Told::NotShown)));
}

#[test]
fn what_was_sent_is_added_and_a_replay_is_the_same() {
    let mut audit = Audit::new(&catalogue(), 1).unwrap();
    let trials = [trial(1, "good", Took::Accepted), trial(2, "unknown", Took::Accepted), trial(3, "expired", said())];
    for trial in &trials {
        audit.note(trial);
    }
    let sent = Trial { sent: Some("GET / with a cookie".into()), ..trials[1].clone() };
    audit.note_sent(&sent);
    let table = audit.table();
    assert_eq!(table.found()[0].cell.sent, ["GET / with a cookie"]);
    let told = [trials[0].clone(), sent, trials[2].clone()];
    assert_eq!(Audit::replay(&catalogue(), 1, told.iter()).unwrap().table(), table);
}

#[test]
fn how_a_connection_ended_tells_something_or_nothing() {
    let alert = |code| ClientOutcome::Alert { code };
    let gone = || ClientOutcome::SilentClose { clean: false };
    let browser = Habits { nature: Nature::Browser, ..Habits::default() };
    let (plain, soon, late) = (Habits::default(), Some(5.0), Some(9_000.0));
    let cases = [
        (ClientOutcome::Served, None, plain, "accepted"),
        (alert(AlertCode::BAD_CERTIFICATE), None, plain, "refused"),
        (alert(AlertCode::HANDSHAKE_FAILURE), None, plain, "refused"),
        (alert(AlertCode::PROTOCOL_VERSION), None, plain, "untold"),
        (ClientOutcome::EofInHandshake, None, plain, "refused"),
        (ClientOutcome::ResetInHandshake, None, browser, "refused"),
        (gone(), soon, plain, "refused"),
        (gone(), soon, browser, "untold"),
        (gone(), late, plain, "untold"),
        (ClientOutcome::GaveUp { waited_ms: 1.0 }, None, plain, "untold"),
        (ClientOutcome::NothingShared { reason: String::new() }, None, plain, "untold"),
        (ClientOutcome::TimedOut, None, plain, "untold"),
    ];
    for (outcome, stayed, habits, expected) in cases {
        let word = match took(&outcome, stayed, habits) {
            Took::Accepted => "accepted",
            Took::Refused { .. } => "refused",
            Took::Untold { .. } => "untold",
        };
        assert_eq!(word, expected, "{outcome:?} {stayed:?}");
    }
}
