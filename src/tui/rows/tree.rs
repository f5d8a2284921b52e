//! The rows by host and path: counted as they come, opened as far as a person wants.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;

use super::cursor::Cursor;
use crate::model::Severity;
use crate::session::{Asked, Book, Filter, Line, Row, quoted};

/// More branches are not told apart: their rows count where they would have begun.
const LIMIT: usize = 50_000;

/// Further hosts.
const ELSEWHERE: &str = "(other hosts)";

/// Nor is a path taken apart further.
const DEEPEST: usize = 12;

/// A branch.
#[derive(Clone, Debug, Default)]
struct Node {
    label: Arc<str>,
    parent: Option<usize>,
    children: BTreeMap<Arc<str>, usize>,
    counts: Counts,
}

/// What the rows below a branch come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::tui) struct Counts {
    /// How many there are.
    pub(in crate::tui) rows: usize,
    /// How many of them went wrong, or were answered with an error.
    pub(in crate::tui) failed: usize,
    /// How many have a worst finding of this severity: warning, error, fatal.
    pub(in crate::tui) severities: [usize; 3],
}

impl Counts {
    /// The worst severity there is.
    pub(in crate::tui) fn worst(&self) -> Option<Severity> {
        let order = [Severity::Warning, Severity::Error, Severity::Fatal];
        order.into_iter().zip(self.severities).rev().find(|(_, count)| *count > 0).map(|(severity, _)| severity)
    }

    fn change(&mut self, counted: Counted, by: isize) {
        self.rows = self.rows.saturating_add_signed(by);
        if counted.failed {
            self.failed = self.failed.saturating_add_signed(by);
        }
        if let Some(count) = counted.worst.and_then(|at| self.severities.get_mut(at)) {
            *count = count.saturating_add_signed(by);
        }
    }
}

/// Where a row was counted, and as what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Counted {
    node: usize,
    failed: bool,
    worst: Option<usize>,
}

/// A branch as it is drawn.
#[derive(Clone, Debug)]
pub(in crate::tui) struct Branch {
    node: usize,
    /// How deep it is; hosts are at 0.
    pub(in crate::tui) depth: usize,
    /// Its own part of the path, or the host.
    pub(in crate::tui) label: Arc<str>,
    /// Whether there is something in it that can be opened.
    pub(in crate::tui) has_children: bool,
    /// Whether that is open.
    pub(in crate::tui) is_open: bool,
    /// What is in it.
    pub(in crate::tui) counts: Counts,
    pub(in crate::tui) is_selected: bool,
}

/// The tree of what a filter lets through.
#[derive(Debug, Default)]
pub(in crate::tui) struct Tree {
    nodes: Vec<Node>,
    hosts: BTreeMap<Arc<str>, usize>,
    open: HashSet<usize>,
    /// Of each place from `base` on, where it was counted.
    counted: VecDeque<Option<Counted>>,
    base: usize,
    cursor: Cursor,
    visible: Vec<(usize, usize)>,
    is_stale: bool,
    selected: usize,
    top: usize,
    pub(in crate::tui) shown: Vec<Branch>,
}

