//! Which key does what, and the words of the help.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::board::View;
use super::panes::Pane;

/// Something a person wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Up or down by so many rows or lines.
    Move(isize),
    /// By so many screenfuls.
    Page(isize),
    /// To the first.
    Top,
    /// To the last.
    Bottom,
    /// To the next or the previous row with a defect.
    Problem(isize),
    /// To the next or the previous pane.
    Turn(isize),
    /// To this pane.
    Show(Pane),
    /// From the list into the detail, and on to the whole screen.
    Enter,
    /// Back out.
    Back,
    /// Keep to the newest row, or stop doing so.
    Follow,
    /// Write a filter.
    Filter,
    /// Traffic, hosts, devices or certificates.
    View(View),
    /// How to point a device here.
    Setup,
    /// Copy something of the row.
    Copy,
    /// Write the session as HAR.
    Export,
    /// Any of these by its name.
    Palette,
    /// What the keys do.
    Help,
    /// End.
    Quit,
}

/// A group of keys as the help shows them: keys, what they do.
pub(super) const HELP: &[(&str, &str)] = &[
    ("↑ ↓  j k", "move; in the detail: scroll"),
    ("PgUp PgDn", "by a screenful"),
    ("g G  Home End", "first, last"),
    ("n N", "next, previous row with a defect"),
    ("1 … 6", "findings, chain, handshake, request, response, timing"),
    ("Tab  Shift-Tab", "next, previous pane"),
    ("Enter", "into the detail; again: over the whole screen"),
    ("Esc", "back; in the list: clear the filter"),
    ("t h d c", "traffic, hosts, devices, certificates; Enter there: its traffic"),
    ("/", "filter"),
    ("f", "follow the newest row, or stop"),
    ("s", "set a device up"),
    ("y", "copy: curl, URL, host, certificate, openssl"),
    ("x", "export the session as HAR"),
    (":", "every command by its name"),
    ("?", "this help"),
    ("q  Ctrl-C", "quit; the session file is complete"),
];

/// Every command by its name, with its key.
pub(super) const COMMANDS: &[(&str, &str, Action)] = &[
    ("traffic", "t", Action::View(View::Traffic)),
    ("hosts", "h", Action::View(View::Hosts)),
    ("devices", "d", Action::View(View::Devices)),
    ("certificates", "c", Action::View(View::Certificates)),
    ("findings of the row", "1", Action::Show(Pane::Findings)),
    ("chain of the row", "2", Action::Show(Pane::Chain)),
    ("handshake of the row", "3", Action::Show(Pane::Handshake)),
    ("request of the row", "4", Action::Show(Pane::Request)),
    ("response of the row", "5", Action::Show(Pane::Response)),
    ("timing of the row", "6", Action::Show(Pane::Timing)),
    ("next defect", "n", Action::Problem(1)),
    ("previous defect", "N", Action::Problem(-1)),
    ("first row", "g", Action::Top),
    ("last row", "G", Action::Bottom),
    ("follow the newest row", "f", Action::Follow),
    ("filter", "/", Action::Filter),
    ("copy from the row", "y", Action::Copy),
    ("export as HAR", "x", Action::Export),
    ("set a device up", "s", Action::Setup),
    ("help", "?", Action::Help),
    ("quit", "q", Action::Quit),
];

/// The commands in whose names all words stand.
pub(super) fn commands(words: &str) -> Vec<&'static (&'static str, &'static str, Action)> {
    let words = words.to_lowercase();
    let fits = |name: &str| words.split_whitespace().all(|word| name.to_lowercase().contains(word));
    COMMANDS.iter().filter(|(name, ..)| fits(name)).collect()
}

/// The filter language in short, for the help.
pub(super) const FILTER_HELP: &[(&str, &str)] = &[
    ("api", "the word anywhere in host or request"),
    ("host:pay  path:/v1", "in one part; also method: device: finding: issuer: san: leaf: alert: given:"),
    ("severity:>=error", "with an order; also status: tls: expires: size: took:"),
    ("tls:<1.2  expires:<30d", "size:>1M  took:>500ms  status:5xx"),
    ("! & | ( )", "not, and (or a space), or, brackets"),
];

/// What a key means where nothing is being typed.
pub(super) fn action(key: KeyEvent) -> Option<Action> {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return match key.code {
            KeyCode::Char('c') => Some(Action::Quit),
            KeyCode::Char('d') => Some(Action::Page(1)),
            KeyCode::Char('u') => Some(Action::Page(-1)),
            _ => None,
        };
    }
    Some(match key.code {
        KeyCode::Up | KeyCode::Char('k') => Action::Move(-1),
        KeyCode::Down | KeyCode::Char('j') => Action::Move(1),
        KeyCode::PageUp => Action::Page(-1),
        KeyCode::PageDown | KeyCode::Char(' ') => Action::Page(1),
        KeyCode::Home | KeyCode::Char('g') => Action::Top,
        KeyCode::End | KeyCode::Char('G') => Action::Bottom,
        KeyCode::Char('n') => Action::Problem(1),
        KeyCode::Char('N') => Action::Problem(-1),
        KeyCode::Tab | KeyCode::Right => Action::Turn(1),
        KeyCode::BackTab | KeyCode::Left => Action::Turn(-1),
        KeyCode::Char(digit @ '1'..='6') => Action::Show(Pane::numbered(digit)?),
        KeyCode::Enter => Action::Enter,
        KeyCode::Esc | KeyCode::Backspace => Action::Back,
        KeyCode::Char('t') => Action::View(View::Traffic),
        KeyCode::Char('h') => Action::View(View::Hosts),
        KeyCode::Char('d') => Action::View(View::Devices),
        KeyCode::Char('c') => Action::View(View::Certificates),
        KeyCode::Char('f') => Action::Follow,
        KeyCode::Char('/') => Action::Filter,
        KeyCode::Char('s') => Action::Setup,
        KeyCode::Char('y') => Action::Copy,
        KeyCode::Char('x') => Action::Export,
        KeyCode::Char(':') => Action::Palette,
        KeyCode::Char('?') | KeyCode::F(1) => Action::Help,
        KeyCode::Char('q') => Action::Quit,
        _ => return None,
    })
}
