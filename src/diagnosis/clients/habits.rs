//! How clients of one kind refuse, as far as it is known: measured with real clients
//! (docs/manual/refusals.md), or taken from the documentation that is named.

use crate::model::ClientHello;

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
    pub fn of(_hello: &ClientHello) -> Self {
        Self::default()
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
