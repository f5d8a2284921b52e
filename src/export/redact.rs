//! Leaving secrets out (docs/manual/redaction.md lists the rules).

use std::borrow::Cow;

use serde_json::Value;

use crate::codec::{encode_form, read_form};

/// What stands in a secret's place.
const GONE: &str = "REDACTED";

/// Fields whose whole value is a secret.
const FIELDS: &[&str] = &[
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "x-api-key",
    "api-key",
    "apikey",
    "x-auth-token",
    "x-access-token",
    "x-csrf-token",
    "x-xsrf-token",
    "x-amz-security-token",
    "x-goog-api-key",
    "x-functions-key",
    "ocp-apim-subscription-key",
    "x-vault-token",
];

/// Names of query parameters, form fields and JSON members that hold secrets, compared without
/// case and without `-` and `_`.
const NAMES: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "secret",
    "clientsecret",
    "token",
    "accesstoken",
    "refreshtoken",
    "idtoken",
    "authtoken",
    "csrftoken",
    "sessiontoken",
    "apikey",
    "apitoken",
    "accesskey",
    "privatekey",
    "signature",
    "sig",
    "code",
    "otp",
    "pin",
    "creditcard",
    "cardnumber",
    "cvv",
    "ssn",
];

/// Whether secrets are left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Redaction {
    /// They are.
    #[default]
    On,
    /// They are not: the reader is trusted with them.
    WithSecrets,
}

impl Redaction {
    /// A header field's value.
    pub fn field<'a>(self, name: &str, value: &'a str) -> Cow<'a, str> {
        let is_secret = is_secret_field(name);
        match self {
            Self::On if name.eq_ignore_ascii_case("set-cookie") => Cow::Owned(without_cookie_value(value)),
            Self::On if is_secret => Cow::Owned(without_credentials(value)),
            Self::On if is_reference(name) => Cow::Owned(self.url(value)),
            _ => Cow::Borrowed(value),
        }
    }

    /// A URL: its user information and its secret parameters.
    pub fn url(self, url: &str) -> String {
        if self == Self::WithSecrets {
            return url.to_owned();
        }
        let (front, fragment) = url.split_once('#').map_or((url, None), |(front, back)| (front, Some(back)));
        let (front, query) = front.split_once('?').map_or((front, None), |(front, back)| (front, Some(back)));
        let mut out = without_user(front);
        for (mark, part) in [('?', query), ('#', fragment)] {
            if let Some(part) = part {
                out.push(mark);
                out.push_str(&without_secret_pairs(part));
            }
        }
        out
    }

    /// The text of a body, by its media type.
    pub fn body<'a>(self, media_type: &str, text: &'a str) -> Cow<'a, str> {
        if self == Self::WithSecrets {
            return Cow::Borrowed(text);
        }
        let media = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if media == "application/x-www-form-urlencoded" {
            return Cow::Owned(without_secret_pairs(text));
        }
        let is_json = media == "application/json" || media.ends_with("+json");
        if !is_json {
            return Cow::Borrowed(text);
        }
        // Cut off at the limit of what is kept, or not quite JSON: what looks like a member is one.
        let Ok(mut value) = serde_json::from_str(text) else { return blank_in_text(text) };
        if blank_members(&mut value) { Cow::Owned(value.to_string()) } else { Cow::Borrowed(text) }
    }
}

/// Fields whose value is a URL.
fn is_reference(name: &str) -> bool {
    ["referer", "location", "content-location"].iter().any(|field| field.eq_ignore_ascii_case(name))
}

/// Whether the whole value of such a field is a secret.
pub(super) fn is_secret_field(name: &str) -> bool {
    FIELDS.iter().any(|field| field.eq_ignore_ascii_case(name))
}

/// Whether a parameter or member of that name holds a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    let plain: String = name.chars().filter(|c| !matches!(c, '-' | '_')).collect();
    NAMES.contains(&plain.to_ascii_lowercase().as_str())
}

/// `Bearer abc` keeps its scheme, for that is what a tester looks for.
fn without_credentials(value: &str) -> String {
    match value.split_once(' ') {
        Some((scheme, _)) if scheme.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') => {
            format!("{scheme} {GONE}")
        }
        _ => GONE.to_owned(),
    }
}

/// The cookie's name and attributes stay.
fn without_cookie_value(value: &str) -> String {
    let (pair, attributes) = value.split_once(';').map_or((value, None), |(pair, rest)| (pair, Some(rest)));
    let name = pair.split_once('=').map_or("", |(name, _)| name);
    match attributes {
        Some(attributes) => format!("{name}={GONE};{attributes}"),
        None => format!("{name}={GONE}"),
    }
}

fn without_user(front: &str) -> String {
    let Some((scheme, rest)) = front.split_once("://") else { return front.to_owned() };
    let end = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{GONE}@{host}{path}"),
        None => front.to_owned(),
    }
}

/// Unchanged to the letter when there is no secret in it.
fn without_secret_pairs(text: &str) -> String {
    let mut pairs = read_form(text);
    if !pairs.iter().any(|(name, value)| is_secret_name(name) && !value.is_empty()) {
        return text.to_owned();
    }
    for (name, value) in &mut pairs {
        if is_secret_name(name) {
            GONE.clone_into(value);
        }
    }
    encode_form(&pairs)
}

/// Blanks secret members at any depth; whether there were any.
fn blank_members(value: &mut Value) -> bool {
    match value {
        Value::Object(members) => members.iter_mut().fold(false, |found, (name, member)| {
            if is_secret_name(name)
                && !matches!(member, Value::Null | Value::Bool(_) | Value::Object(_) | Value::Array(_))
            {
                *member = Value::String(GONE.to_owned());
                return true;
            }
            blank_members(member) || found
        }),
        Value::Array(items) => items.iter_mut().map(blank_members).filter(|found| *found).count() > 0,
        _ => false,
    }
}

