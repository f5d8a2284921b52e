//! The session file.
//!
//! Owns the schema and its migrations, the one thread that writes, and reading back. A session is
//! one SQLite file, made with mode 0600, complete with secrets: while it is written it has a
//! write-ahead log beside it, and a clean end folds that in. What was written up to the last second
//! survives a kill at any moment.
//!
//! Must not know the proxy, nor any face.

mod archive;
mod schema;
mod writer;

pub use archive::{Archive, ExchangeRow};
pub use schema::StoreError;
pub use writer::{Flusher, Item, Kept, Writer};
