//! Blocks of addresses.

use std::net::IpAddr;
use std::str::FromStr;

/// A block of addresses: `192.0.2.0/24`, or a single one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    network: IpAddr,
    prefix: u8,
}

/// A text that names no block of addresses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no address block such as 192.168.1.0/24 or 2001:db8::/32")]
pub struct CidrError(String);

impl Cidr {
    /// The block that holds this address alone.
    pub fn single(ip: IpAddr) -> Self {
        let network = ip.to_canonical();
        Self { network, prefix: if network.is_ipv4() { 32 } else { 128 } }
    }

    /// Whether the address is in the block.
    pub fn contains(&self, ip: IpAddr) -> bool {
        match (self.network, ip.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                (own.to_bits() ^ other.to_bits()) & mask == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                (own.to_bits() ^ other.to_bits()) & mask == 0
            }
            _ => false,
        }
    }
}

impl std::fmt::Display for Cidr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.network, self.prefix)
    }
}

impl FromStr for Cidr {
    type Err = CidrError;

    fn from_str(text: &str) -> Result<Self, CidrError> {
        let bad = || CidrError(text.to_owned());
        let Some((network, prefix)) = text.split_once('/') else {
            return text.parse().map(Self::single).map_err(|_| bad());
        };
        let network: IpAddr = network.parse().map_err(|_| bad())?;
        let prefix: u8 = prefix.parse().map_err(|_| bad())?;
        let longest = if network.is_ipv4() { 32 } else { 128 };
        if prefix > longest {
            return Err(bad());
        }
        // ::ffff:192.168.1.0/120 is 192.168.1.0/24.
        match network.to_canonical() {
            mapped @ IpAddr::V4(_) if network.is_ipv6() => {
                Ok(Self { network: mapped, prefix: prefix.checked_sub(96).ok_or_else(bad)? })
            }
            network => Ok(Self { network, prefix }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_hold_what_they_say() {
        let cases = [
            ("192.168.1.0/24", "192.168.1.77", true),
            ("192.168.1.0/24", "192.168.2.1", false),
            ("192.168.1.7", "192.168.1.7", true),
            ("192.168.1.7", "::ffff:192.168.1.7", true),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("2001:db8::/32", "2001:db8:1::1", true),
            ("::/0", "2001:db9::1", true),
            ("::ffff:192.168.1.0/120", "192.168.1.9", true),
        ];
        for (block, ip, expected) in cases {
            assert_eq!(block.parse::<Cidr>().unwrap().contains(ip.parse().unwrap()), expected, "{block} {ip}");
        }
        for bad in ["", "192.168.1", "192.168.1.0/33", "::/129", "a/8", "1.2.3.4/"] {
            assert!(bad.parse::<Cidr>().is_err(), "{bad}");
        }
    }
}
