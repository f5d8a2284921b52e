//! Clients that end a finished handshake in silence: once may be chance, several times is a pin.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use crate::model::Host;

/// From this many on, silence is called suspicious.
const SUSPICIOUS: u32 = 3;

/// More pairs than this are not remembered.
const LIMIT: usize = 10_000;

/// How often each client has ended each host's connections in silence.
#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<HashMap<(IpAddr, Host), u32>>);

impl Refusals {
    /// Notes one more; gives how many there were once they are suspicious.
    pub(super) fn note(&self, client: IpAddr, host: &Host) -> Option<u32> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= LIMIT {
            seen.clear();
        }
        let times = seen.entry((client, host.clone())).or_default();
        *times += 1;
        (*times >= SUSPICIOUS).then_some(*times)
    }

    /// The client has talked to the host after all.
    pub(super) fn forget(&self, client: IpAddr, host: &Host) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&(client, host.clone()));
    }
}
