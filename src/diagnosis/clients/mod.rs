//! Why a client refuses what tlscope gives it.
//!
//! A single refusal says little: the same alert means a CA that is not installed, an app that ignores
//! it, or a pin. What tells them apart is everything else that the device did: whether this app took
//! the CA for other hosts, whether other apps did, and how clients of its kind refuse. So meetings of
//! clients with our certificate are counted here by device, app and host, and a conclusion is drawn
//! from all of them, with how sure it is and what it rests on.
//!
//! Must not know the session or the proxy, both of which keep such a history.

mod conclude;
mod habits;
mod history;

pub use habits::{Distrust, Habits, Nature};
pub use history::{App, History, Manner, Meeting, Pair};

#[cfg(test)]
mod tests;