impl Tree {
    /// Follows what has changed, and counts at most `budget` new rows before `end`. `true` when all are
    /// counted.
    pub(in crate::tui) fn advance(
        &mut self,
        book: &Book,
        (filter, asked): (&Filter, &Asked<'_>),
        end: usize,
        budget: usize,
    ) -> bool {
        // Where it is too long ago to tell what changed, all rows are counted again, each in place of
        // what it was counted as.
        for place in self.cursor.changed(book).unwrap_or_default() {
            self.count(book, place, filter, asked);
        }
        self.forget_before(book.places().start);
        for place in self.cursor.next(book, end, budget) {
            self.count(book, place, filter, asked);
        }
        self.cursor.is_done(end)
    }

    /// Counts a row as what it is now.
    pub(in crate::tui) fn count(&mut self, book: &Book, place: usize, filter: &Filter, asked: &Asked<'_>) {
        if self.counted.is_empty() {
            self.base = place;
        }
        while self.base > place {
            self.counted.push_front(None);
            self.base -= 1;
        }
        let slot = place - self.base;
        while self.counted.len() <= slot {
            self.counted.push_back(None);
        }
        let row = book.row(place);
        let line = row.and_then(|row| book.line(row.connection));
        let now = row.filter(|row| filter.matches(row, line, asked)).map(|row| self.place_of(row, line));
        let before = self.counted.get_mut(slot).and_then(|counted| std::mem::replace(counted, now));
        if before != now {
            self.change(before, -1);
            self.change(now, 1);
        }
    }

    fn change(&mut self, counted: Option<Counted>, by: isize) {
        let Some(counted) = counted else { return };
        let mut at = Some(counted.node);
        while let Some(node) = at.and_then(|at| self.nodes.get_mut(at)) {
            let was_empty = node.counts.rows == 0;
            node.counts.change(counted, by);
            // A branch without rows is not to be seen.
            self.is_stale |= was_empty != (node.counts.rows == 0);
            at = node.parent;
        }
    }

    fn forget_before(&mut self, place: usize) {
        while self.base < place && !self.counted.is_empty() {
            let counted = self.counted.pop_front().flatten();
            self.change(counted, -1);
            self.base += 1;
        }
        // Nothing is left: the branches of before would only take room.
        if self.counted.is_empty() && !self.nodes.is_empty() {
            *self = Self { cursor: std::mem::take(&mut self.cursor), ..Self::default() };
        }
    }

    fn place_of(&mut self, row: &Row, line: Option<&Line>) -> Counted {
        let host: Arc<str> = line.map_or_else(|| "(unknown)".into(), |line| line.host.clone());
        let mut node = self.child(None, &host);
        for part in parts(row.path()) {
            node = self.child(Some(node), part);
        }
        let worst =
            line.and_then(Line::worst).and_then(|worst| (worst as usize).checked_sub(Severity::Warning as usize));
        Counted { node, failed: row.failed || row.status >= 400, worst }
    }

    fn child(&mut self, parent: Option<usize>, label: &str) -> usize {
        let children = match parent {
            None => Some(&self.hosts),
            Some(parent) => self.nodes.get(parent).map(|node| &node.children),
        };
        if let Some(known) = children.and_then(|children| children.get(label)) {
            return *known;
        }
        if self.nodes.len() >= LIMIT {
            return parent.unwrap_or_else(|| self.elsewhere());
        }
        self.add_child(parent, label)
    }

    /// Where the rows of hosts are counted that are too many to be told apart.
    fn elsewhere(&mut self) -> usize {
        let known = self.hosts.get(ELSEWHERE).copied();
        known.unwrap_or_else(|| self.add_child(None, ELSEWHERE))
    }

    fn add_child(&mut self, parent: Option<usize>, label: &str) -> usize {
        let (at, label) = (self.nodes.len(), Arc::<str>::from(label));
        self.nodes.push(Node { label: label.clone(), parent, ..Node::default() });
        let children = match parent {
            None => Some(&mut self.hosts),
            Some(parent) => self.nodes.get_mut(parent).map(|node| &mut node.children),
        };
        if let Some(children) = children {
            children.insert(label, at);
        }
        at
    }

    /// Makes ready what the next frame shows.
    pub(in crate::tui) fn look_at(&mut self, rows: usize) {
        if std::mem::take(&mut self.is_stale) || self.visible.is_empty() {
            let selected = self.visible.get(self.selected).copied();
            self.visible = self.open_branches();
            let again = selected.and_then(|(node, _)| self.visible.iter().position(|(own, _)| *own == node));
            self.selected = again.unwrap_or(self.selected);
        }
        self.selected = self.selected.min(self.visible.len().saturating_sub(1));
        let rows = rows.max(1);
        self.top = self.top.clamp(self.selected.saturating_sub(rows - 1), self.selected);
        let window = self.visible.iter().enumerate().skip(self.top).take(rows);
        self.shown = window.filter_map(|(at, (node, depth))| self.branch(*node, *depth, at == self.selected)).collect();
    }

    fn branch(&self, node: usize, depth: usize, is_selected: bool) -> Option<Branch> {
        let Node { label, children, counts, .. } = self.nodes.get(node)?;
        Some(Branch {
            node,
            depth,
            label: label.clone(),
            has_children: !children.is_empty(),
            is_open: self.open.contains(&node),
            counts: *counts,
            is_selected,
        })
    }

    /// Every branch whose parents are all open, with its depth, in the order of the alphabet.
    fn open_branches(&self) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        let mut waiting: Vec<(usize, usize)> = self.hosts.values().rev().map(|node| (*node, 0)).collect();
        while let Some((at, depth)) = waiting.pop() {
            found.push((at, depth));
            if let Some(node) = self.nodes.get(at).filter(|_| self.open.contains(&at)) {
                waiting.extend(node.children.values().rev().map(|child| (*child, depth + 1)));
            }
        }
        // What the filter let through once and does no more.
        found.retain(|(at, _)| self.nodes.get(*at).is_some_and(|node| node.counts.rows > 0));
        found
    }

