//! The public key of one certificate (Baseline Requirements section 6.1.5 and 6.1.6).

use super::Judged;
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
            check_modulus(modulus, key.bits(), subject, &facts, out);
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

fn check_modulus(modulus: &[u8], bits: usize, subject: &Subject, facts: &Facts, out: &mut Findings) {
    let fault = if bits.is_multiple_of(8) {
        small_factor(modulus).map(|prime| format!("divisible by {prime}"))
    } else {
        Some(format!("{bits} bits are not a whole number of bytes"))
    };
    if let Some(fault) = fault {
        out.add(FindingId::KeyRsaModulus, subject, facts.clone().with("bits", bits).with("fault", fault));
    }
}

/// A prime below 752 that divides the number (Baseline Requirements section 6.1.6).
fn small_factor(number: &[u8]) -> Option<u64> {
    // The remainders by all of them follow from the remainders by two products that fit 64 bits.
    SMALL_PRIMES
        .iter()
        .find(|group| gcd(remainder(number, group.iter().product()), group.iter().product()) > 1)
        .and_then(|group| group.iter().find(|prime| remainder(number, **prime) == 0).copied())
}

/// The primes below 752 in groups whose products fit 56 bits.
static SMALL_PRIMES: std::sync::LazyLock<Vec<Vec<u64>>> = std::sync::LazyLock::new(|| {
    let is_prime = |n: u64| (2..n).take_while(|d| d * d <= n).all(|d| !n.is_multiple_of(d));
    let mut groups: Vec<Vec<u64>> = vec![Vec::new()];
    for prime in (2..752).filter(|n| is_prime(*n)) {
        match groups.last_mut() {
            Some(group) if group.iter().product::<u64>() < (1 << 56) / prime => group.push(prime),
            _ => groups.push(vec![prime]),
        }
    }
    groups
});

pub(super) fn remainder(number: &[u8], by: u64) -> u64 {
    number.iter().fold(0, |rest, byte| (rest << 8 | u64::from(*byte)) % by)
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_factors_are_found() {
        for prime in [2, 3, 743, 751] {
            let number: u128 = u128::from(u64::MAX - 58) * prime; // 2^64 - 59 is prime
            assert_eq!(small_factor(&number.to_be_bytes()), Some(prime as u64));
        }
        assert_eq!(small_factor(&(u64::MAX - 58).to_be_bytes()), None);
        assert_eq!(small_factor(&(757u128 * 761).to_be_bytes()), None);
    }
}
