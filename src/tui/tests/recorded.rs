//! Every view and every pane of a session that was recorded (tests/sessions/record.sh): at three sizes,
//! and with its styles in two themes.

use crossterm::event::KeyCode;

use super::rig::Screen;
use crate::tui::panes::Pane;
use crate::tui::settings::{Prefs, Settings};
use crate::tui::style::Theme;

const SIZES: [(u16, u16); 3] = [(60, 16), (80, 24), (140, 45)];

pub(super) const VIEWS: [(char, &str); 7] = [
    ('t', "traffic"),
    ('T', "tree"),
    ('h', "hosts"),
    ('d', "devices"),
    ('w', "clients"),
    ('c', "certificates"),
    ('s', "setup"),
];

fn themed(theme: Theme) -> Settings {
    let prefs = Prefs { theme: Some(theme.name().to_owned()), ..Prefs::default() };
    Settings { colour: true, prefs, ..Settings::default() }
}

/// The third row: an expired certificate for another name, and a request with a body.
fn to_the_defects(screen: &mut Screen) {
    screen.keys("g");
    screen.key(KeyCode::Down);
    screen.key(KeyCode::Down);
    assert_eq!(screen.selected(), "POST /echo");
}

#[test]
fn every_view_at_every_size() {
    for size in SIZES {
        let mut screen = Screen::recorded(themed(Theme::Dark), size);
        to_the_defects(&mut screen);
        for (key, name) in VIEWS {
            screen.key(KeyCode::Char(key));
            insta::assert_snapshot!(format!("view_{name}_{}", size.0), screen.text());
        }
    }
}

#[test]
fn every_pane_at_every_size() {
    for size in SIZES {
        let mut screen = Screen::recorded(themed(Theme::Dark), size);
        to_the_defects(&mut screen);
        screen.key(KeyCode::Enter);
        screen.key(KeyCode::Enter);
        for (key, pane) in ('1'..='6').zip(Pane::ALL) {
            screen.key(KeyCode::Char(key));
            insta::assert_snapshot!(format!("pane_{}_{}", pane.name(), size.0), screen.text());
        }
    }
}

#[test]
fn every_view_and_pane_in_two_themes() {
    for theme in [Theme::Dark, Theme::ColourBlind] {
        let mut screen = Screen::recorded(themed(theme), (80, 24));
        to_the_defects(&mut screen);
        for (key, name) in VIEWS.into_iter().rev() {
            screen.key(KeyCode::Char(key));
            insta::assert_snapshot!(format!("{}_view_{name}", theme.name()), screen.styled());
        }
        screen.key(KeyCode::Enter);
        for (key, pane) in ('1'..='6').zip(Pane::ALL) {
            screen.key(KeyCode::Char(key));
            insta::assert_snapshot!(format!("{}_pane_{}", theme.name(), pane.name()), screen.styled());
        }
    }
}

#[test]
fn what_is_no_plain_answer() {
    for (filter, pane, name) in [
        ("host:mqtt", '4', "raw"),
        ("path:/websocket", '5', "websocket"),
        ("method:post host:^good", '4', "multipart"),
        ("path:/gzip", '5', "gzip"),
        ("host:good-rsa | host:pinned", '3', "refused"),
        ("host:tls10", '3', "tunnelled"),
    ] {
        let mut screen = Screen::recorded(themed(Theme::Dark), (110, 40));
        screen.keys(&format!("/{filter}"));
        screen.key(KeyCode::Enter);
        screen.key(KeyCode::Char(pane));
        screen.keys("g");
        insta::assert_snapshot!(format!("kind_{name}"), screen.text());
    }
}
