//! Reading a filter: recursive descent over `|`, `&`, `!` and brackets, and the values of each key.

use super::{FilterError, KEYS, Node, Order, Part, Term};
use crate::model::{Severity, TlsVersion};

/// Brackets and negations in one another.
const DEEPEST: usize = 100;

pub(super) fn read(text: &str) -> Result<Node, FilterError> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    reader.skip_space();
    if reader.is_done() {
        return Ok(Node::Everything);
    }
    let root = reader.either()?;
    reader.skip_space();
    if reader.is_done() { Ok(root) } else { Err(reader.error("nothing opens this bracket")) }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
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
        self.depth += 1;
        let read = if self.depth > DEEPEST { Err(self.error("too many brackets")) } else { self.one_within() };
        self.depth -= 1;
        read
    }

    fn one_within(&mut self) -> Result<Node, FilterError> {
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

    /// Up to a space or a joint; quotes hold both, and within them a backslash holds a quote.
    fn word(&mut self) -> Result<String, FilterError> {
        let mut word = String::new();
        let mut quoted = false;
        let mut length = 0;
        let mut escaped = false;
        for c in self.rest().chars() {
            if !quoted && (c.is_whitespace() || "&|()".contains(c)) {
                break;
            }
            length += c.len_utf8();
            match c {
                _ if escaped => {
                    word.push(c);
                    escaped = false;
                }
                '\\' if quoted => escaped = true,
                '"' => quoted = !quoted,
                _ => word.push(c),
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
    if value.is_empty() {
        return Err(format!("{key}: wants a value"));
    }
    match key {
        "host" => Ok(Term::Host(Part::read(&lower))),
        "path" => Ok(Term::Path(Part::read(&lower))),
        "method" => Ok(Term::Method(lower)),
        "status" => read_status(order, bare),
        "device" => Ok(Term::Device(Part::read(&lower))),
        "client" => Ok(Term::Client(lower)),
        "ja4" => Ok(Term::Ja4(lower)),
        "under" => Ok(Term::Under(lower)),
        "finding" => Ok(Term::Finding(lower)),
        "severity" => {
            let severity = Severity::parse(bare).ok_or("a severity is one of info, warning, error, fatal")?;
            Ok(Term::Severity(order, severity))
        }
        "tls" => Ok(Term::Tls(order, read_version(bare).ok_or("a version is one of ssl3, 1.0, 1.1, 1.2, 1.3")?)),
        "issuer" => Ok(Term::Issuer(lower)),
        "leaf" => Ok(Term::Leaf(lower)),
        "san" => Ok(Term::San(lower)),
        "expires" => Ok(Term::Expires(order, read_span(bare).ok_or("a time left is a number with h, d or w, as 30d")?)),
        "alert" => Ok(Term::Alert(lower)),
        "given" => Ok(Term::Given(lower)),
        "size" => Ok(Term::Size(order, read_size(bare).ok_or("a size is a number, with k, M or G behind it")?)),
        "marked" => match bare {
            "yes" => Ok(Term::Marked(true)),
            "no" => Ok(Term::Marked(false)),
            _ => Err("marked: is yes or no".to_owned()),
        },
        "note" => Ok(Term::Note(lower)),
        "body" => Ok(Term::Body(lower)),
        _ => Ok(Term::Took(order, read_duration(bare).ok_or("a time is a number with ms, s or m, as 500ms")?)),
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
