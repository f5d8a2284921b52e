//! The CA of this machine, the leaves it mints, and the chains it makes in the image of a server's.
//!
//! Owns creating and loading the CA (its key file is made with mode 0600 and never touched again;
//! a damaged one is named and never overwritten), minting a leaf for a host with a cache, and the
//! forms in which a device takes the CA certificate (PEM, DER, PKCS#12, mobileconfig, Android).
//!
//! Must not open sockets. The CA's key never leaves this room.

mod artefacts;
mod authority;
mod files;
pub(crate) mod forge;
mod identities;
mod mint;
mod mirror;
mod shown;

pub use artefacts::{Artefact, ArtefactFile, artefact, trust_store};
pub use authority::{Authority, CaError, Origin};
pub use files::CaPaths;
pub use identities::{Catalogue, CatalogueError};
pub use mint::{KeyChoice, Leaf, Mint};
pub use mirror::{Extent, MirrorError, Mirrored, Server, extent, may_be_acted_on};
pub use shown::Shown;
