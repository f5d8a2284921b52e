//! TLS records and the handshake messages in them (RFC 8446 section 5.1, RFC 5246 section 6.2).

use bytes::{Buf as _, BytesMut};

use super::bytes_reader::BytesReader;

/// A handshake message longer than this is not collected; the field could claim 16 MiB.
const MAX_MESSAGE: usize = 1 << 20;

/// The largest record payload there may be: 2^14 and what old ciphers add.
const MAX_RECORD: usize = (1 << 14) + 2048;

/// Something that comes out of a stream of plaintext records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum HandshakeMessage {
    /// A whole handshake message.
    Message {
        /// Its type.
        kind: u8,
        /// What stands behind its four-byte header.
        body: Vec<u8>,
    },
    /// An alert in the clear.
    Alert {
        /// 1 for a warning, 2 for fatal.
        level: u8,
        /// What it says.
        code: u8,
    },
    /// ChangeCipherSpec or application data: what follows is encrypted.
    Encrypted,
}

/// Why a stream is not one of TLS records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RecordsError {
    /// The first bytes fit no record header.
    #[error("the bytes are no TLS record")]
    NotTls,
    /// A handshake message claims to be longer than is believed.
    #[error("a handshake message of {0} bytes")]
    TooLong(usize),
}

/// Collects records, and handshake messages that are split over several of them.
#[derive(Debug, Default)]
pub(super) struct Records {
    input: BytesMut,
    messages: BytesMut,
    ended: bool,
}

impl Records {
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        if !self.ended {
            self.input.extend_from_slice(bytes);
        }
    }

    /// The next thing in the stream; `Ok(None)` when more bytes are needed.
    pub(super) fn next(&mut self) -> Result<Option<HandshakeMessage>, RecordsError> {
        loop {
            if self.ended {
                return Ok(None);
            }
            if let Some(message) = self.next_message()? {
                return Ok(Some(message));
            }
            let Some((kind, payload)) = self.next_record()? else { return Ok(None) };
            match (kind, payload.as_ref()) {
                (22, payload) => self.messages.extend_from_slice(payload),
                (21, &[level, code, ..]) => return Ok(Some(HandshakeMessage::Alert { level, code })),
                (21, _) => {}
                _ => {
                    self.ended = true;
                    return Ok(Some(HandshakeMessage::Encrypted));
                }
            }
        }
    }

    fn next_record(&mut self) -> Result<Option<(u8, BytesMut)>, RecordsError> {
        let mut header = BytesReader::new(&self.input);
        let (Some(kind), major) = (header.u8(), header.u8()) else { return Ok(None) };
        if !(20..=24).contains(&kind) || major.is_some_and(|major| major != 3) {
            return Err(RecordsError::NotTls);
        }
        let (Some(_minor), Some(length)) = (header.u8(), header.u16()) else { return Ok(None) };
        let length = usize::from(length);
        if length > MAX_RECORD {
            return Err(RecordsError::NotTls);
        }
        if self.input.len() < 5 + length {
            return Ok(None);
        }
        self.input.advance(5);
        Ok(Some((kind, self.input.split_to(length))))
    }

    fn next_message(&mut self) -> Result<Option<HandshakeMessage>, RecordsError> {
        let mut reader = BytesReader::new(&self.messages);
        let (Some(kind), Some(length)) = (reader.u8(), reader.u24()) else { return Ok(None) };
        let length = length as usize;
        if length > MAX_MESSAGE {
            return Err(RecordsError::TooLong(length));
        }
        let Some(body) = reader.take(length).map(<[u8]>::to_vec) else { return Ok(None) };
        self.messages.advance(4 + length);
        Ok(Some(HandshakeMessage::Message { kind, body }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(pieces: &[&[u8]]) -> Result<Vec<HandshakeMessage>, RecordsError> {
        let mut records = Records::default();
        let mut out = Vec::new();
        for piece in pieces {
            records.feed(piece);
            while let Some(item) = records.next()? {
                out.push(item);
            }
        }
        Ok(out)
    }

    #[test]
    fn messages_span_records_and_share_them() {
        // Two messages, the first split over two records, the second behind it in the second.
        let stream =
            b"\x16\x03\x03\x00\x05\x02\x00\x00\x03a\x16\x03\x03\x00\x06bc\x0e\x00\x00\x00\x15\x03\x03\x00\x02\x02\x28";
        let whole = all(&[stream]).unwrap();
        let expected = [
            HandshakeMessage::Message { kind: 2, body: b"abc".to_vec() },
            HandshakeMessage::Message { kind: 14, body: vec![] },
            HandshakeMessage::Alert { level: 2, code: 40 },
        ];
        assert_eq!(whole, expected);
        let bytewise: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(all(&bytewise).unwrap(), expected);
    }

    #[test]
    fn stops_where_encryption_begins() {
        let stream = b"\x14\x03\x03\x00\x01\x01\x16\x03\x03\x00\x01\x02";
        assert_eq!(all(&[stream]).unwrap(), [HandshakeMessage::Encrypted]);
    }

    #[test]
    fn refuses_what_is_no_record_or_absurd() {
        assert_eq!(all(&[b"HTTP/1.1 400"]), Err(RecordsError::NotTls));
        assert_eq!(all(&[b"\x16\x03\x03\xff\xff"]), Err(RecordsError::NotTls));
        assert_eq!(all(&[b"\x16\x03\x03\x00\x04\x0b\xff\xff\xff"]), Err(RecordsError::TooLong(0x00ff_ffff)));
    }
}
