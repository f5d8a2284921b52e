//! The catalogue as pages for docs/findings/.

use std::fmt::Write as _;

use super::page::{Page, page};
use crate::model::FindingId;

/// One finding's page.
pub fn page_markdown(id: FindingId) -> String {
    let page = page(id);
    let mut out = String::new();
    let _ = writeln!(out, "# {id}\n\n**{}.**\n", page.title);
    let _ = writeln!(out, "Severity: {} {}. About: {}.\n", id.severity().glyph(), id.severity(), id.subject().word());
    let _ = writeln!(out, "## What it means\n\n{}\n", page.cause);
    let _ = writeln!(out, "## What to do\n\n{}\n", fix_in_general(id));
    write_clients(&mut out, page);
    write_evidence(&mut out, page);
    let _ = writeln!(out, "## Where the rule stands\n\n{}", page.source);
    out
}

fn write_clients(out: &mut String, page: &Page) {
    let _ = writeln!(out, "## Who refuses it\n");
    if page.refused_by.is_empty() {
        let _ = writeln!(out, "No client's words are on record.\n");
    } else {
        let _ = writeln!(out, "| client | its words |\n|---|---|");
        for (client, words) in page.refused_by {
            let _ = writeln!(out, "| {client} | {} |", words.replace('|', "\\|"));
        }
        let _ = writeln!(out);
    }
    if !page.accepted_by.is_empty() {
        let _ = writeln!(out, "Accepted by {}.\n", page.accepted_by);
    }
}

fn write_evidence(out: &mut String, page: &Page) {
    let _ = writeln!(out, "## Evidence\n");
    if page.keys.is_empty() {
        let _ = writeln!(out, "The finding itself says all.\n");
        return;
    }
    let _ = writeln!(out, "In one line: `{}`\n", page.summary);
    let _ = writeln!(out, "| key | what it holds |\n|---|---|");
    for (key, meaning) in page.keys {
        let _ = writeln!(out, "| `{key}` | {meaning} |");
    }
    let _ = writeln!(out);
}

/// What to do about a finding, as it reads without a case at hand.
pub fn fix_in_general(id: FindingId) -> String {
    let mut out = String::new();
    let mut rest = page(id).fix;
    while let Some((before, optional)) = rest.split_once('[') {
        out.push_str(before);
        rest = optional.split_once(']').map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out.replace('{', "<").replace('}', ">")
}

/// What is not checked yet, by what it takes.
const NOT_CHECKED: &[(&str, &[&str])] = &[
    (
        "tlscope asks the resolver of this machine, which does not say whether an answer is authentic (DNSSEC); and \
         CAA binds CAs while they issue, not clients",
        &["caa-mismatch", "dane-mismatch"],
    ),
    ("one machine has one view of the network", &["cert-differs-from-public-view"]),
    (
        "rustls ends such a connection, and offers no ECH unless it is given a configuration",
        &["ech-rejected", "post-handshake-auth"],
    ),
];

/// The list of all findings, and of those that are not made.
pub fn index_markdown() -> String {
    let mut out = String::from("# Findings\n\nEvery defect that tlscope names, by chapter.\n");
    let mut section = "";
    for id in FindingId::ALL {
        if id.section() != section {
            section = id.section();
            let _ = writeln!(out, "\n## {section}\n\n| id | severity | what it says |\n|---|---|---|");
        }
        let severity = id.severity();
        let _ = writeln!(out, "| [{id}]({id}.md) | {} {severity} | {} |", severity.glyph(), page(*id).title);
    }
    out.push_str(
        "\n## Not checked\n\nDefects that are known by name and not looked for. A report that is silent about",
    );
    out.push_str(" them says nothing about them.\n\n");
    for (reason, ids) in NOT_CHECKED {
        let ids: Vec<String> = ids.iter().map(|id| format!("`{id}`")).collect();
        let _ = writeln!(out, "- {reason}: {}.", ids.join(", "));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_checked_is_not_listed_as_unchecked() {
        for id in NOT_CHECKED.iter().flat_map(|(_, ids)| *ids) {
            assert_eq!(FindingId::parse(id), None, "{id}");
        }
    }
}
