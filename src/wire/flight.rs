//! Reading a server's first flight in passing: everything of it that TLS leaves in the clear.
//!
//! In TLS 1.2 and below that is the whole flight with the certificates (RFC 5246 section 7.3); in
//! TLS 1.3 it is the ServerHello (RFC 8446 section 4.1.3).

use bytes::Bytes;

use super::bytes_reader::BytesReader;
use super::records::{HandshakeMessage, Records, RecordsError};
use crate::model::{
    AlertCode, CertDer, CertificateAsked, CipherSuite, Handshake, KeyExchange, NamedGroup, SignatureScheme, Stage,
    TlsVersion,
};
use crate::text;

/// What a server has shown so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flight {
    /// The facts of the handshake.
    pub handshake: Handshake,
    /// The certificates in the order sent.
    pub certificates: Vec<CertDer>,
    /// The distinguished names of a CertificateRequest, as DER.
    pub authorities: Vec<Bytes>,
    /// How far it has come.
    pub stage: Stage,
    /// The fatal alert it ended in.
    pub alert: Option<AlertCode>,
    /// The first bytes, when they are no TLS.
    pub not_tls: Option<Vec<u8>>,
    /// What was wrong with a message that could not be read.
    pub malformed: Option<String>,
}

/// Follows the bytes that a server sends.
#[derive(Debug, Default)]
pub struct FlightReader {
    records: Records,
    flight: Flight,
    first_bytes: Vec<u8>,
    done: bool,
}

/// The random of a HelloRetryRequest: SHA-256 of "HelloRetryRequest" (RFC 8446 section 4.1.3).
const RETRY_RANDOM: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11,
    0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

impl FlightReader {
    /// Takes the next piece of what the server sent.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.done {
            return;
        }
        let room = 64usize.saturating_sub(self.first_bytes.len());
        self.first_bytes.extend(bytes.iter().take(room));
        self.records.feed(bytes);
        loop {
            match self.records.next() {
                Ok(Some(item)) => self.take(item),
                Ok(None) => return,
                Err(error) => self.give_up(error),
            }
            if self.done {
                return;
            }
        }
    }

    /// What was seen so far.
    pub fn flight(&self) -> &Flight {
        &self.flight
    }

    /// Whether nothing more can be read in the clear.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// Gives up the reader for what it saw.
    pub fn into_flight(self) -> Flight {
        self.flight
    }

    fn give_up(&mut self, error: RecordsError) {
        self.done = true;
        match error {
            RecordsError::NotTls if self.flight.stage == Stage::Nothing => {
                self.flight.not_tls = Some(std::mem::take(&mut self.first_bytes));
            }
            other => self.flight.malformed = Some(other.to_string()),
        }
    }

    fn take(&mut self, item: HandshakeMessage) {
        match item {
            HandshakeMessage::Encrypted => self.done = true,
            HandshakeMessage::Alert { level: 1, code } if code != 0 => {
                self.flight.handshake.warning_alert = Some(AlertCode(code));
            }
            HandshakeMessage::Alert { code, .. } => {
                self.flight.alert = Some(AlertCode(code));
                self.done = true;
            }
            HandshakeMessage::Message { kind, body } => {
                if self.flight.read_message(kind, &body).is_none() {
                    self.flight.malformed = Some(format!("handshake message {kind} does not add up"));
                    self.done = true;
                }
                self.done |= kind == 14 || self.flight.is_encrypted_from_here();
            }
        }
    }
}

impl Flight {
    fn read_message(&mut self, kind: u8, body: &[u8]) -> Option<()> {
        let message = BytesReader::new(body);
        match kind {
            2 => self.read_server_hello(message),
            11 => self.read_certificates(message, body.len()),
            12 => self.read_key_exchange(message),
            13 => self.read_certificate_request(message),
            14 => self.read_done(),
            22 => self.read_status(message),
            _ => Some(()),
        }
    }

    /// From a TLS 1.3 ServerHello on everything is encrypted; a HelloRetryRequest leaves `stage`
    /// where it was.
    fn is_encrypted_from_here(&self) -> bool {
        self.stage == Stage::ServerHello && self.handshake.version == Some(TlsVersion::TLS13)
    }

