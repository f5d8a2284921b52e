//! What was decided about clients that are neither on this machine nor on `--allow`.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tracing::warn;

use super::devices::{Device, Devices};
use crate::model::{Answer, Guest, Standing, Timestamp};
use crate::proxy::context::now;

/// For so long nobody is asked again about a device on which no answer came: a scanner must not nag.
const SILENCE_MS: i64 = 10 * 60 * 1000;

/// More decisions than this are not kept; the one that ends first goes.
const MOST_DECIDED: usize = 1024;

/// The devices that were decided upon. Cheap to clone; every clone is the same.
#[derive(Clone, Debug, Default)]
pub struct Guests(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Those that were let in for good.
    devices: Devices,
    /// Of this run.
    decided: Mutex<HashMap<IpAddr, Decided>>,
    shown: watch::Sender<Vec<Guest>>,
}

#[derive(Clone, Debug)]
struct Decided {
    agent: Option<String>,
    standing: Standing,
}

impl Guests {
    /// With the devices that earlier runs were told to remember.
    pub(in crate::proxy) fn with(devices: Devices) -> Self {
        let guests = Self(Arc::new(Shared { devices, ..Shared::default() }));
        guests.show(&guests.decided());
        guests
    }

    /// How a client at this address stands with the proxy; `None` when it is not known.
    pub(in crate::proxy) fn standing(&self, address: IpAddr) -> Option<Standing> {
        let now = now();
        let address = address.to_canonical();
        let decided = self.decided().get(&address).map(|decided| decided.standing);
        match decided.filter(|standing| !is_over(*standing, now)) {
            Some(standing) => Some(standing),
            None => self.0.devices.knows(address, now).then_some(Standing::Remembered { used: now }),
        }
    }

    /// Whether a client at this address was let in.
    pub(in crate::proxy) fn serves(&self, address: IpAddr) -> bool {
        matches!(self.standing(address), Some(Standing::Remembered { .. } | Standing::ForThisRun))
    }

    /// Takes down what was decided, or that nothing was; whether the client is served.
    pub(in crate::proxy) fn decide(&self, address: IpAddr, agent: Option<&str>, answer: Option<Answer>) -> bool {
        let now = now();
        let address = address.to_canonical();
        let agent = agent.map(str::to_owned);
        let standing = match answer {
            Some(Answer::Once) => Standing::ForThisRun,
            Some(Answer::Always) => match self.remember(address, agent.clone(), now) {
                Ok(()) => Standing::Remembered { used: now },
                Err(error) => {
                    warn!(%error, "cannot remember the device for the next runs");
                    Standing::ForThisRun
                }
            },
            Some(Answer::Never) => Standing::TurnedAway { until: None },
            None => Standing::TurnedAway { until: Some(now.plus_ms(SILENCE_MS)) },
        };
        let mut decided = self.decided();
        match standing {
            // The file says it from now on, and can take it back.
            Standing::Remembered { .. } => drop(decided.remove(&address)),
            standing => {
                make_room(&mut decided, now);
                decided.insert(address, Decided { agent, standing });
            }
        }
        self.show(&decided);
        !matches!(standing, Standing::TurnedAway { .. })
    }

    /// Forgets what was decided about an address, for good. Whether anything was.
    ///
    /// # Errors
    /// When the file of the devices cannot be written.
    pub fn forget(&self, address: IpAddr) -> io::Result<bool> {
        let was_remembered = self.0.devices.forget(address)?;
        let mut decided = self.decided();
        let was_decided = decided.remove(&address.to_canonical()).is_some();
        self.show(&decided);
        Ok(was_remembered || was_decided)
    }

    /// The devices that were decided upon, and every change.
    pub fn watch(&self) -> watch::Receiver<Vec<Guest>> {
        self.0.shown.subscribe()
    }

    fn remember(&self, address: IpAddr, agent: Option<String>, now: Timestamp) -> io::Result<()> {
        self.0.devices.remember(Device { address, since: now, used: now, agent })
    }

