//! The session by host, by device and by certificate: which groups there are, in which order, and
//! which of them is selected.

use std::net::IpAddr;
use std::sync::Arc;

use crate::model::{Fingerprint, Timestamp};
use crate::session::{Book, Group, Groups};

/// What the upper part of the screen shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum View {
    /// Rows as they came.
    #[default]
    Traffic,
    /// Hosts, the worst first.
    Hosts,
    /// Devices, the worst first.
    Devices,
    /// Leaves, those that end first first.
    Certificates,
}

impl View {
    /// In the order in which they are named.
    pub(super) const ALL: [Self; 4] = [Self::Traffic, Self::Hosts, Self::Devices, Self::Certificates];

    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Traffic => "traffic",
            Self::Hosts => "hosts",
            Self::Devices => "devices",
            Self::Certificates => "certificates",
        }
    }
}

/// What a group is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Host(Arc<str>),
    Device(IpAddr),
    Leaf(Fingerprint),
}

impl Key {
    /// The filter that lets its rows through.
    pub(super) fn filter(&self) -> String {
        match self {
            Self::Host(host) => format!("host:\"{host}\""),
            Self::Device(device) => format!("device:{device}"),
            Self::Leaf(leaf) => format!("leaf:{}", leaf.short()),
        }
    }

    fn group<'g>(&self, groups: &'g Groups) -> Option<&'g Group> {
        match self {
            Self::Host(host) => groups.by_host.get(host),
            Self::Device(device) => groups.by_device.get(device),
            Self::Leaf(leaf) => groups.by_leaf.get(leaf),
        }
    }
}

/// A group as it is drawn.
#[derive(Clone, Debug)]
pub(super) struct ShownGroup {
    pub(super) key: Key,
    pub(super) group: Group,
    pub(super) is_selected: bool,
}

/// The groups of a view.
#[derive(Debug, Default)]
pub(super) struct Board {
    view: View,
    version: Option<u64>,
    keys: Vec<Key>,
    selected: usize,
    top: usize,
    pub(super) shown: Vec<ShownGroup>,
}

impl Board {
    /// Takes from the book what the next frame shows. The selection stays with its group.
    pub(super) fn look_at(&mut self, view: View, book: &Book, rows: usize) {
        if self.view != view {
            *self = Self { view, ..Self::default() };
        }
        if self.version != Some(book.version()) {
            self.version = Some(book.version());
            let selected = self.keys.get(self.selected).cloned();
            self.keys = sorted_keys(view, book.groups());
            self.selected = selected.and_then(|key| self.keys.iter().position(|k| *k == key)).unwrap_or(self.selected);
        }
        let last = self.keys.len().saturating_sub(1);
        self.selected = self.selected.min(last);
        let rows = rows.max(1);
        self.top = self.top.clamp(self.selected.saturating_sub(rows - 1), self.selected);
        let window = self.keys.iter().enumerate().skip(self.top).take(rows);
        self.shown = window
            .filter_map(|(at, key)| {
                let group = key.group(book.groups())?.clone();
                Some(ShownGroup { key: key.clone(), group, is_selected: at == self.selected })
            })
            .collect();
    }

    /// How many groups there are.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Up or down by so many.
    pub(super) fn travel(&mut self, by: isize) {
        self.selected = self.selected.saturating_add_signed(by).min(self.keys.len().saturating_sub(1));
    }

    /// The selected group.
    pub(super) fn selected(&self) -> Option<&ShownGroup> {
        self.shown.iter().find(|shown| shown.is_selected)
    }
}

fn sorted_keys(view: View, groups: &Groups) -> Vec<Key> {
    // Worst first, then what is met most; names keep the order of the alphabet.
    let by_trouble = |group: &Group| (std::cmp::Reverse(group.worst()), std::cmp::Reverse(group.connections));
    match view {
        View::Traffic => Vec::new(),
        View::Hosts => {
            let mut all: Vec<_> = groups.by_host.iter().collect();
            all.sort_by_key(|(_, group)| by_trouble(group));
            all.into_iter().map(|(host, _)| Key::Host(host.clone())).collect()
        }
        View::Devices => {
            let mut all: Vec<_> = groups.by_device.iter().collect();
            all.sort_by_key(|(_, group)| by_trouble(group));
            all.into_iter().map(|(device, _)| Key::Device(*device)).collect()
        }
        View::Certificates => {
            let mut all: Vec<_> = groups.by_leaf.iter().collect();
            all.sort_by_key(|(_, group)| ends(group).unwrap_or_else(|| Timestamp::from_unix(i64::MAX / 1000)));
            all.into_iter().map(|(leaf, _)| Key::Leaf(*leaf)).collect()
        }
    }
}

/// When the leaf of a group ends.
pub(super) fn ends(group: &Group) -> Option<Timestamp> {
    group.leaf.as_ref().and_then(|leaf| leaf.not_after)
}
