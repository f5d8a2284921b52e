//! From an identity's recipe to what a client is shown.

use std::sync::{Arc, OnceLock};

use rustls::sign::CertifiedKey;
use rustls_pki_types::CertificateDer;

use super::Catalogue;
use super::recipe::IdentityRecipe;
use crate::ca::authority::Root;
use crate::ca::forge::{Forge, Forged, Key, Logs, Surroundings, forge, forge_all, ocsp, signing_key};
use crate::ca::{KeyChoice, Mint, Shown};
use crate::model::{Fingerprint, Host, Timestamp};
use crate::x509::Cert;

/// It takes a moment to make, and nobody computes it while an audit lasts.
static WEAK_KEY: OnceLock<Arc<Key>> = OnceLock::new();

/// 65537, as every RSA key has it.
const EXPONENT: [u8; 3] = [1, 0, 1];

impl Mint {
    /// Makes an identity of the catalogue for a host: new each time, and kept nowhere. Takes milliseconds, the
    /// first weak key a second: not for an async task.
    ///
    /// # Errors
    /// In words, when the CA cannot sign what the identity needs.
    pub fn identity(
        &self,
        (catalogue, name): (&Catalogue, &str),
        host: &Host,
        key: KeyChoice,
        now: Timestamp,
    ) -> Result<Shown, String> {
        let recipe = catalogue.recipe(name).ok_or_else(|| format!("there is no identity {name:?}"))?;
        if let Some(why) = self.cannot_issue(recipe) {
            return Err(why.to_owned());
        }
        let own = self.clone_of_rsa_key(key)?;
        let keys = move |name: &str| key_for(name, key, own.as_deref());
        let around = Surroundings {
            now,
            host: host.to_string(),
            aia: String::new(),
            file: String::new(),
            public: false,
            logs: Arc::new(Logs::new()?),
            keys: Arc::new(keys),
        };
        make(recipe, host, self.issuers(recipe, &around)?, &around)
    }

    /// The identities that the CA of this machine cannot issue, with why.
    pub fn left_out(&self, catalogue: &Catalogue) -> Vec<(String, &'static str)> {
        let why = |recipe: &IdentityRecipe| Some((recipe.name.clone(), self.cannot_issue(recipe)?));
        catalogue.recipes.iter().filter_map(why).collect()
    }

    fn cannot_issue(&self, recipe: &IdentityRecipe) -> Option<&'static str> {
        let read = Cert::read(self.authority().cert());
        let limit = read.extensions.basic_constraints.and_then(|constraints| constraints.path_len);
        (limit == Some(0) && recipe.has_intermediate())
            .then_some("this CA allows none below it; `tlscope ca new` makes one that does")
    }

    /// What is issued from: the CA; and where the recipe wants it, one of its name that has another key.
    fn issuers(&self, recipe: &IdentityRecipe, around: &Surroundings) -> Result<Forge, String> {
        let root = self.root().ok_or("the CA's key is of a kind that cannot sign this")?;
        let mut issuers = Forge::new();
        if recipe.is_stale() {
            let stale = Forged { key: (around.keys)("ca")?, der: Vec::new(), ..root.clone() };
            issuers.insert("stale".to_owned(), stale);
        }
        issuers.insert("root".to_owned(), root);
        Ok(issuers)
    }

    /// The CA as an issuer of whatever a recipe says.
    fn root(&self) -> Option<Forged> {
        let Root { cert, key } = self.authority().as_root()?;
        let (subject, serial) = (cert.subject.as_ref()?.raw.to_vec(), cert.serial.as_ref()?.to_vec());
        Some(Forged { der: cert.der.der.to_vec(), key, subject, serial })
    }

    /// For clients without ECDSA, the key that their leaves have.
    fn clone_of_rsa_key(&self, key: KeyChoice) -> Result<Option<Vec<u8>>, String> {
        match key {
            KeyChoice::P256 => Ok(None),
            KeyChoice::Rsa2048 => Ok(Some(self.rsa_key().map_err(|error| error.to_string())?.serialize_der())),
        }
    }
}

/// The key of that name, of a kind that the client can verify.
fn key_for(name: &str, choice: KeyChoice, own: Option<&[u8]>) -> Result<Arc<Key>, String> {
    match (name, choice, own) {
        ("leaf", KeyChoice::Rsa2048, Some(own)) => {
            Key::from_pkcs8(own).map(Arc::new).ok_or_else(|| "an RSA key cannot be read".to_owned())
        }
        ("leaf" | "ca", KeyChoice::Rsa2048, _) => Key::rsa(2048, &EXPONENT).map(Arc::new),
        ("leaf" | "ca", KeyChoice::P256, _) => Key::named("p256").map(Arc::new),
        ("rsa1024", ..) => weak_key(),
        // Each is for one certificate, which is over before the key is computed.
        ("rsa512", ..) => Key::rsa(512, &EXPONENT).map(Arc::new),
        (other, ..) => Err(format!("there is no key {other:?}")),
    }
}

fn weak_key() -> Result<Arc<Key>, String> {
    if let Some(key) = WEAK_KEY.get() {
        return Ok(key.clone());
    }
    let new = Arc::new(Key::rsa(1024, &EXPONENT)?);
    Ok(WEAK_KEY.get_or_init(|| new).clone())
}

fn make(recipe: &IdentityRecipe, host: &Host, issuers: Forge, around: &Surroundings) -> Result<Shown, String> {
    let made = forge_all(&recipe.authorities(), issuers, around)?;
    let leaf_recipe = recipe.leaf_for(host);
    let leaf = forge(&leaf_recipe, &recipe.name, true, &made, around)?;
    let of = |name: &String| if name == "leaf" { Some(&leaf) } else { made.get(name) };
    let sent: Vec<CertificateDer<'static>> =
        recipe.chain.iter().filter_map(of).map(|made| CertificateDer::from(made.der.clone())).collect();
    let handshake_key = match &recipe.signed_by {
        Some(key) => (around.keys)(key)?,
        None => leaf.key.clone(),
    };
    let mut certified = CertifiedKey::new(sent, signing_key(&handshake_key, false)?);
    if let Some(said) = recipe.staple {
        let issuer = leaf_recipe.issuer.and_then(|issuer| made.get(&issuer)).ok_or("nobody issued the leaf")?;
        certified.ocsp = Some(ocsp(said, &leaf, issuer, around.now)?);
    }
    Ok(Shown {
        leaf: Fingerprint::of(&leaf.der),
        certified: Arc::new(certified),
        version: recipe.version(),
        suites: Vec::new(),
    })
}
