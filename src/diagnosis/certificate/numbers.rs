//! Arithmetic on moduli: factors that should not be there.

use std::sync::LazyLock;

use rsa::BoxedUint;

/// A prime below 752 that divides the number (Baseline Requirements section 6.1.6).
pub(super) fn small_factor(number: &[u8]) -> Option<u64> {
    // One remainder by a product of primes tells for all of them; those of all groups are worked out
    // side by side, since a processor divides several numbers in the time it takes for one.
    let mut rests = vec![0; SMALL_PRIMES.len()];
    let (head, words) = number.as_rchunks::<4>();
    let head = head.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
    for word in std::iter::once(head).chain(words.iter().map(|word| u32::from_be_bytes(*word))) {
        for (rest, group) in rests.iter_mut().zip(SMALL_PRIMES.iter()) {
            *rest = (*rest << 32 | u64::from(word)) % group.product;
        }
    }
    let divided = SMALL_PRIMES.iter().zip(rests).find(|(group, rest)| gcd(*rest, group.product) > 1);
    divided.and_then(|(group, rest)| group.primes.iter().find(|prime| rest % **prime == 0).copied())
}

struct Group {
    primes: Vec<u64>,
    product: u64,
}

/// The primes below 752 in groups whose products fit 32 bits.
static SMALL_PRIMES: LazyLock<Vec<Group>> = LazyLock::new(|| {
    let is_prime = |n: u64| (2..n).take_while(|d| d * d <= n).all(|d| !n.is_multiple_of(d));
    let mut groups: Vec<Group> = Vec::new();
    for prime in (2..752).filter(|n| is_prime(*n)) {
        match groups.last_mut() {
            Some(group) if u32::try_from(group.product * prime).is_ok() => {
                group.primes.push(prime);
                group.product *= prime;
            }
            _ => groups.push(Group { primes: vec![prime], product: prime }),
        }
    }
    groups
});

/// The remainder of a number, big end first, by one of at most 32 bits.
pub(super) fn remainder(number: &[u8], by: u64) -> u64 {
    let (head, words) = number.as_rchunks::<4>();
    let rest = head.iter().fold(0, |rest, byte| (rest << 8 | u64::from(*byte)) % by);
    words.iter().fold(rest, |rest, word| (rest << 32 | u64::from(u32::from_be_bytes(*word))) % by)
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// How many steps Fermat's method is followed; generators that pick the next prime need one or two.
const ROUNDS: usize = 100;

/// Whether the number is a product of two factors so close that Fermat's method finds them soon: it
/// looks for a square `a`² above the number that exceeds it by another square.
pub(super) fn has_close_factors(number: &[u8]) -> bool {
    if number.len() < 8 {
        return false; // small factors are looked for elsewhere
    }
    // A word more than the number has, so that nothing wraps.
    let n = BoxedUint::from_be_slice_vartime(&[&[0; 8], number].concat());
    let mut a = n.floor_sqrt_vartime().wrapping_add(BoxedUint::one());
    let mut excess = a.wrapping_mul(&a).wrapping_sub(&n);
    for _ in 0..ROUNDS {
        if may_be_square(&excess) && excess.checked_sqrt_vartime().is_some() {
            return true;
        }
        // (a + 1)² = a² + 2a + 1
        excess = excess.wrapping_add(&a).wrapping_add(&a).wrapping_add(BoxedUint::one());
        a = a.wrapping_add(BoxedUint::one());
    }
    false
}

/// Squares end in few patterns of bits: one number in five passes.
fn may_be_square(number: &BoxedUint) -> bool {
    let low = number.as_words().first().copied().unwrap_or(0) & 63;
    (0..32).any(|root| (root * root) & 63 == low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_factors_are_found_and_others_are_not() {
        // 2^64 - 59 and 2^64 - 83 are neighbouring primes; 2^61 - 1 is far from both.
        let (p, q, far) = (u64::MAX - 58, u64::MAX - 82, (1u64 << 61) - 1);
        let product = |a: u64, b: u64| (u128::from(a) * u128::from(b)).to_be_bytes();
        assert!(has_close_factors(&product(p, q)));
        assert!(!has_close_factors(&product(p, far)));
        assert!(!has_close_factors(&[]));
    }

    #[test]
    fn remainders_of_every_length_are_right() {
        let number: u128 = 0x0123_4567_89ab_cdef_1122_3344_5566_7788;
        for cut in 0..16 {
            let bytes = &number.to_be_bytes()[cut..];
            let value = bytes.iter().fold(0u128, |n, b| n << 8 | u128::from(*b));
            assert_eq!(u128::from(remainder(bytes, 4_294_967_291)), value % 4_294_967_291, "{cut}");
        }
    }

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
