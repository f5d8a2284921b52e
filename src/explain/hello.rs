//! What a client offered, as labelled lines: its hello read out in its order.

use std::fmt::Display;

use super::handshake::Labelled;
use crate::model::{CipherSuite, ClientHello, ExtensionKind, NamedGroup, SignatureScheme, is_grease};
use crate::wire::{Basis, Likeness, Offer, RenegotiationSign, Resumption, Transport, ja3, ja4, likeness};

/// The lines of a hello; nothing for what it does not say.
pub fn hello_lines(hello: &ClientHello) -> Vec<Labelled> {
    let mut lines = vec![
        ("looks like", likeness(hello).map_or_else(|| "nothing that tlscope knows".to_owned(), likeness_words)),
        ("JA4", ja4(hello, Transport::Tcp)),
        ("JA3", ja3(hello).md5),
    ];
    lines.extend(list_lines(hello));
    lines.extend(offer_lines(&Offer::of(hello)));
    lines
}

/// Who it looks like, by what, and where that is known from.
pub fn likeness_words(likeness: Likeness) -> String {
    let basis = match likeness.basis {
        Basis::Measured => "",
        Basis::Documented => "; from documentation, not measured",
    };
    format!("{}: {}{basis}", likeness.client, likeness.because)
}

/// The lists, in their order.
fn list_lines(hello: &ClientHello) -> Vec<Labelled> {
    let alpn = hello.alpn.clone();
    let lines = [
        ("offered versions", numbers(&hello.versions, |version| version.0)),
        ("offered suites", numbers(&hello.suites, |suite: &CipherSuite| suite.0)),
        ("offered groups", numbers(&hello.groups, |group: &NamedGroup| group.0)),
        (
            "offered signatures",
            numbers(hello.schemes.as_deref().unwrap_or_default(), |scheme: &SignatureScheme| scheme.0),
        ),
        ("offered ALPN", alpn),
        ("extensions", hello.extensions.iter().copied().map(extension_words).collect()),
    ];
    lines
        .into_iter()
        .filter(|(_, values)| !values.is_empty())
        .map(|(label, values)| (label, values.join(", ")))
        .collect()
}

fn numbers<T: Display>(values: &[T], number: fn(&T) -> u16) -> Vec<String> {
    let word = |value: &T| if is_grease(number(value)) { grease(number(value)) } else { value.to_string() };
    values.iter().map(word).collect()
}

fn grease(number: u16) -> String {
    format!("GREASE 0x{number:04x}")
}

fn extension_words(number: u16) -> String {
    match ExtensionKind(number).name() {
        Some(name) => format!("{name} {number}"),
        None if is_grease(number) => grease(number),
        None => number.to_string(),
    }
}

fn offer_lines(offer: &Offer) -> Vec<Labelled> {
    let seen = |label, value: Option<String>| value.map(|value| (label, value));
    let when = |holds: bool, words: &str| holds.then(|| words.to_owned());
    let lines = [
        seen("key shares", list(&numbers(&offer.key_shares, |group| group.0))),
        seen("resumption", resumption_words(offer.resumption)),
        seen("early data", when(offer.early_data, "sent before the handshake is over")),
        seen("session id", (offer.session_id > 0).then(|| format!("{} bytes", offer.session_id))),
        seen("asks for", list(&asked(offer))),
        seen("takes", list(&taken(offer))),
        seen("secure renegotiation", offer.secure_renegotiation.map(sign_words)),
        seen("point formats", list(&offer.point_formats.iter().map(|format| point_words(*format)).collect::<Vec<_>>())),
        seen("compression", when(offer.compression.iter().any(|method| *method != 0), "offered (CRIME)")),
        seen("ECH", when(offer.encrypted_client_hello, "another hello is encrypted within, or only seems to be")),
        seen("GREASE", when(offer.grease, "yes: numbers that nobody assigned")),
    ];
    lines.into_iter().flatten().collect()
}

fn list(values: &[String]) -> Option<String> {
    (!values.is_empty()).then(|| values.join(", "))
}

