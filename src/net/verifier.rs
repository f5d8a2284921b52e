//! A verifier that accepts every server and records what it showed, and a client-certificate
//! resolver that records what was asked for.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{DigitallySignedStruct, Error, SignatureScheme};

use super::identity::Identity;
use crate::diagnosis::{Check, verify_tls};
use crate::model::{self, CertDer, CertificateAsked, ClientCertificate};
use crate::x509::{Cert, Name};

/// What a handshake showed to its verifier.
#[derive(Clone, Debug, Default)]
pub(super) struct Captured {
    pub(super) sent: Vec<CertDer>,
    pub(super) staple: Option<Bytes>,
    pub(super) scheme: Option<model::SignatureScheme>,
    pub(super) signature_valid: Option<bool>,
    pub(super) asked: Option<CertificateAsked>,
    pub(super) client_certificate: Option<ClientCertificate>,
}

/// Shared by verifier, resolver and whoever waits for the handshake.
#[derive(Clone, Debug, Default)]
pub(super) struct Capture(Arc<Mutex<Captured>>);

impl Capture {
    pub(super) fn take(&self) -> Captured {
        std::mem::take(&mut self.lock())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Captured> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Schemes of a client of today.
pub(super) const MODERN: &[SignatureScheme] = &[
    SignatureScheme::ECDSA_NISTP256_SHA256,
    SignatureScheme::ECDSA_NISTP384_SHA384,
    SignatureScheme::ECDSA_NISTP521_SHA512,
    SignatureScheme::ED25519,
    SignatureScheme::RSA_PSS_SHA256,
    SignatureScheme::RSA_PSS_SHA384,
    SignatureScheme::RSA_PSS_SHA512,
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA512,
];

/// What a second try adds, for servers that sign with nothing better.
pub(super) const SHA1: &[SignatureScheme] = &[SignatureScheme::RSA_PKCS1_SHA1, SignatureScheme::ECDSA_SHA1_Legacy];

/// Accepts and records. webpki's helpers are not asked: they refuse just what has to be recorded.
#[derive(Debug)]
pub(super) struct Recorder {
    pub(super) capture: Capture,
    pub(super) schemes: Vec<SignatureScheme>,
}

impl Recorder {
    fn record_signature(&self, message: &[u8], leaf: &CertificateDer<'_>, signed: &DigitallySignedStruct) {
        let scheme = model::SignatureScheme(signed.scheme.into());
        let cert = Cert::read(&CertDer::new(leaf.to_vec()));
        let check = cert.key.map_or(Check::Invalid, |key| verify_tls(&key, scheme, message, signed.signature()));
        let mut captured = self.capture.lock();
        captured.scheme = Some(scheme);
        captured.signature_valid = match check {
            Check::Valid => Some(true),
            Check::Invalid => Some(false),
            Check::Unsupported => None,
        };
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let mut captured = self.capture.lock();
        captured.sent =
            std::iter::once(end_entity).chain(intermediates).map(|der| CertDer::new(der.to_vec())).collect();
        captured.staple = (!ocsp_response.is_empty()).then(|| Bytes::copy_from_slice(ocsp_response));
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.record_signature(message, cert, dss);
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.record_signature(message, cert, dss);
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes.clone()
    }
}

/// Shows the client certificate that is set for a server, if one is, and records what the server wanted.
/// It is shown whoever issued it, as curl does: whether the server names its issuer is recorded.
#[derive(Debug)]
pub(super) struct Introduction {
    pub(super) capture: Capture,
    pub(super) identity: Option<Arc<Identity>>,
}

impl ResolvesClientCert for Introduction {
    fn resolve(&self, authorities: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let mut captured = self.capture.lock();
        captured.asked = Some(CertificateAsked {
            authorities: authorities.iter().map(|der| name_text(der)).collect(),
            schemes: schemes.iter().map(|scheme| model::SignatureScheme((*scheme).into())).collect(),
        });
        let identity = self.identity.as_ref()?;
        let shown = identity.certified.key.choose_scheme(schemes).is_some();
        captured.client_certificate = Some(ClientCertificate {
            sha256: identity.sha256,
            subject: identity.subject.clone(),
            shown,
            issuer_named: (!authorities.is_empty()).then(|| identity.is_issued_by_one_of(authorities)),
        });
        shown.then(|| identity.certified.clone())
    }

    fn has_certs(&self) -> bool {
        self.identity.is_some()
    }
}

/// A distinguished name for people.
pub(super) fn name_text(der: &[u8]) -> String {
    let name = Name::read(&Bytes::copy_from_slice(der));
    name.map_or_else(|| format!("0x{}", model::hex(der)), |name| name.to_string())
}
