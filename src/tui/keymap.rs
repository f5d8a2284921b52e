//! Every command by its name, and which key does what.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::str::FromStr;

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
    /// To the next or the previous row with a defect; in a pane that is searched, to the next place.
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
    /// Let the list stand still, or move again.
    Pause,
    /// Write a filter; in a pane, a text to look for in it.
    Find,
    /// One of the filters that were kept.
    Filters,
    /// Another order.
    Sort,
    /// The other way round.
    Reverse,
    /// Which columns there are.
    Columns,
    /// Mark the row, or take the mark away.
    Mark,
    /// Write beside the row.
    Note,
    /// Another view.
    View(View),
    /// Copy something of the row.
    Copy,
    /// Write the rows that are shown as HAR.
    Export,
    /// Write the marked rows as HAR.
    ExportMarked,
    /// Send the request again.
    Repeat,
    /// Check the server of the row again, now.
    Recheck,
    /// Tunnel the host of the row, or intercept it again.
    Route,
    /// Give clients something else where the server of the row is bad.
    Give,
    /// Stop recording, or begin again.
    Record,
    /// Throw the recorded rows away.
    Clear,
    /// What a client waits for, and answering it.
    Answer,
    /// The devices elsewhere that were let in or turned away.
    Guests,
    /// Any of these by its name.
    Palette,
    /// Other colours.
    Theme,
    /// What the keys do.
    Help,
    /// To the shell, until it lets the screen come back.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// End.
    Quit,
}

/// A command: its name, by which the palette finds it and the configuration gives it other keys; what
/// it does; its keys.
pub(super) struct Command {
    pub(super) name: &'static str,
    pub(super) does: &'static str,
    keys: &'static [&'static str],
    pub(super) action: Action,
}

