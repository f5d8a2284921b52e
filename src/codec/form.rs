//! `application/x-www-form-urlencoded`, and query strings, which have the same form.

use std::fmt::Write as _;

/// Name and value of every pair, decoded; what is no UTF-8 is written with `\xHH`.
pub fn read_form(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

/// The other way round.
pub fn encode_form(pairs: &[(String, String)]) -> String {
    let encoded: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    encoded.join("&")
}

fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        match byte {
            b'+' => out.push(b' '),
            b'%' => match rest.split_at_checked(2).and_then(|(pair, behind)| Some((hex_pair(pair)?, behind))) {
                Some((decoded, behind)) => {
                    out.push(decoded);
                    rest = behind;
                }
                None => out.push(b'%'),
            },
            other => out.push(other),
        }
    }
    crate::text::escape(&out).into_owned()
}

fn hex_pair(pair: &[u8]) -> Option<u8> {
    u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()
}

fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            b if b.is_ascii_alphanumeric() || b"-._~*".contains(&b) => out.push(char::from(b)),
            b => {
                let _ = write!(out, "%{b:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_pairs() {
        let pairs = read_form("a=1&b=two+words&c=%C3%BC&d&=e&f=%zz&g=%ff&&h=%4");
        let expected = [
            ("a", "1"),
            ("b", "two words"),
            ("c", "ü"),
            ("d", ""),
            ("", "e"),
            ("f", "%zz"),
            ("g", "\\xff"),
            ("h", "%4"),
        ];
        assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(encode_form(&pairs[..3]), "a=1&b=two+words&c=%C3%BC");
    }
}
