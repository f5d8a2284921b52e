//! The hello of SSL 2.0, which is a protocol of its own (RFC 6101 appendix E): enough of it to find a
//! server that still speaks it.

/// The cipher kinds of SSL 2.0.
const KINDS: &[[u8; 3]] =
    &[[1, 0, 0x80], [2, 0, 0x80], [3, 0, 0x80], [4, 0, 0x80], [5, 0, 0x80], [6, 0, 0x40], [7, 0, 0xc0]];

const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 4;

/// A CLIENT-HELLO as one record, ready to send.
pub fn write_sslv2_hello(challenge: [u8; 16]) -> Vec<u8> {
    let kinds: Vec<u8> = KINDS.concat();
    let mut body = vec![CLIENT_HELLO, 0, 2];
    body.extend((kinds.len() as u16).to_be_bytes());
    body.extend([0, 0]); // no session to resume
    body.extend((challenge.len() as u16).to_be_bytes());
    body.extend(kinds);
    body.extend(challenge);
    let header = 0x8000 | body.len() as u16;
    [&header.to_be_bytes()[..], &body].concat()
}

/// How many cipher kinds a SERVER-HELLO has; `None` for bytes that do not begin with one.
pub fn read_sslv2_answer(bytes: &[u8]) -> Option<usize> {
    let (header, body) = bytes.split_at_checked(2)?;
    let is_record = header.first().is_some_and(|first| first & 0x80 != 0);
    match body {
        [SERVER_HELLO, _, _, 0, 2, _, _, high, low, ..] if is_record => {
            Some(usize::from(u16::from_be_bytes([*high, *low])) / 3)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_hello_is_told_from_everything_else() {
        let hello = write_sslv2_hello([7; 16]);
        assert_eq!(hello.len(), usize::from(u16::from_be_bytes([hello[0] & 0x7f, hello[1]])) + 2);
        let answer = [0x80, 0x20, 4, 0, 1, 0, 2, 0, 0, 0, 21, 0, 16, 0];
        assert_eq!(read_sslv2_answer(&answer), Some(7));
        for end in 0..11 {
            assert_eq!(read_sslv2_answer(&answer[..end]), None, "{end}");
        }
        assert_eq!(read_sslv2_answer(b"\x15\x03\x01\x00\x02\x02\x46\0\0\0\0"), None);
        assert_eq!(read_sslv2_answer(b"HTTP/1.1 400 Bad"), None);
    }
}
