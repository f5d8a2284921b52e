//! TCP connections, to whichever address of a name answers first.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::model::Failure;

/// The next address is tried when the one before has not answered for this long (RFC 8305 section 5).
const STAGGER: Duration = Duration::from_millis(250);

/// Connects to the first of `addresses` that answers. On failure gives the last one that failed,
/// with the reason.
pub(super) async fn connect_any(
    addresses: &[SocketAddr],
    deadline: Duration,
) -> Result<(TcpStream, SocketAddr), (Failure, Option<SocketAddr>)> {
    let mut attempts = JoinSet::new();
    for (place, address) in addresses.iter().copied().enumerate() {
        let head_start = STAGGER * u32::try_from(place).unwrap_or(u32::MAX);
        attempts.spawn(async move {
            sleep(head_start).await;
            (TcpStream::connect(address).await, address)
        });
    }
    let mut last = (Failure::TcpTimeout, addresses.first().copied());
    let first_success = async {
        while let Some(attempt) = attempts.join_next().await {
            match attempt {
                Ok((Ok(stream), address)) => return Some((stream, address)),
                Ok((Err(error), address)) => last = (failure_of(&error), Some(address)),
                Err(_) => {}
            }
        }
        None
    };
    match timeout(deadline, first_success).await {
        Ok(Some(connected)) => Ok(connected),
        Ok(None) => Err(last),
        Err(_) => Err((Failure::TcpTimeout, addresses.first().copied())),
    }
}

/// Has the kernel find out whether the peer is still there: a phone that leaves the network says no
/// farewell.
pub fn keep_alive(stream: &TcpStream) {
    let wish =
        TcpKeepalive::new().with_time(Duration::from_secs(60)).with_interval(Duration::from_secs(15)).with_retries(4);
    // Without it the connection works as well.
    let _ = SockRef::from(stream).set_tcp_keepalive(&wish);
}

fn failure_of(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Failure::TcpRefused,
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => Failure::TcpReset,
        io::ErrorKind::TimedOut => Failure::TcpTimeout,
        _ => Failure::TcpUnreachable { reason: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn goes_on_to_the_next_address() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let good = listener.local_addr().unwrap();
        // Bound and closed again: nobody listens there.
        let closed = TcpListener::bind("127.0.0.2:0").await.unwrap().local_addr().unwrap();
        let (_, address) = connect_any(&[closed, good], Duration::from_secs(5)).await.unwrap();
        assert_eq!(address, good);
        let (failure, address) = connect_any(&[closed], Duration::from_secs(5)).await.unwrap_err();
        assert_eq!((failure, address), (Failure::TcpRefused, Some(closed)));
    }
}
