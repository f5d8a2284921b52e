//! From recipes to certificates.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use super::der::{bit_string, boolean, integer, join, octet_string, oid, sequence, time, tlv, utf8};
use super::keys::Key;
use super::recipe::{CertRecipe, Spoil};
use crate::model::{Timestamp, unhex};
use crate::x509::oids;

/// The lab's start, and where its AIA server is found.
#[derive(Clone, Debug)]
pub(super) struct Surroundings {
    pub(super) now: Timestamp,
    pub(super) host: String,
    pub(super) aia: String,
}

/// A certificate with its key.
#[derive(Clone)]
pub(super) struct Forged {
    pub(super) der: Vec<u8>,
    pub(super) key: Arc<Key>,
    /// The DER of its subject.
    subject: Vec<u8>,
}

/// Certificates by their names.
pub(super) type Forge = BTreeMap<String, Forged>;

/// Makes what a recipe says, with the issuers that are in `made`.
pub(super) fn forge(
    recipe: &CertRecipe,
    name: &str,
    is_leaf: bool,
    made: &Forge,
    around: &Surroundings,
) -> Result<Forged, String> {
    let key = Arc::new(Key::named(recipe.key.as_deref().unwrap_or("p256"))?);
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
    let algorithm_of = |hash: &str| match &recipe.algorithm_oid {
        Some(dotted) => Ok(sequence(&[oid(dotted)])),
        None => issuer_key.algorithm(hash),
    };
    let authority_key = match &recipe.aki_of {
        Some(other) => {
            made.get(other).map(|made| made.key.clone()).ok_or_else(|| format!("there is no CA {other:?}"))?
        }
        None => issuer_key.clone(),
    };
    let maker = Maker { recipe, is_leaf, around, key: &key, authority_key: &authority_key };
    let tbs = sequence(&[
        tlv(0xa0, &integer(&[2])),
        integer(&serial()),
        algorithm_of(hash)?,
        issuer_name,
        maker.validity(),
        subject.clone(),
        key.spki.clone(),
        tlv(0xa3, &sequence(&maker.extensions()?)),
    ]);
    let mut signature = issuer_key.sign(outer_hash, &tbs)?;
    if recipe.spoil == Some(Spoil::Signature) {
        // Far from the ends, so that it stays a signature by its form.
        let middle = signature.len() / 2;
        if let Some(byte) = signature.get_mut(middle) {
            *byte ^= 0x55;
        }
    }
    let mut der = sequence(&[tbs, algorithm_of(outer_hash)?, bit_string(&signature)]);
    if recipe.spoil == Some(Spoil::Truncate) {
        der.truncate(der.len() / 2);
    }
    Ok(Forged { der, key, subject })
}

fn serial() -> [u8; 16] {
    let mut bytes = [0x5a; 16];
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    bytes[0] = bytes[0] & 0x7f | 0x40;
    bytes
}

/// A name of one attribute; empty without a common name.
fn subject_of(recipe: &CertRecipe, name: &str, is_leaf: bool, around: &Surroundings) -> Vec<u8> {
    let default = if is_leaf { "{host}".to_owned() } else { format!("tlscope lab {name}") };
    let cn = recipe.cn.clone().unwrap_or(default).replace("{host}", &around.host);
    if cn.is_empty() { sequence::<&[u8]>(&[]) } else { name_of(&cn) }
}

fn name_of(cn: &str) -> Vec<u8> {
    let attribute = sequence(&[oid(oids::COMMON_NAME), utf8(cn)]);
    sequence(&[tlv(0x31, &attribute)])
}

struct Maker<'a> {
    recipe: &'a CertRecipe,
    is_leaf: bool,
    around: &'a Surroundings,
    key: &'a Key,
    authority_key: &'a Key,
}

