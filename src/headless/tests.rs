//! No byte of a peer reaches the terminal raw by what is printed: lines, reports, the banner.

use std::sync::Arc;

use super::*;
use crate::check::{Checked, Reach};
use crate::model::{
    CaTest, ClientHello, ClientOutcome, Connection, ConnectionId, DialTiming, Exchange, ExchangeId, ExchangeTiming,
    Facts, Failure, Finding, FindingId, Given, GivenKind, NotChecked, Report, SetupNews, SetupStep, Summary, Target,
    Timestamp,
};
use crate::session::{Change, Told};
use crate::text::corpus::{CORPUS, is_raw};

fn assert_safe(printed: &str, context: &str) {
    let bad = printed.chars().find(|c| is_raw(*c) && *c != '\n');
    assert_eq!(bad, None, "{context}: {printed:?}");
}

fn connection(evil: &str) -> Connection {
    let mut connection = Connection::new(ConnectionId(1), Timestamp::from_unix(0), "192.0.2.1:1".parse().unwrap());
    connection.target = Some(Target::parse("a.test", Some(443)).unwrap());
    connection.upstream.sni = Some(evil.into());
    connection.upstream.failure = Some(Failure::Incompatible { reason: evil.into() });
    connection.raw_guess = Some(evil.into());
    connection.given = Some(Given { changed: vec![evil.into()], ..Given::without_leaf(GivenKind::Mirror) });
    connection.findings =
        vec![Finding::new(FindingId::NameMismatch, Facts::new().with("asked", evil).with("presented", evil))];
    connection
}

fn exchange(evil: &str) -> Exchange {
    Exchange {
        method: evil.into(),
        url: format!("https://a.test/{evil}"),
        timing: ExchangeTiming { finished_ms: Some(1.0), ..ExchangeTiming::default() },
        changed: vec![evil.into()],
        error: Some(evil.into()),
        ..Exchange::new(ExchangeId(1), ConnectionId(1), Timestamp::from_unix(0))
    }
}

#[test]
fn lines_are_safe() {
    for evil in CORPUS {
        let mut lines = human_lines(Paint::default(), true);
        let report = Arc::new(Report { findings: connection(evil).findings, ..Report::default() });
        for told in [
            Told::Change(Change::Connection(Arc::new(connection(evil)), None, 1)),
            Told::Change(Change::Connection(Arc::new(connection(evil)), Some(report), 2)),
            Told::Change(Change::Exchange(Arc::new(exchange(evil)))),
            Told::Summary(Summary::default(), Timestamp::from_unix(1)),
        ] {
            assert_safe(&lines(&told).unwrap_or_default(), evil);
        }
    }
}

#[test]
fn what_clients_of_bad_servers_are_given_is_told_once_for_each_name() {
    let mut lines = human_lines(Paint::default(), false);
    let mut line = |id, given: Given| {
        let mut connection = connection("a.test");
        (connection.id, connection.given, connection.upstream.failure) = (ConnectionId(id), Some(given), None);
        lines(&Told::Change(Change::Connection(Arc::new(connection), None, 1))).unwrap_or_default()
    };
    let mut passed = Given::without_leaf(GivenKind::Pass);
    let mirrored = Given { unmirrored: vec![FindingId::CtTooFew], ..Given::without_leaf(GivenKind::Mirror) };
    let usual = line(1, passed.clone());
    assert!(!usual.contains("given"), "{usual}");
    passed.note_bad(&[FindingId::CertExpired], &[]);
    let told = [line(1, passed.clone()), line(2, mirrored.clone()), line(3, passed), line(4, mirrored)];
    insta::assert_snapshot!(told.concat());
}

#[test]
fn how_a_device_gets_on_is_told_in_lines() {
    let mut lines = human_lines(Paint::default(), false);
    let test = |outcome| SetupStep::Tested(CaTest::of(&ClientHello::default(), outcome));
    let steps = [
        SetupStep::PageOpened { platform: "Android" },
        SetupStep::Downloaded { file: "ca.crt" },
        test(ClientOutcome::EofInHandshake),
        test(ClientOutcome::Served),
        SetupStep::ProxyUsed,
    ];
    let line = |step| {
        let news = SetupNews { at: Timestamp::from_unix(0), device: "192.0.2.7".parse().unwrap(), step };
        lines(&Told::Change(Change::Setup(news))).unwrap()
    };
    insta::assert_snapshot!(steps.map(line).concat());
}

#[test]
fn reports_are_safe() {
    for evil in CORPUS {
        let report = Report {
            findings: connection(evil).findings,
            not_checked: vec![NotChecked::new(*evil, *evil)],
            ..Report::default()
        };
        let checked = Checked {
            target: Target::parse("a.test", Some(443)).ok(),
            name: None,
            sni: Some((*evil).into()),
            address: None,
            via: None,
            reach: Reach::Captured,
            handshake: None,
            sent: Vec::new(),
            timing: DialTiming::default(),
            report: Arc::new(report),
        };
        assert_safe(&check_report(&checked, "a.test", Paint::default(), 80), evil);
    }
}
