//! The instant judged at, and the next instant at which the answer would differ.

use std::cell::Cell;

use crate::model::Timestamp;

/// Tells whether instants have passed, and remembers the first one that has not.
#[derive(Debug)]
pub(crate) struct Clock {
    now: Timestamp,
    next: Cell<Option<Timestamp>>,
}

impl Clock {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self { now, next: Cell::new(None) }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// Whether the second that `instant` begins is over: a certificate is good *at* its notAfter,
    /// which has no fractions (RFC 5280 section 4.1.2.5).
    pub(crate) fn is_after(&self, instant: Timestamp) -> bool {
        let end = instant.plus_ms(1000);
        if self.now >= end {
            return true;
        }
        self.flips_at(end);
        false
    }

    /// Whether `instant` is still to come.
    pub(crate) fn is_before(&self, instant: Timestamp) -> bool {
        if self.now >= instant {
            return false;
        }
        self.flips_at(instant);
        true
    }

    /// The first instant at which one of the answers so far would have been another.
    pub(crate) fn holds_until(&self) -> Option<Timestamp> {
        self.next.get()
    }

    fn flips_at(&self, instant: Timestamp) {
        self.next.set(Some(self.next.get().map_or(instant, |next| next.min(instant))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_are_inside_and_the_next_flip_is_kept() {
        let at = Timestamp::from_unix;
        let clock = Clock::new(at(100));
        assert!(!clock.is_after(at(100)) && clock.is_after(at(99)));
        assert_eq!(clock.holds_until(), Some(at(101)));
        assert!(!clock.is_before(at(100)) && clock.is_before(at(200)));
        assert_eq!(clock.holds_until(), Some(at(101)));
    }

    #[test]
    fn a_fraction_belongs_to_the_second_it_follows() {
        let at = Timestamp::from_unix;
        assert!(!Clock::new(at(100).plus_ms(999)).is_after(at(100)));
        assert!(Clock::new(at(100).plus_ms(-1)).is_before(at(100)));
    }
}
