//! The recipes: what `certs/lab.toml` can say.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{DOMAIN, PUBLIC_DOMAIN};
use crate::ca::forge::{CertRecipe, Said};
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
