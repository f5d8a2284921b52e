//! Tests of several rooms together, in one binary.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(unreachable_pub, missing_docs)]

#[cfg(unix)]
mod android;
mod audit;
mod catalogue;
mod cli;
mod corpus;
mod exec;
mod hellos;
mod judge;
mod lab;
mod layering;
mod limbo;
mod mirror;
mod oracle;
mod proxy;
mod rig;
mod scan;
mod schemas;
mod secrets;
mod signatures;
