//! Where each row stands, by its identity.

use std::collections::VecDeque;

/// Places by identity. Identities rise, or nearly so: they are kept in their order, and a new one
/// goes to the end or close to it. A hash table of a million of them takes three times as much.
#[derive(Clone, Debug)]
pub(super) struct Places<Id> {
    sorted: VecDeque<(Id, usize)>,
}

impl<Id> Default for Places<Id> {
    fn default() -> Self {
        Self { sorted: VecDeque::new() }
    }
}

impl<Id: Ord + Copy> Places<Id> {
    pub(super) fn get(&self, id: Id) -> Option<usize> {
        let at = self.find(id).ok()?;
        self.sorted.get(at).map(|(_, place)| *place)
    }

    pub(super) fn insert(&mut self, id: Id, place: usize) {
        match self.find(id) {
            Ok(at) => {
                if let Some(known) = self.sorted.get_mut(at) {
                    known.1 = place;
                }
            }
            Err(at) => self.sorted.insert(at, (id, place)),
        }
    }

    pub(super) fn remove(&mut self, id: Id) -> Option<usize> {
        let at = self.find(id).ok()?;
        self.sorted.remove(at).map(|(_, place)| place)
    }

    fn find(&self, id: Id) -> Result<usize, usize> {
        // What is asked for is nearly always new, or among the newest.
        if self.sorted.back().is_none_or(|(last, _)| *last < id) {
            return Err(self.sorted.len());
        }
        self.sorted.binary_search_by_key(&id, |(own, _)| *own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_put_in_any_order() {
        let mut places = Places::default();
        for (place, id) in [5, 1, 3, 9, 2].into_iter().enumerate() {
            places.insert(id, place);
        }
        places.insert(9, 70);
        assert_eq!(
            [1, 2, 3, 4, 5, 9, 10].map(|id| places.get(id)),
            [Some(1), Some(4), Some(2), None, Some(0), Some(70), None]
        );
        assert_eq!((places.remove(3), places.remove(3), places.get(5)), (Some(2), None, Some(0)));
    }
}
