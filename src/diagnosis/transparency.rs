//! Certificate Transparency (RFC 6962): did enough logs promise to publish the certificate? By the
//! policies of Chrome and Apple for publicly trusted chains: two timestamps for a life of up to 180
//! days, three beyond, from two operators, one of whose logs still counts; two when they come with the
//! handshake or an OCSP response.

use std::collections::BTreeSet;

use super::certificate::Judged;
use super::findings::Findings;
use super::signature::{Check, verify};
use crate::model::{CtLog, Facts, FindingId, Handshake, LogState, NotChecked, Timestamp, hex};
use crate::x509::{Cert, Hash, OcspResponse, PublicKey, Sct, SignatureKind, oids, read_sct};

/// Chrome asks for it of certificates made after this day.
const REQUIRED_SINCE: &str = "2018-04-30T00:00:00Z";

/// How a timestamp came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Certificate,
    Staple,
    Tls,
}

impl Source {
    fn word(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Staple => "staple",
            Self::Tls => "tls",
        }
    }
}

/// Checks the leaf's timestamps; says what could not be checked.
pub(crate) fn check(
    judged: &Judged<'_>,
    issuer: Option<&Cert>,
    seen: Option<&Handshake>,
    logs: Option<&[CtLog]>,
    out: &mut Findings,
) -> Option<NotChecked> {
    let extensions = &judged.cert.extensions;
    if extensions.get(oids::EXT_CT_POISON).is_some() {
        out.add(FindingId::CtPrecertServed, &judged.subject, Facts::new());
    }
    let timestamps = collect(judged.cert, seen, judged, out);
    if !judged.is_public {
        return None;
    }
    for (sct, _) in timestamps.iter().filter(|(sct, _)| judged.clock.is_before(sct.at)) {
        let facts = Facts::new().with("log", name_of(sct, logs)).with("at", sct.at);
        out.add(FindingId::CtSctFuture, &judged.subject, facts);
    }
    let Some(logs) = logs else {
        count(judged, &timestamps, None, out);
        let what = format!("the logs and signatures of {} certificate timestamps", timestamps.len());
        return (!timestamps.is_empty()).then(|| NotChecked::new(what, "no list of logs was given (--ct-logs)"));
    };
    let valid: Vec<(&Sct, Source, &CtLog)> = timestamps
        .iter()
        .filter_map(|(sct, source)| Some((sct, *source, check_one(judged, issuer, (sct, *source), logs, out)?)))
        .collect();
    let counted: Vec<(Sct, Source)> = valid.iter().map(|(sct, source, _)| ((*sct).clone(), *source)).collect();
    let operators: BTreeSet<&str> = valid.iter().map(|(_, _, log)| log.operator.as_str()).collect();
    let is_current = valid.iter().any(|(_, _, log)| log.state == LogState::Counts);
    count(judged, &counted, Some((operators.len(), is_current)), out);
    None
}

/// Every timestamp with how it came.
fn collect(cert: &Cert, seen: Option<&Handshake>, judged: &Judged<'_>, out: &mut Findings) -> Vec<(Sct, Source)> {
    let stapled = seen.and_then(|seen| seen.staple.as_ref()).and_then(OcspResponse::read).and_then(|r| r.basic);
    let stapled = stapled.into_iter().flat_map(|basic| basic.answers).find_map(|answer| answer.scts);
    let mut found = Vec::new();
    for (list, source) in [(cert.extensions.scts.clone(), Source::Certificate), (stapled, Source::Staple)] {
        let Some(list) = list else { continue };
        if list.is_empty() {
            out.add(FindingId::CtEmptyList, &judged.subject, Facts::new().with("source", source.word()));
        }
        found.extend(list.into_iter().map(|sct| (sct, source)));
    }
    let of_handshake = seen.into_iter().flat_map(|seen| &seen.scts).filter_map(|sct| read_sct(sct.clone()));
    found.extend(of_handshake.map(|sct| (sct, Source::Tls)));
    found
}

fn name_of(sct: &Sct, logs: Option<&[CtLog]>) -> String {
    let known = logs.and_then(|logs| logs.iter().find(|log| log.id == sct.log));
    known.map_or_else(|| hex(sct.log.get(..8).unwrap_or_default()), |log| log.name.clone())
}

