//! One CRL (RFC 5280 sections 5 and 6.3): is it well-formed, is the certificate within its scope, who
//! signed it, is it of now, and is the certificate on it?

use std::borrow::Cow;

use super::{Known, LEEWAY_MS, Question, Refusal, WITHOUT_END_MS};
use crate::diagnosis::budget::Budget;
use crate::diagnosis::clock::Clock;
use crate::diagnosis::path::{Node, Path, Pool};
use crate::diagnosis::signature::{Check, verify};
use crate::model::{Facts, FindingId};
use crate::x509::{Cert, Crl, CrlEntry, IssuingDistributionPoint, PublicKey, oids};

/// reasonCode removeFromCRL: the certificate is good again.
const REMOVE_FROM_CRL: u8 = 8;

/// The extensions of a CRL that are understood here.
const KNOWN_EXTENSIONS: &[&str] = &[
    oids::EXT_CRL_NUMBER,
    oids::EXT_DELTA_CRL,
    oids::EXT_ISSUING_DISTRIBUTION_POINT,
    oids::EXT_AUTHORITY_KEY_ID,
    oids::EXT_ISSUER_ALT_NAME,
    oids::EXT_FRESHEST_CRL,
    oids::EXT_AUTHORITY_INFO,
];

/// A certificate with its key.
pub(super) type Signer<'p> = (&'p Cert, Cow<'p, PublicKey>);

/// Who may have signed the lists about `child`: its issuer, and others of a list's issuer's name that
/// someone above `child` certified for lists (a CA can have a key of its own for them).
pub(super) fn signers(
    pool: &mut Pool<'_>,
    path: &Path,
    (child, issuer): (Node, Node),
    crls: &[Option<Crl>],
    (clock, budget): (&Clock, &mut Budget),
) -> Vec<Node> {
    let mut signers = vec![issuer];
    let above: Vec<Node> = path.nodes.iter().copied().skip_while(|node| *node != child).skip(1).collect();
    for list in crls.iter().flatten() {
        for node in pool.named(&list.issuer) {
            if signers.contains(&node) || !may_sign_lists(pool, node, clock) {
                continue;
            }
            let is_certified = above.iter().any(|above| {
                *above == node
                    || pool.edge(node, *above, budget).is_some_and(|e| e.signature == Check::Valid && e.names_match)
            });
            if is_certified && !is_listed(pool, node, crls, budget) {
                signers.push(node);
            }
        }
    }
    signers
}

/// A key of its own for lists has to be certified for that, and be in force.
fn may_sign_lists(pool: &Pool<'_>, node: Node, clock: &Clock) -> bool {
    let Some(cert) = pool.cert(node) else { return false };
    let in_force = cert.validity.is_some_and(|v| !clock.is_after(v.not_after) && !clock.is_before(v.not_before));
    in_force && cert.extensions.key_usage.is_some_and(crate::x509::KeyUsage::crl_sign)
}

/// Whether a certificate for a CA's lists stands on a list itself.
fn is_listed(pool: &Pool<'_>, node: Node, crls: &[Option<Crl>], budget: &mut Budget) -> bool {
    let Some((issuer, serial)) = pool.cert(node).and_then(|cert| Some((cert.issuer.as_ref()?, cert.serial.as_ref()?)))
    else {
        return true;
    };
    crls.iter()
        .flatten()
        .filter(|list| list.issuer.matches(issuer))
        .any(|list| !budget.pay_bytes(list.entries_len()) || !matches!(list.find(serial, issuer), Ok(None)))
}

/// Judges what one list says about the certificate; `url` says where it is from, and whether it was
/// fetched for this certificate.
pub(super) fn judge(
    question: Question<'_>,
    list: &Crl,
    (url, was_fetched): (&str, bool),
    signers: &[Signer<'_>],
    clock: &Clock,
    budget: &mut Budget,
    known: &mut Known,
) {
    let Some(issuer) = &question.cert.issuer else { return };
    let subject = question.subject();
    let facts = || Facts::new().with("url", url);
    let Some(scope) = list.scope() else {
        let facts = facts().with("fault", "its issuingDistributionPoint cannot be read");
        return known.findings.add(FindingId::CrlMalformed, &subject, facts);
    };
    // An indirect list counts for those certificates alone that name its issuer (RFC 5280 section 6.3.3 (b) (1)).
    let is_delegated = scope.indirect && question.cert.extensions.crl_issuers.iter().any(|n| n.matches(&list.issuer));
    if !list.issuer.matches(issuer) && !is_delegated {
        if was_fetched {
            let facts = facts().with("fault", "made by somebody else than the certificate's issuer");
            known.findings.add(FindingId::CrlScope, &subject, facts);
        }
        return;
    }
    let faults = faults_of(list);
    for fault in &faults {
        known.findings.add(FindingId::CrlMalformed, &subject, facts().with("fault", fault.words.as_str()));
    }
    let out_of_scope = scope_fault(list, &scope, question.cert);
    if let Some(fault) = out_of_scope {
        known.findings.add(FindingId::CrlScope, &subject, facts().with("fault", fault));
    }
    let signed = check_signature(list, signers, budget);
    if let Err(Refusal::Because(why)) = signed {
        let facts = facts().with("issuer", list.issuer.to_string()).with("why", why);
        known.findings.add(FindingId::CrlBadSignature, &subject, facts);
    }
    let is_current = check_times(list, question, url, clock, known);
    let is_usable = signed.is_ok() && out_of_scope.is_none() && !faults.iter().any(|fault| fault.is_fatal);
    if is_usable && budget.pay_bytes(list.entries_len()) {
        let covers_all = !scope.only_some_reasons && is_current;
        if let Some(Ok(entry)) = question.cert.serial.as_ref().map(|serial| list.find(serial, issuer)) {
            check_entry(question, list, entry.as_ref(), (url, covers_all, clock), known);
        } else {
            let facts = facts().with("fault", "its entries cannot be read to their end");
            known.findings.add(FindingId::CrlMalformed, &subject, facts);
        }
    }
}

/// Something wrong with a list.
struct Fault {
    words: String,
    /// Whether nothing can be concluded from such a list.
    is_fatal: bool,
}

/// What is wrong with the list itself.
fn faults_of(list: &Crl) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut fault = |when: bool, is_fatal: bool, words: &str| {
        faults.extend(when.then(|| Fault { words: words.to_owned(), is_fatal }));
    };
    let number = list.extension(oids::EXT_CRL_NUMBER);
    fault(number.is_none(), false, "no cRLNumber");
    fault(number.is_some_and(|number| number.critical), false, "cRLNumber is critical");
    fault(list.next_update.is_none(), false, "no nextUpdate");
    fault(list.inner_algorithm != list.outer_algorithm, true, "its two signature algorithms differ");
    for extension in &list.extensions {
        let is_unknown = extension.critical && !KNOWN_EXTENSIONS.contains(&extension.oid.as_str());
        fault(is_unknown, true, &format!("the critical extension {} is not known", extension.oid));
    }
    faults
}

