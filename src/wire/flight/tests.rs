use super::*;

fn block(width: usize, body: &[u8]) -> Vec<u8> {
    let mut out = body.len().to_be_bytes()[8 - width..].to_vec();
    out.extend_from_slice(body);
    out
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![kind];
    out.extend(block(3, body));
    out
}

fn record(kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![kind, 3, 3];
    out.extend(block(2, payload));
    out
}

fn server_hello(random: [u8; 32], suite: u16, extensions: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend(random);
    body.push(0);
    body.extend(suite.to_be_bytes());
    body.push(0);
    let list: Vec<u8> =
        extensions.iter().flat_map(|(kind, body)| [kind.to_be_bytes().to_vec(), block(2, body)].concat()).collect();
    body.extend(block(2, &list));
    message(2, &body)
}

/// A TLS 1.2 flight over ECDHE with a staple, a request for a certificate and every extension read.
fn flight12() -> Vec<u8> {
    let mut random = [1; 32];
    random[24..].copy_from_slice(b"DOWNGRD\x01");
    let hello = server_hello(
        random,
        0xc013,
        &[(16, block(2, &block(1, b"h2"))), (18, block(2, &block(2, b"sct"))), (23, vec![]), (0xff01, vec![0])],
    );
    let certificates = message(11, &block(3, &[block(3, b"leaf"), block(3, b"issuer")].concat()));
    let status = message(22, &[vec![1], block(3, b"ocsp")].concat());
    let exchange = message(12, &[vec![3, 0, 29], block(1, b"point"), vec![2, 1], block(2, b"sig")].concat());
    let request = message(13, &[block(1, &[1]), block(2, &[4, 1]), block(2, &block(2, b"dn"))].concat());
    let all = [hello, certificates, status, exchange, request, message(14, &[])].concat();
    // Split over records in odd places.
    all.chunks(33).flat_map(|chunk| record(22, chunk)).collect()
}

fn read(bytes: &[u8]) -> Flight {
    let mut reader = FlightReader::default();
    reader.feed(bytes);
    reader.into_flight()
}

#[test]
fn reads_a_whole_flight_of_tls12() {
    let flight = read(&flight12());
    let seen = &flight.handshake;
    assert_eq!(flight.stage, Stage::Flight);
    assert_eq!(seen.version, Some(TlsVersion::TLS12));
    assert_eq!(seen.suite, Some(CipherSuite(0xc013)));
    assert_eq!(seen.group, Some(NamedGroup(29)));
    assert_eq!(seen.scheme, Some(SignatureScheme(0x0201)));
    assert_eq!(seen.alpn.as_deref(), Some("h2"));
    assert_eq!(seen.scts, [&b"sct"[..]]);
    assert_eq!(seen.staple.as_deref(), Some(&b"ocsp"[..]));
    assert_eq!((seen.extended_master_secret, seen.secure_renegotiation), (Some(true), Some(true)));
    assert_eq!(seen.downgrade_marker, Some(TlsVersion::TLS12));
    assert_eq!(flight.certificates.iter().map(|c| &c.der[..]).collect::<Vec<_>>(), [&b"leaf"[..], b"issuer"]);
    assert_eq!(flight.authorities, [&b"dn"[..]]);
    assert_eq!(seen.certificate_asked.as_ref().unwrap().schemes, [SignatureScheme(0x0401)]);
    assert_eq!(flight.malformed, None);
}

#[test]
fn every_prefix_and_every_split_agrees() {
    let whole = flight12();
    let expected = read(&whole);
    for n in 0..whole.len() {
        let mut reader = FlightReader::default();
        reader.feed(&whole[..n]);
        assert!(reader.flight().malformed.is_none() && reader.flight().not_tls.is_none(), "{n}");
        reader.feed(&whole[n..]);
        assert_eq!(reader.flight(), &expected, "{n}");
    }
}

#[test]
fn a_tls13_hello_ends_what_is_readable() {
    let hello = server_hello([1; 32], 0x1301, &[(43, vec![3, 4]), (51, vec![0x11, 0xec, 0, 1, 9])]);
    let mut reader = FlightReader::default();
    reader.feed(&record(22, &hello));
    assert!(reader.is_done());
    let seen = &reader.flight().handshake;
    assert_eq!(seen.version, Some(TlsVersion::TLS13));
    assert_eq!(seen.group, Some(NamedGroup(0x11ec)));
    assert_eq!((seen.compression, seen.extended_master_secret), (None, None));
}

#[test]
fn a_retry_request_is_not_the_hello_yet() {
    let retry = server_hello(RETRY_RANDOM, 0x1301, &[(43, vec![3, 4]), (51, vec![0, 23])]);
    let hello = server_hello([1; 32], 0x1302, &[(43, vec![3, 4]), (51, vec![0, 23, 0, 1, 9])]);
    let mut reader = FlightReader::default();
    reader.feed(&record(22, &retry));
    assert!(!reader.is_done());
    assert_eq!(reader.flight().stage, Stage::Nothing);
    reader.feed(&record(22, &hello));
    assert!(reader.is_done());
    assert_eq!(reader.flight().handshake.suite, Some(CipherSuite(0x1302)));
}

#[test]
fn finite_field_groups_are_measured() {
    let hello = server_hello([1; 32], 0x0033, &[]);
    let mut prime = vec![0, 0x7f];
    prime.extend([0xff; 127]);
    let exchange =
        message(12, &[block(2, &prime), block(2, &[2]), block(2, &[1]), vec![4, 1], block(2, b"s")].concat());
    let flight = read(&record(22, &[hello, exchange].concat()));
    assert_eq!(flight.handshake.dh_bits, Some(1023));
    assert_eq!(flight.handshake.scheme, Some(SignatureScheme(0x0401)));
}

#[test]
fn alerts_and_other_protocols_are_told() {
    assert_eq!(read(b"\x15\x03\x01\x00\x02\x02\x46").alert, Some(AlertCode::PROTOCOL_VERSION));
    let warned = read(b"\x15\x03\x01\x00\x02\x01\x70");
    assert_eq!((warned.alert, warned.handshake.warning_alert), (None, Some(AlertCode::UNRECOGNIZED_NAME)));
    let plain = read(b"HTTP/1.1 400 Bad Request\r\n");
    assert_eq!(plain.not_tls.as_deref(), Some(&b"HTTP/1.1 400 Bad Request\r\n"[..]));
}

#[test]
fn lengths_that_lie_are_malformed_and_keep_what_was_read() {
    let hello = server_hello([1; 32], 0xc013, &[]);
    let certificates = message(11, &[0, 0, 9, 0, 0, 99, b'x']);
    let flight = read(&record(22, &[hello, certificates].concat()));
    assert!(flight.malformed.is_some());
    assert_eq!(flight.handshake.suite, Some(CipherSuite(0xc013)));
    assert_eq!(flight.stage, Stage::ServerHello);
}
