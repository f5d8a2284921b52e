//! Reading a ClientHello (RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2).

use bytes::Bytes;

use super::bytes_reader::BytesReader;
use super::records::{HandshakeMessage, Records};
use crate::model::{CipherSuite, ClientHello, NamedGroup, SignatureScheme, TlsVersion};
use crate::text;

/// A hello longer than this is not read; the largest met in practice are under 4 KiB.
const MAX_HELLO: usize = 64 << 10;

/// What the first bytes of a TLS client hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HelloRead {
    /// The hello is not complete yet.
    NeedMore,
    /// The hello.
    Hello(Box<ClientHello>),
    /// The bytes are none, and why.
    Unreadable(&'static str),
}

/// Reads the ClientHello at the start of `bytes`, however it is split over records. Call again
/// with more bytes on [`HelloRead::NeedMore`].
pub fn read_client_hello(bytes: &[u8]) -> HelloRead {
    let mut records = Records::default();
    records.feed(bytes);
    match records.next() {
        Ok(Some(HandshakeMessage::Message { kind: 1, body })) => match parse(&body) {
            Some(hello) => HelloRead::Hello(Box::new(hello)),
            None => HelloRead::Unreadable("a ClientHello whose fields do not add up"),
        },
        Ok(None) if bytes.len() < MAX_HELLO => HelloRead::NeedMore,
        Ok(None) => HelloRead::Unreadable("a ClientHello of more than 64 KiB"),
        Ok(Some(_)) => HelloRead::Unreadable("a TLS record that holds no ClientHello"),
        Err(_) => HelloRead::Unreadable("bytes that are no TLS record"),
    }
}

fn parse(body: &[u8]) -> Option<ClientHello> {
    let fields = HelloFields::read(body)?;
    let mut hello = ClientHello {
        legacy_version: fields.legacy_version,
        versions: vec![TlsVersion(fields.legacy_version)],
        suites: fields.suites,
        raw: Bytes::copy_from_slice(body),
        ..ClientHello::default()
    };
    for (kind, body) in fields.extensions {
        hello.extensions.push(kind);
        read_extension(&mut hello, kind, body)?;
    }
    Some(hello)
}

/// The fields of the message, its extensions unread.
#[derive(Debug)]
pub(super) struct HelloFields<'a> {
    pub(super) legacy_version: u16,
    pub(super) session_id: &'a [u8],
    pub(super) suites: Vec<CipherSuite>,
    pub(super) compression: &'a [u8],
    pub(super) extensions: Vec<(u16, BytesReader<'a>)>,
}

impl<'a> HelloFields<'a> {
    /// From the body of the handshake message; `None` where its lengths do not add up.
    pub(super) fn read(body: &'a [u8]) -> Option<Self> {
        let mut message = BytesReader::new(body);
        let legacy_version = message.u16()?;
        let _random = message.take(32)?;
        let session_id = message.block8()?.rest();
        let suites = message.block16()?.u16s().into_iter().map(CipherSuite).collect();
        let compression = message.block8()?.rest();
        let mut fields = Self { legacy_version, session_id, suites, compression, extensions: Vec::new() };
        if !message.is_empty() {
            let mut extensions = message.block16()?;
            while !extensions.is_empty() {
                fields.extensions.push((extensions.u16()?, extensions.block16()?));
            }
        }
        Some(fields)
    }

    /// The body of the first extension of this kind.
    pub(super) fn extension(&self, kind: u16) -> Option<BytesReader<'a>> {
        self.extensions.iter().find(|(number, _)| *number == kind).map(|(_, body)| *body)
    }
}

fn read_extension(hello: &mut ClientHello, kind: u16, mut body: BytesReader<'_>) -> Option<()> {
    match kind {
        0 => read_server_name(hello, body)?,
        10 => hello.groups = body.block16()?.u16s().into_iter().map(NamedGroup).collect(),
        13 => hello.schemes = Some(body.block16()?.u16s().into_iter().map(SignatureScheme).collect()),
        16 => hello.alpn = read_alpn(body)?,
        43 => hello.versions = body.block8()?.u16s().into_iter().map(TlsVersion).collect(),
        _ => {}
    }
    Some(())
}

