//! Client certificates: reading them with their keys from PEM and PKCS#12.

use std::path::Path;
use std::sync::Arc;
use std::{fmt, fs, io};

use base64::Engine as _;
use p12_keystore::Pkcs12Archive;
use p12_keystore::error::Error as P12Error;
use pkcs8::EncryptedPrivateKeyInfoRef;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::{CertifiedKey, SigningKey};

use super::secret::Secret;
use crate::model::{CertDer, Fingerprint, Timestamp};
use crate::x509::{Cert, Name, PublicKey, read_certificates};

/// A certificate with its key.
#[derive(Clone)]
pub struct Identity {
    pub(super) certified: Arc<CertifiedKey>,
    /// Which certificate.
    pub sha256: Fingerprint,
    /// Its subject.
    pub subject: String,
    /// When it ends, if that can be read.
    pub ends: Option<Timestamp>,
    issuers: Vec<Name>,
}

/// Without the key.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("sha256", &self.sha256).field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// Why a file holds no usable client certificate; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(io::Error),
    /// `~` is the shell's business, and behind `=` it leaves it alone.
    #[error("it cannot be read: {0}; the shell does not expand ~ behind =, so write the whole path")]
    Tilde(io::Error),
    /// Neither PEM nor PKCS#12 with a certificate in it.
    #[error("it holds no certificate; it has to be PEM with the certificate and its key, or PKCS#12")]
    NoCertificate,
    /// A certificate alone.
    #[error("it holds no private key; put certificate and key into one file: cat client.crt client.key > client.pem")]
    NoKey,
    /// A password is needed, and none is set.
    #[error("it is encrypted; give its password as TLSCOPE_CLIENT_CERT_PASSWORD in the environment")]
    PasswordWanted,
    /// None of the passwords opens it.
    #[error(
        "no password that was given opens it; give the right one as TLSCOPE_CLIENT_CERT_PASSWORD in the environment"
    )]
    WrongPassword,
    /// OpenSSL's own way to encrypt PEM.
    #[error("its key is encrypted in an old form (Proc-Type); rewrite it: openssl pkcs8 -topk8 -in KEY -out NEW")]
    OldEncryption,
    /// A PKCS#12 or an encryption that cannot be read.
    #[error("it cannot be read ({0}); rewrite it: openssl pkcs12 -in FILE -legacy -nodes -out client.pem")]
    Unsupported(String),
    /// The key is none that can sign.
    #[error("its key cannot be used; RSA from 2048 bits, P-256, P-384, P-521 and Ed25519 can")]
    UnusableKey,
    /// The key is somebody else's.
    #[error("its key fits none of the certificates in it; compare: openssl x509 -pubkey -noout, openssl pkey -pubout")]
    Mismatch,
}

impl Identity {
    /// Reads certificate, chain and key. Of `passwords` each is tried where one is needed.
    ///
    /// # Errors
    /// [`IdentityError`] with what to do.
    pub fn read(path: &Path, passwords: &[Secret]) -> Result<Self, IdentityError> {
        let unreadable = if path.starts_with("~") { IdentityError::Tilde } else { IdentityError::Unreadable };
        let bytes = fs::read(path).map_err(unreadable)?;
        Self::from_bytes(&bytes, passwords)
    }

    fn from_bytes(bytes: &[u8], passwords: &[Secret]) -> Result<Self, IdentityError> {
        let is_pem = bytes.windows(11).any(|window| window == b"-----BEGIN ");
        let (certs, key) = if is_pem { read_pem(bytes, passwords)? } else { read_p12(bytes, passwords)? };
        let key = any_supported_type(&key).map_err(|_| IdentityError::UnusableKey)?;
        let certs: Vec<Cert> = certs.iter().map(Cert::read).collect();
        let leaf = certs.iter().find(|cert| belongs_to(cert, &*key)).ok_or(IdentityError::Mismatch)?;
        let chain = chain_of(leaf, &certs);
        let ders = chain.iter().map(|cert| CertificateDer::from(cert.der.der.to_vec())).collect();
        Ok(Self {
            sha256: leaf.sha256(),
            subject: leaf.label(),
            ends: leaf.validity.map(|validity| validity.not_after),
            issuers: chain.iter().filter_map(|cert| cert.issuer.clone()).collect(),
            certified: Arc::new(CertifiedKey::new(ders, key)),
        })
    }

