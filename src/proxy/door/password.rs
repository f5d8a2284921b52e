//! The proxy's password, and how often an address may be wrong about it.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tokio::time::Instant;

/// A user's name and password, which clients that are not on this machine have to give.
#[derive(Clone, PartialEq, Eq)]
pub struct Password {
    user: String,
    password: String,
}

/// A text that is no name and password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name and a password with a colon between them are wanted, as me:correct-horse")]
pub struct PasswordError;

impl Password {
    /// Whether these are the name and the password. How long it takes does not depend on how much of
    /// them is right.
    pub(in crate::proxy) fn is(&self, user: &[u8], password: &[u8]) -> bool {
        let own = hash(self.user.as_bytes(), self.password.as_bytes());
        verify_slices_are_equal(own.as_ref(), hash(user, password).as_ref()).is_ok()
    }

    /// Whether a field of the scheme Basic (RFC 7617) gives them.
    pub(in crate::proxy) fn is_in_basic(&self, field: &[u8]) -> bool {
        let Some((scheme, credentials)) = field.split_at_checked(6) else { return false };
        let Ok(pair) = BASE64_STANDARD.decode(credentials.trim_ascii()) else { return false };
        let Some(colon) = pair.iter().position(|byte| *byte == b':') else { return false };
        let (user, password) = pair.split_at(colon);
        scheme.eq_ignore_ascii_case(b"basic ") && self.is(user, password.get(1..).unwrap_or_default())
    }
}

/// Over both with the length of the first, so that no other pair has the same.
fn hash(user: &[u8], password: &[u8]) -> aws_lc_rs::digest::Digest {
    digest(&SHA256, &[&(user.len() as u64).to_be_bytes(), user, password].concat())
}

impl FromStr for Password {
    type Err = PasswordError;

    fn from_str(text: &str) -> Result<Self, PasswordError> {
        match text.split_once(':') {
            // RFC 1929 has one byte for the length of each.
            Some((user, password))
                if (1..=255).contains(&user.len()) && (1..=255).contains(&password.len()) && !has_control(text) =>
            {
                Ok(Self { user: user.to_owned(), password: password.to_owned() })
            }
            _ => Err(PasswordError),
        }
    }
}

fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

/// Never shows it.
impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// What came of a client's giving a password, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::proxy) enum Given {
    /// It is the right one.
    Right,
    /// It gave none.
    Missing,
    /// It is a wrong one.
    Wrong,
    /// It was not looked at: this address has been wrong too often just now.
    TooOften,
}

/// So many wrong ones in a row, and nothing is looked at for [`LOCKED`].
const MOST_WRONG: u32 = 10;

/// How long an address that was wrong too often is not listened to.
const LOCKED: Duration = Duration::from_secs(60);

/// More addresses than this are not remembered; then it begins anew.
const MOST_ADDRESSES: usize = 10_000;

/// Which addresses were wrong, how often, and when last.
#[derive(Debug, Default)]
pub(in crate::proxy) struct Attempts(Mutex<HashMap<IpAddr, (u32, Instant)>>);

impl Attempts {
    /// Looks at what a client gave, unless its address was wrong too often just now.
    pub(in crate::proxy) fn judge(&self, address: IpAddr, is_right: Option<impl FnOnce() -> bool>) -> Given {
        let Some(is_right) = is_right else { return Given::Missing };
        let mut wrong = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let before = wrong.get(&address).filter(|(_, last)| now.duration_since(*last) < LOCKED).map_or(0, |(n, _)| *n);
        if before >= MOST_WRONG {
            return Given::TooOften;
        }
        if is_right() {
            wrong.remove(&address);
            return Given::Right;
        }
        if wrong.len() >= MOST_ADDRESSES {
            wrong.clear();
        }
        wrong.insert(address, (before + 1, now));
        Given::Wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password() -> Password {
        "me:correct:horse".parse().unwrap()
    }

    #[test]
    fn one_pair_is_right_and_every_other_wrong() {
        assert!(password().is(b"me", b"correct:horse"));
        for (user, word) in [
            ("me", "correct:hors"),
            ("m", "ecorrect:horse"),
            ("me:correct", "horse"),
            ("", ""),
            ("ME", "correct:horse"),
        ] {
            assert!(!password().is(user.as_bytes(), word.as_bytes()), "{user} {word}");
        }
    }

    #[test]
    fn basic_fields_are_read() {
        let field = |scheme: &str, pair: &str| format!("{scheme} {}", BASE64_STANDARD.encode(pair)).into_bytes();
        assert!(password().is_in_basic(&field("Basic", "me:correct:horse")));
        assert!(password().is_in_basic(&field("bASIC", "me:correct:horse")));
        let wrong = [field("Basic", "me:x"), field("Basic", "me"), field("Bearer", "me:correct:horse")];
        let broken = ["", "Basic", "Basic ", "Basic ===", "Basic bWU", "é"].map(|text| text.as_bytes().to_vec());
        for field in wrong.into_iter().chain(broken) {
            assert!(!password().is_in_basic(&field), "{}", String::from_utf8_lossy(&field));
        }
    }

    #[test]
    fn it_is_read_from_a_pair_and_never_shown() {
        assert_eq!(format!("{:?}", password()), "Password(..)");
        let long = format!("me:{}", "x".repeat(256));
        for bad in ["", "me", "me:", ":x", "me:x\ny", &long] {
            assert!(bad.parse::<Password>().is_err(), "{bad}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_guesses_is_not_listened_to_for_a_while() {
        let attempts = Attempts::default();
        let (one, other) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let judge = |address, is_right| attempts.judge(address, Some(|| is_right));
        for _ in 0..MOST_WRONG - 1 {
            assert_eq!(judge(one, false), Given::Wrong);
        }
        assert_eq!(judge(one, true), Given::Right);
        assert_eq!(attempts.judge(one, None::<fn() -> bool>), Given::Missing);
        for _ in 0..MOST_WRONG {
            assert_eq!(judge(one, false), Given::Wrong);
        }
        assert_eq!((judge(one, true), judge(other, true)), (Given::TooOften, Given::Right));
        tokio::time::advance(LOCKED).await;
        assert_eq!(judge(one, true), Given::Right);
    }
}
