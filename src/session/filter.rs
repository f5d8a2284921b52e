//! The filter language: bare text, and `key:value` with `< <= > >=` before the value where it has
//! an order, joined by `!`, `&`, `|` and brackets; terms side by side are joined by `&`.

use super::row::{Line, Row};
use crate::model::{FindingId, Severity, Timestamp, TlsVersion};

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

#[derive(Clone, Debug, PartialEq)]
enum Term {
    Anywhere(String),
    Host(String),
    Path(String),
    Method(String),
    /// A status, or with `xx` behind it a class of them.
    Status(Order, u16, u16),
    Device(String),
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
}

/// The keys there are, for completion.
const KEYS: &[&str] = &[
    "host", "path", "method", "status", "device", "finding", "severity", "tls", "issuer", "san", "leaf", "expires",
    "alert", "given", "size", "took",
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
        let mut reader = Reader { text, at: 0 };
        reader.skip_space();
        if reader.is_done() {
            return Ok(Self { root: Node::Everything, text: text.to_owned() });
        }
        let root = reader.either()?;
        reader.skip_space();
        if reader.is_done() {
            Ok(Self { root, text: text.to_owned() })
        } else {
            Err(reader.error("nothing opens this bracket"))
        }
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it lets everything through.
    pub fn is_everything(&self) -> bool {
        self.root == Node::Everything
    }

    /// Whether it lets the row through. `now` is what `expires:` counts from.
    pub fn matches(&self, row: &Row, line: Option<&Line>, now: Timestamp) -> bool {
        holds(&self.root, row, line, now)
    }

    /// What the word being written could become.
    pub fn completions(word: &str) -> Vec<String> {
        if let Some(start) = word.strip_prefix("finding:") {
            let ids = FindingId::ALL.iter().map(|id| id.as_str()).filter(|id| id.starts_with(start));
            return ids.map(|id| format!("finding:{id}")).collect();
        }
        KEYS.iter().filter(|key| key.starts_with(word)).map(|key| format!("{key}:")).collect()
    }
}

fn holds(node: &Node, row: &Row, line: Option<&Line>, now: Timestamp) -> bool {
    match node {
        Node::Everything => true,
        Node::And(all) => all.iter().all(|node| holds(node, row, line, now)),
        Node::Or(any) => any.iter().any(|node| holds(node, row, line, now)),
        Node::Not(inner) => !holds(inner, row, line, now),
        Node::Term(term) => term_holds(term, row, line, now),
    }
}

fn term_holds(term: &Term, row: &Row, line: Option<&Line>, now: Timestamp) -> bool {
    let has = |text: &str, part: &str| contains_lower(text, part);
    let on_line = |test: &dyn Fn(&Line) -> bool| line.is_some_and(test);
    match term {
        Term::Anywhere(part) => has(&row.request, part) || on_line(&|line| line_has(line, part)),
        Term::Host(part) => on_line(&|line| has(&line.host, part)),
        Term::Path(part) => row.request.split_once(' ').is_some_and(|(_, path)| has(path, part)),
        Term::Method(method) => row.request.split(' ').next().is_some_and(|own| own.eq_ignore_ascii_case(method)),
        Term::Status(Order::Equal, low, high) => (*low..=*high).contains(&row.status),
        Term::Status(order, low, _) => row.status != 0 && order.holds(&row.status, low),
        Term::Device(part) => on_line(&|line| line.device.to_string().starts_with(part.as_str())),
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
            ends.is_some_and(|ends| order.holds(&ends.ms_since(now), left))
        }),
        Term::Alert(part) => on_line(&|line| line.alert.is_some_and(|alert| alert.to_string().contains(part.as_str()))),
        Term::Given(part) => on_line(&|line| line.given.is_some_and(|given| has(given.word(), part))),
        Term::Size(order, size) => order.holds(&row.size, size),
        Term::Took(order, ms) => row.took_ms.is_some_and(|took| order.holds(&f64::from(took), ms)),
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

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn is_done(&self) -> bool {
        self.rest().is_empty()
    }

    fn error(&self, why: impl Into<String>) -> FilterError {
        FilterError { at: self.at, why: why.into() }
    }

    fn skip_space(&mut self) {
        let trimmed = self.rest().trim_start().len();
        self.at = self.text.len() - trimmed;
    }

    fn take(&mut self, c: char) -> bool {
        self.skip_space();
        let found = self.rest().starts_with(c);
        if found {
            self.at += c.len_utf8();
        }
        found
    }

    fn either(&mut self) -> Result<Node, FilterError> {
        let mut any = vec![self.both()?];
        while self.take('|') {
            any.push(self.both()?);
        }
        Ok(if any.len() == 1 { any.remove(0) } else { Node::Or(any) })
    }

    fn both(&mut self) -> Result<Node, FilterError> {
        let mut all = vec![self.one()?];
        loop {
            let joined = self.take('&');
            self.skip_space();
            let ends = self.is_done() || self.rest().starts_with(['|', ')']);
            if ends && joined {
                return Err(self.error("something has to stand behind `&`"));
            }
            if ends {
                return Ok(if all.len() == 1 { all.remove(0) } else { Node::And(all) });
            }
            all.push(self.one()?);
        }
    }

    fn one(&mut self) -> Result<Node, FilterError> {
        if self.take('!') {
            return Ok(Node::Not(Box::new(self.one()?)));
        }
        if self.take('(') {
            let inner = self.either()?;
            return if self.take(')') { Ok(inner) } else { Err(self.error("this bracket is not closed")) };
        }
        self.skip_space();
        let start = self.at;
        let word = self.word()?;
        read_term(&word).map(Node::Term).map_err(|why| FilterError { at: start, why })
    }

    /// Up to a space or a joint; quotes hold both.
    fn word(&mut self) -> Result<String, FilterError> {
        let mut word = String::new();
        let mut quoted = false;
        let mut length = 0;
        for c in self.rest().chars() {
            if !quoted && (c.is_whitespace() || "&|()".contains(c)) {
                break;
            }
            length += c.len_utf8();
            if c == '"' {
                quoted = !quoted;
            } else {
                word.push(c);
            }
        }
        if quoted {
            return Err(self.error("this quote is not closed"));
        }
        if length == 0 {
            return Err(self.error("something has to stand here"));
        }
        self.at += length;
        Ok(word)
    }
}

