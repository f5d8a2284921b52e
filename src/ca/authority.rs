//! The CA: one for each machine, made at the first start.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, RsaKeySize, SerialNumber,
};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use super::files::{self, CaPaths};
use super::forge::Key;
use crate::files::make_private_dir;
use crate::model::{CertDer, Timestamp, hex};
use crate::x509::Cert;

/// Ten years.
const LIFE_DAYS: i64 = 3650;

/// How long before its end the CA should be made anew.
const WARNING_DAYS: i64 = 60;

/// So many CAs are kept beside the present one.
const MOST_KEPT: usize = 1000;

/// A loaded CA.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    cert: CertDer,
    not_after: Timestamp,
    name: String,
    paths: CaPaths,
    /// The key again, for signing in every way.
    signer: OnceLock<Option<Arc<Key>>>,
}

/// A CA to sign in every way with: its certificate and its key.
#[derive(Clone, Debug)]
pub(super) struct Root {
    pub(super) cert: Arc<Cert>,
    pub(super) key: Arc<Key>,
}

/// Where a CA came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was made just now.
    Created,
    /// It was there.
    Loaded,
}

/// Why there is no CA.
#[derive(Debug, thiserror::Error)]
pub enum CaError {
    /// A file could not be read or written.
    #[error("cannot {what} {}: {source}", path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file is there but is no usable CA.
    #[error(
        "the CA in {} is damaged ({why}); restore it, or move it away and run `tlscope ca new`",
        path.display()
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The CA has ended.
    #[error("the CA in {} ended on {}; run `tlscope ca new` and install it on your devices", path.display(), ended.day())]
    Ended {
        /// Which file.
        path: PathBuf,
        /// When.
        ended: Timestamp,
    },
    /// A key or certificate could not be made.
    #[error("cannot make a certificate: {0}")]
    Making(#[from] rcgen::Error),
}

impl Authority {
    /// The CA of `dir`; made when there is none.
    ///
    /// # Errors
    /// [`CaError`] when the directory cannot be used, or the CA in it is damaged or has ended.
    pub fn load_or_create(dir: &Path, now: Timestamp) -> Result<(Self, Origin), CaError> {
        let paths = CaPaths::within(dir);
        if !paths.secret.exists() {
            create_dir(dir)?;
            match make(&paths, now) {
                // Another tlscope was faster: its CA is as good.
                Err(CaError::File { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => {}
                made => return made.map(|authority| (authority, Origin::Created)),
            }
        }
        let authority = load(paths)?;
        if authority.not_after < now {
            return Err(CaError::Ended { path: authority.paths.secret, ended: authority.not_after });
        }
        authority.write_certificate()?;
        Ok((authority, Origin::Loaded))
    }

    /// Makes a new CA in `dir`. One that is there is kept beside it; gives its new place.
    ///
    /// # Errors
    /// [`CaError`] when the directory cannot be used.
    pub fn renew(dir: &Path, now: Timestamp) -> Result<(Self, Option<PathBuf>), CaError> {
        let paths = CaPaths::within(dir);
        create_dir(dir)?;
        let kept = paths.secret.exists().then(|| set_aside(&paths.secret)).transpose()?;
        Ok((make(&paths, now)?, kept))
    }

    /// The certificate.
    pub fn cert(&self) -> &CertDer {
        &self.cert
    }

    /// Its common name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its files are.
    pub fn paths(&self) -> &CaPaths {
        &self.paths
    }

    /// The last instant it is good for.
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// How many CAs were set aside for this one.
    pub fn former(&self) -> usize {
        (1..MOST_KEPT).take_while(|n| place_aside(&self.paths.secret, *n).exists()).count()
    }

    /// What its owner should know: that it ends soon, that others can read its key, or put another CA in
    /// its place.
    pub fn warnings(&self, now: Timestamp) -> Vec<String> {
        let mut warnings = Vec::new();
        if now > self.not_after.plus_days(-WARNING_DAYS) {
            let day = self.not_after.day();
            warnings.push(format!("the CA ends on {day}; run `tlscope ca new` and install it on your devices"));
        }
        if files::is_readable_by_others(&self.paths.secret) {
            let path = self.paths.secret.display();
            warnings.push(format!("others than you can read the CA's key in {path}; run `chmod 600 {path}`"));
        }
        if let Some(place) = files::writable_by_others(&self.paths.secret) {
            let place = place.display();
            warnings.push(format!(
                "others than you can put another CA in place of yours: {place}; run `chmod go-w {place}`"
            ));
        }
        warnings
    }

    /// Signs a leaf.
    pub(super) fn sign(&self, params: &CertificateParams, key: &KeyPair) -> Result<CertDer, rcgen::Error> {
        let signed = params.signed_by(key, &self.issuer)?;
        Ok(CertDer::new(signed.der().to_vec()))
    }

    /// The CA as mirrors sign with it; `None` when its key is of a kind that does not sign there.
    pub(super) fn as_root(&self) -> Option<Root> {
        let read = || Key::from_pkcs8(&self.issuer.key().serialize_der()).map(Arc::new);
        let key = self.signer.get_or_init(read).clone()?;
        Some(Root { cert: Arc::new(Cert::read(&self.cert)), key })
    }

    /// Puts the certificate beside the key where it is missing or another one's.
    fn write_certificate(&self) -> Result<(), CaError> {
        let pem = crate::x509::pem(&self.cert.der);
        let path = &self.paths.certificate;
        if fs::read_to_string(path).is_ok_and(|there| there == pem) {
            return Ok(());
        }
        files::replace(path, &pem).map_err(|source| CaError::File { what: "write", path: path.clone(), source })
    }
}

fn create_dir(dir: &Path) -> Result<(), CaError> {
    make_private_dir(dir).map_err(|source| CaError::File { what: "create", path: dir.to_owned(), source })
}

fn place_aside(path: &Path, n: usize) -> PathBuf {
    path.with_extension(format!("old-{n}.pem"))
}

/// Moves a CA out of the way, to a name that is not taken.
fn set_aside(path: &Path) -> Result<PathBuf, CaError> {
    let free = (1..MOST_KEPT).map(|n| place_aside(path, n)).find(|kept| !kept.exists());
    let kept = free.unwrap_or_else(|| path.with_extension("old.pem"));
    let error = |source| CaError::File { what: "move", path: path.to_owned(), source };
    fs::rename(path, &kept).map_err(error)?;
    Ok(kept)
}

fn make(paths: &CaPaths, now: Timestamp) -> Result<Authority, CaError> {
    // RSA with SHA-256 is what every client verifies, down to the oldest device.
    let key = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_3072)?;
    let (params, cert) = self_signed(&key, |id| format!("tlscope CA {id} ({})", now.day()), now)?;
    let text = format!("{}{}", cert.pem(), key.serialize_pem());
    let error = |source| CaError::File { what: "create", path: paths.secret.clone(), source };
    files::write_new(&paths.secret, &text, true).map_err(error)?;
    let authority = Authority {
        not_after: Timestamp::from(params.not_after),
        name: common_name(&params.distinguished_name),
        cert: CertDer::new(cert.der().to_vec()),
        issuer: Issuer::new(params, key),
        paths: paths.clone(),
        signer: OnceLock::new(),
    };
    authority.write_certificate()?;
    Ok(authority)
}

/// The certificate of a CA; its common name is made of the start of the key's identifier.
pub(super) fn self_signed(
    key: &KeyPair,
    name_of: impl FnOnce(&str) -> String,
    now: Timestamp,
) -> Result<(CertificateParams, Certificate), rcgen::Error> {
    let mut params = CertificateParams::default();
    let key_id = params.key_identifier(key);
    params.distinguished_name = DistinguishedName::new();
    // Unique, because clients that still hold an older CA of the same name answer with
    // `decrypt_error` instead of saying that they do not know this one.
    let name = name_of(&hex(key_id.get(..4).unwrap_or(&key_id)));
    params.distinguished_name.push(DnType::CommonName, name);
    params.distinguished_name.push(DnType::OrganizationName, "tlscope");
    // Mirrors of longer chains have further CAs below this one.
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = now.plus_days(-2).to_offset();
    params.not_after = now.plus_days(LIFE_DAYS).to_offset();
    params.serial_number = Some(random_serial());
    let cert = params.self_signed(key)?;
    Ok((params, cert))
}

fn common_name(name: &DistinguishedName) -> String {
    match name.get(&DnType::CommonName) {
        Some(rcgen::DnValue::Utf8String(text)) => text.clone(),
        _ => String::new(),
    }
}

/// 16 random bytes, positive and never short.
pub(super) fn random_serial() -> SerialNumber {
    let mut bytes = [0u8; 16];
    // The system's generator failing leaves a fixed serial; the certificate still works.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    if let Some(first) = bytes.first_mut() {
        *first = *first & 0x7f | 0x40;
    }
    SerialNumber::from_slice(&bytes)
}

fn load(paths: CaPaths) -> Result<Authority, CaError> {
    let path = &paths.secret;
    let text = fs::read_to_string(path).map_err(|source| CaError::File { what: "read", path: path.clone(), source })?;
    let damaged = |why: String| CaError::Damaged { path: path.clone(), why };
    let der = CertificateDer::from_pem_slice(text.as_bytes()).map_err(|_| damaged("it holds no certificate".into()))?;
    let key = text.find("-----BEGIN PRIVATE KEY-----").and_then(|at| text.get(at..));
    let key = key.ok_or_else(|| damaged("it holds no private key".into()))?;
    let key = KeyPair::from_pem(key).map_err(|error| damaged(format!("its key cannot be read: {error}")))?;
    let cert = CertDer::new(der.to_vec());
    let read = Cert::read(&cert);
    let spki_matches = read.key.as_ref().is_some_and(|own| own.key[..] == *key.public_key_raw());
    if !spki_matches {
        return Err(damaged("its key is not the certificate's".into()));
    }
    let validity = read.validity.ok_or_else(|| damaged("its certificate has no dates".into()))?;
    let issuer = Issuer::from_ca_cert_der(&der, key).map_err(|error| damaged(error.to_string()))?;
    Ok(Authority { issuer, name: read.label(), cert, not_after: validity.not_after, paths, signer: OnceLock::new() })
}