    /// How many branches are to be seen.
    pub(in crate::tui) fn len(&self) -> usize {
        self.visible.len()
    }

    /// The selected branch.
    pub(in crate::tui) fn selected(&self) -> Option<&Branch> {
        self.shown.iter().find(|branch| branch.is_selected)
    }

    /// Up or down by so many.
    pub(in crate::tui) fn travel(&mut self, by: isize) {
        self.selected = self.selected.saturating_add_signed(by).min(self.visible.len().saturating_sub(1));
    }

    /// To the branch that is drawn there.
    pub(in crate::tui) fn select_shown(&mut self, at: usize) {
        self.selected = (self.top + at).min(self.visible.len().saturating_sub(1));
    }

    /// Opens the selected branch.
    pub(in crate::tui) fn open(&mut self) {
        if let Some((node, _)) = self.visible.get(self.selected) {
            self.is_stale |= self.open.insert(*node);
        }
    }

    /// Closes the selected branch, or goes to the one it is part of.
    pub(in crate::tui) fn close(&mut self) {
        let Some((node, _)) = self.visible.get(self.selected).copied() else { return };
        if self.open.remove(&node) {
            self.is_stale = true;
            return;
        }
        let parent = self.nodes.get(node).and_then(|node| node.parent);
        if let Some(at) = parent.and_then(|parent| self.visible.iter().position(|(own, _)| *own == parent)) {
            self.selected = at;
        }
    }

    /// Whether the selected branch is open, or has nothing to open.
    pub(in crate::tui) fn is_open(&self) -> bool {
        self.selected().is_none_or(|branch| branch.is_open || !branch.has_children)
    }

    /// The filter that lets the rows of the selected branch through.
    pub(in crate::tui) fn selected_filter(&self) -> Option<String> {
        let branch = self.selected()?;
        let mut labels = Vec::new();
        let mut at = Some(branch.node);
        while let Some(node) = at.and_then(|at| self.nodes.get(at)) {
            labels.push(node.label.clone());
            at = node.parent;
        }
        let host = labels.pop()?;
        let path: String = labels.iter().rev().map(|label| &**label).collect();
        let under = if path.is_empty() { String::new() } else { format!(" under:{}", quoted(&path)) };
        Some(format!("host:{}{under}", quoted(&format!("^{host}$"))))
    }
}

/// The parts of a path, each with its slash; what has none is one.
fn parts(path: &str) -> impl Iterator<Item = &str> {
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let starts = path.char_indices().filter(|(_, c)| *c == '/').map(|(at, _)| at).skip(1).take(DEEPEST - 1);
    let ends = starts.clone().chain([path.len()]);
    std::iter::once(0)
        .chain(starts)
        .zip(ends)
        .filter_map(|(from, to)| path.get(from..to))
        .filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_apart() {
        let cases: [(&str, &[&str]); 6] = [
            ("/", &["/"]),
            ("/a/b?x=/y", &["/a", "/b"]),
            ("/a/", &["/a", "/"]),
            ("//a", &["/", "/a"]),
            ("(client refused)", &["(client refused)"]),
            ("*", &["*"]),
        ];
        for (request, expected) in cases {
            assert_eq!(parts(request).collect::<Vec<_>>(), expected, "{request}");
        }
        assert_eq!(parts(&"/a".repeat(100)).count(), DEEPEST);
    }
}