    /// Whether one of these distinguished names, in DER, issued the certificate, or one above it.
    pub(super) fn is_issued_by_one_of(&self, authorities: &[&[u8]]) -> bool {
        authorities.iter().any(|der| {
            let name = Name::read(&bytes::Bytes::copy_from_slice(der));
            name.is_some_and(|name| self.issuers.iter().any(|issuer| issuer.matches(&name)))
        })
    }
}

fn belongs_to(cert: &Cert, key: &dyn SigningKey) -> bool {
    let public = key.public_key().and_then(|spki| PublicKey::read(&bytes::Bytes::copy_from_slice(&spki)));
    matches!((&cert.key, public), (Some(own), Some(public)) if own.key == public.key)
}

/// The leaf and those above it; a root is left out, for a server either has it or does not want it.
fn chain_of<'a>(leaf: &'a Cert, certs: &'a [Cert]) -> Vec<&'a Cert> {
    let mut chain = vec![leaf];
    while let Some(last) = chain.last().filter(|last| !last.is_self_issued())
        && let Some(issuer) = last.issuer.as_ref()
        && let Some(next) = certs.iter().find(|cert| {
            let issued = cert.subject.as_ref().is_some_and(|subject| subject.matches(issuer));
            issued && !cert.is_self_issued() && !chain.iter().any(|known| known.der.sha256 == cert.der.sha256)
        })
    {
        chain.push(next);
    }
    chain
}

type Parts = (Vec<CertDer>, PrivateKeyDer<'static>);

fn read_pem(bytes: &[u8], passwords: &[Secret]) -> Result<Parts, IdentityError> {
    let text = String::from_utf8_lossy(bytes);
    let certs = read_certificates(bytes);
    if text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(IdentityError::OldEncryption);
    }
    let key = match encrypted_key(&text) {
        Some(der) => decrypt(&der, passwords)?,
        None => PrivateKeyDer::from_pem_slice(bytes).map_err(|_| IdentityError::NoKey)?,
    };
    if certs.is_empty() { Err(IdentityError::NoCertificate) } else { Ok((certs, key)) }
}

/// The contents of an `ENCRYPTED PRIVATE KEY` (RFC 7468 section 11).
fn encrypted_key(text: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once("-----BEGIN ENCRYPTED PRIVATE KEY-----")?;
    let (body, _) = rest.split_once("-----END")?;
    let joined: String = body.split_whitespace().collect();
    base64::engine::general_purpose::STANDARD.decode(joined).ok()
}

fn decrypt(der: &[u8], passwords: &[Secret]) -> Result<PrivateKeyDer<'static>, IdentityError> {
    let unsupported = |error: pkcs8::Error| IdentityError::Unsupported(error.to_string());
    let info = EncryptedPrivateKeyInfoRef::try_from(der).map_err(unsupported)?;
    let mut last = IdentityError::PasswordWanted;
    for password in passwords {
        match info.decrypt(password.reveal()) {
            Ok(key) => return Ok(PrivatePkcs8KeyDer::from(key.as_bytes().to_vec()).into()),
            Err(error) if says_unsupported(&error) => return Err(unsupported(error)),
            Err(_) => last = IdentityError::WrongPassword,
        }
    }
    Err(last)
}

fn says_unsupported(error: &pkcs8::Error) -> bool {
    error.to_string().to_lowercase().contains("unsupported")
}

fn read_p12(bytes: &[u8], passwords: &[Secret]) -> Result<Parts, IdentityError> {
    if !read_certificates(bytes).is_empty() {
        return Err(IdentityError::NoKey);
    }
    let archive = open_p12(bytes, passwords)?;
    let certs: Vec<_> = archive.certs.iter().map(|bag| CertDer::new(bag.cert.as_der().to_vec())).collect();
    let key = archive.keys.first().ok_or(IdentityError::NoKey)?;
    let key = PrivatePkcs8KeyDer::from(key.key.as_der().to_vec()).into();
    if certs.is_empty() { Err(IdentityError::NoCertificate) } else { Ok((certs, key)) }
}

