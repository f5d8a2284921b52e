//! What an audit says of clients of every character.

use std::collections::BTreeSet;

use serde_json::Value;
use tlscope::ca::KeyChoice;
use tlscope::diagnosis::audit::{Audit, Row, Standing, Table, Told};
use tlscope::export::{AuditAbout, audit_document, trial_line};
use tlscope::headless::{Paint, WrongFrom, audit_report};
use tlscope::model::{GivenKind, Host, Identity, RefusalKind, Severity, Timestamp};
use tlscope::proxy::{AuditPlan, Audited, Auditor};

use super::people::{Character, Person};
use crate::rig::{Rig, now, soon};
use crate::schemas::assert_valid;

const HOST: &str = "good.lab.test";

fn plan(hosts: &[&str], only: &[&str]) -> AuditPlan {
    let hosts = Audited::These(hosts.iter().map(|glob| glob.parse().unwrap()).collect());
    AuditPlan { hosts, only: only.iter().map(|name| (*name).to_owned()).collect(), repeat: 1 }
}

fn auditor(rig: &Rig) -> Auditor {
    rig.auditor.clone().unwrap()
}

/// Sends a client until everything is settled.
async fn audit(rig: &Rig, person: &Person, host: &str) {
    for visits in 0.. {
        let known = rig.count_trials();
        if auditor(rig).is_done() {
            return;
        }
        assert!(visits < 200, "it never ends");
        soon(person.ask(rig, host)).await;
        rig.until(|told| told.trials.len() > known).await;
    }
}

fn names(row: &Row, told: Told) -> BTreeSet<&str> {
    row.told(told).map(|cell| cell.identity.name.as_str()).collect()
}

