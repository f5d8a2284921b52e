//! What kind of place an address is.

use std::net::IpAddr;

/// Whether the address is this machine or its own link: loopback, link-local, unspecified.
pub fn is_local(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_link_local() || v4.is_unspecified(),
        IpAddr::V6(v6) => {
            v6.is_loopback() || v6.is_unspecified() || v6.segments().first().is_some_and(|s| s & 0xffc0 == 0xfe80)
        }
    }
}

/// Whether the address is not on the public internet: local, or of a private network (RFC 1918,
/// RFC 4193, RFC 6598).
pub fn is_private(ip: IpAddr) -> bool {
    is_local(ip)
        || match ip.to_canonical() {
            IpAddr::V4(v4) => v4.is_private() || matches!(v4.octets(), [100, b, ..] if b & 0xc0 == 64),
            IpAddr::V6(v6) => v6.segments().first().is_some_and(|s| s & 0xfe00 == 0xfc00),
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_places_apart() {
        let cases = [
            ("127.0.0.1", true, true),
            ("::1", true, true),
            ("::ffff:127.0.0.1", true, true),
            ("0.0.0.0", true, true),
            ("169.254.1.1", true, true),
            ("fe80::1", true, true),
            ("10.0.0.1", false, true),
            ("100.64.0.1", false, true),
            ("fd00::1", false, true),
            ("192.0.2.1", false, false),
            ("2001:db8::1", false, false),
        ];
        for (text, local, private) in cases {
            let ip = text.parse().unwrap();
            assert_eq!((is_local(ip), is_private(ip)), (local, private), "{text}");
        }
    }
}
