//! What is fuzzed: `cargo fuzz run -s none chain` from this directory's parent. `cargo test corpus`
//! runs the committed corpus through the same functions.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::HashSet;

use bytes::Bytes;
use tlscope::codec::{
    Inflater, boundary, decode, grpc_frames, kind_of, kind_of_bytes, parts, pretty, text_of, wire_form,
};
use tlscope::diagnosis::{Limits, Trust, judge};
use tlscope::explain::{fix, summary};
use tlscope::export::Redaction;
use tlscope::model::{
    CertDer, Evidence, Fetched, Handshake, Host, Observation, Report, RootSet, RootSetName, Timestamp,
};
use tlscope::session::{Filter, quoted};
use tlscope::wire::{
    FlightReader, FrameFollower, HeadFollower, HelloRead, MessageReader, Transport, WsMessage, ja3, ja4,
    read_client_hello, read_credentials, read_greeting, read_request, read_sslv2_answer, sniff,
};
use tlscope::x509::{Crl, OcspResponse, read_sct_list, write_ocsp_request};

/// No message is inflated further.
const ROOM: usize = 64 << 10;

/// No body is decoded further.
const LIMIT: usize = 256 << 10;

/// First bytes of clients: told apart, and a hello read and named.
pub fn hello(data: &[u8]) {
    let _ = sniff(data);
    if let HelloRead::Hello(hello) = read_client_hello(data) {
        let name = ja4(&hello, Transport::Tcp);
        assert_eq!(name.split('_').map(str::len).collect::<Vec<_>>(), [10, 12, 12], "{name}");
        assert_eq!(ja3(&hello).md5.len(), 32);
    }
    let _ = read_greeting(data);
    let _ = read_credentials(data);
    let _ = read_request(data);
    let _ = read_sslv2_answer(data);
}

/// A server's plaintext flight, the same whole or byte by byte.
pub fn flight(data: &[u8]) {
    let mut whole = FlightReader::default();
    whole.feed(data);
    let mut pieces = FlightReader::default();
    for byte in data {
        pieces.feed(&[*byte]);
    }
    let (mut whole, mut pieces) = (whole.into_flight(), pieces.into_flight());
    // How much was seen of what is no TLS depends on the pieces; whether it is none must not.
    assert_eq!(whole.not_tls.take().is_some(), pieces.not_tls.take().is_some());
    assert_eq!(whole, pieces);
}

/// WebSocket frames, and what is inflated from them.
pub fn websocket(data: &[u8]) {
    let mut reader = MessageReader::default();
    let mut inflater = Inflater::default();
    let mut out = Vec::new();
    reader.feed(data, |part| match part {
        WsMessage::Data(piece) => inflater.feed(&piece, ROOM - out.len(), &mut out),
        WsMessage::End => inflater.end_message(ROOM - out.len(), &mut out),
        _ => {}
    });
    assert!(out.len() <= ROOM);
}

/// Heads of HTTP/1 among bodies, and HTTP/2 frames.
pub fn http1(data: &[u8]) {
    for mut follower in [HeadFollower::requests(), HeadFollower::responses()] {
        let mut heads = Vec::new();
        follower.feed(data, |head| heads.push(head));
        assert!(heads.concat().len() <= data.len());
    }
    FrameFollower::default().feed(data);
}

/// Certificates, read and judged; every report can be written down and read again.
pub fn chain(data: &[u8]) {
    let mut sent: Vec<CertDer> = tlscope::x509::read_certificates(data);
    if sent.is_empty() {
        sent.push(CertDer::new(data.to_vec()));
    }
    let observation = Observation { name: Host::parse("a.test").ok(), sent, ..Observation::default() };
    let at = Timestamp::from_unix(1_800_000_000);
    let report = judge(&observation, &Evidence::default(), &Trust::default(), Limits::default(), at);
    for finding in &report.findings {
        let _ = (summary(finding), fix(finding));
    }
    let written = serde_json::to_string(&report).unwrap();
    let _: Report = serde_json::from_str(&written).unwrap();
}

