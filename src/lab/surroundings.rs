//! What the making of every certificate has to know of the lab.

use std::sync::Arc;

use super::logs::Logs;
use crate::model::Timestamp;

/// What every certificate of the lab has in common.
#[derive(Clone)]
pub(super) struct Surroundings {
    /// The lab's start.
    pub(super) now: Timestamp,
    pub(super) host: String,
    /// Where the server of issuers, lists and answers is found.
    pub(super) aia: String,
    /// The name of this certificate's files there.
    pub(super) file: String,
    /// Judged as publicly trusted.
    pub(super) public: bool,
    pub(super) logs: Arc<Logs>,
}
