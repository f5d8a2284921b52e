//! The nouns that every room speaks.
//!
//! Owns the shapes of what happened on the wire ([`Connection`], [`Exchange`], [`Handshake`]), of
//! what is judged ([`Observation`], [`RootSet`], [`Want`], [`Evidence`], [`Report`]), the table of
//! finding ids ([`FindingId`]) and the protocol numbers. Values with constructors and serde, no
//! behaviour: whoever needs to read bytes, judge, or show goes to a higher floor.
//!
//! Must not know any other room, tokio, rustls or ratatui.
//!
//! Times are [`Timestamp`]s taken at the edge and carried; durations are milliseconds in fields
//! that end in `_ms`; sizes are bytes.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod alerts;
mod audit;
mod base64_text;
mod certificate;
mod command;
mod connection;
mod event;
mod exchange;
mod facts;
mod finding;
mod finding_table;
mod given;
mod guest;
mod handshake;
mod ids;
mod judging;
mod note;
mod probing;
mod question;
mod refusal;
mod setup;
mod suites;
mod target;
mod time;
mod tls;
mod transparency;
mod via;

pub use alerts::AlertCode;
pub use audit::{Identity, Took, Trial};
pub use certificate::{CertDer, Fingerprint, hex, unhex};
pub use command::Command;
pub use connection::{ClientLeg, ClientOutcome, Connection, Intake, Outcome, Protocol, Traffic, UpstreamLeg};
pub use event::{Event, Summary};
pub use exchange::{Body, BodyEnd, Direction, Exchange, ExchangeTiming, Head, Message, MessageKind, Response};
pub use facts::{Fact, Facts};
pub use finding::{Finding, LegSide, Severity, Subject, SubjectKind};
pub use finding_table::FindingId;
pub use given::{BadUpstream, Given, GivenKind, id_list};
pub use guest::{Guest, Standing};
pub use handshake::{Attempt, CertificateAsked, ClientCertificate, ClientHello, DialTiming, Failure, Handshake, Stage};
pub use ids::{ConnectionId, ExchangeId, RowId};
pub use judging::{
    AiaOutcome, Evidence, Fetched, NotChecked, Observation, Provenance, Report, RootSet, RootSetName, Trusted, Verdict,
    Want,
};
pub use note::Note;
pub use probing::{ClockSeen, Probe, ProbeAnswer, ProbeKind, ProbedLeaf, Variant, WeakKind};
pub use question::{Answer, Question, QuestionKind};
pub use refusal::{Confidence, Refusal, RefusalKind};
pub use setup::{CaTest, SetupNews, SetupStep};
pub use suites::{CipherSuite, KeyExchange};
pub use target::{Host, HostError, Target};
pub use time::{Timestamp, millis};
pub use tls::{ExtensionKind, NamedGroup, SignatureScheme, TlsVersion, is_grease};
pub use transparency::{CtLog, LogState};
pub use via::{ProxyFault, Via};
