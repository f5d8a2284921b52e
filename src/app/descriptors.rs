//! How many files and sockets this process may have open.

use tracing::warn;

use crate::proxy::Limits;

/// More are not asked for: each costs the kernel memory.
#[cfg(unix)]
const WANTED: u64 = 65_536;

/// Kept for what is no connection: the session, the log, fetching.
const RESERVED: usize = 128;

/// A connection has a socket to the client and one to the server.
const OF_A_CONNECTION: usize = 2;

/// Has the system give this process as many as it may have; says how many that are.
#[cfg(unix)]
fn raise() -> Option<usize> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let before = getrlimit(Resource::Nofile);
    let most = before.maximum.map_or(WANTED, |maximum| maximum.min(WANTED));
    if before.current.is_some_and(|current| current < most) {
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum: before.maximum });
    }
    getrlimit(Resource::Nofile).current.and_then(|current| usize::try_from(current).ok())
}

/// There is no such limit.
#[cfg(not(unix))]
fn raise() -> Option<usize> {
    None
}

/// The limits of the proxy, as far as this process has sockets for them.
pub(super) fn within_reach(limits: Limits) -> Limits {
    let within = raise().map_or(limits, |files| for_files(limits, files));
    if within != limits {
        let connections = within.connections;
        warn!("too few files may be open (ulimit -n) for all connections; {connections} are served at a time");
    }
    within
}

fn for_files(limits: Limits, files: usize) -> Limits {
    let most = files.saturating_sub(RESERVED).max(OF_A_CONNECTION) / OF_A_CONNECTION;
    Limits {
        connections: limits.connections.min(most),
        per_address: limits.per_address.min(most),
        silent: limits.silent.min(most),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_promised_than_there_are_sockets_for() {
        let usual = Limits::default();
        assert_eq!(for_files(usual, 65_536), usual);
        let few = for_files(usual, 1024);
        assert_eq!((few.connections, few.per_address, few.silent), (448, 448, 256));
        assert_eq!(for_files(usual, 0).connections, 1);
    }

    #[cfg(unix)]
    #[test]
    fn the_limit_is_raised_as_far_as_it_goes() {
        use rustix::process::{Resource, getrlimit};
        let most = getrlimit(Resource::Nofile).maximum.map_or(WANTED, |most| most.min(WANTED));
        assert!(raise().is_some_and(|files| files as u64 >= most));
    }
}
