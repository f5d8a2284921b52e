//! Which rows there are to see, and in which order: kept up to date bit by bit, for a session has a
//! million rows and the screen must never wait for them.
//!
//! Owns positions. What a row says is read from the book when it is drawn.

mod cursor;
mod list;
mod sorted;
mod tree;
mod window;

pub(super) use list::Sort;
pub(super) use sorted::Key;
pub(super) use tree::Branch;
pub(super) use window::{Hunt, Rows, Shown};
