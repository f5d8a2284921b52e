//! The screen.
//!
//! Owns what is shown and how it is driven: `State` is changed by messages and looks at the
//! session's book; effects come out as data and are carried out by the loop. Every text that came
//! from a peer goes through `text::safe` in one place, `style::Look`.
//!
//! Must not know the proxy, sockets or rustls.

mod about;
mod audited;
mod board;
mod column;
mod copying;
mod detail;
mod effect;
mod keymap;
mod menu;
mod panes;
mod pick;
mod rows;
mod run;
mod settings;
mod state;
mod style;
mod terminal;
mod update;
mod view;

pub use about::{About, Answer, Asked, Exporter, Hooks, Keeper, Loader, Obeyer, Reply, Searcher};
pub use audited::Plan;
pub use keymap::{KeyFault, Keymap, keys_markdown};
pub use run::{drive, run};
pub use settings::{Prefs, Settings, column_names};
pub use style::Theme;

#[cfg(test)]
mod tests;
