//! The proxy on real sockets: intake, the client's TLS, relaying, bad input.

mod bad_input;
mod http2;
mod intake;
mod legs;
mod portal;
mod refusals;
mod relay;
