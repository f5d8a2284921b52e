//! Keys that are no secret: published ones, and ones that are easily found (Baseline Requirements
//! section 6.1.1.3).

use super::Judged;
use super::key::remainder;
use crate::diagnosis::findings::Findings;
use crate::diagnosis::known;
use crate::model::{FindingId, Fingerprint};
use crate::x509::KeyKind;

pub(crate) fn check(judged: &Judged<'_>, out: &mut Findings) {
    let Some(key) = &judged.cert.key else { return };
    let spki = Fingerprint::of(&key.spki);
    let published = known::published_key(spki).map(|name| format!("its private half is published: {name}"));
    let what = published.or_else(|| match &key.kind {
        KeyKind::Rsa { modulus, .. } if is_roca(modulus) => {
            Some("made by a chip whose keys can be factored (ROCA, CVE-2017-15361)".to_owned())
        }
        _ => None,
    });
    if let Some(what) = what {
        let facts = judged.facts().with("key", key.describe()).with("what", what).with("spki_sha256", spki.to_string());
        out.add(FindingId::KeyCompromised, &judged.subject, facts);
    }
}

/// The primes by which the faulty library's moduli are told (Nemec et al., "The Return of
/// Coppersmith's Attack", 2017).
const ROCA_PRIMES: &[u64] = &[
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
    113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/// Whether the modulus is a power of 65537 modulo each of the primes, as those of the faulty
/// library are; any other modulus passes all of them once in 2^27 times at most.
fn is_roca(modulus: &[u8]) -> bool {
    ROCA_PRIMES.iter().all(|prime| is_power(65537 % prime, remainder(modulus, *prime), *prime))
}

fn is_power(generator: u64, number: u64, prime: u64) -> bool {
    let mut power = 1;
    for _ in 0..prime {
        if power == number {
            return true;
        }
        power = power * generator % prime;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_the_generator_are_told_and_others_are_not() {
        // 65537^3 is one modulo every prime; its successor is not.
        let number: u128 = 65537u128.pow(3);
        assert!(is_roca(&number.to_be_bytes()));
        assert!(!is_roca(&(number + 2).to_be_bytes()));
    }
}
