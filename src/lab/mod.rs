//! Servers with every defect, on loopback: for newcomers, for tests, for showing what tlscope finds.
//!
//! Owns the recipes in `certs/lab.toml`, having `ca::forge` make what they ask for, and serving it: TLS with rustls, scripted plaintext flights where
//! rustls cannot speak, and plain misbehaviour. One port serves every case by its SNI; a case that
//! is about having no name, or whose server speaks first, has a port of its own.
//!
//! Must not know the proxy, nor any face.

mod build;
mod careless;
mod drive;
mod flights;
mod recipe;
mod serve;
mod site;
mod tls;

pub use careless::careless;
pub use drive::{DriveError, Driven, drive};
pub use recipe::{Case, RecipeError};
pub use serve::{Lab, LabError};

/// The domain that the cases are below.
pub const DOMAIN: &str = "lab.test";

/// The domain of the cases that are judged as publicly trusted: under a top-level domain that is.
pub const PUBLIC_DOMAIN: &str = "lab.example.com";
