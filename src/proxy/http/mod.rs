//! Relaying HTTP/1 and HTTP/2, exchange by exchange.
//!
//! hyper speaks HTTP on both legs, one upstream connection for one client connection, never shared
//! and never dialled again. Heads are watched as the bytes they were; bodies stream through a tee
//! that keeps what there is room for. What hyper forces to differ is marked on the exchange
//! (docs/manual/fidelity.md lists it).

mod ahead;
mod budget;
mod exchange;
mod fields;
mod forward;
mod heads;
mod own;
mod page;
mod port;
mod relay;
mod tee;
mod upgrade;
mod upstream;

pub(super) use budget::Budget;
pub(super) use own::serve_own;
pub(super) use page::serve_page;
pub(super) use port::serve_port;
pub(super) use relay::{relay_http1, relay_http2};

/// An error that ends a connection: what became of the exchange is in its record.
pub(super) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// More header fields than this are refused with 431.
const MAX_HEADERS: usize = 500;

/// A longer head is refused with 431.
const MAX_HEAD_BYTES: usize = 256 << 10;
