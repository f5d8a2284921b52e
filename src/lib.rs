//! tlscope: what exactly is wrong with the TLS between an app and its servers, and who would be
//! hurt by it?
//!
//! The crate is a library with a thin binary. Its rooms stand on floors; a room imports only from
//! lower floors, never sideways and never up. `tests/it/layering.rs` keeps it so.
//!
//! ```text
//!  9  the door      app (+ main.rs)                assemble, run, shut down
//!  8  settings      config                         flags, environment, file -> the rooms' own Config
//!  7  faces         tui   headless   portal        show; never touch upstream sockets
//!  6  activities    proxy   check   session   lab  do the work, tell it as events
//!  5  inquiry       inquiry                        from an observation to a settled report
//!  4  the world     net   store                    sockets; SQLite
//!  3  makers        ca   trust   export            leaf certificates; root sets; HAR and friends
//!  2  judgement     diagnosis   explain            facts -> findings -> words            (pure)
//!  1  reading       wire   x509   codec            bytes -> values                       (pure)
//!  0  words         model   text    files          nouns; safe text (both pure); private files
//! ```
//!
//! docs/architecture.md tells the route of one connection through them.

pub mod app;
pub mod ca;
pub mod check;
pub mod codec;
pub mod config;
pub mod diagnosis;
pub mod explain;
pub mod export;
pub mod files;
pub mod headless;
pub mod inquiry;
pub mod lab;
pub mod model;
pub mod net;
pub mod portal;
pub mod proxy;
pub mod session;
pub mod store;
pub mod text;
pub mod trust;
pub mod tui;
pub mod wire;
pub mod x509;
