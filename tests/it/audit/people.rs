//! Clients of every character, within the test's own process.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::io::AsyncWriteExt as _;
use tokio_rustls::TlsConnector;

use crate::rig::{Rig, read_all};

/// How a client checks what it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Character {
    /// As it should.
    Correct,
    /// Not at all.
    Careless,
    /// All but the name.
    Nameless,
    /// One key and nothing else will do.
    Pinned,
}

/// A client of the proxy's that trusts its CA.
pub struct Person {
    config: Arc<ClientConfig>,
}

impl Person {
    pub fn new(character: Character, ca: &CertificateDer<'static>) -> Self {
        Self::trusting(character, [ca.clone()])
    }

    /// One that trusts these.
    pub fn trusting(character: Character, roots: impl IntoIterator<Item = CertificateDer<'static>>) -> Self {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(rustls::DEFAULT_VERSIONS);
        let verifier = Arc::new(Verifier { character, right: right(roots) });
        let config = builder.unwrap().dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
        Self { config: Arc::new(config) }
    }

    /// Asks a host for something, with a secret. The answer; `None` where it would not have the connection.
    pub async fn ask(&self, rig: &Rig, host: &str) -> Option<String> {
        let tunnel = rig.connect(&format!("{host}:443")).await;
        let name = ServerName::try_from(host.to_owned()).unwrap();
        let mut tls = TlsConnector::from(self.config.clone()).connect(name, tunnel).await.ok()?;
        let request = format!(
            "GET /echo?token=s3cret HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer s3cret\r\nConnection: close\r\n\r\n"
        );
        tls.write_all(request.as_bytes()).await.unwrap();
        Some(read_all(&mut tls).await)
    }

    /// Asks a host through the proxy at this address, and waits for the end of its answer.
    pub fn ask_through(&self, proxy: &str, host: &str) -> std::io::Result<()> {
        let mut tcp = TcpStream::connect(proxy)?;
        tcp.set_read_timeout(Some(Duration::from_secs(20)))?;
        write!(tcp, "CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n")?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            tcp.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        let name = ServerName::try_from(host.to_owned()).unwrap();
        let client = rustls::ClientConnection::new(self.config.clone(), name).map_err(std::io::Error::other)?;
        let mut tls = rustls::StreamOwned::new(client, tcp);
        write!(tls, "GET / HTTP/1.1\r\nHost: {host}\r\nCookie: sid=s3cret\r\nConnection: close\r\n\r\n")?;
        tls.read_to_end(&mut Vec::new()).map(drop)
    }

    /// Finishes a handshake and leaves at once.
    pub async fn look(&self, rig: &Rig, host: &str) {
        let tunnel = rig.connect(&format!("{host}:443")).await;
        let name = ServerName::try_from(host.to_owned()).unwrap();
        if let Ok(mut tls) = TlsConnector::from(self.config.clone()).connect(name, tunnel).await {
            let _ = tls.shutdown().await;
        }
    }
}

fn right(trusted: impl IntoIterator<Item = CertificateDer<'static>>) -> Arc<WebPkiServerVerifier> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(trusted);
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap()
}

#[derive(Debug)]
struct Verifier {
    character: Character,
    right: Arc<WebPkiServerVerifier>,
}

fn is_about_name(error: &rustls::Error) -> bool {
    use CertificateError::{NotValidForName, NotValidForNameContext};
    matches!(error, rustls::Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }))
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        staple: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.right.verify_server_cert(leaf, others, name, staple, now);
        match (self.character, verified) {
            (Character::Careless, _) => Ok(ServerCertVerified::assertion()),
            (Character::Pinned, _) => Err(CertificateError::UnknownIssuer.into()),
            (Character::Nameless, Err(error)) if is_about_name(&error) => Ok(ServerCertVerified::assertion()),
            (_, verified) => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match self.character {
            Character::Careless => Ok(HandshakeSignatureValid::assertion()),
            _ => self.right.verify_tls12_signature(message, cert, signed),
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match self.character {
            Character::Careless => Ok(HandshakeSignatureValid::assertion()),
            _ => self.right.verify_tls13_signature(message, cert, signed),
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.right.supported_verify_schemes()
    }
}
