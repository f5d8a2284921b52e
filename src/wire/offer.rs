//! What a hello offers beside its lists: what it could resume, compress, limit or ask for.

use super::bytes_reader::BytesReader;
use super::hello::HelloFields;
use crate::model::{CipherSuite, ClientHello, NamedGroup, SignatureScheme, is_grease};

/// The further fields of a hello.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // each is an extension
pub struct Offer {
    /// Length of the legacy session id; TLS 1.3 sends 32 random bytes to look like a resumption
    /// (RFC 8446 appendix D.4).
    pub session_id: usize,
    /// Compression methods, 0 for none (RFC 3749).
    pub compression: Vec<u8>,
    /// Point formats (RFC 8422 section 5.1.2).
    pub point_formats: Vec<u8>,
    /// Groups that a share of a key came along for (RFC 8446 section 4.2.8).
    pub key_shares: Vec<NamedGroup>,
    /// How it tries to go on with an earlier session.
    pub resumption: Resumption,
    /// Whether it sends data before the handshake is over (RFC 8446 section 4.2.10).
    pub early_data: bool,
    /// Whether it asks for a stapled OCSP response (RFC 6066 section 8).
    pub asks_for_staple: bool,
    /// Whether it asks for certificate timestamps (RFC 6962 section 3.3.1).
    pub asks_for_scts: bool,
    /// Whether it offers the extended master secret (RFC 7627).
    pub extended_master_secret: bool,
    /// How it says that it knows secure renegotiation (RFC 5746).
    pub secure_renegotiation: Option<RenegotiationSign>,
    /// Algorithms for compressed certificates (RFC 8879 section 7.3).
    pub certificate_compression: Vec<u16>,
    /// The longest record it takes (RFC 8449).
    pub record_size_limit: Option<u16>,
    /// Schemes of delegated credentials (RFC 9345), when it takes them.
    pub delegated_credentials: Option<Vec<SignatureScheme>>,
    /// Whether it encrypts another hello within, or pretends to (RFC 9849).
    pub encrypted_client_hello: bool,
    /// Whether it would show a certificate of its own after the handshake (RFC 8446 section 4.2.6).
    pub post_handshake_auth: bool,
    /// Numbers that nobody assigned, in whichever list (RFC 8701).
    pub grease: bool,
}

/// What a hello offers of an earlier session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Resumption {
    /// Nothing, and no ticket is wanted.
    #[default]
    None,
    /// Nothing; it says that it takes tickets (RFC 5077).
    TakesTickets,
    /// A ticket of so many bytes, of TLS 1.2 or below.
    Ticket(usize),
    /// So many pre-shared keys, of TLS 1.3 (RFC 8446 section 4.2.11).
    PreSharedKeys(usize),
}

/// The two ways to say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenegotiationSign {
    /// The extension.
    Extension,
    /// The signalling suite.
    Suite,
}

impl Offer {
    /// Of a hello; nothing where its bytes were not kept.
    pub fn of(hello: &ClientHello) -> Self {
        let Some(fields) = HelloFields::read(&hello.raw) else { return Self::default() };
        let has = |kind: u16| fields.extension(kind).is_some();
        Self {
            session_id: fields.session_id.len(),
            compression: fields.compression.to_vec(),
            point_formats: bytes8(fields.extension(11)),
            key_shares: key_shares(fields.extension(51)).unwrap_or_default(),
            resumption: resumption(&fields),
            early_data: has(42),
            asks_for_staple: has(5),
            asks_for_scts: has(18),
            extended_master_secret: has(23),
            secure_renegotiation: renegotiation_sign(&fields),
            certificate_compression: fields
                .extension(27)
                .and_then(|mut b| Some(b.block8()?.u16s()))
                .unwrap_or_default(),
            record_size_limit: fields.extension(28).and_then(|mut body| body.u16()),
            delegated_credentials: fields.extension(34).and_then(schemes),
            encrypted_client_hello: has(0xfe0d),
            post_handshake_auth: has(49),
            grease: greases(hello),
        }
    }
}

fn bytes8(body: Option<BytesReader<'_>>) -> Vec<u8> {
    body.and_then(|mut body| body.block8()).map(|bytes| bytes.rest().to_vec()).unwrap_or_default()
}

fn schemes(mut body: BytesReader<'_>) -> Option<Vec<SignatureScheme>> {
    Some(body.block16()?.u16s().into_iter().map(SignatureScheme).collect())
}

/// The groups of the shares; the keys themselves say nothing.
fn key_shares(body: Option<BytesReader<'_>>) -> Option<Vec<NamedGroup>> {
    let mut list = body?.block16()?;
    let mut groups = Vec::new();
    while !list.is_empty() {
        groups.push(NamedGroup(list.u16()?));
        list.block16()?;
    }
    Some(groups)
}

fn resumption(fields: &HelloFields<'_>) -> Resumption {
    if let Some(keys) = fields.extension(41).and_then(count_identities) {
        return Resumption::PreSharedKeys(keys);
    }
    match fields.extension(35).map(|ticket| ticket.rest().len()) {
        Some(0) => Resumption::TakesTickets,
        Some(length) => Resumption::Ticket(length),
        None => Resumption::None,
    }
}

fn count_identities(mut body: BytesReader<'_>) -> Option<usize> {
    let mut identities = body.block16()?;
    let mut count = 0;
    while !identities.is_empty() {
        identities.block16()?;
        identities.take(4)?; // the ticket's age
        count += 1;
    }
    Some(count)
}

fn renegotiation_sign(fields: &HelloFields<'_>) -> Option<RenegotiationSign> {
    let by_extension = fields.extension(0xff01).map(|_| RenegotiationSign::Extension);
    let by_suite = || fields.suites.contains(&CipherSuite(0x00ff)).then_some(RenegotiationSign::Suite);
    by_extension.or_else(by_suite)
}

fn greases(hello: &ClientHello) -> bool {
    let suites = hello.suites.iter().map(|suite| suite.0);
    let groups = hello.groups.iter().map(|group| group.0);
    suites.chain(groups).chain(hello.extensions.iter().copied()).any(is_grease)
}
