//! From everything that a device did to the reason of its last refusal.

use std::collections::BTreeMap;

use super::habits::{Distrust, Nature};
use super::history::{App, AppHistory, Manner, Pair};
use crate::model::{AlertCode, Confidence, Facts, Refusal, RefusalKind};

/// From so many on, what a client does in silence is a habit and no chance.
const HABIT: u32 = 3;

/// More hosts are not named as evidence.
const NAMED: usize = 5;

type Conclusion = (RefusalKind, Confidence);

/// Why `app` did not take our certificate for `host` the last time.
pub(super) fn conclude(apps: &BTreeMap<App, AppHistory>, app: &App, host: &str) -> Option<Refusal> {
    let history = apps.get(app)?;
    let pair = history.hosts.get(host)?;
    let last = pair.last()?;
    let scene = Scene { apps, app, history, host, pair };
    let (kind, confidence) = match last {
        Manner::Served => return None,
        Manner::Alert(code) => scene.said(code),
        Manner::CutOff => scene.cut_off(),
        Manner::Silent => scene.left_in_silence(),
        Manner::Idle => (RefusalKind::Probe, Confidence::Likely),
        Manner::GaveUp => (RefusalKind::GaveUp, Confidence::Certain),
        Manner::NothingShared => (RefusalKind::NothingShared, Confidence::Certain),
        Manner::Other => (RefusalKind::Unclear, Confidence::Possible),
    };
    Some(Refusal { kind, confidence, evidence: scene.evidence(last) })
}

/// One app at one host, and what else its device did.
struct Scene<'h> {
    apps: &'h BTreeMap<App, AppHistory>,
    app: &'h App,
    history: &'h AppHistory,
    host: &'h str,
    pair: &'h Pair,
}

