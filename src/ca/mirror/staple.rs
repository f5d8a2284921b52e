//! The stapled answer, about the counterpart and by the counterpart of whoever signed it.

use bytes::Bytes;
use sha1::Digest as _;

use super::counterpart::Family;
use super::manner::Manner;
use crate::ca::forge::der::{bit_string, octet_string, sequence, tlv};
use crate::diagnosis::{Check, verify};
use crate::model::CertDer;
use crate::x509::{Algorithm, BasicOcsp, Cert, OcspResponse, PublicKey, Responder, Tlv, children, oids, read_tlv};

/// More certificates that come with an answer are not looked at.
const DELEGATES: usize = 8;

/// The certificates that came with the answer.
pub(super) fn delegates(staple: Option<&Bytes>) -> Vec<CertDer> {
    let basic = staple.and_then(OcspResponse::read).and_then(|response| response.basic);
    basic.map(|basic| basic.certificates.into_iter().take(DELEGATES).collect()).unwrap_or_default()
}

/// The answer as the family's counterparts would have it; as it is where nothing can be made of it.
pub(super) fn counterpart(staple: &Bytes, family: &mut Family<'_>) -> Result<Vec<u8>, String> {
    let Some(basic) = OcspResponse::read(staple).and_then(|response| response.basic) else {
        return Ok(staple.to_vec());
    };
    let Some((signer, is_genuine)) = signer_of(&basic, family) else { return Ok(staple.to_vec()) };
    let Some(key) = family.identity(signer).map(|identity| identity.own.key.clone()) else {
        return Ok(staple.to_vec());
    };
    let Some(parts) = Parts::of(staple) else { return Ok(staple.to_vec()) };
    let manner = Manner::new(Vec::new(), (parts.algorithm.to_vec(), Some(&basic.algorithm)), &key);
    let Some(data) = rewritten(parts.data, family, signer) else { return Ok(staple.to_vec()) };
    let signature = manner.sign(&key, &data, is_genuine)?;
    let mut fields = vec![data, manner.outer, bit_string(&signature)];
    if !basic.certificates.is_empty() {
        let mut certificates = Vec::new();
        for delegate in &basic.certificates {
            let place = family.kin.members.iter().position(|member| member.cert.sha256() == delegate.sha256);
            certificates.push(match place {
                Some(at) => family.certificate(at)?.der.to_vec(),
                None => delegate.der.to_vec(),
            });
        }
        fields.push(tlv(0xa0, &sequence(&certificates)));
    }
    let bytes = sequence(&[crate::ca::forge::der::oid(oids::OCSP_BASIC), octet_string(&sequence(&fields))]);
    Ok(sequence(&[tlv(10, &[0]), tlv(0xa0, &bytes)]))
}

/// Who signed the answer; where nobody did, who claims to have.
fn signer_of(basic: &BasicOcsp, family: &Family<'_>) -> Option<(usize, bool)> {
    let key = |at: usize| family.kin.get(at)?.cert.key.as_ref();
    let claims = |at: &usize| match &basic.responder {
        Responder::Name(name) => {
            family.kin.get(*at).and_then(|m| m.cert.subject.as_ref()).is_some_and(|own| own.matches(name))
        }
        Responder::KeyHash(hash) => key(*at).is_some_and(|key| sha1(&key.key) == hash[..]),
    };
    let signed = |key: &PublicKey| {
        let kind = Algorithm::signature(&basic.algorithm);
        kind.is_some_and(|kind| verify(key, kind, &basic.signed, &basic.signature) == Check::Valid)
    };
    let everybody = || 0..family.kin.members.len();
    let claiming: Vec<usize> = everybody().filter(claims).collect();
    let mut likely = claiming.iter().copied().chain(everybody());
    let found = likely.find(|at| key(*at).is_some_and(signed)).map(|at| (at, true));
    found.or_else(|| claiming.first().map(|at| (*at, false))).or_else(|| family.kin.leaf().map(|leaf| (leaf, false)))
}

fn sha1(bytes: &[u8]) -> Vec<u8> {
    sha1::Sha1::digest(bytes).to_vec()
}

/// The parts of a response that are made anew.
struct Parts<'a> {
    data: &'a [u8],
    algorithm: &'a [u8],
}

