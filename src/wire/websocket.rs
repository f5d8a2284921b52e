//! Reading WebSocket frames as they pass (RFC 6455 section 5, RFC 7692 section 6). Nothing is
//! answered, nothing altered.

use bytes::{Buf as _, BytesMut};

use super::bytes_reader::BytesReader;

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    /// 1.
    Text,
    /// 2.
    Binary,
    /// 8.
    Close,
    /// 9.
    Ping,
    /// 10.
    Pong,
}

/// A piece of the conversation, in the order of the wire. A control message may stand between the
/// pieces of a data message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WsMessage {
    /// A text or binary message begins.
    Begin {
        /// Which of the two.
        opcode: Opcode,
        /// Whether its bytes are deflated.
        compressed: bool,
    },
    /// Some of its bytes, unmasked.
    Data(Vec<u8>),
    /// It ends.
    End,
    /// A whole control message.
    Control(Opcode, Vec<u8>),
}

/// Follows one direction of a WebSocket.
#[derive(Debug, Default)]
pub struct MessageReader {
    header: BytesMut,
    frame: Option<Frame>,
    control: Vec<u8>,
    lost: bool,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    fin: bool,
    rsv1: bool,
    opcode: u8,
    left: u64,
    mask: Option<[u8; 4]>,
    /// How far the mask has turned.
    turned: usize,
}

impl MessageReader {
    /// Takes the next piece of the stream and hands what it completes to `found`. A stream that
    /// breaks the protocol is not followed any further.
    pub fn feed(&mut self, mut bytes: &[u8], mut found: impl FnMut(WsMessage)) {
        while !bytes.is_empty() && !self.lost {
            match self.frame {
                None => self.feed_header(&mut bytes, &mut found),
                Some(frame) => self.feed_payload(frame, &mut bytes, &mut found),
            }
            if let Some(frame) = self.frame.filter(|frame| frame.left == 0) {
                self.frame = None;
                self.finish(frame, &mut found);
            }
        }
    }

    /// Whether the stream broke the protocol.
    pub fn is_lost(&self) -> bool {
        self.lost
    }

    fn feed_header(&mut self, bytes: &mut &[u8], found: &mut impl FnMut(WsMessage)) {
        let Some(next) = bytes.first() else { return };
        self.header.extend_from_slice(&[*next]);
        bytes.advance(1);
        let Some(frame) = read_header(&self.header) else { return };
        self.header.clear();
        let control_fits = frame.opcode < 8 || (frame.fin && frame.left <= 125);
        match opcode_of(frame.opcode) {
            _ if !control_fits => self.lost = true,
            None if frame.opcode != 0 => self.lost = true,
            Some(opcode) if frame.opcode < 8 => found(WsMessage::Begin { opcode, compressed: frame.rsv1 }),
            _ => {}
        }
        self.frame = Some(frame);
    }

    fn feed_payload(&mut self, mut frame: Frame, bytes: &mut &[u8], found: &mut impl FnMut(WsMessage)) {
        let n = usize::try_from(frame.left).unwrap_or(usize::MAX).min(bytes.len());
        let mut piece = bytes.get(..n).unwrap_or_default().to_vec();
        bytes.advance(n);
        if let Some(mask) = frame.mask {
            for (b, m) in piece.iter_mut().zip(mask.iter().cycle().skip(frame.turned % 4)) {
                *b ^= m;
            }
            frame.turned = (frame.turned + n) % 4;
        }
        frame.left -= n as u64;
        self.frame = Some(frame);
        if frame.opcode < 8 {
            found(WsMessage::Data(piece));
        } else {
            self.control.extend_from_slice(&piece);
        }
    }

    fn finish(&mut self, frame: Frame, found: &mut impl FnMut(WsMessage)) {
        match opcode_of(frame.opcode) {
            Some(opcode) if frame.opcode >= 8 => found(WsMessage::Control(opcode, std::mem::take(&mut self.control))),
            _ if frame.fin => found(WsMessage::End),
            _ => {}
        }
    }
}

/// The header, when `bytes` is exactly one.
fn read_header(bytes: &[u8]) -> Option<Frame> {
    let mut reader = BytesReader::new(bytes);
    let (first, second) = (reader.u8()?, reader.u8()?);
    let left = match second & 0x7f {
        126 => u64::from(reader.u16()?),
        127 => reader.take(8)?.try_into().ok().map(u64::from_be_bytes)?,
        short => u64::from(short),
    };
    let mask = if second & 0x80 == 0 { None } else { Some(reader.take(4)?.try_into().ok()?) };
    Some(Frame { fin: first & 0x80 != 0, rsv1: first & 0x40 != 0, opcode: first & 0x0f, left, mask, turned: 0 })
}

fn opcode_of(code: u8) -> Option<Opcode> {
    match code {
        1 => Some(Opcode::Text),
        2 => Some(Opcode::Binary),
        8 => Some(Opcode::Close),
        9 => Some(Opcode::Ping),
        10 => Some(Opcode::Pong),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pieces: &[&[u8]]) -> Vec<WsMessage> {
        let mut reader = MessageReader::default();
        let mut out: Vec<WsMessage> = Vec::new();
        for piece in pieces {
            reader.feed(piece, |message| match (out.last_mut(), message) {
                (Some(WsMessage::Data(before)), WsMessage::Data(more)) => before.extend(more),
                (_, message) => out.push(message),
            });
        }
        out
    }

    /// RFC 6455 section 5.7: a masked text, a ping between two fragments, an empty close.
    const STREAM: &[u8] = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x01\x03Hel\x89\x02hi\x80\x02lo\x88\x00";

    fn expected() -> Vec<WsMessage> {
        let begin = WsMessage::Begin { opcode: Opcode::Text, compressed: false };
        vec![
            begin.clone(),
            WsMessage::Data(b"Hello".to_vec()),
            WsMessage::End,
            begin,
            WsMessage::Data(b"Hel".to_vec()),
            WsMessage::Control(Opcode::Ping, b"hi".to_vec()),
            WsMessage::Data(b"lo".to_vec()),
            WsMessage::End,
            WsMessage::Control(Opcode::Close, vec![]),
        ]
    }

    #[test]
    fn reads_masked_fragmented_and_control_messages() {
        assert_eq!(read(&[STREAM]), expected());
    }

    #[test]
    fn however_the_stream_is_split() {
        for n in 0..STREAM.len() {
            assert_eq!(read(&[&STREAM[..n], &STREAM[n..]]), expected(), "{n}");
        }
        assert_eq!(read(&STREAM.chunks(1).collect::<Vec<_>>()), expected());
    }

    #[test]
    fn long_lengths_and_compression_are_read() {
        let mut long = b"\xc2\x7e\x01\x00".to_vec();
        long.extend([7; 256]);
        let begin = WsMessage::Begin { opcode: Opcode::Binary, compressed: true };
        assert_eq!(read(&[&long]), [begin, WsMessage::Data(vec![7; 256]), WsMessage::End]);
    }

    #[test]
    fn what_breaks_the_protocol_is_not_followed() {
        for broken in [&b"\x83\x01a"[..], b"\x89\x7e\x01\x00", b"\x09\x00"] {
            let mut reader = MessageReader::default();
            reader.feed(broken, |_| {});
            assert!(reader.is_lost(), "{broken:?}");
        }
    }
}
