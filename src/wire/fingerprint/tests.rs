//! Published vectors: hellos are written from the lists that were published with their fingerprints.

use super::*;
use crate::wire::{HelloRead, read_client_hello};

/// What a hello of a test holds: extensions in their order, the ones with a list filled from the
/// other fields.
#[derive(Clone, Copy, Default)]
struct Written<'a> {
    legacy_version: u16,
    versions: &'a [u16],
    suites: &'a [u16],
    extensions: &'a [u16],
    groups: &'a [u16],
    points: &'a [u8],
    schemes: &'a [u16],
    /// The list of protocols.
    alpn: &'a [&'a [u8]],
}

fn sized<const N: usize>(bytes: &[u8]) -> Vec<u8> {
    let length = bytes.len().to_be_bytes();
    [&length[length.len() - N..], bytes].concat()
}

fn numbers(list: &[u16]) -> Vec<u8> {
    list.iter().flat_map(|n| n.to_be_bytes()).collect()
}

fn body_of(kind: u16, hello: &Written<'_>) -> Vec<u8> {
    match kind {
        0 => sized::<2>(&[&[0], &sized::<2>(b"a.test")[..]].concat()),
        10 => sized::<2>(&numbers(hello.groups)),
        11 => sized::<1>(hello.points),
        13 => sized::<2>(&numbers(hello.schemes)),
        16 => sized::<2>(&hello.alpn.iter().flat_map(|name| sized::<1>(name)).collect::<Vec<u8>>()),
        43 => sized::<1>(&numbers(hello.versions)),
        _ => Vec::new(),
    }
}

/// Through the bytes and the parser, as a client's hello comes.
fn hello(written: &Written<'_>) -> ClientHello {
    let mut body = written.legacy_version.to_be_bytes().to_vec();
    body.extend([7; 32]);
    body.extend(sized::<1>(&[]));
    body.extend(sized::<2>(&numbers(written.suites)));
    body.extend([1, 0]);
    if !written.extensions.is_empty() {
        let one = |kind: &u16| [&kind.to_be_bytes()[..], &sized::<2>(&body_of(*kind, written))].concat();
        body.extend(sized::<2>(&written.extensions.iter().flat_map(one).collect::<Vec<u8>>()));
    }
    let message = [&[1], &sized::<3>(&body)[..]].concat();
    let record = [&[22, 3, 1], &sized::<2>(&message)[..]].concat();
    match read_client_hello(&record) {
        HelloRead::Hello(hello) => *hello,
        other => panic!("{other:?}"),
    }
}

/// The lists of a published `ja4_ro`: suites, extensions, schemes, in the order on the wire.
fn published(ja4_ro: &str) -> (Vec<u16>, Vec<u16>, Vec<u16>) {
    let list = |text: &str| text.split(',').map(|n| u16::from_str_radix(n, 16).unwrap()).collect();
    let parts: Vec<&str> = ja4_ro.split('_').collect();
    (list(parts[1]), list(parts[2]), parts.get(3).map(|text| list(text)).unwrap_or_default())
}

/// The example of FoxIO's specification, in the order on the wire.
const CHROME_108: &str = "t13d1516h2_1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035_\
     001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,0015_\
     0403,0804,0401,0503,0805,0501,0806,0601";

/// (published `ja4_ro`, the first protocol, the published `ja4`)
const PUBLISHED: &[(&str, &[u8], &str)] = &[
    (CHROME_108, b"h2", "t13d1516h2_8daaf6152771_e5627efa2ab1"),
    // FoxIO's test data: badcurveball.pcap, sigalg-grease.pcapng, tls-non-ascii-alpn.pcapng.
    (
        "t13d1615h2_1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035,000a_\
         0000,0017,ff01,000a,000b,0023,0010,0005,000d,0012,0033,002d,002b,001b,0015_\
         0403,0804,0401,0503,0805,0501,0806,0601,0201",
        b"h2",
        "t13d1615h2_46e7e9700bed_45f260be83e2",
    ),
    (
        "t13d1517h2_1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035_\
         fe0d,0010,0017,0033,44cd,ff01,000a,000d,0023,002b,000b,ca34,002d,0000,0005,001b,0012_\
         0904,0905,0906,0403,0804,0401,0503,0805,0501,0806,0601",
        b"h2",
        "t13d1517h2_8daaf6152771_cb7bf5808d99",
    ),
    // Chrome 142, as several tools print it.
    (
        "t13d1516h2_1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035_\
         0023,0017,001b,0012,000a,0000,fe0d,44cd,000d,ff01,0005,002b,000b,002d,0010,0033_\
         0403,0804,0401,0503,0805,0501,0806,0601",
        b"h2",
        "t13d1516h2_8daaf6152771_d8a2da3f94cd",
    ),
];

#[test]
fn ja4_is_as_published() {
    for (ja4_ro, protocol, expected) in PUBLISHED {
        let (suites, extensions, schemes) = published(ja4_ro);
        let plain = Written {
            legacy_version: 0x0303,
            versions: &[0x0304, 0x0303],
            suites: &suites,
            extensions: &extensions,
            schemes: &schemes,
            alpn: &[protocol],
            ..Written::default()
        };
        assert_eq!(ja4(&hello(&plain), Transport::Tcp), *expected);
        // A browser's GREASE at the head of each list, the highest number among the versions.
        let greased = |list: &[u16]| [&[0x8a8a], list].concat();
        let with_grease = Written {
            versions: &[0xfafa, 0x0304, 0x0303],
            suites: &greased(&suites),
            extensions: &greased(&extensions),
            schemes: &greased(&schemes),
            ..plain
        };
        assert_eq!(ja4(&hello(&with_grease), Transport::Tcp), *expected);
    }
}

