//! The manual has the whole catalogue.
//!
//! `UPDATE_DOCS=1 cargo test the_manual_has_the_catalogue` writes its tables anew.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use tlscope::ca::Catalogue;
use tlscope::model::Identity;

const BEGIN: &str = "the_manual_has_the_catalogue -->\n";
const END: &str = "<!-- end of the catalogue -->";

fn row(identity: &Identity, found: &str) -> String {
    let severity = identity.severity.map_or("control", |severity| severity.word());
    let usual = if identity.usual { ", usual" } else { "" };
    let certmitm = identity.certmitm.as_deref().map(|test| format!(" (certmitm: `{test}`)")).unwrap_or_default();
    let Identity { name, about, risk, .. } = identity;
    format!("| `{name}` | {severity}{usual} | {about}{certmitm} | {risk} | {found} |\n")
}

fn table() -> String {
    let catalogue = Catalogue::read().unwrap();
    let mut out = String::from(
        "| identity | taking it | what is wrong | what it means | tlscope finds |\n|---|---|---|---|---|\n",
    );
    for identity in catalogue.identities() {
        let found: Vec<String> =
            catalogue.expected(&identity.name).iter().map(|id| format!("[{id}](../findings/{id}.md)")).collect();
        let _ = write!(out, "{}", row(&identity, &found.join(", ")));
    }
    out
}

#[test]
fn the_manual_has_the_catalogue() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/manual/audit.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (_, behind) = rest.split_once(END).unwrap();
    let expected = format!("{before}{BEGIN}{}{END}{behind}", table());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    let there = fs::read_to_string(&path).unwrap();
    assert!(
        there == expected,
        "docs/manual/audit.md is out of date: UPDATE_DOCS=1 cargo test the_manual_has_the_catalogue"
    );
}
