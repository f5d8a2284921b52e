//! Laying out XML, and what looks like it, for reading: nothing is parsed, so nothing is refused, and only
//! white space is put in or left out.

/// How many levels are indented; what is deeper is written at that depth.
const MAX_DEPTH: usize = 32;

/// How far up the open elements are searched for the one a closing tag names.
const MAX_SEARCH: usize = 256;

/// A line per tag, indented by its depth; an element that holds nothing but a line of text stays on one.
/// What was cut off is laid out as far as it goes.
pub(super) fn indent_xml(text: &str) -> String {
    let (mark, mut rest) = text.strip_prefix('\u{feff}').map_or(("", text), |behind| ("\u{feff}", behind));
    let mut page = Page::new(text.len(), mark);
    while let Some((token, behind)) = take_token(rest) {
        rest = behind;
        match token {
            Token::Open(tag) => rest = page.open(tag, behind),
            Token::Close(tag) => page.close(tag),
            Token::Empty(tag) => page.line(&on_one_line(tag)),
            Token::Verbatim(whole) => page.line(whole),
            Token::Text(text) => page.text(text),
        }
    }
    page.out
}

struct Page<'a> {
    out: String,
    /// Names of the open elements.
    open: Vec<&'a str>,
    /// Nothing is written yet, but perhaps a byte order mark.
    blank: bool,
    /// Spaces that may still go into indenting. Without an end to them `<a><a><a>…` would grow to many
    /// times its size; once they are used up, lines begin at the margin.
    spaces: usize,
}

impl<'a> Page<'a> {
    fn new(length: usize, mark: &str) -> Self {
        let spaces = length.saturating_mul(4).max(1 << 16);
        Self { out: mark.to_owned(), open: Vec::new(), blank: true, spaces }
    }

    fn line(&mut self, text: &str) {
        if !self.blank {
            self.out.push('\n');
        }
        self.blank = false;
        let indent = (self.open.len().min(MAX_DEPTH) * 2).min(self.spaces);
        self.spaces -= indent;
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.out.push_str(text);
    }

    fn text(&mut self, text: &str) {
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            self.line(line);
        }
    }

    /// Writes an opening tag, together with text and closing tag where they are all there is to the
    /// element, and gives what is behind.
    fn open(&mut self, tag: &'a str, behind: &'a str) -> &'a str {
        if let Some((text, close, behind)) = take_leaf(name_of(tag), behind) {
            self.line(&format!("{}{text}{}", on_one_line(tag), on_one_line(close)));
            return behind;
        }
        self.line(&on_one_line(tag));
        self.open.push(name_of(tag));
        behind
    }

    /// Goes back to the element the tag closes, past those that were never closed (`<br>` in HTML); a tag
    /// that closes none changes nothing.
    fn close(&mut self, tag: &str) {
        let name = name_of(tag);
        if let Some(up) = self.open.iter().rev().take(MAX_SEARCH).position(|open| *open == name) {
            self.open.truncate(self.open.len() - up - 1);
        }
        self.line(&on_one_line(tag));
    }
}

/// The text and the closing tag of an element that holds no more than a line of text.
fn take_leaf<'a>(name: &str, behind: &'a str) -> Option<(&'a str, &'a str, &'a str)> {
    let (text, behind) = split_text(behind);
    let tight = text.trim();
    if !behind.starts_with("</") || tight.contains('\n') {
        return None;
    }
    // Spaces in text may matter, unless they are how the source was laid out.
    let text = if tight.is_empty() || text.contains('\n') { tight } else { text };
    let (close, behind) = split_past(behind, ">");
    (name_of(close) == name).then_some((text, close, behind))
}

