//! Histories as data, and what has to be concluded from each.

use std::collections::BTreeSet;

use super::habits::{Distrust, Nature};
use super::*;
use crate::model::{
    AlertCode, CipherSuite, ClientHello, ClientOutcome, Confidence, Connection, ConnectionId, FindingId, RefusalKind,
    SignatureScheme, Timestamp,
};

const UNKNOWN_CA: Manner = Manner::Alert(AlertCode::UNKNOWN_CA);
const CERTIFICATE_UNKNOWN: Manner = Manner::Alert(AlertCode::CERTIFICATE_UNKNOWN);
const BAD_CERTIFICATE: Manner = Manner::Alert(AlertCode::BAD_CERTIFICATE);

/// An app by the name that these tests give its kind.
fn habits(app: &str) -> Habits {
    let own = Habits::default();
    match app.split('-').next().unwrap_or_default() {
        "openssl" => Habits { distrusts: Distrust::ByAlert, says_unknown_ca: true, ..own },
        "firefox" => Habits { distrusts: Distrust::ByAlert, says_unknown_ca: true, nature: Nature::Browser },
        "java" => Habits { distrusts: Distrust::ByAlert, ..own },
        "node" => Habits { distrusts: Distrust::ByCutting, ..own },
        "gnutls" => Habits { distrusts: Distrust::InSilence, ..own },
        "chrome" => Habits { distrusts: Distrust::ByAlert, nature: Nature::Chromium, ..own },
        "android" => Habits { distrusts: Distrust::ByAlert, nature: Nature::AndroidApp, ..own },
        _ => own,
    }
}

fn meeting(app: &str, host: &str, manner: Manner) -> Meeting {
    Meeting {
        device: "192.0.2.7".parse().unwrap(),
        app: App(app.into()),
        habits: habits(app),
        host: host.into(),
        // An address has no name that a hello could hold.
        named: !host.starts_with("192."),
        manner,
    }
}

/// What is concluded about the last of these meetings.
fn concluded(meetings: &[(&str, &str, Manner)]) -> Option<(RefusalKind, Confidence)> {
    let mut history = History::default();
    for (app, host, manner) in meetings {
        history.note(&meeting(app, host, *manner));
    }
    let (app, host, _) = meetings.last()?;
    let refusal = history.conclude("192.0.2.7".parse().unwrap(), &App((*app).into()), host)?;
    Some((refusal.kind, refusal.confidence))
}

#[test]
fn a_reason_that_is_said_is_believed() {
    use Confidence::{Certain, Likely, Possible};
    let cases = [
        ("openssl", UNKNOWN_CA, RefusalKind::CaNotInstalled, Certain),
        ("java", CERTIFICATE_UNKNOWN, RefusalKind::CaNotInstalled, Likely),
        ("gnutls", BAD_CERTIFICATE, RefusalKind::CaNotInstalled, Likely),
        ("openssl", BAD_CERTIFICATE, RefusalKind::DateRefused, Possible),
        ("firefox", BAD_CERTIFICATE, RefusalKind::StaleCa, Possible),
        ("openssl", Manner::Alert(AlertCode::DECRYPT_ERROR), RefusalKind::StaleCa, Certain),
        ("other", Manner::Alert(AlertCode::CERTIFICATE_EXPIRED), RefusalKind::DateRefused, Certain),
        ("other", Manner::Alert(AlertCode::DECRYPT_ERROR), RefusalKind::StaleCa, Likely),
        ("other", Manner::Alert(AlertCode::PROTOCOL_VERSION), RefusalKind::NothingShared, Certain),
        ("other", Manner::Alert(AlertCode::HANDSHAKE_FAILURE), RefusalKind::NothingShared, Likely),
        ("other", Manner::Alert(AlertCode::INTERNAL_ERROR), RefusalKind::Unclear, Possible),
        ("other", Manner::NothingShared, RefusalKind::NothingShared, Certain),
        ("other", Manner::GaveUp, RefusalKind::GaveUp, Certain),
        ("other", Manner::Other, RefusalKind::Unclear, Possible),
    ];
    for (app, manner, kind, confidence) in cases {
        assert_eq!(concluded(&[(app, "a.test", manner)]), Some((kind, confidence)), "{app} {manner:?}");
    }
    assert_eq!(concluded(&[("openssl", "a.test", UNKNOWN_CA), ("openssl", "a.test", Manner::Served)]), None);
    assert_eq!(concluded(&[]), None);
}

