//! What `certs/audit.toml` can say.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::ca::forge::{CertRecipe, Said};
use crate::model::{FindingId, Host, Identity, MadeFor, Severity, TlsVersion};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    identity: Vec<IdentityRecipe>,
}

/// An identity: its words, and how it is made.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IdentityRecipe {
    pub(super) name: String,
    about: String,
    #[serde(default)]
    risk: String,
    /// None for the control.
    pub(super) severity: Option<Severity>,
    #[serde(default)]
    usual: bool,
    certmitm: Option<String>,
    #[serde(default, rename = "for")]
    made_for: MadeFor,
    pub(super) expect: Vec<FindingId>,
    #[serde(default)]
    leaf: CertRecipe,
    /// CAs, and what passes for one. `root` is the CA, `stale` one of its name with another key.
    #[serde(default)]
    ca: BTreeMap<String, CertRecipe>,
    /// What is sent: `leaf` and names of CAs.
    #[serde(default = "leaf_alone")]
    pub(super) chain: Vec<String>,
    /// `1.2` for that version alone.
    tls: Option<String>,
    /// What a stapled answer says.
    pub(super) staple: Option<Said>,
    /// The key that signs the handshake, where it is not the leaf's.
    pub(super) signed_by: Option<String>,
}

fn leaf_alone() -> Vec<String> {
    vec!["leaf".to_owned()]
}

pub(super) fn read(text: &str) -> Result<Vec<IdentityRecipe>, toml::de::Error> {
    Ok(toml::from_str::<File>(text)?.identity)
}

/// How long leaves are good, in days from now: no longer than it takes.
const LEAF_DAYS: [f64; 2] = [-1.0, 30.0];

/// How long CAs are, that there are for one connection alone.
const CA_DAYS: [f64; 2] = [-1.0, 300.0];

/// ub-common-name (RFC 5280 appendix A.1).
const LONGEST_COMMON_NAME: usize = 64;

impl IdentityRecipe {
    /// What is said of it.
    pub(super) fn identity(&self) -> Identity {
        Identity {
            name: self.name.clone(),
            about: self.about.clone(),
            severity: self.severity,
            usual: self.usual,
            risk: self.risk.clone(),
            certmitm: self.certmitm.clone(),
            made_for: self.made_for,
        }
    }

    /// The one version it is shown over.
    pub(super) fn version(&self) -> Option<TlsVersion> {
        (self.tls.as_deref() == Some("1.2")).then_some(TlsVersion::TLS12)
    }

    /// Whether it has a CA below ours.
    pub(super) fn has_intermediate(&self) -> bool {
        self.ca.values().any(|recipe| recipe.issuer.as_deref() == Some("root"))
    }

    /// Whether the CA that issues it has the name of ours and another key.
    pub(super) fn is_stale(&self) -> bool {
        self.leaf.issuer.as_deref() == Some("stale")
    }

    /// The leaf for a host.
    pub(super) fn leaf_for(&self, host: &Host) -> CertRecipe {
        let mut leaf = with_defaults(self.leaf.clone(), "root", "leaf", LEAF_DAYS);
        let sibling = sibling_of(host);
        let filled = |text: &String| text.replace("{sibling}", &sibling);
        leaf.san = leaf.san.map(|names| names.iter().map(filled).collect());
        leaf.cn = leaf.cn.as_ref().map(filled);
        if host.to_string().len() > LONGEST_COMMON_NAME && !leaf.no_san {
            leaf.cn = Some(String::new());
        }
        leaf
    }

    /// Its CAs.
    pub(super) fn authorities(&self) -> BTreeMap<String, CertRecipe> {
        let with = |(name, recipe): (&String, &CertRecipe)| {
            (name.clone(), with_defaults(recipe.clone(), "root", "ca", CA_DAYS))
        };
        self.ca.iter().map(with).collect()
    }
}

/// What a recipe does not say is as the control has it.
fn with_defaults(recipe: CertRecipe, issuer: &str, key: &str, days: [f64; 2]) -> CertRecipe {
    CertRecipe {
        issuer: recipe.issuer.or_else(|| Some(issuer.to_owned())),
        key: recipe.key.or_else(|| Some(key.to_owned())),
        days: recipe.days.or(Some(days)),
        ..recipe
    }
}

/// Another host of the same domain: the first label replaced, where there is a domain behind it.
fn sibling_of(host: &Host) -> String {
    let name = host.to_string();
    match name.split_once('.') {
        Some((first, domain)) if domain.contains('.') => format!("not-{first}.{domain}"),
        _ => format!("not.{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sibling_is_another_host_of_the_domain() {
        for (host, sibling) in
            [("api.example.com", "not-api.example.com"), ("example.com", "not.example.com"), ("box", "not.box")]
        {
            assert_eq!(sibling_of(&Host::parse(host).unwrap()), sibling);
        }
    }
}
