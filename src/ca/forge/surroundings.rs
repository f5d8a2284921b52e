//! What the making of every certificate has to know of the lab.

use std::sync::Arc;

use super::keys::Key;
use super::logs::Logs;
use crate::model::Timestamp;

/// Where keys come from, by the names that recipes have for them.
pub(crate) type Keys = Arc<dyn Fn(&str) -> Result<Arc<Key>, String> + Send + Sync>;

/// What every certificate of the lab has in common.
#[derive(Clone)]
pub(crate) struct Surroundings {
    /// The lab's start.
    pub(crate) now: Timestamp,
    pub(crate) host: String,
    /// Where the server of issuers, lists and answers is found.
    pub(crate) aia: String,
    /// The name of this certificate's files there.
    pub(crate) file: String,
    /// Judged as publicly trusted.
    pub(crate) public: bool,
    pub(crate) logs: Arc<Logs>,
    pub(crate) keys: Keys,
}
