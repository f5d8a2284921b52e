//! Devices that come for tlscope itself: what they did last, and how much they may ask for.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::model::{CaTest, ClientOutcome, Host, SetupStep};

/// So many devices are remembered; the one that was seen longest ago makes room.
const MOST_DEVICES: usize = 1000;

/// So many answers a device has within [`WINDOW`]. A page with its tests takes ten.
const MOST_ANSWERS: u32 = 100;
const WINDOW: Duration = Duration::from_secs(1);

/// How long after it opened the page a device may come to test itself by address.
const PAGE_FOR: Duration = Duration::from_secs(30 * 60);

/// What is remembered of them.
#[derive(Debug, Default)]
pub(super) struct Visitors(Mutex<HashMap<IpAddr, Visitor>>);

#[derive(Debug)]
struct Visitor {
    seen: Instant,
    window: Instant,
    answers: u32,
    /// Under which host it opened the page, and when.
    page: Option<(Host, Instant)>,
    test: Option<CaTest>,
    told: Vec<SetupStep>,
}

impl Visitor {
    fn new(now: Instant) -> Self {
        Self { seen: now, window: now, answers: 0, page: None, test: None, told: Vec::new() }
    }
}

impl Visitor {
    /// Browsers open connections ahead of need, and drop those they do not use: of a device that has taken
    /// a certificate, only an alert says that it does not any more.
    fn is_noise(&self, test: &CaTest) -> bool {
        let is_proof = test.passed() || matches!(test.outcome, ClientOutcome::Alert { .. });
        !is_proof && self.test.as_ref().is_some_and(CaTest::passed)
    }
}

impl Visitors {
    /// Counts a request; false when the device has had its share of answers for now.
    pub(super) fn admit(&self, device: IpAddr) -> bool {
        self.with(device, |visitor, now| {
            if now.duration_since(visitor.window) >= WINDOW {
                (visitor.window, visitor.answers) = (now, 0);
            }
            visitor.answers = visitor.answers.saturating_add(1);
            visitor.answers <= MOST_ANSWERS
        })
    }

    /// The device has opened the page without the proxy, under this host.
    pub(super) fn note_page(&self, device: IpAddr, host: Option<Host>) {
        self.with(device, |visitor, now| visitor.page = host.map(|host| (host, now)));
    }

    /// The host under which the device has opened the page lately.
    pub(super) fn opened_under(&self, device: IpAddr) -> Option<Host> {
        let visitors = self.lock();
        let (host, at) = visitors.get(&device)?.page.as_ref()?;
        (at.elapsed() < PAGE_FOR).then(|| host.clone())
    }

    /// How the device's last TLS with tlscope itself went.
    pub(super) fn last_test(&self, device: IpAddr) -> Option<CaTest> {
        self.lock().get(&device)?.test.clone()
    }

    /// Takes note of a step, and says whether it is another than those that were told. So there are
    /// as many events as there is news, however many requests.
    pub(super) fn is_news(&self, device: IpAddr, step: &SetupStep) -> bool {
        self.with(device, |visitor, _| match step {
            SetupStep::Tested(test) if visitor.is_noise(test) => false,
            SetupStep::Tested(test) => visitor.test.replace(test.clone()).as_ref() != Some(test),
            other if visitor.told.contains(other) => false,
            other => {
                visitor.told.push(other.clone());
                true
            }
        })
    }

    fn with<T>(&self, device: IpAddr, change: impl FnOnce(&mut Visitor, Instant) -> T) -> T {
        let now = Instant::now();
        let mut visitors = self.lock();
        if visitors.len() >= MOST_DEVICES && !visitors.contains_key(&device) {
            let oldest = visitors.iter().min_by_key(|(_, visitor)| visitor.seen).map(|(device, _)| *device);
            oldest.map(|oldest| visitors.remove(&oldest));
        }
        let visitor = visitors.entry(device).or_insert_with(|| Visitor::new(now));
        visitor.seen = now;
        change(visitor, now)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, Visitor>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AlertCode, ClientHello};

    const DEVICE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7));

    #[test]
    fn what_was_told_is_no_news() {
        let visitors = Visitors::default();
        let page = SetupStep::PageOpened { platform: "Mac" };
        let test = |outcome| SetupStep::Tested(CaTest::of(&ClientHello::default(), outcome));
        let refused = test(ClientOutcome::Alert { code: AlertCode(48) });
        let steps = [
            (&page, true),
            (&page, false),
            (&SetupStep::ProxyUsed, true),
            (&SetupStep::PageOpened { platform: "Android" }, true),
            (&refused, true),
            (&refused, false),
            (&test(ClientOutcome::Served), true),
            (&test(ClientOutcome::EofInHandshake), false),
            (&test(ClientOutcome::Served), false),
            (&refused, true),
            (&page, false),
        ];
        for (step, is_news) in steps {
            assert_eq!(visitors.is_news(DEVICE, step), is_news, "{step:?}");
        }
        assert!(visitors.is_news("192.0.2.8".parse().unwrap(), &page), "another device's is");
        assert!(!visitors.last_test(DEVICE).unwrap().passed());
        let another = "192.0.2.9".parse().unwrap();
        assert!(visitors.is_news(another, &test(ClientOutcome::EofInHandshake)), "Node says no more than that");
    }

    #[test]
    fn a_flood_is_answered_in_part_and_does_not_take_anothers_share() {
        let visitors = Visitors::default();
        let admitted = (0..10_000).filter(|_| visitors.admit(DEVICE)).count();
        assert!((100..5000).contains(&admitted), "{admitted}");
        assert!(visitors.admit("192.0.2.8".parse().unwrap()));
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_goes_first() {
        let visitors = Visitors::default();
        visitors.note_page(DEVICE, Some(Host::parse("192.0.2.1").unwrap()));
        assert_eq!(visitors.opened_under(DEVICE).unwrap().to_string(), "192.0.2.1");
        for n in 0..u32::try_from(MOST_DEVICES).unwrap() + 500 {
            visitors.admit(IpAddr::V4((0x0a00_0000 + n).into()));
        }
        assert_eq!(visitors.lock().len(), MOST_DEVICES);
        assert_eq!(visitors.opened_under(DEVICE), None);
    }
}
