//! What kind of place an address is.

use std::net::{IpAddr, Ipv4Addr};

use crate::model::Host;

/// How near a place is: the nearer, the less a stranger may have us go there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// Anybody can go there.
    Public,
    /// On a private network (RFC 1918, RFC 4193, RFC 6598, and the site-local of old).
    Private,
    /// This machine or its own link: loopback, link-local, unspecified.
    Local,
}

impl Place {
    /// Where an address is; one that only wraps an address of IPv4 (RFC 6052, RFC 3056) is where that is.
    pub fn of(ip: IpAddr) -> Self {
        match (ip.to_canonical(), embedded(ip)) {
            (_, Some(v4)) | (IpAddr::V4(v4), None) => Self::of_v4(v4),
            (IpAddr::V6(v6), None) if v6.is_loopback() || v6.is_unspecified() => Self::Local,
            (IpAddr::V6(v6), None) => match v6.segments() {
                [first, ..] if first & 0xffc0 == 0xfe80 => Self::Local,
                [first, ..] if first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfec0 => Self::Private,
                _ => Self::Public,
            },
        }
    }

    fn of_v4(v4: Ipv4Addr) -> Self {
        let is_shared = matches!(v4.octets(), [100, b, ..] if b & 0xc0 == 64);
        // Of 0.0.0.0/8 all is this machine or nothing (RFC 6890).
        if v4.is_loopback() || v4.is_link_local() || matches!(v4.octets(), [0, ..]) {
            Self::Local
        } else if v4.is_private() || is_shared {
            Self::Private
        } else {
            Self::Public
        }
    }

    /// One word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Local => "local",
        }
    }
}

/// The address of IPv4 that a translator (64:ff9b::/96, RFC 6052, and below 64:ff9b:1::/48, RFC 8215) or
/// 6to4 (2002::/16) would go to, or that was written as one of IPv6 of old (::/96, RFC 4291 2.5.5.1).
fn embedded(ip: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(v6) = ip else { return None };
    let from = |high: u16, low: u16| Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match v6.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => from(high, low),
        [0x64, 0xff9b, 1, _, _, _, high, low] | [0, 0, 0, 0, 0, 0, high, low] => from(high, low),
        _ => None,
    }
}

/// Whether the address is this machine or its own link.
pub fn is_local(ip: IpAddr) -> bool {
    Place::of(ip) == Place::Local
}

/// The address that a host stands for without DNS being asked: a literal, a name of this machine
/// (RFC 6761 section 6.3), or a number as `inet_aton` reads it, which resolvers take for an address.
pub(super) fn literal(host: &Host) -> Option<IpAddr> {
    match host {
        Host::Ip(ip) => Some(*ip),
        Host::Name(name) if name == "localhost" || name.ends_with(".localhost") => Some(Ipv4Addr::LOCALHOST.into()),
        Host::Name(name) => read_number(name).map(IpAddr::V4),
    }
}

/// `127.1`, `0x7f000001`, `0177.0.0.1`: one to four numbers, the last of which fills what is left.
fn read_number(text: &str) -> Option<Ipv4Addr> {
    let number = |part: &str| match part.strip_prefix("0x") {
        Some("") => Some(0),
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None if part.len() > 1 && part.starts_with('0') => u32::from_str_radix(part, 8).ok(),
        None => part.parse().ok(),
    };
    let numbers: Vec<u32> = text.split('.').map(number).collect::<Option<_>>()?;
    let (last, high) = numbers.split_last().filter(|(_, high)| high.len() < 4)?;
    let room = 32 - 8 * u32::try_from(high.len()).ok()?;
    let mut bits = if u64::from(*last) < 1 << room { *last } else { return None };
    for (byte, shift) in high.iter().zip([24, 16, 8]) {
        bits |= if *byte < 256 { byte << shift } else { return None };
    }
    Some(Ipv4Addr::from_bits(bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_resolvers_do() {
        let cases = [
            ("127.1", Some("127.0.0.1")),
            ("2130706433", Some("127.0.0.1")),
            ("0x7f000001", Some("127.0.0.1")),
            ("0177.0.0.1", Some("127.0.0.1")),
            ("10.258", Some("10.0.1.2")),
            ("0", Some("0.0.0.0")),
            ("256.1", None),
            ("1.2.3.4.5", None),
            ("127.0.0.08", None),
            ("a.1", None),
            ("4294967296", None),
        ];
        for (text, ip) in cases {
            assert_eq!(read_number(text), ip.map(|ip| ip.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn tells_places_apart() {
        let cases = [
            ("127.0.0.1", Place::Local),
            ("::1", Place::Local),
            ("::ffff:127.0.0.1", Place::Local),
            ("0.0.0.0", Place::Local),
            ("0.0.0.1", Place::Local),
            ("::", Place::Local),
            ("::127.0.0.1", Place::Local),
            ("::ffff:169.254.169.254", Place::Local),
            ("64:ff9b:1::127.0.0.1", Place::Local),
            ("64:ff9b::169.254.169.254", Place::Local),
            ("127.255.255.254", Place::Local),
            ("febf::1", Place::Local),
            ("::192.168.1.1", Place::Private),
            ("64:ff9b:1::192.0.2.1", Place::Public),
            ("169.254.1.1", Place::Local),
            ("fe80::1", Place::Local),
            ("64:ff9b::127.0.0.1", Place::Local),
            ("2002:7f00:1::", Place::Local),
            ("10.0.0.1", Place::Private),
            ("100.64.0.1", Place::Private),
            ("fd00::1", Place::Private),
            ("fec0::1", Place::Private),
            ("64:ff9b::10.0.0.1", Place::Private),
            ("2002:a00:1::1", Place::Private),
            ("192.0.2.1", Place::Public),
            ("2001:db8::1", Place::Public),
            ("64:ff9b::192.0.2.1", Place::Public),
        ];
        for (text, place) in cases {
            let ip = text.parse().unwrap();
            assert_eq!((Place::of(ip), is_local(ip)), (place, place == Place::Local), "{text}");
        }
    }
}