/// The first host name of the list (RFC 6066 section 3); an empty extension names nothing.
fn read_server_name(hello: &mut ClientHello, mut body: BytesReader<'_>) -> Option<()> {
    let mut names = if body.is_empty() { body } else { body.block16()? };
    while !names.is_empty() && hello.sni.is_none() {
        let (kind, name) = (names.u8()?, names.block16()?);
        hello.sni = (kind == 0).then(|| text::escape(name.rest()).into_owned());
    }
    Some(())
}

/// RFC 7301 section 3.1.
fn read_alpn(mut body: BytesReader<'_>) -> Option<Vec<String>> {
    let mut list = body.block16()?;
    let mut protocols = Vec::new();
    while !list.is_empty() {
        protocols.push(text::escape(list.block8()?.rest()).into_owned());
    }
    Some(protocols)
}

#[cfg(test)]
mod tests {
    use super::super::hello_writer::{ProbeHello, write_probe_hello};
    use super::*;

    fn sample() -> Vec<u8> {
        write_probe_hello(&ProbeHello {
            suites: &[],
            large: false,
            version: TlsVersion::TLS12,
            sni: Some("expired.test"),
            alpn: &["h2", "http/1.1"],
            random: [7; 32],
        })
    }

    fn hello_of(bytes: &[u8]) -> ClientHello {
        match read_client_hello(bytes) {
            HelloRead::Hello(hello) => *hello,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn reads_names_versions_and_offers() {
        let hello = hello_of(&sample());
        assert_eq!(hello.sni.as_deref(), Some("expired.test"));
        assert_eq!(hello.alpn, ["h2", "http/1.1"]);
        assert_eq!(hello.versions, [TlsVersion::TLS12]);
        assert!(hello.groups.contains(&NamedGroup(29)));
        assert!(hello.schemes.unwrap().contains(&SignatureScheme(0x0804)));
    }

    #[test]
    fn every_prefix_needs_more() {
        let whole = sample();
        for n in 0..whole.len() {
            assert_eq!(read_client_hello(&whole[..n]), HelloRead::NeedMore, "{n}");
        }
    }

    #[test]
    fn a_hello_over_two_records_is_the_same_hello() {
        let whole = sample();
        let (header, message) = whole.split_at(5);
        let (first, second) = message.split_at(50);
        let mut split = Vec::new();
        for part in [first, second] {
            split.extend_from_slice(&header[..3]);
            split.extend_from_slice(&u16::try_from(part.len()).unwrap().to_be_bytes());
            split.extend_from_slice(part);
        }
        assert_eq!(hello_of(&split), hello_of(&whole));
    }

    #[test]
    fn lengths_that_do_not_add_up_are_unreadable() {
        let whole = sample();
        for at in 5 + 4 + 34..whole.len() {
            let mut broken = whole.clone();
            broken[at] = 0xff;
            // Whatever the byte was, reading must end in one of the three answers.
            let _ = read_client_hello(&broken);
        }
        let mut lying = whole.clone();
        lying[9 + 34] = 0xff; // the session id's length
        assert!(matches!(read_client_hello(&lying), HelloRead::Unreadable(_)));
        assert!(matches!(read_client_hello(b"GET / HTTP/1.1"), HelloRead::Unreadable(_)));
        assert!(matches!(read_client_hello(b"\x15\x03\x01\x00\x02\x02\x28"), HelloRead::Unreadable(_)));
    }

    #[test]
    fn a_hello_without_extensions_offers_its_own_version() {
        let mut body = vec![3, 1];
        body.extend([0; 32]);
        body.extend([0, 0, 2, 0, 0x2f, 1, 0]);
        let mut record = vec![0x16, 3, 1, 0, (body.len() + 4) as u8, 1, 0, 0, body.len() as u8];
        record.extend(&body);
        let hello = hello_of(&record);
        assert_eq!(hello.versions, [TlsVersion::TLS10]);
        assert_eq!(hello.suites, [CipherSuite(0x2f)]);
        assert_eq!(hello.schemes, None);
    }
}
