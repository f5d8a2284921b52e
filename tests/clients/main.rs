//! Real clients, through tlscope, to real servers, on this machine alone.
//!
//! Every test starts a server that is not ours and tlscope in front of it, runs one client, ends
//! tlscope, and reads from its events what it recorded. The names are `.test` ones that only
//! tlscope can find, so that no client passes it by. Ports are the system's choice, and everything
//! has a deadline.
//!
//! A test whose programs are missing says so and is skipped; with `TLSCOPE_REQUIRE_CLIENTS` set it
//! fails. `TLSCOPE_TEST_PYTHON` is a Python with the packages that the scripts import, and
//! `TLSCOPE_TEST_NODE_MODULES` a directory with undici, har-schema and ajv in it.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod browsers;
mod harness;
mod marked;
mod needs;
mod origins;
mod process;
mod recording;
mod terminal;

mod checked;
mod chromium;
mod commands;
mod curl;
mod exec;
mod hellos;
mod java;
mod legacy;
mod mirror;
mod mqtt;
mod node;
mod old_servers;
mod pictures;
mod pkits;
mod portal;
mod python;
mod readers;
mod refusals;
mod reverse;
mod revocation;
mod screen;
mod tunnels;
mod upstream;