/// OCSP responses and lists of timestamps.
pub fn ocsp(data: &[u8]) {
    let bytes = Bytes::copy_from_slice(data);
    if let Some(basic) = OcspResponse::read(&bytes).and_then(|response| response.basic) {
        for answer in &basic.answers {
            let request = write_ocsp_request(&answer.id);
            assert!(request.len() > answer.id.serial.len());
        }
    }
    let _ = read_sct_list(&bytes);
}

/// Revocation lists.
pub fn crl(data: &[u8]) {
    for list in Crl::read_all(data).iter().filter_map(Crl::read) {
        let _ = (list.scope(), list.authority_key_id());
        // What is found stands in the list.
        if matches!(list.find(&[0x10, 0x01], &list.issuer), Ok(Some(_))) {
            assert!(list.entries_len() > 4);
        }
    }
}

/// What a responder and a list say of a certificate, judged.
pub fn revocation(data: &[u8]) {
    let read = |pem: &[u8]| tlscope::x509::read_certificates(pem).remove(0);
    let leaf = read(include_bytes!("../../certs/fixtures/ocsp/l1.pem"));
    let ca = read(include_bytes!("../../certs/fixtures/ocsp/ca.pem"));
    let trust = Trust::new(&[RootSet { name: RootSetName::Files, anchors: vec![ca] }], &HashSet::new());
    let bytes = Bytes::copy_from_slice(data);
    let observation = Observation {
        sent: vec![leaf],
        handshake: Some(Handshake { staple: Some(bytes.clone()), ..Handshake::default() }),
        ..Observation::default()
    };
    let list = Fetched { of: None, url: "list".to_owned(), result: Ok(bytes) };
    let evidence = Evidence { crls: vec![list], ..Evidence::default() };
    let report = judge(&observation, &evidence, &trust, Limits::default(), Timestamp::from_unix(1_800_000_000));
    for finding in &report.findings {
        let _ = (summary(finding), fix(finding));
    }
}

/// Bodies: decoded within a limit, told from bytes, laid out, redacted.
pub fn body(data: &[u8]) {
    for encoding in ["gzip", "deflate", "br", "zstd", "gzip, br"] {
        assert!(decode(data, encoding, LIMIT).bytes.len() <= LIMIT);
    }
    for media in ["application/json", "text/html; charset=utf-16", "application/x-www-form-urlencoded"] {
        if let Some(text) = text_of(data, media) {
            let _ = pretty(kind_of(media, Some(&text)), &text);
            let _ = Redaction::On.body(media, &text);
            let _ = Redaction::On.url(&text);
        }
    }
}

/// What bodies are made of: parts, protobuf, XML, images, each within bounds.
pub fn content(data: &[u8]) {
    let (name, rest) = data.split_at_checked(8).unwrap_or((data, &[]));
    let media = format!("multipart/mixed; boundary={}", String::from_utf8_lossy(name));
    if let Some(boundary) = boundary(&media) {
        let parts = parts(rest, &boundary);
        assert!(parts.len() <= 1000);
        assert!(parts.iter().map(|part| part.body.len()).sum::<usize>() <= rest.len());
    }
    if let Some(form) = wire_form(data) {
        assert!(form.len() <= 2 << 20);
    }
    for frame in grpc_frames(data).unwrap_or_default() {
        let _ = wire_form(frame.payload);
    }
    let _ = kind_of_bytes(data);
    if let Ok(text) = str::from_utf8(data) {
        let dense = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        let laid_out = pretty(kind_of("text/xml", Some(text)), text);
        assert_eq!(dense(&laid_out), dense(text), "laying out loses nothing");
    }
}

/// Filters: read or refused, and what is read means the same when it is read again.
pub fn filter(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    match Filter::parse(text) {
        Ok(filter) => assert_eq!(Filter::parse(filter.text()), Ok(filter)),
        Err(error) => assert!(error.at <= text.len()),
    }
    let _ = Filter::unknown_key(text);
    let within = format!("note:{}", quoted(text));
    let read = Filter::parse(&within);
    assert!(read.is_ok() || text.is_empty(), "a quoted value can always be read: {within}");
}
