//! Places in the order of a key, where one more or one less costs little among a million.

use std::collections::VecDeque;
use std::sync::Arc;

/// What rows are ordered by: a number, or the beginning of a text and then the whole of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::tui) struct Key {
    head: u64,
    text: Option<Arc<str>>,
}

impl Key {
    /// Of a number.
    pub(in crate::tui) fn number(number: u64) -> Self {
        Self { head: number, text: None }
    }

    /// Of a text. Most comparisons end within its first eight bytes, without going to the text.
    pub(in crate::tui) fn text(text: &Arc<str>) -> Self {
        let mut head = [0; 8];
        head.iter_mut().zip(text.bytes()).for_each(|(to, byte)| *to = byte);
        Self { head: u64::from_be_bytes(head), text: Some(text.clone()) }
    }
}

type Entry = (Key, usize);

/// So many entries are in a chunk at most; then it becomes two.
const CHUNK: usize = 1024;

/// Places by key; equal keys by place.
#[derive(Clone, Debug, Default)]
pub(super) struct Sorted {
    /// None is empty; each is in order, and so are they.
    chunks: Vec<Vec<Entry>>,
    /// The key of each place from `base` on that is in here.
    keys: VecDeque<Option<Key>>,
    base: usize,
}

impl Sorted {
    pub(super) fn len(&self) -> usize {
        self.chunks.iter().map(Vec::len).sum()
    }

    pub(super) fn contains(&self, place: usize) -> bool {
        self.key(place).is_some()
    }

    fn key(&self, place: usize) -> Option<&Key> {
        self.keys.get(place.checked_sub(self.base)?)?.as_ref()
    }

    /// Puts a place in, or elsewhere when its key has become another.
    pub(super) fn insert(&mut self, place: usize, key: Key) {
        if self.keys.is_empty() {
            self.base = place;
        }
        while self.base > place {
            self.keys.push_front(None);
            self.base -= 1;
        }
        let slot = place - self.base;
        if self.keys.get(slot).is_some_and(|known| known.as_ref() == Some(&key)) {
            return;
        }
        self.remove(place);
        while self.keys.len() <= slot {
            self.keys.push_back(None);
        }
        if let Some(known) = self.keys.get_mut(slot) {
            *known = Some(key.clone());
        }
        self.put((key, place));
    }

    fn put(&mut self, entry: Entry) {
        let at = self.chunk_of(&entry).min(self.chunks.len().saturating_sub(1));
        let Some(chunk) = self.chunks.get_mut(at) else {
            self.chunks.push(vec![entry]);
            return;
        };
        let within = chunk.partition_point(|own| *own < entry);
        chunk.insert(within, entry);
        if chunk.len() > CHUNK {
            let second = chunk.split_off(CHUNK / 2);
            self.chunks.insert(at + 1, second);
        }
    }

    /// The first chunk that does not end before the entry.
    fn chunk_of(&self, entry: &Entry) -> usize {
        self.chunks.partition_point(|chunk| chunk.last().is_some_and(|last| last < entry))
    }

    pub(super) fn remove(&mut self, place: usize) {
        let slot = place.checked_sub(self.base).and_then(|slot| self.keys.get_mut(slot));
        let Some(key) = slot.and_then(Option::take) else { return };
        let entry = (key, place);
        let at = self.chunk_of(&entry);
        let Some(chunk) = self.chunks.get_mut(at) else { return };
        if let Ok(within) = chunk.binary_search(&entry) {
            chunk.remove(within);
        }
        if chunk.is_empty() {
            self.chunks.remove(at);
        }
    }

    /// Forgets the places before this one.
    pub(super) fn forget_before(&mut self, place: usize) {
        while self.base < place && !self.keys.is_empty() {
            self.remove(self.base);
            self.keys.pop_front();
            self.base += 1;
        }
    }

    /// The place that stands there.
    pub(super) fn at(&self, mut position: usize) -> Option<usize> {
        for chunk in &self.chunks {
            match chunk.get(position) {
                Some((_, place)) => return Some(*place),
                None => position -= chunk.len(),
            }
        }
        None
    }

    /// All places in their order.
    pub(super) fn places(&self) -> impl DoubleEndedIterator<Item = usize> + '_ {
        self.chunks.iter().flatten().map(|(_, place)| *place)
    }

    /// Where a place stands.
    pub(super) fn position(&self, place: usize) -> Option<usize> {
        let entry = (self.key(place)?.clone(), place);
        let at = self.chunk_of(&entry);
        let before: usize = self.chunks.iter().take(at).map(Vec::len).sum();
        Some(before + self.chunks.get(at)?.binary_search(&entry).ok()?)
    }

    /// The highest place in here.
    pub(super) fn newest(&self) -> Option<usize> {
        let behind = self.keys.iter().rev().position(Option::is_some)?;
        Some(self.base + self.keys.len() - 1 - behind)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn is_a_sorted_set(steps in proptest::collection::vec((0..400usize, 0..40u64, 0..4u8), 1..3000)) {
            let (mut sorted, mut model) = (Sorted::default(), BTreeSet::new());
            sorted.insert(0, Key::number(7));
            model.insert((7, 0));
            let mut start = 0;
            for (place, key, what) in steps {
                let place = place + start;
                let known = model.iter().find(|(_, own)| *own == place).copied();
                match what {
                    0 => {
                        sorted.remove(place);
                        known.map(|known| model.remove(&known));
                    }
                    1 if key == 0 => {
                        start += 1;
                        sorted.forget_before(start);
                        model.retain(|(_, own)| *own >= start);
                    }
                    _ => {
                        sorted.insert(place, Key::number(key));
                        known.map(|known| model.remove(&known));
                        model.insert((key, place));
                    }
                }
            }
            let places: Vec<usize> = model.iter().map(|(_, place)| *place).collect();
            let found: Vec<usize> = (0..sorted.len()).filter_map(|at| sorted.at(at)).collect();
            prop_assert_eq!(&found, &places);
            for (at, place) in places.iter().enumerate() {
                prop_assert_eq!(sorted.position(*place), Some(at));
            }
            prop_assert_eq!(sorted.newest(), places.iter().max().copied());
        }
    }

    #[test]
    fn many_stay_in_order() {
        let mut sorted = Sorted::default();
        for place in 0..10_000 {
            let text: Arc<str> = format!("GET /api/v1/{}", (place * 7919) % 10_007).into();
            sorted.insert(place, Key::text(&text));
        }
        assert_eq!(sorted.len(), 10_000);
        let keys: Vec<_> = (0..10_000).map(|at| sorted.key(sorted.at(at).unwrap()).unwrap().clone()).collect();
        assert!(keys.is_sorted(), "texts with the same beginning as well");
    }
}
