//! Multipart bodies (RFC 2046 section 5.1): forms with files, mail and ranges, taken apart into their parts.

/// How many parts [`parts`] gives at most; those behind are left out.
const MAX_PARTS: usize = 1000;

/// How many fields the head of a part has at most; what is behind counts as its body.
const MAX_FIELDS: usize = 100;

/// One part of a multipart body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part<'a> {
    /// Name and value of every header field; what is no UTF-8 is replaced.
    pub head: Vec<(String, String)>,
    /// What is between the head and the next delimiter.
    pub body: &'a [u8],
    /// No delimiter follows: the part may have been longer.
    pub cut: bool,
}

/// The boundary a media type `multipart/…` names.
pub fn boundary(media_type: &str) -> Option<String> {
    let (media, mut rest) = media_type.split_once(';')?;
    let kind = media.trim().split('/').next()?;
    if !kind.eq_ignore_ascii_case("multipart") {
        return None;
    }
    while !rest.is_empty() {
        let (name, value, behind) = take_parameter(rest);
        if name.eq_ignore_ascii_case("boundary") {
            return Some(value).filter(|value| !value.is_empty());
        }
        rest = behind;
    }
    None
}

/// Name and value of the first parameter, and what is behind the semicolon that ends it.
fn take_parameter(text: &str) -> (&str, String, &str) {
    let end = text.find(['=', ';']).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    let value = rest.strip_prefix('=').unwrap_or_default().trim_start();
    let (value, behind) = match value.strip_prefix('"') {
        Some(quoted) => take_quoted(quoted),
        None => (value.split(';').next().unwrap_or_default().trim_end().to_owned(), rest),
    };
    (name.trim(), value, behind.split_once(';').map_or("", |(_, behind)| behind))
}

/// A quoted string from behind its first quote, and what is behind its last.
fn take_quoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => value.extend(chars.next()),
            c => value.push(c),
        }
    }
    // Space at the end is none of a boundary's (RFC 2046 section 5.1.1).
    value.truncate(value.trim_end().len());
    (value, chars.as_str())
}

/// The parts of a body: what is before the first delimiter and behind the closing one belongs to none.
/// Lines may end with LF alone.
pub fn parts<'a>(body: &'a [u8], boundary: &str) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    if boundary.is_empty() {
        return parts;
    }
    let (_, mut delimiter) = take_content(body, boundary);
    while let Some((Delimiter::Next, behind)) = delimiter
        && parts.len() < MAX_PARTS
    {
        let (content, next) = take_content(behind, boundary);
        parts.push(read_part(content, next.is_none()));
        delimiter = next;
    }
    parts
}

enum Delimiter {
    Next,
    Last,
}

/// What is before the next delimiter, without the line break that belongs to it, and the delimiter with
/// what is behind its line.
fn take_content<'a>(bytes: &'a [u8], boundary: &str) -> (&'a [u8], Option<(Delimiter, &'a [u8])>) {
    let mut rest = bytes;
    while !rest.is_empty() {
        let (line, behind) = take_line(rest);
        if let Some(delimiter) = read_delimiter(line, boundary) {
            let content = bytes.get(..bytes.len() - rest.len()).unwrap_or_default();
            return (without_break(content), Some((delimiter, behind)));
        }
        rest = behind;
    }
    (bytes, None)
}

fn read_delimiter(line: &[u8], boundary: &str) -> Option<Delimiter> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary.as_bytes())?;
    match (rest.strip_prefix(b"--"), rest.trim_ascii().is_empty()) {
        (Some(rest), _) if rest.trim_ascii().is_empty() => Some(Delimiter::Last),
        (_, true) => Some(Delimiter::Next),
        _ => None,
    }
}

/// The first line with its break, and what is behind.
fn take_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|&byte| byte == b'\n');
    end.and_then(|end| bytes.split_at_checked(end + 1)).unwrap_or((bytes, &[]))
}

fn without_break(line: &[u8]) -> &[u8] {
    let Some(line) = line.strip_suffix(b"\n") else { return line };
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The head ends with an empty line, or before a line that cannot belong to it.
fn read_part(content: &[u8], cut: bool) -> Part<'_> {
    let mut head = Vec::new();
    let mut rest = content;
    while !rest.is_empty() {
        let (line, behind) = take_line(rest);
        let line = without_break(line);
        if line.is_empty() {
            return Part { head, body: behind, cut };
        }
        if !read_field(line, &mut head) {
            break;
        }
        rest = behind;
    }
    Part { head, body: rest, cut }
}

