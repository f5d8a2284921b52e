//! How many connections there may be: so many of one address that the others are not harmed.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many connections are served at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of all other machines together, and of one address of this machine. This machine's own are not
    /// counted among the others: nobody can lock it out.
    pub connections: usize,
    /// Of one address that is not on this machine.
    pub per_address: usize,
    /// Of one address, that have not said anything yet.
    pub silent: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 4096, per_address: 512, silent: 256 }
    }
}

/// Of addresses that were not let in yet, and wait for that or are told why not, together.
const STRANGERS: usize = 256;

/// Of one of them.
const OF_ONE_STRANGER: usize = 32;

/// Who a client is to the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::proxy) enum Kind {
    /// On this machine.
    Own,
    /// Elsewhere, and served.
    Guest,
    /// Elsewhere, and not let in.
    Stranger,
}

/// Which limit a connection is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::proxy) struct TooMany {
    /// In words, to go behind "too many".
    pub(in crate::proxy) what: &'static str,
    /// How many there may be.
    pub(in crate::proxy) limit: usize,
}

/// Counts those who are there. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(in crate::proxy) struct Doorway(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    by_address: HashMap<IpAddr, OfOne>,
    /// Of other machines.
    elsewhere: usize,
    strangers: usize,
}

#[derive(Debug, Default)]
struct OfOne {
    open: usize,
    silent: usize,
    strangers: usize,
}

impl Doorway {
    /// Takes a place for a connection.
    ///
    /// # Errors
    /// [`TooMany`] when there is none left.
    pub(in crate::proxy) fn enter(&self, address: IpAddr, kind: Kind, limits: Limits) -> Result<Place, TooMany> {
        let key = neighbourhood(address);
        let mut counts = self.counts();
        let (elsewhere, strangers) = (counts.elsewhere, counts.strangers);
        let own = counts.by_address.entry(key).or_default();
        let most = if kind == Kind::Own { limits.connections } else { limits.per_address };
        let is_stranger = kind == Kind::Stranger;
        let over = [
            (own.silent >= limits.silent, "silent connections of this address", limits.silent),
            (own.open >= most, "connections of this address", most),
            (
                is_stranger && own.strangers >= OF_ONE_STRANGER,
                "connections of this address, which is not let in",
                OF_ONE_STRANGER,
            ),
            (is_stranger && strangers >= STRANGERS, "connections of addresses that are not let in", STRANGERS),
            (kind != Kind::Own && elsewhere >= limits.connections, "connections", limits.connections),
        ];
        if let Some((_, what, limit)) = over.into_iter().find(|(is_over, ..)| *is_over) {
            counts.tidy(key);
            return Err(TooMany { what, limit });
        }
        own.open += 1;
        own.silent += 1;
        own.strangers += usize::from(is_stranger);
        counts.strangers += usize::from(is_stranger);
        counts.elsewhere += usize::from(kind != Kind::Own);
        Ok(Place { doorway: self.clone(), key, kind, is_silent: true })
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    /// An address that has no connection takes no memory.
    fn tidy(&mut self, key: IpAddr) {
        if self.by_address.get(&key).is_some_and(|own| own.open == 0) {
            self.by_address.remove(&key);
        }
    }
}

/// A connection that is counted; not any more when this is dropped.
#[derive(Debug)]
pub(in crate::proxy) struct Place {
    doorway: Doorway,
    key: IpAddr,
    kind: Kind,
    is_silent: bool,
}

impl Place {
    /// Its first byte has come.
    pub(in crate::proxy) fn has_spoken(&mut self) {
        if std::mem::take(&mut self.is_silent)
            && let Some(own) = self.doorway.counts().by_address.get_mut(&self.key)
        {
            own.silent -= 1;
        }
    }

