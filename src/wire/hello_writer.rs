//! A ClientHello that is never followed by a handshake: it asks a server of TLS 1.2 or below to
//! show its flight in the clear (RFC 5246 section 7.4.1.2).
//!
//! It offers what old and odd servers need to show a certificate, and nothing anonymous: a server
//! that enables everything would choose that and show none. It stays under 512 bytes, at which
//! some intolerant servers give up.

use crate::model::{CipherSuite, KeyExchange, TlsVersion};

/// What to ask with.
#[derive(Clone, Copy, Debug)]
pub struct ProbeHello<'a> {
    /// The highest version offered.
    pub version: TlsVersion,
    /// The name to ask for.
    pub sni: Option<&'a str>,
    /// Application protocols.
    pub alpn: &'a [&'a str],
    /// The client random; any bytes.
    pub random: [u8; 32],
    /// The suites to offer; every one that authenticates the server when there are none.
    pub suites: &'a [CipherSuite],
    /// Whether to offer TLS 1.3 with values that nobody knows (GREASE, RFC 8701), padded beyond what
    /// one packet holds.
    pub large: bool,
}

/// Suites that authenticate the server, best first, down to 3DES and RC4.
const SUITES: &[u16] = &[
    0xc02c, 0xc02b, 0xc030, 0xc02f, 0xcca9, 0xcca8, 0xc0ad, 0xc0ac, 0xc024, 0xc023, 0xc00a, 0xc009, 0xc028, 0xc027,
    0xc014, 0xc013, 0x009f, 0x009e, 0xccaa, 0xc09f, 0xc09e, 0x006b, 0x0067, 0x0039, 0x0033, 0x0088, 0x0045, 0x00a3,
    0x00a2, 0x006a, 0x0040, 0x0038, 0x0032, 0x009d, 0x009c, 0xc09d, 0xc09c, 0x003d, 0x003c, 0x0035, 0x002f, 0x0084,
    0x0041, 0xc008, 0xc012, 0x0016, 0x0013, 0x000a, 0xc007, 0xc011, 0x0005, 0x0004, 0x00ff,
];

/// With P-224, secp256k1 and X448: without them a server with an odd key falls through. Not with the
/// finite-field groups of RFC 7919: a server that has a group of its own would refuse, or hide it.
const GROUPS: &[u16] = &[29, 23, 24, 25, 30, 21, 22, 26, 27, 28];

const SCHEMES: &[u16] = &[
    0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, 0x0401, 0x0501, 0x0601,
    0x0303, 0x0301, 0x0402, 0x0302, 0x0203, 0x0201, 0x0202,
];

/// Every suite with a certificate or without that the first hello leaves out: weak ones, and ones that
/// hardly anybody has. For a server that finds nothing among the others.
pub fn unusual_suites() -> Vec<CipherSuite> {
    let is_meant = |suite: &CipherSuite| {
        let exchange = suite.key_exchange();
        let is_own = matches!(exchange, Some(KeyExchange::Tls13 | KeyExchange::Other) | None);
        !is_own && !SUITES.contains(&suite.0)
    };
    CipherSuite::all().filter(is_meant).take(MOST_SUITES).collect()
}

/// Some servers give up at longer lists.
const MOST_SUITES: usize = 126;

/// The hello as one TLS record, ready to send.
pub fn write_probe_hello(hello: &ProbeHello<'_>) -> Vec<u8> {
    let mut body = hello.version.0.to_be_bytes().to_vec();
    body.extend_from_slice(&hello.random);
    body.push(0); // no session to resume
    block16(&mut body, &u16s(&suites(hello)));
    body.extend_from_slice(&[1, 0]); // no compression
    if hello.version > TlsVersion::SSL3 {
        block16(&mut body, &extensions(hello));
    }
    let mut message = vec![1];
    message.extend_from_slice(body.len().to_be_bytes().get(5..).unwrap_or_default());
    message.extend_from_slice(&body);
    let record_version = hello.version.min(TlsVersion::TLS10);
    let mut record = vec![22];
    record.extend_from_slice(&record_version.0.to_be_bytes());
    block16(&mut record, &message);
    record
}

/// A value that no server knows (RFC 8701).
const GREASE: u16 = 0x6a6a;

/// The suites of TLS 1.3.
const SUITES_13: &[u16] = &[0x1301, 0x1302, 0x1303];

/// A hello of this size is more than one packet on every network.
const LARGE: usize = 1800;

fn suites(hello: &ProbeHello<'_>) -> Vec<u16> {
    if hello.large {
        return [&[GREASE], SUITES_13, SUITES].concat();
    }
    match hello.suites {
        [] => SUITES.to_vec(),
        chosen => chosen.iter().map(|suite| suite.0).chain([0x00ff]).collect(),
    }
}

