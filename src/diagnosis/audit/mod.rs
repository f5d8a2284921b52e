//! Whether clients check what they are shown.
//!
//! A client is shown identities that are wrong in one point each, one a connection, and is expected to
//! refuse them. That a connection ended proves little: a client that is dead, that distrusts the CA, or
//! that pins refuses everything. So a control, with which nothing is wrong, comes first, after every few
//! refusals and last; a refusal counts once a control was taken behind it. An identity that was taken
//! counts at once: nobody takes one by chance.
//!
//! Must not know the proxy, which asks what to show next, nor the certificates behind the names.

mod course;
mod manner;
mod progress;
mod table;

pub use manner::took;
pub use progress::{Audit, RunTold, Subject};
pub use table::{Cell, Found, Row, Standing, Table, Told};

#[cfg(test)]
mod tests;
