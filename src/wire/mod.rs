//! Incremental parsers of bytes on the wire.
//!
//! Owns what can be told from bytes alone: which protocol a client opens with ([`sniff`]), a
//! [`ClientHello`](crate::model::ClientHello) with its fingerprints and what client it looks
//! like, a server's plaintext flight, SOCKS 5 from both sides, a proxy's answer to CONNECT, the
//! heads of an HTTP/1 stream, the few
//! HTTP/2 frames that matter to a relay, WebSocket messages. Each is fed pieces of any size and
//! says when it needs more; none fails on any prefix of a valid stream, none panics on any bytes.
//!
//! Must not do I/O and must not know the time.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod bytes_reader;
mod client_kind;
mod connect_answer;
mod fingerprint;
mod flight;
mod hello;
mod hello_writer;
mod http1;
mod http2;
mod offer;
mod records;
mod sniff;
mod socks;
mod socks_client;
mod sslv2;
mod websocket;

pub use client_kind::{Basis, Family, Likeness, known_clients, likeness};
pub use connect_answer::{ConnectAnswer, ConnectHead, read_connect_answer};
pub use fingerprint::{Ja3, Transport, ja3, ja4, ja4_r};
pub use flight::{Flight, FlightReader};
pub use hello::{HelloRead, read_client_hello};
pub use hello_writer::{ProbeHello, unusual_suites, write_probe_hello};
pub use http1::{HeadFollower, RequestMethod};
pub use http2::{FrameFollower, ServerSettings};
pub use offer::{Offer, RenegotiationSign, Resumption};

pub use sniff::{Opening, guess_raw, sniff};
pub use socks::{
    SocksMethods, SocksReply, SocksRequest, SocksStep, read_credentials, read_greeting, read_request, write_reply,
};
pub use socks_client::{
    LOGIN, NO_LOGIN, NO_METHOD, SocksAnswer, read_login_status, read_method, read_reply, write_client_greeting,
    write_connect_request, write_login,
};
pub use sslv2::{read_sslv2_answer, write_sslv2_hello};
pub use websocket::{MessageReader, Opcode, WsMessage};
