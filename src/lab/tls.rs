//! The TLS of the lab's servers that rustls can speak for.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::sign::CertifiedKey;
use rustls_pki_types::{CertificateDer, UnixTime};
use tokio_rustls::TlsAcceptor;

use super::recipe::{ClientCert, ServerRecipe};
use crate::ca::forge::{Forged, signing_key};

/// Ends TLS as the recipe says, with the chain and the key of `leaf`.
pub(super) fn acceptor(
    recipe: &ServerRecipe,
    chain: &[Vec<u8>],
    leaf: &Forged,
    staple: Option<Vec<u8>>,
) -> Result<TlsAcceptor, String> {
    let chain: Vec<CertificateDer<'static>> = chain.iter().map(|der| CertificateDer::from(der.clone())).collect();
    let mut certified = CertifiedKey::new(chain, signing_key(&leaf.key, recipe.wrong_key)?);
    certified.ocsp = staple;
    let certified = Arc::new(certified);
    let versions: &[&rustls::SupportedProtocolVersion] = match recipe.tls.as_deref() {
        Some("1.2") => &[&rustls::version::TLS12],
        Some("1.3") => &[&rustls::version::TLS13],
        _ => rustls::DEFAULT_VERSIONS,
    };
    let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(versions)
        .map_err(|error| error.to_string())?;
    let builder = match recipe.client_cert {
        None => builder.with_no_client_auth(),
        Some(wanted) => {
            builder.with_client_cert_verifier(Arc::new(AnyClient { required: wanted == ClientCert::Required }))
        }
    };
    let mut config = builder.with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(certified)));
    let usual = || vec!["h2".to_owned(), "http/1.1".to_owned()];
    let alpn = recipe.alpn.clone().unwrap_or_else(usual);
    config.alpn_protocols = alpn.into_iter().map(String::into_bytes).collect();
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Asks for a client certificate and takes any.
#[derive(Debug)]
struct AnyClient {
    required: bool,
}

impl ClientCertVerifier for AnyClient {
    fn client_auth_mandatory(&self) -> bool {
        self.required
    }

    fn root_hint_subjects(&self) -> &[rustls::DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
