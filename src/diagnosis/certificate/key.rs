//! The public key of one certificate (Baseline Requirements section 6.1.5 and 6.1.6).

use super::{Judged, numbers};
use crate::diagnosis::findings::Findings;
use crate::model::{Facts, FindingId, Subject};
use crate::x509::{KeyKind, PublicKey};

pub(crate) fn check(judged: &Judged<'_>, out: &mut Findings) {
    let Some(key) = &judged.cert.key else { return };
    let facts = judged.facts().with("key", key.describe());
    let subject = &judged.subject;
    match &key.kind {
        KeyKind::Rsa { modulus, exponent, pss_only } => {
            check_size(key.bits(), subject, &facts, out);
            check_exponent(exponent, subject, &facts, out);
            check_modulus(judged, modulus, key.bits(), &facts, out);
            if *pss_only {
                out.add(FindingId::KeyRsaPssSpki, subject, facts);
            }
        }
        KeyKind::Ec { curve } => check_curve(curve, judged, facts, out),
        KeyKind::EcExplicit => out.add(FindingId::KeyEcExplicitParams, subject, facts),
        KeyKind::Dsa { .. } => out.add(FindingId::KeyDsa, subject, facts.with("bits", key.bits())),
        KeyKind::Ed25519 | KeyKind::Ed448 if judged.is_leaf() => out.add(FindingId::KeyEddsa, subject, facts),
        KeyKind::MlDsa(_) if judged.is_leaf() => out.add(FindingId::KeyPq, subject, facts),
        KeyKind::Ed25519 | KeyKind::Ed448 | KeyKind::MlDsa(_) | KeyKind::Unknown => {}
    }
}

fn check_size(bits: usize, subject: &Subject, facts: &Facts, out: &mut Findings) {
    let id = match bits {
        0..1024 => FindingId::KeyRsaUnder1024,
        1024..2048 => FindingId::KeyRsaUnder2048,
        2048..=8192 => return,
        _ => FindingId::KeyRsaOver8192,
    };
    out.add(id, subject, facts.clone().with("bits", bits));
}

/// Odd, at least 2^16 + 1, below 2^256.
fn check_exponent(exponent: &[u8], subject: &Subject, facts: &Facts, out: &mut Findings) {
    let fault = match exponent {
        [] | [0] => "zero",
        [1] => "one: every signature verifies",
        [.., last] if last & 1 == 0 => "even",
        [..] if exponent.len() > 32 => "2^256 or more",
        [_] | [_, _] | [1, 0, 0] => "below 65537",
        _ => return,
    };
    let hex = crate::model::hex(exponent.get(..32).unwrap_or(exponent));
    out.add(FindingId::KeyRsaExponent, subject, facts.clone().with("exponent", hex).with("fault", fault));
}

/// A whole number of bytes, no small factor, no two factors close to each other (Baseline
/// Requirements section 6.1.6, Mozilla's policy section 5.1).
fn check_modulus(judged: &Judged<'_>, modulus: &[u8], bits: usize, facts: &Facts, out: &mut Findings) {
    let fault = if !bits.is_multiple_of(8) {
        Some(format!("{bits} bits are not a whole number of bytes"))
    } else if judged.is_anchor() {
        None // whoever could factor it would not need us to be told
    } else if let Some(prime) = numbers::small_factor(modulus) {
        Some(format!("divisible by {prime}"))
    } else {
        let is_close = judged.is_leaf() && numbers::has_close_factors(modulus);
        is_close.then(|| "its two factors are so close that it can be factored (Fermat)".to_owned())
    };
    if let Some(fault) = fault {
        out.add(FindingId::KeyRsaModulus, &judged.subject, facts.clone().with("bits", bits).with("fault", fault));
    }
}

fn check_curve(curve: &str, judged: &Judged<'_>, facts: Facts, out: &mut Findings) {
    match curve {
        "P-256" | "P-384" => {}
        "P-521" if judged.is_leaf() => out.add(FindingId::KeyEcP521, &judged.subject, facts),
        "P-521" => {}
        _ => out.add(FindingId::KeyEcWeakCurve, &judged.subject, facts.with("curve", curve)),
    }
}

/// The key's kind and size for evidence about a signature it made.
pub(crate) fn describe(key: Option<&PublicKey>) -> String {
    key.map_or_else(|| "an unreadable key".to_owned(), PublicKey::describe)
}
