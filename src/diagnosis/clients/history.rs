//! What clients did with our certificate, counted by device, app and host.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::habits::Habits;
use crate::model::{AlertCode, ClientHello, ClientOutcome, Connection, GivenKind, Refusal, hex, is_grease};

/// A connection that was left in silence after this long was open and unused rather than refused, in
/// milliseconds: whoever looks at a certificate does so at once.
const IDLE_AFTER_MS: f64 = 3_000.0;

/// More pairs of app and host are not remembered.
const MOST_PAIRS: usize = 20_000;

/// A client as far as its hello tells it apart from others on the same device. Unlike a JA4 it is the
/// same for every host: it leaves out what a client offers to one and not to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct App(pub Arc<str>);

/// Extensions that come and go from one connection of a client to the next: the name (absent for an
/// address), the application protocols, padding (by the length of the rest), early data, a resumed
/// session.
const PASSING: [u16; 5] = [0, 16, 21, 41, 42];

impl App {
    /// The client of a connection; `None` where it sent no hello.
    pub fn of(connection: &Connection) -> Option<Self> {
        connection.client.hello.as_ref().map(Self::of_hello)
    }

    fn of_hello(hello: &ClientHello) -> Self {
        let lasting = |kind: &u16| !is_grease(*kind) && !PASSING.contains(kind);
        let mut extensions: Vec<u16> = hello.extensions.iter().copied().filter(lasting).collect();
        // Browsers shuffle them.
        extensions.sort_unstable();
        let suites = hello.suites.iter().map(|suite| suite.0).filter(|suite| !is_grease(*suite));
        let schemes = hello.schemes.iter().flatten().map(|scheme| scheme.0).filter(|scheme| !is_grease(*scheme));
        let mut hash = Sha256::new();
        for list in [suites.collect::<Vec<u16>>(), extensions, schemes.collect()] {
            hash.update((list.len() as u64).to_be_bytes());
            for number in list {
                hash.update(number.to_be_bytes());
            }
        }
        Self(hex(hash.finalize().get(..6).unwrap_or_default()).into())
    }
}

/// How a client took our certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Manner {
    /// It used the connection.
    Served,
    /// It said no, in this way.
    Alert(AlertCode),
    /// It closed or reset the connection during the handshake.
    CutOff,
    /// It finished the handshake and left soon, without a byte.
    Silent,
    /// It finished the handshake and left late, without a byte.
    Idle,
    /// It had left before it was shown anything.
    GaveUp,
    /// Nothing was found in common.
    NothingShared,
    /// Anything else.
    Other,
}

impl Manner {
    /// Of a typed outcome; `stayed_ms` is how long the client stayed after its handshake.
    pub fn of(outcome: &ClientOutcome, stayed_ms: Option<f64>) -> Self {
        match outcome {
            ClientOutcome::Served => Self::Served,
            ClientOutcome::Alert { code } => Self::Alert(*code),
            ClientOutcome::EofInHandshake | ClientOutcome::ResetInHandshake => Self::CutOff,
            ClientOutcome::SilentClose { .. } | ClientOutcome::SilentReset => {
                if stayed_ms.is_some_and(|ms| ms >= IDLE_AFTER_MS) { Self::Idle } else { Self::Silent }
            }
            ClientOutcome::GaveUp { .. } => Self::GaveUp,
            ClientOutcome::NothingShared { .. } => Self::NothingShared,
            ClientOutcome::TimedOut | ClientOutcome::Failed { .. } => Self::Other,
        }
    }

    /// Whether the client turned our certificate down, or may have.
    pub fn is_refusal(self) -> bool {
        match self {
            Self::Alert(code) => code.is_about_certificate() || code == AlertCode::DECRYPT_ERROR,
            Self::CutOff | Self::Silent => true,
            _ => false,
        }
    }
}

/// One client's connection that was offered our certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meeting {
    /// Where the client is.
    pub device: IpAddr,
    /// Which client there.
    pub app: App,
    /// What is known of its kind.
    pub habits: Habits,
    /// The host, with the port where it is not 443.
    pub host: Arc<str>,
    /// Whether it named the host in its hello: our certificate is for that name.
    pub named: bool,
    /// How it took it.
    pub manner: Manner,
}

