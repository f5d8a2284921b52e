//! The CA certificate in the forms that devices take.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use p12_keystore::{Certificate, EncryptionAlgorithm, KeyStore, KeyStoreEntry, MacAlgorithm};

use crate::model::CertDer;
use crate::text;
use crate::x509::{Cert, pem};

/// A form of the CA certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Artefact {
    /// PEM, for OpenSSL and everything that uses it.
    Pem,
    /// DER, for Android's settings, Windows and Java.
    Der,
    /// A PKCS#12 trust store with the password `changeit`.
    P12,
    /// A configuration profile for Apple's systems.
    Mobileconfig,
    /// PEM under the name that Android's system store wants.
    Android,
}

/// A file to install.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArtefactFile {
    /// What to call it.
    pub name: String,
    /// Its media type.
    pub media_type: &'static str,
    /// Its contents.
    pub contents: Vec<u8>,
}

/// Makes the file; `None` when the certificate cannot be written in that form.
pub fn artefact(cert: &CertDer, form: Artefact) -> Option<ArtefactFile> {
    let file = |name: &str, media_type, contents| Some(ArtefactFile { name: name.to_owned(), media_type, contents });
    match form {
        Artefact::Pem => file("tlscope-ca.pem", "application/x-pem-file", pem(&cert.der).into_bytes()),
        Artefact::Der => file("tlscope-ca.crt", "application/x-x509-ca-cert", cert.der.to_vec()),
        Artefact::P12 => file("tlscope-ca.p12", "application/x-pkcs12", p12(cert)?),
        Artefact::Mobileconfig => {
            let profile = mobileconfig(cert).into_bytes();
            file("tlscope-ca.mobileconfig", "application/x-apple-aspen-config", profile)
        }
        Artefact::Android => {
            file(&format!("{}.0", subject_hash_old(cert)?), "application/x-pem-file", pem(&cert.der).into_bytes())
        }
    }
}

fn p12(cert: &CertDer) -> Option<Vec<u8>> {
    trust_store(std::slice::from_ref(cert))
}

/// A PKCS#12 trust store with the password `changeit`, in a form that old devices and keytool read
/// (3DES, SHA-1): there is no secret in it. A certificate that cannot be in one is left out; `None`
/// when none is left.
pub fn trust_store(certs: &[CertDer]) -> Option<Vec<u8>> {
    let mut store = KeyStore::new();
    for (at, cert) in certs.iter().enumerate() {
        if let Ok(certificate) = Certificate::from_der(&cert.der) {
            let alias = if at == 0 { "tlscope".to_owned() } else { format!("root-{at}") };
            store.add_entry(&alias, KeyStoreEntry::Certificate(certificate));
        }
    }
    let writer = (store.entries_len() > 0).then(|| store.writer("changeit"))?;
    let writer = writer.encryption_algorithm(EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc);
    writer.mac_algorithm(MacAlgorithm::HmacSha1).write().ok()
}

/// The first four bytes of the MD5 of the subject's DER, little end first: OpenSSL's
/// `-subject_hash_old`, under which Android's system store keeps a certificate.
fn subject_hash_old(cert: &CertDer) -> Option<String> {
    let subject = Cert::read(cert).subject?;
    let digest = Md5::digest(&subject.raw);
    Some(format!("{:08x}", u32::from_le_bytes(*digest.first_chunk()?)))
}

/// The identifiers are made of the fingerprint, so that installing it again replaces it.
fn mobileconfig(cert: &CertDer) -> String {
    let name = text::html(&Cert::read(cert).label());
    let mut out = String::new();
    let payload = STANDARD.encode(&cert.der);
    let (outer, inner) = (uuid(cert, 0), uuid(cert, 1));
    let _ = write!(
        out,
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>PayloadType</key><string>Configuration</string>
  <key>PayloadVersion</key><integer>1</integer>
  <key>PayloadIdentifier</key><string>tlscope.ca.{outer}</string>
  <key>PayloadUUID</key><string>{outer}</string>
  <key>PayloadDisplayName</key><string>{name}</string>
  <key>PayloadDescription</key><string>Lets tlscope on your computer show this device's TLS connections. Remove it when you are done.</string>
  <key>PayloadRemovalDisallowed</key><false/>
  <key>PayloadContent</key>
  <array>
    <dict>
      <key>PayloadType</key><string>com.apple.security.root</string>
      <key>PayloadVersion</key><integer>1</integer>
      <key>PayloadIdentifier</key><string>tlscope.ca.{inner}</string>
      <key>PayloadUUID</key><string>{inner}</string>
      <key>PayloadDisplayName</key><string>{name}</string>
      <key>PayloadCertificateFileName</key><string>tlscope-ca.crt</string>
      <key>PayloadContent</key><data>{payload}</data>
    </dict>
  </array>
</dict>
</plist>
"#
    );
    out
}

/// A version 8 UUID (RFC 9562 section 5.8) from the fingerprint and a number.
fn uuid(cert: &CertDer, which: u8) -> String {
    let mut id: [u8; 16] = cert.sha256.0.first_chunk().copied().unwrap_or_default();
    id[15] = which;
    id[6] = id[6] & 0x0f | 0x80;
    id[8] = id[8] & 0x3f | 0x80;
    let hex = crate::model::hex(&id).to_uppercase();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}
