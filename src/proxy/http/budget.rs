//! How much of all bodies together is held in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

/// Bytes that may still be kept. Taken while a body goes by, given back when its last copy is
/// dropped: after it was written to the session file and nobody looks at it any more.
#[derive(Clone, Debug)]
pub(in crate::proxy) struct Budget(Arc<AtomicUsize>);

impl Budget {
    /// A budget of so many bytes.
    pub(in crate::proxy) fn new(bytes: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(bytes)))
    }

    fn take(&self, bytes: usize) -> bool {
        let taken = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes));
        taken.is_ok()
    }
}

/// The kept beginning of a body.
#[derive(Debug)]
pub(super) struct Kept {
    bytes: Vec<u8>,
    limit: usize,
    budget: Budget,
    taken: usize,
}

impl Kept {
    /// Keeps up to `limit` bytes, as far as the budget allows.
    pub(super) fn new(limit: usize, budget: &Budget) -> Self {
        Self { bytes: Vec::new(), limit, budget: budget.clone(), taken: 0 }
    }

    /// Keeps what fits of the next piece. Once something did not fit, nothing more is kept.
    pub(super) fn push(&mut self, piece: &[u8]) {
        let room = self.limit - self.bytes.len();
        let part = piece.get(..piece.len().min(room)).unwrap_or_default();
        if part.is_empty() {
            return;
        }
        if !self.budget.take(part.len()) {
            self.limit = self.bytes.len();
            return;
        }
        self.taken += part.len();
        self.bytes.extend_from_slice(part);
        if part.len() < piece.len() {
            self.limit = self.bytes.len();
        }
    }

    /// The bytes; what they took of the budget is given back with their last copy.
    pub(super) fn finish(self) -> Bytes {
        if self.bytes.is_empty() { Bytes::new() } else { Bytes::from_owner(self) }
    }
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.budget.0.fetch_add(self.taken, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_a_beginning_within_both_limits() {
        let budget = Budget::new(10);
        let mut first = Kept::new(6, &budget);
        first.push(b"abcd");
        first.push(b"efgh");
        first.push(b"i");
        assert_eq!(first.as_ref(), b"abcdef");
        let mut second = Kept::new(100, &budget);
        second.push(b"1234");
        second.push(b"5");
        second.push(b"");
        assert_eq!(second.as_ref(), b"1234", "the budget is spent");
        let copy = first.finish();
        let other = copy.clone();
        drop(copy);
        assert!(!budget.take(1));
        drop(other);
        assert!(budget.take(6) && !budget.take(1));
    }
}
