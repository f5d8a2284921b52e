//! Laying out a body for reading.

use std::fmt::Write as _;

use super::form::read_form;
use super::xml::indent_xml;

/// What a body is, as far as its presentation goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// JSON.
    Json,
    /// XML.
    Xml,
    /// Form fields.
    Form,
    /// Other text.
    Text,
    /// Not text.
    Binary,
}

/// Tells by the media type, and where that says nothing by the text itself.
pub fn kind_of(media_type: &str, text: Option<&str>) -> Kind {
    let Some(text) = text else { return Kind::Binary };
    let media = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if media == "application/json" || media.ends_with("+json") {
        return Kind::Json;
    }
    if media == "application/x-www-form-urlencoded" {
        return Kind::Form;
    }
    if media.ends_with("/xml") || media.ends_with("+xml") {
        return Kind::Xml;
    }
    let starts_like_json = text.trim_start().starts_with(['{', '[']);
    match media.is_empty() {
        true if starts_like_json => Kind::Json,
        true if text.trim_start().starts_with("<?xml") => Kind::Xml,
        _ => Kind::Text,
    }
}

/// The text laid out: JSON indented as far as it is well-formed, forms a field a line, everything
/// else as it is.
pub fn pretty(kind: Kind, text: &str) -> String {
    match kind {
        Kind::Json => indent_json(text),
        Kind::Xml => indent_xml(text),
        Kind::Form => read_form(text).iter().fold(String::new(), |mut out, (name, value)| {
            let _ = writeln!(out, "{name} = {value}");
            out
        }),
        Kind::Text | Kind::Binary => text.to_owned(),
    }
}

/// Indents without parsing, so that a body that was cut off is laid out as far as it goes, and no
/// number or string is changed on the way.
fn indent_json(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0usize;
    let mut chars = text.chars().peekable();
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth.min(100)));
    };
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                out.push(c);
                copy_string(&mut chars, &mut out);
            }
            '{' | '[' => {
                out.push(c);
                skip_space(&mut chars);
                if let Some(close) = chars.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(close);
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c if c.is_whitespace() => {}
            c => out.push(c),
        }
    }
    out
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn skip_space(chars: &mut Chars<'_>) {
    while chars.next_if(|c| c.is_whitespace()).is_some() {}
}

fn copy_string(chars: &mut Chars<'_>, out: &mut String) {
    while let Some(c) = chars.next() {
        out.push(c);
        match c {
            '"' => return,
            '\\' => out.extend(chars.next()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lays_out_json_as_far_as_it_goes() {
        assert_eq!(
            pretty(Kind::Json, r#"{"a":[1,2.50,{}],"b":"x, \"y\": {","c":[]}"#),
            "{\n  \"a\": [\n    1,\n    2.50,\n    {}\n  ],\n  \"b\": \"x, \\\"y\\\": {\",\n  \"c\": []\n}"
        );
        assert_eq!(pretty(Kind::Json, r#"{"cut": "off"#), "{\n  \"cut\": \"off");
        assert_eq!(pretty(Kind::Json, "]]]"), "\n]\n]\n]");
    }

    #[test]
    fn lays_out_forms() {
        assert_eq!(pretty(Kind::Form, "a=1&b=x+y"), "a = 1\nb = x y\n");
    }

    #[test]
    fn tells_kinds_apart() {
        assert_eq!(kind_of("application/problem+json; charset=utf-8", Some("")), Kind::Json);
        assert_eq!(kind_of("", Some(" [1]")), Kind::Json);
        assert_eq!(kind_of("text/html", Some("{")), Kind::Text);
        assert_eq!(kind_of("application/soap+xml", Some("")), Kind::Xml);
        assert_eq!(kind_of("", Some("<?xml version='1.0'?>")), Kind::Xml);
        assert_eq!(kind_of("application/x-www-form-urlencoded", Some("a=b")), Kind::Form);
        assert_eq!(kind_of("application/json", None), Kind::Binary);
    }
}