/// The log of a timestamp that counts: known, not retired before it, and the signature is its.
fn check_one<'l>(
    judged: &Judged<'_>,
    issuer: Option<&Cert>,
    (sct, source): (&Sct, Source),
    logs: &'l [CtLog],
    out: &mut Findings,
) -> Option<&'l CtLog> {
    let facts = || Facts::new().with("log", name_of(sct, Some(logs))).with("source", source.word()).with("at", sct.at);
    let Some(log) = logs.iter().find(|log| log.id == sct.log) else {
        out.add(FindingId::CtLogUnknownOrRetired, &judged.subject, facts().with("state", "unknown"));
        return None;
    };
    let counts = match log.state {
        LogState::Counts => true,
        LogState::RetiredAt(end) => sct.at < end,
        LogState::DoesNotCount => false,
    };
    if !counts {
        let facts = facts().with("state", log.state_word.as_str());
        out.add(FindingId::CtLogUnknownOrRetired, &judged.subject, facts);
        return None;
    }
    // Without the issuer there is nothing to rebuild the precertificate with.
    let signed = signed_data(judged.cert, issuer, sct, source)?;
    let kind =
        if sct.algorithm == 1 { SignatureKind::RsaPkcs1(Hash::Sha256) } else { SignatureKind::Ecdsa(Hash::Sha256) };
    let key = PublicKey::read(&log.key)?;
    if verify(&key, kind, &signed, &sct.signature) != Check::Valid {
        out.add(FindingId::CtSctBadSignature, &judged.subject, facts());
        return None;
    }
    (!judged.clock.is_before(sct.at)).then_some(log)
}

/// What a log signs (RFC 6962 section 3.2).
fn signed_data(cert: &Cert, issuer: Option<&Cert>, sct: &Sct, source: Source) -> Option<Vec<u8>> {
    const CERTIFICATE_TIMESTAMP: u8 = 0;
    const X509_ENTRY: u16 = 0;
    const PRECERT_ENTRY: u16 = 1;
    let mut signed = vec![sct.version, CERTIFICATE_TIMESTAMP];
    signed.extend(sct.at.unix_ms().to_be_bytes());
    if source == Source::Certificate {
        let issuer_key = crate::model::Fingerprint::of(&issuer?.key.as_ref()?.spki);
        signed.extend(PRECERT_ENTRY.to_be_bytes());
        signed.extend(issuer_key.0);
        push_block(&mut signed, &cert.precertificate()?)?;
    } else {
        signed.extend(X509_ENTRY.to_be_bytes());
        push_block(&mut signed, &cert.der.der)?;
    }
    signed.extend(u16::try_from(sct.extensions.len()).ok()?.to_be_bytes());
    signed.extend_from_slice(&sct.extensions);
    Some(signed)
}

/// With its length in three bytes before it.
fn push_block(out: &mut Vec<u8>, block: &[u8]) -> Option<()> {
    let [0, length @ ..] = u32::try_from(block.len()).ok()?.to_be_bytes() else { return None };
    out.extend(length);
    out.extend_from_slice(block);
    Some(())
}

/// Are they enough? `known` has the number of operators and whether one of the logs still counts.
fn count(judged: &Judged<'_>, timestamps: &[(Sct, Source)], known: Option<(usize, bool)>, out: &mut Findings) {
    let Some(validity) = judged.cert.validity else { return };
    let required = Timestamp::parse(REQUIRED_SINCE).is_some_and(|day| validity.not_before > day);
    if !required {
        return;
    }
    let logs = |is_embedded: bool| -> BTreeSet<[u8; 32]> {
        let wanted = timestamps.iter().filter(|(_, source)| (*source == Source::Certificate) == is_embedded);
        wanted.map(|(sct, _)| sct.log).collect()
    };
    let (delivered, embedded) = (logs(false).len(), logs(true));
    if timestamps.is_empty() && judged.cert.extensions.scts.as_ref().is_none_or(Vec::is_empty) {
        return out.add(FindingId::CtNoSct, &judged.subject, Facts::new());
    }
    let needed = if validity.not_after.ms_since(validity.not_before) <= 180 * Timestamp::DAY_MS { 2 } else { 3 };
    let why = match known {
        _ if delivered >= 2 => return,
        _ if embedded.len() < needed => "too few that count",
        Some((0 | 1, _)) => "all from one operator",
        Some((_, false)) => "no log among them still counts",
        _ => return,
    };
    let facts = Facts::new().with("count", embedded.len()).with("needed", needed).with("why", why);
    let facts = known.map_or(facts.clone(), |(operators, _)| facts.with("operators", operators));
    out.add(FindingId::CtTooFew, &judged.subject, facts);
}
