//! Which row of a list is selected, and which of its rows are to be seen.

use std::ops::Range;

/// The selection and the window of a list that is drawn anew with every frame.
#[derive(Debug, Default)]
pub(super) struct Pick {
    len: usize,
    selected: usize,
    top: usize,
}

impl Pick {
    /// The selected row.
    pub(super) fn selected(&self) -> usize {
        self.selected
    }

    /// Selects a row: the one that was selected stands there now.
    pub(super) fn select(&mut self, at: usize) {
        self.selected = at;
    }

    /// The rows to be seen of a list that is so long, where there is room for so many: the selected one among them.
    pub(super) fn fit(&mut self, len: usize, room: usize) -> Range<usize> {
        let room = room.max(1);
        self.len = len;
        self.selected = self.selected.min(len.saturating_sub(1));
        self.top = self.top.clamp(self.selected.saturating_sub(room - 1), self.selected);
        self.top..self.top.saturating_add(room).min(len)
    }

    /// Up or down by so many.
    pub(super) fn travel(&mut self, by: isize) {
        self.selected = self.selected.saturating_add_signed(by).min(self.len.saturating_sub(1));
    }

    /// To the row that is drawn there.
    pub(super) fn select_shown(&mut self, at: usize) {
        self.selected = (self.top + at).min(self.len.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selected_row_is_among_those_to_be_seen() {
        let mut pick = Pick::default();
        assert_eq!(pick.fit(0, 0), 0..0);
        assert_eq!(pick.fit(10, 4), 0..4);
        pick.travel(5);
        assert_eq!((pick.fit(10, 4), pick.selected()), (2..6, 5));
        pick.select_shown(1);
        assert_eq!((pick.fit(10, 4), pick.selected()), (2..6, 3));
        pick.travel(isize::MAX / 2);
        assert_eq!((pick.fit(10, 4), pick.selected()), (6..10, 9));
        assert_eq!((pick.fit(3, 4), pick.selected()), (2..3, 2));
        pick.travel(isize::MIN);
        assert_eq!((pick.fit(3, 4), pick.selected()), (0..3, 0));
    }
}
