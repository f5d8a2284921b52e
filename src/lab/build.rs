//! From a case's recipe to what serves it: its certificates, its TLS, and what is said of them elsewhere.

use std::collections::BTreeMap;

use tokio_rustls::TlsAcceptor;

use super::recipe::{Case, ServerKind, ServerRecipe};
use super::site::Site;
use super::tls::acceptor;
use crate::ca::forge::{CertRecipe, Forge, Forged, Said, Surroundings, crl, forge, forge_all, ocsp};

/// A certificate chain, leaf first, and how it is served.
pub(super) struct CaseServer {
    pub(super) recipe: ServerRecipe,
    pub(super) chain: Vec<Vec<u8>>,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) site: Site,
}

/// What can be fetched, by file name.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

pub(super) fn build(case: &Case, cas: &Forge, around: &Surroundings) -> Result<(CaseServer, Files), String> {
    let recipe = &case.recipe;
    let mut usual = cas.clone();
    if recipe.public {
        // Under the public root everything has the same names.
        for name in ["root", "intermediate"] {
            if let Some(public) = cas.get(&format!("public-{name}")) {
                usual.insert(name.to_owned(), public.clone());
            }
        }
    }
    let own = forge_all(&recipe.ca, usual, around)?;
    let leaf = forge(&recipe.leaf, &case.name, true, &own, around)?;
    let mut chain = Vec::new();
    for name in &recipe.chain {
        let made = if name == "leaf" { Some(&leaf) } else { own.get(name) };
        chain.push(made.ok_or_else(|| format!("there is no certificate {name:?}"))?.der.clone());
    }
    let serves_tls =
        matches!(recipe.server.kind, ServerKind::Site | ServerKind::Echo | ServerKind::Greeting | ServerKind::Abrupt);
    let signer = match &recipe.server.key_of {
        Some(name) => own.get(name).ok_or_else(|| format!("there is no CA {name:?}"))?,
        None => &leaf,
    };
    let files = files_of(case, &leaf, &own, around)?;
    let staple = match recipe.server.staple {
        Some(said) => Some(ocsp(said, &leaf, issuer_of(&recipe.leaf, true, &own)?, around.now)?),
        None => None,
    };
    let tls = serves_tls.then(|| acceptor(&recipe.server, &chain, signer, staple)).transpose()?;
    let expected: Vec<&str> = case.expect.iter().map(|id| id.as_str()).collect();
    let text = format!(
        "{}. tlscope has to find: {}.",
        case.about,
        if expected.is_empty() { "nothing".into() } else { expected.join(", ") }
    );
    let site = Site { title: format!("The lab: {}", case.name).into(), text: text.into() };
    Ok((CaseServer { recipe: recipe.server.clone(), chain, tls, site }, files))
}

/// The CA of a recipe, among those that were made.
fn issuer_of<'f>(recipe: &CertRecipe, is_leaf: bool, made: &'f Forge) -> Result<&'f Forged, String> {
    let name = recipe.issuer.as_deref().unwrap_or(if is_leaf { "intermediate" } else { "root" });
    made.get(name).ok_or_else(|| format!("there is no CA {name:?}"))
}

/// What is said of the case's certificates at the places that they name.
fn files_of(case: &Case, leaf: &Forged, own: &Forge, around: &Surroundings) -> Result<Files, String> {
    let mut files = Files::new();
    let mut add = |file: &str, recipe: &CertRecipe, is_leaf: bool, cert: &Forged| -> Result<(), String> {
        let listed = recipe.crl.or((is_leaf && case.recipe.public && !recipe.no_crl).then_some(Said::Good));
        if let Some(said) = recipe.ocsp.filter(|said| *said != Said::Unreachable) {
            let answer = ocsp(said, cert, issuer_of(recipe, is_leaf, own)?, around.now)?;
            files.insert(format!("{file}.ocsp"), answer);
        }
        if let Some(said) = listed.filter(|said| *said != Said::Unreachable) {
            files.insert(format!("{file}.crl"), crl(said, cert, issuer_of(recipe, is_leaf, own)?, around.now)?);
        }
        Ok(())
    };
    add(&case.name, &case.recipe.leaf, true, leaf)?;
    for (name, recipe) in &case.recipe.ca {
        if let Some(cert) = own.get(name) {
            add(&format!("{}-{name}", case.name), recipe, false, cert)?;
        }
    }
    Ok(files)
}
