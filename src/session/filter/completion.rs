//! What a filter being written could go on with.

use std::collections::BTreeSet;
use std::ops::Range;

use super::KEYS;
use crate::model::{FindingId, GivenKind, Severity};
use crate::session::Book;
use crate::wire::known_clients;

/// So many are offered at most.
const OFFERED: usize = 8;

/// What the word under the cursor could become.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// The bytes of the filter that would be replaced.
    pub replaces: Range<usize>,
    /// By what, likeliest first.
    pub words: Vec<String>,
    /// Which of them is meant.
    pub chosen: usize,
}

impl Completion {
    /// For a filter that is written up to `cursor`, a byte of it.
    pub fn of(text: &str, cursor: usize, book: &Book) -> Self {
        let before = text.get(..cursor).unwrap_or(text);
        let start = before.rfind([' ', '(', '!', '&', '|']).map_or(0, |at| at + 1);
        let word = before.get(start..).unwrap_or_default();
        Self { replaces: start..before.len(), words: words(word, book), chosen: 0 }
    }
}

fn words(word: &str, book: &Book) -> Vec<String> {
    if let Some((key, value)) = word.split_once(':').filter(|(key, _)| KEYS.contains(key)) {
        let mark = value.len() - value.trim_start_matches(['<', '>', '=']).len();
        let (order, start) = value.split_at_checked(mark).unwrap_or(("", value));
        let lower = start.to_lowercase();
        let fitting = values(key, book).into_iter().filter(|value| value.starts_with(&lower) && *value != lower);
        return fitting.take(OFFERED).map(|value| format!("{key}:{order}{value}")).collect();
    }
    KEYS.iter().filter(|key| key.starts_with(word)).take(OFFERED).map(|key| format!("{key}:")).collect()
}

/// What a key is asked for: what there is in the session, where that can be told.
fn values(key: &str, book: &Book) -> Vec<String> {
    let fixed = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let groups = book.groups();
    match key {
        "finding" => FindingId::ALL.iter().map(|id| id.as_str().to_owned()).collect(),
        "severity" => {
            [Severity::Fatal, Severity::Error, Severity::Warning, Severity::Info].map(|s| s.to_string()).into()
        }
        "tls" => fixed(&["1.3", "1.2", "1.1", "1.0", "ssl3"]),
        "method" => fixed(&["get", "post", "put", "delete", "patch", "head", "options", "connect"]),
        "status" => fixed(&["2xx", "3xx", "4xx", "5xx"]),
        "marked" => fixed(&["yes", "no"]),
        "expires" => fixed(&["7d", "30d", "90d"]),
        "given" => GivenKind::ALL.iter().map(|kind| kind.word().to_owned()).collect(),
        "host" => groups.by_host.keys().map(|host| host.to_lowercase()).collect(),
        "device" => groups.by_device.keys().map(ToString::to_string).collect(),
        "client" => known_clients().map(first_word).collect::<BTreeSet<_>>().into_iter().collect(),
        "leaf" => groups.by_leaf.keys().map(crate::model::Fingerprint::short).collect(),
        _ => Vec::new(),
    }
}

/// As far as it can be written without quotes.
fn first_word(client: &str) -> String {
    client.split([' ', ',']).next().unwrap_or(client).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Limits;

    #[test]
    fn words_are_offered_for_keys_and_values() {
        let book = Book::new(Limits::default());
        let cases = [
            ("sev", 0..3, vec!["severity:"]),
            ("host:a sev", 7..10, vec!["severity:"]),
            ("!severity:>=f", 1..13, vec!["severity:>=fatal"]),
            ("(tls:<1.2|status:5", 10..18, vec!["status:5xx"]),
            ("finding:leaf-self", 0..17, vec!["finding:leaf-self-signed"]),
            ("marked:y", 0..8, vec!["marked:yes"]),
            ("status:5xx", 0..10, vec![]),
            ("nosuch:", 0..7, vec![]),
        ];
        for (text, replaces, words) in cases {
            let completion = Completion::of(text, text.len(), &book);
            assert_eq!(
                (completion.replaces, completion.words),
                (replaces, words.into_iter().map(str::to_owned).collect()),
                "{text}"
            );
        }
        assert_eq!(Completion::of("ho api", 2, &book).words, ["host:"], "the word before the cursor");
    }
}
