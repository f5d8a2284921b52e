//! From a target to a connection with its server.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::connect::{connect_any, keep_alive};
use super::key_log::KeyLog;
use super::keys::Keys;
use super::leg::{Missed, Route, TcpLeg};
use super::resolve::Resolver;
use super::rules::{ConnectRule, ResolveRule};
use super::through::at_address;
use super::tls::{self, Offer, Terms, TlsLeg};
use super::upstream_proxy::{NoProxy, UpstreamProxy};
use crate::model::{AlertCode, Attempt, DialTiming, Failure, Target, Via, millis};

/// How to reach servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Other places to connect to.
    pub connect_to: Vec<ConnectRule>,
    /// Addresses that DNS is not asked for.
    pub resolve: Vec<ResolveRule>,
    /// The proxy through which servers are reached.
    pub upstream_proxy: Option<UpstreamProxy>,
    /// Who is reached without it.
    pub no_proxy: NoProxy,
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
            upstream_proxy: None,
            no_proxy: NoProxy::default(),
            dns_timeout: Duration::from_secs(5),
            tcp_timeout: Duration::from_secs(8),
            tls_timeout: Duration::from_secs(8),
        }
    }
}

/// Connects to servers. Shared by all connections.
#[derive(Clone, Debug)]
pub struct Dialler {
    pub(super) config: Config,
    pub(super) resolver: Resolver,
    keys: Keys,
}

impl Dialler {
    /// Makes one.
    pub fn new(config: Config) -> Self {
        let resolver = Resolver {
            connect_to: config.connect_to.clone(),
            resolve: config.resolve.clone(),
            timeout: config.dns_timeout,
        };
        Self { config, resolver, keys: Keys::default() }
    }

    /// With client certificates and key logs.
    #[must_use]
    pub fn with_keys(self, keys: Keys) -> Self {
        Self { keys, ..self }
    }

    /// The log of the secrets of clients' legs.
    pub fn client_key_log(&self) -> Option<Arc<KeyLog>> {
        self.keys.client_log()
    }

    /// How long a server may take for its handshake.
    pub fn tls_timeout(&self) -> Duration {
        self.config.tls_timeout
    }

    /// A way to every address of a target, as this machine resolves it.
    ///
    /// # Errors
    /// [`Failure::DnsFail`] with the reason.
    pub async fn routes(&self, target: &Target) -> Result<Vec<Route>, Failure> {
        let mut addresses = self.resolver.resolve(target).await?.addresses;
        addresses.sort();
        addresses.dedup();
        let proxy = match self.proxy_for(target) {
            Some(proxy) => Some((proxy, self.resolver.resolve_place(&proxy.place).await?)),
            None => None,
        };
        let via = |asked: SocketAddr| {
            let (proxy, place) = proxy.as_ref()?;
            let address = place.addresses.first().copied();
            Some(Via { proxy: proxy.to_string(), address, asked: at_address(asked) })
        };
        let route = |address| Route { target: Some(target.clone()), address: Some(address), via: via(address) };
        Ok(addresses.into_iter().map(route).collect())
    }

    /// Resolves and connects.
    ///
    /// # Errors
    /// [`Missed`] with the typed reason.
    pub async fn connect(&self, target: &Target) -> Result<TcpLeg, Missed> {
        self.connect_if(target, |_| true).await
    }

    /// The same, to none but allowed addresses: the others are not even knocked at. Where a proxy
    /// resolves the name, its address is not known and so not asked about, unless the name says it.
    ///
    /// # Errors
    /// [`Missed`] with the typed reason; [`Failure::NotAllowed`] when no address is allowed.
    pub async fn connect_if(&self, target: &Target, allowed: impl Fn(IpAddr) -> bool) -> Result<TcpLeg, Missed> {
        let connected = match self.proxy_for(target) {
            Some(proxy) => self.connect_through(proxy, target, allowed).await,
            None => self.connect_directly(target, allowed).await,
        };
        let known = |route: Route| route.with_target(target);
        match connected {
            Ok(leg) => Ok(TcpLeg { route: known(leg.route), ..leg }),
            Err(missed) => Err(Missed { route: known(missed.route), ..missed }),
        }
    }