fn read_term(word: &str) -> Result<Term, String> {
    let Some((key, value)) = word.split_once(':').filter(|(key, _)| KEYS.contains(key)) else {
        return Ok(Term::Anywhere(word.to_lowercase()));
    };
    let lower = value.to_lowercase();
    let (order, bare) = read_order(&lower);
    if bare.is_empty() {
        return Err(format!("{key}: wants a value"));
    }
    match key {
        "host" => Ok(Term::Host(lower)),
        "path" => Ok(Term::Path(lower)),
        "method" => Ok(Term::Method(lower)),
        "status" => read_status(order, bare),
        "device" => Ok(Term::Device(lower)),
        "finding" => Ok(Term::Finding(lower)),
        "severity" => {
            let severity = Severity::parse(bare).ok_or("a severity is one of info, warning, error, fatal")?;
            Ok(Term::Severity(order, severity))
        }
        "tls" => Ok(Term::Tls(order, read_version(bare).ok_or("a version is one of ssl3, 1.0, 1.1, 1.2, 1.3")?)),
        "issuer" => Ok(Term::Issuer(lower)),
        "leaf" => Ok(Term::Leaf(lower)),
        "san" => Ok(Term::San(lower)),
        "expires" => Ok(Term::Expires(order, read_span(bare).ok_or("a time left is a number with h or d, as 30d")?)),
        "alert" => Ok(Term::Alert(lower)),
        "given" => Ok(Term::Given(lower)),
        "size" => Ok(Term::Size(order, read_size(bare).ok_or("a size is a number, with k, M or G behind it")?)),
        _ => Ok(Term::Took(order, read_duration(bare).ok_or("a time is a number with ms or s, as 500ms")?)),
    }
}

fn read_order(value: &str) -> (Order, &str) {
    let orders = [("<=", Order::LessOrEqual), (">=", Order::GreaterOrEqual), ("<", Order::Less), (">", Order::Greater)];
    let found = orders.iter().find_map(|(mark, order)| value.strip_prefix(mark).map(|rest| (*order, rest)));
    found.unwrap_or((Order::Equal, value.strip_prefix('=').unwrap_or(value)))
}

/// `404`, `4xx`, `>=500`.
fn read_status(order: Order, value: &str) -> Result<Term, String> {
    let why = "a status is a number as 404, or a class as 4xx";
    if let Some(class) = value.strip_suffix("xx") {
        let class: u16 = class.parse().ok().filter(|class| (1..=9).contains(class)).ok_or(why)?;
        return Ok(Term::Status(order, class * 100, class * 100 + 99));
    }
    let status = value.parse().map_err(|_| why)?;
    Ok(Term::Status(order, status, status))
}

fn read_version(value: &str) -> Option<TlsVersion> {
    match value {
        "ssl3" | "sslv3" => Some(TlsVersion::SSL3),
        "1.0" | "1" => Some(TlsVersion::TLS10),
        "1.1" => Some(TlsVersion::TLS11),
        "1.2" => Some(TlsVersion::TLS12),
        "1.3" => Some(TlsVersion::TLS13),
        _ => None,
    }
}

fn number_and_unit(value: &str) -> Option<(f64, &str)> {
    let end = value.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).unwrap_or(value.len());
    let (number, unit) = value.split_at_checked(end)?;
    Some((number.parse().ok()?, unit))
}

fn read_span(value: &str) -> Option<i64> {
    let (number, unit) = number_and_unit(value)?;
    let hours = match unit {
        "h" => 1.0,
        "d" | "" => 24.0,
        "w" => 168.0,
        _ => return None,
    };
    Some((number * hours * 3_600_000.0) as i64)
}

fn read_size(value: &str) -> Option<u64> {
    let (number, unit) = number_and_unit(value)?;
    let factor = match unit.trim_end_matches('b') {
        "" => 1.0,
        "k" => 1024.0,
        "m" => 1_048_576.0,
        "g" => 1_073_741_824.0,
        _ => return None,
    };
    (number >= 0.0).then_some((number * factor) as u64)
}

fn read_duration(value: &str) -> Option<f64> {
    let (number, unit) = number_and_unit(value)?;
    match unit {
        "" | "ms" => Some(number),
        "s" => Some(number * 1000.0),
        "m" => Some(number * 60_000.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
