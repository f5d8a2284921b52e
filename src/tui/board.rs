//! The session by host, by device and by certificate: which groups there are, in which order, and
//! which of them is selected.

use std::cmp::Reverse;
use std::net::IpAddr;
use std::sync::Arc;

use super::pick::Pick;
use crate::model::{FindingId, Fingerprint, Refusal, Severity, Timestamp};
use crate::session::{Book, ChainFacts, ClientFacts, ClientKey, Group, Groups, LeafFacts, Setup, quoted};

/// What the upper part of the screen shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum View {
    /// Rows as they came.
    #[default]
    Traffic,
    /// Rows by host and path.
    Tree,
    /// Hosts, the worst first.
    Hosts,
    /// Devices, the worst first.
    Devices,
    /// Leaves, those that end first first.
    Certificates,
    /// Devices and their apps by host: who takes our certificate, and why others do not.
    Clients,
    /// How to set a device up, and how far each has come.
    Setup,
    /// What clients made of what was wrong on purpose.
    Audit,
}

impl View {
    /// In the order in which they are named.
    pub(super) const ALL: [Self; 8] = [
        Self::Traffic,
        Self::Tree,
        Self::Hosts,
        Self::Devices,
        Self::Clients,
        Self::Certificates,
        Self::Setup,
        Self::Audit,
    ];

    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Traffic => "traffic",
            Self::Tree => "tree",
            Self::Hosts => "hosts",
            Self::Devices => "devices",
            Self::Clients => "clients",
            Self::Certificates => "certificates",
            Self::Setup => "setup",
            Self::Audit => "audit",
        }
    }
}

/// What a group is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Host(Arc<str>),
    Device(IpAddr),
    Leaf(Fingerprint),
    Client(ClientKey),
}

impl Key {
    /// The filter that lets its rows through.
    pub(super) fn filter(&self) -> String {
        match self {
            Self::Host(host) => format!("host:{}", quoted(&format!("^{host}$"))),
            Self::Device(device) => format!("device:^{device}$"),
            Self::Leaf(leaf) => format!("leaf:{}", leaf.short()),
            Self::Client(client) => {
                format!("device:^{}$ host:{}", client.device, quoted(&format!("^{}$", client.host)))
            }
        }
    }

    /// Why this client did not take our certificate.
    fn refusal(&self, groups: &Groups) -> Option<Refusal> {
        match self {
            Self::Client(client) => groups.refusal(client),
            _ => None,
        }
    }

    fn setup<'g>(&self, groups: &'g Groups) -> Option<&'g Setup> {
        match self {
            Self::Device(device) => groups.setups.get(device),
            Self::Host(_) | Self::Leaf(_) | Self::Client(_) => None,
        }
    }

    fn group<'g>(&self, groups: &'g Groups) -> Option<&'g Group> {
        match self {
            Self::Host(host) => groups.by_host.get(host),
            Self::Device(device) => groups.by_device.get(device),
            Self::Leaf(leaf) => groups.by_leaf.get(leaf),
            Self::Client(client) => groups.by_client.get(client),
        }
    }
}

/// Names with how often each was met: the first of them, and how many there are.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub(super) first: Vec<(String, usize)>,
    pub(super) count: usize,
}

impl Names {
    /// More are counted.
    const LISTED: usize = 50;

    fn of<'n, T: ToString + 'n>(names: impl ExactSizeIterator<Item = (&'n T, &'n usize)>) -> Self {
        let count = names.len();
        let first = names.take(Self::LISTED).map(|(name, times)| (name.to_string(), *times)).collect();
        Self { first, count }
    }
}

/// A group as it is drawn.
#[derive(Clone, Debug)]
pub(super) struct ShownGroup {
    pub(super) key: Key,
    pub(super) connections: usize,
    pub(super) refused: usize,
    pub(super) accepted: usize,
    pub(super) broke_off: usize,
    pub(super) findings: Vec<(FindingId, Severity, usize)>,
    pub(super) leaf: Option<Arc<LeafFacts>>,
    pub(super) chain: Option<Arc<ChainFacts>>,
    pub(super) former: Vec<Arc<ChainFacts>>,
    pub(super) hosts: Names,
    pub(super) devices: Names,
    pub(super) client: Option<Arc<ClientFacts>>,
    pub(super) refusal: Option<Refusal>,
    pub(super) clients: Names,
    pub(super) setup: Setup,
    pub(super) is_selected: bool,
}

impl ShownGroup {
    fn of(key: Key, group: &Group, groups: &Groups, is_selected: bool) -> Self {
        Self {
            client: group.client.clone(),
            refusal: key.refusal(groups),
            setup: key.setup(groups).cloned().unwrap_or_default(),
            key,
            connections: group.connections,
            refused: group.refused,
            accepted: group.accepted,
            broke_off: group.broke_off,
            findings: group.findings.iter().map(|((Reverse(severity), id), n)| (*id, *severity, *n)).collect(),
            leaf: group.leaf.clone(),
            chain: group.chain.clone(),
            former: group.former.clone(),
            hosts: Names::of(group.hosts.iter()),
            devices: Names::of(group.devices.iter()),
            clients: Names::of(group.clients.iter()),
            is_selected,
        }
    }
}

