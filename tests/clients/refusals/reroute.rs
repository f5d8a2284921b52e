//! Somebody between a client and its proxy who takes it to another host than it wants.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

use super::stage::SITE;

/// Where nobody is (RFC 5737).
pub(super) const NOWHERE: &str = "192.0.2.1";

/// A proxy before that on `port`, for as long as the test runs. Gives its own port.
pub(super) fn before(port: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming() {
            let client = client.unwrap();
            thread::spawn(move || relay(client, port));
        }
    });
    own
}

/// A client may leave at any time.
fn relay(mut client: TcpStream, port: u16) -> io::Result<()> {
    let mut proxy = TcpStream::connect(("127.0.0.1", port))?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.extend(byte);
    }
    proxy.write_all(String::from_utf8_lossy(&head).replace(NOWHERE, SITE).as_bytes())?;
    let [from, to] = [client.try_clone()?, proxy.try_clone()?];
    let upwards = thread::spawn(move || pass_on(from, to));
    pass_on(proxy, client)?;
    upwards.join().unwrap()
}

fn pass_on(mut from: TcpStream, mut to: TcpStream) -> io::Result<()> {
    io::copy(&mut from, &mut to)?;
    to.shutdown(Shutdown::Write)
}