impl<'a> Parts<'a> {
    fn of(staple: &'a [u8]) -> Option<Self> {
        let (outer, _) = read_tlv(staple)?;
        let (bytes, _) = read_tlv(children(outer.content).nth(1)?.content)?;
        let (basic, _) = read_tlv(children(bytes.content).nth(1)?.content)?;
        let mut fields = children(basic.content);
        Some(Self { data: fields.next()?.content, algorithm: fields.next()?.raw })
    }
}

/// ResponseData about and by counterparts (RFC 6960 section 4.2.1).
fn rewritten(data: &[u8], family: &Family<'_>, signer: usize) -> Option<Vec<u8>> {
    let (old, new) = (family.kin.get(signer)?, family.identity(signer)?);
    let responder = |field: &Tlv<'_>| -> Option<Vec<u8>> {
        let (inner, _) = read_tlv(field.content)?;
        let old_subject = old.cert.subject.as_ref()?;
        let old_key = old.cert.key.as_ref()?;
        Some(match field.tag {
            0xa1 if inner.raw == &old_subject.raw[..] => tlv(0xa1, &new.subject),
            0xa2 if inner.content == sha1(&old_key.key) => tlv(0xa2, &octet_string(&sha1(&new.own.key_bits()?))),
            _ => field.raw.to_vec(),
        })
    };
    let mut fields = children(data).peekable();
    let mut parts: Vec<Vec<u8>> = fields.next_if(|tlv| tlv.tag == 0xa0).iter().map(|tlv| tlv.raw.to_vec()).collect();
    let by = fields.next()?;
    parts.push(responder(&by).unwrap_or_else(|| by.raw.to_vec()));
    parts.push(fields.next()?.raw.to_vec());
    let answers = children(fields.next()?.content).map(|answer| {
        let mut own = children(answer.content);
        let id = own.next().map(|id| about_counterpart(&id, family).unwrap_or_else(|| id.raw.to_vec()));
        let rest = own.map(|part| part.raw.to_vec());
        sequence(&id.into_iter().chain(rest).collect::<Vec<_>>())
    });
    parts.push(sequence(&answers.collect::<Vec<_>>()));
    parts.extend(fields.map(|field| field.raw.to_vec()));
    Some(sequence(&parts))
}

/// CertID: what meant the leaf or its issuer means their counterparts, and what did not still does not.
fn about_counterpart(id: &Tlv<'_>, family: &Family<'_>) -> Option<Vec<u8>> {
    let leaf = family.kin.leaf()?;
    let (old, new) = (family.kin.get(leaf)?, family.identity(leaf)?);
    let mut fields = children(id.content);
    let [algorithm, name, key, serial] = [fields.next()?, fields.next()?, fields.next()?, fields.next()?];
    let hash = hash_of(&oids::dotted(children(algorithm.content).next()?.content)?)?;
    let (old_issuer, new_issuer) = family.issuer_of_leaf()?;
    let old_key = old_issuer.as_ref().and_then(|cert: &Cert| cert.key.as_ref());
    let old_name = old.cert.issuer.as_ref()?;
    let changed_name = if name.content == hash(&old_name.raw) { hash(&new_issuer.name) } else { name.content.to_vec() };
    let changed_key = match old_key {
        Some(old) if key.content == hash(&old.key) => hash(&new_issuer.key_bits),
        _ => key.content.to_vec(),
    };
    let is_about_leaf = old.cert.serial.as_deref() == Some(serial.content);
    let changed_serial = if is_about_leaf { new.serial.clone() } else { serial.content.to_vec() };
    Some(sequence(&[
        algorithm.raw.to_vec(),
        octet_string(&changed_name),
        octet_string(&changed_key),
        tlv(2, &changed_serial),
    ]))
}

type Hashing = fn(&[u8]) -> Vec<u8>;

/// The hash of that identifier.
fn hash_of(dotted: &str) -> Option<Hashing> {
    use sha2::{Sha256, Sha384, Sha512};
    Some(match dotted {
        oids::SHA1 => sha1,
        oids::SHA256 => |bytes| Sha256::digest(bytes).to_vec(),
        oids::SHA384 => |bytes| Sha384::digest(bytes).to_vec(),
        oids::SHA512 => |bytes| Sha512::digest(bytes).to_vec(),
        _ => return None,
    })
}