/// What a client of today adds, with a value that nobody knows in each list.
fn large_extensions(out: &mut Vec<u8>, random: &[u8; 32]) {
    extension(out, GREASE, &[0]);
    let versions = u16s(&[GREASE, TlsVersion::TLS13.0, TlsVersion::TLS12.0]);
    extension(out, 43, &[&[versions.len() as u8], &versions[..]].concat());
    extension(out, 45, &[1, 1]); // psk_dhe_ke
    let mut shares = u16s(&[GREASE]);
    block16(&mut shares, &[0]);
    shares.extend(29u16.to_be_bytes());
    block16(&mut shares, random); // any 32 bytes are a point of X25519
    extension(out, 51, &with_length16(&shares));
    let padding = LARGE.saturating_sub(out.len());
    extension(out, 21, &vec![0; padding]);
}

fn extensions(hello: &ProbeHello<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    if let Some(name) = hello.sni {
        let mut entry = vec![0];
        block16(&mut entry, name.as_bytes());
        extension(&mut out, 0, &with_length16(&entry));
    }
    // A share is only for a group that is offered (RFC 8446 section 4.2.8).
    let grease: &[u16] = if hello.large { &[GREASE] } else { &[] };
    extension(&mut out, 10, &with_length16(&u16s(&[grease, GROUPS].concat())));
    extension(&mut out, 11, &[1, 0]); // uncompressed points
    if hello.version >= TlsVersion::TLS12 {
        extension(&mut out, 13, &with_length16(&u16s(SCHEMES)));
    }
    if !hello.alpn.is_empty() {
        let list: Vec<u8> = hello.alpn.iter().flat_map(|name| length8(name)).collect();
        extension(&mut out, 16, &with_length16(&list));
    }
    extension(&mut out, 5, &[1, 0, 0, 0, 0]); // status_request: OCSP, no responders, no extensions
    extension(&mut out, 18, &[]); // signed_certificate_timestamp
    extension(&mut out, 23, &[]); // extended_master_secret
    extension(&mut out, 0xff01, &[0]); // renegotiation_info, empty
    if hello.large {
        large_extensions(&mut out, &hello.random);
    }
    out
}

fn extension(out: &mut Vec<u8>, kind: u16, body: &[u8]) {
    out.extend_from_slice(&kind.to_be_bytes());
    block16(out, body);
}

fn u16s(numbers: &[u16]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_be_bytes()).collect()
}

fn length8(text: &str) -> Vec<u8> {
    let mut out = vec![text.len() as u8];
    out.extend_from_slice(text.as_bytes());
    out
}

fn with_length16(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 2);
    block16(&mut out, bytes);
    out
}

/// Two bytes of length, then the bytes. Everything written here is far below 65,536.
fn block16(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u16).to_be_bytes());
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: ProbeHello<'_> = ProbeHello {
        version: TlsVersion::TLS12,
        sni: Some("a.test"),
        alpn: &[],
        random: [0; 32],
        suites: &[],
        large: false,
    };

    #[test]
    fn offers_what_it_is_told_to() {
        use crate::wire::{HelloRead, read_client_hello};
        let read = |hello: &ProbeHello<'_>| match read_client_hello(&write_probe_hello(hello)) {
            HelloRead::Hello(hello) => hello,
            other => panic!("{other:?}"),
        };
        let few = read(&ProbeHello { suites: &[CipherSuite(0x0005)], ..PLAIN });
        assert_eq!(few.suites, [CipherSuite(0x0005), CipherSuite(0x00ff)]);
        let large = read(&ProbeHello { large: true, ..PLAIN });
        assert!(large.raw.len() > 1500, "{}", large.raw.len());
        assert!(large.versions.contains(&TlsVersion::TLS13) && large.suites.contains(&CipherSuite(GREASE)));
    }

    #[test]
    fn stays_under_the_size_that_intolerant_servers_bear() {
        let sni = format!("{}.test", "a".repeat(60));
        let hello = ProbeHello { sni: Some(&sni), alpn: &["h2", "http/1.1"], ..PLAIN };
        assert!(write_probe_hello(&hello).len() < 512);
    }

    #[test]
    fn ssl3_has_no_extensions() {
        let hello = ProbeHello { version: TlsVersion::SSL3, ..PLAIN };
        let bytes = write_probe_hello(&hello);
        assert_eq!(bytes.len(), 5 + 4 + 2 + 32 + 1 + 2 + SUITES.len() * 2 + 2);
        assert_eq!(&bytes[..3], [22, 3, 0]);
    }
}
