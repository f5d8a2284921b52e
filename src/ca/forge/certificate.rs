//! From recipes to certificates.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::der::{bit_string, extension, integer, octet_string, oid, sequence, tlv};
use super::extensions::Maker;
use super::keys::Key;
use super::recipe::{CertRecipe, Spoil};
use super::surroundings::Surroundings;
use crate::model::{Fingerprint, unhex};
use crate::x509::oids;

/// A certificate with its key.
#[derive(Clone)]
pub(crate) struct Forged {
    pub(crate) der: Vec<u8>,
    pub(crate) key: Arc<Key>,
    /// The DER of its subject.
    pub(crate) subject: Vec<u8>,
    /// The contents of its serial number.
    pub(crate) serial: Vec<u8>,
}

/// Certificates by their names.
pub(crate) type Forge = BTreeMap<String, Forged>;

/// Makes what a recipe says, with the issuers that are in `made`.
pub(crate) fn forge(
    recipe: &CertRecipe,
    name: &str,
    is_leaf: bool,
    made: &Forge,
    around: &Surroundings,
) -> Result<Forged, String> {
    let key = (around.keys)(recipe.key.as_deref().unwrap_or("p256"))?;
    let default_issuer = if is_leaf { "intermediate" } else { "root" };
    let issuer = recipe.issuer.as_deref().unwrap_or(default_issuer);
    let subject = subject_of(recipe, name, is_leaf, around);
    let (issuer_name, issuer_key) = match issuer {
        "self" => (subject.clone(), key.clone()),
        other => {
            let made = made.get(other).ok_or_else(|| format!("there is no CA {other:?}"))?;
            (made.subject.clone(), made.key.clone())
        }
    };
    let issuer_name = recipe.issuer_cn.as_deref().map_or(issuer_name, name_of);
    let hash = recipe.hash.as_deref().unwrap_or(issuer_key.usual_hash());
    let outer_hash = recipe.outer_hash.as_deref().unwrap_or(hash);
    let algorithm_of = |hash: &str| match (&recipe.algorithm_oid, &recipe.algorithm_parameters) {
        (Some(dotted), _) => Ok(sequence(&[oid(dotted)])),
        (None, Some(hex)) => {
            let right = issuer_key.algorithm(hash)?;
            let inner = crate::x509::read_tlv(&right).map(|(tlv, _)| tlv.content).unwrap_or_default();
            let dotted = crate::x509::children(inner).next().map(|oid| oid.raw.to_vec()).unwrap_or_default();
            Ok(sequence(&[dotted, unhex(hex).ok_or_else(|| format!("{hex:?} is no hex"))?]))
        }
        (None, None) => issuer_key.algorithm(hash),
    };
    let authority_key = match &recipe.aki_of {
        Some(other) => {
            made.get(other).map(|made| made.key.clone()).ok_or_else(|| format!("there is no CA {other:?}"))?
        }
        None => issuer_key.clone(),
    };
    let is_public = around.public;
    let maker = Maker { recipe, is_leaf, is_public, around, key: &key, authority_key: &authority_key };
    let serial = match &recipe.serial {
        Some(hex) => unhex(hex).ok_or_else(|| format!("{hex:?} is no hex"))?,
        None => serial().to_vec(),
    };
    let mut extensions = maker.extensions()?;
    let fields = [algorithm_of(hash)?, issuer_name, maker.validity(), subject.clone()];
    let tbs_of = |spki: &[u8], extensions: &[Vec<u8>]| {
        let mut parts = if recipe.v1 { Vec::new() } else { vec![tlv(0xa0, &integer(&[2]))] };
        parts.push(tlv(2, &serial));
        parts.extend(fields.clone());
        parts.push(spki.to_vec());
        if !extensions.is_empty() {
            parts.push(tlv(0xa3, &sequence(extensions)));
        }
        sequence(&parts)
    };
    let tbs_with = |extensions: &[Vec<u8>]| tbs_of(&key.spki, extensions);
    if let Some(wanted) = recipe.timestamps(is_leaf && is_public) {
        // Logs sign the certificate without their own promises (RFC 6962 section 3.2).
        let issuer_key = Fingerprint::of(&issuer_key.spki);
        let list = around.logs.promise(&wanted, around.now, issuer_key, &tbs_with(&extensions))?;
        extensions.push(extension(oids::EXT_SCT_LIST, false, &octet_string(&list)));
    }
    let mut tbs = tbs_with(&extensions);
    if recipe.spoil == Some(Spoil::LongLength) {
        tbs = with_long_length(&tbs);
    }
    let mut signature = match recipe.spoil {
        // What the issuer signed held another key.
        Some(Spoil::Key) => issuer_key.sign(outer_hash, &tbs_of(&Key::named("p256")?.spki, &extensions))?,
        _ => issuer_key.sign(outer_hash, &tbs)?,
    };
    if recipe.spoil == Some(Spoil::Signature) {
        spoil(&mut signature);
    }
    let mut der = sequence(&[tbs, algorithm_of(outer_hash)?, bit_string(&signature)]);
    if recipe.spoil == Some(Spoil::Truncate) {
        der.truncate(der.len() / 2);
    }
    Ok(Forged { der, key, subject, serial })
}

