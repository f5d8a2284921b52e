//! For terminals and fonts that have nothing but ASCII.

use ratatui::buffer::Buffer;

/// Puts something like it in the place of every glyph that is not ASCII: ours by meaning, those of
/// names and bodies by a question mark.
pub(super) fn only(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        let Some(glyph) = cell.symbol().chars().next().filter(|_| !cell.symbol().is_ascii()) else { continue };
        cell.set_char(like(glyph));
    }
}

fn like(glyph: char) -> char {
    match glyph {
        '✖' => 'X',
        '▲' => 'E',
        '✓' => '+',
        '●' => '*',
        '○' => 'o',
        '·' | '░' => '.',
        '…' => '~',
        '─' | '╌' => '-',
        '━' => '=',
        '│' | '┃' => '|',
        '┌' | '┐' | '└' | '┘' | '├' | '┤' | '╭' | '╮' | '╯' | '╰' => '+',
        '█' | '▓' => '#',
        '→' | '▸' => '>',
        '←' => '<',
        '↑' => '^',
        '↓' | '▾' => 'v',
        '⚑' => 'M',
        '≠' => '!',
        _ => '?',
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    #[test]
    fn nothing_else_is_left() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 16, 1));
        buffer.set_string(0, 0, "✖ a─b ü 日本 e\u{301}", Style::new());
        only(&mut buffer);
        let text: String = buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect();
        assert!(text.is_ascii(), "{text:?}");
        assert!(text.starts_with("X a-b ? ?"), "{text:?}");
    }
}
