//! What connections have in common, kept up while they come: by host, by device, by certificate.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use super::row::{ChainFacts, ClientFacts, LeafFacts, Line};
use super::setup::Setup;
use crate::diagnosis::clients::{App, History, Meeting};
use crate::model::{Connection, FindingId, Fingerprint, Refusal, SetupNews, Severity};

/// More hosts, devices or certificates are not told apart: a scan through the proxy must not fill the
/// memory.
const LIMIT: usize = 20_000;

/// So many earlier chains are remembered of each.
const FORMER: usize = 8;

/// One app of one device at one host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClientKey {
    /// The device.
    pub device: IpAddr,
    /// The app.
    pub app: App,
    /// The host, with the port where it is not 443 or 80.
    pub host: Arc<str>,
}

/// Connections that share something.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    /// How many there were.
    pub connections: usize,
    /// How many of them the client refused.
    pub refused: usize,
    /// In how many the client took our certificate.
    pub accepted: usize,
    /// In how many it left in the middle of its handshake.
    pub broke_off: usize,
    /// What was sent with it.
    pub chain: Option<Arc<ChainFacts>>,
    /// What was sent before that, oldest first.
    pub former: Vec<Arc<ChainFacts>>,
    /// The hosts, with how many connections each.
    pub hosts: BTreeMap<Arc<str>, usize>,
    /// The devices, likewise.
    pub devices: BTreeMap<IpAddr, usize>,
    /// What clients look like, likewise; the JA4 of those that look like nothing known.
    pub clients: BTreeMap<Arc<str>, usize>,
    /// The findings, worst first, likewise.
    pub findings: BTreeMap<(Reverse<Severity>, FindingId), usize>,
    /// The leaf that came last.
    pub leaf: Option<Arc<LeafFacts>>,
    /// The client that came last.
    pub client: Option<Arc<ClientFacts>>,
}

impl Group {
    /// The worst severity of what is found now.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.keys().next().map(|(Reverse(severity), _)| *severity)
    }

    fn add(&mut self, line: &Line, is_news: bool) {
        self.connections += 1;
        self.refused += usize::from(line.accepts == Some(false));
        self.accepted += usize::from(line.accepts == Some(true));
        self.broke_off += usize::from(line.broke_off);
        self.client.clone_from(&line.client);
        count_up(&mut self.hosts, line.host.clone());
        count_up(&mut self.devices, line.device);
        if let Some(client) = &line.client {
            count_up(&mut self.clients, client.name.clone());
        }
        for (id, severity) in &line.findings {
            *self.findings.entry((Reverse(*severity), *id)).or_default() += 1;
        }
        if let Some(chain) = line.chain.as_ref().filter(|_| is_news || self.chain.is_none()) {
            self.show(chain);
        }
    }

    /// A chain is sent now; another one before it is remembered.
    fn show(&mut self, chain: &Arc<ChainFacts>) {
        self.leaf = Some(chain.leaf.clone());
        let before = self.chain.replace(chain.clone()).filter(|before| before != chain);
        let Some(before) = before else { return };
        self.former.retain(|known| known != chain && *known != before);
        self.former.push(before);
        if self.former.len() > FORMER {
            self.former.remove(0);
        }
    }

    fn take(&mut self, line: &Line) {
        self.connections = self.connections.saturating_sub(1);
        self.refused = self.refused.saturating_sub(usize::from(line.accepts == Some(false)));
        self.accepted = self.accepted.saturating_sub(usize::from(line.accepts == Some(true)));
        self.broke_off = self.broke_off.saturating_sub(usize::from(line.broke_off));
        count_down(&mut self.hosts, &line.host);
        count_down(&mut self.devices, &line.device);
        if let Some(client) = &line.client {
            count_down(&mut self.clients, &client.name);
        }
        for (id, severity) in &line.findings {
            count_down(&mut self.findings, &(Reverse(*severity), *id));
        }
    }
}

/// Within the limit, as groups themselves.
fn count_up<K: Ord>(counts: &mut BTreeMap<K, usize>, key: K) {
    if counts.len() < LIMIT || counts.contains_key(&key) {
        *counts.entry(key).or_default() += 1;
    }
}

fn count_down<K: Ord>(counts: &mut BTreeMap<K, usize>, key: &K) {
    let left = counts.get_mut(key).map(|count| {
        *count = count.saturating_sub(1);
        *count
    });
    if left == Some(0) {
        counts.remove(key);
    }
}

/// All groups of a session. What was seen stays, whichever rows are forgotten.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    /// By host, with the port where it is not 443 or 80.
    pub by_host: BTreeMap<Arc<str>, Group>,
    /// By the client's address.
    pub by_device: BTreeMap<IpAddr, Group>,
    /// By the leaf that the server showed.
    pub by_leaf: BTreeMap<Fingerprint, Group>,
    /// By device, app and host.
    pub by_client: BTreeMap<ClientKey, Group>,
    /// What clients made of our certificates.
    history: History,
    /// How far devices have come in being set up, whether they have connections or not.
    pub setups: BTreeMap<IpAddr, Setup>,
}

