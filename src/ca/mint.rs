//! Leaves for hosts, made when asked for and kept while they are good.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, RsaKeySize,
    SanType,
};
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::sign::CertifiedKey;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::authority::{Authority, random_serial};
use super::mirror::Mirrors;
use crate::model::{CertDer, Host, Timestamp};

/// Clients of public CAs' leaves take no more than 200 days (Baseline Requirements 6.3.2), and some
/// apply that to ours; two of them are spent on clocks that are behind.
const BACKDATED_DAYS: i64 = 2;
const LIFE_DAYS: i64 = 197;

/// A leaf this close to its end is made anew.
const RENEWED_BEFORE_DAYS: i64 = 7;

/// More leaves than this are not kept.
const CACHE_LIMIT: usize = 10_000;

/// The kind of key to give the leaf, by what the client's hello allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyChoice {
    /// For every client that offers ECDSA.
    P256,
    /// For the others.
    Rsa2048,
}

/// A minted leaf with its private key.
#[derive(Debug)]
pub struct Leaf {
    /// The certificate.
    pub cert: CertDer,
    /// Certificate and key as rustls takes them.
    pub certified: Arc<CertifiedKey>,
    not_after: Timestamp,
}

/// Makes leaves. Shared by all connections.
#[derive(Debug)]
pub struct Mint {
    authority: Authority,
    leaves: Mutex<HashMap<(Host, KeyChoice), Arc<Leaf>>>,
    /// One RSA key for all leaves that want one: making it takes a tenth of a second.
    rsa_key: OnceLock<Arc<KeyPair>>,
    mirrors: Mirrors,
}

impl Mint {
    /// How many CAs there were here before this one.
    pub fn former_cas(&self) -> usize {
        self.authority.former()
    }

    /// Mints under `authority`.
    pub fn new(authority: Authority) -> Self {
        Self { authority, leaves: Mutex::new(HashMap::new()), rsa_key: OnceLock::new(), mirrors: Mirrors::default() }
    }

    /// The CA.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    pub(super) fn mirrors(&self) -> &Mirrors {
        &self.mirrors
    }

    /// The leaf for `host`, when there is one.
    pub fn cached(&self, host: &Host, key: KeyChoice, now: Timestamp) -> Option<Arc<Leaf>> {
        let leaves = self.leaves.lock().unwrap_or_else(PoisonError::into_inner);
        let leaf = leaves.get(&(host.clone(), key))?;
        (now < leaf.not_after.plus_days(-RENEWED_BEFORE_DAYS)).then(|| leaf.clone())
    }

    /// The leaf for `host`, made when there is none. Takes milliseconds then: not for an async task.
    ///
    /// # Errors
    /// When the key or the certificate cannot be made.
    pub fn leaf(&self, host: &Host, key: KeyChoice, now: Timestamp) -> Result<Arc<Leaf>, rcgen::Error> {
        if let Some(leaf) = self.cached(host, key, now) {
            return Ok(leaf);
        }
        let leaf = Arc::new(self.make(host, key, now)?);
        let mut leaves = self.leaves.lock().unwrap_or_else(PoisonError::into_inner);
        if leaves.len() >= CACHE_LIMIT {
            leaves.clear();
        }
        leaves.insert((host.clone(), key), leaf.clone());
        Ok(leaf)
    }

    /// Makes the RSA key ahead of time.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn prepare(&self) -> Result<(), rcgen::Error> {
        self.rsa_key().map(drop)
    }

    pub(super) fn rsa_key(&self) -> Result<Arc<KeyPair>, rcgen::Error> {
        if let Some(key) = self.rsa_key.get() {
            return Ok(key.clone());
        }
        let key = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048)?;
        Ok(self.rsa_key.get_or_init(|| Arc::new(key)).clone())
    }

    fn make(&self, host: &Host, choice: KeyChoice, now: Timestamp) -> Result<Leaf, rcgen::Error> {
        let key = match choice {
            KeyChoice::P256 => Arc::new(KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?),
            KeyChoice::Rsa2048 => self.rsa_key()?,
        };
        let not_after = now.plus_days(LIFE_DAYS).min(self.authority.not_after());
        let mut params = params_for(host, choice)?;
        params.not_before = now.plus_days(-BACKDATED_DAYS).to_offset();
        params.not_after = not_after.to_offset();
        let cert = self.authority.sign(&params, &key)?;
        let pkcs8 = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let signer = any_supported_type(&pkcs8).map_err(|_| rcgen::Error::UnsupportedSignatureAlgorithm)?;
        let chain = vec![CertificateDer::from(cert.der.to_vec())];
        Ok(Leaf { cert, certified: Arc::new(CertifiedKey::new(chain, signer)), not_after })
    }
}

fn params_for(host: &Host, choice: KeyChoice) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    let name = host.to_string();
    // ub-common-name (RFC 5280 appendix A.1); without a subject rcgen marks the SAN critical.
    if name.len() <= 64 {
        params.distinguished_name.push(DnType::CommonName, name.clone());
    }
    params.subject_alt_names = vec![match host {
        Host::Name(_) => SanType::DnsName(name.try_into()?),
        Host::Ip(ip) => SanType::IpAddress(*ip),
    }];
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = match choice {
        KeyChoice::P256 => vec![KeyUsagePurpose::DigitalSignature],
        KeyChoice::Rsa2048 => vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment],
    };
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params.serial_number = Some(random_serial());
    Ok(params)
}

#[cfg(test)]
mod tests;
