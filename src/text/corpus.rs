//! Hostile texts, for the tests of everything that writes to a terminal.

/// What must never reach a terminal as it is.
pub(crate) const CORPUS: &[&str] = &[
    "a\u{1b}[2J\u{202e}\u{200b}\u{9b}31m\r\n\u{7}",
    "\u{1b}]0;title\u{7}\u{1b}]52;c;ZXZpbA==\u{7}",
    "\u{9d}8;;http://evil.test\u{9c}link",
    "\u{2066}\u{2067}\u{2068}\u{2069}\u{202a}\u{202b}\u{202c}\u{202d}",
    "\u{feff}\u{2060}\u{200d}\u{200c}\u{ad}\u{61c}\u{180e}",
    "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
    "\u{0}\u{1}\u{8}\u{c}\u{e}\u{f}\u{7f}\u{85}\u{2028}\u{2029}",
    "\u{e0041}\u{e0042}\u{fff9}x\u{fffb}",
    "日本語のホスト.example \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
];

/// Control characters, what turns the direction, and what has no width.
pub(crate) fn is_raw(c: char) -> bool {
    let bidi = ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c);
    let invisible = "\u{200b}\u{200c}\u{200e}\u{200f}\u{2060}\u{feff}\u{ad}\u{61c}\u{180e}\u{2028}\u{2029}".contains(c);
    let tags = ('\u{e0000}'..='\u{e007f}').contains(&c) || ('\u{fff9}'..='\u{fffb}').contains(&c);
    c.is_control() || bidi || invisible || tags
}