    fn decided(&self) -> MutexGuard<'_, HashMap<IpAddr, Decided>> {
        self.0.decided.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, decided: &HashMap<IpAddr, Decided>) {
        let now = now();
        let remembered = self.0.devices.list(now).unwrap_or_default().into_iter().map(|device| Guest {
            address: device.address,
            agent: device.agent,
            standing: Standing::Remembered { used: device.used },
        });
        let of_this_run = decided.iter().filter(|(_, decided)| !is_over(decided.standing, now));
        let of_this_run = of_this_run.map(|(address, Decided { agent, standing })| Guest {
            address: *address,
            agent: agent.clone(),
            standing: *standing,
        });
        let mut guests: Vec<Guest> = remembered.chain(of_this_run).collect();
        guests.sort_by_key(|guest| guest.address);
        self.0.shown.send_replace(guests);
    }
}

/// Whether a decision does not hold any more.
fn is_over(standing: Standing, now: Timestamp) -> bool {
    matches!(standing, Standing::TurnedAway { until: Some(until) } if until <= now)
}

/// What is over goes; and where that is not enough, what ends first.
fn make_room(decided: &mut HashMap<IpAddr, Decided>, now: Timestamp) {
    if decided.len() < MOST_DECIDED {
        return;
    }
    decided.retain(|_, decided| !is_over(decided.standing, now));
    let ends = |decided: &Decided| match decided.standing {
        Standing::TurnedAway { until } => until,
        _ => None,
    };
    let ending = decided.iter().filter_map(|(address, decided)| Some((ends(decided)?, *address))).min();
    let surplus = ending.map(|(_, address)| address).or_else(|| decided.keys().next().copied());
    if let Some(address) = surplus.filter(|_| decided.len() >= MOST_DECIDED) {
        decided.remove(&address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn what_is_decided_holds() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("devices.toml");
        let guests = Guests::with(Devices::kept_in(&file));
        assert_eq!(guests.standing(ip(1)), None);
        let cases = [
            (1, Some(Answer::Once), true),
            (2, Some(Answer::Always), true),
            (3, Some(Answer::Never), false),
            (4, None, false),
        ];
        for (last, answer, served) in cases {
            assert_eq!(guests.decide(ip(last), Some("curl/8"), answer), served, "{answer:?}");
            assert_eq!(guests.serves(ip(last)), served, "{answer:?}");
        }
        let shown = guests.watch().borrow().clone();
        assert_eq!(shown.iter().map(|guest| guest.address).collect::<Vec<_>>(), [1, 2, 3, 4].map(ip));
        assert!(matches!(shown[1].standing, Standing::Remembered { .. }));
        assert!(matches!(shown[3].standing, Standing::TurnedAway { until: Some(_) }));
        let next = Guests::with(Devices::kept_in(&file));
        assert!(next.serves(ip(2)) && !next.serves(ip(1)) && next.standing(ip(3)).is_none());
        for last in 1..=4 {
            assert!(guests.forget(ip(last)).unwrap() && !guests.forget(ip(last)).unwrap(), "{last}");
            assert_eq!(guests.standing(ip(last)), None);
        }
        assert!(guests.watch().borrow().is_empty() && !next.serves(ip(2)), "forgotten for good");
    }

    #[test]
    fn who_was_not_answered_may_ask_again_later() {
        let now = now();
        let standing = |later| Standing::TurnedAway { until: Some(now.plus_ms(later)) };
        assert!(!is_over(standing(1), now) && is_over(standing(0), now) && is_over(standing(-1), now));
        assert!(!is_over(Standing::TurnedAway { until: None }, now) && !is_over(Standing::ForThisRun, now));
    }

    #[test]
    fn a_crowd_is_not_all_remembered() {
        let guests = Guests::default();
        guests.decide(ip(1), None, Some(Answer::Once));
        for n in 0..2000_u32 {
            guests.decide(IpAddr::from(n.to_be_bytes()), None, None);
        }
        assert_eq!(guests.decided().len(), MOST_DECIDED);
        assert!(guests.serves(ip(1)), "what a person decided is kept rather than what nobody did");
    }
}
