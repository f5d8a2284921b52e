//! The face without a screen: lines, reports and exit codes.
//!
//! Owns the words of `run --headless`, `exec`, `audit`, `check` and `explain` on a terminal or in a log, and what the
//! findings of a run mean for its exit code. Everything a peer sent goes through `text::safe`.
//!
//! Must not know ratatui, must not touch sockets.

mod audit;
mod banner;
mod check;
mod lines;
mod page;
mod paint;
mod summary;
mod tally;

pub use audit::{WrongFrom, WrongFromError, audit_report, trial_lines};
pub use banner::Banner;
pub use check::check_report;
pub use lines::human_lines;
pub use page::{explain_list, explain_page};
pub use paint::Paint;
pub use summary::run_summary;
pub use tally::{FailOn, FailOnError, Tally};

#[cfg(test)]
mod tests;
