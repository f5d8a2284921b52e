//! The hellos of real clients, in `tests/hellos`: their JA3 and JA4 are what other programs make of the
//! same bytes, and each looks like what sent it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use tlscope::diagnosis::clients::{Distrust, Habits, Nature};
use tlscope::model::{CipherSuite, ClientHello};
use tlscope::wire::{
    Basis, HelloRead, Offer, RenegotiationSign, Resumption, Transport, ja3, ja4, known_clients, likeness,
    read_client_hello,
};

fn dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hellos")
}

fn read(name: &str) -> ClientHello {
    let bytes = fs::read(dir().join(format!("{name}.bin"))).unwrap_or_else(|error| panic!("{name}: {error}"));
    match read_client_hello(&bytes) {
        HelloRead::Hello(hello) => *hello,
        other => panic!("{name}: {other:?}"),
    }
}

/// Name, JA3, JA4 and what it looks like.
fn expected() -> Vec<[String; 4]> {
    let table = fs::read_to_string(dir().join("expected.tsv")).unwrap();
    let row = |line: &str| line.split('\t').map(str::to_owned).collect::<Vec<_>>().try_into().unwrap();
    table.lines().filter(|line| !line.starts_with('#')).map(row).collect()
}

#[test]
fn every_client_is_what_it_is() {
    let mut wrong = Vec::new();
    for [name, wanted_ja3, wanted_ja4, client] in expected() {
        let hello = read(&name);
        let seen = likeness(&hello).map_or("nothing known", |likeness| likeness.client);
        let made = (ja3(&hello).md5, ja4(&hello, Transport::Tcp), seen);
        if made != (wanted_ja3, wanted_ja4, client.as_str()) {
            wrong.push(format!("{name}: {made:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A rule says `measured` only where a hello of a real client stands in the directory.
#[test]
fn what_is_called_measured_was_measured() {
    let real: BTreeSet<&str> = expected()
        .iter()
        .filter(|[name, ..]| !name.starts_with("imitated-"))
        .map(|[name, ..]| likeness(&read(name)).unwrap())
        .filter(|likeness| likeness.basis == Basis::Measured)
        .map(|likeness| likeness.client)
        .collect();
    let documented = [
        "Apple (Safari, and apps on iOS and macOS)",
        "BoringSSL (an older Chromium, Cronet, Electron)",
        "Android (Conscrypt: OkHttp, HttpURLConnection)",
        "OpenSSL 3.5 or later",
        "OpenSSL 1.1.1",
        "OpenSSL, of another age",
        "Windows (Schannel: .NET, WinHTTP, PowerShell)",
    ];
    for client in known_clients() {
        assert_ne!(real.contains(client), documented.contains(&client), "{client}");
    }
}

#[test]
fn every_hello_is_in_the_table() {
    let files: BTreeSet<String> = fs::read_dir(dir())
        .unwrap()
        .filter_map(|entry| Some(entry.unwrap().file_name().to_str()?.strip_suffix(".bin")?.to_owned()))
        .collect();
    assert_eq!(files, expected().into_iter().map(|[name, ..]| name).collect());
}

#[test]
fn a_prefix_is_no_hello_and_does_no_harm() {
    for [name, ..] in expected() {
        let bytes = fs::read(dir().join(format!("{name}.bin"))).unwrap();
        for end in (0..bytes.len()).step_by(7) {
            assert_eq!(read_client_hello(&bytes[..end]), HelloRead::NeedMore, "{name} {end}");
        }
    }
}

#[test]
fn the_further_fields_are_read() {
    let firefox = Offer::of(&read("firefox-153-esr"));
    assert_eq!(firefox.session_id, 32);
    assert_eq!(
        firefox.key_shares.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["X25519MLKEM768", "x25519", "secp256r1"]
    );
    assert_eq!(firefox.certificate_compression, [1, 2, 3]);
    assert_eq!(firefox.record_size_limit, Some(16385));
    assert_eq!(firefox.delegated_credentials.map(|schemes| schemes.len()), Some(4));
    assert!(firefox.encrypted_client_hello && firefox.asks_for_staple && firefox.asks_for_scts && !firefox.grease);
    let curl = Offer::of(&read("curl-7.88-openssl-3.0"));
    assert_eq!((curl.point_formats, curl.resumption), (vec![0, 1, 2], Resumption::None));
    assert_eq!(curl.secure_renegotiation, Some(RenegotiationSign::Suite));
    assert!(curl.post_handshake_auth && curl.extended_master_secret && !curl.asks_for_staple);
    let chromium = Offer::of(&read("chromium-156"));
    assert!(chromium.grease && chromium.encrypted_client_hello);
    assert_eq!(chromium.secure_renegotiation, Some(RenegotiationSign::Extension));
    assert_eq!(chromium.resumption, Resumption::TakesTickets);
    assert_eq!(Offer::of(&ClientHello::default()), Offer::default());
}

/// How each refuses: docs/manual/refusals.md has what was measured.
#[test]
fn clients_have_the_habits_of_their_stack() {
    let cases = [
        ("curl-7.88-openssl-3.0", Distrust::ByAlert, Nature::Other, true),
        ("python-3.11-requests", Distrust::ByAlert, Nature::Other, true),
        ("uv-0.13-rustls", Distrust::ByAlert, Nature::Other, true),
        ("go-1.27", Distrust::ByAlert, Nature::Other, false),
        ("java-17", Distrust::ByAlert, Nature::Other, false),
        ("java-17-httpclient", Distrust::ByCutting, Nature::Other, false),
        ("okhttp-3.13-java-17", Distrust::ByAlert, Nature::Other, false),
        ("node-20-https", Distrust::ByCutting, Nature::Other, false),
        ("node-24-https", Distrust::ByCutting, Nature::Other, false),
        ("wget-1.21-gnutls-3.7", Distrust::InSilence, Nature::Other, false),
        ("git-2.47-gnutls-3.7", Distrust::InSilence, Nature::Other, false),
        ("gnutls-cli-3.7", Distrust::ByAlert, Nature::Other, false),
        ("chromium-156", Distrust::ByAlert, Nature::Chromium, false),
        ("firefox-153-esr", Distrust::ByAlert, Nature::Browser, true),
        ("imitated-okhttp-5-android", Distrust::ByAlert, Nature::AndroidApp, false),
        ("mbedtls-2.28", Distrust::Unknown, Nature::Other, false),
    ];
    for (name, distrusts, nature, says_unknown_ca) in cases {
        assert_eq!(Habits::of(&read(name)), Habits { distrusts, nature, says_unknown_ca }, "{name}");
    }
    assert_eq!(Habits::of(&ClientHello::default()), Habits::default());
}

/// What no program here sends: the rules that others' words are the source of.
#[test]
fn documented_clients_are_told() {
    let suites = |numbers: &[u16]| numbers.iter().copied().map(CipherSuite).collect::<Vec<_>>();
    let own = suites(&[0x1302, 0x1303, 0x1301, 0xc02c, 0xc030, 0x009f, 0xcca9, 0xcca8, 0xccaa]);
    let windows = ClientHello {
        suites: suites(&[0x1302, 0x1301, 0xc02c, 0xc02b, 0xc030, 0xc02f, 0xc024, 0xc023]),
        extensions: vec![0, 5, 10, 11, 13, 35, 16, 23, 0xff01, 43, 45, 51],
        ..ClientHello::default()
    };
    let cases = [
        (windows, Some("Windows (Schannel: .NET, WinHTTP, PowerShell)")),
        (
            ClientHello { suites: suites(&[0x5a5a, 0x1301, 0xc02b]), ..ClientHello::default() },
            Some("BoringSSL (an older Chromium, Cronet, Electron)"),
        ),
        (ClientHello { suites: own.clone(), ..read("node-24-https") }, Some("OpenSSL 3.5 or later")),
        (ClientHello { suites: own.clone(), ..read("node-16-https") }, Some("OpenSSL 1.1.1")),
        (ClientHello { suites: own.clone(), schemes: None, ..read("node-16-https") }, Some("OpenSSL, of another age")),
        (ClientHello { suites: own, ..ClientHello::default() }, None),
        (ClientHello::default(), None),
    ];
    for (hello, client) in cases {
        assert_eq!(likeness(&hello).map(|likeness| likeness.client), client, "{:?}", hello.suites);
    }
}
