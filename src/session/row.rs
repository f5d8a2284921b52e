//! The rows of the list, small: a session has a million of them.

use std::net::IpAddr;
use std::sync::Arc;

use crate::diagnosis::clients::App;
use crate::model::{
    AlertCode, ClientOutcome, Confidence, Connection, ConnectionId, Exchange, FindingId, Fingerprint, GivenKind,
    Outcome, Protocol, Refusal, RefusalKind, Report, RowId, Severity, Timestamp, TlsVersion,
};
use crate::text;
use crate::wire::{Transport, ja4, likeness};
use crate::x509::Cert;

/// More of a request is not in its row: there are a million of them.
const LONGEST_REQUEST: usize = 300;

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it is about.
    pub id: RowId,
    /// The connection it belongs to.
    pub connection: ConnectionId,
    /// When it began.
    pub started: Timestamp,
    /// `GET /path`, or in brackets what became of a connection without requests.
    pub request: Arc<str>,
    /// The status, 0 without an answer.
    pub status: u16,
    /// How long it took, in milliseconds; absent while it lasts.
    pub took_ms: Option<f32>,
    /// Bytes of body that came back; of a connection without requests, all that went through.
    pub size: u64,
    /// Whether it went wrong.
    pub failed: bool,
}

/// What the rows of one connection have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The client's address.
    pub device: IpAddr,
    /// Host and, when it is not 443 or 80, port.
    pub host: Arc<str>,
    /// Which client it was, where it spoke TLS.
    pub client: Option<Arc<ClientFacts>>,
    /// The version towards the server.
    pub tls: Option<TlsVersion>,
    /// Its findings, worst first.
    pub findings: Box<[(FindingId, Severity)]>,
    /// The leaf that the server showed.
    pub leaf: Option<Arc<LeafFacts>>,
    /// All that it sent with it.
    pub chain: Option<Arc<ChainFacts>>,
    /// The alert the client ended its handshake with.
    pub alert: Option<AlertCode>,
    /// What the client was given.
    pub given: Option<GivenKind>,
    /// How many of the server's defects it was not shown, though it was to be.
    pub unmirrored: usize,
    /// Whether the client took our certificate; absent where it was shown none, or left in between.
    pub accepts: Option<bool>,
    /// Whether the client left in the middle of its handshake.
    pub broke_off: bool,
    /// Whether the judge has spoken, or there is nothing to judge.
    pub judged: bool,
}

/// What a client is known by. JA3 is not among it: browsers have another one for every connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientFacts {
    /// Which one it is on its device.
    pub app: App,
    /// The JA4 of its hello.
    pub ja4: Arc<str>,
    /// What kind of client sends such a hello.
    pub looks_like: Option<String>,
    /// What to call it: what it looks like, else its JA4.
    pub name: Arc<str>,
}

impl ClientFacts {
    /// Of a connection; `None` where its client sent no hello.
    pub fn of(connection: &Connection) -> Option<Self> {
        let leg = &connection.client;
        let hello = leg.hello.as_ref()?;
        // Sessions of before it was recorded hold the hello.
        let ja4: Arc<str> = leg.ja4.as_deref().map_or_else(|| ja4(hello, Transport::Tcp).into(), Arc::from);
        let looks_like = || likeness(hello).map(|likeness| likeness.client.to_owned());
        let looks_like = leg.looks_like.clone().or_else(looks_like);
        let name = looks_like.as_deref().map_or_else(|| ja4.clone(), Arc::from);
        App::of(connection).map(|app| Self { app, ja4, looks_like, name })
    }
}

/// The certificates that a server sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainFacts {
    /// The first of them.
    pub leaf: Arc<LeafFacts>,
    /// The others in their order: what each is, and what to call it.
    pub others: Vec<(Fingerprint, String)>,
}

/// What filters ask about a leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeafFacts {
    /// Its identity.
    pub sha256: Fingerprint,
    /// What to call it.
    pub label: String,
    /// The issuer as it is written.
    pub issuer_name: String,
    /// The same in lower case.
    pub issuer: Arc<str>,
    /// The names, in lower case, with spaces between.
    pub san: String,
    /// When it begins.
    pub not_before: Option<Timestamp>,
    /// When it ends.
    pub not_after: Option<Timestamp>,
}

impl LeafFacts {
    /// Of a certificate.
    pub fn of(cert: &Cert) -> Self {
        let issuer_name = cert.issuer.as_ref().map(ToString::to_string).unwrap_or_default();
        let names: Vec<String> = cert.san().iter().map(|name| name.to_string().to_lowercase()).collect();
        Self {
            sha256: cert.sha256(),
            label: cert.label(),
            issuer: issuer_name.to_lowercase().into(),
            issuer_name,
            san: names.join(" "),
            not_before: cert.validity.map(|validity| validity.not_before),
            not_after: cert.validity.map(|validity| validity.not_after),
        }
    }
}

impl Row {
    /// The path of its request with the query; of a connection without one, what became of it.
    pub fn path(&self) -> &str {
        match self.request.split_once(' ') {
            Some((method, path)) if !method.starts_with('(') => path,
            _ => &self.request,
        }
    }
}

