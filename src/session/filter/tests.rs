use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::super::row::LeafFacts;
use super::*;
use crate::diagnosis::clients::App;
use crate::model::{AlertCode, ConnectionId, ExchangeId, FindingId, GivenKind, Note, RowId};

fn now() -> Timestamp {
    Timestamp::from_unix(1_795_000_000)
}

fn row() -> (Row, Line) {
    let row = Row {
        id: RowId::Exchange(ExchangeId(1)),
        connection: ConnectionId(1),
        started: now(),
        request: "GET /V1/users?q=ü".into(),
        status: 404,
        took_ms: Some(650.0),
        size: 2 << 20,
        failed: false,
    };
    let line = Line {
        device: "192.168.1.7".parse().unwrap(),
        client: Some(Arc::new(ClientFacts {
            app: App("0149f47eabf9".into()),
            ja4: "t13d3112h2_e8f1e7e78f70_b26ce05bbdd6".into(),
            looks_like: Some("curl (libcurl)".into()),
            name: "curl (libcurl)".into(),
        })),
        host: "api.Example.com:8443".into(),
        tls: Some(TlsVersion::TLS12),
        findings: [(FindingId::CertExpired, Severity::Fatal), (FindingId::EkuAbsent, Severity::Warning)].into(),
        leaf: Some(Arc::new(LeafFacts {
            sha256: crate::model::Fingerprint([0xab; 32]),
            label: "api.example.com".into(),
            not_before: Some(now().plus_days(-80)),
            issuer_name: "CN=R11, O=Let's Encrypt".into(),
            issuer: "cn=r11, o=let's encrypt".into(),
            san: "dns:api.example.com".into(),
            not_after: Some(now().plus_days(10)),
        })),
        chain: None,
        alert: Some(AlertCode::UNKNOWN_CA),
        given: Some(GivenKind::Pass),
        unmirrored: 0,
        accepts: Some(true),
        broke_off: false,
        judged: true,
    };
    (row, line)
}

#[test]
fn every_term_holds_and_does_not() {
    let (row, line) = row();
    let cases = [
        ("", true),
        ("users", true),
        ("USERS", true),
        ("cert-exp", true),
        ("nothing", false),
        ("host:example", true),
        ("host:other", false),
        ("host:^api", true),
        ("client:CURL", true),
        ("client:libcurl", true),
        ("client:firefox", false),
        ("ja4:t13d", true),
        ("ja4:B26CE05", true),
        ("ja4:t12", false),
        ("host:^example", false),
        ("host:8443$", true),
        ("host:^api$", false),
        ("host:^api.example.com:8443$", true),
        ("path:^/v1", true),
        ("path:^/users", false),
        ("under:/v1", true),
        ("under:/v1/users", true),
        ("under:/v1/user", false),
        ("device:^192.168.1.7$", true),
        ("device:192.168.1$", false),
        ("note:\"look \\\"\"", false),
        ("path:/v1", true),
        ("path:get", false),
        ("method:get", true),
        ("method:post", false),
        ("status:404", true),
        ("status:4xx", true),
        ("status:5xx", false),
        ("status:>=400", true),
        ("status:<400", false),
        ("device:192.168.1", true),
        ("device:10.", false),
        ("finding:cert-expired", true),
        ("finding:name", false),
        ("severity:fatal", true),
        ("severity:>=error", true),
        ("severity:<error", false),
        ("tls:1.2", true),
        ("tls:<1.3", true),
        ("tls:<1.2", false),
        ("issuer:\"let's encrypt\"", true),
        ("issuer:digicert", false),
        ("san:api.", true),
        ("expires:<30d", true),
        ("expires:<1w", false),
        ("expires:>24h", true),
        ("alert:unknown_ca", true),
        ("alert:48", true),
        ("given:pass", true),
        ("given:tunnel", false),
        ("given:mirror", false),
        ("size:>1M", true),
        ("size:<1k", false),
        ("took:>500ms", true),
        ("took:>1s", false),
        ("!host:other", true),
        ("host:example & status:404", true),
        ("host:example status:200", false),
        ("status:200 | finding:cert", true),
        ("(status:200 | status:404) & !method:post", true),
        ("!(status:404 | status:200)", false),
        ("marked:yes", true),
        ("marked:no", false),
        ("note:LOOK", true),
        ("note:other", false),
        ("note:\"<\"", false),
        ("body:token", true),
        ("!body:token", false),
        ("unknown:key", false),
        ("users?q=ü", true),
    ];
    let notes = HashMap::from([(row.id, Note { marked: true, text: "look here".into() })]);
    let found = HashSet::from([ExchangeId(1)]);
    let asked = Asked { now: now(), notes: &notes, found: &found };
    for (text, expected) in cases {
        let filter = Filter::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(filter.matches(&row, Some(&line), &asked), expected, "{text}");
        assert_eq!(filter.text(), text);
    }
    assert!(!Filter::parse("host:a").unwrap().matches(&row, None, &asked));
}

#[test]
fn faults_are_shown_where_they_are() {
    let cases = [
        ("host:", 0, "wants a value"),
        ("a & status:abc", 4, "a status is"),
        ("tls:2.0", 0, "a version is"),
        ("severity:bad", 0, "a severity is"),
        ("a &", 3, "behind `&`"),
        ("a | ", 4, "something has to stand here"),
        ("(a", 2, "not closed"),
        ("a)", 1, "nothing opens"),
        ("\"a", 0, "quote"),
        ("size:big", 0, "a size is"),
        ("took:1h", 0, "a time is"),
        ("expires:soon", 0, "a time left is"),
        ("marked:maybe", 0, "yes or no"),
        ("body:a | body:b", 9, "one text at a time"),
    ];
    for (text, at, why) in cases {
        let error = Filter::parse(text).unwrap_err();
        assert_eq!(error.at, at, "{text}: {error}");
        assert!(error.why.contains(why), "{text}: {error}");
    }
}

#[test]
fn no_prefix_of_a_filter_breaks_the_reader() {
    let whole = "(host:\"a b\" | !tls:<1.2) & size:>1.5M ü expires:<30d";
    for (at, _) in whole.char_indices() {
        let _ = Filter::parse(&whole[..at]);
    }
}

#[test]
fn the_text_wanted_in_a_body_is_told() {
    let wants = |text: &str| Filter::parse(text).unwrap().body_text().map(str::to_owned);
    assert_eq!(wants("host:a (x | !body:Token)").as_deref(), Some("token"));
    assert_eq!(wants("host:body"), None);
}

#[test]
fn a_mistyped_key_is_told() {
    let cases = [
        ("sev:x", Some("sev")),
        ("a !hots:b", Some("hots")),
        ("localhost:8080", None),
        ("host:a", None),
        ("https://a", None),
    ];
    for (text, key) in cases {
        assert_eq!(Filter::unknown_key(text), key, "{text}");
    }
}

#[test]
fn brackets_do_not_nest_without_end() {
    let error = Filter::parse(&"(".repeat(100_000)).unwrap_err();
    assert!(error.why.contains("too many brackets"), "{error}");
}
