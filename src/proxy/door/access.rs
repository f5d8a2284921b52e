//! Who may use the proxy.

use std::net::IpAddr;

use crate::net::Cidr;

/// The rules of the door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Whether this machine's own clients are served. Where they are not, a loopback address is
    /// somebody else's, come through a forwarded port.
    pub serve_loopback: bool,
    /// Who else is.
    pub allow: Vec<Cidr>,
    /// Whether the others may reach this machine's own services through the proxy.
    pub allow_local: bool,
}

impl Default for Access {
    fn default() -> Self {
        Self { serve_loopback: true, allow: Vec::new(), allow_local: false }
    }
}

impl Access {
    /// Whether a client at this address is one of this machine's own.
    pub fn is_own(&self, ip: IpAddr) -> bool {
        self.serve_loopback && ip.to_canonical().is_loopback()
    }

    /// Whether a client at this address is served.
    pub fn serves(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.is_own(ip) || self.allow.iter().any(|block| block.contains(ip))
    }

    /// Whether a client at this address may reach a loopback or link-local target.
    pub fn serves_local_targets(&self, ip: IpAddr) -> bool {
        self.allow_local || self.is_own(ip)
    }

    /// The flag that would let this address in.
    pub fn flag_for(ip: IpAddr) -> String {
        format!("--allow {}", Cidr::single(ip))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_served_and_others_only_when_allowed() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let access = Access { allow: vec!["10.0.0.0/8".parse().unwrap()], ..Access::default() };
        for (address, served) in
            [("127.0.0.1", true), ("::1", true), ("::ffff:127.0.0.9", true), ("10.1.2.3", true), ("11.1.2.3", false)]
        {
            assert_eq!(access.serves(ip(address)), served, "{address}");
        }
        assert!(access.serves_local_targets(ip("127.0.0.1")) && !access.serves_local_targets(ip("10.1.2.3")));
        assert_eq!(Access::flag_for(ip("::ffff:11.1.2.3")), "--allow 11.1.2.3/32");
    }
}