/// Many files are closed with an empty password.
fn open_p12(bytes: &[u8], passwords: &[Secret]) -> Result<Pkcs12Archive, IdentityError> {
    let none = Secret::new("");
    let mut last = None;
    for password in std::iter::once(&none).chain(passwords) {
        match Pkcs12Archive::from_pkcs12(bytes, password.reveal()) {
            Ok(archive) => return Ok(archive),
            Err(error) => last = Some(error),
        }
    }
    Err(match last {
        Some(P12Error::MacError(_) | P12Error::UnpadError | P12Error::Pkcs5Error(_)) if passwords.is_empty() => {
            IdentityError::PasswordWanted
        }
        Some(P12Error::MacError(_) | P12Error::UnpadError | P12Error::Pkcs5Error(_)) => IdentityError::WrongPassword,
        // Whatever it is, it is not what PKCS#12 begins with.
        Some(P12Error::DerError(_)) if !begins_as_pfx(bytes) => IdentityError::NoCertificate,
        Some(error) => IdentityError::Unsupported(error.to_string()),
        None => IdentityError::NoCertificate,
    })
}

/// SEQUENCE of the version 3 and more (RFC 7292 section 4).
fn begins_as_pfx(bytes: &[u8]) -> bool {
    bytes.first() == Some(&0x30) && bytes.get(1..12).is_some_and(|head| head.windows(3).any(|w| w == [2, 1, 3]))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn read(name: &str, passwords: &[&str]) -> Result<Identity, IdentityError> {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("certs/fixtures/clients").join(name);
        let passwords: Vec<Secret> = passwords.iter().map(|word| Secret::new(*word)).collect();
        Identity::read(&path, &passwords)
    }

    #[test]
    fn every_wrapping_is_read() {
        let cases: [(&str, &[&str], &str, usize); 10] = [
            ("pkcs8.pem", &[], "rsa", 2),
            ("pkcs1.pem", &[], "rsa", 2),
            ("sec1.pem", &[], "ec", 2),
            ("ed25519.pem", &[], "ed25519", 2),
            ("encrypted.pem", &["wrong", "secret"], "rsa", 1),
            ("modern.p12", &["wrong", "secret"], "rsa", 2),
            ("legacy.p12", &["secret"], "rsa", 2),
            ("no-mac.p12", &["secret"], "rsa", 2),
            ("empty-password.p12", &[], "rsa", 2),
            ("ec.p12", &["secret"], "ec", 1),
        ];
        for (name, passwords, subject, chain) in cases {
            let identity = read(name, passwords).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!((identity.subject.as_str(), identity.certified.cert.len()), (subject, chain), "{name}");
            assert!(identity.ends.is_some(), "{name}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_told_with_what_to_do() {
        let cases: [(&str, &[&str]); 15] = [
            ("no-such-file.pem", &[]),
            ("modern.p12", &[]),
            ("modern.p12", &["wrong"]),
            ("legacy.p12", &["wrong"]),
            ("no-mac.p12", &["wrong"]),
            ("encrypted.pem", &[]),
            ("encrypted.pem", &["wrong"]),
            ("old-encryption.pem", &["secret"]),
            ("mismatch.pem", &[]),
            ("no-key.pem", &[]),
            ("no-key.p12", &["secret"]),
            ("certificate.der", &[]),
            ("no-certificate.pem", &[]),
            ("weak.pem", &[]),
            ("make.sh", &[]),
        ];
        let words = cases.map(|(name, passwords)| {
            let given = if passwords.is_empty() { "" } else { " with a password" };
            format!("{name}{given}: {}", read(name, passwords).unwrap_err())
        });
        insta::assert_snapshot!(words.join("\n"));
    }

    #[test]
    fn an_unexpanded_home_is_told() {
        let error = Identity::read(Path::new("~/client.p12"), &[]).unwrap_err().to_string();
        assert!(error.contains("does not expand ~"), "{error}");
    }

    #[test]
    fn a_truncated_file_is_never_taken_and_never_a_fault() {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("certs/fixtures/clients/ec.p12");
        let whole = fs::read(path).unwrap();
        for n in 0..whole.len() {
            assert!(Identity::from_bytes(&whole[..n], &[Secret::new("secret")]).is_err(), "{n}");
        }
    }

    #[test]
    fn issuers_are_those_of_the_whole_chain() {
        let identity = read("sec1.pem", &[]).unwrap();
        let authorities = read_certificates(include_bytes!("../../certs/fixtures/clients/authorities.pem"));
        for authority in &authorities {
            let name = Cert::read(authority).subject.unwrap();
            assert!(identity.is_issued_by_one_of(&[name.raw.as_ref()]), "{name}");
        }
        let own = Cert::read(&CertDer::new(identity.certified.cert[0].to_vec())).subject.unwrap();
        assert!(!identity.is_issued_by_one_of(&[own.raw.as_ref(), b"junk"]) && !identity.is_issued_by_one_of(&[]));
    }
}
