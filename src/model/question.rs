//! What only the person at the screen can decide, and what was decided.

use std::net::IpAddr;

use super::{Target, Timestamp};

/// Something that a client waits for a person to decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// By which it is answered. Counts from 1 within a run.
    pub id: u64,
    /// Who waits: the address in its canonical form.
    pub client: IpAddr,
    /// What for.
    pub kind: QuestionKind,
    /// Since when.
    pub asked: Timestamp,
    /// Until when an answer is waited for; after it whoever asked does what it does without one.
    pub until: Timestamp,
}

/// What is to be decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuestionKind {
    /// Whether a device that is not on this machine may use the proxy. Without an answer it may not.
    Admit {
        /// What it asked for first, in a few words: `CONNECT api.example.com:443`. It chose them itself.
        wants: String,
        /// What it called itself in its first request, if that was a request.
        agent: Option<String>,
    },
    /// Whether connections to a target that a client refuses to have intercepted are tunnelled.
    /// Without an answer they are intercepted as before.
    Tunnel {
        /// Where it goes.
        target: Target,
        /// What makes tlscope ask, in words.
        why: String,
    },
}

impl QuestionKind {
    /// Whether an answer to one of them is an answer to the other, when the same client asks both.
    pub fn is_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Admit { .. }, Self::Admit { .. }) => true,
            (Self::Tunnel { target, .. }, Self::Tunnel { target: other, .. }) => target == other,
            _ => false,
        }
    }
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Yes, as long as this run lasts.
    Once,
    /// Yes, and the next runs remember it.
    Always,
    /// No.
    Never,
}
