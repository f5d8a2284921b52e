//! The table for a person: what was taken and should not have been first, with what it means; then what was right in
//! a few lines; then what could not be told.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::diagnosis::audit::{Cell, Row, Standing, Table, Told};
use crate::explain::{client_outcome_words, refusal_words};
use crate::headless::Paint;
use crate::model::{ClientOutcome, Refusal, Severity};
use crate::text;

/// The whole of it, its sentences no wider than `columns`. `left_out` is what the CA could not issue, with why.
pub fn audit_report(table: &Table, left_out: &[(String, &'static str)], paint: Paint, columns: usize) -> String {
    let report = Report { paint, columns };
    let mut out = report.headline(table);
    let mut rows: Vec<&Row> = table.rows.iter().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(worst_of(row)));
    for row in rows {
        report.push_row(&mut out, row);
    }
    report.push_left_out(&mut out, left_out);
    out
}

fn worst_of(row: &Row) -> Option<Severity> {
    row.cells.iter().filter(|cell| cell.told.is_taken()).filter_map(|cell| cell.identity.severity).max()
}

struct Report {
    paint: Paint,
    columns: usize,
}

impl Report {
    fn headline(&self, table: &Table) -> String {
        let found = table.found();
        let wrong = found.iter().filter(|found| found.severity > Severity::Info).count();
        let words = match (table.rows.is_empty(), wrong, found.first()) {
            (true, ..) => "no client came to a host that is audited".to_owned(),
            (false, 0, _) if !table.has_control() => "nobody took the control, so nothing can be said".to_owned(),
            (false, 0, _) => self.paint.good("nothing was taken that is wrong"),
            (false, _, Some(worst)) => {
                let words =
                    format!("{} wrong {} taken", wrong, if wrong == 1 { "identity was" } else { "identities were" });
                self.paint.severity(worst.severity, &format!("{} {words}", worst.severity.glyph()))
            }
            (false, _, None) => String::new(),
        };
        format!("{} {words}\n", self.paint.bold("audit:"))
    }

    fn push_row(&self, out: &mut String, row: &Row) {
        let who = format!("{} on {} at {}", row.app, row.device, row.host);
        let about = format!("({}, the control was taken {})", row.fingerprint, times(row.controls));
        let _ = writeln!(out, "\n{}  {}", self.paint.bold(&text::safe(&who)), self.paint.dim(&text::safe(&about)));
        self.push_standing(out, row);
        if row.controls == 0 {
            return;
        }
        let mut taken: Vec<&Cell> = row.cells.iter().filter(|cell| cell.told.is_taken()).collect();
        taken.sort_by_key(|cell| std::cmp::Reverse(cell.identity.severity));
        let mut sent = BTreeSet::new();
        for cell in taken {
            self.push_taken(out, cell);
            // The same request is told once.
            for own in cell.sent.iter().filter(|own| sent.insert(own.as_str())) {
                self.push_sentences(out, "   ", &format!("It was sent: {own}"));
            }
        }
        self.push_refused(out, row);
        self.push_reasons(out, row, Told::Untold, "cannot be told");
        let not_shown: Vec<&str> = row.told(Told::NotShown).map(|cell| cell.identity.name.as_str()).collect();
        if !not_shown.is_empty() {
            self.push_sentences(out, "-", &format!("not shown: {}", not_shown.join(", ")));
        }
    }

    fn push_standing(&self, out: &mut String, row: &Row) {
        let (what, why, how) = match &row.standing {
            Standing::Sound => return,
            Standing::NeverTook { why, how } => ("cannot be audited: it never took the control", why, how),
            Standing::TookNoMore { why, how } => {
                ("it takes the control no more, so its last refusals tell nothing", why, how)
            }
        };
        let why = why.as_ref().map(refusal_in_words).or_else(|| how.as_ref().map(in_words));
        let words = why.map_or_else(|| what.to_owned(), |why| format!("{what}: {why}"));
        self.push_sentences(out, "?", &words);
    }

    /// Something that should not have been taken, with what it means.
    fn push_taken(&self, out: &mut String, cell: &Cell) {
        let identity = &cell.identity;
        let Some(severity) = identity.severity else { return };
        let usual = if identity.usual { ", as most clients do" } else { "" };
        let times = match cell.told {
            Told::Flaky => format!("taken {}, refused {}", times(cell.accepted), times(cell.refused)),
            _ => format!("taken{usual}"),
        };
        let mark = self.paint.severity(severity, &format!("{} {severity}: {}", severity.glyph(), identity.name));
        let theirs = identity.certmitm.as_deref().map(|test| format!("  (certmitm: {test})")).unwrap_or_default();
        let _ = writeln!(out, "  {mark}  {times}{}", self.paint.dim(&theirs));
        self.push_sentences(out, "   ", &format!("{}.", identity.about));
        if !identity.usual {
            self.push_sentences(out, "   ", &format!("{}.", identity.risk));
        }
    }

    /// What was right, compactly: by the way it was refused.
    fn push_refused(&self, out: &mut String, row: &Row) {
        let count = row.told(Told::Refused).count();
        if count > 0 {
            let mark = self.paint.good("✓");
            let _ = writeln!(out, "  {mark} refused: {count} of {}", row.cells.len());
        }
        self.push_reasons(out, row, Told::Refused, "");
    }

    /// Identities by how the client left.
    fn push_reasons(&self, out: &mut String, row: &Row, told: Told, label: &str) {
        let mut by_reason: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for cell in row.told(told) {
            let how = cell.how.as_ref().map_or_else(|| "no client came".to_owned(), in_words);
            by_reason.entry(how).or_default().push(&cell.identity.name);
        }
        for (how, names) in by_reason {
            let label = if label.is_empty() { String::new() } else { format!("{label}: ") };
            let mark = if told == Told::Untold { "?" } else { "   " };
            self.push_sentences(out, mark, &format!("{label}{} ({how})", names.join(", ")));
        }
    }

    fn push_left_out(&self, out: &mut String, left_out: &[(String, &'static str)]) {
        let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, why) in left_out {
            by_reason.entry(why).or_default().push(name);
        }
        for (why, names) in by_reason {
            out.push('\n');
            self.push_sentences(out, "-", &format!("left out: {}: {why}", names.join(", ")));
        }
    }

    /// Text behind a mark, its lines as far in.
    fn push_sentences(&self, out: &mut String, mark: &str, sentences: &str) {
        let room = self.columns.saturating_sub(6);
        let gap = " ".repeat(mark.chars().count());
        for (at, line) in text::wrap(&text::safe(sentences), room).iter().enumerate() {
            let _ = writeln!(out, "  {} {line}", if at == 0 { mark } else { &gap });
        }
    }
}

fn times(count: u32) -> String {
    match count {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        count => format!("{count} times"),
    }
}

fn in_words(how: &ClientOutcome) -> String {
    client_outcome_words(how)
}

fn refusal_in_words(why: &Refusal) -> String {
    refusal_words(why)
}
