//! SOCKS version 5 (RFC 1928), the client's side, with logins of RFC 1929.
//!
//! What is read says how many bytes more are sure to come, so that a reader takes none that are the
//! target's already.

use super::bytes_reader::BytesReader;
use crate::model::{Host, Target};

/// Progress of reading an answer of a SOCKS proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocksAnswer<T> {
    /// At least so many bytes more belong to it.
    NeedMore(usize),
    /// It, to its last byte.
    Done(T),
    /// It is not of version 5.
    NotSocks,
}

/// "No authentication required" (RFC 1928 section 3).
pub const NO_LOGIN: u8 = 0;
/// User name and password.
pub const LOGIN: u8 = 2;
/// None of the methods offered will do.
pub const NO_METHOD: u8 = 0xff;

/// The greeting, which offers a login where there is one.
pub fn write_client_greeting(has_login: bool) -> Vec<u8> {
    if has_login { vec![5, 2, NO_LOGIN, LOGIN] } else { vec![5, 1, NO_LOGIN] }
}

/// The login (RFC 1929 section 2); `None` when a part is longer than 255 bytes.
pub fn write_login(user: &str, password: &str) -> Option<Vec<u8>> {
    let mut out = vec![1];
    for part in [user, password] {
        out.push(u8::try_from(part.len()).ok()?);
        out.extend_from_slice(part.as_bytes());
    }
    Some(out)
}

/// The request to connect to `target`; names are at most 253 bytes long ([`Host`]).
pub fn write_connect_request(target: &Target) -> Vec<u8> {
    let mut out = vec![5, 1, 0];
    match &target.host {
        Host::Ip(std::net::IpAddr::V4(v4)) => {
            out.push(1);
            out.extend_from_slice(&v4.octets());
        }
        Host::Ip(std::net::IpAddr::V6(v6)) => {
            out.push(4);
            out.extend_from_slice(&v6.octets());
        }
        Host::Name(name) => {
            out.extend_from_slice(&[3, name.len() as u8]);
            out.extend_from_slice(name.as_bytes());
        }
    }
    out.extend_from_slice(&target.port.to_be_bytes());
    out
}

/// Reads the method that the proxy chose.
pub fn read_method(bytes: &[u8]) -> SocksAnswer<u8> {
    match bytes {
        [] => SocksAnswer::NeedMore(2),
        [5] => SocksAnswer::NeedMore(1),
        [5, method, ..] => SocksAnswer::Done(*method),
        _ => SocksAnswer::NotSocks,
    }
}

/// Reads whether the login was taken. Its version is left unread: some proxies write 5 there.
pub fn read_login_status(bytes: &[u8]) -> SocksAnswer<bool> {
    match bytes {
        [] | [_] => SocksAnswer::NeedMore(2 - bytes.len()),
        [_, status, ..] => SocksAnswer::Done(*status == 0),
    }
}

