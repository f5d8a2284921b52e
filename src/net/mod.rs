//! Reaching servers, and recording what they show.
//!
//! Owns resolving (with the user's overrides), connecting, directly or through a proxy, the TLS
//! handshake towards a server with a verifier that accepts everything and records it, client
//! certificates and key logs, the plaintext hello that asks an old server for its certificates,
//! fetching an issuer's certificate, and the io wrappers that watch bytes go by. How an attempt failed
//! is a typed [`Failure`](crate::model::Failure), never a text.
//!
//! Must not know the proxy, nor any face.

mod address;
mod cidr;
mod connect;
mod dialler;
mod fetch;
mod glob;
mod identity;
mod io;
mod key_log;
mod keys;
mod leg;
mod negotiate;
mod probe;
mod resolve;
mod rules;
mod secret;
mod through;
mod tls;
mod upstream_proxy;
mod verifier;

pub use address::{Place, is_local};
pub use cidr::{Cidr, CidrError};
pub use connect::keep_alive;
pub use dialler::{Config, Dialler};
pub use fetch::{Ask, FetchError, fetch};
pub use glob::{Glob, GlobError};
pub use identity::{Identity, IdentityError};
pub use io::{EndTold, Prefixed, StreamEnd, Tapped, Watcher};
pub use key_log::{KeyLog, KeyLogError};
pub use keys::{ClientCertRule, ClientCertRuleError, KeyFileError, KeyFiles, Keys};
pub use leg::{Missed, Route, TcpLeg};
pub use probe::{Answer, AnswerEnd, probe, random, send_hello};
pub use rules::{ConnectRule, HostPattern, ResolveRule, RuleError};
pub use secret::Secret;
pub use tls::{Offer, ServerStream, TlsLeg, facts_of_flight, failure_of_read};
pub use upstream_proxy::{Login, NoProxy, NoProxyError, ProxyScheme, ProxyUrlError, UpstreamProxy};