#[test]
fn the_same_refusal_means_another_thing_beside_other_hosts_and_apps() {
    use Confidence::{Certain, Likely, Possible};
    type Meetings = &'static [(&'static str, &'static str, Manner)];
    const SERVED: Manner = Manner::Served;
    const CASES: &[(&str, Meetings, RefusalKind, Confidence)] = &[
        (
            "refuses every host, like every app: no CA",
            &[("java", "a.test", CERTIFICATE_UNKNOWN), ("openssl", "b.test", UNKNOWN_CA)],
            RefusalKind::CaNotInstalled,
            Certain,
        ),
        (
            "takes the CA for other hosts: a pin",
            &[("java", "a.test", SERVED), ("java", "pay.test", CERTIFICATE_UNKNOWN)],
            RefusalKind::Pinned,
            Likely,
        ),
        (
            "the browser takes the CA, this app does not",
            &[("chrome", "a.test", SERVED), ("java", "b.test", CERTIFICATE_UNKNOWN)],
            RefusalKind::AppIgnoresCa,
            Likely,
        ),
        (
            "the same of an Android app",
            &[("chrome", "a.test", SERVED), ("android", "b.test", CERTIFICATE_UNKNOWN)],
            RefusalKind::AndroidUserCa,
            Likely,
        ),
        (
            "Android apps share a stack: one with debug-overrides does not make the other a pinning one",
            &[("android", "a.test", SERVED), ("android", "b.test", CERTIFICATE_UNKNOWN)],
            RefusalKind::AndroidUserCa,
            Likely,
        ),
        (
            "an Android app that leaves in silence pins (OkHttp)",
            &[("android", "a.test", SERVED), ("android", "b.test", Manner::Silent)],
            RefusalKind::Pinned,
            Possible,
        ),
        (
            "Android apps take the CA from the system's store, Chrome asks for timestamps",
            &[("android", "a.test", SERVED), ("chrome", "b.test", CERTIFICATE_UNKNOWN)],
            RefusalKind::CtEnforced,
            Possible,
        ),
        (
            "takes the certificates of other hosts: this one has another name for it, or a pin",
            &[("openssl", "a.test", SERVED), ("openssl", "b.test", BAD_CERTIFICATE)],
            RefusalKind::NameRefused,
            Possible,
        ),
        (
            "named no host, and finds another's name",
            &[("openssl", "a.test", SERVED), ("openssl", "192.0.2.1", BAD_CERTIFICATE)],
            RefusalKind::NameRefused,
            Likely,
        ),
        (
            "the same of one that has one word for everything",
            &[("java", "a.test", SERVED), ("java", "192.0.2.1", CERTIFICATE_UNKNOWN)],
            RefusalKind::NameRefused,
            Possible,
        ),
        (
            "the same of one that looks late and is always silent",
            &[("gnutls", "a.test", SERVED), ("gnutls", "192.0.2.1", Manner::Silent)],
            RefusalKind::NameRefused,
            Possible,
        ),
        (
            "the same in silence, after the handshake",
            &[("openssl", "a.test", SERVED), ("openssl", "192.0.2.1", Manner::Silent)],
            RefusalKind::NameRefused,
            Possible,
        ),
        (
            "a browser finds the name that it sent: what it minds is the key",
            &[("firefox", "a.test", SERVED), ("firefox", "b.test", BAD_CERTIFICATE)],
            RefusalKind::Pinned,
            Likely,
        ),
        (
            "knows the CA, and no certificate is right: not valid yet by its clock",
            &[("openssl", "a.test", BAD_CERTIFICATE), ("openssl", "b.test", BAD_CERTIFICATE)],
            RefusalKind::DateRefused,
            Likely,
        ),
        (
            "without an Android app there is no such thing",
            &[("java", "a.test", SERVED), ("chrome", "b.test", CERTIFICATE_UNKNOWN)],
            RefusalKind::AppIgnoresCa,
            Likely,
        ),
    ];
    for (why, meetings, kind, confidence) in CASES {
        assert_eq!(concluded(meetings), Some((*kind, *confidence)), "{why}");
    }
}

#[test]
fn silence_is_counted_before_it_says_much() {
    use Confidence::{Likely, Possible};
    let cases = [
        // Whoever would have sent an alert trusts the CA: what it minds is another thing.
        ("openssl", Manner::Silent, 1, RefusalKind::Pinned, Possible),
        ("openssl", Manner::Silent, 2, RefusalKind::Pinned, Likely),
        ("gnutls", Manner::Silent, 1, RefusalKind::CaNotInstalled, Possible),
        ("gnutls", Manner::Silent, 2, RefusalKind::CaNotInstalled, Likely),
        ("other", Manner::Silent, 2, RefusalKind::CaNotInstalled, Possible),
        ("other", Manner::Silent, 3, RefusalKind::CaNotInstalled, Likely),
        ("chrome", Manner::Silent, 2, RefusalKind::Probe, Possible),
        ("chrome", Manner::Silent, 3, RefusalKind::Pinned, Likely),
        ("node", Manner::CutOff, 1, RefusalKind::CaNotInstalled, Likely),
        ("other", Manner::CutOff, 1, RefusalKind::CaNotInstalled, Possible),
        ("other", Manner::CutOff, 2, RefusalKind::CaNotInstalled, Likely),
        ("openssl", Manner::CutOff, 5, RefusalKind::Unclear, Possible),
        ("openssl", Manner::Idle, 5, RefusalKind::Probe, Likely),
    ];
    for (app, manner, times, kind, confidence) in cases {
        let meetings = vec![(app, "a.test", manner); times];
        assert_eq!(concluded(&meetings), Some((kind, confidence)), "{app} {manner:?} {times}");
    }
    // A host that is served now and then is not refused by a connection that was not used.
    let mut meetings = vec![("openssl", "a.test", Manner::Served)];
    meetings.extend([("openssl", "a.test", Manner::Silent); 4]);
    assert_eq!(concluded(&meetings), Some((RefusalKind::Probe, Likely)));
}