/// Makes CAs in whatever order they need each other.
pub(crate) fn forge_all(
    recipes: &BTreeMap<String, CertRecipe>,
    mut made: Forge,
    around: &Surroundings,
) -> Result<Forge, String> {
    let mut waiting: Vec<(&String, &CertRecipe)> = recipes.iter().collect();
    while !waiting.is_empty() {
        let before = waiting.len();
        let mut later = Vec::new();
        for (name, recipe) in waiting {
            let issuer = recipe.issuer.as_deref().unwrap_or("root");
            if issuer == "self" || made.contains_key(issuer) {
                let own = Surroundings { file: format!("{}-{name}", around.file), ..around.clone() };
                let forged = forge(recipe, name, false, &made, &own)?;
                made.insert(name.clone(), forged);
            } else {
                later.push((name, recipe));
            }
        }
        if later.len() == before {
            return Err("its CAs issue each other".to_owned());
        }
        waiting = later;
    }
    Ok(made)
}

/// Far from the ends, so that it stays a signature by its form.
fn spoil(signature: &mut [u8]) {
    let middle = signature.len() / 2;
    if let Some(byte) = signature.get_mut(middle) {
        *byte ^= 0x55;
    }
}

/// The serial number's length in a form that only BER allows, which the outer lengths make room for.
fn with_long_length(tbs: &[u8]) -> Vec<u8> {
    let parts = crate::x509::read_tlv(tbs).map(|(tlv, _)| tlv.content).unwrap_or_default();
    let rewritten = crate::x509::children(parts).map(|part| match part.tag {
        2 => [&[2, 0x81, part.content.len() as u8], part.content].concat(),
        _ => part.raw.to_vec(),
    });
    sequence(&rewritten.collect::<Vec<_>>())
}

fn serial() -> [u8; 16] {
    let mut bytes = [0x5a; 16];
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    bytes[0] = bytes[0] & 0x7f | 0x40;
    bytes
}

/// A name of the attributes that are listed, or of a common name; empty without one.
fn subject_of(recipe: &CertRecipe, name: &str, is_leaf: bool, around: &Surroundings) -> Vec<u8> {
    if !recipe.subject.is_empty() {
        let attributes: Vec<Vec<u8>> = recipe.subject.iter().map(|text| attribute(text, &around.host)).collect();
        return sequence(&attributes);
    }
    let default = if is_leaf { "{host}".to_owned() } else { format!("tlscope lab {name}") };
    let cn = recipe.cn.clone().unwrap_or(default).replace("{host}", &around.host);
    if cn.is_empty() { sequence::<&[u8]>(&[]) } else { name_of(&cn) }
}

fn name_of(cn: &str) -> Vec<u8> {
    if cn.is_empty() {
        return sequence::<&[u8]>(&[]);
    }
    sequence(&[attribute(&format!("CN={cn}"), "")])
}

/// `O=Example`, as a relative distinguished name of one attribute.
fn attribute(text: &str, host: &str) -> Vec<u8> {
    let (kind, value) = text.split_once('=').unwrap_or(("CN", text));
    let value = value.replace("{host}", host);
    let (dotted, tag) = match kind {
        "C" => (oids::COUNTRY, 19),
        "O" => (oids::ORGANIZATION, 12),
        "OU" => (oids::ORGANIZATIONAL_UNIT, 12),
        "L" => (oids::LOCALITY, 12),
        // The same name in another string type.
        "CN:printable" => (oids::COMMON_NAME, 19),
        _ => (oids::COMMON_NAME, 12),
    };
    tlv(0x31, &sequence(&[oid(dotted), tlv(tag, value.as_bytes())]))
}
