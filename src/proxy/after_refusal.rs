//! Tunnelling what an app will not have intercepted, so that it keeps working.
//!
//! Owns what follows from a refusal for the next connections: by device, app and target, until the
//! run ends. Why a client refused is concluded elsewhere; a device without the CA refuses everything,
//! and to tunnel that would hide what is to be done about it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::{info, warn};

use super::context::Ctx;
use super::record::Record;
use crate::diagnosis::clients::App;
use crate::explain;
use crate::model::{Answer, Confidence, Connection, Fact, QuestionKind, Refusal, RefusalKind, Target};
use crate::text;

/// What is only possible becomes likely when it was met so often.
const HABIT: u32 = 3;

/// More is not remembered.
const MOST_CASES: usize = 10_000;

/// How long an answer is waited for. No connection waits meanwhile.
const PATIENCE: Duration = Duration::from_secs(600);

/// What is done with the next connections of an app that will not have a target intercepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AfterRefusal {
    /// Nothing: they are refused again.
    Off,
    /// The person at the screen is asked; where nobody is, the log says what can be done.
    #[default]
    Ask,
    /// They are tunnelled.
    Auto,
}

/// A text that is no such choice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no choice of off, ask, auto")]
pub struct AfterRefusalError(String);

impl FromStr for AfterRefusal {
    type Err = AfterRefusalError;

    fn from_str(text: &str) -> Result<Self, AfterRefusalError> {
        match text {
            "off" => Ok(Self::Off),
            "ask" => Ok(Self::Ask),
            "auto" => Ok(Self::Auto),
            _ => Err(AfterRefusalError(text.to_owned())),
        }
    }
}

/// Who wants to go where.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Trip {
    device: IpAddr,
    /// Which app there.
    app: App,
    /// The target, under the name that the certificate is for: behind one address there may be many.
    target: Target,
}

impl Trip {
    /// Of a connection whose hello was read.
    fn of(connection: &Connection) -> Option<Self> {
        let target = connection.target.as_ref()?;
        let host = connection.name.as_ref().unwrap_or(&target.host).clone();
        let target = Target::new(host, target.port);
        let device = connection.client_address.ip().to_canonical();
        Some(Self { device, app: App::of(connection)?, target })
    }
}

/// An app that will not have a target intercepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Case {
    /// How often it refused.
    times: u32,
    /// Whether that was said, or is being asked, or was answered.
    told: bool,
    /// Whether a person wants it tunnelled.
    agreed: bool,
}

/// Every such case.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<HashMap<Trip, Case>>);

impl Memory {
    /// One more refusal. Whether this is the time to say something about it.
    fn refused(&self, trip: &Trip, times: u32) -> bool {
        let mut cases = self.cases();
        if cases.len() >= MOST_CASES && !cases.contains_key(trip) {
            return false;
        }
        let case = cases.entry(trip.clone()).or_default();
        case.times = case.times.max(times);
        !std::mem::replace(&mut case.told, true)
    }

    /// What a person answered, if anything. Without an answer the next refusal asks again.
    fn answered(&self, trip: &Trip, answer: Option<Answer>) {
        if let Some(case) = self.cases().get_mut(trip) {
            case.told = answer.is_some();
            case.agreed = matches!(answer, Some(Answer::Once | Answer::Always));
        }
    }

    fn is_empty(&self) -> bool {
        self.cases().is_empty()
    }

    fn case(&self, trip: &Trip) -> Option<Case> {
        self.cases().get(trip).copied()
    }

