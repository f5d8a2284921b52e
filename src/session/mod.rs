//! The session: what has happened so far, folded from events.
//!
//! Owns the list of rows with its filter, the totals, what connections have in common, what is kept in memory and for how long, and
//! handing everything on to the session file and to whoever listens. Folding never waits for the
//! disk; memory stays bounded however long the session runs.
//!
//! Must not know the proxy, nor any face.

mod book;
mod filter;
mod groups;
mod kept;
mod places;
mod recorder;
mod row;
mod search;
mod setup;
mod stream;

pub use book::{Book, Detail, Limits};
pub use filter::{Asked, Completion, Filter, FilterError, quoted};
pub use groups::{ClientKey, Group, Groups};
pub use kept::{read_book, read_detail};
pub use recorder::{Change, Listener, Recorder, Session};
pub use row::{ChainFacts, ClientFacts, LeafFacts, Line, Row};
pub use search::{Searched, Wanted, search_bodies};
pub use setup::Setup;
pub use stream::{Format, LineStream, Told, json_lines};
