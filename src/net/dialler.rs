//! From a target to a connection with its server.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use super::connect::{connect_any, keep_alive};
use super::leg::{Missed, TcpLeg};
use super::resolve::Resolver;
use super::rules::{ConnectRule, ResolveRule};
use super::tls::{self, Offer, TlsLeg};
use crate::model::{AlertCode, Attempt, DialTiming, Failure, Target, millis};

/// How to reach servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Other places to connect to.
    pub connect_to: Vec<ConnectRule>,
    /// Addresses that DNS is not asked for.
    pub resolve: Vec<ResolveRule>,
    /// How long to wait for DNS.
    pub dns_timeout: Duration,
    /// How long to wait for a TCP connection.
    pub tcp_timeout: Duration,
    /// How long to wait for a TLS handshake.
    pub tls_timeout: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            connect_to: Vec::new(),
            resolve: Vec::new(),
            dns_timeout: Duration::from_secs(5),
            tcp_timeout: Duration::from_secs(8),
            tls_timeout: Duration::from_secs(8),
        }
    }
}

/// Connects to servers. Shared by all connections.
#[derive(Clone, Debug)]
pub struct Dialler {
    config: Config,
    resolver: Resolver,
}

impl Dialler {
    /// Makes one.
    pub fn new(config: Config) -> Self {
        let resolver = Resolver {
            connect_to: config.connect_to.clone(),
            resolve: config.resolve.clone(),
            timeout: config.dns_timeout,
        };
        Self { config, resolver }
    }

    /// How long a server may take for its handshake.
    pub fn tls_timeout(&self) -> Duration {
        self.config.tls_timeout
    }

    /// Every address of a target.
    ///
    /// # Errors
    /// [`Failure::DnsFail`] with the reason.
    pub async fn addresses(&self, target: &Target) -> Result<Vec<SocketAddr>, Failure> {
        let mut addresses = self.resolver.resolve(target).await?.addresses;
        addresses.sort();
        addresses.dedup();
        Ok(addresses)
    }

    /// Resolves and connects.
    ///
    /// # Errors
    /// [`Missed`] with the typed reason.
    pub async fn connect(&self, target: &Target) -> Result<TcpLeg, Missed> {
        self.connect_if(target, |_| true).await
    }

    /// The same, to none but allowed addresses: the others are not even knocked at.
    ///
    /// # Errors
    /// [`Missed`] with the typed reason; [`Failure::NotAllowed`] when no address is allowed.
    pub async fn connect_if(&self, target: &Target, allowed: impl Fn(IpAddr) -> bool) -> Result<TcpLeg, Missed> {
        let began = Instant::now();
        let resolved = self.resolver.resolve(target).await;
        let dns_ms = millis(began.elapsed());
        let failed_dns =
            |failure| Missed::new(failure, None, DialTiming { dns_ms: Some(dns_ms), ..DialTiming::default() });
        let resolved = resolved.map_err(failed_dns)?;
        let timing = DialTiming { dns_ms: resolved.asked_dns.then_some(dns_ms), ..DialTiming::default() };
        let (addresses, refused): (Vec<_>, Vec<_>) =
            resolved.addresses.into_iter().partition(|address| allowed(address.ip()));
        if addresses.is_empty() {
            return Err(Missed::new(Failure::NotAllowed, refused.first().copied(), timing));
        }
        self.dial(&addresses, timing).await
    }

    /// Connects once more to an address that was connected to before: asking DNS again might lead
    /// elsewhere, to a place that is not allowed.
    ///
    /// # Errors
    /// [`Missed`] with the typed reason.
    pub async fn reconnect(&self, address: SocketAddr) -> Result<TcpLeg, Missed> {
        self.dial(&[address], DialTiming::default()).await
    }

    async fn dial(&self, addresses: &[SocketAddr], mut timing: DialTiming) -> Result<TcpLeg, Missed> {
        let began = Instant::now();
        let connected = connect_any(addresses, self.config.tcp_timeout).await;
        timing.tcp_ms = Some(millis(began.elapsed()));
        match connected {
            Ok((stream, address)) => {
                let _ = stream.set_nodelay(true);
                keep_alive(&stream);
                Ok(TcpLeg { stream, address, timing })
            }
            Err((failure, address)) => Err(Missed::new(failure, address, timing)),
        }
    }

    /// Shakes hands once, over a connection that leads through somebody else: a second one would lead
    /// elsewhere.
    ///
    /// # Errors
    /// [`Missed`] with the typed reason and what the server had shown.
    pub async fn handshake_once(&self, tcp: TcpLeg, offer: &Offer) -> Result<TlsLeg, Missed> {
        tls::handshake(tcp, offer, Attempt::Modern, self.config.tls_timeout).await
    }

    /// Shakes hands over a fresh connection, with modern parameters; once more over a second one,
    /// with SHA-1 signatures offered, when the server finds nothing in common.
    ///
    /// # Errors
    /// [`Missed`] with the typed reason and what the server had shown.
    pub async fn handshake(&self, tcp: TcpLeg, offer: &Offer) -> Result<TlsLeg, Missed> {
        let (address, deadline) = (tcp.address, self.config.tls_timeout);
        let missed = match tls::handshake(tcp, offer, Attempt::Modern, deadline).await {
            Ok(leg) => return Ok(leg),
            Err(missed) => missed,
        };
        let nothing_in_common =
            matches!(&missed.failure, Failure::Alert { code, .. } if *code == AlertCode::HANDSHAKE_FAILURE);
        if !nothing_in_common || missed.handshake.is_some() {
            return Err(missed);
        }
        let Ok(again) = self.reconnect(address).await else { return Err(missed) };
        tls::handshake(again, offer, Attempt::Sha1Signatures, deadline).await.map_err(|_| missed)
    }
}