/// Why the list says nothing about the certificate (RFC 5280 section 6.3.3 (b)).
fn scope_fault(list: &Crl, scope: &IssuingDistributionPoint, cert: &Cert) -> Option<&'static str> {
    if list.extension(oids::EXT_DELTA_CRL).is_some() {
        return Some("a delta CRL, which only says what changed");
    }
    if scope.only_attribute {
        return Some("for attribute certificates only");
    }
    if scope.only_user && cert.is_ca() {
        return Some("for end-entity certificates only");
    }
    if scope.only_ca && !cert.is_ca() {
        return Some("for CA certificates only");
    }
    let theirs = &cert.extensions.crl_names;
    let shared = scope.names.iter().any(|name| theirs.contains(name));
    (!scope.names.is_empty() && !shared).then_some("for another distribution point")
}

fn check_signature(list: &Crl, signers: &[Signer<'_>], budget: &mut Budget) -> Result<(), Refusal> {
    let Some(kind) = list.outer_algorithm.signature() else {
        return Err(Refusal::Because("the signature algorithm is not known"));
    };
    let mut why = "no certificate of its issuer is at hand";
    for (signer, key) in signers {
        let is_issuer = signer.subject.as_ref().is_some_and(|subject| subject.matches(&list.issuer));
        if !is_issuer {
            continue;
        }
        if !budget.pay_signature(key) || !budget.pay_bytes(list.signed.len()) {
            return Err(Refusal::Limit);
        }
        match verify(key, kind, &list.signed, &list.signature) {
            Check::Valid if signer.extensions.key_usage.is_some_and(|usage| !usage.crl_sign()) => {
                why = "the issuer's keyUsage lacks cRLSign";
            }
            Check::Valid => return Ok(()),
            Check::Invalid => why = "the signature does not verify",
            Check::Unsupported => why = "the signature algorithm is not known",
        }
    }
    Err(Refusal::Because(why))
}

fn check_times(list: &Crl, question: Question<'_>, url: &str, clock: &Clock, known: &mut Known) -> bool {
    let subject = question.subject();
    let facts = || Facts::new().with("url", url);
    if clock.is_before(list.this_update.plus_ms(-LEEWAY_MS)) {
        known.findings.add(FindingId::CrlScope, &subject, facts().with("fault", "not in force yet"));
        return false;
    }
    match list.next_update {
        Some(next) if clock.is_after(next) => {
            known.findings.add(FindingId::CrlExpired, &subject, facts().with("next_update", next));
            false
        }
        Some(_) => true,
        None => !clock.is_after(list.this_update.plus_ms(WITHOUT_END_MS)),
    }
}

fn check_entry(
    question: Question<'_>,
    list: &Crl,
    entry: Option<&CrlEntry>,
    (url, covers_all, clock): (&str, bool, &Clock),
    known: &mut Known,
) {
    let subject = question.subject();
    let Some(entry) = entry.filter(|entry| entry.reason != Some(REMOVE_FROM_CRL)) else {
        known.is_settled |= covers_all;
        return;
    };
    if clock.is_before(entry.at) && clock.is_before(list.this_update) {
        // At the instant judged, it was not revoked yet.
        return;
    }
    if let Some(oid) = &entry.unknown_critical {
        let fault = format!("the entry's critical extension {oid} is not known");
        known.findings.add(FindingId::CrlMalformed, &subject, Facts::new().with("url", url).with("fault", fault));
    }
    let facts = question.revoked_facts(entry.at, entry.reason, url, list.this_update);
    known.findings.add(question.revoked(FindingId::RevokedCrl), &subject, facts);
    known.is_settled = true;
}