    fn read_server_hello(&mut self, mut message: BytesReader<'_>) -> Option<()> {
        let version = TlsVersion(message.u16()?);
        let random = message.take(32)?;
        let _session = message.block8()?;
        let seen = &mut self.handshake;
        seen.version = Some(version);
        seen.suite = Some(CipherSuite(message.u16()?));
        seen.compression = Some(message.u8()?);
        seen.secure_renegotiation = Some(false);
        seen.extended_master_secret = Some(false);
        if !message.is_empty() {
            let mut extensions = message.block16()?;
            while !extensions.is_empty() {
                let kind = extensions.u16()?;
                self.read_hello_extension(kind, extensions.block16()?)?;
            }
        }
        let seen = &mut self.handshake;
        if seen.version == Some(TlsVersion::TLS13) {
            (seen.compression, seen.secure_renegotiation, seen.extended_master_secret) = (None, None, None);
        } else {
            seen.downgrade_marker = downgrade_marker(random);
        }
        if random != RETRY_RANDOM {
            self.stage = Stage::ServerHello;
        }
        Some(())
    }

    fn read_hello_extension(&mut self, kind: u16, mut body: BytesReader<'_>) -> Option<()> {
        let seen = &mut self.handshake;
        match kind {
            16 => seen.alpn = Some(text::escape(body.block16()?.block8()?.rest()).into_owned()),
            18 => seen.scts = read_scts(body)?,
            23 => seen.extended_master_secret = Some(true),
            43 => seen.version = Some(TlsVersion(body.u16()?)),
            51 => seen.group = Some(NamedGroup(body.u16()?)),
            0xff01 => seen.secure_renegotiation = Some(true),
            _ => {}
        }
        Some(())
    }

    fn read_certificates(&mut self, mut message: BytesReader<'_>, size: usize) -> Option<()> {
        self.handshake.certificate_message = u32::try_from(size).ok();
        let mut list = message.block24()?;
        self.certificates.clear();
        while !list.is_empty() {
            let der = list.block24()?;
            self.certificates.push(CertDer::new(Bytes::copy_from_slice(der.rest())));
        }
        self.stage = Stage::Certificate;
        Some(())
    }

    /// RFC 6066 section 8: one OCSP response.
    fn read_status(&mut self, mut message: BytesReader<'_>) -> Option<()> {
        if message.u8()? == 1 {
            self.handshake.staple = Some(Bytes::copy_from_slice(message.block24()?.rest()));
        }
        Some(())
    }

    fn read_key_exchange(&mut self, mut message: BytesReader<'_>) -> Option<()> {
        match self.handshake.suite.and_then(CipherSuite::key_exchange) {
            Some(KeyExchange::Ecdhe) => {
                if message.u8()? != 3 {
                    return Some(()); // explicit curve parameters, long since forbidden (RFC 8422 5.4)
                }
                self.handshake.group = Some(NamedGroup(message.u16()?));
                let _point = message.block8()?;
            }
            Some(KeyExchange::Dhe) => {
                let prime = message.block16()?;
                self.handshake.dh_bits = Some(bits(prime.rest()));
                let (_generator, _public) = (message.block16()?, message.block16()?);
            }
            _ => return Some(()),
        }
        if self.handshake.version == Some(TlsVersion::TLS12) {
            self.handshake.scheme = Some(SignatureScheme(message.u16()?));
        }
        Some(())
    }

    fn read_certificate_request(&mut self, mut message: BytesReader<'_>) -> Option<()> {
        let _types = message.block8()?;
        let mut asked = CertificateAsked::default();
        if self.handshake.version == Some(TlsVersion::TLS12) {
            asked.schemes = message.block16()?.u16s().into_iter().map(SignatureScheme).collect();
        }
        let mut names = message.block16()?;
        while !names.is_empty() {
            self.authorities.push(Bytes::copy_from_slice(names.block16()?.rest()));
        }
        self.handshake.certificate_asked = Some(asked);
        Some(())
    }

    #[allow(clippy::unnecessary_wraps)] // one of several readers of one shape
    fn read_done(&mut self) -> Option<()> {
        self.stage = Stage::Flight;
        Some(())
    }
}

/// RFC 6962 section 3.3.1: a list of opaque timestamps.
fn read_scts(mut body: BytesReader<'_>) -> Option<Vec<Bytes>> {
    let mut list = body.block16()?;
    let mut scts = Vec::new();
    while !list.is_empty() {
        scts.push(Bytes::copy_from_slice(list.block16()?.rest()));
    }
    Some(scts)
}

/// RFC 8446 section 4.1.3: the last eight bytes of the random.
fn downgrade_marker(random: &[u8]) -> Option<TlsVersion> {
    match random.last_chunk::<8>()? {
        b"DOWNGRD\x01" => Some(TlsVersion::TLS12),
        b"DOWNGRD\x00" => Some(TlsVersion::TLS11),
        _ => None,
    }
}

fn bits(number: &[u8]) -> u32 {
    let digits = number.iter().position(|b| *b != 0).and_then(|at| number.get(at..)).unwrap_or_default();
    let top = digits.first().map_or(0, |b| b.leading_zeros());
    (digits.len() as u32 * 8).saturating_sub(top)
}

#[cfg(test)]
mod tests;
