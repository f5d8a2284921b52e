//! What of files the dialler needs: client certificates, and where secrets are logged.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use super::glob::Glob;
use super::identity::{Identity, IdentityError};
use super::key_log::{KeyLog, KeyLogError};
use super::secret::Secret;
use crate::model::{Host, Target, Timestamp};

/// `HOST=FILE`: the client certificate for these hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertRule {
    /// Which hosts.
    pub hosts: Glob,
    /// Where certificate and key are.
    pub file: PathBuf,
}

/// A text that is no such rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not of the form HOST=FILE, such as api.example.com=client.p12")]
pub struct ClientCertRuleError(String);

impl FromStr for ClientCertRule {
    type Err = ClientCertRuleError;

    /// No pattern of hosts has a `=`, and a path may.
    fn from_str(text: &str) -> Result<Self, ClientCertRuleError> {
        let bad = || ClientCertRuleError(text.to_owned());
        let (hosts, file) = text.split_once('=').filter(|(_, file)| !file.is_empty()).ok_or_else(bad)?;
        Ok(Self { hosts: hosts.parse().map_err(|_| bad())?, file: PathBuf::from(file) })
    }
}

/// Files that were named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyFiles {
    /// Client certificates.
    pub client_certs: Vec<ClientCertRule>,
    /// Passwords of those files; each is tried where one is needed.
    pub passwords: Vec<Secret>,
    /// Where secrets are logged: the name, to which the leg is added.
    pub key_log: Option<PathBuf>,
}

/// Why one of them is of no use.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// A client certificate.
    #[error("the client certificate {}: {fault}", path.display())]
    Identity {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        fault: IdentityError,
    },
    /// A key log.
    #[error(transparent)]
    KeyLog(#[from] KeyLogError),
}

/// Those files, read and opened. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    identities: Arc<[(Glob, PathBuf, Arc<Identity>)]>,
    client_log: Option<Arc<KeyLog>>,
    upstream_log: Option<Arc<KeyLog>>,
}

impl KeyFiles {
    /// Reads and opens them; a log of clients' legs only where there are clients.
    ///
    /// # Errors
    /// [`KeyFileError`] naming the file and what to do.
    pub fn open(&self, has_clients: bool) -> Result<Keys, KeyFileError> {
        let identity = |rule: &ClientCertRule| {
            let fault = |fault| KeyFileError::Identity { path: rule.file.clone(), fault };
            let identity = Identity::read(&rule.file, &self.passwords).map_err(fault)?;
            Ok::<_, KeyFileError>((rule.hosts.clone(), rule.file.clone(), Arc::new(identity)))
        };
        let identities = self.client_certs.iter().map(identity).collect::<Result<_, _>>()?;
        let log =
            |leg: &str| self.key_log.as_deref().map(|path| KeyLog::open(&beside(path, leg)).map(Arc::new)).transpose();
        let client_log = if has_clients { log("client")? } else { None };
        Ok(Keys { identities, client_log, upstream_log: log("upstream")? })
    }
}

/// `keys.log.client` for `keys.log`.
fn beside(path: &Path, leg: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(leg);
    PathBuf::from(name)
}

impl Keys {
    /// The client certificate for a target, the most specific rule first. Where the target is a bare
    /// address, the name asked for in the hello counts as well.
    pub(super) fn identity_for(&self, target: &Target, sni: Option<&str>) -> Option<Arc<Identity>> {
        let named = sni.filter(|_| target.host.ip().is_some()).and_then(|sni| Host::parse(sni).ok());
        let named = named.map(|host| Target::new(host, target.port));
        let fits = |glob: &Glob| glob.matches(target) || named.as_ref().is_some_and(|named| glob.matches(named));
        let fitting = self.identities.iter().filter(|(hosts, ..)| fits(hosts));
        fitting.max_by_key(|(hosts, ..)| hosts.weight()).map(|(.., identity)| identity.clone())
    }

    pub(super) fn client_log(&self) -> Option<Arc<KeyLog>> {
        self.client_log.clone()
    }

    pub(super) fn upstream_log(&self) -> Option<Arc<KeyLog>> {
        self.upstream_log.clone()
    }

    /// What their owner should know: that secrets are written, and which certificate has ended.
    pub fn warnings(&self, now: Timestamp) -> Vec<String> {
        let logs: Vec<String> = [&self.client_log, &self.upstream_log]
            .into_iter()
            .flatten()
            .map(|log| log.path().display().to_string())
            .collect();
        let logged = (!logs.is_empty()).then(|| {
            format!("TLS secrets are written to {}: whoever has them can read the recorded traffic", logs.join(" and "))
        });
        let ended = self.identities.iter().filter_map(|(_, path, identity)| {
            let ends = identity.ends.filter(|ends| *ends < now)?;
            Some(format!("the client certificate {} has ended on {}", path.display(), ends.day()))
        });
        logged.into_iter().chain(ended).collect()
    }

    /// Whether secrets are written.
    pub fn are_logged(&self) -> bool {
        self.client_log.is_some() || self.upstream_log.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read() {
        let rule: ClientCertRule = "*.Example.com:8443=C:\\keys\\a=b.p12".parse().unwrap();
        assert_eq!(
            (rule.hosts.to_string().as_str(), rule.file.to_str().unwrap()),
            ("*.example.com:8443", "C:\\keys\\a=b.p12")
        );
        for bad in ["", "a.test", "a.test=", "=file", "https://a.test=file"] {
            assert!(bad.parse::<ClientCertRule>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_leg_is_added_to_the_name() {
        assert_eq!(beside(Path::new("/x/keys.log"), "client"), Path::new("/x/keys.log.client"));
    }
}
