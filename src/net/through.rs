//! The way through a proxy: when there is one, what it is asked for, and how that ends.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::address::literal;
use super::dialler::Dialler;
use super::leg::{Missed, Route, TcpLeg};
use super::negotiate::negotiate;
use super::upstream_proxy::{UpstreamProxy, is_here};
use crate::model::{DialTiming, Failure, Host, ProxyFault, Target, Via, millis};

/// What a proxy is asked for, and the address that it leads to, where that is known.
type Wanted = (Target, Option<SocketAddr>);

/// What had to be looked up before a proxy can be asked.
struct Found {
    place: Vec<SocketAddr>,
    wanted: Vec<Wanted>,
    asked_dns: bool,
}

impl Dialler {
    /// The proxy between here and the target, when there is one.
    pub(super) fn proxy_for(&self, target: &Target) -> Option<&UpstreamProxy> {
        let is_direct = || is_here(&self.resolver.place(target)) || self.config.no_proxy.names(target);
        self.config.upstream_proxy.as_ref().filter(|_| !is_direct())
    }

    /// Has the proxy connect to the first allowed address that it can reach.
    pub(super) async fn connect_through(
        &self,
        proxy: &UpstreamProxy,
        target: &Target,
        allowed: impl Fn(IpAddr) -> bool,
    ) -> Result<TcpLeg, Missed> {
        let began = Instant::now();
        let found = self.look_up(proxy, target).await;
        let asked_dns = found.as_ref().map_or(true, |found| found.asked_dns);
        let dns_ms = asked_dns.then(|| millis(began.elapsed()));
        let timing = DialTiming { dns_ms, ..DialTiming::default() };
        let via = || Via { proxy: proxy.to_string(), address: None, asked: target.clone() };
        let missed = |failure, address| Missed::new(failure, Route { target: None, address, via: Some(via()) }, timing);
        let Found { place, wanted, .. } = found.map_err(|failure| missed(failure, None))?;
        let here = |(asked, _): &Wanted| literal(&asked.host).map(|ip| SocketAddr::new(ip, asked.port));
        let (wanted, refused): (Vec<_>, Vec<_>) =
            wanted.into_iter().partition(|wanted| here(wanted).is_none_or(|address| allowed(address.ip())));
        let mut last = missed(Failure::NotAllowed, refused.first().and_then(here));
        for (asked, address) in wanted {
            match self.ask_proxy(proxy, &place, (&asked, address), timing).await {
                Ok(leg) => return Ok(leg),
                Err(missed) => last = missed,
            }
            if !matches!(&last.failure, Failure::UpstreamProxy { fault } if fault.is_about_the_target()) {
                break;
            }
        }
        Err(last)
    }

    /// Where the proxy is, and what it is to be asked for, one after the other.
    async fn look_up(&self, proxy: &UpstreamProxy, target: &Target) -> Result<Found, Failure> {
        let (wanted, asked_dns) = self.wanted_of(proxy, target).await?;
        let place = self.resolver.resolve_place(&proxy.place).await.map_err(|failure| {
            let reason = unreachable_words(&failure);
            Failure::UpstreamProxy { fault: ProxyFault::Unreachable { reason } }
        })?;
        Ok(Found { asked_dns: asked_dns || place.asked_dns, place: place.addresses, wanted })
    }

    /// With whether DNS had to be asked.
    async fn wanted_of(&self, proxy: &UpstreamProxy, target: &Target) -> Result<(Vec<Wanted>, bool), Failure> {
        let place = self.resolver.place(target);
        let resolved = match self.resolver.known(&place) {
            None if proxy.resolves_names() => return Ok((vec![(place, None)], false)),
            None => self.resolver.resolve_place(&place).await?,
            Some(known) => known,
        };
        let wanted = resolved.addresses.into_iter().map(|address| (at_address(address), Some(address)));
        Ok((wanted.collect(), resolved.asked_dns))
    }

    /// Connects to a proxy and has it connect to `asked`.
    pub(super) async fn ask_proxy(
        &self,
        proxy: &UpstreamProxy,
        place: &[SocketAddr],
        (asked, address): (&Target, Option<SocketAddr>),
        timing: DialTiming,
    ) -> Result<TcpLeg, Missed> {
        let route = |proxy_address| {
            let via = Via { proxy: proxy.to_string(), address: proxy_address, asked: asked.clone() };
            Route { target: None, address, via: Some(via) }
        };
        let failed = |fault| Failure::UpstreamProxy { fault };
        let unreachable = |missed: Missed| {
            let reason = unreachable_words(&missed.failure);
            Missed::new(failed(ProxyFault::Unreachable { reason }), route(missed.route.address), missed.timing)
        };
        let mut leg = self.dial(place, timing).await.map_err(unreachable)?;
        let route = route(leg.route.address);
        let began = Instant::now();
        let answered = timeout(self.proxy_timeout(), negotiate(&mut leg.stream, proxy, asked)).await;
        leg.timing.proxy_ms = Some(millis(began.elapsed()));
        match answered.unwrap_or(Err(ProxyFault::Silent)) {
            Ok(()) => Ok(TcpLeg { route, ..leg }),
            Err(fault) => Err(Missed::new(failed(fault), route, leg.timing)),
        }
    }

    /// How long a proxy may take: it resolves and connects in our place.
    fn proxy_timeout(&self) -> Duration {
        self.config.dns_timeout.saturating_add(self.config.tcp_timeout)
    }
}

/// An address as a proxy is asked for it.
pub(super) fn at_address(address: SocketAddr) -> Target {
    Target::new(Host::Ip(address.ip().to_canonical()), address.port())
}

fn unreachable_words(failure: &Failure) -> String {
    match failure {
        Failure::DnsFail { reason } => format!("its name has no address: {reason}"),
        Failure::TcpRefused => "nobody listens there".to_owned(),
        Failure::TcpTimeout => "no answer to the connection attempt".to_owned(),
        Failure::TcpReset => "it reset the connection".to_owned(),
        Failure::TcpUnreachable { reason } => reason.clone(),
        _ => "no connection".to_owned(),
    }
}