const fn command(name: &'static str, keys: &'static [&'static str], action: Action, does: &'static str) -> Command {
    Command { name, does, keys, action }
}

/// All commands, in the order of the help.
pub(super) const COMMANDS: &[Command] = &[
    command("up", &["up", "k"], Action::Move(-1), "up; in the detail: scroll"),
    command("down", &["down", "j"], Action::Move(1), "down"),
    command("page-up", &["pgup", "ctrl-u"], Action::Page(-1), "up by a screenful"),
    command("page-down", &["pgdn", "ctrl-d", "space"], Action::Page(1), "down by a screenful"),
    command("first", &["g", "home"], Action::Top, "the first row"),
    command("last", &["G", "end"], Action::Bottom, "the last row, and follow"),
    command("next-defect", &["n"], Action::Problem(1), "next row with a defect; in a searched pane: next place"),
    command("previous-defect", &["N"], Action::Problem(-1), "the one before"),
    command("open", &["enter"], Action::Enter, "into the detail; again: over the whole screen"),
    command("back", &["esc", "backspace"], Action::Back, "back; in the list: clear the filter"),
    command("next-pane", &["tab", "right"], Action::Turn(1), "next pane; in the tree: open"),
    command("previous-pane", &["shift-tab", "left"], Action::Turn(-1), "previous pane; in the tree: close"),
    command("findings", &["1"], Action::Show(Pane::Findings), "what is wrong, why, how to mend it"),
    command("chain", &["2"], Action::Show(Pane::Chain), "the certificates"),
    command("handshake", &["3"], Action::Show(Pane::Handshake), "both legs side by side"),
    command("request", &["4"], Action::Show(Pane::Request), "what the client sent"),
    command("response", &["5"], Action::Show(Pane::Response), "what the server sent"),
    command("timing", &["6"], Action::Show(Pane::Timing), "where the time went"),
    command("traffic", &["t"], Action::View(View::Traffic), "rows as they came"),
    command("tree", &["T"], Action::View(View::Tree), "rows by host and path"),
    command("hosts", &["h"], Action::View(View::Hosts), "hosts, the worst first"),
    command("devices", &["d"], Action::View(View::Devices), "devices"),
    command("clients", &["w"], Action::View(View::Clients), "who takes our certificate, who refuses it, and why"),
    command("certificates", &["c"], Action::View(View::Certificates), "certificates, by when they end"),
    command("setup", &["s"], Action::View(View::Setup), "set a device up, and see whether it works"),
    command("filter", &["/"], Action::Find, "filter the rows; in a pane: look for a text"),
    command("filters", &["F"], Action::Filters, "the filters that were kept"),
    command("follow", &["f"], Action::Follow, "follow the newest row, or stop"),
    command("pause", &["p"], Action::Pause, "let the list stand still, or move again"),
    command("sort", &["o"], Action::Sort, "order the rows by a column"),
    command("reverse", &["O"], Action::Reverse, "order them the other way round"),
    command("columns", &["="], Action::Columns, "choose and move the columns"),
    command("mark", &["m"], Action::Mark, "mark the row, or take the mark away"),
    command("note", &["a"], Action::Note, "write beside the row"),
    command("copy", &["y"], Action::Copy, "copy: curl, URL, header, body, certificate, openssl"),
    command("export", &["x"], Action::Export, "write the rows that are shown as HAR"),
    command("export-marked", &["X"], Action::ExportMarked, "write the marked rows as HAR"),
    command("repeat", &["r"], Action::Repeat, "send the request again"),
    command("check-again", &["v"], Action::Recheck, "check the server of the row again, now"),
    command("tunnel", &["i"], Action::Route, "tunnel the host of the row, or intercept it again"),
    command("bad-upstream", &["b"], Action::Give, "a bad server of this host: pass, mirror, refuse"),
    command("record", &["R"], Action::Record, "stop recording, or begin again"),
    command("clear", &["z"], Action::Clear, "throw the recorded rows away"),
    command("answer", &["A"], Action::Answer, "show what a client waits for, and answer it"),
    command("let-in", &["L"], Action::Guests, "devices elsewhere that were let in or turned away"),
    command("palette", &[":"], Action::Palette, "every command by its name"),
    command("theme", &["ctrl-t"], Action::Theme, "other colours"),
    command("help", &["?", "f1"], Action::Help, "this help"),
    command("suspend", &["ctrl-z"], Action::Suspend, "to the shell; fg comes back"),
    command("redraw", &["ctrl-l"], Action::Redraw, "draw everything anew"),
    command("quit", &["q", "ctrl-c"], Action::Quit, "quit; the session file is complete"),
];

/// The filter language in short, for the help.
pub(super) const FILTER_HELP: &[(&str, &str)] = &[
    ("api", "the word anywhere in host or request"),
    ("host:pay  path:/v1", "in one part; ^ at its start, $ at its end"),
    ("method: device: note:", "also finding: issuer: san: leaf: alert: given:"),
    ("severity:>=error", "with an order; also status: tls: expires: size: took:"),
    ("tls:<1.2  expires:<30d", "size:>1M  took:>500ms  status:5xx"),
    ("marked:yes  body:token", "marked rows; a text in a body, decoded"),
    ("! & | ( )", "not, and (or a space), or, brackets"),
];

/// A key with its modifiers, as `ctrl-d`, `G` or `pgdn`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct KeyPress {
    code: KeyCode,
    modifiers: KeyModifiers,
}

const NAMED: &[(&str, KeyCode)] = &[
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("shift-tab", KeyCode::BackTab),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("space", KeyCode::Char(' ')),
];

impl KeyPress {
    /// Whether it is what ends any program.
    pub(super) fn is_interrupt(self) -> bool {
        self.code == KeyCode::Char('c') && self.modifiers.contains(KeyModifiers::CONTROL)
    }
}

impl From<KeyEvent> for KeyPress {
    fn from(key: KeyEvent) -> Self {
        // Some terminals say that a capital letter had the shift key, some do not.
        Self { code: key.code, modifiers: key.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT) }
    }
}

