//! How clients of one kind refuse, as far as it is known: measured with real clients
//! (docs/manual/refusals.md), or taken from the documentation that is named.

use crate::model::ClientHello;
use crate::wire::{Family, likeness};

/// What is known of a TLS stack by its kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Habits {
    /// What it does when it does not know the CA.
    pub distrusts: Distrust,
    /// What it belongs to.
    pub nature: Nature,
    /// Whether it says `unknown_ca` of a CA it does not know, so that its `bad_certificate` means
    /// something else: GnuTLS and Go have that one word for everything.
    pub says_unknown_ca: bool,
}

/// What a client is a part of, as far as it matters to trust.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Nature {
    /// Nothing is known of it.
    #[default]
    Other,
    /// A browser: it opens connections ahead that it may never use.
    Browser,
    /// Chrome and its kin: a browser that asks for certificate timestamps from the CAs of Android's
    /// system store.
    Chromium,
    /// The platform's stack of Android, under which an app ignores the CAs that the user installs.
    AndroidApp,
}

impl Habits {
    /// Of the client that sent this hello.
    pub fn of(hello: &ClientHello) -> Self {
        likeness(hello).map(|likeness| Self::of_family(likeness.family)).unwrap_or_default()
    }

    /// Conscrypt's is from Android's documentation; rustls' from its own table of alerts; the others were
    /// measured. Of those that are not named, nothing is known.
    fn of_family(family: Family) -> Self {
        let with = |distrusts, nature, says_unknown_ca| Self { distrusts, nature, says_unknown_ca };
        match family {
            Family::OpenSsl | Family::Rustls => with(Distrust::ByAlert, Nature::Other, true),
            // Go and Java have one alert for everything.
            Family::Go | Family::Java | Family::GnuTls => with(Distrust::ByAlert, Nature::Other, false),
            Family::Chromium => with(Distrust::ByAlert, Nature::Chromium, false),
            Family::Firefox => with(Distrust::ByAlert, Nature::Browser, true),
            Family::Android => with(Distrust::ByAlert, Nature::AndroidApp, false),
            Family::Node | Family::JavaHttpClient => with(Distrust::ByCutting, Nature::Other, false),
            Family::GnuTlsLookingLate => with(Distrust::InSilence, Nature::Other, false),
            Family::Apple | Family::BoringSsl | Family::Schannel | Family::MbedTls | Family::WolfSsl => Self::default(),
        }
    }
}

/// How a client shows that it does not know the CA.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Distrust {
    /// It is not known.
    #[default]
    Unknown,
    /// By an alert in the handshake; so one that finishes the handshake trusts the CA.
    ByAlert,
    /// It ends the connection in the handshake without an alert.
    ByCutting,
    /// It finishes the handshake, looks only then, and leaves in silence.
    InSilence,
}
