//! Clients tried with identities that are wrong on purpose.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{ClientOutcome, ConnectionId, Host, Refusal, Severity, Timestamp};

/// Which hosts an identity can be made for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MadeFor {
    /// All of them.
    #[default]
    Any,
    /// Those with a name.
    Names,
    /// Those that are asked for by their address.
    Addresses,
}

impl MadeFor {
    /// Whether this host is one of them.
    pub fn fits(self, host: &Host) -> bool {
        match self {
            Self::Any => true,
            Self::Names => host.name().is_some(),
            Self::Addresses => host.ip().is_some(),
        }
    }
}

/// An identity of the catalogue of audits: what is wrong with it, and what it means when a client takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its name, for ever: documents say it.
    pub name: String,
    /// What is wrong with it, in a sentence.
    pub about: String,
    /// How bad it is for a client to take it; `None` for a control, which has to be taken.
    pub severity: Option<Severity>,
    /// Whether many clients take it that are right in everything else.
    pub usual: bool,
    /// What somebody can do to a client that takes it, in a sentence.
    pub risk: String,
    /// The test of certmitm's that is the same.
    pub certmitm: Option<String>,
    /// Which hosts it can be made for.
    pub made_for: MadeFor,
}

impl Identity {
    /// Whether there is nothing wrong with it.
    pub fn is_control(&self) -> bool {
        self.severity.is_none()
    }
}

/// How a client took an identity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Took {
    /// It went on to use the connection.
    Accepted,
    /// It left because of it, as far as can be told.
    Refused {
        /// How.
        how: ClientOutcome,
    },
    /// It left for another reason, or before it had seen the identity: this tells nothing.
    Untold {
        /// How.
        how: ClientOutcome,
    },
}

/// One client that was shown one identity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// The connection it was shown on.
    pub connection: ConnectionId,
    /// When the outcome was known.
    pub at: Timestamp,
    /// The client's device.
    pub device: IpAddr,
    /// The app on it, by its ClientHello: what it looks like, else its fingerprint.
    pub app: String,
    /// What tells the app from others on the device that look alike.
    pub fingerprint: String,
    /// The host, with its port when that is not 443.
    pub host: String,
    /// The identity's name.
    pub identity: String,
    /// How it was taken.
    pub took: Took,
    /// What the client sent to whoever it took this for: a request line and what of it is secret by its kind. No value
    /// of a secret is in it.
    pub sent: Option<String>,
    /// Why it refused, where it was a control.
    pub why: Option<Refusal>,
}