    fn cases(&self) -> MutexGuard<'_, HashMap<Trip, Case>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How often an app refused, when no setting of its device would change its mind; `None` when one
/// would, or it cannot be told.
fn is_final(refusal: &Refusal) -> Option<u32> {
    let app_says_no = matches!(
        refusal.kind,
        RefusalKind::Pinned
            | RefusalKind::AppIgnoresCa
            | RefusalKind::AndroidUserCa
            | RefusalKind::CtEnforced
            | RefusalKind::NameRefused
    );
    let times = match refusal.evidence.get("times") {
        Some(Fact::Number(times)) => u32::try_from(*times).unwrap_or(u32::MAX),
        _ => 1,
    };
    let is_sure = refusal.confidence > Confidence::Possible || times >= HABIT;
    (app_says_no && is_sure).then_some(times)
}

/// A client did not take our certificate, for this reason. What it means for its next connections is
/// decided here, and said in the log once, or asked.
pub(super) fn note(ctx: &Ctx, record: &Record, refusal: &Refusal) {
    let mode = ctx.config.after_refusal;
    let Some(times) = is_final(refusal).filter(|_| mode != AfterRefusal::Off) else { return };
    let Some(trip) = record.with(|connection| Trip::of(connection)) else { return };
    if !ctx.after_refusal.refused(&trip, times) {
        return;
    }
    let why = text::safe(&explain::summary(&refusal.finding())).into_owned();
    let Trip { device, target, .. } = &trip;
    match mode {
        AfterRefusal::Ask if ctx.questions.is_attended() => ctx.spawn(ask(ctx.clone(), trip, why)),
        AfterRefusal::Ask => warn!(
            "{device} will not have {target} intercepted: {why}. To let it through unopened, start with --tunnel {target} or --tunnel-after-refusal auto"
        ),
        AfterRefusal::Auto => info!("{device} will not have {target} intercepted: {why}. Tunnelled from now on"),
        AfterRefusal::Off => {}
    }
}

/// Asks what to do with an app's next connections. Nothing waits for the answer.
async fn ask(ctx: Ctx, trip: Trip, why: String) {
    let kind = QuestionKind::Tunnel { target: trip.target.clone(), why };
    let answer = ctx.questions.ask(trip.device, kind, PATIENCE).await;
    ctx.after_refusal.answered(&trip, answer);
    if answer == Some(Answer::Always) {
        let added = tokio::task::spawn_blocking(move || ctx.always.add(&trip.target)).await;
        if let Ok(Err(error)) = added {
            warn!("cannot keep for the next runs what is to be tunnelled: {error}");
        }
    }
}

/// The rule by which a connection is tunnelled after what its client did before.
pub(super) fn rule(ctx: &Ctx, record: &Record) -> Option<String> {
    let mode = ctx.config.after_refusal;
    // Every connection comes by here, and an app is known by a hash.
    if mode == AfterRefusal::Off || (ctx.always.is_empty() && ctx.after_refusal.is_empty()) {
        return None;
    }
    let trip = record.with(|connection| Trip::of(connection))?;
    if ctx.always.has(&trip.target) {
        return Some("always, as chosen on the screen".to_owned());
    }
    let Case { times, agreed, .. } = ctx.after_refusal.case(&trip)?;
    let (device, refusals) = (trip.device, if times == 1 { "refusal" } else { "refusals" });
    match mode {
        _ if agreed => Some(format!("chosen on the screen, after {times} {refusals} by {device}")),
        AfterRefusal::Auto => Some(format!("--tunnel-after-refusal auto, after {times} {refusals} by {device}")),
        AfterRefusal::Off | AfterRefusal::Ask => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Facts;

    fn trip(device: u8, app: &str, target: &str) -> Trip {
        Trip { device: IpAddr::from([192, 0, 2, device]), app: App(app.into()), target: target.parse().unwrap() }
    }

    #[test]
    fn only_what_no_setting_of_the_device_would_change_is_final() {
        use Confidence::{Certain, Likely, Possible};
        use RefusalKind as Kind;
        let cases = [
            (Kind::Pinned, Likely, 1, Some(1)),
            (Kind::Pinned, Possible, 2, None),
            (Kind::Pinned, Possible, 3, Some(3)),
            (Kind::AppIgnoresCa, Likely, 1, Some(1)),
            (Kind::AndroidUserCa, Likely, 2, Some(2)),
            (Kind::CtEnforced, Possible, 3, Some(3)),
            (Kind::NameRefused, Certain, 1, Some(1)),
            (Kind::CaNotInstalled, Certain, 9, None),
            (Kind::StaleCa, Likely, 9, None),
            (Kind::DateRefused, Certain, 9, None),
            (Kind::NothingShared, Certain, 9, None),
            (Kind::GaveUp, Certain, 9, None),
            (Kind::Probe, Likely, 9, None),
            (Kind::Unclear, Possible, 9, None),
        ];
        assert_eq!(cases.map(|case| case.0).iter().collect::<std::collections::BTreeSet<_>>().len(), Kind::ALL.len());
        for (kind, confidence, times, expected) in cases {
            let refusal = Refusal { kind, confidence, evidence: Facts::new().with("times", i64::from(times)) };
            assert_eq!(is_final(&refusal), expected, "{kind:?} {confidence:?} {times}");
        }
    }

    #[test]
    fn a_case_is_told_once_and_anew_when_nobody_answers() {
        let (memory, own) = (Memory::default(), trip(1, "app", "a.test:443"));
        assert!(memory.refused(&own, 1) && !memory.refused(&own, 2));
        assert_eq!(memory.case(&own), Some(Case { times: 2, told: true, agreed: false }));
        memory.answered(&own, None);
        assert!(memory.refused(&own, 3), "once more");
        memory.answered(&own, Some(Answer::Never));
        assert!(!memory.refused(&own, 4), "a no is a no");
        memory.answered(&own, Some(Answer::Once));
        assert!(memory.case(&own).unwrap().agreed);
        for other in [trip(2, "app", "a.test:443"), trip(1, "other", "a.test:443"), trip(1, "app", "a.test:8443")] {
            assert_eq!(memory.case(&other), None, "{other:?}");
        }
    }

    #[test]
    fn memory_is_bounded_and_keeps_what_it_has() {
        let memory = Memory::default();
        for n in 0..MOST_CASES + 10 {
            memory.refused(&trip(1, "app", &format!("{n}.test:443")), 1);
        }
        assert_eq!(memory.cases().len(), MOST_CASES);
        assert!(memory.case(&trip(1, "app", "0.test:443")).is_some());
        assert!(!memory.refused(&trip(1, "app", "one-more.test:443"), 1));
    }
}