    /// It was let in.
    pub(in crate::proxy) fn is_let_in(&mut self) {
        if self.kind == Kind::Stranger {
            self.kind = Kind::Guest;
            let mut counts = self.doorway.counts();
            counts.strangers -= 1;
            if let Some(own) = counts.by_address.get_mut(&self.key) {
                own.strangers -= 1;
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.has_spoken();
        self.is_let_in();
        let mut counts = self.doorway.counts();
        counts.elsewhere -= usize::from(self.kind != Kind::Own);
        if let Some(own) = counts.by_address.get_mut(&self.key) {
            own.open -= 1;
        }
        counts.tidy(self.key);
    }
}

/// What is counted as one: one machine has a whole /64 of IPv6 addresses to itself.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) if !v6.is_loopback() => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { connections: 6, per_address: 4, silent: 2 };

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// Takes a place and says something.
    fn speaking(doorway: &Doorway, address: &str, kind: Kind) -> Result<Place, TooMany> {
        let mut place = doorway.enter(ip(address), kind, LIMITS)?;
        place.has_spoken();
        Ok(place)
    }

    #[test]
    fn each_limit_holds_and_what_leaves_makes_room() {
        let doorway = Doorway::default();
        let silent: Vec<_> = (0..2).map(|_| doorway.enter(ip("10.0.0.1"), Kind::Guest, LIMITS).unwrap()).collect();
        let over = |result: Result<Place, TooMany>| result.unwrap_err().what;
        assert_eq!(over(doorway.enter(ip("10.0.0.1"), Kind::Guest, LIMITS)), "silent connections of this address");
        drop(silent);
        let mut open: Vec<_> = (0..4).map(|_| speaking(&doorway, "10.0.0.1", Kind::Guest).unwrap()).collect();
        assert_eq!(over(speaking(&doorway, "10.0.0.1", Kind::Guest)), "connections of this address");
        open.extend((0..2).map(|_| speaking(&doorway, "10.0.0.2", Kind::Guest).unwrap()));
        assert_eq!(over(speaking(&doorway, "10.0.0.3", Kind::Guest)), "connections");
        let own: Vec<_> = (0..6).map(|_| speaking(&doorway, "127.0.0.1", Kind::Own).unwrap()).collect();
        assert_eq!(over(speaking(&doorway, "127.0.0.1", Kind::Own)), "connections of this address");
        assert!(speaking(&doorway, "127.0.0.2", Kind::Own).is_ok());
        drop((open, own));
        let counts = doorway.counts();
        assert!(counts.by_address.is_empty() && counts.elsewhere == 0 && counts.strangers == 0, "{counts:?}");
    }

    #[test]
    fn strangers_have_fewer_places_until_they_are_let_in() {
        let (doorway, limits) = (Doorway::default(), Limits::default());
        let enter = |last: u8| doorway.enter(IpAddr::from([10, 0, 0, last]), Kind::Stranger, limits);
        let mut places: Vec<_> = (0..OF_ONE_STRANGER).map(|_| enter(1).unwrap()).collect();
        assert_eq!(enter(1).unwrap_err().limit, OF_ONE_STRANGER);
        places.iter_mut().for_each(Place::is_let_in);
        assert!(enter(1).is_ok(), "they do not count as strangers any more");
        let crowd: Vec<_> = (0..STRANGERS).map(|n| enter(2 + (n / OF_ONE_STRANGER) as u8).unwrap()).collect();
        assert_eq!(enter(100).unwrap_err().limit, STRANGERS);
        drop((places, crowd));
        assert!(doorway.counts().by_address.is_empty() && doorway.counts().strangers == 0);
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one() {
        let cases = [
            ("2001:db8::1", "2001:db8::ffff:1", true),
            ("2001:db8::1", "2001:db8:0:1::1", false),
            ("10.0.0.1", "10.0.0.2", false),
            ("10.0.0.1", "::ffff:10.0.0.1", true),
            ("::1", "::2", false),
        ];
        for (one, other, same) in cases {
            assert_eq!(neighbourhood(ip(one)) == neighbourhood(ip(other)), same, "{one} {other}");
        }
    }
}
