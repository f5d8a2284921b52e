//! The proxy on real sockets: intake, the client's TLS, relaying, bad input.

mod bad_input;
mod client_certificates;
mod http2;
mod intake;
mod legs;
mod refusals;
mod relay;
mod upstream_proxy;
