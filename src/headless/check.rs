//! `check` for a person: the verdict, every finding with its fix, the chain, and what stayed open.

use std::fmt::Write as _;

use super::Paint;
use crate::check::{Checked, Reach};
use crate::explain::{self, ChainLine, Role, chain_lines, handshake_lines};
use crate::model::{Finding, FindingId, Provenance, Report, Severity, Trusted, Verdict};
use crate::text;
use crate::x509::pem;

/// The report about one server or file, its sentences no wider than `columns`.
pub fn check_report(checked: &Checked, label: &str, paint: Paint, columns: usize) -> String {
    let mut out = headline(checked, label, paint);
    for finding in &checked.report.findings {
        out.push_str(&finding_text(finding, paint, columns));
    }
    push_chain(&mut out, &chain_lines(&checked.sent, &checked.report), paint);
    push_missing(&mut out, &checked.report, paint);
    push_verdicts(&mut out, &checked.report.verdicts, paint);
    if let Some(handshake) = &checked.handshake {
        let lines = handshake_lines(handshake);
        push_part(&mut out, "handshake", lines.iter().map(|(label, value)| format!("{label:<24} {value}")), paint);
    }
    // It names certificates, and they call themselves as they like.
    let open =
        checked.report.not_checked.iter().map(|open| text::safe(&format!("{}: {}", open.what, open.why)).into_owned());
    push_part(&mut out, "not checked", open, paint);
    out
}

fn headline(checked: &Checked, label: &str, paint: Paint) -> String {
    let verdict = match checked.report.worst() {
        Some(severity @ (Severity::Fatal | Severity::Error | Severity::Warning)) => {
            paint.severity(severity, &format!("{} {severity}", severity.glyph()))
        }
        _ => paint.good("✓ no defect"),
    };
    let mut facts = Vec::new();
    if let Some(name) = checked.name.as_ref().filter(|name| !label.starts_with(&name.in_authority())) {
        facts.push(format!("as {name}"));
    }
    facts.extend(checked.address.map(|address| address.to_string()));
    facts.extend(checked.via.as_ref().map(|via| format!("through {}", via.words())));
    let reach = match checked.reach {
        Reach::Connected => "connected",
        Reach::Captured => "no connection, but a certificate was seen",
        Reach::Failed => "no connection",
        Reach::File => "from a file",
    };
    facts.push(reach.to_owned());
    let timing = checked.timing;
    for (step, ms) in
        [("DNS", timing.dns_ms), ("TCP", timing.tcp_ms), ("proxy", timing.proxy_ms), ("TLS", timing.tls_ms)]
    {
        facts.extend(ms.map(|ms| format!("{step} {} ms", text::milliseconds(ms))));
    }
    format!("{}  {verdict}\n  {}\n", paint.bold(&text::safe(label)), paint.dim(&text::safe(&facts.join(", "))))
}

fn finding_text(finding: &Finding, paint: Paint, columns: usize) -> String {
    let mark = paint.severity(finding.severity, &format!("{} {}", finding.severity.glyph(), finding.id));
    let page = explain::page(finding.id);
    let mut out = format!("\n  {mark}  {}\n", finding.subject.kind.word());
    push_sentences(&mut out, "", &text::safe(&explain::summary(finding)), paint, columns);
    if finding.severity > Severity::Info {
        push_sentences(&mut out, "Why:", page.cause, paint, columns);
        push_sentences(&mut out, "Fix:", &text::safe(&explain::fix(finding)), paint, columns);
        let who: Vec<&str> = page.refused_by.iter().map(|(who, _)| *who).collect();
        if !who.is_empty() {
            push_sentences(&mut out, "Refused by:", &who.join(", "), paint, columns);
        }
    }
    out
}

/// Text behind a label, with the lines that it runs on to as far in.
fn push_sentences(out: &mut String, label: &str, sentences: &str, paint: Paint, columns: usize) {
    let gap = if label.is_empty() { String::new() } else { format!("{label} ") };
    let room = columns.saturating_sub(4);
    for (at, line) in text::wrap(&format!("{gap}{sentences}"), room).iter().enumerate() {
        let line = match line.strip_prefix(label).filter(|_| at == 0) {
            Some(rest) if !label.is_empty() => format!("{}{rest}", paint.dim(label)),
            _ => line.clone(),
        };
        let _ = writeln!(out, "    {line}");
    }
}

/// A tree, the leaf first as servers send it.
fn push_chain(out: &mut String, lines: &[ChainLine], paint: Paint) {
    let row = |at: usize, line: &ChainLine| {
        let branch = match (line.role, at) {
            (Role::Extra, _) => "+ ".to_owned(),
            (_, 0) => String::new(),
            (_, depth) => format!("{}└ ", "  ".repeat(depth - 1)),
        };
        let glyph = line.worst.map_or_else(String::new, |worst| format!(" {}", paint.severity(worst, worst.glyph())));
        let about = [line.role.word().to_owned(), line.about.clone(), line.origin()];
        let about: Vec<String> = about.into_iter().filter(|part| !part.is_empty()).collect();
        format!("{branch}{}{glyph}  {}", text::safe(&line.label), paint.dim(&text::safe(&about.join("; "))))
    };
    push_part(out, "chain", lines.iter().enumerate().map(|(at, line)| row(at, line)), paint);
}

/// The certificates that the server should have sent, ready to be appended to its file.
fn push_missing(out: &mut String, report: &Report, paint: Paint) {
    if !report.findings.iter().any(|finding| finding.id == FindingId::ChainMissingIntermediate) {
        return;
    }
    let missing = report.found.iter().filter(|(_, from)| matches!(from, Provenance::Aia | Provenance::Seen));
    let lines: Vec<String> =
        missing.flat_map(|(der, _)| pem(&der.der).lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    push_part(out, "append this to the server's certificate file", lines.into_iter(), paint);
}

fn push_verdicts(out: &mut String, verdicts: &[Verdict], paint: Paint) {
    let words = |verdict: &Verdict| match verdict.result {
        Trusted::Trusted => paint.good("trusted"),
        Trusted::Untrusted => paint.severity(Severity::Error, "not trusted"),
        Trusted::Undetermined => paint.severity(Severity::Warning, "cannot be told: the issuer is missing"),
        Trusted::NoRoots => paint.dim("no roots"),
    };
    push_part(out, "trust", verdicts.iter().map(|v| format!("{:<8} {}", v.roots.word(), words(v))), paint);
}

fn push_part(out: &mut String, title: &str, lines: impl Iterator<Item = String>, paint: Paint) {
    for (at, line) in lines.enumerate() {
        if at == 0 {
            let _ = writeln!(out, "\n  {}", paint.bold(title));
        }
        let _ = writeln!(out, "    {line}");
    }
}
