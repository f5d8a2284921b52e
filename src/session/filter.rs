//! The filter language: bare text, and `key:value` with `< <= > >=` before the value where it has
//! an order, joined by `!`, `&`, `|` and brackets; terms side by side are joined by `&`.

use std::collections::{HashMap, HashSet};

use super::row::{ClientFacts, Line, Row};
use crate::model::{ExchangeId, Note, RowId, Severity, Timestamp, TlsVersion};

/// A filter that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    root: Node,
    text: String,
}

/// Why a filter cannot be read, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct FilterError {
    /// The byte at which reading stopped.
    pub at: usize,
    /// What is wrong there.
    pub why: String,
}

#[derive(Clone, Debug, PartialEq)]
enum Node {
    Everything,
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Term(Term),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    fn holds<T: PartialOrd>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Equal => left == right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }
}

/// A piece of a text, in lower case; with `^` before it at the text's start, with `$` behind it at
/// its end.
#[derive(Clone, Debug, PartialEq)]
struct Part {
    piece: String,
    at_start: bool,
    at_end: bool,
}

impl Part {
    fn read(word: &str) -> Self {
        let behind = word.strip_prefix('^');
        let piece = behind.unwrap_or(word);
        let before = piece.strip_suffix('$');
        Self { piece: before.unwrap_or(piece).to_owned(), at_start: behind.is_some(), at_end: before.is_some() }
    }

    /// As [`Self::fits`], but without a mark at the text's start.
    fn begins(&self, text: &str) -> bool {
        let at_start = Self { at_start: true, ..self.clone() };
        at_start.fits(text)
    }

    fn fits(&self, text: &str) -> bool {
        if !self.at_start && !self.at_end {
            return contains_lower(text, &self.piece);
        }
        let text = text.to_lowercase();
        (!self.at_start || text.starts_with(&self.piece))
            && (!self.at_end || text.ends_with(&self.piece))
            && (!(self.at_start && self.at_end) || text.len() == self.piece.len())
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Term {
    Anywhere(String),
    Host(Part),
    Path(Part),
    /// A branch of the tree of paths.
    Under(String),
    Method(String),
    /// A status, or with `xx` behind it a class of them.
    Status(Order, u16, u16),
    Device(Part),
    Ja4(String),
    /// What a client looks like.
    Client(String),
    Finding(String),
    Severity(Order, Severity),
    Tls(Order, TlsVersion),
    Issuer(String),
    Leaf(String),
    San(String),
    /// Time left, in milliseconds.
    Expires(Order, i64),
    Alert(String),
    Given(String),
    Size(Order, u64),
    Took(Order, f64),
    Marked(bool),
    Note(String),
    Body(String),
}

/// What a filter asks that is not in the row.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// What `expires:` counts from.
    pub now: Timestamp,
    /// What a person says of rows.
    pub notes: &'a HashMap<RowId, Note>,
    /// In whose bodies the text of [`Filter::body_text`] was found so far.
    pub found: &'a HashSet<ExchangeId>,
}

/// The keys there are, for completion.
const KEYS: &[&str] = &[
    "host", "path", "under", "method", "status", "device", "client", "ja4", "finding", "severity", "tls", "issuer",
    "san", "leaf", "expires", "alert", "given", "size", "took", "marked", "note", "body",
];

impl Filter {
    /// Lets everything through.
    pub fn everything() -> Self {
        Self { root: Node::Everything, text: String::new() }
    }

    /// Reads a filter.
    ///
    /// # Errors
    /// [`FilterError`] with the place at which it cannot be read.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let root = reading::read(text)?;
        let mut bodies = Vec::new();
        body_texts(&root, &mut bodies);
        if bodies.windows(2).any(|pair| pair.first() != pair.last()) {
            let at = text.rfind("body:").unwrap_or(0);
            return Err(FilterError { at, why: "one text at a time can be looked for in bodies".to_owned() });
        }
        Ok(Self { root, text: text.to_owned() })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it lets everything through.
    pub fn is_everything(&self) -> bool {
        self.root == Node::Everything
    }

    /// Whether it lets the row through.
    pub fn matches(&self, row: &Row, line: Option<&Line>, asked: &Asked<'_>) -> bool {
        holds(&self.root, row, line, asked)
    }

    /// The first word that looks like a key and is none: it is looked for as a word, which may not be what
    /// was meant. A host with its port is a word.
    pub fn unknown_key(text: &str) -> Option<&str> {
        let words = text.split([' ', '&', '|', '(', ')']).map(|word| word.trim_start_matches('!'));
        let mut keys = words.filter_map(|word| word.split_once(':'));
        let is_name = |key: &str| !key.is_empty() && key.bytes().all(|b| b.is_ascii_lowercase());
        let is_port = |value: &str| !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
        let found = keys
            .find(|(key, value)| is_name(key) && !KEYS.contains(key) && !is_port(value) && !value.starts_with("//"));
        found.map(|(key, _)| key)
    }

