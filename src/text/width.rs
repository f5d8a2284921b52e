//! Measuring and cutting text by terminal columns.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// How many columns `text` takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// `text` cut to at most `columns`, with `…` where something was cut off its end.
pub fn elide(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    if columns == 0 {
        return Cow::Borrowed("");
    }
    Cow::Owned(format!("{}…", prefix(text, columns - 1)))
}

/// `text` cut to at most `columns`, with `…` in its middle: for paths and names, whose ends tell.
pub fn elide_middle(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    if columns < 3 {
        return elide(text, columns);
    }
    let head = columns / 2;
    let tail = columns - 1 - head;
    Cow::Owned(format!("{}…{}", prefix(text, head), suffix(text, tail)))
}

/// `text` cut or filled with spaces to exactly `columns`.
pub fn pad(text: &str, columns: usize) -> String {
    let mut out = elide(text, columns).into_owned();
    let missing = columns.saturating_sub(width(&out));
    out.extend(std::iter::repeat_n(' ', missing));
    out
}

/// `text` in lines of at most `columns`, broken at spaces where there are any. An empty text is one
/// empty line. Walks the text once, however long it is.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    let mut line = Unbroken::default();
    for (at, cluster) in text.grapheme_indices(true) {
        let own = width(cluster);
        if line.width + own > columns && at > line.start {
            let (end, next) = line.break_before(text, at);
            lines.push(text.get(line.start..end).unwrap_or_default().trim_end().to_owned());
            line =
                Unbroken { start: next, width: width(text.get(next..at).unwrap_or_default()), ..Unbroken::default() };
        }
        if cluster == " " && at == line.start && !lines.is_empty() {
            // A line does not begin with the space it was broken at.
            line.start = at + 1;
            continue;
        }
        line.take(at, cluster, own);
    }
    let rest = text.get(line.start..).unwrap_or_default();
    if !rest.is_empty() || lines.is_empty() {
        lines.push(rest.to_owned());
    }
    lines
}

/// A line that may still have to be broken.
#[derive(Default)]
struct Unbroken {
    start: usize,
    width: usize,
    /// Whether there is more in it than the space it begins with.
    has_word: bool,
    /// The last space behind a word.
    space: Option<usize>,
}

impl Unbroken {
    fn take(&mut self, at: usize, cluster: &str, width: usize) {
        self.width += width;
        match cluster {
            " " if self.has_word => self.space = Some(at),
            " " => {}
            _ => self.has_word = true,
        }
    }

    /// Where the line ends and the next one begins, when what stands at `at` has no room any more.
    fn break_before(&self, text: &str, at: usize) -> (usize, usize) {
        let at_space = text.get(at..).is_some_and(|rest| rest.starts_with(' '));
        match self.space {
            Some(space) if !at_space => (space, space + 1),
            _ => (at, at),
        }
    }
}

fn prefix(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (at, cluster) in text.grapheme_indices(true) {
        used += width(cluster);
        if used > columns {
            return text.get(..at).unwrap_or_default();
        }
    }
    text
}

fn suffix(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (at, cluster) in text.grapheme_indices(true).rev() {
        used += width(cluster);
        if used > columns {
            return text.get(at + cluster.len()..).unwrap_or_default();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_at_spaces_and_through_what_has_none() {
        assert_eq!(wrap("", 5), [""]);
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("日本語", 1), ["日", "本", "語"]);
        assert_eq!(wrap("a bcdefgh", 4), ["a", "bcde", "fgh"]);
        assert_eq!(wrap("    indented text", 10), ["    indent", "ed text"]);
        assert_eq!(wrap("    in text", 8), ["    in", "text"]);
        for columns in 0..20 {
            let lines = wrap("The  server leaves out 日本 certificates", columns);
            assert!(lines.iter().all(|line| width(line) <= columns.max(2)), "{lines:?}");
        }
    }

    #[test]
    fn cuts_by_columns_and_never_through_a_character() {
        assert_eq!(elide("abcdef", 6), "abcdef");
        assert_eq!(elide("abcdef", 4), "abc…");
        assert_eq!(elide("日本語", 4), "日…");
        assert_eq!(elide("abc", 0), "");
        assert_eq!(elide_middle("/very/long/path.html", 11), "/very….html");
        assert_eq!(elide_middle("abcdef", 2), "a…");
        assert_eq!(pad("日本語", 4), "日… ");
        for columns in 0..9 {
            assert!(width(&elide_middle("日本e\u{301}語abc", columns)) <= columns);
            assert_eq!(width(&pad("日本e\u{301}語abc", columns)), columns);
        }
    }
}
