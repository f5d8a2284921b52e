//! The second CA: it stands for every root that nobody trusts, and nobody is ever offered its certificate.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rcgen::{KeyPair, RsaKeySize};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use crate::ca::authority::{CaError, Root, self_signed};
use crate::ca::files;
use crate::ca::forge::Key;
use crate::model::{CertDer, Timestamp};
use crate::x509::Cert;

/// The second CA of that file; made when there is none, and anew when it has ended: nobody has installed it.
pub(super) fn load_or_create(path: &Path, now: Timestamp) -> Result<Root, CaError> {
    if path.exists() {
        let root = load(path)?;
        if root.cert.validity.is_some_and(|validity| now < validity.not_after) {
            return Ok(root);
        }
        fs::remove_file(path).map_err(|source| CaError::File { what: "remove", path: path.to_owned(), source })?;
    }
    match make(path, now) {
        // Another tlscope was faster: its CA is as good.
        Err(CaError::File { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => load(path),
        made => made,
    }
}

fn make(path: &Path, now: Timestamp) -> Result<Root, CaError> {
    let key = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_3072)?;
    let name = |id: &str| format!("tlscope untrusted CA {id} (never install this)");
    let (_, cert) = self_signed(&key, name, now)?;
    let text = format!("{}{}", cert.pem(), key.serialize_pem());
    let failed = |source| CaError::File { what: "create", path: path.to_owned(), source };
    files::write_new(path, &text, true).map_err(failed)?;
    load(path)
}

fn load(path: &Path) -> Result<Root, CaError> {
    let failed = |source| CaError::File { what: "read", path: path.to_owned(), source };
    let text = fs::read_to_string(path).map_err(failed)?;
    let damaged = |why: &str| CaError::Damaged { path: path.to_owned(), why: why.to_owned() };
    let der = CertificateDer::from_pem_slice(text.as_bytes()).map_err(|_| damaged("it holds no certificate"))?;
    let pkcs8 = PrivatePkcs8KeyDer::from_pem_slice(text.as_bytes()).map_err(|_| damaged("it holds no private key"))?;
    let key = Key::from_pkcs8(pkcs8.secret_pkcs8_der()).ok_or_else(|| damaged("its key cannot be read"))?;
    let cert = Cert::read(&CertDer::new(der.to_vec()));
    match &cert.key {
        Some(own) if own.spki[..] == key.spki => Ok(Root { cert: Arc::new(cert), key: Arc::new(key) }),
        _ => Err(damaged("its key is not the certificate's")),
    }
}
