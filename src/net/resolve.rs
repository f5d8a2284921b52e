//! From a target to addresses.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::time::timeout;

use super::rules::{ConnectRule, ResolveRule};
use crate::model::{Failure, Target};

/// Addresses to try, and whether DNS had to be asked for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resolved {
    pub(super) addresses: Vec<SocketAddr>,
    pub(super) asked_dns: bool,
}

/// Resolves with the user's overrides, then with the system's resolver.
#[derive(Clone, Debug, Default)]
pub(super) struct Resolver {
    pub(super) connect_to: Vec<ConnectRule>,
    pub(super) resolve: Vec<ResolveRule>,
    pub(super) timeout: Duration,
}

impl Resolver {
    /// Where a target is to be looked for, by `--connect-to`.
    pub(super) fn place(&self, target: &Target) -> Target {
        self.connect_to.iter().find_map(|rule| rule.apply(target)).unwrap_or_else(|| target.clone())
    }

    /// The addresses of a place that DNS need not be asked for.
    pub(super) fn known(&self, place: &Target) -> Option<Resolved> {
        let at = |ip: &IpAddr| SocketAddr::new(*ip, place.port);
        let known = |addresses: Vec<SocketAddr>| Resolved { addresses, asked_dns: false };
        if let Some(rule) = self.resolve.iter().find(|rule| rule.matches(place)) {
            return Some(known(rule.addresses.iter().map(at).collect()));
        }
        place.host.ip().map(|ip| known(vec![at(&ip)]))
    }

    /// The addresses of a target.
    pub(super) async fn resolve(&self, target: &Target) -> Result<Resolved, Failure> {
        self.resolve_place(&self.place(target)).await
    }

    /// The addresses of a place that no `--connect-to` is about.
    pub(super) async fn resolve_place(&self, place: &Target) -> Result<Resolved, Failure> {
        match (self.known(place), &place.host) {
            (Some(known), _) => Ok(known),
            (None, host) => self.ask_dns(&host.to_string(), place.port).await,
        }
    }

    async fn ask_dns(&self, name: &str, port: u16) -> Result<Resolved, Failure> {
        answered(lookup_host((name, port)), self.timeout).await
    }
}

/// The addresses that a lookup gives within the time.
async fn answered(
    lookup: impl Future<Output = io::Result<impl Iterator<Item = SocketAddr>>>,
    limit: Duration,
) -> Result<Resolved, Failure> {
    let failed = |reason: String| Failure::DnsFail { reason };
    let answer = timeout(limit, lookup).await;
    let answer = answer.map_err(|_| failed(format!("no answer within {} s", limit.as_secs_f32())))?;
    let addresses: Vec<SocketAddr> = answer.map_err(|error| failed(error.to_string()))?.collect();
    if addresses.is_empty() {
        return Err(failed("the name has no address".to_owned()));
    }
    Ok(Resolved { addresses, asked_dns: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn dns_is_not_waited_for_longer_than_was_said() {
        let never = std::future::pending::<io::Result<std::iter::Empty<SocketAddr>>>();
        let failure = answered(never, Duration::from_millis(10)).await.unwrap_err();
        assert_eq!(failure, Failure::DnsFail { reason: "no answer within 0.01 s".to_owned() });
        let none = async { Ok(std::iter::empty()) };
        let failure = answered(none, Duration::from_secs(5)).await.unwrap_err();
        assert_eq!(failure, Failure::DnsFail { reason: "the name has no address".to_owned() });
    }

    #[tokio::test]
    async fn what_is_known_is_not_asked_for() {
        let resolver = Resolver {
            connect_to: vec!["a.test:443:b.test:8443".parse().unwrap()],
            resolve: vec!["b.test:8443:192.0.2.1,::1".parse().unwrap()],
            timeout: Duration::ZERO,
        };
        let resolved = resolver.resolve(&"a.test:443".parse().unwrap()).await.unwrap();
        let addresses = ["192.0.2.1:8443", "[::1]:8443"].map(|address| address.parse().unwrap());
        assert_eq!(resolved, Resolved { addresses: addresses.to_vec(), asked_dns: false });
    }
}
