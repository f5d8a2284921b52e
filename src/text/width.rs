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
