//! The files that a command is given, in a private directory that goes with it.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tempfile::TempDir;
use tracing::warn;

use super::variables::{VARIABLES, Value};
use crate::ca;
use crate::model::{CertDer, RootSetName};
use crate::trust;
use crate::x509::{pem, read_certificates};

/// This machine's roots and tlscope's CA, in PEM.
pub(super) const BUNDLE: &str = "bundle.pem";
/// tlscope's CA, in PEM.
pub(super) const CA: &str = "ca.pem";
/// The bundle for Java.
pub(super) const TRUST_STORE: &str = "trust.p12";
/// Java wants one; there is no secret in it.
pub(super) const TRUST_STORE_PASSWORD: &str = "changeit";
/// What Node loads first.
pub(super) const NODE_PRELOAD: &str = "node.cjs";
/// Where PHP finds settings.
pub(super) const PHP_DIR: &str = "php";
/// What wget reads instead of the user's.
pub(super) const WGETRC: &str = "wgetrc";

/// The directory. It is gone when this is dropped.
#[derive(Debug)]
pub(super) struct Kit(TempDir);

impl Kit {
    /// Makes it, for a proxy whose CA is in `ca_file`. `present` is the environment there is: the
    /// roots that its variables name count as well.
    pub(super) fn make(
        proxy: SocketAddr,
        ca_file: &Path,
        present: impl Fn(&str) -> Option<OsString>,
    ) -> anyhow::Result<Self> {
        let dir = private_dir().context("cannot make a temporary directory")?;
        let ca = certificates_in(ca_file).with_context(|| format!("cannot read {}", ca_file.display()))?;
        let named = |kind: Value| named_certificates(kind, &present);
        let extra: Vec<CertDer> = ca.iter().cloned().chain(named(Value::Ca)).collect();
        let all = without_repeats(extra.iter().cloned().chain(named(Value::Bundle)).chain(roots()));
        let kit = Self(dir);
        kit.write(CA, pems(&extra))?;
        kit.write(TRUST_STORE, ca::trust_store(&all).context("cannot write a trust store for Java")?)?;
        kit.write(BUNDLE, pems(&all))?;
        kit.write(NODE_PRELOAD, include_str!("node.cjs"))?;
        kit.write(WGETRC, wgetrc(users_wgetrc(&present).as_deref(), proxy, &kit.path().join(BUNDLE)))?;
        fs::create_dir(kit.path().join(PHP_DIR)).context("cannot make a directory for PHP's settings")?;
        kit.write(&format!("{PHP_DIR}/tlscope.ini"), php_ini(&kit.path().join(BUNDLE)))?;
        Ok(kit)
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> anyhow::Result<()> {
        let path = self.path().join(name);
        fs::write(&path, contents).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// The user's wgetrc may hold a password.
fn private_dir() -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("tlscope-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o700));
    }
    builder.tempdir()
}

/// The machine's; Mozilla's where it has none, so that what is tunnelled can be verified all the same.
fn roots() -> Vec<CertDer> {
    let of = |set| {
        let config = trust::Config { roots: vec![set], root_files: Vec::new(), ct_logs: None };
        let loaded = trust::load(&config).unwrap_or_default();
        loaded.sets.into_iter().flat_map(|set| set.anchors).collect::<Vec<_>>()
    };
    let system = of(RootSetName::System);
    if system.is_empty() { of(RootSetName::Mozilla) } else { system }
}

/// What the user's own variables of this kind name.
fn named_certificates(kind: Value, present: impl Fn(&str) -> Option<OsString>) -> Vec<CertDer> {
    let names = VARIABLES.iter().filter(|variable| variable.value == kind).map(|variable| variable.name);
    let files = names.filter_map(|name| present(name).filter(|file| !file.is_empty()).map(|file| (name, file)));
    let read = |(name, file): (&str, OsString)| {
        certificates_in(Path::new(&file)).unwrap_or_else(|error| {
            warn!(%error, file = %Path::new(&file).display(), "the roots that {name} names cannot be read");
            Vec::new()
        })
    };
    files.flat_map(read).collect()
}

fn certificates_in(path: &Path) -> io::Result<Vec<CertDer>> {
    Ok(read_certificates(&fs::read(path)?))
}

/// Java takes no certificate twice.
fn without_repeats(certs: impl Iterator<Item = CertDer>) -> Vec<CertDer> {
    let mut seen = std::collections::HashSet::new();
    certs.filter(|cert| seen.insert(cert.sha256)).collect()
}

fn pems(certs: &[CertDer]) -> String {
    certs.iter().map(|cert| pem(&cert.der)).collect()
}

fn php_ini(bundle: &Path) -> String {
    let bundle = bundle.display();
    format!("curl.cainfo = \"{bundle}\"\nopenssl.cafile = \"{bundle}\"\n")
}

/// What wget would have read of the user's.
fn users_wgetrc(present: impl Fn(&str) -> Option<OsString>) -> Option<String> {
    let home = || present("HOME").map(|home| Path::new(&home).join(".wgetrc"));
    let path = present("WGETRC").map(PathBuf::from).or_else(home)?;
    fs::read_to_string(path).ok()
}

/// The last word counts in such a file.
fn wgetrc(users: Option<&str>, proxy: SocketAddr, bundle: &Path) -> String {
    let before = users.map(|text| format!("{}\n", text.trim_end())).unwrap_or_default();
    format!(
        "{before}use_proxy = on\nhttp_proxy = http://{proxy}\nhttps_proxy = http://{proxy}\nno_proxy =\nca_certificate = {}\n",
        bundle.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ca::Authority;
    use crate::model::Timestamp;

    const ROOT: &str = include_str!("../../../certs/fixtures/algorithms/rsa2048-sha256.pem");

    #[test]
    fn holds_the_ca_the_roots_and_what_the_user_has_named_and_goes_with_its_command() {
        let home = tempfile::tempdir().unwrap();
        let (authority, _) = Authority::load_or_create(home.path(), Timestamp::from_unix(1_800_000_000)).unwrap();
        let own = home.path().join("own.pem");
        fs::write(&own, ROOT).unwrap();
        let present = |name: &str| match name {
            "CURL_CA_BUNDLE" => Some(own.clone().into_os_string()),
            "GIT_SSL_CAINFO" => Some("/does/not/exist".into()),
            _ => None,
        };
        let kit = Kit::make("127.0.0.1:1".parse().unwrap(), &authority.paths().certificate, present).unwrap();
        let dir = kit.path().to_owned();
        let bundle = certificates_in(&dir.join(BUNDLE)).unwrap();
        assert_eq!(bundle.first(), Some(authority.cert()));
        assert!(bundle.contains(&read_certificates(ROOT.as_bytes())[0]) && bundle.len() > 100);
        assert_eq!(certificates_in(&dir.join(CA)).unwrap(), [authority.cert().clone()]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);
        }
        drop(kit);
        assert!(!dir.exists());
    }

    #[test]
    fn a_ca_that_is_not_there_is_named() {
        let error = Kit::make("127.0.0.1:1".parse().unwrap(), Path::new("/no/ca.pem"), |_| None).unwrap_err();
        assert!(error.to_string().contains("/no/ca.pem"), "{error}");
    }

    #[test]
    fn wget_is_told_what_the_user_has_told_it_before() {
        let text =
            wgetrc(Some("user = me\nhttps_proxy = http://corp:3128"), "127.0.0.1:9".parse().unwrap(), Path::new("/b"));
        assert!(text.starts_with("user = me\nhttps_proxy = http://corp:3128\nuse_proxy = on\n"), "{text}");
        assert!(text.ends_with("https_proxy = http://127.0.0.1:9\nno_proxy =\nca_certificate = /b\n"), "{text}");
    }
}
