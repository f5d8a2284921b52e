//! Taking clients in, and relaying what they say to the servers they mean.
//!
//! Owns the listening port, telling protocols apart on it, who may use it, what is done with which
//! host, the client's TLS, and relaying HTTP/1, HTTP/2, WebSocket and raw bytes. Everything that
//! happens is told as events; what the judge says comes back as one. A fault in one connection is
//! recorded on that connection and stops no other.
//!
//! Must not know the session, the store, nor any face.

mod after_refusal;
mod always;
mod audit;
mod client_tls;
mod context;
mod door;
mod give;
mod http;
mod instead;
mod intake;
mod intercept;
mod legacy;
mod listen;
mod mirror;
mod observe;
mod pages;
mod patience;
mod policy;
mod portal;
mod raw;
mod reach;
mod record;
mod refusals;
mod reverse;
mod socks;
mod stream;
mod target;
mod visitors;

pub use after_refusal::{AfterRefusal, AfterRefusalError};
pub use audit::{AuditPlan, Audited, Auditor};
pub use context::{Config, Services};
pub use door::access::Access;
pub use door::devices::{Device, Devices};
pub use door::guests::Guests;
pub use door::limits::Limits;
pub use door::password::{Password, PasswordError};
pub use door::questions::{Questions, Unanswered};
pub use listen::{ListenError, Proxy};
pub use policy::{BadUpstreamError, BadUpstreamRule, Policy, Routes};
pub use portal::{PORTAL_HOST, Portal, PortalAnswer, PortalRequest};
pub use reverse::Reverse;
