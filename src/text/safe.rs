//! Making text harmless.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar;

/// At most this many marks are stacked on one character; more is an attack on the line above.
const MARKS_PER_CHARACTER: usize = 4;

/// Text for one line of a terminal. Control characters become visible pictures (`␛`), invisible
/// and bidirectional ones their code point (`‹U+202E›`), tabs spaces; marks beyond a few on one
/// character are left out.
pub fn safe(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut marks = 0;
    for c in text.chars() {
        marks = if is_mark(c) { marks + 1 } else { 0 };
        match c {
            '\t' => out.push(' '),
            '\0'..='\x1f' => out.push(picture(c)),
            '\x7f' => out.push('␡'),
            '\u{80}'..='\u{9f}' => push_code_point(&mut out, c),
            _ if is_invisible(c) => push_code_point(&mut out, c),
            _ if marks > MARKS_PER_CHARACTER => {}
            _ => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// [`safe`] for bytes of any kind: what is not UTF-8 becomes `\xHH`.
pub fn safe_bytes(bytes: &[u8]) -> String {
    safe(&escape(bytes)).into_owned()
}

/// Bytes as a document writes them: UTF-8 as it is, every other byte as `\xHH`.
pub fn escape(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        for b in chunk.invalid() {
            let _ = write!(out, "\\x{b:02x}");
        }
    }
    Cow::Owned(out)
}

/// Text inside an HTML element or a quoted attribute; harmless for the eye as well.
pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in safe(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// A host with A-labels as its reader would write it, when that differs: for showing beside the
/// ASCII form, never in its place.
pub fn unicode_host(ascii: &str) -> Option<String> {
    if !ascii.contains("xn--") {
        return None;
    }
    let (unicode, result) = idna::domain_to_unicode(ascii);
    (result.is_ok() && unicode != ascii).then(|| safe(&unicode).into_owned())
}

fn picture(control: char) -> char {
    char::from_u32(0x2400 + control as u32).unwrap_or('␀')
}

fn push_code_point(out: &mut String, c: char) {
    let _ = write!(out, "‹U+{:04X}›", c as u32);
}

/// Characters that show nothing and change what is around them: zero width, bidirectional
/// controls (Trojan Source), language tags, variation selectors, line separators, private use.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{10ffff}')
}

fn is_mark(c: char) -> bool {
    c.width() == Some(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_acts_comes_through() {
        let cases = [
            ("plain", "plain"),
            ("\x1b]0;owned\x07", "␛]0;owned␇"),
            ("a\tb\r\nc", "a b␍␊c"),
            ("\u{9b}31m", "‹U+009B›31m"),
            ("a\u{202e}b\u{2066}c\u{200b}d", "a‹U+202E›b‹U+2066›c‹U+200B›d"),
            ("\u{7f}", "␡"),
            ("grün 日本", "grün 日本"),
        ];
        for (hostile, shown) in cases {
            assert_eq!(safe(hostile), shown);
        }
    }

    #[test]
    fn a_flood_of_marks_is_cut() {
        let zalgo = format!("e{}x", "\u{301}".repeat(500));
        assert_eq!(safe(&zalgo), format!("e{}x", "\u{301}".repeat(MARKS_PER_CHARACTER)));
    }

    #[test]
    fn every_character_becomes_printable() {
        for c in '\0'..=char::MAX {
            let text = c.to_string();
            assert!(safe(&text).chars().all(|c| !c.is_control() && !is_invisible(c)), "U+{:04X}", c as u32);
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_written_in_hex() {
        assert_eq!(escape(b"a\xff\xfeb\xc3"), "a\\xff\\xfeb\\xc3");
        assert_eq!(safe_bytes(b"\x1b\xff"), "␛\\xff");
    }

    #[test]
    fn html_cannot_be_left() {
        assert_eq!(html("<a href=\"x\" id='y'>&"), "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;");
    }

    #[test]
    fn idn_is_shown_beside_its_ascii_form() {
        assert_eq!(unicode_host("xn--bcher-kva.example").as_deref(), Some("bücher.example"));
        assert_eq!(unicode_host("example.com"), None);
        assert_eq!(unicode_host("xn--\u{ff}"), None);
    }
}
