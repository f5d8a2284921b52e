//! Inflating a stream of WebSocket messages (RFC 7692 section 7.2.2).

use flate2::{Decompress, FlushDecompress, Status};

/// What a sender leaves off the end of each message.
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// Inflates message after message. The window goes on from one to the next, which does no harm
/// where the two sides agreed that it should not.
#[derive(Debug)]
pub struct Inflater {
    stream: Decompress,
    /// The stream was broken; nothing more comes out.
    broken: bool,
}

impl Default for Inflater {
    fn default() -> Self {
        Self { stream: Decompress::new(false), broken: false }
    }
}

impl Inflater {
    /// Inflates the next piece of a message. At most `room` bytes are added to `out`; the rest is
    /// inflated all the same, because the next message needs the window.
    pub fn feed(&mut self, mut input: &[u8], room: usize, out: &mut Vec<u8>) {
        let mut buffer = [0; 8192];
        let mut left = room;
        while !self.broken {
            let (read_before, written_before) = (self.stream.total_in(), self.stream.total_out());
            let status = self.stream.decompress(input, &mut buffer, FlushDecompress::Sync);
            let read = (self.stream.total_in() - read_before) as usize;
            let written = (self.stream.total_out() - written_before) as usize;
            input = input.get(read..).unwrap_or_default();
            let piece = buffer.get(..written.min(left)).unwrap_or_default();
            left -= piece.len();
            out.extend_from_slice(piece);
            match status {
                // The sender ended its stream: the next block begins a new one.
                Ok(Status::StreamEnd) => self.stream.reset(false),
                Ok(_) => {}
                Err(_) => self.broken = true,
            }
            if input.is_empty() && written < buffer.len() {
                return;
            }
            if read == 0 && written == 0 {
                return;
            }
        }
    }

    /// The message is over.
    pub fn end_message(&mut self, room: usize, out: &mut Vec<u8>) {
        self.feed(&TAIL, room, out);
    }
}

#[cfg(test)]
mod tests {
    use flate2::{Compress, Compression, FlushCompress};

    use super::*;

    fn deflate(stream: &mut Compress, text: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len() + 64);
        stream.compress_vec(text, &mut out, FlushCompress::Sync).unwrap();
        assert_eq!(out.split_off(out.len() - 4), TAIL);
        out
    }

    #[test]
    fn inflates_messages_that_share_a_window() {
        let mut sender = Compress::new(Compression::best(), false);
        let mut inflater = Inflater::default();
        for text in [&b"hello hello hello"[..], b"hello hello hello", b""] {
            let message = deflate(&mut sender, text);
            let mut out = Vec::new();
            for piece in message.chunks(2) {
                inflater.feed(piece, 1000, &mut out);
            }
            inflater.end_message(1000, &mut out);
            assert_eq!(out, text);
        }
    }

    #[test]
    fn a_bomb_gives_its_first_bytes_and_the_window_goes_on() {
        let mut sender = Compress::new(Compression::best(), false);
        let bomb = deflate(&mut sender, &vec![b'x'; 1 << 20]);
        let after = deflate(&mut sender, b"after");
        let mut inflater = Inflater::default();
        let mut out = Vec::new();
        inflater.feed(&bomb, 100, &mut out);
        inflater.end_message(0, &mut out);
        assert_eq!(out, [b'x'; 100]);
        let mut next = Vec::new();
        inflater.feed(&after, 100, &mut next);
        inflater.end_message(100, &mut next);
        assert_eq!(next, b"after");
    }

    #[test]
    fn a_broken_stream_gives_nothing_more() {
        let mut inflater = Inflater::default();
        let mut out = Vec::new();
        inflater.feed(&[0xff; 64], 100, &mut out);
        inflater.feed(b"more", 100, &mut out);
        assert!(out.is_empty());
    }
}