impl FromStr for KeyPress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (modifiers, name) = match (text.strip_prefix("ctrl-"), text.strip_prefix("alt-")) {
            (Some(rest), _) => (KeyModifiers::CONTROL, rest),
            (_, Some(rest)) => (KeyModifiers::ALT, rest),
            _ => (KeyModifiers::NONE, text),
        };
        let mut chars = name.chars();
        let code = match (NAMED.iter().find(|(own, _)| *own == name), chars.next(), chars.as_str()) {
            (Some((_, code)), ..) => Some(*code),
            (None, Some(c), "") => Some(KeyCode::Char(c)),
            (None, Some('f'), number) => number.parse().ok().filter(|n| (1..=24).contains(n)).map(KeyCode::F),
            _ => None,
        };
        let code = code.ok_or_else(|| format!("{text:?} is no key such as n, G, ctrl-d, f5, pgdn or shift-tab"))?;
        Ok(Self { code, modifiers })
    }
}

impl fmt::Display for KeyPress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.modifiers.contains(KeyModifiers::CONTROL) {
            f.write_str("ctrl-")?;
        }
        if self.modifiers.contains(KeyModifiers::ALT) {
            f.write_str("alt-")?;
        }
        match (NAMED.iter().find(|(_, code)| *code == self.code), self.code) {
            (Some((name, _)), _) => f.write_str(name),
            (None, KeyCode::Char(c)) => write!(f, "{c}"),
            (None, KeyCode::F(n)) => write!(f, "f{n}"),
            (None, other) => write!(f, "{other:?}"),
        }
    }
}

/// Which keys do what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {
    /// The keys of each command, in the order of [`COMMANDS`].
    keys: Vec<Vec<KeyPress>>,
}

/// A wish for keys that cannot be granted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("[tui.keys] {command}: {why}")]
pub struct KeyFault {
    command: String,
    why: String,
}

impl Default for Keymap {
    fn default() -> Self {
        let read = |keys: &[&str]| keys.iter().filter_map(|key| key.parse().ok()).collect();
        Self { keys: COMMANDS.iter().map(|command| read(command.keys)).collect() }
    }
}

impl Keymap {
    /// The usual keys, and for the commands that are named these instead. A key that was another
    /// command's is taken from it.
    ///
    /// # Errors
    /// [`KeyFault`] for a name that is no command, and for what is no key.
    pub fn with(wishes: &BTreeMap<String, Vec<String>>) -> Result<Self, KeyFault> {
        let mut keymap = Self::default();
        let mut taken: HashMap<KeyPress, &str> = HashMap::new();
        for (name, keys) in wishes {
            let fault = |why: String| KeyFault { command: name.clone(), why };
            let read: Result<Vec<KeyPress>, String> = keys.iter().map(|key| key.parse()).collect();
            let keys = read.map_err(fault)?;
            let at = COMMANDS.iter().position(|command| command.name == name);
            let at = at.ok_or_else(|| {
                let names: Vec<&str> = COMMANDS.iter().map(|command| command.name).collect();
                fault(format!("there is no such command; there are {}", names.join(", ")))
            })?;
            if let Some(key) = keys.iter().find(|key| key.is_interrupt()) {
                return Err(fault(format!("{key} always quits")));
            }
            if let Some((key, other)) = keys.iter().find_map(|key| taken.get(key).map(|other| (key, *other))) {
                return Err(fault(format!("{key} is given to {other} as well")));
            }
            taken.extend(keys.iter().map(|key| (*key, name.as_str())));
            for (other, own) in keymap.keys.iter_mut().enumerate() {
                if other == at {
                    own.clone_from(&keys);
                } else {
                    own.retain(|key| !keys.contains(key));
                }
            }
        }
        Ok(keymap)
    }

    /// What a key means where nothing is being typed.
    pub(super) fn action(&self, key: KeyEvent) -> Option<Action> {
        let press = KeyPress::from(key);
        let at = self.keys.iter().position(|keys| keys.contains(&press))?;
        COMMANDS.get(at).map(|command| command.action)
    }

