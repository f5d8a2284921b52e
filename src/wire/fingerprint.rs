//! JA3 and JA4: one short name for everything a client offers, by which others know it.
//!
//! JA3 is Salesforce's (github.com/salesforce/ja3), JA4 FoxIO's (github.com/FoxIO-LLC/ja4,
//! technical_details/JA4.md). Both leave GREASE (RFC 8701) out. JA3 keeps the order of extensions,
//! which browsers shuffle since 2023: there it differs from one connection to the next. JA4 sorts.

use std::fmt::Write as _;

use md5::Md5;
use sha2::{Digest, Sha256};

use super::client_kind::point_formats;
use super::hello::HelloFields;
use crate::model::{ClientHello, TlsVersion, is_grease};

/// A JA3 fingerprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ja3 {
    /// Version, suites, extensions, groups and point formats as decimal numbers.
    pub text: String,
    /// The MD5 of the text in hex: what is usually called the JA3.
    pub md5: String,
}

/// What carried the hello; JA4 begins with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// TLS over TCP.
    Tcp,
    /// QUIC.
    Quic,
}

/// The extensions that JA4 reads, by their numbers.
const SERVER_NAME: u16 = 0;
const ALPN: u16 = 16;

/// The JA3 of a hello.
pub fn ja3(hello: &ClientHello) -> Ja3 {
    let suites = decimal(hello.suites.iter().map(|suite| suite.0));
    let extensions = decimal(hello.extensions.iter().copied());
    let groups = decimal(hello.groups.iter().map(|group| group.0));
    let points = decimal(point_formats(hello).into_iter().map(u16::from));
    let text = format!("{},{suites},{extensions},{groups},{points}", hello.legacy_version);
    let md5 = hex(&Md5::digest(&text));
    Ja3 { text, md5 }
}

/// The JA4 of a hello, as `t13d1516h2_8daaf6152771_e5627efa2ab1`.
pub fn ja4(hello: &ClientHello, transport: Transport) -> String {
    let parts = Ja4Parts::of(hello, transport);
    format!("{}_{}_{}", parts.summary, hash12(&parts.suites), hash12(&parts.extensions))
}

/// JA4 with the lists themselves instead of their hashes (`ja4_r`).
pub fn ja4_r(hello: &ClientHello, transport: Transport) -> String {
    let parts = Ja4Parts::of(hello, transport);
    format!("{}_{}_{}", parts.summary, parts.suites, parts.extensions)
}

/// The three parts of a JA4, the second and the third not yet hashed.
struct Ja4Parts {
    summary: String,
    suites: String,
    extensions: String,
}

impl Ja4Parts {
    fn of(hello: &ClientHello, transport: Transport) -> Self {
        let mut suites: Vec<u16> = without_grease(hello.suites.iter().map(|suite| suite.0)).collect();
        let mut extensions: Vec<u16> = without_grease(hello.extensions.iter().copied()).collect();
        let summary = format!(
            "{}{}{}{:02}{:02}{}",
            if transport == Transport::Quic { 'q' } else { 't' },
            version(hello),
            if extensions.contains(&SERVER_NAME) { 'd' } else { 'i' },
            suites.len().min(99),
            extensions.len().min(99),
            ends_of_alpn(hello),
        );
        suites.sort_unstable();
        extensions.sort_unstable();
        // Both stand in the summary; without them a client is the same with a name and without.
        extensions.retain(|kind| ![SERVER_NAME, ALPN].contains(kind));
        let mut extensions = list(&extensions);
        let schemes = hello.schemes.iter().flatten().map(|scheme| scheme.0);
        let schemes: Vec<u16> = without_grease(schemes).collect();
        if !schemes.is_empty() {
            extensions.push('_');
            extensions.push_str(&list(&schemes));
        }
        Self { summary, suites: list(&suites), extensions }
    }
}

/// The highest version offered, in two characters.
fn version(hello: &ClientHello) -> &'static str {
    let highest = hello.versions.iter().filter(|version| !is_grease(version.0)).max();
    match highest.copied() {
        Some(TlsVersion::TLS13) => "13",
        Some(TlsVersion::TLS12) => "12",
        Some(TlsVersion::TLS11) => "11",
        Some(TlsVersion::TLS10) => "10",
        Some(TlsVersion::SSL3) => "s3",
        Some(TlsVersion(0x0002)) => "s2",
        _ => "00",
    }
}

/// The first and the last character of the first protocol, or of its bytes in hex where one of
/// the two is neither a letter nor a digit.
fn ends_of_alpn(hello: &ClientHello) -> String {
    let protocol = first_protocol(hello).unwrap_or_default();
    let (Some(first), Some(last)) = (protocol.first(), protocol.last()) else {
        return "00".to_owned();
    };
    if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
        return [char::from(*first), char::from(*last)].iter().collect();
    }
    format!("{:x}{:x}", first >> 4, last & 0x0f)
}

/// From the bytes, for [`ClientHello::alpn`] holds what can be shown.
fn first_protocol(hello: &ClientHello) -> Option<Vec<u8>> {
    let mut list = HelloFields::read(&hello.raw)?.extension(ALPN)?.block16()?;
    Some(list.block8()?.rest().to_vec())
}

fn without_grease(numbers: impl Iterator<Item = u16>) -> impl Iterator<Item = u16> {
    numbers.filter(|number| !is_grease(*number))
}

/// As JA3 writes a list.
fn decimal(numbers: impl Iterator<Item = u16>) -> String {
    let numbers: Vec<String> = without_grease(numbers).map(|number| number.to_string()).collect();
    numbers.join("-")
}

/// As JA4 writes a list.
fn list(numbers: &[u16]) -> String {
    let numbers: Vec<String> = numbers.iter().map(|number| format!("{number:04x}")).collect();
    numbers.join(",")
}

/// The first twelve digits of the SHA-256; of nothing, zeros, so that nothing is seen as such.
fn hash12(text: &str) -> String {
    if text.is_empty() {
        return "0".repeat(12);
    }
    let mut digits = hex(&Sha256::digest(text));
    digits.truncate(12);
    digits
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
mod tests;
