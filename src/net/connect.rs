//! TCP connections, to whichever address of a name answers first.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::model::Failure;

/// The next address is tried when the one before has not answered for this long (RFC 8305 section 5).
const STAGGER: Duration = Duration::from_millis(250);

/// The order in which addresses are tried: families in turn, IPv6 first (RFC 8305 section 4), so that one
/// that leads nowhere costs one attempt and not all of them.
fn interleaved(addresses: &[SocketAddr]) -> VecDeque<SocketAddr> {
    let (mut v6, mut v4): (VecDeque<_>, VecDeque<_>) = addresses.iter().copied().partition(SocketAddr::is_ipv6);
    let mut order = VecDeque::with_capacity(addresses.len());
    while !(v6.is_empty() && v4.is_empty()) {
        order.extend(v6.pop_front());
        order.extend(v4.pop_front());
    }
    order
}

/// Connects to the first of `addresses` that answers. An attempt that fails starts the next one at once,
/// one that takes its time after [`STAGGER`]; whichever is first wins. On failure gives the last one that
/// failed, with the reason.
pub(super) async fn connect_any(
    addresses: &[SocketAddr],
    deadline: Duration,
) -> Result<(TcpStream, SocketAddr), (Failure, Option<SocketAddr>)> {
    let mut waiting = interleaved(addresses);
    let first = waiting.front().copied();
    let mut last = (Failure::TcpTimeout, first);
    match timeout(deadline, race(&mut waiting, &mut last)).await {
        Ok(Some(connected)) => Ok(connected),
        Ok(None) => Err(last),
        Err(_) => Err((Failure::TcpTimeout, first)),
    }
}

/// `None` when every attempt has failed; `last` says how then.
async fn race(
    waiting: &mut VecDeque<SocketAddr>,
    last: &mut (Failure, Option<SocketAddr>),
) -> Option<(TcpStream, SocketAddr)> {
    let mut attempts = JoinSet::new();
    loop {
        if let Some(address) = waiting.pop_front() {
            attempts.spawn(async move { (TcpStream::connect(address).await, address) });
        }
        let ended = if waiting.is_empty() {
            Some(attempts.join_next().await?)
        } else {
            timeout(STAGGER, attempts.join_next()).await.ok().flatten()
        };
        match ended {
            Some(Ok((Ok(stream), address))) => return Some((stream, address)),
            Some(Ok((Err(error), address))) => *last = (failure_of(&error), Some(address)),
            Some(Err(_)) | None => {}
        }
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

    /// A port of that address on which nobody listens: bound and closed again.
    async fn closed(ip: &str) -> SocketAddr {
        TcpListener::bind((ip, 0)).await.unwrap().local_addr().unwrap()
    }

    /// Takes no connection more: its queue is full. The streams in it have to be kept.
    async fn full() -> (SocketAddr, TcpListener, Vec<TcpStream>) {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut queue = Vec::new();
        while let Ok(Ok(stream)) = timeout(Duration::from_millis(100), TcpStream::connect(address)).await {
            queue.push(stream);
        }
        (address, listener, queue)
    }

    #[test]
    fn families_take_turns() {
        let order = |text: &str| {
            let addresses: Vec<SocketAddr> = text.split(' ').map(|address| address.parse().unwrap()).collect();
            interleaved(&addresses).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(order("1.1.1.1:1 2.2.2.2:1 [::1]:1 [::2]:1 [::3]:1"), "[::1]:1 1.1.1.1:1 [::2]:1 2.2.2.2:1 [::3]:1");
        assert_eq!(order("1.1.1.1:1 2.2.2.2:1"), "1.1.1.1:1 2.2.2.2:1");
    }

    #[tokio::test]
    async fn goes_on_to_the_next_address() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let good = listener.local_addr().unwrap();
        let closed = closed("127.0.0.2").await;
        let (_, address) = connect_any(&[closed, good], Duration::from_secs(5)).await.unwrap();
        assert_eq!(address, good);
        let (failure, address) = connect_any(&[closed], Duration::from_secs(5)).await.unwrap_err();
        assert_eq!((failure, address), (Failure::TcpRefused, Some(closed)));
    }

    #[tokio::test]
    async fn a_failed_attempt_starts_the_next_at_once() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut addresses = Vec::new();
        for last in 2..60 {
            addresses.push(closed(&format!("127.0.0.{last}")).await);
        }
        addresses.push(closed("::1").await);
        addresses.push(listener.local_addr().unwrap());
        // With a wait after each of them it would take a quarter of a minute.
        let (_, address) = connect_any(&addresses, Duration::from_secs(8)).await.unwrap();
        assert_eq!(address, listener.local_addr().unwrap());
    }

    #[tokio::test]
    async fn a_silent_address_holds_nobody_up() {
        let (silent, _listener, _queue) = full().await;
        let good = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (_, address) = connect_any(&[silent, good.local_addr().unwrap()], Duration::from_secs(20)).await.unwrap();
        assert_eq!(address, good.local_addr().unwrap());
    }

    #[tokio::test]
    async fn the_deadline_is_kept_and_the_last_failure_told() {
        let (silent, _listener, _queue) = full().await;
        let (failure, address) = connect_any(&[silent], Duration::from_millis(50)).await.unwrap_err();
        assert_eq!((failure, address), (Failure::TcpTimeout, Some(silent)));
        let all = [closed("127.0.0.2").await, closed("::1").await, closed("127.0.0.3").await];
        let (failure, address) = connect_any(&all, Duration::from_secs(5)).await.unwrap_err();
        assert_eq!((failure, address), (Failure::TcpRefused, Some(all[2])));
    }
}