    /// Goes the same way once more: asking DNS again might lead elsewhere, to a place that is not
    /// allowed.
    ///
    /// # Errors
    /// [`Missed`] with the typed reason.
    pub async fn reconnect(&self, route: &Route) -> Result<TcpLeg, Missed> {
        let timing = DialTiming::default();
        let mut leg = match (&route.via, &self.config.upstream_proxy) {
            (Some(via), Some(proxy)) => {
                let addresses: Vec<_> = via.address.into_iter().collect();
                self.ask_proxy(proxy, &addresses, (&via.asked, route.address), timing).await?
            }
            _ => self.dial(&route.address.into_iter().collect::<Vec<_>>(), timing).await?,
        };
        leg.route.target.clone_from(&route.target);
        Ok(leg)
    }

    async fn connect_directly(&self, target: &Target, allowed: impl Fn(IpAddr) -> bool) -> Result<TcpLeg, Missed> {
        let began = Instant::now();
        let resolved = self.resolver.resolve(target).await;
        let dns_ms = Some(millis(began.elapsed()));
        let timing = |dns_ms| DialTiming { dns_ms, ..DialTiming::default() };
        let resolved = resolved.map_err(|failure| Missed::new(failure, Route::default(), timing(dns_ms)))?;
        let timing = timing(dns_ms.filter(|_| resolved.asked_dns));
        let (addresses, refused): (Vec<_>, Vec<_>) =
            resolved.addresses.into_iter().partition(|address| allowed(address.ip()));
        match (addresses.is_empty(), refused.first()) {
            (true, Some(refused)) => Err(Missed::new(Failure::NotAllowed, Route::to(*refused), timing)),
            _ => self.dial(&addresses, timing).await,
        }
    }

    pub(super) async fn dial(&self, addresses: &[SocketAddr], mut timing: DialTiming) -> Result<TcpLeg, Missed> {
        let began = Instant::now();
        let connected = connect_any(addresses, self.config.tcp_timeout).await;
        timing.tcp_ms = Some(millis(began.elapsed()));
        let route = |address| Route { address, ..Route::default() };
        match connected {
            Ok((stream, address)) => {
                let _ = stream.set_nodelay(true);
                keep_alive(&stream);
                Ok(TcpLeg { stream, route: route(Some(address)), timing })
            }
            Err((failure, address)) => Err(Missed::new(failure, route(address), timing)),
        }
    }

    /// Shakes hands once, over a connection that leads through somebody else: a second one would lead
    /// elsewhere.
    ///
    /// # Errors
    /// [`Missed`] with the typed reason and what the server had shown.
    pub async fn handshake_once(&self, tcp: TcpLeg, offer: &Offer) -> Result<TlsLeg, Missed> {
        let terms = self.terms(&tcp.route, offer);
        tls::handshake(tcp, offer, Attempt::Modern, &terms).await
    }

    /// Shakes hands over a fresh connection, with modern parameters; once more over a second one,
    /// with SHA-1 signatures offered, when the server finds nothing in common.
    ///
    /// # Errors
    /// [`Missed`] with the typed reason and what the server had shown.
    pub async fn handshake(&self, tcp: TcpLeg, offer: &Offer) -> Result<TlsLeg, Missed> {
        let (route, terms) = (tcp.route.clone(), self.terms(&tcp.route, offer));
        let missed = match tls::handshake(tcp, offer, Attempt::Modern, &terms).await {
            Ok(leg) => return Ok(leg),
            Err(missed) => missed,
        };
        let nothing_in_common =
            matches!(&missed.failure, Failure::Alert { code, .. } if *code == AlertCode::HANDSHAKE_FAILURE);
        if !nothing_in_common || missed.handshake.is_some() {
            return Err(missed);
        }
        let Ok(again) = self.reconnect(&route).await else { return Err(missed) };
        tls::handshake(again, offer, Attempt::Sha1Signatures, &terms).await.map_err(|_| missed)
    }

    fn terms(&self, route: &Route, offer: &Offer) -> Terms {
        let identity = route.target.as_ref().and_then(|target| self.keys.identity_for(target, offer.sni.as_deref()));
        Terms { identity, key_log: self.keys.upstream_log(), deadline: self.config.tls_timeout }
    }
}
