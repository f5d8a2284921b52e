//! Whether a client is still there once its server has been reached.
//!
//! tlscope connects to the server first, so a client waits for both, and some wait less long. One
//! that left meanwhile did not refuse our certificate: it was never shown one.

use std::time::{Duration, Instant};

use bytes::BytesMut;
use tokio::io::AsyncReadExt as _;

use super::stream::ClientStream;

/// A client after its server has been reached, or has not.
pub(super) enum Client {
    /// It waited.
    Waits(ClientStream),
    /// It left after this time.
    Left(Duration),
}

/// More than this is not read ahead: a client says nothing between its hello and the answer.
const MOST_AHEAD: usize = 16 << 10;

/// Does the work while it watches the client. What the client sends meanwhile is kept for later.
pub(super) async fn meanwhile<T>(mut stream: ClientStream, work: impl Future<Output = T>) -> (T, Client) {
    let began = Instant::now();
    let mut ahead = BytesMut::new();
    tokio::pin!(work);
    loop {
        tokio::select! {
            biased;
            // First the client: where both came about at once, it was not shown anything either.
            read = stream.read_buf(&mut ahead), if ahead.len() < MOST_AHEAD => {
                if !matches!(read, Ok(1..)) {
                    let waited = began.elapsed();
                    return (work.await, Client::Left(waited));
                }
            }
            done = &mut work => return (done, Client::Waits(stream.with_prefix(ahead.freeze()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::oneshot;

    use super::*;

    async fn pair() -> (TcpStream, ClientStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (client, ClientStream::new(listener.accept().await.unwrap().0))
    }

    #[tokio::test]
    async fn what_comes_meanwhile_is_kept() {
        let (mut client, stream) = pair().await;
        let (done, work) = oneshot::channel();
        let watched = tokio::spawn(meanwhile(stream, work));
        client.write_all(b"early").await.unwrap();
        done.send(7).unwrap();
        let (result, Client::Waits(mut stream)) = watched.await.unwrap() else { panic!("it has not left") };
        assert_eq!(result, Ok(7));
        client.write_all(b" late").await.unwrap();
        let mut bytes = [0; 10];
        stream.read_exact(&mut bytes).await.unwrap();
        assert_eq!(&bytes, b"early late");
    }

    #[tokio::test]
    async fn one_that_leaves_does_not_end_the_work() {
        let (mut client, mut stream) = pair().await;
        client.write_all(b"x").await.unwrap();
        drop(client);
        // Its farewell is behind this byte, and both have come.
        stream.read_exact(&mut [0]).await.unwrap();
        let (result, client) = meanwhile(stream, std::future::ready(7)).await;
        assert!(result == 7 && matches!(client, Client::Left(_)));
    }
}