/// Reads the reply to the request: its code. The rest of a refusal is left, for not every proxy sends it.
pub fn read_reply(bytes: &[u8]) -> SocksAnswer<u8> {
    let mut message = BytesReader::new(bytes);
    match (message.u8(), message.u8()) {
        (None, _) => return SocksAnswer::NeedMore(2),
        (Some(5), None) => return SocksAnswer::NeedMore(1),
        (Some(5), Some(0)) => {}
        (Some(5), Some(code)) => return SocksAnswer::Done(code),
        _ => return SocksAnswer::NotSocks,
    }
    let (Some(_reserved), Some(kind)) = (message.u8(), message.u8()) else {
        return SocksAnswer::NeedMore(4 - bytes.len());
    };
    let address = match (kind, message.u8()) {
        (1, _) => 4,
        (4, _) => 16,
        (3, Some(length)) => 1 + usize::from(length),
        (3, None) => return SocksAnswer::NeedMore(1),
        // It is of no use to us, and how long it is is not known.
        _ => return SocksAnswer::NotSocks,
    };
    match (4 + address + 2usize).saturating_sub(bytes.len()) {
        0 => SocksAnswer::Done(0),
        missing => SocksAnswer::NeedMore(missing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_carry_names_and_addresses() {
        let cases: [(&str, &[u8]); 3] = [
            ("127.0.0.1:443", b"\x05\x01\x00\x01\x7f\x00\x00\x01\x01\xbb"),
            ("a.test:8883", b"\x05\x01\x00\x03\x06a.test\x22\xb3"),
            ("[::1]:443", b"\x05\x01\x00\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x01\xbb"),
        ];
        for (target, bytes) in cases {
            let target: Target = target.parse().unwrap();
            assert_eq!(write_connect_request(&target), bytes);
            // Our own server's side reads it.
            let read = super::super::socks::read_request(bytes);
            let request = super::super::socks::SocksRequest { target };
            assert_eq!(read, super::super::socks::SocksStep::Done(request, bytes.len()));
        }
    }

    #[test]
    fn logins_are_written_with_their_lengths() {
        assert_eq!(write_login("me", "secret").unwrap(), b"\x01\x02me\x06secret");
        assert_eq!(write_login("me", "").unwrap(), b"\x01\x02me\x00");
        assert_eq!(write_login(&"x".repeat(256), "y"), None);
        assert_eq!((write_client_greeting(false), write_client_greeting(true)), (vec![5, 1, 0], vec![5, 2, 0, 2]));
    }

    /// Reads as the network gives it: never more than is sure to come.
    fn read_all<T: Copy>(read: fn(&[u8]) -> SocksAnswer<T>, bytes: &[u8]) -> (SocksAnswer<T>, usize) {
        let mut have = 0;
        loop {
            match read(&bytes[..have]) {
                SocksAnswer::NeedMore(more) if have + more <= bytes.len() => {
                    assert!(more > 0);
                    have += more;
                }
                end => return (end, have),
            }
        }
    }

    #[test]
    fn a_reply_is_read_to_its_last_byte_and_not_further() {
        let replies: [&[u8]; 3] = [
            b"\x05\x00\x00\x01\x7f\x00\x00\x01\x01\xbb",
            b"\x05\x00\x00\x03\x06a.test\x22\xb3",
            b"\x05\x00\x00\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x01\xbb",
        ];
        for reply in replies {
            let mut with_more = reply.to_vec();
            with_more.extend_from_slice(b"220 hello");
            assert_eq!(read_all(read_reply, &with_more), (SocksAnswer::Done(0), reply.len()));
            for n in 0..reply.len() {
                assert!(matches!(read_reply(&reply[..n]), SocksAnswer::NeedMore(_)), "{n} of {reply:?}");
            }
        }
        // An empty name, as some proxies send it.
        assert_eq!(read_all(read_reply, b"\x05\x00\x00\x03\x00\x00\x00more"), (SocksAnswer::Done(0), 7));
    }

    #[test]
    fn refusals_need_no_more_than_their_code() {
        assert_eq!(read_all(read_reply, b"\x05\x04"), (SocksAnswer::Done(4), 2));
        assert_eq!(read_all(read_reply, b"\x05\x02\x00\x01\0\0\0\0\0\0"), (SocksAnswer::Done(2), 2));
        assert_eq!(read_all(read_method, b"\x05\xff"), (SocksAnswer::Done(NO_METHOD), 2));
        assert_eq!(read_all(read_login_status, b"\x01\x01"), (SocksAnswer::Done(false), 2));
        assert_eq!(read_all(read_login_status, b"\x05\x00"), (SocksAnswer::Done(true), 2));
    }

    #[test]
    fn what_is_not_socks_is_told() {
        for bytes in [&b"HTTP/1.1 400 Bad Request\r\n"[..], b"\x04\x5a", b"\x00\x5a"] {
            assert_eq!(read_method(bytes), SocksAnswer::NotSocks);
            assert_eq!(read_reply(bytes), SocksAnswer::NotSocks);
        }
        assert_eq!(read_reply(b"\x05\x00\x00\x09"), SocksAnswer::NotSocks);
    }
}