/// Blanks the values of secret members in what cannot be parsed as JSON.
fn blank_in_text(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((name, start, end)) = next_member(rest) {
        let (before, value) = rest.split_at_checked(start).unwrap_or((rest, ""));
        out.push_str(before);
        let old = value.get(..end - start).unwrap_or_default();
        let is_scalar = !old.starts_with(['{', '[']) && !["true", "false", "null"].contains(&old.trim());
        if is_secret_name(name) && is_scalar {
            out.push_str(&format!("\"{GONE}\""));
        } else {
            // Its members come next.
            let step = if is_scalar { old.len() } else { 1 };
            out.push_str(value.get(..step).unwrap_or_default());
            rest = value.get(step..).unwrap_or_default();
            continue;
        }
        rest = rest.get(end..).unwrap_or_default();
    }
    if out.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(out + rest) }
}

/// The next `"name": value`: its name, and where its value begins and ends.
fn next_member(text: &str) -> Option<(&str, usize, usize)> {
    let mut at = 0;
    loop {
        let open = at + text.get(at..)?.find('"')?;
        let close = end_of_string(text, open)?;
        let behind = text.get(close..)?;
        let gap = behind.len() - behind.trim_start().len();
        if let Some(value) = behind.trim_start().strip_prefix(':') {
            let start = text.len() - value.trim_start().len();
            let end = match text.as_bytes().get(start) {
                Some(b'"') => end_of_string(text, start).unwrap_or(text.len()),
                Some(b'{' | b'[') => start + 1,
                _ => start + value.trim_start().find([',', '}', ']', '\n']).unwrap_or(value.trim_start().len()),
            };
            return Some((text.get(open + 1..close - 1)?, start, end));
        }
        at = close + gap;
    }
}

/// Behind the quote that ends the string that begins at `open`.
fn end_of_string(text: &str, open: usize) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in text.as_bytes().iter().enumerate().skip(open + 1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_was_cut_off_loses_its_secrets_too() {
        let cases = [
            (r#"{"user":"me","password":"s3cret","list":[1,2"#, r#"{"user":"me","password":"REDACTED","list":[1,2"#),
            (r#"{"a":{"token": "s3cret\"x"},"b":"y"#, r#"{"a":{"token": "REDACTED"},"b":"y"#),
            (r#"{"pin": 1234, "x""#, r#"{"pin": "REDACTED", "x""#),
            (r#"{"password":"s3cr"#, r#"{"password":"REDACTED""#),
            (r#"{"secret":true,"x":"#, r#"{"secret":true,"x":"#),
            (r#"{"note":"no secret here"#, r#"{"note":"no secret here"#),
        ];
        for (text, expected) in cases {
            assert_eq!(Redaction::On.body("application/json", text), expected);
            for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
                Redaction::On.body("application/json", &text[..end]);
            }
        }
    }

    #[test]
    fn fields_lose_their_secrets_and_keep_their_sense() {
        let cases = [
            ("Authorization", "Bearer abc.def", "Bearer REDACTED"),
            ("authorization", "opaque", "REDACTED"),
            ("Cookie", "a=1; b=2", "REDACTED"),
            ("Set-Cookie", "sid=secret; Path=/; Secure", "sid=REDACTED; Path=/; Secure"),
            ("X-API-Key", "k", "REDACTED"),
            ("Location", "https://a.test/?code=xyz&state=1", "https://a.test/?code=REDACTED&state=1"),
            ("Accept", "text/html", "text/html"),
        ];
        for (name, value, expected) in cases {
            assert_eq!(Redaction::On.field(name, value), expected, "{name}");
            assert_eq!(Redaction::WithSecrets.field(name, value), value, "{name}");
        }
    }

    #[test]
    fn urls_lose_users_and_secret_parameters() {
        let cases = [
            ("https://user:pw@a.test/p?x=1#f", "https://REDACTED@a.test/p?x=1#f"),
            ("https://a.test/?access_token=t&q=a+b", "https://a.test/?access_token=REDACTED&q=a+b"),
            ("https://a.test/cb#id_token=t&a=1", "https://a.test/cb#id_token=REDACTED&a=1"),
            ("https://a.test/?q=%20&r", "https://a.test/?q=%20&r"),
            ("/relative?token=1", "/relative?token=REDACTED"),
        ];
        for (url, expected) in cases {
            assert_eq!(Redaction::On.url(url), expected);
        }
    }

    #[test]
    fn bodies_lose_secret_members() {
        let json = r#"{"user":"u","Password":"p","deep":[{"api_key":7,"n":1.50}],"token":null}"#;
        let redacted = Redaction::On.body("application/json; charset=utf-8", json);
        let value: Value = serde_json::from_str(&redacted).unwrap();
        assert_eq!(value["Password"], "REDACTED");
        assert_eq!(value["deep"][0]["api_key"], "REDACTED");
        assert_eq!((&value["user"], &value["token"]), (&Value::from("u"), &Value::Null));
        let harmless = r#"{ "n" : 1.50 }"#;
        assert_eq!(Redaction::On.body("application/json", harmless), harmless, "unchanged to the letter");
        assert_eq!(Redaction::On.body("application/x-www-form-urlencoded", "a=1&pwd=x"), "a=1&pwd=REDACTED");
        assert_eq!(Redaction::On.body("text/plain", "password=x"), "password=x");
    }
}
