//! What a recipe for a certificate can say: `certs/lab.toml` and `certs/audit.toml` are made of them.

use serde::Deserialize;

use super::der::TimeForm;

/// One certificate. What is not said is as a good one has it.
#[allow(clippy::struct_excessive_bools)] // each is a line of the recipe
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CertRecipe {
    /// The CA that signs it; `self` for itself.
    pub(crate) issuer: Option<String>,
    /// Its key: `p256`, `p384`, `p521`, `ed25519`, or a file of `certs/keys` without its ending.
    pub(crate) key: Option<String>,
    /// The validity, in days from the lab's start.
    pub(crate) days: Option<[f64; 2]>,
    /// How the dates are written.
    pub(crate) times: TimeForm,
    /// The common name; `""` for none. `{host}` stands for the host.
    pub(crate) cn: Option<String>,
    /// The names, as `dns:a.test`, `ip:192.0.2.1`, `email:`, `uri:`; absent for none at all.
    pub(crate) san: Option<Vec<String>>,
    /// No subjectAltName.
    pub(crate) no_san: bool,
    /// How many more DNS names there are.
    pub(crate) padding_names: usize,
    /// extKeyUsage by short names; empty for none at all.
    pub(crate) eku: Option<Vec<String>>,
    /// keyUsage by its names; empty for none at all.
    pub(crate) ku: Option<Vec<String>>,
    /// cA.
    pub(crate) ca: Option<bool>,
    /// basicConstraints left out.
    pub(crate) no_bc: bool,
    /// basicConstraints not critical.
    pub(crate) bc_not_critical: bool,
    pub(crate) pathlen: Option<u8>,
    /// nameConstraints.
    pub(crate) permitted: Vec<String>,
    pub(crate) excluded: Vec<String>,
    pub(crate) nc_not_critical: bool,
    /// certificatePolicies, dotted.
    pub(crate) policies: Option<Vec<String>>,
    /// requireExplicitPolicy.
    pub(crate) require_policy: Option<u8>,
    /// Another name of the issuer than its own.
    pub(crate) issuer_cn: Option<String>,
    /// Another signature algorithm than the issuer's key has; the signature is noise then.
    pub(crate) algorithm_oid: Option<String>,
    /// `sha256`, `sha384`, `sha512`, `sha1`, `md5`.
    pub(crate) hash: Option<String>,
    /// Another algorithm outside than inside; it is the one the signature is made with.
    pub(crate) outer_hash: Option<String>,
    /// Further extensions.
    pub(crate) extra: Vec<ExtensionRecipe>,
    /// The promises of logs; a public leaf has two good ones unless it says otherwise.
    pub(crate) scts: Option<Vec<SctRecipe>>,
    /// What an OCSP responder says of it when asked.
    pub(crate) ocsp: Option<Said>,
    /// What the list says at its distribution point; a public leaf has a good one.
    pub(crate) crl: Option<Said>,
    /// No distribution point.
    pub(crate) no_crl: bool,
    /// Of version 1, with whatever extensions it has.
    pub(crate) v1: bool,
    /// The contents of the serial number in hex.
    pub(crate) serial: Option<String>,
    /// The subject by its attributes, as `O=Example`, where it is not a common name alone.
    pub(crate) subject: Vec<String>,
    pub(crate) no_ski: bool,
    pub(crate) no_aki: bool,
    pub(crate) eku_critical: bool,
    /// Whether subjectAltName is critical; it is where there is no subject.
    pub(crate) san_critical: Option<bool>,
    /// Parameters of the signature algorithm in hex, in place of the right ones.
    pub(crate) algorithm_parameters: Option<String>,
    /// The file of the lab's AIA server that holds the issuer; `{aia}` stands for the server.
    pub(crate) aia: Option<String>,
    /// The authority key identifier of this key instead.
    pub(crate) aki_of: Option<String>,
    /// Spoilt after signing.
    pub(crate) spoil: Option<Spoil>,
}

impl CertRecipe {
    /// The promises it carries; two good ones where `usual`.
    pub(crate) fn timestamps(&self, usual: bool) -> Option<Vec<SctRecipe>> {
        let hours = self.days.map_or(-480.0, |[from, _]| from * 24.0);
        let good = |log: &str| SctRecipe { log: log.to_owned(), hours, spoil: false };
        let logs: &[&str] =
            if self.days.is_some_and(|[from, to]| to - from > 180.0) { &["a", "b", "c"] } else { &["a", "b"] };
        match &self.scts {
            Some(none) if none.is_empty() => None,
            Some(listed) => Some(listed.clone()),
            None => usual.then(|| logs.iter().map(|log| good(log)).collect()),
        }
    }
}

/// A promise to be made.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SctRecipe {
    /// The log: `a`, `b`, `c` (of b's operator), `retired`, or `unknown`, which is on no list.
    pub(crate) log: String,
    /// When, in hours from the lab's start.
    pub(crate) hours: f64,
    /// Whether its signature is spoilt.
    #[serde(default)]
    pub(crate) spoil: bool,
}

/// What is said of a certificate, and how well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Said {
    /// It was not revoked.
    Good,
    /// It was, five days ago, for its key was compromised.
    Revoked,
    /// OCSP: the responder does not know it.
    Unknown,
    /// The answer is out of date.
    Expired,
    /// The answer is from the future.
    Future,
    /// It is about another certificate; for a list: about CA certificates only.
    Other,
    /// Somebody else signed it.
    BadSigner,
    /// OCSP: no answer but "try later"; for a list: one without a number.
    Refused,
    /// Nobody answers.
    Unreachable,
}

/// An extension byte by byte.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtensionRecipe {
    pub(crate) oid: String,
    #[serde(default)]
    pub(crate) critical: bool,
    /// In hex.
    pub(crate) value: String,
}

/// A way to spoil a signed certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Spoil {
    /// The signature does not verify.
    Signature,
    /// The key was replaced.
    Key,
    /// The end is missing.
    Truncate,
    /// A length in a form that only BER allows.
    LongLength,
}
