//! Keys that are no secret: published ones, and ones that are easily found (Baseline Requirements
//! section 6.1.1.3).

use super::Judged;
use super::numbers::remainder;
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

/// Primes modulo which 65537 does not generate every number, the most telling first. A modulus of
/// the faulty library is a power of 65537 modulo each of them (Nemec et al., "The Return of
/// Coppersmith's Attack", 2017); any other passes all of them once in 2^27 times.
const ROCA_PRIMES: &[u64] = &[97, 37, 79, 11, 61, 73, 127, 151, 13, 17, 19, 53, 71, 103, 107, 109, 157];

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
