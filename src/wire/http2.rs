//! Following the frames an HTTP/2 server sends, for the two that a relay has to act on and hyper
//! does not show: its first SETTINGS and its GOAWAY (RFC 9113 sections 6.5 and 6.8).

use bytes::{Buf as _, BytesMut};

use super::bytes_reader::BytesReader;

/// What of a server's SETTINGS the relay repeats towards the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServerSettings {
    /// Whether extended CONNECT is allowed (RFC 8441 section 3).
    pub connect_protocol: bool,
    /// How many streams the client may have open at once.
    pub max_concurrent_streams: Option<u32>,
}

/// Watches the bytes that a server sends.
#[derive(Debug, Default)]
pub struct FrameFollower {
    header: BytesMut,
    /// The frame being read: its type, its flags, what is left of it.
    frame: Option<(u8, u8, usize)>,
    payload: BytesMut,
    settings: Option<ServerSettings>,
    going_away: bool,
}

const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const ACK: u8 = 1;

impl FrameFollower {
    /// The first SETTINGS frame, once it came.
    pub fn settings(&self) -> Option<ServerSettings> {
        self.settings
    }

    /// Whether the server said that it takes no new streams.
    pub fn is_going_away(&self) -> bool {
        self.going_away
    }

    /// Takes the next piece of the stream.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            match self.frame {
                None => self.feed_header(&mut bytes),
                Some((kind, flags, left)) => {
                    let n = left.min(bytes.len());
                    if kind == SETTINGS && self.settings.is_none() {
                        self.payload.extend_from_slice(bytes.get(..n).unwrap_or_default());
                    }
                    bytes.advance(n);
                    self.frame = Some((kind, flags, left - n));
                }
            }
            if let Some((kind, flags, 0)) = self.frame {
                self.frame = None;
                self.finish(kind, flags);
            }
        }
    }

    fn feed_header(&mut self, bytes: &mut &[u8]) {
        let n = (9 - self.header.len()).min(bytes.len());
        self.header.extend_from_slice(bytes.get(..n).unwrap_or_default());
        bytes.advance(n);
        if self.header.len() == 9 {
            let header = self.header.split();
            let mut reader = BytesReader::new(&header);
            if let (Some(length), Some(kind), Some(flags)) = (reader.u24(), reader.u8(), reader.u8()) {
                self.frame = Some((kind, flags, length as usize));
            }
        }
    }

    fn finish(&mut self, kind: u8, flags: u8) {
        if kind == SETTINGS && flags & ACK == 0 && self.settings.is_none() {
            self.settings = Some(read_settings(&self.payload));
        }
        self.going_away |= kind == GOAWAY;
        self.payload.clear();
    }
}

fn read_settings(payload: &[u8]) -> ServerSettings {
    let mut settings = ServerSettings::default();
    let mut reader = BytesReader::new(payload);
    while let (Some(id), Some(high), Some(low)) = (reader.u16(), reader.u16(), reader.u16()) {
        let value = u32::from(high) << 16 | u32::from(low);
        match id {
            3 => settings.max_concurrent_streams = Some(value),
            8 => settings.connect_protocol = value == 1,
            _ => {}
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let mut out = (payload.len() as u32).to_be_bytes()[1..].to_vec();
        out.extend([kind, flags, 0, 0, 0, 0]);
        out.extend(payload);
        out
    }

    #[test]
    fn sees_settings_and_goaway_in_any_split() {
        let settings = frame(SETTINGS, 0, &[0, 3, 0, 0, 0, 100, 0, 8, 0, 0, 0, 1, 0, 4, 0, 1, 0, 0]);
        let stream = [settings, frame(SETTINGS, ACK, &[]), frame(0, 1, b"data"), frame(GOAWAY, 0, &[0; 8])].concat();
        for n in 0..=stream.len() {
            let mut follower = FrameFollower::default();
            follower.feed(&stream[..n]);
            follower.feed(&stream[n..]);
            let expected = ServerSettings { connect_protocol: true, max_concurrent_streams: Some(100) };
            assert_eq!(follower.settings(), Some(expected), "{n}");
            assert!(follower.is_going_away());
        }
    }

    #[test]
    fn an_empty_settings_frame_is_settings() {
        let mut follower = FrameFollower::default();
        follower.feed(&frame(SETTINGS, ACK, &[]));
        assert_eq!(follower.settings(), None);
        follower.feed(&frame(SETTINGS, 0, &[]));
        assert_eq!(follower.settings(), Some(ServerSettings::default()));
        assert!(!follower.is_going_away());
    }
}
