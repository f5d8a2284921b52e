//! What a run has found, host by host, in few lines: for whoever wanted something else from the
//! command that was run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use super::Paint;
use crate::explain::{self, page};
use crate::export::Recorded;
use crate::model::{Finding, FindingId, GivenKind, Outcome, Severity};
use crate::session::{Book, Group};
use crate::text;

/// More hosts with defects are counted only.
const HOSTS: usize = 20;

/// More findings of one host are counted only.
const FINDINGS: usize = 8;

/// More hosts without a defect are counted only.
const GOOD_HOSTS: usize = 5;

/// The summary. Where the session is kept is said when there is something to look at.
pub fn run_summary(book: &Book, kept: Option<&Path>, paint: Paint) -> String {
    let totals = book.totals();
    if totals.connections == 0 {
        return "tlscope: no connection came through the proxy. Either none was made, or the program does not read \
                what `tlscope exec` sets; `tlscope exec --list` says who reads what, and what is not covered.\n"
            .to_owned();
    }
    let summary = Summary { details: Details::of(book), paint };
    let groups = book.groups().by_host.iter().map(|(host, group)| (&**host, group));
    let (mut bad, good): (Vec<_>, Vec<_>) =
        groups.partition(|(host, group)| has_defect(group) || summary.details.hint(host, group).is_some());
    bad.sort_by_key(|(_, group)| std::cmp::Reverse(group.worst()));
    let mut out = format!(
        "tlscope: {}, {}; {}\n",
        counted(totals.connections as usize, "connection"),
        counted(totals.exchanges as usize, "exchange"),
        if bad.is_empty() { paint.good("no defect") } else { format!("trouble with {}", counted(bad.len(), "host")) }
    );
    for (host, group) in bad.iter().take(HOSTS) {
        summary.push_host(&mut out, host, group);
    }
    push_more(&mut out, "  ", bad.len(), HOSTS, "host");
    if !bad.is_empty() && !good.is_empty() {
        let names: Vec<_> = good.iter().take(GOOD_HOSTS).map(|(host, _)| text::safe(host)).collect();
        let more = good.len().saturating_sub(GOOD_HOSTS);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let _ = writeln!(out, "  {} {}{more}", paint.good("✓"), names.join(", "));
    }
    if let Some(file) = kept.filter(|_| !bad.is_empty()) {
        let _ = writeln!(out, "  all of it: tlscope open {}", text::safe(&file.to_string_lossy()));
    }
    out
}

/// `1 host`, `2 hosts`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn push_more(out: &mut String, indent: &str, count: usize, shown: usize, what: &str) {
    if count > shown {
        let _ = writeln!(out, "{indent}and {} more", counted(count - shown, what));
    }
}

fn has_defect(group: &Group) -> bool {
    group.worst().is_some_and(|worst| worst > Severity::Info)
}

/// What the groups of a session do not say of their hosts, as far as it is in memory.
#[derive(Default)]
struct Details {
    /// Findings with their evidence: the last one of each host and id.
    findings: BTreeMap<(Arc<str>, FindingId), Finding>,
    /// Hosts whose connections the program made something of.
    used: BTreeSet<Arc<str>>,
    /// Hosts of which it left a connection without using it.
    left: BTreeSet<Arc<str>>,
    /// Hosts of which it did not take the mirror.
    not_mirrored: BTreeSet<Arc<str>>,
}

impl Details {
    fn of(book: &Book) -> Self {
        let mut details = Self::default();
        for row in book.places().filter_map(|place| book.row(place)) {
            let (Some(line), Some(detail)) = (book.line(row.connection), book.detail(row.id)) else { continue };
            details.note(&line.host, &Recorded { connection: &detail.connection, report: detail.report.as_deref() });
        }
        details
    }

    fn note(&mut self, host: &Arc<str>, recorded: &Recorded<'_>) {
        let is_left = recorded.connection.outcome == Some(Outcome::ClientFailed);
        let given = recorded.connection.given.as_ref();
        let hosts = match given.map(|given| given.kind) {
            Some(GivenKind::Mirror) if is_left => &mut self.not_mirrored,
            _ if is_left => &mut self.left,
            _ => &mut self.used,
        };
        hosts.insert(host.clone());
        for finding in recorded.findings() {
            self.findings.insert((host.clone(), finding.id), finding.clone());
        }
    }

    /// What there is to say about a program that does not get through for what is wrong with its server.
    fn word_of_mirror(&self, host: &str) -> Option<&'static str> {
        self.not_mirrored
            .contains(host)
            .then_some("the program does not take these defects: it broke off at the mirror")
    }

    /// What there is to say about a program that does not get through.
    fn hint(&self, host: &str, group: &Group) -> Option<&'static str> {
        if group.refused > 0 {
            return Some("the program does not trust tlscope's CA for this host: it has roots or pins of its own");
        }
        let only_left = self.left.contains(host) && !self.used.contains(host);
        only_left.then_some("the program left each connection without using it: it may have roots or pins of its own")
    }
}

struct Summary {
    details: Details,
    paint: Paint,
}

impl Summary {
    fn push_host(&self, out: &mut String, host: &str, group: &Group) {
        let count = counted(group.connections, "connection");
        let _ = writeln!(out, "  {}  {}", self.paint.bold(&text::safe(host)), self.paint.dim(&count));
        let defects = || group.findings.keys().filter(|(severity, _)| severity.0 > Severity::Info);
        for (severity, id) in defects().take(FINDINGS) {
            let _ = writeln!(out, "    {}  {}", self.mark(severity.0, *id), self.words(host, *id));
        }
        push_more(out, "    ", defects().count(), FINDINGS, "finding");
        let refusing = refusing(defects().map(|(_, id)| *id));
        if !refusing.is_empty() {
            let _ = writeln!(out, "    {}", self.paint.dim(&format!("fails in {}", refusing.join(", "))));
        }
        if let Some(word) = self.details.word_of_mirror(host) {
            let _ = writeln!(out, "    {word}");
        }
        if let Some(hint) = self.details.hint(host, group) {
            let _ = writeln!(out, "    {hint}; see `tlscope exec --list`, or leave the host alone with --tunnel");
        }
    }

