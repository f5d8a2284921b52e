//! A run as lines: one for a connection when it is judged, one below it for each finding that its
//! server has not had before, and at the end the totals.

use std::collections::{BTreeSet, HashSet};

use super::Paint;
use crate::explain::{client_outcome_words, failure_words, given_news, setup_words, summary};
use crate::export::Recorded;
use crate::model::{
    Connection, ConnectionId, Exchange, Finding, FindingId, Report, SetupNews, SetupStep, Severity, Summary,
};
use crate::session::{Change, Format, Told};
use crate::text;

/// More connections, and more findings of names, are not remembered.
const REMEMBERED: usize = 50_000;

/// Makes the lines. With `verbose` every exchange has one as well.
pub fn human_lines(paint: Paint, verbose: bool) -> Format {
    let mut lines = Lines { paint, verbose, told: BTreeSet::new(), known: HashSet::new(), given: HashSet::new() };
    Box::new(move |told| lines.of(told))
}

struct Lines {
    paint: Paint,
    verbose: bool,
    /// Connections that have their line.
    told: BTreeSet<ConnectionId>,
    /// What was said about which name.
    known: HashSet<(String, FindingId)>,
    /// What was said about what clients of which name were given.
    given: HashSet<(String, String)>,
}

impl Lines {
    fn of(&mut self, told: &Told) -> Option<String> {
        match told {
            Told::Change(Change::Connection(connection, report, _)) => self.connection(connection, report.as_deref()),
            Told::Change(Change::Exchange(exchange)) => self.verbose.then(|| exchange_line(exchange)),
            Told::Change(Change::Message(_)) => None,
            Told::Change(Change::Setup(news)) => Some(self.setup(news)),
            Told::Summary(totals, _) => Some(self.totals(*totals)),
        }
    }

    fn connection(&mut self, connection: &Connection, report: Option<&Report>) -> Option<String> {
        let findings = Recorded { connection, report }.findings();
        let name = name_of(connection);
        let mut out = String::new();
        if self.told.insert(connection.id) {
            out.push_str(&self.head(connection, &findings, &name));
        }
        let is_later = out.is_empty();
        for finding in findings {
            if self.known.insert((name.clone(), finding.id)) {
                if is_later && out.is_empty() {
                    out.push_str(&self.later(connection, &name));
                }
                out.push_str(&self.finding(finding));
            }
        }
        out.push_str(&self.news_of_given(connection, &name).unwrap_or_default());
        self.forget();
        (!out.is_empty()).then_some(out)
    }

    /// A line of its own, for it is known later than the server; said once of a name.
    fn news_of_given(&mut self, connection: &Connection, name: &str) -> Option<String> {
        let words = given_news(connection.given.as_ref()?)?;
        let is_new = self.given.insert((name.to_owned(), words.clone()));
        let (opened, client) = (connection.opened.clock(), connection.client_address.ip());
        is_new.then(|| format!("{opened} {client} {}  given {}\n", self.paint.bold(name), text::safe(&words)))
    }

    /// The oldest are over; memory stays bounded.
    fn forget(&mut self) {
        if self.told.len() > REMEMBERED {
            self.told.pop_first();
        }
        if self.known.len() > REMEMBERED {
            self.known.clear();
        }
        if self.given.len() > REMEMBERED {
            self.given.clear();
        }
    }

    fn head(&self, connection: &Connection, findings: &[&Finding], name: &str) -> String {
        let tls = connection.upstream.handshake.as_ref().and_then(|handshake| handshake.version);
        let tls = tls.map_or_else(|| "-".to_owned(), |version| version.to_string());
        format!(
            "{} {} {} {tls}  {}\n",
            connection.opened.clock(),
            connection.client_address.ip(),
            self.paint.bold(name),
            self.verdict(connection, findings)
        )
    }

    /// What was looked up comes when others have had their lines.
    fn later(&self, connection: &Connection, name: &str) -> String {
        let (opened, client) = (connection.opened.clock(), connection.client_address.ip());
        format!("{opened} {client} {}  found out since:\n", self.paint.bold(name))
    }

    fn verdict(&self, connection: &Connection, findings: &[&Finding]) -> String {
        let mut ids: Vec<String> = Vec::new();
        for finding in findings.iter().filter(|finding| finding.severity > Severity::Info) {
            let id = self.paint.severity(finding.severity, &format!("{} {}", finding.severity.glyph(), finding.id));
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        match (ids.is_empty(), what_went_wrong(connection)) {
            (false, _) => ids.join(" "),
            (true, Some(words)) => words,
            (true, None) => self.paint.good("✓"),
        }
    }

    fn finding(&self, finding: &Finding) -> String {
        let mark = self.paint.severity(finding.severity, &format!("{} {}", finding.severity.glyph(), finding.id));
        format!("    {mark}  {}\n", text::safe(&summary(finding)))
    }

    fn setup(&self, news: &SetupNews) -> String {
        let words = setup_words(&news.step);
        let words = match &news.step {
            SetupStep::Tested(test) if test.passed() => self.paint.good(&format!("✓ {words}")),
            SetupStep::Tested(_) => {
                self.paint.severity(Severity::Error, &format!("{} {words}", Severity::Error.glyph()))
            }
            _ => words,
        };
        format!("{} {} {}  {words}\n", news.at.clock(), news.device, self.paint.dim("setup"))
    }

    fn totals(&self, totals: Summary) -> String {
        let Summary { connections, exchanges, devices, fatal, error, warning, .. } = totals;
        let mut out = format!(
            "{connections} connections, {exchanges} exchanges, {devices} devices; \
             worst findings: {fatal} fatal, {error} error, {warning} warning\n"
        );
        if totals.bodies_dropped + totals.records_dropped > 0 {
            let lost = format!("{} bodies and {} records", totals.bodies_dropped, totals.records_dropped);
            out.push_str(&self.paint.severity(
                Severity::Warning,
                &format!("! {lost} are not in the session file: the disk was too slow\n"),
            ));
        }
        out
    }
}

fn name_of(connection: &Connection) -> String {
    let host = connection.name.as_ref().or(connection.target.as_ref().map(|target| &target.host));
    let port = connection.target.as_ref().map_or(443, |target| target.port);
    match host {
        Some(host) if port == 443 => host.in_authority(),
        Some(host) => format!("{}:{port}", host.in_authority()),
        None => "(no target)".to_owned(),
    }
}

fn what_went_wrong(connection: &Connection) -> Option<String> {
    use crate::model::ClientOutcome::Served;
    let safe = |words: String| text::safe(&words).into_owned();
    let failure = connection.upstream.failure.as_ref().map(failure_words).map(safe);
    let client = connection.client.outcome.as_ref().filter(|outcome| **outcome != Served);
    failure.or_else(|| client.map(|outcome| safe(format!("the client: {}", client_outcome_words(outcome)))))
}

fn exchange_line(exchange: &Exchange) -> String {
    let took = exchange.timing.finished_ms.map_or_else(|| "-".to_owned(), text::milliseconds);
    let size = exchange.response.as_ref().map_or(0, |response| response.body.seen);
    let status = match exchange.status() {
        0 => text::safe(exchange.error.as_deref().unwrap_or("no answer")).into_owned(),
        status => status.to_string(),
    };
    format!(
        "{} {} {}  {status} {took} ms {}\n",
        exchange.started.clock(),
        text::safe(&exchange.method),
        text::safe(&exchange.url),
        text::size(size)
    )
}
