//! The proxy on real sockets: intake, the client's TLS, relaying, bad input.

mod bad_input;
mod bad_upstream;
mod client_certificates;
mod doors;
mod exposed;
mod http2;
mod intake;
mod legs;
mod limits;
mod local_targets;
mod observe;
mod policy;
mod portal;
mod refusals;
mod relay;
mod reverse;
mod upstream_proxy;
