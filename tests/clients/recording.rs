//! What tlscope says it saw.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::{fmt, fs};

use serde_json::Value;

/// The lines of an events file, and the HAR document beside it.
pub(crate) struct Recording {
    lines: Vec<Value>,
    har: Value,
}

impl Recording {
    /// Reads the files of a tlscope that has ended.
    pub(crate) fn read(events: &Path, har: &Path) -> Self {
        let text = fs::read_to_string(events).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.last().unwrap()["type"], "summary", "the last line is the summary");
        Self { lines, har: serde_json::from_slice(&fs::read(har).unwrap()).unwrap() }
    }

    /// The last line about each thing of a type.
    fn latest(&self, of_type: &str) -> Vec<Record<'_>> {
        let lines = self.lines.iter().filter(|line| line["type"] == of_type);
        let by_id: BTreeMap<u64, &Value> = lines.map(|line| (line["id"].as_u64().unwrap(), line)).collect();
        by_id.into_values().map(Record).collect()
    }

    /// All exchanges.
    pub(crate) fn exchanges(&self) -> Vec<Record<'_>> {
        self.latest("exchange")
    }

    /// The only exchange with this URL.
    #[track_caller]
    pub(crate) fn exchange(&self, url: &str) -> Record<'_> {
        let found: Vec<_> = self.exchanges().into_iter().filter(|exchange| exchange.0["url"] == url).collect();
        let [exchange] = found[..] else { panic!("{} exchanges with {url}", found.len()) };
        exchange
    }

    /// The messages of the WebSocket with this URL: type, opcode and data of each.
    pub(crate) fn messages(&self, url: &str) -> Vec<[String; 3]> {
        let entries = self.har["log"]["entries"].as_array().unwrap();
        let entry = entries.iter().find(|entry| entry["request"]["url"] == url).unwrap();
        let messages = entry["_webSocketMessages"].as_array().unwrap().iter();
        let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        messages.map(|message| ["type", "opcode", "data"].map(|member| word(&message[member]))).collect()
    }

    /// The HAR document.
    pub(crate) fn har(&self) -> &Value {
        &self.har
    }

    /// All connections.
    pub(crate) fn connections(&self) -> Vec<Record<'_>> {
        self.latest("connection")
    }

    /// The only connection.
    #[track_caller]
    pub(crate) fn connection(&self) -> Record<'_> {
        let [connection] = self.connections()[..] else { panic!("{} connections", self.connections().len()) };
        connection
    }
}

/// The last line about a connection or an exchange.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'a>(&'a Value);

impl Record<'_> {
    /// What stands at a JSON pointer.
    pub(crate) fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// It has these members, whatever it has besides.
    #[track_caller]
    pub(crate) fn has(&self, expected: &Value) -> &Self {
        if let Some(difference) = difference(self.0, expected, "") {
            panic!("{difference} in {self}");
        }
        self
    }

    /// Its findings, those excepted that are no more than remarks.
    pub(crate) fn findings(&self) -> BTreeSet<&str> {
        let findings = self.0["findings"].as_array().unwrap().iter();
        findings.filter(|finding| finding["severity"] != "info").map(id_of).collect()
    }

    /// It has this finding.
    #[track_caller]
    pub(crate) fn is_found(&self, id: &str) -> &Self {
        let mut findings = self.0["findings"].as_array().unwrap().iter();
        assert!(findings.any(|finding| id_of(finding) == id), "no {id} in {self}");
        self
    }
}

/// Without what makes it long.
impl fmt::Display for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut short = self.0.clone();
        for pointer in ["/certificates", "/client/hello", "/request/body/base64", "/response/body/base64"] {
            short.pointer_mut(pointer).map(Value::take);
        }
        write!(f, "{short:#}")
    }
}

fn id_of(finding: &Value) -> &str {
    finding["id"].as_str().unwrap()
}

/// The first place where `actual` has not what `expected` has.
fn difference(actual: &Value, expected: &Value, at: &str) -> Option<String> {
    match expected.as_object() {
        Some(members) => {
            members.iter().find_map(|(name, value)| difference(&actual[name], value, &format!("{at}/{name}")))
        }
        None => (actual != expected).then(|| format!("{at} is {actual} instead of {expected}")),
    }
}