impl Line {
    /// Of a connection, with what was judged about it.
    pub fn of(
        connection: &Connection,
        report: Option<&Report>,
        chain: Option<Arc<ChainFacts>>,
        client: Option<Arc<ClientFacts>>,
    ) -> Self {
        let judged = report.map(|report| report.findings.as_slice()).unwrap_or_default();
        let mut findings: Vec<(FindingId, Severity)> =
            connection.findings.iter().chain(judged).map(|finding| (finding.id, finding.severity)).collect();
        findings.sort_by_key(|(id, severity)| (std::cmp::Reverse(*severity), *id));
        findings.dedup();
        let alert = match &connection.client.outcome {
            Some(ClientOutcome::Alert { code }) => Some(*code),
            _ => None,
        };
        Self {
            device: connection.client_address.ip(),
            host: connection.host().into(),
            client,
            tls: connection.upstream.handshake.as_ref().and_then(|handshake| handshake.version),
            findings: findings.into(),
            leaf: chain.as_ref().map(|chain| chain.leaf.clone()),
            chain,
            alert,
            given: connection.given.as_ref().map(|given| given.kind),
            unmirrored: connection.given.as_ref().map_or(0, |given| given.unmirrored.len()),
            accepts: accepts(connection),
            broke_off: broke_off(connection),
            judged: report.is_some(),
        }
    }

    /// The worst severity.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.first().map(|(_, severity)| *severity)
    }
}

impl Row {
    /// Of an exchange.
    pub fn of_exchange(exchange: &Exchange) -> Self {
        let path = path_of(&exchange.url);
        Self {
            id: RowId::Exchange(exchange.id),
            connection: exchange.connection,
            started: exchange.started,
            request: text::elide(&format!("{} {path}", exchange.method), LONGEST_REQUEST).into(),
            status: exchange.status(),
            took_ms: exchange.timing.finished_ms.map(|ms| ms as f32),
            size: exchange.response.as_ref().map_or(0, |response| response.body.seen),
            failed: exchange.error.is_some(),
        }
    }

    /// Of a connection without exchanges.
    pub fn of_connection(connection: &Connection) -> Self {
        Self {
            id: RowId::Connection(connection.id),
            connection: connection.id,
            started: connection.opened,
            request: what_became(connection).into(),
            status: 0,
            took_ms: connection.closed.map(|closed| closed.ms_since(connection.opened) as f32),
            size: connection.traffic.up + connection.traffic.down,
            failed: matches!(
                connection.outcome,
                Some(
                    Outcome::UpstreamFailed
                        | Outcome::ServerRefused
                        | Outcome::ClientFailed
                        | Outcome::Denied
                        | Outcome::Failed
                )
            ),
        }
    }
}

/// Whether the client took the leaf that it was given, as far as that is more than possible.
fn accepts(connection: &Connection) -> Option<bool> {
    if connection.client.outcome == Some(ClientOutcome::Served) {
        return Some(true);
    }
    let refusal = connection.client.refusal.as_ref()?;
    (refusal.kind.is_about_certificate() && refusal.confidence > Confidence::Possible).then_some(false)
}

/// Whether the client's handshake with us came to nothing, for a reason that is not sure.
fn broke_off(connection: &Connection) -> bool {
    let unsure = |refusal: &Refusal| refusal.kind.is_about_certificate() || refusal.kind == RefusalKind::Unclear;
    accepts(connection).is_none() && connection.client.refusal.as_ref().is_some_and(unsure)
}

/// Path and query of a URL.
fn path_of(url: &str) -> &str {
    let behind_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    behind_scheme.find(['/', '?']).and_then(|at| behind_scheme.get(at..)).unwrap_or("/")
}

/// In brackets and a few words.
fn what_became(connection: &Connection) -> String {
    let guess = || connection.raw_guess.as_deref().map_or(String::new(), |guess| format!("{guess}, "));
    match connection.outcome {
        Some(Outcome::ClientFailed) => client_words(connection).to_owned(),
        Some(Outcome::UpstreamFailed) => "(no connection)".to_owned(),
        Some(Outcome::ServerRefused) => "(server refused)".to_owned(),
        Some(Outcome::Tunnelled) => "(tunnelled)".to_owned(),
        Some(Outcome::Denied) => "(not allowed)".to_owned(),
        Some(Outcome::Unreadable) => "(not understood)".to_owned(),
        Some(Outcome::Silent) => "(nothing sent)".to_owned(),
        Some(Outcome::Answered) => "(tlscope's own page)".to_owned(),
        Some(Outcome::Failed) => "(tlscope failed)".to_owned(),
        _ if connection.protocol == Some(Protocol::Raw) => format!("({}raw)", guess()),
        Some(Outcome::Relayed) => "(no request)".to_owned(),
        None => "(connecting)".to_owned(),
    }
}

fn client_words(connection: &Connection) -> &'static str {
    match connection.client.outcome {
        _ if accepts(connection) == Some(false) => "(client refused)",
        Some(ClientOutcome::SilentClose { .. } | ClientOutcome::SilentReset | ClientOutcome::GaveUp { .. }) => {
            "(client left)"
        }
        _ => "(client failed)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cut_from_urls() {
        let cases = [
            ("https://a.test/v1/me?x=1", "/v1/me?x=1"),
            ("https://a.test", "/"),
            ("https://a.test?x", "?x"),
            ("/only", "/only"),
        ];
        for (url, path) in cases {
            assert_eq!(path_of(url), path);
        }
    }
}
