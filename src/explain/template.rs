//! Sentences with places for evidence.
//!
//! `{key}` stands for a fact, `{key:day}` for the day of a time, `{key:days}` for a number of days in
//! words, `{key:hours}` and `{key:seconds}` for such numbers in words; `{key:nth}` for a place counted
//! from 0 as people count it, from 1; `{key:short}` for fingerprints of which the beginning is enough. A part in `[ ]` is left out when a fact in it is missing or empty.

use crate::model::{Fact, Facts};

/// How many entries of a list are written out.
const ENTRIES_SHOWN: usize = 4;

/// The sentence with its places filled; a fact that is missing outside brackets is `?`.
pub(super) fn fill(template: &str, facts: &Facts) -> String {
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, optional)) = rest.split_once('[') {
        out.push_str(&fill_plain(before, facts).0);
        let (part, after) = optional.split_once(']').unwrap_or((optional, ""));
        let (text, whole) = fill_plain(part, facts);
        if whole {
            out.push_str(&text);
        }
        rest = after;
    }
    out.push_str(&fill_plain(rest, facts).0);
    out
}

/// Fills the places of a part without brackets; says whether every fact was there.
fn fill_plain(template: &str, facts: &Facts) -> (String, bool) {
    let mut out = String::new();
    let mut whole = true;
    let mut rest = template;
    while let Some((before, place)) = rest.split_once('{') {
        out.push_str(before);
        let (place, after) = place.split_once('}').unwrap_or((place, ""));
        let text = shown(place, facts);
        whole &= text.is_some();
        out.push_str(text.as_deref().unwrap_or("?"));
        rest = after;
    }
    out.push_str(rest);
    (out, whole)
}

fn shown(place: &str, facts: &Facts) -> Option<String> {
    let (key, form) = place.split_once(':').unwrap_or((place, ""));
    let text = match facts.get(key)? {
        Fact::List(list) if form == "nth" => list_shown(&list.iter().map(|at| nth(at)).collect::<Vec<_>>()),
        Fact::List(list) if form == "short" => list_shown(&list.iter().map(|print| short(print)).collect::<Vec<_>>()),
        Fact::List(list) => list_shown(list),
        Fact::Number(days) if form == "days" => days_in_words(*days),
        Fact::Number(hours) if form == "hours" => span_in_words(hours.saturating_mul(3600)),
        Fact::Number(seconds) if form == "seconds" => span_in_words(*seconds),
        fact if form == "nth" => nth(&fact.to_string()),
        fact if form == "day" => fact.to_string().split('T').next().map(str::to_owned)?,
        fact => fact.to_string(),
    };
    (!text.is_empty()).then_some(text)
}

fn days_in_words(days: i64) -> String {
    match days {
        0 => "less than a day".to_owned(),
        1 => "1 day".to_owned(),
        more => format!("{more} days"),
    }
}

/// In the two largest units that it fills; which way is said elsewhere.
fn span_in_words(seconds: i64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let mut rest = seconds.unsigned_abs();
    let mut parts = Vec::new();
    for (length, unit) in UNITS {
        let count = rest / length;
        rest %= length;
        if count > 0 {
            parts.push(format!("{count} {unit}{}", if count == 1 { "" } else { "s" }));
        } else if !parts.is_empty() {
            break;
        }
    }
    parts.truncate(2);
    if parts.is_empty() { "no time".to_owned() } else { parts.join(" and ") }
}

fn short(fingerprint: &str) -> String {
    fingerprint.get(..12).map_or_else(|| fingerprint.to_owned(), |start| format!("{start}…"))
}

fn nth(place: &str) -> String {
    place.parse::<u64>().map_or_else(|_| place.to_owned(), |at| (at + 1).to_string())
}

fn list_shown(list: &[String]) -> String {
    let shown: Vec<&str> = list.iter().take(ENTRIES_SHOWN).map(String::as_str).collect();
    match list.len().saturating_sub(ENTRIES_SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The keys that a sentence has places for.
#[cfg(test)]
pub(super) fn keys(template: &str) -> Vec<&str> {
    template
        .split('{')
        .skip(1)
        .filter_map(|part| part.split_once('}'))
        .map(|(place, _)| place.split_once(':').map_or(place, |(key, _)| key))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_leaves_out_and_shortens() {
        let facts = Facts::new()
            .with("name", "a.test")
            .with("when", "2026-11-18T00:00:00.000Z")
            .with("empty", "")
            .with("list", (1..=6).map(|n| n.to_string()).collect::<Vec<_>>());
        assert_eq!(fill("{name} ended {when:day}", &facts), "a.test ended 2026-11-18");
        assert_eq!(fill("{name}[ or {missing}][, {empty}][ and {name}].", &facts), "a.test and a.test.");
        assert_eq!(fill("{list}", &facts), "1, 2, 3, 4 and 2 more");
        assert_eq!(fill("{missing}", &facts), "?");
        let days = |n: i64| fill("{n:days} ago", &Facts::new().with("n", n));
        assert_eq!([days(0), days(1), days(5)], ["less than a day ago", "1 day ago", "5 days ago"]);
        let span = |n: i64| fill("{n:seconds}|{n:hours}", &Facts::new().with("n", n));
        assert_eq!(span(1), "1 second|1 hour");
        assert_eq!(span(-172_721), "1 day and 23 hours|7196 days and 17 hours");
        assert_eq!(span(3_601), "1 hour|150 days and 1 hour");
        assert_eq!(span(0), "no time|no time");
        let places = Facts::new().with("at", 1_i64).with("order", vec!["2".to_owned(), "0".to_owned()]);
        let print = Facts::new().with("prints", vec!["0123456789abcdef".to_owned(), "none".to_owned()]);
        assert_eq!(fill("{prints:short}", &print), "0123456789ab…, none");
        assert_eq!(fill("{at:nth} of {order:nth}", &places), "2 of 3, 1");
        assert_eq!(fill("open {name", &facts), "open a.test");
        assert_eq!(keys("{a} [{b:day}]"), ["a", "b"]);
    }
}
