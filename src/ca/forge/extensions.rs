//! The dates and extensions of a certificate, as a recipe wants them.

use std::net::IpAddr;

use super::der::{boolean, extension, integer, join, key_id, octet_string, oid, sequence, time, tlv};
use super::keys::Key;
use super::recipe::CertRecipe;
use super::surroundings::Surroundings;
use crate::model::{Timestamp, unhex};
use crate::x509::oids;

/// Makes the parts of one certificate's signed part.
pub(crate) struct Maker<'a> {
    pub(crate) recipe: &'a CertRecipe,
    pub(crate) is_leaf: bool,
    /// Judged as publicly trusted.
    pub(crate) is_public: bool,
    pub(crate) around: &'a Surroundings,
    pub(crate) key: &'a Key,
    pub(crate) authority_key: &'a Key,
}

impl Maker<'_> {
    pub(crate) fn validity(&self) -> Vec<u8> {
        let default = if self.is_leaf { [-20.0, 60.0] } else { [-400.0, 3000.0] };
        let [from, to] = self.recipe.days.unwrap_or(default);
        let at = |days: f64| {
            let at = self.around.now.plus_ms((days * 86_400_000.0) as i64);
            time(Timestamp::from_unix(at.unix_seconds()), self.recipe.times)
        };
        sequence(&[at(from), at(to)])
    }

    pub(crate) fn extensions(&self) -> Result<Vec<Vec<u8>>, String> {
        let recipe = self.recipe;
        let mut all = Vec::new();
        if !recipe.no_ski {
            all.push(extension(oids::EXT_SUBJECT_KEY_ID, false, &octet_string(&key_id(&self.key.spki))));
        }
        if !recipe.no_aki {
            let id = tlv(0x80, &key_id(&self.authority_key.spki));
            all.push(extension(oids::EXT_AUTHORITY_KEY_ID, false, &sequence(&[id])));
        }
        all.extend(self.basic_constraints());
        all.extend(self.key_usage()?);
        all.extend(self.purposes()?);
        all.extend(self.names()?);
        all.extend(self.name_constraints()?);
        let usual = if self.is_leaf && self.is_public { vec![oids::POLICY_DV.to_owned()] } else { Vec::new() };
        let policies = recipe.policies.as_ref().unwrap_or(&usual);
        if !policies.is_empty() {
            let policies: Vec<_> = policies.iter().map(|policy| sequence(&[oid(policy)])).collect();
            all.push(extension(oids::EXT_POLICIES, false, &sequence(&policies)));
        }
        if let Some(after) = recipe.require_policy {
            all.push(extension(oids::EXT_POLICY_CONSTRAINTS, true, &sequence(&[tlv(0x80, &[after])])));
        }
        all.extend(self.places());
        for extra in &recipe.extra {
            let value = unhex(&extra.value).ok_or_else(|| format!("{:?} is no hex", extra.value))?;
            all.push(extension(&extra.oid, extra.critical, &value));
        }
        Ok(all)
    }

    /// Where the issuer is, and who says whether the certificate was revoked.
    fn places(&self) -> Vec<Vec<u8>> {
        let recipe = self.recipe;
        let mut all = Vec::new();
        let access = |method: &str, url: &str| sequence(&[oid(method), tlv(0x86, url.as_bytes())]);
        let issuer = recipe.aia.as_ref().map(|file| file.replace("{aia}", &self.around.aia));
        let issuer = issuer.map(|url| access(oids::AIA_CA_ISSUERS, &url));
        let responder = recipe.ocsp.map(|_| access(oids::AIA_OCSP, &self.place("ocsp")));
        let accesses: Vec<Vec<u8>> = issuer.into_iter().chain(responder).collect();
        if !accesses.is_empty() {
            all.push(extension(oids::EXT_AUTHORITY_INFO, false, &sequence(&accesses)));
        }
        if recipe.crl.is_some() || (self.is_leaf && self.is_public && !recipe.no_crl) {
            let name = tlv(0xa0, &tlv(0xa0, &tlv(0x86, self.place("crl").as_bytes())));
            all.push(extension(oids::EXT_CRL_DISTRIBUTION, false, &sequence(&[sequence(&[name])])));
        }
        all
    }

    /// The URL of this certificate's own file on the lab's server.
    fn place(&self, ending: &str) -> String {
        format!("{}/{}.{ending}", self.around.aia, self.around.file)
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
        Ok((!names.is_empty())
            .then(|| extension(oids::EXT_EXTENDED_KEY_USAGE, self.recipe.eku_critical, &sequence(&purposes))))
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
        let critical = self.recipe.san_critical.unwrap_or(self.recipe.cn.as_deref() == Some(""));
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