#[test]
fn the_evidence_says_what_it_rests_on() {
    let mut history = History::default();
    for (app, host, manner) in [
        ("java", "a.test", Manner::Served),
        ("java", "b.test:8443", Manner::Served),
        ("openssl", "a.test", Manner::Served),
        ("java", "pay.test", CERTIFICATE_UNKNOWN),
        ("java", "pay.test", CERTIFICATE_UNKNOWN),
    ] {
        history.note(&meeting(app, host, manner));
    }
    let refusal = history.conclude("192.0.2.7".parse().unwrap(), &App("java".into()), "pay.test").unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&refusal).unwrap());
    let other = history.conclude("192.0.2.8".parse().unwrap(), &App("java".into()), "pay.test");
    assert_eq!(other, None, "another device is another story");
}

#[test]
fn every_reason_is_a_finding_of_its_own() {
    let expected = [
        FindingId::ClientRejectedProxyCa,
        FindingId::ClientStaleCa,
        FindingId::AppIgnoresCa,
        FindingId::AndroidUserCa,
        FindingId::PinSuspected,
        FindingId::ClientRefusedName,
        FindingId::ClientRefusedDate,
        FindingId::ClientNothingShared,
        FindingId::ClientEnforcesCt,
        FindingId::ClientGaveUp,
        FindingId::ClientProbe,
        FindingId::ClientHandshakeFailed,
    ];
    assert_eq!(RefusalKind::ALL.map(RefusalKind::finding), expected);
    let words: BTreeSet<&str> = RefusalKind::ALL.iter().map(|kind| kind.word()).collect();
    assert_eq!(words.len(), expected.len());
}

#[test]
fn outcomes_become_manners() {
    let silent = ClientOutcome::SilentClose { clean: true };
    let cases = [
        (ClientOutcome::Served, None, Manner::Served),
        (silent.clone(), Some(4.0), Manner::Silent),
        (silent.clone(), None, Manner::Silent),
        (silent, Some(10_000.0), Manner::Idle),
        (ClientOutcome::SilentReset, Some(4.0), Manner::Silent),
        (ClientOutcome::EofInHandshake, None, Manner::CutOff),
        (ClientOutcome::ResetInHandshake, None, Manner::CutOff),
        (ClientOutcome::TimedOut, None, Manner::Other),
        (ClientOutcome::GaveUp { waited_ms: 1.0 }, None, Manner::GaveUp),
    ];
    for (outcome, stayed_ms, manner) in cases {
        assert_eq!(Manner::of(&outcome, stayed_ms), manner, "{outcome:?}");
    }
}

/// The same program at a name, at an address, with and without ALPN, with padding, with GREASE: one app.
#[test]
fn an_app_is_the_same_for_every_host() {
    let hello = |extensions: &[u16], suites: &[u16]| {
        let mut connection = Connection::new(ConnectionId(1), Timestamp::from_unix(0), "192.0.2.7:1".parse().unwrap());
        let suites = suites.iter().map(|number| CipherSuite(*number)).collect();
        // Chromium has GREASE among its signature schemes as well, another value each time.
        let schemes = Some([0x0403, (0x1010 * extensions.len() as u16) | 0x0a0a].map(SignatureScheme).to_vec());
        connection.client.hello =
            Some(ClientHello { extensions: extensions.to_vec(), suites, schemes, ..ClientHello::default() });
        App::of(&connection).unwrap()
    };
    let app = hello(&[0, 11, 10, 16, 22, 23, 13, 43], &[0x1302, 0x1303]);
    for same in
        [&[11, 10, 22, 23, 13, 43][..], &[0, 10, 11, 22, 23, 13, 43, 21], &[0x0a0a, 0, 11, 10, 41, 22, 23, 13, 43]]
    {
        assert_eq!(hello(same, &[0x1302, 0x2a2a, 0x1303]), app, "{same:?}");
    }
    assert_ne!(hello(&[0, 11, 10, 22, 23, 13], &[0x1302, 0x1303]), app);
    assert_ne!(hello(&[0, 11, 10, 16, 22, 23, 13, 43], &[0x1303, 0x1302]), app);
    assert_eq!(
        App::of(&Connection::new(ConnectionId(1), Timestamp::from_unix(0), "192.0.2.7:1".parse().unwrap())),
        None
    );
}

#[test]
fn it_stays_bounded_and_goes_on_counting_what_it_knows() {
    let mut history = History::default();
    for n in 0..25_000 {
        history.note(&meeting("openssl", &format!("{n}.test"), Manner::Served));
    }
    let device = "192.0.2.7".parse().unwrap();
    let app = App("openssl".into());
    assert!(history.pair(device, &app, "19999.test").is_some());
    assert!(history.pair(device, &app, "20000.test").is_none());
    history.note(&meeting("openssl", "7.test", UNKNOWN_CA));
    assert_eq!(history.pair(device, &app, "7.test").unwrap().refused(), 1);
}
