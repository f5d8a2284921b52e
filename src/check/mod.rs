//! One server, or one chain in a file: everything that is to be said about it.
//!
//! Owns asking a server the questions that need no client of its own: a handshake, and where that
//! fails a plaintext hello; with `scan` sixteen hellos more. What comes back goes through `inquiry` and is
//! given settled.
//!
//! Must not know the proxy, nor any face.

mod http;
mod scan;

use std::net::SocketAddr;
use std::sync::Arc;

use crate::inquiry::Inquiry;
use crate::model::{
    Attempt, CertDer, DialTiming, Failure, Handshake, Host, NotChecked, Observation, Probe, Report, Target, Variant,
    Via,
};
use crate::net::{Dialler, Offer, Route, TlsLeg, probe};

use http::HttpSeen;
use scan::Usual;

/// What to check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The server.
    pub target: Target,
    /// The name to ask for and to judge, when it is not the target's host.
    pub name: Option<Host>,
    /// Whether to ask what one handshake does not tell.
    pub scan: bool,
    /// Whether to ask at every address of the name.
    pub every_address: bool,
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
    /// The proxy in between, when there is one.
    pub via: Option<Via>,
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

/// Asks a server, at each of its addresses where that is wanted.
pub async fn check_server(dialler: &Dialler, inquiry: &Inquiry, question: &Question) -> Vec<Checked> {
    let name = question.name.clone().unwrap_or_else(|| question.target.host.clone());
    let sni = name.name().map(str::to_owned);
    let mut seen = Vec::new();
    if question.every_address
        && let Ok(routes) = dialler.routes(&question.target).await
    {
        for route in routes {
            seen.push(ask(dialler, &question.target, Some(&route), sni.as_deref()).await);
        }
    } else {
        seen.push(ask(dialler, &question.target, None, sni.as_deref()).await);
    }
    let variants = if seen.len() > 1 { seen.iter().filter_map(Seen::variant).collect() } else { Vec::new() };
    let mut checked = Vec::new();
    for seen in seen {
        let further = look_further(dialler, question, &seen, sni.as_deref()).await;
        checked.push(settle(inquiry, question, &name, seen, (further, &variants)).await);
    }
    checked
}

/// What further connections showed.
#[derive(Default)]
struct Further {
    probes: Vec<Probe>,
    http: HttpSeen,
    open: Option<NotChecked>,
}

async fn look_further(dialler: &Dialler, question: &Question, seen: &Seen, sni: Option<&str>) -> Further {
    if !(question.scan && seen.answers() && seen.route.leads_somewhere()) {
        let open = question.scan.then(|| NotChecked::new("the scan", "the server answers nothing"));
        return Further { open, ..Further::default() };
    }
    let (probes, whole) = scan::scan(dialler, &seen.route, sni, seen.usual()).await;
    let http =
        if seen.failure.is_none() { http::look(dialler, &question.target, sni).await } else { HttpSeen::default() };
    let open = (!whole).then(|| {
        NotChecked::new("the rest of the scan", "the server does not answer any more, not even what it answered before")
    });
    Further { probes, http, open }
}

async fn settle(
    inquiry: &Inquiry,
    question: &Question,
    name: &Host,
    seen: Seen,
    (further, variants): (Further, &[Variant]),
) -> Checked {
    let observation = Observation {
        name: Some(name.clone()),
        address: seen.route.address,
        via: seen.route.via.clone(),
        sent: seen.sent.clone(),
        handshake: seen.handshake.clone(),
        failure: seen.failure.clone(),
        probes: further.probes,
        variants: variants.to_vec(),
        clock: further.http.clock,
        hsts: further.http.hsts,
        ..Observation::default()
    };
    let mut report = inquiry.settle(observation).await;
    if let Some(open) = further.open {
        Arc::make_mut(&mut report).not_checked.push(open);
    }
    let reach = match &seen {
        Seen { failure: None, .. } => Reach::Connected,
        Seen { handshake: Some(_), .. } => Reach::Captured,
        _ => Reach::Failed,
    };
    let Seen { route, handshake, sent, timing, .. } = seen;
    Checked {
        target: Some(question.target.clone()),
        name: Some(name.clone()),
        sni: name.name().map(str::to_owned),
        address: route.address,
        via: route.via,
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
    let mut report = inquiry.settle(observation).await;
    if name.is_none() {
        Arc::make_mut(&mut report).not_checked.push(NotChecked::new("the name", "none was given (--name)"));
    }
    Checked {
        target: None,
        name,
        sni: None,
        address: None,
        via: None,
        reach: Reach::File,
        handshake: None,
        sent,
        timing: DialTiming::default(),
        report,
    }
}

/// What a server showed.
struct Seen {
    route: Route,
    handshake: Option<Handshake>,
    sent: Vec<CertDer>,
    failure: Option<Failure>,
    timing: DialTiming,
}

impl Seen {
    /// Whether there is a server that says something.
    fn answers(&self) -> bool {
        self.failure.as_ref().is_none_or(Failure::may_answer_a_probe)
    }

    /// What it can be relied on to answer again.
    fn usual(&self) -> Usual {
        match (&self.failure, &self.handshake) {
            (None, _) => Usual::Handshake,
            (Some(_), Some(seen)) if seen.attempt == Attempt::Probe => Usual::Hello,
            (Some(_), Some(_)) => Usual::Handshake,
            (Some(_), None) => Usual::Nothing,
        }
    }

    /// For the other addresses of the name.
    fn variant(&self) -> Option<Variant> {
        Some(Variant {
            address: self.route.address?,
            sent: self.sent.iter().map(|der| der.sha256).collect(),
            version: self.handshake.as_ref().and_then(|seen| seen.version),
        })
    }
}

/// A handshake with the target, or with one of its addresses; where it fails a plaintext hello.
async fn ask(dialler: &Dialler, target: &Target, route: Option<&Route>, sni: Option<&str>) -> Seen {
    let offer = Offer { sni: sni.map(str::to_owned), alpn: vec![b"h2".to_vec(), b"http/1.1".to_vec()] };
    let connected = match route {
        Some(route) => dialler.reconnect(route).await,
        None => dialler.connect(target).await,
    };
    let reached = match connected {
        Ok(tcp) => dialler.handshake(tcp, &offer).await,
        Err(missed) => Err(missed),
    };
    let missed = match reached {
        Ok(TlsLeg { route, timing, handshake, sent, .. }) => {
            return Seen { route, handshake: Some(handshake), sent, failure: None, timing };
        }
        Err(missed) => missed,
    };
    let mut seen = Seen {
        route: missed.route,
        handshake: missed.handshake.map(|handshake| *handshake),
        sent: missed.sent,
        failure: Some(missed.failure.clone()),
        timing: missed.timing,
    };
    if seen.sent.is_empty()
        && missed.failure.may_answer_a_probe()
        && let Some((handshake, sent)) = probe(dialler, &seen.route, sni).await
    {
        seen.handshake = Some(handshake);
        seen.sent = sent;
    }
    seen
}
