//! Connections that look like refusals and are none.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::situations::Trust;
use super::stage::{Fresh, SITE, Stage, Told};

/// Somebody who goes no further than this.
pub(super) struct Probe {
    pub(super) title: &'static str,
    pub(super) truth: &'static str,
    go: fn(&Visitor),
    /// Whether the server never answers.
    is_slow: bool,
}

pub(super) const ALL: &[Probe] = &[
    Probe { title: "it says where it wants to go, and leaves", truth: "nothing", go: asks, is_slow: false },
    Probe { title: "it leaves in the middle of its hello", truth: "nothing", go: begins, is_slow: false },
    Probe { title: "it does not wait for a slow server", truth: "gave-up", go: greets, is_slow: true },
    Probe { title: "it does not need a connection beside another", truth: "probe", go: spares, is_slow: false },
    Probe { title: "it keeps a connection open and never needs it", truth: "probe", go: idles, is_slow: false },
    Probe { title: "it is killed as it gets the certificate", truth: "unclear", go: dies, is_slow: false },
];

impl Probe {
    /// What tlscope concludes of it.
    pub(super) fn told(&self, stage: &Stage) -> Told {
        let slow = TcpListener::bind("127.0.0.1:0").unwrap();
        let ports = if self.is_slow { vec![(443, slow.local_addr().unwrap().port())] } else { stage.ports.clone() };
        let fresh = Fresh::start(&stage.ground, &ports, 0);
        (self.go)(&Visitor { stage, port: fresh.port });
        drop(slow);
        fresh.settled("a probe", SITE, 0);
        fresh.concluded().unwrap_or_else(|| fresh.told())
    }
}

/// Who goes to a tlscope.
struct Visitor<'s> {
    stage: &'s Stage,
    port: u16,
}

impl Visitor<'_> {
    /// A tunnel to the site.
    fn tunnel(&self) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(stream, "CONNECT {SITE}:443 HTTP/1.1\r\nHost: {SITE}:443\r\n\r\n").unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.extend(byte);
        }
        stream
    }

    /// A client with TLS that trusts tlscope.
    fn client(&self) -> ClientConnection {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.stage.roots(Trust::Ours)).unwrap()).unwrap();
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        ClientConnection::new(Arc::new(config), ServerName::try_from(SITE).unwrap()).unwrap()
    }

    /// Its hello.
    fn hello(&self) -> Vec<u8> {
        let mut hello = Vec::new();
        self.client().write_tls(&mut hello).unwrap();
        hello
    }

    /// A tunnel with a finished handshake.
    fn secured(&self) -> StreamOwned<ClientConnection, TcpStream> {
        let mut stream = StreamOwned::new(self.client(), self.tunnel());
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock).unwrap();
        }
        stream
    }
}

fn asks(visitor: &Visitor) {
    visitor.tunnel();
}

fn begins(visitor: &Visitor) {
    visitor.tunnel().write_all(&visitor.hello()[..100]).unwrap();
}

fn greets(visitor: &Visitor) {
    visitor.tunnel().write_all(&visitor.hello()).unwrap();
}

fn spares(visitor: &Visitor) {
    let _spare = visitor.secured();
    let mut used = visitor.secured();
    used.write_all(b"GET /hello.txt HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    used.read_to_string(&mut answer).unwrap();
    assert!(answer.contains(" 200 OK\r\n"), "{answer}");
}

/// Longer than anybody needs to look at a certificate.
fn idles(visitor: &Visitor) {
    let _unused = visitor.secured();
    sleep(Duration::from_millis(3_200));
}

/// The system resets what a dead process has not read.
fn dies(visitor: &Visitor) {
    let mut tunnel = visitor.tunnel();
    tunnel.write_all(&visitor.hello()).unwrap();
    tunnel.peek(&mut [0]).unwrap();
}