impl Maker<'_> {
    fn validity(&self) -> Vec<u8> {
        let default = if self.is_leaf { [-20.0, 60.0] } else { [-400.0, 3000.0] };
        let [from, to] = self.recipe.days.unwrap_or(default);
        let at = |days: f64| {
            let at = self.around.now.plus_ms((days * 86_400_000.0) as i64);
            time(Timestamp::from_unix(at.unix_seconds()), self.recipe.times)
        };
        sequence(&[at(from), at(to)])
    }

    fn extensions(&self) -> Result<Vec<Vec<u8>>, String> {
        let recipe = self.recipe;
        let mut all = vec![
            extension(oids::EXT_SUBJECT_KEY_ID, false, &octet_string(&key_id(self.key))),
            extension(oids::EXT_AUTHORITY_KEY_ID, false, &sequence(&[tlv(0x80, &key_id(self.authority_key))])),
        ];
        all.extend(self.basic_constraints());
        all.extend(self.key_usage()?);
        all.extend(self.purposes()?);
        all.extend(self.names()?);
        all.extend(self.name_constraints()?);
        if !recipe.policies.is_empty() {
            let policies: Vec<_> = recipe.policies.iter().map(|policy| sequence(&[oid(policy)])).collect();
            all.push(extension(oids::EXT_POLICIES, false, &sequence(&policies)));
        }
        if let Some(after) = recipe.require_policy {
            all.push(extension(oids::EXT_POLICY_CONSTRAINTS, true, &sequence(&[tlv(0x80, &[after])])));
        }
        if let Some(file) = &recipe.aia {
            let url = file.replace("{aia}", &self.around.aia);
            let access = sequence(&[oid(oids::AIA_CA_ISSUERS), tlv(0x86, url.as_bytes())]);
            all.push(extension(oids::EXT_AUTHORITY_INFO, false, &sequence(&[access])));
        }
        if !recipe.sct_hours.is_empty() {
            all.push(extension(oids::EXT_SCT_LIST, false, &octet_string(&self.timestamps())));
        }
        for extra in &recipe.extra {
            let value = unhex(&extra.value).ok_or_else(|| format!("{:?} is no hex", extra.value))?;
            all.push(extension(&extra.oid, extra.critical, &value));
        }
        Ok(all)
    }

    fn basic_constraints(&self) -> Option<Vec<u8>> {
        let is_ca = self.recipe.ca.unwrap_or(!self.is_leaf);
        let mut fields = Vec::new();
        if is_ca {
            fields.push(boolean(true));
        }
        if let Some(limit) = self.recipe.pathlen {
            fields.push(integer(&[limit]));
        }
        let critical = !self.recipe.bc_not_critical;
        (!self.recipe.no_bc).then(|| extension(oids::EXT_BASIC_CONSTRAINTS, critical, &sequence(&fields)))
    }

    fn key_usage(&self) -> Result<Option<Vec<u8>>, String> {
        const BITS: [&str; 7] = [
            "digitalSignature",
            "nonRepudiation",
            "keyEncipherment",
            "dataEncipherment",
            "keyAgreement",
            "keyCertSign",
            "cRLSign",
        ];
        let usual: Vec<String> = match (self.is_leaf, self.key.rsa_bits()) {
            (true, Some(_)) => vec!["digitalSignature".into(), "keyEncipherment".into()],
            (true, None) => vec!["digitalSignature".into()],
            (false, _) => vec!["keyCertSign".into(), "cRLSign".into()],
        };
        let names = self.recipe.ku.as_ref().unwrap_or(&usual);
        let mut bits = 0u8;
        for name in names {
            let bit = BITS.iter().position(|known| known == name).ok_or_else(|| format!("no key usage {name:?}"))?;
            bits |= 0x80 >> bit;
        }
        let unused = bits.trailing_zeros() as u8;
        let value = tlv(3, &[unused, bits]);
        Ok((!names.is_empty()).then(|| extension(oids::EXT_KEY_USAGE, true, &value)))
    }

    fn purposes(&self) -> Result<Option<Vec<u8>>, String> {
        const KNOWN: [(&str, &str); 7] = [
            ("serverAuth", oids::EKU_SERVER_AUTH),
            ("clientAuth", oids::EKU_CLIENT_AUTH),
            ("codeSigning", oids::EKU_CODE_SIGNING),
            ("emailProtection", oids::EKU_EMAIL),
            ("timeStamping", oids::EKU_TIME_STAMPING),
            ("ocspSigning", oids::EKU_OCSP_SIGNING),
            ("any", oids::EKU_ANY),
        ];
        let usual = vec!["serverAuth".to_owned()];
        let names = match &self.recipe.eku {
            Some(names) => names,
            None if self.is_leaf => &usual,
            None => return Ok(None),
        };
        let mut purposes = Vec::new();
        for name in names {
            let known = KNOWN.iter().find(|(word, _)| word == name).ok_or_else(|| format!("no purpose {name:?}"))?;
            purposes.push(oid(known.1));
        }
        Ok((!names.is_empty()).then(|| extension(oids::EXT_EXTENDED_KEY_USAGE, false, &sequence(&purposes))))
    }

    fn names(&self) -> Result<Option<Vec<u8>>, String> {
        if self.recipe.no_san || (!self.is_leaf && self.recipe.san.is_none()) {
            return Ok(None);
        }
        let host = &self.around.host;
        let own = if host.parse::<IpAddr>().is_ok() { format!("ip:{host}") } else { format!("dns:{host}") };
        let listed = self.recipe.san.clone().unwrap_or_else(|| vec![own]);
        let padding = (0..self.recipe.padding_names).map(|n| format!("dns:padding-{n:05}.{host}"));
        let all = listed.into_iter().chain(padding);
        let names =
            all.map(|name| general_name(&name.replace("{host}", host), false)).collect::<Result<Vec<_>, _>>()?;
        let critical = self.recipe.cn.as_deref() == Some("");
        Ok(Some(extension(oids::EXT_SUBJECT_ALT_NAME, critical, &sequence(&names))))
    }

    fn name_constraints(&self) -> Result<Option<Vec<u8>>, String> {
        let subtrees = |tag: u8, names: &[String]| -> Result<Vec<u8>, String> {
            let trees = names
                .iter()
                .map(|name| general_name(&name.replace("{host}", &self.around.host), true).map(|n| sequence(&[n])));
            let trees = trees.collect::<Result<Vec<_>, _>>()?;
            Ok(if names.is_empty() { Vec::new() } else { tlv(tag, &join(&trees)) })
        };
        let both = [subtrees(0xa0, &self.recipe.permitted)?, subtrees(0xa1, &self.recipe.excluded)?];
        let any = both.iter().any(|tree| !tree.is_empty());
        Ok(any.then(|| extension(oids::EXT_NAME_CONSTRAINTS, !self.recipe.nc_not_critical, &sequence(&both))))
    }

    /// A list of timestamps by a log that does not exist (RFC 6962 section 3.3).
    fn timestamps(&self) -> Vec<u8> {
        let mut list = Vec::new();
        for hours in &self.recipe.sct_hours {
            let at = self.around.now.plus_ms((hours * 3_600_000.0) as i64);
            let mut sct = vec![0];
            sct.extend([0x1a; 32]);
            sct.extend(at.unix_ms().to_be_bytes());
            sct.extend([0, 0, 4, 3, 0, 2, 0, 0]);
            list.extend((sct.len() as u16).to_be_bytes());
            list.extend(sct);
        }
        [(list.len() as u16).to_be_bytes().to_vec(), list].concat()
    }
}