enum Token<'a> {
    Open(&'a str),
    Close(&'a str),
    Empty(&'a str),
    /// A comment, CDATA, a processing instruction or a document type.
    Verbatim(&'a str),
    Text(&'a str),
}

fn take_token(text: &str) -> Option<(Token<'_>, &str)> {
    let (kind, (whole, behind)): (fn(_) -> _, _) = match text {
        "" => return None,
        _ if !is_markup(text) => (Token::Text, split_text(text)),
        _ if text.starts_with("<!--") => (Token::Verbatim, split_past(text, "-->")),
        _ if text.starts_with("<![CDATA[") => (Token::Verbatim, split_past(text, "]]>")),
        _ if text.starts_with("<?") => (Token::Verbatim, split_past(text, "?>")),
        _ if text.starts_with("<!") => (Token::Verbatim, split_declaration(text)),
        _ if text.starts_with("</") => (Token::Close, split_past(text, ">")),
        _ => (open_or_empty, split_tag(text)),
    };
    Some((kind(whole), behind))
}

fn open_or_empty(tag: &str) -> Token<'_> {
    if tag.ends_with("/>") { Token::Empty(tag) } else { Token::Open(tag) }
}

/// Whether the text begins with markup, and not with a `<` that stands for itself.
fn is_markup(text: &str) -> bool {
    let starts = |c: char| c.is_alphabetic() || matches!(c, '_' | ':' | '!' | '?' | '/');
    text.strip_prefix('<').is_some_and(|behind| behind.starts_with(starts))
}

/// Splits before the first markup.
fn split_text(text: &str) -> (&str, &str) {
    let mut angles = text.match_indices('<').map(|(at, _)| at);
    let end = angles.find(|&at| text.get(at..).is_some_and(is_markup));
    end.and_then(|end| text.split_at_checked(end)).unwrap_or((text, ""))
}

/// Splits behind the first `end`, or behind everything. How the markup begins is not searched: `<!-->` has
/// not ended.
fn split_past<'a>(text: &'a str, end: &str) -> (&'a str, &'a str) {
    let begins = if end == "-->" { 4 } else { 2 };
    let found = text.get(begins..).and_then(|inside| inside.find(end));
    found.and_then(|at| text.split_at_checked(begins + at + end.len())).unwrap_or((text, ""))
}

/// Splits behind a tag: at the first `>` that is in no quoted value.
fn split_tag(text: &str) -> (&str, &str) {
    let mut quotes = Quotes::default();
    let end = text.char_indices().find(|&(_, c)| !quotes.holds(c) && c == '>');
    end.and_then(|(at, _)| text.split_at_checked(at + 1)).unwrap_or((text, ""))
}

/// Splits behind a document type, with what it declares between brackets.
fn split_declaration(text: &str) -> (&str, &str) {
    let mut quote = None;
    let mut bracketed = false;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        // Comments within the brackets may hold quotes and brackets of their own.
        let skipped = if bracketed && quote.is_none() { split_remark(rest) } else { None };
        rest = skipped.or_else(|| rest.get(c.len_utf8()..)).unwrap_or_default();
        match c {
            '"' | '\'' if quote.is_none() => quote = Some(c),
            c if quote == Some(c) => quote = None,
            _ if quote.is_some() => {}
            '[' => bracketed = true,
            ']' => bracketed = false,
            '>' if !bracketed => break,
            _ => {}
        }
    }
    text.split_at_checked(text.len() - rest.len()).unwrap_or((text, ""))
}

/// What is behind the comment or processing instruction with which the text begins.
fn split_remark(text: &str) -> Option<&str> {
    let end = if text.starts_with("<!--") {
        "-->"
    } else if text.starts_with("<?") {
        "?>"
    } else {
        return None;
    };
    Some(split_past(text, end).1)
}

/// Where a tag is within a quoted value. A quote begins one only behind `=`, so that a stray apostrophe
/// does not swallow the document.
#[derive(Default)]
struct Quotes {
    quote: Option<char>,
    behind_equals: bool,
}

impl Quotes {
    /// Whether the next character belongs to a quoted value, its closing quote included.
    fn holds(&mut self, c: char) -> bool {
        if let Some(quote) = self.quote {
            self.quote = (c != quote).then_some(quote);
            return true;
        }
        if self.behind_equals && matches!(c, '"' | '\'') {
            self.quote = Some(c);
        }
        self.behind_equals = c == '=' || self.behind_equals && c.is_whitespace();
        false
    }
}

/// The tag with the line breaks between its attributes made spaces; those in values stay.
fn on_one_line(tag: &str) -> String {
    let mut quotes = Quotes::default();
    let mut out = String::with_capacity(tag.len());
    let mut gap = String::new();
    for c in tag.chars() {
        if !quotes.holds(c) && c.is_whitespace() {
            gap.push(c);
            continue;
        }
        match gap.contains(['\n', '\r']) {
            true if matches!(c, '>' | '/') => {}
            true => out.push(' '),
            false => out.push_str(&gap),
        }
        gap.clear();
        out.push(c);
    }
    out
}

/// The name in an opening or closing tag.
fn name_of(tag: &str) -> &str {
    let name = tag.trim_start_matches(['<', '/']);
    name.split(|c: char| c.is_whitespace() || matches!(c, '/' | '>')).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOAP: &str = "<?xml version=\"1.0\"?><!DOCTYPE s [ <!ENTITY e \"]>\"> <!-- don't ]> --> ]>\
        <s:Envelope xmlns:s='urn:>'><s:Body>\n\n <m:Price\n   unit=\"a > b\"\n   id=x/><!-- a <b> -->\
        <m:Item> two words </m:Item><m:Data><![CDATA[<x>]] ></y>]]></m:Data><empty></empty>\
        <p>Hello <b>bold</b>, 1 < 2 &amp;\n done</p></s:Body></s:Envelope>";

    const LAID_OUT: &str = "<?xml version=\"1.0\"?>
<!DOCTYPE s [ <!ENTITY e \"]>\"> <!-- don't ]> --> ]>
<s:Envelope xmlns:s='urn:>'>
  <s:Body>
    <m:Price unit=\"a > b\" id=x/>
    <!-- a <b> -->
    <m:Item> two words </m:Item>
    <m:Data>
      <![CDATA[<x>]] ></y>]]>
    </m:Data>
    <empty></empty>
    <p>
      Hello
      <b>bold</b>
      , 1 < 2 &amp;
      done
    </p>
  </s:Body>
</s:Envelope>";

    fn tight(text: &str) -> String {
        text.split_whitespace().collect()
    }

    #[test]
    fn lays_out_a_document() {
        assert_eq!(indent_xml(SOAP), LAID_OUT);
        assert_eq!(indent_xml(LAID_OUT), LAID_OUT);
        assert_eq!(indent_xml(""), "");
        assert_eq!(indent_xml(" \n "), "");
        assert_eq!(indent_xml("just text\n  on two lines"), "just text\non two lines");
        assert_eq!(indent_xml("\u{feff}<a/><b/>"), "\u{feff}<a/>\n<b/>");
    }

    #[test]
    fn keeps_text_on_the_line_of_its_tags() {
        assert_eq!(indent_xml("<plist><key>a</key><true/></plist>"), "<plist>\n  <key>a</key>\n  <true/>\n</plist>");
        assert_eq!(indent_xml("<a>\n  text\n</a\n>"), "<a>text</a>");
        assert_eq!(indent_xml("<a>one\ntwo</a>"), "<a>\n  one\n  two\n</a>");
        assert_eq!(indent_xml("<a> </a>"), "<a></a>");
        assert_eq!(indent_xml("<svg><path d=\"M0 0\n L1 1\"/></svg>"), "<svg>\n  <path d=\"M0 0\n L1 1\"/>\n</svg>");
    }

    #[test]
    fn takes_what_is_not_well_formed() {
        assert_eq!(indent_xml("<p>one<br>two</p><p>three</p>"), "<p>\n  one\n  <br>\n    two\n</p>\n<p>three</p>");
        assert_eq!(indent_xml("</a></a><b>x"), "</a>\n</a>\n<b>\n  x");
        assert_eq!(indent_xml("<a it's><b>x</b>"), "<a it's>\n  <b>x</b>");
        assert_eq!(indent_xml("<a><b c=\"d>\n"), "<a>\n  <b c=\"d>\n");
        assert_eq!(indent_xml("<a>x</"), "<a>\n  x\n  </");
        assert_eq!(indent_xml("<!-->x--><a/>"), "<!-->x-->\n<a/>");
        assert_eq!(indent_xml("<a><![CDATA[ cut"), "<a>\n  <![CDATA[ cut");
    }

    #[test]
    fn loses_nothing_of_a_cut_document() {
        for (end, _) in SOAP.char_indices() {
            assert_eq!(tight(&indent_xml(&SOAP[..end])), tight(&SOAP[..end]), "{end}");
        }
    }

    #[test]
    fn loses_nothing_of_anything() {
        let alphabet: Vec<char> = "<>/!-[]\"'a b?=\n\u{a0}ü\u{85}\r".chars().collect();
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            (seed >> 32) as usize
        };
        for round in 0..20_000 {
            let text: String = (0..round % 50).map(|_| alphabet[next() % alphabet.len()]).collect();
            assert_eq!(tight(&indent_xml(&text)), tight(&text), "{text:?}");
            let markup = text.replace("!b", "<!--").replace("ab", "<![CDATA[").replace("/<", "]]>").replace("'a", "<?");
            assert_eq!(tight(&indent_xml(&markup)), tight(&markup), "{markup:?}");
        }
    }

    #[test]
    fn keeps_its_bounds() {
        for hostile in ["<a>", "</a>", "<", "<a b='", "<!", "<!--", "<![", "<?", "<a>x</", "<a\n", "\n", "<!a[<!--"] {
            let text = hostile.repeat(300_000 / hostile.len());
            let out = indent_xml(&text);
            assert_eq!(tight(&out), tight(&text), "{hostile}");
            assert!(out.len() <= text.len() * 6, "{hostile}");
        }
        let unmatched = "<a>".repeat(100_000) + &"</b>".repeat(100_000);
        assert!(indent_xml(&unmatched).len() <= unmatched.len() * 6);
    }
}
