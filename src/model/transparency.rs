//! Logs of Certificate Transparency (RFC 6962), as a list of them says.

use bytes::Bytes;

use super::Timestamp;

/// Whether a log's promises count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogState {
    /// They do: qualified, usable or read-only.
    Counts,
    /// Those made before this instant do.
    RetiredAt(Timestamp),
    /// They do not (yet): pending, or rejected.
    DoesNotCount,
}

/// One log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CtLog {
    /// SHA-256 of its public key.
    pub id: [u8; 32],
    /// Its SubjectPublicKeyInfo, in DER.
    pub key: Bytes,
    /// What it is called.
    pub name: String,
    /// Who runs it.
    pub operator: String,
    /// Whether its promises count.
    pub state: LogState,
    /// The word of the list for that state.
    pub state_word: String,
}
