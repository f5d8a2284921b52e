//! Setting a device up: the steps, a code for its camera, and what to do about one that refuses.

use qrcode::{Color as Module, QrCode};
use ratatui::style::{Color, Style};
use ratatui::text::{Line, Span};

use super::{checklist, heading};
use crate::tui::about::About;
use crate::tui::board::{Key, ShownGroup};
use crate::tui::style::Look;

/// Its lines, none wider than `columns`, but for the code.
pub(in crate::tui) fn lines(
    about: &About,
    device: Option<&ShownGroup>,
    look: Look,
    columns: usize,
) -> Vec<Line<'static>> {
    let mut lines: Vec<Line<'static>> = device.map(|device| progress(device, look, columns)).unwrap_or_default();
    lines.extend(about.setup.iter().flat_map(|(label, value)| Look::labelled(label, value, columns)));
    if let Some(code) = about.setup_url.as_ref().and_then(|url| code_lines(url, look)) {
        lines.push(Line::default());
        lines.extend(code);
    }
    lines
}

/// How far the selected device has come, and what is to be done for it.
fn progress(device: &ShownGroup, look: Look, columns: usize) -> Vec<Line<'static>> {
    let Key::Device(address) = &device.key else { return Vec::new() };
    let mut lines = vec![heading(&address.to_string(), look)];
    lines.extend(checklist::lines(device, look, columns));
    lines.extend(Look::paragraph(advice(device), 0, columns, Style::new()));
    lines.push(Line::default());
    lines
}

fn advice(device: &ShownGroup) -> &'static str {
    if device.connections == 0 {
        return "The page on the device says what comes next, and tests each step.";
    }
    match (device.accepted, device.refused, device.broke_off) {
        (0, 0, 0) => "Its proxy setting works. Open an https page on it: whether it trusts the CA shows here.",
        (0, 0, _) => {
            "Its proxy setting works. Clients on it leave in the middle of the handshake, as Node and some apps do \
             that do not trust the CA: install it on the device, or in the app."
        }
        (_, 0, 0) => "Everything works: its traffic arrives, and it trusts the CA.",
        (_, 0, _) => {
            "It works: its traffic arrives, and it trusts the CA. Some handshakes broke off: filter \
             finding:client-handshake-failed shows which."
        }
        (0, ..) => {
            "Its proxy setting works, but every client on it refuses our certificate: install the CA on it, as said \
             above. On Android an app trusts it only when its network security config allows user CAs."
        }
        _ => {
            "The CA is installed: some clients take our certificate. Those that refuse it pin their own, or bring their \
             own roots: their hosts can be tunnelled."
        }
    }
}

/// The address as a code for a camera: two rows of it in a line of the screen.
fn code_lines(url: &str, look: Look) -> Option<Vec<Line<'static>>> {
    let code = QrCode::new(url).ok()?;
    let width = code.width();
    let colours = code.into_colors();
    let edge = 2;
    let is_dark = |x: usize, y: usize| {
        let inside = x.checked_sub(edge).filter(|x| *x < width).zip(y.checked_sub(edge).filter(|y| *y < width));
        inside.and_then(|(x, y)| colours.get(y * width + x)).is_some_and(|module| *module == Module::Dark)
    };
    let whole = width + 2 * edge;
    if look.ascii {
        let row = |y: usize| (0..whole).map(|x| if is_dark(x, y) { "  " } else { "##" }).collect::<String>();
        return Some((0..whole).map(|y| Line::from(Look::plain(&row(y)))).collect());
    }
    // The code is dark on light whatever the theme: cameras want it so.
    let style = Style::new().fg(Color::Black).bg(Color::White);
    let glyph = |x: usize, y: usize| match (is_dark(x, y), is_dark(x, y + 1)) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    };
    let row = |y: usize| (0..whole).map(|x| glyph(x, y)).collect::<String>();
    let mut lines: Vec<Line<'static>> = vec![Line::from(Look::dim(url))];
    lines.extend((0..whole).step_by(2).map(|y| Line::from(Span::styled(row(y), style))));
    Some(lines)
}