/// Adds a line to the head, as a field or as the rest of the field before; false when it is neither.
fn read_field(line: &[u8], head: &mut Vec<(String, String)>) -> bool {
    let text = String::from_utf8_lossy(line);
    if let (true, Some((_, value))) = (text.starts_with([' ', '\t']), head.last_mut()) {
        value.push(' ');
        value.push_str(text.trim());
        return true;
    }
    match text.split_once(':') {
        Some((name, value)) if is_name(name.trim_end()) && head.len() < MAX_FIELDS => {
            head.push((name.trim_end().to_owned(), value.trim().to_owned()));
            true
        }
        _ => false,
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &[u8] = b"a preamble\r\n--AaB03x\r\n\
        Content-Disposition: form-data;\r\n name=\"note\"\r\n\r\n\
        line one\r\n--AaB03xy is text\r\n\r\n--AaB03x  \r\n\
        content-disposition: form-data; name=\"pic\"; filename=\"\xff.png\"\r\nContent-Type: image/png\r\n\r\n\
        \x89PNG\r\n\x1a\n\r\n--AaB03x\r\n\r\nno head\r\n--AaB03x--\r\nan epilogue\r\n--AaB03x\r\nis no part";

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn finds_the_boundary() {
        let found = |media_type: &str| boundary(media_type);
        for media_type in [
            "multipart/form-data; boundary=a'b+c",
            "Multipart/Mixed;charset=x ; BOUNDARY=\"a'b+c\"; x=y",
            "multipart/related; type=\"a; boundary=no\\\"\"; boundary = a'b+c ;",
            "multipart/x;;boundary=\"a\\'b+c  \"",
            "multipart/x; boundary=\"a'b+c",
        ] {
            assert_eq!(found(media_type).as_deref(), Some("a'b+c"), "{media_type}");
        }
        for media_type in ["", "multipart/x", "multipart/x; boundary", "multipart/x; boundary=", "a/b; boundary=c"] {
            assert_eq!(found(media_type), None, "{media_type}");
        }
        assert_eq!(found("multipart/x; xboundary=no; boundary=\"gc0p4Jq0M:2Yt08\"").unwrap(), "gc0p4Jq0M:2Yt08");
    }

    #[test]
    fn takes_a_form_apart() {
        let found = parts(FORM, "AaB03x");
        let head = vec![
            pair("content-disposition", "form-data; name=\"pic\"; filename=\"\u{fffd}.png\""),
            pair("Content-Type", "image/png"),
        ];
        assert_eq!(
            found,
            [
                Part {
                    head: vec![pair("Content-Disposition", "form-data; name=\"note\"")],
                    body: b"line one\r\n--AaB03xy is text\r\n",
                    cut: false
                },
                Part { head, body: b"\x89PNG\r\n\x1a\n", cut: false },
                Part { head: vec![], body: b"no head", cut: false },
            ]
        );
    }

    #[test]
    fn takes_bare_line_feeds_and_odd_parts() {
        let found = parts(b"--b\nA: 1\nB:2\n\nx\n\n--b\n\n--b\n--b\nA: 1\n--b\njust: that\nand text\n--b--", "b");
        let bodies: Vec<(usize, &[u8])> = found.iter().map(|part| (part.head.len(), part.body)).collect();
        assert_eq!(bodies, [(2, b"x\n".as_slice()), (0, b""), (0, b""), (1, b""), (1, b"and text")]);
        assert!(found.iter().all(|part| !part.cut));
    }

    #[test]
    fn says_what_was_cut_off() {
        let one = |body: &'static [u8]| parts(body, "b").pop().unwrap();
        assert_eq!(one(b"--b\r\n\r\nhalf a\r\n--"), Part { head: vec![], body: b"half a\r\n--", cut: true });
        assert_eq!(one(b"--b\r\nName: va"), Part { head: vec![pair("Name", "va")], body: b"", cut: true });
        assert_eq!(one(b"--b\r\n"), Part { head: vec![], body: b"", cut: true });
        assert_eq!(parts(b"nothing here", "b"), []);
        assert_eq!(parts(b"--\r\n\r\nx", ""), []);
        assert_eq!(parts(b"--b--\r\n--b\r\n", "b"), []);
    }

    #[test]
    fn keeps_its_bounds() {
        assert_eq!(parts(&b"--b\n".repeat(5000), "b").len(), MAX_PARTS);
        let wide = [b"--b\n".to_vec(), b"a:\n".repeat(5000)].concat();
        let found = parts(&wide, "b");
        assert_eq!((found[0].head.len(), found[0].body.len()), (MAX_FIELDS, 3 * (5000 - MAX_FIELDS)));
    }

    #[test]
    fn survives_anything() {
        for end in 0..=FORM.len() {
            let found = parts(&FORM[..end], "AaB03x");
            assert!(found.iter().rev().skip(1).all(|part| !part.cut), "{end}");
        }
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            (seed >> 32) as u8
        };
        for round in 0..20_000 {
            let alphabet = b"-b\r\n :\"=;\\\xffa";
            let body: Vec<u8> = (0..round % 60).map(|_| alphabet[usize::from(next()) % alphabet.len()]).collect();
            parts(&body, "b");
            let raw: Vec<u8> = (0..round % 60).map(|_| next()).collect();
            parts(&raw, "b");
            boundary(&String::from_utf8_lossy(&body));
            boundary(&format!("multipart/x;{}", String::from_utf8_lossy(&body)));
        }
    }
}
