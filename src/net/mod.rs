//! Reaching servers, and recording what they show.
//!
//! Owns resolving (with the user's overrides), connecting, the TLS handshake towards a server with
//! a verifier that accepts everything and records it, the plaintext hello that asks an old server
//! for its certificates, fetching an issuer's certificate, and the io wrappers that watch bytes go
//! by. How an attempt failed is a typed [`Failure`](crate::model::Failure), never a text.
//!
//! Must not know the proxy, nor any face.

mod address;
mod connect;
mod dialler;
mod fetch;
mod io;
mod leg;
mod probe;
mod resolve;
mod rules;
mod tls;
mod verifier;

pub use address::{Place, is_local};
pub use connect::keep_alive;
pub use dialler::{Config, Dialler};
pub use fetch::{Ask, FetchError, fetch};
pub use io::{EndTold, Prefixed, StreamEnd, Tapped, Watcher};
pub use leg::{Missed, TcpLeg};
pub use probe::{Answer, AnswerEnd, probe, random, send_hello};
pub use rules::{ConnectRule, HostPattern, ResolveRule, RuleError};
pub use tls::{Offer, ServerStream, TlsLeg, facts_of_flight, failure_of_read};