fn extension(dotted: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let mut fields = vec![oid(dotted)];
    if critical {
        fields.push(boolean(true));
    }
    fields.push(octet_string(value));
    sequence(&fields)
}

fn key_id(key: &Key) -> Vec<u8> {
    let mut digest = crate::model::Fingerprint::of(&key.spki).0.to_vec();
    digest.truncate(20);
    digest
}

/// A GeneralName; in a constraint an address has its mask behind it, as `ip:10.0.0.0/8`.
fn general_name(name: &str, constraint: bool) -> Result<Vec<u8>, String> {
    let (kind, value) = name.split_once(':').ok_or_else(|| format!("{name:?} has no type"))?;
    match kind {
        "dns" => Ok(tlv(0x82, value.as_bytes())),
        "email" => Ok(tlv(0x81, value.as_bytes())),
        "uri" => Ok(tlv(0x86, value.as_bytes())),
        // Bytes that no text can hold.
        "dns-hex" => Ok(tlv(0x82, &unhex(value).ok_or_else(|| format!("{value:?} is no hex"))?)),
        "ip" if constraint => address_block(value).map(|octets| tlv(0x87, &octets)),
        "ip" => {
            let ip: IpAddr = value.parse().map_err(|_| format!("{value:?} is no address"))?;
            Ok(tlv(0x87, &octets(ip)))
        }
        other => Err(format!("no names of type {other:?}")),
    }
}

fn octets(ip: IpAddr) -> Vec<u8> {
    match ip {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    }
}

fn address_block(text: &str) -> Result<Vec<u8>, String> {
    let bad = || format!("{text:?} is no address block");
    let (network, prefix) = text.split_once('/').ok_or_else(bad)?;
    let network = octets(network.parse().map_err(|_| bad())?);
    let prefix: usize = prefix.parse().map_err(|_| bad())?;
    let mask = (0..network.len()).map(|at| match prefix.saturating_sub(at * 8) {
        0 => 0,
        bits @ 1..=7 => 0xffu8 << (8 - bits),
        _ => 0xff,
    });
    Ok(network.iter().copied().chain(mask).collect())
}
