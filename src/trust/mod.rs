//! Loading root sets (Mozilla's, this machine's, and those in files) and lists of logs.
//!
//! Owns nothing but the loading; judging by them is `diagnosis`'. Takes milliseconds (the
//! machine's store is read from disk), so call it off the async threads.
//!
//! Must not open sockets.

mod log_list;

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::PathBuf;

use crate::model::{CertDer, CtLog, Fingerprint, RootSet, RootSetName};
use crate::x509::read_certificates;

/// Which root sets to judge by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The sets, in the order in which they are reported.
    pub roots: Vec<RootSetName>,
    /// Files of the set `files`: PEM, DER or PKCS#7.
    pub root_files: Vec<PathBuf>,
    /// A list of Certificate Transparency's logs.
    pub ct_logs: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        Self { roots: vec![RootSetName::Mozilla, RootSetName::System], root_files: Vec::new(), ct_logs: None }
    }
}

/// The sets, loaded.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// Each set with its anchors.
    pub sets: Vec<RootSet>,
    /// The anchors whose chains the rules for publicly trusted certificates apply to.
    pub public: HashSet<Fingerprint>,
    /// The logs, when a list was given.
    pub logs: Option<Vec<CtLog>>,
    /// What could not be read of the machine's store.
    pub warnings: Vec<String>,
}

/// Why a root file is of no use.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// It cannot be read.
    #[error("cannot read the root file {}: {source}", path.display())]
    Unreadable {
        /// Which one.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The list of logs is of no use.
    #[error("cannot read the list of logs {}: {why}", path.display())]
    Logs {
        /// Which one.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// It holds no certificate.
    #[error("the root file {} holds no certificate (PEM, DER or PKCS#7)", path.display())]
    Empty {
        /// Which one.
        path: PathBuf,
    },
}

/// Loads the sets.
///
/// # Errors
/// [`TrustError`] when a root file is of no use. The machine's store is read as far as it can be.
pub fn load(config: &Config) -> Result<Loaded, TrustError> {
    let mut loaded = Loaded { public: mozilla().map(|der| der.sha256).collect(), ..Loaded::default() };
    for name in &config.roots {
        let anchors = match name {
            RootSetName::Mozilla => mozilla().collect(),
            RootSetName::System => system(&mut loaded.warnings),
            RootSetName::Files => continue,
        };
        loaded.sets.push(RootSet { name: *name, anchors });
    }
    if !config.root_files.is_empty() {
        let mut anchors = Vec::new();
        for path in &config.root_files {
            anchors.extend(read_file(path.clone())?);
        }
        loaded.sets.push(RootSet { name: RootSetName::Files, anchors });
    }
    loaded.logs = config.ct_logs.clone().map(read_logs).transpose()?;
    Ok(loaded)
}

fn read_logs(path: PathBuf) -> Result<Vec<CtLog>, TrustError> {
    let read = fs::read(&path).map_err(|error| error.to_string()).and_then(|bytes| log_list::read(&bytes));
    read.map_err(|why| TrustError::Logs { path, why })
}

fn mozilla() -> impl Iterator<Item = CertDer> {
    webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(|der| CertDer::new(bytes::Bytes::from_static(der.as_ref())))
}

fn system(warnings: &mut Vec<String>) -> Vec<CertDer> {
    let found = rustls_native_certs::load_native_certs();
    warnings.extend(found.errors.iter().map(|error| format!("reading this machine's trust store: {error}")));
    found.certs.into_iter().map(|der| CertDer::new(der.to_vec())).collect()
}

fn read_file(path: PathBuf) -> Result<Vec<CertDer>, TrustError> {
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(source) => return Err(TrustError::Unreadable { path, source }),
    };
    let found = read_certificates(&bytes);
    if found.is_empty() { Err(TrustError::Empty { path }) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loads_what_is_asked_for_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("roots.pem");
        fs::write(&file, include_str!("../../certs/fixtures/algorithms/rsa2048-sha256.pem")).unwrap();
        let config = Config { roots: vec![RootSetName::Mozilla], root_files: vec![file], ct_logs: None };
        let loaded = load(&config).unwrap();
        let counts: Vec<_> = loaded.sets.iter().map(|set| (set.name, set.anchors.len())).collect();
        assert_eq!(counts, [(RootSetName::Mozilla, loaded.public.len()), (RootSetName::Files, 1)]);
        assert!(loaded.public.len() > 100);
        assert!(load(&Config { roots: vec![], root_files: vec![], ct_logs: None }).unwrap().sets.is_empty());
    }

    #[test]
    fn a_useless_file_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("roots.pem");
        let config = Config { roots: vec![], root_files: vec![file.clone()], ct_logs: None };
        let missing = load(&config).unwrap_err().to_string();
        fs::write(&file, "no certificate").unwrap();
        let empty = load(&config).unwrap_err().to_string();
        for error in [missing, empty] {
            assert!(error.contains(&*file.to_string_lossy()), "{error}");
        }
    }
}
