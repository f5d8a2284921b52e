//! One server, or one chain in a file: everything that is to be said about it.
//!
//! Owns asking a server the questions that need no client of its own: a handshake, and where that
//! fails a plaintext hello. What comes back goes through `inquiry` and is given settled.
//!
//! Must not know the proxy, nor any face.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::inquiry::Inquiry;
use crate::model::{Attempt, CertDer, DialTiming, Failure, Handshake, Host, Observation, Report, Target};
use crate::net::{Dialler, Offer, TlsLeg, probe};

/// What to check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The server.
    pub target: Target,
    /// The name to ask for and to judge, when it is not the target's host.
    pub name: Option<Host>,
}

/// How far it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The handshake was finished.
    Connected,
    /// A certificate or a handshake was seen, and not finished.
    Captured,
    /// Neither was seen.
    Failed,
    /// The chain came from a file.
    File,
}

impl Reach {
    /// The word of documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Captured => "captured",
            Self::Failed => "failed",
            Self::File => "file",
        }
    }
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The server; absent for a file.
    pub target: Option<Target>,
    /// The name judged.
    pub name: Option<Host>,
    /// The name that was asked for in the hello.
    pub sni: Option<String>,
    /// The address that was reached, or the last one tried.
    pub address: Option<SocketAddr>,
    /// How far it came.
    pub reach: Reach,
    /// What the handshake showed.
    pub handshake: Option<Handshake>,
    /// The certificates in the order sent.
    pub sent: Vec<CertDer>,
    /// How long the steps took.
    pub timing: DialTiming,
    /// What the judge says.
    pub report: Arc<Report>,
}

/// Asks a server.
pub async fn check_server(dialler: &Dialler, inquiry: &Inquiry, question: &Question) -> Checked {
    let name = question.name.clone().unwrap_or_else(|| question.target.host.clone());
    let sni = name.name().map(str::to_owned);
    let seen = ask(dialler, &question.target, sni.as_deref()).await;
    let observation = Observation {
        name: Some(name.clone()),
        asked_host: None,
        address: seen.address,
        sent: seen.sent.clone(),
        handshake: seen.handshake.clone(),
        failure: seen.failure.clone(),
        offered: None,
    };
    let report = inquiry.settle(observation).await;
    let reach = match &seen {
        Seen { failure: None, .. } => Reach::Connected,
        Seen { handshake: Some(_), .. } => Reach::Captured,
        _ => Reach::Failed,
    };
    let Seen { address, handshake, sent, timing, .. } = seen;
    Checked {
        target: Some(question.target.clone()),
        name: Some(name),
        sni,
        address,
        reach,
        handshake,
        sent,
        timing,
        report,
    }
}

/// Judges a chain without a network.
pub async fn check_chain(inquiry: &Inquiry, sent: Vec<CertDer>, name: Option<Host>) -> Checked {
    let handshake = Handshake { attempt: Attempt::File, ..Handshake::default() };
    let observation =
        Observation { name: name.clone(), sent: sent.clone(), handshake: Some(handshake), ..Observation::default() };
    let report = inquiry.settle(observation).await;
    Checked {
        target: None,
        name,
        sni: None,
        address: None,
        reach: Reach::File,
        handshake: None,
        sent,
        timing: DialTiming::default(),
        report,
    }
}

/// What a server showed.
struct Seen {
    address: Option<SocketAddr>,
    handshake: Option<Handshake>,
    sent: Vec<CertDer>,
    failure: Option<Failure>,
    timing: DialTiming,
}

async fn ask(dialler: &Dialler, target: &Target, sni: Option<&str>) -> Seen {
    let offer = Offer { sni: sni.map(str::to_owned), alpn: vec![b"h2".to_vec(), b"http/1.1".to_vec()] };
    let reached = match dialler.connect(target).await {
        Ok(tcp) => dialler.handshake(tcp, &offer).await,
        Err(missed) => Err(missed),
    };
    let missed = match reached {
        Ok(TlsLeg { address, timing, handshake, sent, .. }) => {
            return Seen { address: Some(address), handshake: Some(handshake), sent, failure: None, timing };
        }
        Err(missed) => missed,
    };
    let mut seen = Seen {
        address: missed.address,
        handshake: missed.handshake.map(|handshake| *handshake),
        sent: missed.sent,
        failure: Some(missed.failure.clone()),
        timing: missed.timing,
    };
    if seen.sent.is_empty()
        && missed.failure.may_answer_a_probe()
        && let Some(address) = missed.address
        && let Some((handshake, sent)) = probe(dialler, address, sni).await
    {
        seen.handshake = Some(handshake);
        seen.sent = sent;
    }
    seen
}