    fn mark(&self, severity: Severity, id: FindingId) -> String {
        self.paint.severity(severity, &format!("{} {id}", severity.glyph()))
    }

    fn words(&self, host: &str, id: FindingId) -> String {
        match self.details.findings.get(&(host.into(), id)) {
            Some(finding) => text::safe(&explain::summary(finding)).into_owned(),
            None => page(id).title.to_owned(),
        }
    }
}

/// Who would not have gone on, each once.
fn refusing(ids: impl Iterator<Item = FindingId>) -> Vec<&'static str> {
    let mut who: Vec<&str> = Vec::new();
    for name in ids.flat_map(|id| page(id).refused_by).map(|(name, _)| *name) {
        if !who.contains(&name) {
            who.push(name);
        }
    }
    who
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        Connection, ConnectionId, Event, Facts, FindingId, Given, Handshake, Report, Target, Timestamp,
    };
    use crate::session::{Limits, Recorder, Session};
    use crate::text::corpus::{CORPUS, is_raw};

    /// The session after these connections: host, outcome, and findings with what they say was asked for.
    fn session(connections: &[(&str, Outcome, &[FindingId], &str)]) -> Session {
        let (recorder, session) = Recorder::new(Limits::default(), None, Vec::new());
        let (events, inbox) = tokio::sync::mpsc::channel(1000);
        for (at, (host, outcome, ids, asked)) in connections.iter().enumerate() {
            let id = ConnectionId(at as u64);
            let mut connection = Connection::new(id, Timestamp::from_unix(0), "127.0.0.1:1".parse().unwrap());
            connection.target = Some(Target::parse(host, Some(443)).unwrap());
            connection.upstream.handshake = Some(Handshake::default());
            connection.outcome = Some(*outcome);
            let is_mirror = host.starts_with("mirrored.");
            connection.given = is_mirror.then(|| Given::without_leaf(GivenKind::Mirror));
            connection.closed = Some(Timestamp::from_unix(1));
            let facts = || {
                Facts::new()
                    .with("asked", *asked)
                    .with("presented", "b.test")
                    .with("not_after", Timestamp::from_unix(0))
            };
            let facts =
                || facts().with("days_ago", 3i64).with("hours_left", 50i64).with("algorithm", "md5WithRSAEncryption");
            let findings = ids.iter().map(|id| Finding::new(*id, facts())).collect();
            events.try_send(Event::Connection(Box::new(connection))).unwrap();
            let report = Arc::new(Report { findings, ..Report::default() });
            events.try_send(Event::Judged { connection: id, report }).unwrap();
        }
        drop(events);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(recorder.run(inbox, std::future::pending()));
        session
    }

    fn summary(session: &Session) -> String {
        session.look(|book| run_summary(book, Some(Path::new("/s.tlscope")), Paint::default()))
    }

    #[test]
    fn the_worst_comes_first() {
        use FindingId::{CertExpired, EkuAbsent, NameMismatch, SigMd};
        let session = session(&[
            ("apple.test", Outcome::Relayed, &[EkuAbsent], ""),
            ("warned.test", Outcome::Relayed, &[FindingId::CertExpiringSoon], ""),
            ("bad.test", Outcome::Relayed, &[CertExpired, NameMismatch], "bad.test"),
            ("bad.test", Outcome::Relayed, &[CertExpired], ""),
            ("bad.test:8443", Outcome::Tunnelled, &[SigMd], ""),
            ("pinned.test", Outcome::ClientFailed, &[], ""),
            ("probed.test", Outcome::ClientFailed, &[], ""),
            ("probed.test", Outcome::Relayed, &[], ""),
            ("mirrored.test", Outcome::ClientFailed, &[CertExpired], ""),
        ]);
        insta::assert_snapshot!(summary(&session));
    }

    #[test]
    fn many_hosts_and_findings_are_counted() {
        let names: Vec<String> = (0..30).map(|n| format!("host-{n}.test")).collect();
        let all: Vec<_> =
            names.iter().map(|name| (name.as_str(), Outcome::Relayed, &FindingId::ALL[..40], "")).collect();
        let text = summary(&session(&all));
        assert!(text.starts_with("tlscope: 30 connections, 0 exchanges; trouble with 30 hosts\n"), "{text}");
        assert!(text.contains("\n  and 10 hosts more\n") && text.contains("findings more\n"), "{text}");
        assert!(text.lines().count() < 300, "{}", text.lines().count());
    }

    #[test]
    fn nothing_at_all_is_told_with_what_to_do() {
        assert!(summary(&session(&[])).contains("tlscope exec --list"));
        let good = summary(&session(&[("a.test", Outcome::Relayed, &[], "")]));
        assert_eq!(good, "tlscope: 1 connection, 0 exchanges; no defect\n");
    }

    #[test]
    fn hostile_words_are_safe() {
        for evil in CORPUS {
            let text = summary(&session(&[("a.test", Outcome::Relayed, &[FindingId::NameMismatch], evil)]));
            assert!(!text.chars().any(|c| is_raw(c) && c != '\n'), "{text:?}");
        }
    }
}
