//! The screen.
//!
//! Owns what is shown and how it is driven: `State` is changed by messages and looks at the
//! session's book; effects come out as data and are carried out by the loop. Every text that came
//! from a peer goes through `text::safe` in one place, `style::Look`.
//!
//! Must not know the proxy, sockets or rustls.

mod about;
mod board;
mod copying;
mod keymap;
mod list;
mod panes;
mod run;
mod state;
mod style;
mod terminal;
mod update;
mod view;

pub use about::{About, Exporter, Hooks};
pub use run::run;

#[cfg(test)]
mod tests;
