//! SOCKS version 5 (RFC 1928), the server's side: CONNECT only, with or without a password (RFC 1929).

use std::net::{Ipv4Addr, Ipv6Addr};

use super::bytes_reader::BytesReader;
use crate::model::{Host, Target};
use crate::text;

/// Progress of reading one SOCKS message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SocksStep<T> {
    /// The message is not complete yet.
    NeedMore,
    /// The message, and how many bytes it took.
    Done(T, usize),
    /// It cannot be served; this is the reply, and why.
    Refuse(SocksReply, String),
}

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocksRequest {
    /// Where it wants to go.
    pub target: Target,
}

/// Reply codes of RFC 1928 section 6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocksReply {
    /// 0.
    Succeeded,
    /// 1.
    GeneralFailure,
    /// 2.
    NotAllowed,
    /// 7.
    CommandNotSupported,
    /// 8.
    AddressTypeNotSupported,
}

/// Which ways of authentication a client offers, of those that there are here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocksMethods {
    /// None at all: method 0.
    pub none: bool,
    /// A name and a password: method 2.
    pub password: bool,
}

/// Reads the greeting: version, methods. Answered with `[5, method]`, or `[5, 255]` for none of them.
pub fn read_greeting(bytes: &[u8]) -> SocksStep<SocksMethods> {
    let mut message = BytesReader::new(bytes);
    let (Some(_version), Some(methods)) = (message.u8(), message.block8()) else { return SocksStep::NeedMore };
    let offers = |method: u8| methods.rest().contains(&method);
    SocksStep::Done(SocksMethods { none: offers(0), password: offers(2) }, 2 + methods.rest().len())
}

/// Reads the name and the password of RFC 1929. Answered with `[1, 0]`, or `[1, 1]` when they are wrong.
pub fn read_credentials(bytes: &[u8]) -> SocksStep<(Vec<u8>, Vec<u8>)> {
    let mut message = BytesReader::new(bytes);
    let Some(version) = message.u8() else { return SocksStep::NeedMore };
    if version != 1 {
        let reason = format!("version {version} of the authentication by password");
        return SocksStep::Refuse(SocksReply::GeneralFailure, reason);
    }
    let (Some(user), Some(password)) = (message.block8(), message.block8()) else { return SocksStep::NeedMore };
    let (user, password) = (user.rest().to_vec(), password.rest().to_vec());
    let used = 3 + user.len() + password.len();
    SocksStep::Done((user, password), used)
}

/// Reads the request behind the greeting.
pub fn read_request(bytes: &[u8]) -> SocksStep<SocksRequest> {
    let mut message = BytesReader::new(bytes);
    let (Some(version), Some(command)) = (message.u8(), message.u8()) else { return SocksStep::NeedMore };
    if version != 5 {
        return SocksStep::Refuse(SocksReply::GeneralFailure, format!("SOCKS version {version} in a request"));
    }
    if command != 1 {
        return SocksStep::Refuse(
            SocksReply::CommandNotSupported,
            format!("SOCKS command {command}; only CONNECT (1) is served"),
        );
    }
    let (Some(_reserved), Some(kind)) = (message.u8(), message.u8()) else { return SocksStep::NeedMore };
    let host = match kind {
        1 => message.take(4).and_then(|a| <[u8; 4]>::try_from(a).ok()).map(|a| Ok(Host::Ip(Ipv4Addr::from(a).into()))),
        3 => message.block8().map(|name| Host::parse(&text::escape(name.rest()))),
        4 => message
            .take(16)
            .and_then(|a| <[u8; 16]>::try_from(a).ok())
            .map(|a| Ok(Host::Ip(std::net::IpAddr::from(Ipv6Addr::from(a)).to_canonical()))),
        other => {
            return SocksStep::Refuse(SocksReply::AddressTypeNotSupported, format!("SOCKS address type {other}"));
        }
    };
    let (Some(host), Some(port)) = (host, message.u16()) else { return SocksStep::NeedMore };
    match host {
        Ok(host) => {
            SocksStep::Done(SocksRequest { target: Target::new(host, port) }, bytes.len() - message.rest().len())
        }
        Err(error) => SocksStep::Refuse(SocksReply::GeneralFailure, error.to_string()),
    }
}

/// A reply; the bound address in it is all zeroes, which no client reads.
pub fn write_reply(reply: SocksReply) -> [u8; 10] {
    let code = match reply {
        SocksReply::Succeeded => 0,
        SocksReply::GeneralFailure => 1,
        SocksReply::NotAllowed => 2,
        SocksReply::CommandNotSupported => 7,
        SocksReply::AddressTypeNotSupported => 8,
    };
    [5, code, 0, 1, 0, 0, 0, 0, 0, 0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_address_type() {
        let cases: [(&[u8], &str); 3] = [
            (b"\x05\x01\x00\x01\x7f\x00\x00\x01\x01\xbb", "127.0.0.1:443"),
            (b"\x05\x01\x00\x03\x06A.test\x22\xb3", "a.test:8883"),
            (b"\x05\x01\x00\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x01\xbb", "[::1]:443"),
        ];
        for (bytes, target) in cases {
            let target = target.parse().unwrap();
            assert_eq!(read_request(bytes), SocksStep::Done(SocksRequest { target }, bytes.len()));
            for n in 0..bytes.len() {
                assert_eq!(read_request(&bytes[..n]), SocksStep::NeedMore, "{n}");
            }
        }
    }

    #[test]
    fn bytes_behind_the_request_are_left() {
        let SocksStep::Done(_, used) = read_request(b"\x05\x01\x00\x01\x7f\x00\x00\x01\x01\xbb\x16\x03") else {
            panic!()
        };
        assert_eq!(used, 10);
    }

    #[test]
    fn refuses_what_it_cannot_serve() {
        let code = |bytes: &[u8]| match read_request(bytes) {
            SocksStep::Refuse(reply, _) => write_reply(reply)[1],
            other => panic!("{other:?}"),
        };
        assert_eq!(code(b"\x05\x02\x00\x01\x7f\x00\x00\x01\x01\xbb"), 7);
        assert_eq!(code(b"\x05\x01\x00\x09"), 8);
        assert_eq!(code(b"\x05\x01\x00\x03\x03a b\x01\xbb"), 1);
        assert_eq!(code(b"\x04\x01"), 1);
    }

    #[test]
    fn the_greeting_says_what_the_client_offers() {
        let methods = |none, password| SocksMethods { none, password };
        assert_eq!(read_greeting(b"\x05\x02\x02\x00"), SocksStep::Done(methods(true, true), 4));
        assert_eq!(read_greeting(b"\x05\x01\x02\x05"), SocksStep::Done(methods(false, true), 3));
        assert_eq!(read_greeting(b"\x05\x01\x01"), SocksStep::Done(methods(false, false), 3));
        assert_eq!(read_greeting(b"\x05\x00"), SocksStep::Done(methods(false, false), 2));
        assert_eq!(read_greeting(b"\x05\x02\x02"), SocksStep::NeedMore);
    }

    #[test]
    fn credentials_are_a_name_and_a_password() {
        let bytes = b"\x01\x02me\x03a:b\x05";
        assert_eq!(read_credentials(bytes), SocksStep::Done((b"me".to_vec(), b"a:b".to_vec()), 8));
        for n in 0..8 {
            assert_eq!(read_credentials(&bytes[..n]), SocksStep::NeedMore, "{n}");
        }
        assert_eq!(read_credentials(b"\x01\x00\x00"), SocksStep::Done((vec![], vec![]), 3));
        assert!(matches!(read_credentials(b"\x05\x01"), SocksStep::Refuse(..)));
    }
}
