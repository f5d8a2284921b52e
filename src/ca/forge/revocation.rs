//! Answers of OCSP responders and revocation lists, good and bad.

use super::certificate::Forged;
use super::der::{TimeForm, bit_string, extension, integer, key_id, octet_string, oid, sequence, time, tlv};
use super::recipe::Said;
use crate::model::Timestamp;
use crate::x509::oids;

fn at(now: Timestamp, days: i64) -> Vec<u8> {
    time(now.plus_ms(days * Timestamp::DAY_MS), TimeForm::Generalized)
}

/// From when and until when an answer holds, in days from the lab's start.
fn window(said: Said) -> (i64, i64) {
    match said {
        Said::Expired => (-10, -3),
        Said::Future => (2, 9),
        _ => (-1, 6),
    }
}

/// An OCSP response about `cert`, signed by its issuer (RFC 6960 section 4.2.1).
pub(crate) fn ocsp(said: Said, cert: &Forged, issuer: &Forged, now: Timestamp) -> Result<Vec<u8>, String> {
    if said == Said::Refused {
        return Ok(sequence(&[tlv(10, &[3])])); // tryLater
    }
    let (from, to) = window(said);
    let sha1 = |bytes: &[u8]| {
        use sha1::Digest as _;
        sha1::Sha1::digest(bytes).to_vec()
    };
    let point = issuer_key_bits(issuer);
    let serial = if said == Said::Other { vec![0x11; 16] } else { cert.serial.clone() };
    let cert_id = sequence(&[
        sequence(&[oid(oids::SHA1), tlv(5, &[])]),
        octet_string(&sha1(&issuer.subject)),
        octet_string(&sha1(&point)),
        tlv(2, &serial),
    ]);
    let status = match said {
        Said::Revoked => tlv(0xa1, &[at(now, -5), tlv(0xa0, &tlv(10, &[1]))].concat()),
        Said::Unknown => tlv(0x82, &[]),
        _ => tlv(0x80, &[]),
    };
    let single = sequence(&[cert_id, status, at(now, from), tlv(0xa0, &at(now, to))]);
    let signer = if said == Said::BadSigner { cert } else { issuer };
    let responder = tlv(0xa2, &octet_string(&sha1(&issuer_key_bits(signer))));
    let data = sequence(&[responder, at(now, from), sequence(&[single])]);
    let hash = signer.key.usual_hash();
    let signature = signer.key.sign(hash, &data)?;
    let basic = sequence(&[data, signer.key.algorithm(hash)?, bit_string(&signature)]);
    let bytes = sequence(&[oid(oids::OCSP_BASIC), octet_string(&basic)]);
    Ok(sequence(&[tlv(10, &[0]), tlv(0xa0, &bytes)]))
}

/// The contents of the public key's BIT STRING.
fn issuer_key_bits(forged: &Forged) -> Vec<u8> {
    let parts = crate::x509::read_tlv(&forged.key.spki).map(|(tlv, _)| tlv.content).unwrap_or_default();
    let bits = crate::x509::children(parts).nth(1).and_then(|bits| bits.content.get(1..));
    bits.unwrap_or_default().to_vec()
}

/// A list by the issuer of `cert`, on which it stands when it was revoked (RFC 5280 section 5.1).
pub(crate) fn crl(said: Said, cert: &Forged, issuer: &Forged, now: Timestamp) -> Result<Vec<u8>, String> {
    let (from, to) = window(said);
    let signer = if said == Said::BadSigner { cert } else { issuer };
    let hash = signer.key.usual_hash();
    let algorithm = signer.key.algorithm(hash)?;
    let reason = extension(oids::CRL_REASON, false, &tlv(10, &[1]));
    let other = sequence(&[tlv(2, &[0x11; 16]), at(now, -30)]);
    let own = sequence(&[tlv(2, &cert.serial), at(now, -5), sequence(&[reason])]);
    let entries = if said == Said::Revoked { vec![other, own] } else { vec![other] };
    let mut extensions =
        vec![extension(oids::EXT_AUTHORITY_KEY_ID, false, &sequence(&[tlv(0x80, &key_id(&issuer.key.spki))]))];
    if said != Said::Refused {
        extensions.push(extension(oids::EXT_CRL_NUMBER, false, &integer(&[7])));
    }
    if said == Said::Other {
        let only_ca = sequence(&[tlv(0x82, &[0xff])]);
        extensions.push(extension(oids::EXT_ISSUING_DISTRIBUTION_POINT, true, &only_ca));
    }
    let tbs = sequence(&[
        integer(&[1]),
        algorithm.clone(),
        issuer.subject.clone(),
        at(now, from),
        at(now, to),
        sequence(&entries),
        tlv(0xa0, &sequence(&extensions)),
    ]);
    let signature = signer.key.sign(hash, &tbs)?;
    Ok(sequence(&[tbs, algorithm, bit_string(&signature)]))
}