    /// The keys of a command, as they are written.
    pub(super) fn keys_of(&self, command: &Command) -> String {
        let at = COMMANDS.iter().position(|own| own.name == command.name).unwrap_or(usize::MAX);
        let keys = self.keys.get(at).map(Vec::as_slice).unwrap_or_default();
        keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    /// The first key of what an action does, as it is written; empty when there is none.
    pub(super) fn key_for(&self, action: Action) -> String {
        let at = COMMANDS.iter().position(|command| command.action == action).unwrap_or(usize::MAX);
        self.keys.get(at).and_then(|keys| keys.first()).map(ToString::to_string).unwrap_or_default()
    }
}

/// The table of commands in the manual.
pub fn keys_markdown() -> String {
    let row = |command: &Command| {
        let keys: Vec<String> = command.keys.iter().map(|key| format!("`{key}`")).collect();
        format!("| {} | `{}` | {} |\n", keys.join(" "), command.name, command.does)
    };
    let rows: String = COMMANDS.iter().map(row).collect();
    format!("| keys | command | |\n|---|---|---|\n{rows}")
}

/// The commands in whose names or words all words stand; those with them in their names first.
pub(super) fn commands(words: &str) -> Vec<&'static Command> {
    let words = words.to_lowercase();
    let fits = |text: &str| words.split_whitespace().all(|word| text.to_lowercase().contains(word));
    let (mut named, mut told) = (Vec::new(), Vec::new());
    for command in COMMANDS {
        if fits(command.name) {
            named.push(command);
        } else if fits(&format!("{} {}", command.name, command.does)) {
            told.push(command);
        }
    }
    named.append(&mut told);
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(text: &str) -> KeyEvent {
        let key: KeyPress = text.parse().unwrap();
        KeyEvent::new(key.code, key.modifiers)
    }

    #[test]
    fn every_command_has_keys_of_its_own() {
        let keymap = Keymap::default();
        let mut seen = std::collections::HashSet::new();
        for (command, keys) in COMMANDS.iter().zip(&keymap.keys) {
            assert_eq!(keys.len(), command.keys.len(), "{}: every key is read", command.name);
            for key in keys {
                assert!(seen.insert(*key), "{key} has two meanings");
                assert_eq!(key.to_string().parse(), Ok(*key));
            }
            assert_eq!(keymap.action(press(command.keys[0])), Some(command.action));
        }
    }

    #[test]
    fn keys_are_remapped() {
        let wishes = |pairs: &[(&str, &str)]| -> BTreeMap<String, Vec<String>> {
            pairs.iter().map(|(name, key)| ((*name).to_owned(), vec![(*key).to_owned()])).collect()
        };
        let keymap = Keymap::with(&wishes(&[("quit", "ctrl-q"), ("mark", "q")])).unwrap();
        assert_eq!(keymap.action(press("q")), Some(Action::Mark));
        assert_eq!(keymap.action(press("ctrl-q")), Some(Action::Quit));
        assert_eq!(keymap.action(press("m")), None);
        assert_eq!(keymap.key_for(Action::Quit), "ctrl-q");
        for (name, key, why) in
            [("quti", "q", "no such command"), ("quit", "ctrl-", "no key"), ("quit", "f99", "no key")]
        {
            let fault = Keymap::with(&wishes(&[(name, key)])).unwrap_err().to_string();
            assert!(fault.contains(why) && fault.contains(name), "{fault}");
        }
    }

    #[test]
    fn capitals_come_with_and_without_shift() {
        let keymap = Keymap::default();
        let shifted = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(keymap.action(shifted), Some(Action::Bottom));
        assert_eq!(keymap.action(KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT)), Some(Action::Turn(-1)));
    }

    #[test]
    fn commands_are_found_by_their_words() {
        let names = |words: &str| commands(words).iter().map(|command| command.name).collect::<Vec<_>>();
        assert_eq!(names("export mark"), ["export-marked"]);
        let again = names("again");
        assert_eq!(again.first(), Some(&"check-again"), "a name counts more than what is said of it");
        assert!(again.contains(&"repeat"));
        assert_eq!(commands("").len(), COMMANDS.len());
    }
}
