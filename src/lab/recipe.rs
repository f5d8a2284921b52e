//! The recipes: what `certs/lab.toml` can say.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::der::TimeForm;
use super::{DOMAIN, PUBLIC_DOMAIN};
use crate::model::FindingId;

/// Why the recipes cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    /// The text is not of the form.
    #[error("the lab's recipes: {0}")]
    Form(#[from] toml::de::Error),
    /// A recipe cannot be followed.
    #[error("the lab's case {case}: {why}")]
    Case {
        /// Which one.
        case: String,
        /// What is wrong with it.
        why: String,
    },
}

/// A server to be had: what it is about and what a judge has to find.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its short name.
    pub name: String,
    /// In one sentence.
    pub about: String,
    /// The host to ask for.
    pub host: String,
    /// The findings that have to be made, and no others.
    pub expect: Vec<FindingId>,
    /// Its own port, when it has one.
    pub port: Option<u16>,
    pub(super) recipe: CaseRecipe,
}

impl Case {
    /// Whether it takes further connections to find what is wrong.
    pub fn scan(&self) -> bool {
        self.recipe.scan
    }

    /// The URL that shows it through a proxy that knows the lab.
    pub fn url(&self) -> String {
        match self.port {
            Some(port) => format!("https://{}:{port}/", self.host),
            None => format!("https://{}/", self.host),
        }
    }
}

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// CAs that every case can issue from.
    pub(super) ca: BTreeMap<String, CertRecipe>,
    /// The cases.
    pub(super) case: Vec<CaseRecipe>,
}

/// One server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CaseRecipe {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) expect: Vec<FindingId>,
    /// Judged as publicly trusted.
    #[serde(default)]
    pub(super) public: bool,
    /// Found by `check --scan`.
    #[serde(default)]
    pub(super) scan: bool,
    /// Reached by its address, without a name.
    #[serde(default)]
    pub(super) by_ip: bool,
    /// The host, where it is not `NAME.lab.test`; `{domain}` stands for the domain.
    pub(super) host: Option<String>,
    #[serde(default)]
    pub(super) leaf: CertRecipe,
    /// CAs of this case.
    #[serde(default)]
    pub(super) ca: BTreeMap<String, CertRecipe>,
    /// What is sent: `leaf` and names of CAs.
    #[serde(default = "usual_chain")]
    pub(super) chain: Vec<String>,
    #[serde(default)]
    pub(super) server: ServerRecipe,
}

fn usual_chain() -> Vec<String> {
    vec!["leaf".to_owned(), "intermediate".to_owned()]
}

/// One certificate. What is not said is as a good one has it.
#[allow(clippy::struct_excessive_bools)] // each is a line of the recipe
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct CertRecipe {
    /// The CA that signs it; `self` for itself.
    pub(super) issuer: Option<String>,
    /// Its key: `p256`, `p384`, `p521`, `ed25519`, or a file of `certs/keys` without its ending.
    pub(super) key: Option<String>,
    /// The validity, in days from the lab's start.
    pub(super) days: Option<[f64; 2]>,
    /// How the dates are written.
    pub(super) times: TimeForm,
    /// The common name; `""` for none. `{host}` stands for the host.
    pub(super) cn: Option<String>,
    /// The names, as `dns:a.test`, `ip:192.0.2.1`, `email:`, `uri:`; absent for none at all.
    pub(super) san: Option<Vec<String>>,
    /// No subjectAltName.
    pub(super) no_san: bool,
    /// How many more DNS names there are.
    pub(super) padding_names: usize,
    /// extKeyUsage by short names; empty for none at all.
    pub(super) eku: Option<Vec<String>>,
    /// keyUsage by its names; empty for none at all.
    pub(super) ku: Option<Vec<String>>,
    /// cA.
    pub(super) ca: Option<bool>,
    /// basicConstraints left out.
    pub(super) no_bc: bool,
    /// basicConstraints not critical.
    pub(super) bc_not_critical: bool,
    pub(super) pathlen: Option<u8>,
    /// nameConstraints.
    pub(super) permitted: Vec<String>,
    pub(super) excluded: Vec<String>,
    pub(super) nc_not_critical: bool,
    /// certificatePolicies, dotted.
    pub(super) policies: Option<Vec<String>>,
    /// requireExplicitPolicy.
    pub(super) require_policy: Option<u8>,
    /// Another name of the issuer than its own.
    pub(super) issuer_cn: Option<String>,
    /// Another signature algorithm than the issuer's key has; the signature is noise then.
    pub(super) algorithm_oid: Option<String>,
    /// `sha256`, `sha384`, `sha512`, `sha1`, `md5`.
    pub(super) hash: Option<String>,
    /// Another algorithm outside than inside; it is the one the signature is made with.
    pub(super) outer_hash: Option<String>,
    /// Further extensions.
    pub(super) extra: Vec<ExtensionRecipe>,
    /// The promises of logs; a public leaf has two good ones unless it says otherwise.
    pub(super) scts: Option<Vec<SctRecipe>>,
    /// What an OCSP responder says of it when asked.
    pub(super) ocsp: Option<Said>,
    /// What the list says at its distribution point; a public leaf has a good one.
    pub(super) crl: Option<Said>,
    /// No distribution point.
    pub(super) no_crl: bool,
    /// Of version 1, with whatever extensions it has.
    pub(super) v1: bool,
    /// The contents of the serial number in hex.
    pub(super) serial: Option<String>,
    /// The subject by its attributes, as `O=Example`, where it is not a common name alone.
    pub(super) subject: Vec<String>,
    pub(super) no_ski: bool,
    pub(super) no_aki: bool,
    pub(super) eku_critical: bool,
    /// Whether subjectAltName is critical; it is where there is no subject.
    pub(super) san_critical: Option<bool>,
    /// Parameters of the signature algorithm in hex, in place of the right ones.
    pub(super) algorithm_parameters: Option<String>,
    /// The file of the lab's AIA server that holds the issuer; `{aia}` stands for the server.
    pub(super) aia: Option<String>,
    /// The authority key identifier of this key instead.
    pub(super) aki_of: Option<String>,
    /// Spoilt after signing.
    pub(super) spoil: Option<Spoil>,
}