fn resumption_words(resumption: Resumption) -> Option<String> {
    match resumption {
        Resumption::None => None,
        Resumption::TakesTickets => Some("takes tickets, offers none".to_owned()),
        Resumption::Ticket(size) => Some(format!("offers a ticket of {size} bytes")),
        Resumption::PreSharedKeys(1) => Some("offers a pre-shared key".to_owned()),
        Resumption::PreSharedKeys(count) => Some(format!("offers {count} pre-shared keys")),
    }
}

fn asked(offer: &Offer) -> Vec<String> {
    let asked = [(offer.asks_for_staple, "an OCSP staple"), (offer.asks_for_scts, "certificate timestamps")];
    asked.into_iter().filter(|(holds, _)| *holds).map(|(_, words)| words.to_owned()).collect()
}

fn taken(offer: &Offer) -> Vec<String> {
    let compressed = offer.certificate_compression.iter().map(|number| compression_words(*number));
    let compressed: Vec<String> = compressed.collect();
    let parts = [
        offer.extended_master_secret.then(|| "the extended master secret".to_owned()),
        (!compressed.is_empty()).then(|| format!("certificates compressed by {}", compressed.join(", "))),
        offer.record_size_limit.map(|limit| format!("records of up to {limit} bytes")),
        offer.delegated_credentials.as_ref().map(|_| "delegated credentials".to_owned()),
        offer.post_handshake_auth.then(|| "a request for its certificate after the handshake".to_owned()),
    ];
    parts.into_iter().flatten().collect()
}

/// RFC 8879 section 7.3.
fn compression_words(number: u16) -> String {
    match number {
        1 => "zlib".to_owned(),
        2 => "brotli".to_owned(),
        3 => "zstd".to_owned(),
        other => other.to_string(),
    }
}

/// RFC 8422 section 5.1.2.
fn point_words(format: u8) -> String {
    match format {
        0 => "uncompressed".to_owned(),
        1 => "compressed (prime)".to_owned(),
        2 => "compressed (char2)".to_owned(),
        other => other.to_string(),
    }
}

fn sign_words(sign: RenegotiationSign) -> String {
    match sign {
        RenegotiationSign::Extension => "yes, by the extension".to_owned(),
        RenegotiationSign::Suite => "yes, by a suite".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TlsVersion;

    fn value(lines: &[Labelled], label: &str) -> String {
        lines.iter().find(|(own, _)| *own == label).map(|(_, value)| value.clone()).unwrap_or_default()
    }

    #[test]
    fn a_number_that_nobody_assigned_is_called_grease() {
        let hello = ClientHello {
            versions: vec![TlsVersion(0x7a7a), TlsVersion::TLS13],
            suites: vec![CipherSuite(0x0a0a), CipherSuite(0x1301)],
            groups: vec![NamedGroup(0xfafa), NamedGroup(29)],
            extensions: vec![0x1a1a, 0, 4660],
            ..ClientHello::default()
        };
        let lines = hello_lines(&hello);
        assert_eq!(value(&lines, "offered versions"), "GREASE 0x7a7a, TLS 1.3");
        assert_eq!(value(&lines, "offered suites"), "GREASE 0x0a0a, TLS_AES_128_GCM_SHA256");
        assert_eq!(value(&lines, "offered groups"), "GREASE 0xfafa, x25519");
        assert_eq!(value(&lines, "extensions"), "GREASE 0x1a1a, server_name 0, 4660");
        assert_eq!(
            value(&lines, "looks like"),
            "BoringSSL (an older Chromium, Cronet, Electron): it sends GREASE, and \
            offers no application settings; from documentation, not measured"
        );
    }

    #[test]
    fn what_is_not_offered_has_no_line() {
        let labels: Vec<&str> = hello_lines(&ClientHello::default()).iter().map(|(label, _)| *label).collect();
        assert_eq!(labels, ["looks like", "JA4", "JA3"]);
    }

    #[test]
    fn what_it_would_resume_is_said() {
        let cases = [
            (Resumption::None, None),
            (Resumption::TakesTickets, Some("takes tickets, offers none")),
            (Resumption::Ticket(192), Some("offers a ticket of 192 bytes")),
            (Resumption::PreSharedKeys(1), Some("offers a pre-shared key")),
            (Resumption::PreSharedKeys(2), Some("offers 2 pre-shared keys")),
        ];
        for (resumption, words) in cases {
            assert_eq!(resumption_words(resumption).as_deref(), words);
        }
    }
}