impl Groups {
    /// What stays when the traffic is thrown away.
    pub(super) fn without_traffic(&mut self) -> Self {
        Self { setups: std::mem::take(&mut self.setups), ..Self::default() }
    }

    /// A device has come a step further.
    pub(super) fn set_up(&mut self, news: &SetupNews) {
        if let Some(setup) = entry(&mut self.setups, news.device) {
            setup.take(&news.step);
        }
    }

    /// A connection has become another than it was, or is new.
    pub(super) fn replace(&mut self, before: Option<&Line>, now: &Line) {
        if let Some(before) = before {
            self.each_of(before, |group| group.take(before));
        }
        // A late word about an old connection is no news of what the server sends.
        let is_news = before.is_none_or(|before| before.chain != now.chain);
        self.each_of(now, |group| group.add(now, is_news));
        if let Some(before) = before {
            self.remove_empty(before);
        }
    }

    /// A client has taken our certificate, or has not.
    pub(super) fn note_meeting_of(&mut self, connection: &Connection) {
        if let Some(meeting) = Meeting::of(connection) {
            self.history.note(&meeting);
        }
    }

    /// Why an app did not take our certificate for a host the last time, from everything that was seen
    /// until now; `None` when it did.
    pub fn refusal(&self, key: &ClientKey) -> Option<Refusal> {
        self.history.conclude(key.device.to_canonical(), &key.app, &key.host)
    }

    fn each_of(&mut self, line: &Line, mut change: impl FnMut(&mut Group)) {
        if !line.host.is_empty() {
            entry(&mut self.by_host, line.host.clone()).map(&mut change);
        }
        entry(&mut self.by_device, line.device).map(&mut change);
        if let Some(leaf) = &line.leaf {
            entry(&mut self.by_leaf, leaf.sha256).map(&mut change);
        }
        if let Some(client) = client_of(line) {
            entry(&mut self.by_client, client).map(&mut change);
        }
    }

    /// A host that is known by another name now, or a leaf that came later, leaves nothing behind.
    fn remove_empty(&mut self, line: &Line) {
        let is_empty = |group: Option<&Group>| group.is_some_and(|group| group.connections == 0);
        if is_empty(self.by_host.get(&line.host)) {
            self.by_host.remove(&line.host);
        }
        if let Some(leaf) = line.leaf.as_ref().filter(|leaf| is_empty(self.by_leaf.get(&leaf.sha256))) {
            self.by_leaf.remove(&leaf.sha256);
        }
        if let Some(client) = client_of(line).filter(|client| is_empty(self.by_client.get(client))) {
            self.by_client.remove(&client);
        }
    }
}

fn client_of(line: &Line) -> Option<ClientKey> {
    let client = line.client.as_ref().filter(|_| !line.host.is_empty())?;
    Some(ClientKey { device: line.device, app: client.app.clone(), host: line.host.clone() })
}

fn entry<K: Ord, G: Default>(groups: &mut BTreeMap<K, G>, key: K) -> Option<&mut G> {
    if groups.len() >= LIMIT && !groups.contains_key(&key) {
        return None;
    }
    Some(groups.entry(key).or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(host: &str, findings: &[(FindingId, Severity)]) -> Line {
        Line {
            device: "192.0.2.7".parse().unwrap(),
            client: None,
            host: host.into(),
            tls: None,
            findings: findings.into(),
            leaf: None,
            chain: None,
            alert: None,
            given: None,
            unmirrored: 0,
            accepts: None,
            broke_off: false,
            judged: true,
        }
    }

    #[test]
    fn a_connection_is_counted_as_it_is_now() {
        let mut groups = Groups::default();
        let new = line("", &[]);
        let named = line("a.test", &[]);
        let judged = line("a.test", &[(FindingId::CertExpired, Severity::Fatal)]);
        groups.replace(None, &new);
        groups.replace(Some(&new), &named);
        groups.replace(Some(&named), &judged);
        groups.replace(None, &named);
        let host = &groups.by_host["a.test"];
        assert_eq!((host.connections, host.worst()), (2, Some(Severity::Fatal)));
        assert_eq!(host.findings.values().collect::<Vec<_>>(), [&1]);
        assert_eq!(groups.by_device.len(), 1);
        groups.replace(Some(&judged), &line("b.test", &[]));
        groups.replace(Some(&named), &line("b.test", &[]));
        assert_eq!(groups.by_host.keys().map(|host| &**host).collect::<Vec<_>>(), ["b.test"]);
    }
}