    /// The text that it wants in a body, in lower case: somebody has to look for it.
    pub fn body_text(&self) -> Option<&str> {
        let mut found = Vec::new();
        body_texts(&self.root, &mut found);
        found.first().copied()
    }
}

fn holds(node: &Node, row: &Row, line: Option<&Line>, asked: &Asked<'_>) -> bool {
    match node {
        Node::Everything => true,
        Node::And(all) => all.iter().all(|node| holds(node, row, line, asked)),
        Node::Or(any) => any.iter().any(|node| holds(node, row, line, asked)),
        Node::Not(inner) => !holds(inner, row, line, asked),
        Node::Term(term) => term_holds(term, row, line, asked),
    }
}

fn term_holds(term: &Term, row: &Row, line: Option<&Line>, asked: &Asked<'_>) -> bool {
    let has = |text: &str, part: &str| contains_lower(text, part);
    let on_line = |test: &dyn Fn(&Line) -> bool| line.is_some_and(test);
    let on_client =
        |test: &dyn Fn(&ClientFacts) -> bool| line.and_then(|line| line.client.as_deref()).is_some_and(test);
    match term {
        Term::Anywhere(part) => has(&row.request, part) || on_line(&|line| line_has(line, part)),
        Term::Host(part) => on_line(&|line| part.fits(&line.host)),
        Term::Path(part) => part.fits(row.path()),
        Term::Under(branch) => is_under(row.path(), branch),
        Term::Method(method) => row.request.split(' ').next().is_some_and(|own| own.eq_ignore_ascii_case(method)),
        Term::Status(Order::Equal, low, high) => (*low..=*high).contains(&row.status),
        Term::Status(order, low, _) => row.status != 0 && order.holds(&row.status, low),
        Term::Device(part) => on_line(&|line| part.begins(&line.device.to_string())),
        Term::Ja4(part) => on_client(&|client| client.ja4.contains(part.as_str())),
        Term::Client(part) => on_client(&|client| client.looks_like.as_deref().is_some_and(|name| has(name, part))),
        Term::Finding(part) => on_line(&|line| line.findings.iter().any(|(id, _)| id.as_str().contains(part.as_str()))),
        Term::Severity(order, severity) => {
            on_line(&|line| line.worst().is_some_and(|worst| order.holds(&worst, severity)))
        }
        Term::Tls(order, version) => on_line(&|line| line.tls.is_some_and(|own| order.holds(&own, version))),
        Term::Issuer(part) => {
            on_line(&|line| line.leaf.as_ref().is_some_and(|leaf| leaf.issuer.contains(part.as_str())))
        }
        Term::Leaf(start) => on_line(&|line| line.leaf.as_ref().is_some_and(|leaf| leaf.sha256.begins_with(start))),
        Term::San(part) => on_line(&|line| line.leaf.as_ref().is_some_and(|leaf| leaf.san.contains(part.as_str()))),
        Term::Expires(order, left) => on_line(&|line| {
            let ends = line.leaf.as_ref().and_then(|leaf| leaf.not_after);
            ends.is_some_and(|ends| order.holds(&ends.ms_since(asked.now), left))
        }),
        Term::Alert(part) => on_line(&|line| line.alert.is_some_and(|alert| alert.to_string().contains(part.as_str()))),
        Term::Given(part) => on_line(&|line| line.given.is_some_and(|given| has(given.word(), part))),
        Term::Size(order, size) => order.holds(&row.size, size),
        Term::Took(order, ms) => row.took_ms.is_some_and(|took| order.holds(&f64::from(took), ms)),
        Term::Marked(wanted) => asked.notes.get(&row.id).is_some_and(|note| note.marked) == *wanted,
        Term::Note(part) => asked.notes.get(&row.id).is_some_and(|note| has(&note.text, part)),
        Term::Body(_) => matches!(row.id, RowId::Exchange(id) if asked.found.contains(&id)),
    }
}

/// Whether a path is the branch, or goes on below it.
fn is_under(path: &str, branch: &str) -> bool {
    let path = path.to_lowercase();
    path.strip_prefix(branch).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
}

/// A value as it can stand behind a key, whatever is in it.
pub fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The texts that are wanted in bodies.
fn body_texts<'n>(node: &'n Node, found: &mut Vec<&'n str>) {
    match node {
        Node::And(nodes) | Node::Or(nodes) => nodes.iter().for_each(|node| body_texts(node, found)),
        Node::Not(inner) => body_texts(inner, found),
        Node::Term(Term::Body(text)) => found.push(text),
        Node::Everything | Node::Term(_) => {}
    }
}

fn line_has(line: &Line, part: &str) -> bool {
    contains_lower(&line.host, part) || line.findings.iter().any(|(id, _)| id.as_str().contains(part))
}

/// Whether `text`, in any case, holds `part`, which is in lower case.
fn contains_lower(text: &str, part: &str) -> bool {
    if part.is_empty() {
        return true;
    }
    if text.is_ascii() {
        let wanted = part.as_bytes();
        return text.as_bytes().windows(wanted.len()).any(|window| window.eq_ignore_ascii_case(wanted));
    }
    text.to_lowercase().contains(part)
}

mod completion;
mod reading;

pub use completion::Completion;

#[cfg(test)]
mod tests;
