//! What a run has found, host by host, in few lines: for whoever wanted something else from the
//! command that was run.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use super::Paint;
use crate::explain::{self, page};
use crate::export::Recorded;
use crate::model::{Finding, FindingId, Severity};
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
    let summary = Summary { details: findings_in(book), paint };
    let groups = book.groups().by_host.iter().map(|(host, group)| (&**host, group));
    let (mut bad, good): (Vec<_>, Vec<_>) = groups.partition(|(_, group)| has_defect(group));
    bad.sort_by_key(|(_, group)| std::cmp::Reverse(group.worst()));
    let mut out = format!(
        "tlscope: {}, {}; {}\n",
        counted(totals.connections as usize, "connection"),
        counted(totals.exchanges as usize, "exchange"),
        if bad.is_empty() { paint.good("no defect") } else { format!("{} with defects", counted(bad.len(), "host")) }
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

/// Findings with their evidence, as far as it is in memory: the last one of each host and id.
type Details = BTreeMap<(Arc<str>, FindingId), Finding>;

fn findings_in(book: &Book) -> Details {
    let mut details = Details::new();
    for row in book.places().filter_map(|place| book.row(place)) {
        let (Some(line), Some(detail)) = (book.line(row.connection), book.detail(row.id)) else { continue };
        let recorded = Recorded { connection: &detail.connection, report: detail.report.as_deref() };
        for finding in recorded.findings() {
            details.insert((line.host.clone(), finding.id), finding.clone());
        }
    }
    details
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
        if group.refused > 0 {
            let _ = writeln!(
                out,
                "    the program does not trust tlscope's CA for this host: it has roots or pins of its own; see \
                 `tlscope exec --list`, or leave the host alone with --tunnel"
            );
        }
    }

    fn mark(&self, severity: Severity, id: FindingId) -> String {
        self.paint.severity(severity, &format!("{} {id}", severity.glyph()))
    }

    fn words(&self, host: &str, id: FindingId) -> String {
        match self.details.get(&(host.into(), id)) {
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