impl CertRecipe {
    /// The promises it carries; two good ones where `usual`.
    pub(super) fn timestamps(&self, usual: bool) -> Option<Vec<SctRecipe>> {
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
pub(super) struct SctRecipe {
    /// The log: `a`, `b`, `c` (of b's operator), `retired`, or `unknown`, which is on no list.
    pub(super) log: String,
    /// When, in hours from the lab's start.
    pub(super) hours: f64,
    /// Whether its signature is spoilt.
    #[serde(default)]
    pub(super) spoil: bool,
}

/// What is said of a certificate, and how well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Said {
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
pub(super) struct ExtensionRecipe {
    pub(super) oid: String,
    #[serde(default)]
    pub(super) critical: bool,
    /// In hex.
    pub(super) value: String,
}

/// A way to spoil a signed certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Spoil {
    /// The signature does not verify.
    Signature,
    /// The end is missing.
    Truncate,
    /// A length in a form that only BER allows.
    LongLength,
}

/// How a case is served.
#[allow(clippy::struct_excessive_bools)] // each is a line of the recipe
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ServerRecipe {
    pub(super) kind: ServerKind,
    /// `1.2` or `1.3` for that version alone.
    pub(super) tls: Option<String>,
    /// Application protocols; `["h2", "http/1.1"]` when absent.
    pub(super) alpn: Option<Vec<String>>,
    /// The certificate whose key signs the handshake, when it is not the leaf.
    pub(super) key_of: Option<String>,
    /// Requests or requires a client certificate.
    pub(super) client_cert: Option<ClientCert>,
    /// For a scripted flight: the version, `1.0` to `1.2` or `ssl3`.
    pub(super) version: Option<String>,
    /// For a scripted flight: the cipher suite by its IANA name.
    pub(super) suite: Option<String>,
    /// For a scripted flight: bits of the Diffie-Hellman prime.
    pub(super) dh_bits: Option<u32>,
    /// For a scripted flight: the group by number.
    pub(super) group: Option<u16>,
    /// For a scripted flight: the signature scheme by number.
    pub(super) scheme: Option<u16>,
    /// For a scripted flight: extensions that a server of today has are left out.
    pub(super) old_extensions: bool,
    /// For a scripted flight: the compression method.
    pub(super) compression: u8,
    /// For a scripted flight: the marker of a downgrade in the random.
    pub(super) downgrade_marker: bool,
    /// For an alert: its number.
    pub(super) alert: Option<u8>,
    /// The handshake's signature is wrong.
    pub(super) wrong_key: bool,
    /// How a hello is answered that rustls would refuse.
    pub(super) also: Option<Box<ServerRecipe>>,
    /// Closes on a hello of more than one packet.
    pub(super) small_hello: bool,
    /// What the stapled OCSP response says.
    pub(super) staple: Option<Said>,
}

/// What kind of server it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ServerKind {
    /// TLS with rustls, and the lab's site behind it.
    #[default]
    Site,
    /// TLS with rustls, and bytes echoed behind it.
    Echo,
    /// TLS with rustls, and a greeting before the client says anything.
    Greeting,
    /// TLS with rustls; closes without `close_notify` after the first answer.
    Abrupt,
    /// A plaintext flight up to ServerHelloDone, then silence.
    Flight,
    /// A fatal alert for every hello.
    Alert,
    /// Closes on the hello.
    Close,
    /// Resets on the hello.
    Reset,
    /// Half a flight, then closes.
    Half,
    /// Takes the hello and says nothing.
    Silent,
    /// Plain HTTP on the TLS port.
    PlainHttp,
    /// Nobody listens.
    Nobody,
}

/// What is asked of clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ClientCert {
    /// Asked for; served without.
    Requested,
    /// Not served without.
    Required,
}

/// Reads the recipes.
pub(super) fn read(text: &str) -> Result<(BTreeMap<String, CertRecipe>, Vec<Case>), RecipeError> {
    let file: File = toml::from_str(text)?;
    let cases = file.case.into_iter().map(|recipe| {
        let domain = if recipe.public { PUBLIC_DOMAIN } else { DOMAIN };
        let host = match &recipe.host {
            _ if recipe.by_ip => "127.0.0.1".to_owned(),
            Some(host) => host.replace("{domain}", domain),
            None => format!("{}.{domain}", recipe.name),
        };
        Case {
            name: recipe.name.clone(),
            about: recipe.about.clone(),
            host,
            expect: recipe.expect.clone(),
            port: None,
            recipe,
        }
    });
    Ok((file.ca, cases.collect()))
}
