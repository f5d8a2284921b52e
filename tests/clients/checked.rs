//! `tlscope check`, and what it says.

use std::ffi::OsStr;
use std::fmt;

use serde_json::Value;

use crate::harness::Ground;
use crate::process::{command, run};

/// What of its evidence tells a finding from others of its kind.
const TELLING: [&str; 6] = ["version", "versions", "weakness", "bits", "group", "scheme"];

/// What is said of one target.
pub(crate) struct Checked(Value);

/// Checks one target, with nobody's roots but the CA of the ground. Files are named as they are on
/// the ground; `home` is such a name as well.
#[track_caller]
pub(crate) fn check(ground: &Ground, home: &str, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Checked {
    let mut check = command(env!("CARGO_BIN_EXE_tlscope"));
    check.current_dir(ground.path("")).arg("--home").arg(ground.path(home)).arg("check").args(args);
    let ended = run(check.args(["--format=json", "--roots=none", "--root-file=ca.pem"]));
    let document: Value =
        serde_json::from_slice(&ended.stdout).unwrap_or_else(|_| panic!("{}{}", ended.text(), ended.stderr));
    let [target] = &document["targets"].as_array().unwrap()[..] else { panic!("{document:#}") };
    let checked = Checked(target.clone());
    assert_eq!(ended.is_well(), !checked.is_bad(), "the exit code is that of the findings: {checked}");
    checked
}

impl Checked {
    /// What stands at a JSON pointer.
    pub(crate) fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// What is found, by id and what tells it from others, in alphabetical order.
    pub(crate) fn findings(&self) -> Vec<String> {
        self.worded(|_| true)
    }

    /// The same without what is no more than a remark.
    pub(crate) fn defects(&self) -> Vec<String> {
        self.worded(|finding| finding["severity"] != "info")
    }

    /// The evidence of a finding.
    #[track_caller]
    pub(crate) fn evidence(&self, id: &str) -> &Value {
        let mut findings = self.all().iter();
        let finding = findings.find(|finding| finding["id"] == id);
        &finding.unwrap_or_else(|| panic!("no {id} in {self}"))["evidence"]
    }

    /// Why a question was left open; `None` when it was not.
    pub(crate) fn open(&self, question: &str) -> Option<&str> {
        let mut open = self.0["not_checked"].as_array().unwrap().iter();
        open.find(|open| open["what"] == question).and_then(|open| open["why"].as_str())
    }

    fn all(&self) -> &[Value] {
        self.0["findings"].as_array().unwrap()
    }

    fn is_bad(&self) -> bool {
        self.all().iter().any(|finding| finding["severity"] == "error" || finding["severity"] == "fatal")
    }

    fn worded(&self, is_meant: impl Fn(&Value) -> bool) -> Vec<String> {
        let mut words: Vec<String> = self.all().iter().filter(|finding| is_meant(finding)).map(worded).collect();
        words.sort();
        words
    }
}

/// Without what makes it long.
impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ["outcome", "handshake", "findings", "not_checked"]
            .iter()
            .try_for_each(|member| writeln!(f, "{member}: {:#}", self.0[member]))
    }
}

fn worded(finding: &Value) -> String {
    let evidence = TELLING.iter().filter_map(|key| finding["evidence"].get(key)).map(plain);
    let words: Vec<String> = [plain(&finding["id"])].into_iter().chain(evidence).collect();
    words.join(" ")
}

/// A value as a person writes it.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