impl Scene<'_> {
    /// The client gave a reason.
    fn said(&self, code: AlertCode) -> Conclusion {
        use Confidence::{Certain, Likely, Possible};
        match code {
            AlertCode::CERTIFICATE_EXPIRED => (RefusalKind::DateRefused, Certain),
            // The signature does not verify under the key of the CA that it knows by this name.
            AlertCode::DECRYPT_ERROR => {
                (RefusalKind::StaleCa, if self.history.habits.says_unknown_ca { Certain } else { Likely })
            }
            AlertCode::BAD_CERTIFICATE if self.history.habits.says_unknown_ca => self.not_the_ca(),
            AlertCode::UNKNOWN_CA => self.distrust(Certain),
            code if code.is_about_certificate() => self.distrust(Likely),
            AlertCode::PROTOCOL_VERSION | AlertCode::INSUFFICIENT_SECURITY => (RefusalKind::NothingShared, Certain),
            code if code.is_about_negotiation() => (RefusalKind::NothingShared, Likely),
            _ => (RefusalKind::Unclear, Possible),
        }
    }

    /// It knows the CA and minds something else. OpenSSL and NSS have one word for a name that is not
    /// there and for a certificate that is not valid yet; but ours is for the name that the client sent.
    fn not_the_ca(&self) -> Conclusion {
        use Confidence::{Likely, Possible};
        let refuses_others = self.history.hosts.iter().any(|(host, pair)| **host != *self.host && pair.refused() > 0);
        match (self.history.accepts_other_than(self.host), self.history.habits.nature) {
            _ if !self.pair.named() => (RefusalKind::NameRefused, Likely),
            (true, Nature::Browser | Nature::Chromium) => (RefusalKind::Pinned, Likely),
            (true, _) => (RefusalKind::NameRefused, Possible),
            (false, Nature::Browser | Nature::Chromium) => (RefusalKind::StaleCa, Possible),
            // A clock is wrong for every host.
            (false, _) => (RefusalKind::DateRefused, if refuses_others { Likely } else { Possible }),
        }
    }

    /// It ended the connection once it had our certificate, and said nothing.
    fn cut_off(&self) -> Conclusion {
        match self.history.habits.distrusts {
            Distrust::ByCutting => self.distrust(Confidence::Likely),
            // One of these would have said why.
            Distrust::ByAlert => (RefusalKind::Unclear, Confidence::Possible),
            Distrust::InSilence | Distrust::Unknown => self.distrust(self.sure_from(2)),
        }
    }

    /// It finished the handshake, and left without a byte.
    fn left_in_silence(&self) -> Conclusion {
        let habits = self.history.habits;
        if self.pair.served() > 0 {
            return (RefusalKind::Probe, Confidence::Likely);
        }
        if matches!(habits.nature, Nature::Browser | Nature::Chromium) && self.pair.times(Manner::Silent) < HABIT {
            return (RefusalKind::Probe, Confidence::Possible);
        }
        match habits.distrusts {
            // It would have said so, had it not known the CA: what it minds is another thing. Without a
            // name in its hello, our certificate may lack the one it looks for.
            Distrust::ByAlert | Distrust::ByCutting if !self.pair.named() => {
                (RefusalKind::NameRefused, Confidence::Possible)
            }
            Distrust::ByAlert | Distrust::ByCutting => (RefusalKind::Pinned, self.sure_from(2)),
            _ if self.history.accepts_other_than(self.host) && !self.pair.named() => {
                (RefusalKind::NameRefused, Confidence::Possible)
            }
            _ if self.history.accepts_other_than(self.host) => (RefusalKind::Pinned, self.sure_from(2)),
            Distrust::InSilence => self.distrust(self.sure_from(2)),
            Distrust::Unknown => self.distrust(self.sure_from(HABIT)),
        }
    }

    /// It does not trust what it was shown. Who else does tells why; `alone` is how sure it is when
    /// nobody does.
    fn distrust(&self, alone: Confidence) -> Conclusion {
        let (here, habits) = (alone.min(Confidence::Likely), self.history.habits);
        let own = self.history.accepts_other_than(self.host) || self.pair.served() > 0;
        let others = self.others_that_accept().next().is_some();
        match () {
            // OkHttp's pins are silent, so an Android app that says so has no CA here; but another
            // app with the same stack has.
            () if habits.nature == Nature::AndroidApp && (own || others) => (RefusalKind::AndroidUserCa, here),
            // An address has no name that its hello could hold: ours may lack the one it looks for.
            () if own && !self.pair.named() => (RefusalKind::NameRefused, Confidence::Possible),
            () if own => (RefusalKind::Pinned, here),
            () if habits.nature == Nature::Chromium && self.is_an_android() => {
                (RefusalKind::CtEnforced, Confidence::Possible)
            }
            () if others => (RefusalKind::AppIgnoresCa, here),
            () => (RefusalKind::CaNotInstalled, alone),
        }
    }

    /// Likely when it was met so often, else just possible.
    fn sure_from(&self, times: u32) -> Confidence {
        if self.pair.refused() >= times { Confidence::Likely } else { Confidence::Possible }
    }

    fn others_that_accept(&self) -> impl Iterator<Item = &AppHistory> {
        self.apps
            .iter()
            .filter(|(app, history)| *app != self.app && history.accepted().next().is_some())
            .map(|own| own.1)
    }

    /// Whether an app that stands on Android's own stack takes the CA on this device.
    fn is_an_android(&self) -> bool {
        self.others_that_accept().any(|other| other.habits.nature == Nature::AndroidApp)
    }

    fn evidence(&self, last: Manner) -> Facts {
        let mut facts = Facts::new().with("host", self.host).with("how", in_words(last));
        if self.pair.times(last) > 1 {
            facts = facts.with("times", i64::from(self.pair.times(last)));
        }
        if let Manner::Alert(code) = last {
            facts = facts.with("alert", code.to_string());
        }
        if self.pair.served() > 0 {
            facts = facts.with("served_here", i64::from(self.pair.served()));
        }
        let accepted: Vec<String> = self
            .history
            .accepted()
            .filter(|other| &***other != self.host)
            .map(ToString::to_string)
            .take(NAMED)
            .collect();
        if !accepted.is_empty() {
            facts = facts.with("accepts", accepted);
        }
        let others = self.others_that_accept().count();
        if others > 0 { facts.with("others_accept", others) } else { facts }
    }
}

fn in_words(manner: Manner) -> String {
    match manner {
        Manner::Served => "took the certificate".to_owned(),
        Manner::Alert(code) => format!("sent the alert {code}"),
        Manner::CutOff => "ended the connection in the handshake, without an alert".to_owned(),
        Manner::Silent => "finished the handshake and left at once, without a byte".to_owned(),
        Manner::Idle => "finished the handshake and left later, without a byte".to_owned(),
        Manner::GaveUp => "left before it was shown a certificate".to_owned(),
        Manner::NothingShared => "offered nothing that tlscope has".to_owned(),
        Manner::Other => "did not finish the handshake".to_owned(),
    }
}
