//! The steps of setting a device up, and how far one has come.

use ratatui::style::Style;
use ratatui::text::Line;

use crate::explain::ca_test_words;
use crate::model::{CaTest, Severity};
use crate::text;
use crate::tui::board::ShownGroup;
use crate::tui::style::Look;

/// How a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tui) enum Mark {
    Done,
    Failed,
    Open,
}

impl Mark {
    fn of(is_done: bool) -> Self {
        if is_done { Self::Done } else { Self::Open }
    }

    /// As it is shown.
    pub(in crate::tui) fn glyph(self) -> &'static str {
        match self {
            Self::Done => "✓",
            Self::Failed => "✖",
            Self::Open => "·",
        }
    }

    /// In which colour.
    pub(in crate::tui) fn style(self, look: Look) -> Style {
        match self {
            Self::Done => look.good(),
            Self::Failed => look.severity(Severity::Fatal),
            Self::Open => Style::new(),
        }
    }
}

/// One step.
pub(in crate::tui) struct Step {
    mark: Mark,
    /// In a word, for a table.
    name: &'static str,
    words: String,
}

/// What stands over the marks of [`marks`].
pub(in crate::tui) const HEADING: &str = "page CA proxy trust traffic";

/// All of them in the order in which they are taken.
pub(in crate::tui) fn steps(device: &ShownGroup) -> [Step; 5] {
    [page(device), download(device), proxy(device), trust(device), traffic(device)]
}

fn page(device: &ShownGroup) -> Step {
    let platform = device.setup.platform;
    let words = platform.map_or("page not opened".to_owned(), |platform| format!("page opened ({platform})"));
    Step { mark: Mark::of(platform.is_some()), name: "page", words }
}

fn download(device: &ShownGroup) -> Step {
    let files: Vec<&str> = device.setup.files.iter().copied().filter(|file| is_ca(file)).collect();
    let words =
        if files.is_empty() { "CA not downloaded".to_owned() } else { format!("CA downloaded: {}", files.join(", ")) };
    Step { mark: Mark::of(!files.is_empty()), name: "CA", words }
}

/// The PAC file and the snippets are no form of the CA.
fn is_ca(file: &str) -> bool {
    !matches!(file, "proxy.pac" | "network_security_config.xml")
}

fn proxy(device: &ShownGroup) -> Step {
    let is_set = device.setup.proxied || device.connections > 0;
    Step { mark: Mark::of(is_set), name: "proxy", words: if is_set { "proxy set" } else { "proxy not set" }.to_owned() }
}

fn trust(device: &ShownGroup) -> Step {
    let test = device.setup.test.as_ref();
    let (mark, words) = match (test, device.accepted, device.refused) {
        (Some(test), ..) if test.passed() => (Mark::Done, format!("self-test: {}", ca_test_words(test))),
        (_, 1.., _) => (Mark::Done, "it trusts the CA".to_owned()),
        (Some(test), ..) => (Mark::Failed, format!("self-test: {}", ca_test_words(test))),
        (None, 0, 1..) => (Mark::Failed, "it does not trust the CA".to_owned()),
        (None, 0, 0) => (Mark::Open, "whether it trusts the CA is not known yet".to_owned()),
    };
    Step { mark, name: "trust", words }
}

fn traffic(device: &ShownGroup) -> Step {
    let words = match device.connections {
        0 => "no app traffic yet".to_owned(),
        1 => "app traffic: 1 connection".to_owned(),
        n => format!("app traffic: {} connections", text::count(n as u64)),
    };
    Step { mark: Mark::of(device.connections > 0), name: "traffic", words }
}

/// The steps as lines.
pub(in crate::tui) fn lines(device: &ShownGroup, look: Look, columns: usize) -> Vec<Line<'static>> {
    let line = |step: Step| {
        let words = text::elide(&step.words, columns.saturating_sub(4)).into_owned();
        Line::from(vec![Look::span(&format!("  {} ", step.mark.glyph()), step.mark.style(look)), Look::plain(&words)])
    };
    steps(device).map(line).into()
}

/// The marks alone, each below its word in [`HEADING`].
pub(in crate::tui) fn marks(device: &ShownGroup, look: Look) -> Line<'static> {
    let mark =
        |step: Step| Look::span(&format!("{:<1$}", step.mark.glyph(), step.name.len() + 1), step.mark.style(look));
    Line::from(steps(device).map(mark).to_vec())
}

/// What stands between a device of which there is no traffic yet and its first, in a few words.
pub(in crate::tui) fn next(device: &ShownGroup) -> (Mark, &'static str) {
    let setup = &device.setup;
    match (setup.test.as_ref().map(CaTest::passed), setup.proxied) {
        (Some(true), true) => (Mark::Done, "set up: open an app on it"),
        (Some(true), false) => (Mark::Open, "trusts the CA; its proxy is not set yet"),
        (Some(false), _) => (Mark::Failed, "does not trust the CA yet"),
        (None, true) => (Mark::Open, "its proxy is set; is the CA installed?"),
        (None, false) if setup.files.iter().any(|file| is_ca(file)) => {
            (Mark::Open, "has the CA; its proxy is not set yet")
        }
        (None, false) => (Mark::Open, "is reading the setup page"),
    }
}