impl Meeting {
    /// Of a connection's record, once its client has taken our certificate or turned it down. `None`
    /// when it was offered none.
    pub fn of(connection: &Connection) -> Option<Self> {
        let leg = &connection.client;
        let (hello, outcome) = leg.hello.as_ref().zip(leg.outcome.as_ref())?;
        let app = App::of(connection)?;
        let given = connection.given.as_ref().map(|given| given.kind);
        let tells = match given {
            None | Some(GivenKind::Pass | GivenKind::ErrorPage) => true,
            // What it was offered was made for this one connection, to be refused.
            Some(GivenKind::Audit) => false,
            // Shown the server's own: nothing is learnt of our certificate, but of what it offers.
            Some(_) => matches!(outcome, ClientOutcome::NothingShared { .. }),
        };
        tells.then(|| Self {
            device: connection.client_address.ip().to_canonical(),
            app,
            habits: Habits::of(hello),
            host: connection.host().into(),
            named: hello.sni.is_some(),
            manner: Manner::of(outcome, leg.stayed_ms),
        })
    }
}

/// What one app did at one host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pair {
    manners: BTreeMap<Manner, u32>,
    last: Option<Manner>,
    named: bool,
}

impl Pair {
    /// How often it was served.
    pub fn served(&self) -> u32 {
        self.times(Manner::Served)
    }

    /// How often it turned our certificate down, or may have.
    pub fn refused(&self) -> u32 {
        self.manners.iter().filter(|(manner, _)| manner.is_refusal()).map(|(_, times)| times).sum()
    }

    /// How often it did just this.
    pub fn times(&self, manner: Manner) -> u32 {
        self.manners.get(&manner).copied().unwrap_or_default()
    }

    /// Whether it named the host the last time.
    pub fn named(&self) -> bool {
        self.named
    }

    /// What it did last.
    pub fn last(&self) -> Option<Manner> {
        self.last
    }
}

/// What one app did.
#[derive(Clone, Debug, Default)]
pub(super) struct AppHistory {
    pub(super) habits: Habits,
    pub(super) hosts: BTreeMap<Arc<str>, Pair>,
}

impl AppHistory {
    /// Hosts for which it took our certificate.
    pub(super) fn accepted(&self) -> impl Iterator<Item = &Arc<str>> {
        self.hosts.iter().filter(|(_, pair)| pair.served() > 0).map(|(host, _)| host)
    }

    pub(super) fn accepts_other_than(&self, host: &str) -> bool {
        self.accepted().any(|other| &**other != host)
    }
}

/// Everything that was seen of clients and our certificate. Bounded: beyond its limit, apps and hosts
/// that were not met before are not taken in.
#[derive(Clone, Debug, Default)]
pub struct History {
    pub(super) devices: BTreeMap<IpAddr, BTreeMap<App, AppHistory>>,
    pairs: usize,
}

impl History {
    /// One more meeting.
    pub fn note(&mut self, meeting: &Meeting) {
        let is_known = self.pair(meeting.device, &meeting.app, &meeting.host).is_some();
        if !is_known && self.pairs >= MOST_PAIRS {
            return;
        }
        self.pairs += usize::from(!is_known);
        let app = self.devices.entry(meeting.device).or_default().entry(meeting.app.clone()).or_default();
        app.habits = meeting.habits;
        let pair = app.hosts.entry(meeting.host.clone()).or_default();
        *pair.manners.entry(meeting.manner).or_default() += 1;
        pair.last = Some(meeting.manner);
        pair.named = meeting.named;
    }

    /// What an app of a device did at a host.
    pub fn pair(&self, device: IpAddr, app: &App, host: &str) -> Option<&Pair> {
        self.devices.get(&device)?.get(app)?.hosts.get(host)
    }

    /// Why an app did not take our certificate for a host the last time; `None` when it did, or was
    /// never seen there.
    pub fn conclude(&self, device: IpAddr, app: &App, host: &str) -> Option<Refusal> {
        super::conclude::conclude(self.devices.get(&device)?, app, host)
    }
}
