//! A client made of a socket and of rustls, which does what it is told.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::situations::Trust;
use super::stage::Stage;

/// Who goes to a host through tlscope, whose CA he trusts.
pub(super) struct Visitor<'s> {
    pub(super) stage: &'s Stage,
    /// The port of tlscope.
    pub(super) port: u16,
    pub(super) host: &'static str,
}

impl Visitor<'_> {
    /// A tunnel to the host.
    pub(super) fn tunnel(&self) -> TcpStream {
        let host = self.host;
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(stream, "CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n").unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.extend(byte);
        }
        stream
    }

    /// The client's side of TLS.
    fn client(&self) -> ClientConnection {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.stage.roots(Trust::Ours)).unwrap()).unwrap();
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        ClientConnection::new(Arc::new(config), ServerName::try_from(self.host).unwrap()).unwrap()
    }

    /// Its hello.
    pub(super) fn hello(&self) -> Vec<u8> {
        let mut hello = Vec::new();
        self.client().write_tls(&mut hello).unwrap();
        hello
    }

    /// A tunnel with a finished handshake.
    pub(super) fn secured(&self) -> StreamOwned<ClientConnection, TcpStream> {
        let mut stream = StreamOwned::new(self.client(), self.tunnel());
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock).unwrap();
        }
        stream
    }

    /// Gets a page.
    pub(super) fn get(&self) {
        let mut stream = self.secured();
        stream.write_all(b"GET /hello.txt HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.contains(" 200 OK\r\n"), "{answer}");
    }
}