#[test]
fn ja4_r_is_as_published() {
    let (suites, extensions, schemes) = published(CHROME_108);
    let chrome = Written {
        legacy_version: 0x0303,
        versions: &[0x0304, 0x0303],
        suites: &suites,
        extensions: &extensions,
        schemes: &schemes,
        alpn: &[b"h2", b"http/1.1"],
        ..Written::default()
    };
    assert_eq!(
        ja4_r(&hello(&chrome), Transport::Tcp),
        "t13d1516h2_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9_\
         0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01_\
         0403,0804,0401,0503,0805,0501,0806,0601"
    );
    let unsigned: Vec<u16> = extensions.iter().copied().filter(|kind| *kind != 13).chain([13]).collect();
    let no_schemes = Written { extensions: &unsigned, schemes: &[], ..chrome };
    assert!(ja4(&hello(&no_schemes), Transport::Tcp).ends_with("_6d807ffa2a79"), "the specification's example");
    assert!(ja4(&hello(&chrome), Transport::Quic).starts_with("q13d1516h2_"));
}

/// What stands where the specification gives an example of the protocol's ends.
#[test]
fn the_ends_of_the_first_protocol() {
    let cases: &[(&[&[u8]], &str)] = &[
        (&[b"h2"], "h2"),
        (&[b"http/1.1", b"h2"], "h1"),
        (&[b"x"], "xx"),
        (&[], "00"),
        (&[b""], "00"),
        (&[b"\xab"], "ab"),
        (&[b"\xab\xcd"], "ad"),
        (&[b"\x30\xab"], "3b"),
        (&[b"\x30\x31\xab\xcd"], "3d"),
        (&[b"\x30\xab\xcd\x31"], "01"),
        (&[b"h2\n"], "6a"),
        (&[b"\x8a\x8a"], "8a"),
    ];
    for (alpn, expected) in cases {
        let written =
            Written { legacy_version: 0x0303, suites: &[0x1301], extensions: &[16], alpn, ..Written::default() };
        let seen = ja4(&hello(&written), Transport::Tcp);
        assert_eq!(seen, format!("t12i0101{expected}_{}_000000000000", hash12("1301")), "{alpn:?}");
    }
}

#[test]
fn what_is_not_there_is_zeros() {
    let cases: &[(Written<'_>, &str)] = &[
        (Written { legacy_version: 0x0301, ..Written::default() }, "t10i000000_000000000000_000000000000"),
        (Written { legacy_version: 0x0300, suites: &[0x0a0a], ..Written::default() }, "ts3i000000_000000000000_"),
        // A name alone: its place is the summary.
        (Written { legacy_version: 0x0302, extensions: &[0], ..Written::default() }, "t11d000100_000000000000_0000"),
        (Written { legacy_version: 0x0002, ..Written::default() }, "ts2i"),
        (Written { legacy_version: 0x1234, ..Written::default() }, "t00i"),
        // Only what nobody knows is offered, whatever the message says of itself.
        (Written { legacy_version: 0x0303, extensions: &[43], versions: &[0x1a1a], ..Written::default() }, "t00i0001"),
        // The highest counts, not the first.
        (
            Written {
                legacy_version: 0x0303,
                extensions: &[43],
                versions: &[0x0302, 0x0304, 0x0303],
                ..Written::default()
            },
            "t13i0001",
        ),
    ];
    for (written, expected) in cases {
        let seen = ja4(&hello(written), Transport::Tcp);
        assert!(seen.starts_with(expected), "{seen} is not {expected}…");
    }
}

#[test]
fn more_than_99_are_99() {
    let many: Vec<u16> = (0x4000..0x4000 + 150).collect();
    let written = Written { legacy_version: 0x0303, suites: &many, extensions: &many, ..Written::default() };
    assert!(ja4(&hello(&written), Transport::Tcp).starts_with("t12i999900_"));
}

#[test]
fn ja3_is_as_published() {
    let first = Written {
        legacy_version: 769,
        suites: &[47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4],
        extensions: &[0, 10, 11],
        groups: &[23, 24, 25],
        points: &[0],
        ..Written::default()
    };
    let bare = Written { legacy_version: 769, suites: &[4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99], ..Written::default() };
    let greased = Written {
        suites: &[&[0x2a2a], first.suites].concat(),
        extensions: &[&[0xbaba], first.extensions, &[0x1a1a]].concat(),
        groups: &[&[0x7a7a], first.groups].concat(),
        ..first
    };
    let cases = [
        (
            first,
            "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0",
            "ada70206e40642a3e4461f35503241d5",
        ),
        (bare, "769,4-5-10-9-100-98-3-6-19-18-99,,,", "de350869b8c85de67a350c8d186f11e6"),
        (
            greased,
            "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0",
            "ada70206e40642a3e4461f35503241d5",
        ),
    ];
    for (written, text, md5) in cases {
        assert_eq!(ja3(&hello(&written)), Ja3 { text: text.to_owned(), md5: md5.to_owned() });
    }
}

/// A record of which the bytes were not kept still has what its lists say.
#[test]
fn a_hello_without_its_bytes_has_a_fingerprint() {
    let empty = ClientHello::default();
    assert_eq!(ja3(&empty).text, "0,,,,");
    assert_eq!(ja4(&empty, Transport::Tcp), "t00i000000_000000000000_000000000000");
}