/// The table with what differs from one run to the next left out.
fn stable(table: &Table) -> Table {
    let mut table = table.clone();
    for row in &mut table.rows {
        row.fingerprint = "fingerprint".into();
    }
    table
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correct_client_takes_the_control_and_nothing_that_is_grave() {
    let rig = Rig::auditing(plan(&["*.lab.test"], &[]), Vec::new()).await;
    let person = Person::new(Character::Correct, &rig.ca);
    audit(&rig, &person, HOST).await;
    let table = auditor(&rig).table();
    assert_eq!(table.rows.len(), 1);
    let row = &table.rows[0];
    assert_eq!((row.standing.clone(), row.host.as_str()), (Standing::Sound, HOST));
    // webpki looks at no staple, no keyUsage and no length of life.
    let usual: BTreeSet<&str> =
        ["ca-may-not-sign", "must-staple", "no-digital-signature", "over-long", "revoked-by-staple"].into();
    assert_eq!(names(row, Told::Accepted), usual, "{row:#?}");
    assert!(names(row, Told::NotShown).is_empty() && names(row, Told::Untold).is_empty(), "{row:#?}");
    assert!(table.found().iter().all(|found| found.severity == Severity::Info));
    assert_eq!(WrongFrom::Level(Severity::Warning).exit_code(&table), 0);
    assert_eq!(WrongFrom::Level(Severity::Info).exit_code(&table), 1);
    insta::assert_snapshot!("correct", audit_report(&stable(&table), &[], Paint::default(), 100));
    let told = rig.stop().await;
    for connection in told.connections() {
        assert_eq!(connection.given.as_ref().unwrap().kind, GivenKind::Audit);
        assert!(connection.given.as_ref().unwrap().identity.is_some() && connection.client.refusal.is_none());
    }
    for trial in &told.trials {
        assert_valid("tlscope.event-1", &trial_line(trial));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_careless_client_is_found_out_with_what_it_gives_away() {
    let rig = Rig::auditing(plan(&[HOST], &[]), Vec::new()).await;
    audit(&rig, &Person::new(Character::Careless, &rig.ca), HOST).await;
    let auditor = auditor(&rig);
    let told = rig.stop().await;
    let table = auditor.table();
    let row = &table.rows[0];
    assert_eq!(names(row, Told::Accepted).len(), row.cells.len(), "{row:#?}");
    assert_eq!(table.found()[0].severity, Severity::Fatal);
    let sent = "GET https://good.lab.test/echo?token=REDACTED with authorization (Bearer), token in the URL";
    for found in table.found() {
        assert_eq!(found.cell.sent, [sent], "{}", found.cell.identity.name);
    }
    assert_eq!(WrongFrom::Level(Severity::Fatal).exit_code(&table), 1);
    assert_eq!(WrongFrom::Never.exit_code(&table), 0);
    insta::assert_snapshot!("careless", audit_report(&stable(&table), &[], Paint::default(), 100));
    assert!(told.exchanges().iter().all(|exchange| exchange.status() == 200), "the app goes on as always");
    let identities: Vec<Identity> = std::iter::once(auditor.control()).chain(auditor.identities()).collect();
    let replayed = Audit::replay(&identities, 1, told.trials.iter()).unwrap().table();
    assert_eq!(replayed, table, "what was told is all there is to know");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_a_name_check_takes_every_name() {
    let rig =
        Rig::auditing(plan(&[HOST], &["wrong-name", "sibling-name", "unknown-ca", "expired-yesterday"]), Vec::new())
            .await;
    audit(&rig, &Person::new(Character::Nameless, &rig.ca), HOST).await;
    let table = auditor(&rig).table();
    assert_eq!(names(&table.rows[0], Told::Accepted), ["sibling-name", "wrong-name"].into());
    assert_eq!(names(&table.rows[0], Told::Refused), ["expired-yesterday", "unknown-ca"].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_wavers_is_flaky_and_counts_as_taken() {
    let rig = Rig::auditing(AuditPlan { repeat: 3, ..plan(&[HOST], &["self-signed"]) }, Vec::new()).await;
    let (correct, careless) = (Person::new(Character::Correct, &rig.ca), Person::new(Character::Careless, &rig.ca));
    for person in [&correct, &correct, &careless, &correct] {
        let known = rig.count_trials();
        person.ask(&rig, HOST).await;
        rig.until(|told| told.trials.len() > known).await;
    }
    audit(&rig, &correct, HOST).await;
    let table = auditor(&rig).table();
    let cell = &table.rows[0].cells[0];
    assert_eq!((cell.told, cell.accepted, cell.refused), (Told::Flaky, 1, 2));
    assert_eq!(WrongFrom::Level(Severity::Warning).exit_code(&table), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_pins_cannot_be_audited_and_one_that_only_looks_neither() {
    let rig = Rig::auditing(plan(&["*"], &[]), Vec::new()).await;
    audit(&rig, &Person::new(Character::Pinned, &rig.ca), HOST).await;
    let person = Person::new(Character::Correct, &rig.ca);
    for _ in 0..3 {
        let known = rig.count_trials();
        person.look(&rig, "good-http1.lab.test").await;
        rig.until(|told| told.trials.len() > known).await;
    }
    let table = auditor(&rig).table();
    assert!(!table.has_control() && table.found().is_empty());
    assert_eq!(WrongFrom::Level(Severity::Warning).exit_code(&table), 3);
    for row in &table.rows {
        let Standing::NeverTook { why: Some(why), .. } = &row.standing else { panic!("{row:#?}") };
        assert!(why.kind == RefusalKind::CaNotInstalled || row.host != HOST, "{why:?}");
        assert_eq!(names(row, Told::NotShown).len(), row.cells.len());
    }
    insta::assert_snapshot!("pinned", audit_report(&stable(&table), &[], Paint::default(), 100));
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_that_are_not_named_are_untouched_and_the_cache_of_leaves_as_well() {
    let rig = Rig::auditing(plan(&[HOST], &["unknown-ca"]), Vec::new()).await;
    let person = Person::new(Character::Correct, &rig.ca);
    let leaf = |rig: &Rig| rig.mint.leaf(&Host::parse(HOST).unwrap(), KeyChoice::P256, now()).unwrap().cert.sha256;
    let before = leaf(&rig);
    assert!(person.ask(&rig, "good-http1.lab.test").await.is_some());
    audit(&rig, &person, HOST).await;
    assert_eq!(leaf(&rig), before);
    rig.until(|_| !auditor(&rig).is_busy()).await;
    // Everything is settled: it is served as always.
    assert!(person.ask(&rig, HOST).await.is_some());
    let told = rig.stop().await;
    let given = |connection: &&tlscope::model::Connection| connection.given.clone().unwrap();
    let all: Vec<_> = told.connections().iter().map(given).collect();
    assert_eq!((all[0].kind, all[0].identity.clone()), (GivenKind::Pass, None));
    let last = all.last().unwrap();
    assert_eq!((last.kind, last.leaf), (GivenKind::Pass, Some(before)));
    let identities: Vec<_> = all.iter().filter_map(|given| given.identity.as_deref()).collect();
    assert_eq!(identities, ["good", "unknown-ca", "good"]);
    // What it refused on purpose says nothing of the CA.
    assert!(told.connections().iter().all(|connection| connection.client.refusal.is_none()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_be_reached_hinders_no_audit() {
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let rule = format!("gone.test::127.0.0.1:{}", nobody.port()).parse().unwrap();
    let rig = Rig::auditing(plan(&["gone.test"], &["wrong-name"]), vec![rule]).await;
    let careless = Person::new(Character::Careless, &rig.ca);
    audit(&rig, &careless, "gone.test").await;
    let table = auditor(&rig).table();
    assert_eq!(names(&table.rows[0], Told::Accepted), ["wrong-name"].into());
    let told = rig.stop().await;
    assert!(told.exchanges().iter().all(|exchange| exchange.error.is_some()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_valid_by_its_schema() {
    let rig = Rig::auditing(plan(&["*"], &["wrong-name", "md5", "over-long"]), Vec::new()).await;
    audit(&rig, &Person::new(Character::Careless, &rig.ca), HOST).await;
    let pinned = Person::new(Character::Pinned, &rig.ca);
    for _ in 0..3 {
        let known = rig.count_trials();
        pinned.ask(&rig, "good-http1.lab.test").await;
        rig.until(|told| told.trials.len() > known).await;
    }
    let auditor = auditor(&rig);
    let identities: Vec<Identity> = std::iter::once(auditor.control()).chain(auditor.identities()).collect();
    let left_out = [("path-too-long".to_owned(), "the CA says so")];
    let hosts = ["*".to_owned()];
    let at = Timestamp::from_unix(0);
    let about = AuditAbout { hosts: &hosts, identities: &identities, left_out: &left_out, at };
    let document = audit_document(&auditor.table(), &about);
    assert_valid("tlscope.audit-1", &document);
    let found: Vec<&Value> = document["found"].as_array().unwrap().iter().map(|found| &found["identity"]).collect();
    assert_eq!(found, ["wrong-name", "md5", "over-long"]);
    assert_eq!(document["subjects"].as_array().unwrap().len(), 2);
}
