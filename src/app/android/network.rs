//! Whether a device and this machine are in one network.

use std::net::Ipv4Addr;

/// The networks that a device is in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Networks(Vec<Link>);

/// An address of the device, and how many bits of it name the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Link {
    own: Ipv4Addr,
    network: Ipv4Addr,
    prefix: u32,
}

impl Networks {
    /// From what `ip route` says: `192.168.1.0/24 dev wlan0 proto kernel scope link src 192.168.1.7`.
    pub(super) fn read(routes: &str) -> Self {
        Self(routes.lines().filter_map(Link::read).collect())
    }

    /// The device's address in the network of `machine`.
    pub(super) fn shared_with(&self, machine: Ipv4Addr) -> Option<Ipv4Addr> {
        self.0.iter().find(|link| link.holds(machine)).map(|link| link.own)
    }

    /// All its addresses.
    pub(super) fn own(&self) -> impl Iterator<Item = Ipv4Addr> {
        self.0.iter().map(|link| link.own)
    }
}

impl Link {
    fn read(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (network, prefix) = words.first()?.split_once('/')?;
        let own = words.iter().skip_while(|word| **word != "src").nth(1)?;
        let prefix = prefix.parse().ok().filter(|prefix| (1..=32).contains(prefix))?;
        Some(Self { own: own.parse().ok()?, network: network.parse().ok()?, prefix })
    }

    fn holds(&self, machine: Ipv4Addr) -> bool {
        let mask = u32::MAX << (32 - self.prefix);
        // An emulator's own network is a NAT that may have the number of a real one.
        machine != self.own && u32::from(machine) & mask == u32::from(self.network) & mask
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_network_is_seen() {
        let wifi = "192.168.1.0/24 dev wlan0 proto kernel scope link src 192.168.1.7\n\
                    default via 10.0.0.1 dev rmnet0\n10.64.0.0/30 dev rmnet0 proto kernel scope link src 10.64.0.2";
        let networks = Networks::read(wifi);
        let shared = |machine: &str| networks.shared_with(machine.parse().unwrap()).map(|own| own.to_string());
        assert_eq!(shared("192.168.1.20").as_deref(), Some("192.168.1.7"));
        assert_eq!(shared("10.64.0.1").as_deref(), Some("10.64.0.2"));
        assert_eq!(shared("192.168.2.20"), None);
        assert_eq!(shared("192.168.1.7"), None, "the device itself");
        assert_eq!(networks.own().count(), 2);
    }

    #[test]
    fn what_is_no_route_is_no_network() {
        for odd in
            ["", "/system/bin/sh: ip: not found", "1.2.3.0/99 src 1.2.3.4", "1.2.3.0/0 src 1.2.3.4", "x/24 src y"]
        {
            assert_eq!(Networks::read(odd), Networks::default(), "{odd}");
        }
    }
}
