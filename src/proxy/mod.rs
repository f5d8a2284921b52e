//! Taking clients in, and relaying what they say to the servers they mean.
//!
//! Owns the listening port, telling protocols apart on it, who may use it, what is done with which
//! host, the client's TLS, and relaying HTTP/1, HTTP/2, WebSocket and raw bytes. Everything that
//! happens is told as events; what the judge says comes back as one. A fault in one connection is
//! recorded on that connection and stops no other.
//!
//! Must not know the session, the store, nor any face.

mod access;
mod client_tls;
mod context;
mod http;
mod intake;
mod intercept;
mod legacy;
mod listen;
mod pages;
mod patience;
mod policy;
mod raw;
mod reach;
mod record;
mod refusals;
mod stream;
mod target;

pub use access::Access;
pub use context::{Config, PORTAL_HOST, Portal, Services};
pub use listen::{ListenError, Proxy};
pub use policy::{Policy, Routes};