/// So many groups are put in order with every frame; more only every [`PATIENCE`].
const FEW: usize = 500;

/// How long the order of many groups may be out of date, in milliseconds.
const PATIENCE: i64 = 1000;

/// The groups of a view.
#[derive(Debug, Default)]
pub(super) struct Board {
    view: View,
    /// The version of the book for which the groups were put in order, and when.
    ordered: Option<(u64, Timestamp)>,
    keys: Vec<Key>,
    pick: Pick,
    pub(super) shown: Vec<ShownGroup>,
}

impl Board {
    /// Takes from the book what the next frame shows. The selection stays with its group.
    pub(super) fn look_at(&mut self, view: View, book: &Book, now: Timestamp, rows: usize) {
        if self.view != view {
            *self = Self { view, ..Self::default() };
        }
        if self.is_stale(book.version(), now) {
            self.ordered = Some((book.version(), now));
            let selected = self.keys.get(self.pick.selected()).cloned();
            self.keys = sorted_keys(view, book.groups());
            if let Some(again) = selected.and_then(|key| self.keys.iter().position(|k| *k == key)) {
                self.pick.select(again);
            }
        }
        let seen = self.pick.fit(self.keys.len(), rows);
        let selected = self.pick.selected();
        let window = self.keys.iter().enumerate().skip(seen.start).take(seen.len());
        self.shown = window
            .filter_map(|(at, key)| {
                let groups = book.groups();
                let none = Group::default();
                // A device that is only being set up has no connections to be a group of.
                let group = key.group(groups).or_else(|| key.setup(groups).map(|_| &none))?;
                Some(ShownGroup::of(key.clone(), group, groups, at == selected))
            })
            .collect();
    }

    fn is_stale(&self, version: u64, now: Timestamp) -> bool {
        self.ordered.is_none_or(|(known, at)| {
            known != version && (self.keys.len() < FEW || !(0..PATIENCE).contains(&now.ms_since(at)))
        })
    }

    /// How many groups there are.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Up or down by so many.
    pub(super) fn travel(&mut self, by: isize) {
        self.pick.travel(by);
    }

    /// To the group that is drawn there.
    pub(super) fn select_shown(&mut self, at: usize) {
        self.pick.select_shown(at);
    }

    /// The selected group.
    pub(super) fn selected(&self) -> Option<&ShownGroup> {
        self.shown.iter().find(|shown| shown.is_selected)
    }
}

fn sorted_keys(view: View, groups: &Groups) -> Vec<Key> {
    // Worst first, then what is met most; names keep the order of the alphabet.
    let by_trouble = |group: &Group| (Reverse(group.worst()), Reverse(group.connections));
    match view {
        View::Traffic | View::Tree | View::Audit => Vec::new(),
        View::Hosts => {
            let mut all: Vec<_> = groups.by_host.iter().collect();
            all.sort_by_key(|(_, group)| by_trouble(group));
            all.into_iter().map(|(host, _)| Key::Host(host.clone())).collect()
        }
        View::Devices | View::Setup => {
            let mut all: Vec<_> = groups.by_device.iter().collect();
            all.sort_by_key(|(_, group)| by_trouble(group));
            let devices = all.into_iter().map(|(device, _)| Key::Device(*device));
            if view == View::Devices {
                return devices.collect();
            }
            // Those that are only being set up are what somebody is looking for here.
            let new = groups.setups.keys().filter(|device| !groups.by_device.contains_key(device));
            new.map(|device| Key::Device(*device)).chain(devices).collect()
        }
        View::Clients => {
            let mut all: Vec<_> = groups.by_client.iter().collect();
            let trouble = |client: &ClientKey| groups.refusal(client).map(|refusal| refusal.finding().severity);
            all.sort_by_cached_key(|(client, group)| (Reverse(trouble(client)), Reverse(group.refused)));
            all.into_iter().map(|(client, _)| Key::Client(client.clone())).collect()
        }
        View::Certificates => {
            let mut all: Vec<_> = groups.by_leaf.iter().collect();
            all.sort_by_key(|(_, group)| ends(group).unwrap_or_else(|| Timestamp::from_unix(i64::MAX / 1000)));
            all.into_iter().map(|(leaf, _)| Key::Leaf(*leaf)).collect()
        }
    }
}

/// When the leaf of a group ends.
fn ends(group: &Group) -> Option<Timestamp> {
    group.leaf.as_ref().and_then(|leaf| leaf.not_after)
}
