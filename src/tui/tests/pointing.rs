//! The mouse.

use crossterm::event::{Event, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::rig::{Screen, book};
use crate::tui::board::View;
use crate::tui::column::Column;
use crate::tui::panes::Pane;
use crate::tui::state::Focus;

fn mouse(screen: &mut Screen, kind: MouseEventKind, column: u16, row: u16) {
    screen.event(Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
}

fn click(screen: &mut Screen, column: u16, row: u16) {
    mouse(screen, MouseEventKind::Down(MouseButton::Left), column, row);
}

/// Where a text stands on the screen.
fn find(screen: &Screen, text: &str) -> (u16, u16) {
    for (row, line) in screen.text().lines().enumerate() {
        // Each line stands in quotes.
        if let Some(at) = line.find(text) {
            let column = crate::text::width(&line[..at]) - 1;
            return (u16::try_from(column).unwrap(), u16::try_from(row).unwrap());
        }
    }
    panic!("{text} is not on the screen:\n{}", screen.text());
}

#[test]
fn a_click_selects_and_a_second_one_opens() {
    let mut screen = Screen::new(100, 24, book(), true);
    let (column, row) = find(&screen, "GET /v1/2");
    click(&mut screen, column, row);
    assert_eq!(screen.selected(), "GET /v1/2");
    assert_eq!(screen.state.focus, Focus::List);
    click(&mut screen, column, row);
    assert_eq!(screen.state.focus, Focus::Detail { whole: false });
}

#[test]
fn a_click_on_a_column_orders_by_it() {
    let mut screen = Screen::new(100, 24, book(), true);
    let (column, row) = find(&screen, "host ");
    click(&mut screen, column, row);
    assert_eq!((screen.state.rows.list.sort().column, screen.state.rows.list.sort().descending), (Column::Host, false));
    assert!(screen.text().contains("host↑"), "{}", screen.text());
    click(&mut screen, column, row);
    assert!(screen.state.rows.list.sort().descending);
}

#[test]
fn panes_and_views_are_clicked() {
    let mut screen = Screen::new(100, 24, book(), true);
    let (column, row) = find(&screen, "5 response");
    click(&mut screen, column, row);
    assert_eq!(screen.state.pane, Pane::Response);
    screen.keys("h");
    let (column, row) = find(&screen, "c certificates");
    click(&mut screen, column, row);
    assert_eq!(screen.state.view, View::Certificates);
}

#[test]
fn the_wheel_moves_what_is_under_it() {
    let mut screen = Screen::new(100, 24, book(), true);
    screen.keys("g2");
    mouse(&mut screen, MouseEventKind::ScrollDown, 10, 20);
    assert_eq!((screen.state.scroll, screen.selected().as_str()), (3, "GET /v1/1"));
    mouse(&mut screen, MouseEventKind::ScrollDown, 10, 4);
    assert_eq!(screen.selected(), "(mqtt, raw)");
    assert_eq!(screen.state.focus, Focus::List);
}

#[test]
fn a_menu_is_clicked() {
    let mut screen = Screen::new(100, 24, book(), true);
    screen.keys("gy");
    let (column, row) = find(&screen, "the URL");
    click(&mut screen, column, row);
    assert_eq!(screen.copied().as_deref(), Some("https://a.test/v1/1"));
    screen.keys("o");
    click(&mut screen, 0, 0);
    assert!(!screen.text().contains("order by"), "a click beside it closes it");
}

#[test]
fn what_is_offered_is_clicked() {
    let mut screen = Screen::new(100, 30, book(), true);
    screen.keys(":certif");
    let (column, row) = find(&screen, " certificates ");
    click(&mut screen, column + 2, row);
    assert_eq!(screen.state.view, View::Certificates);
    screen.keys("t/s");
    mouse(&mut screen, MouseEventKind::ScrollDown, 0, 0);
    let (column, row) = find(&screen, "severity:");
    click(&mut screen, column, row);
    assert!(screen.text().contains(" filter: severity:"), "{}", screen.text());
    let (column, row) = find(&screen, "GET /v1/2");
    click(&mut screen, column, row);
    assert!(screen.state.typing.is_some(), "a click elsewhere does not lose what is written");
}

#[test]
fn no_click_is_harmful() {
    for (width, height) in [(1, 1), (20, 8), (100, 24)] {
        let mut screen = Screen::new(width, height, book(), true);
        for view in "tThdcs".chars() {
            screen.keys(&view.to_string());
            // Every place of a small screen, every seventh of a bigger one.
            for column in (0..width).step_by(if width > 20 { 7 } else { 1 }) {
                for row in 0..height {
                    click(&mut screen, column, row);
                }
            }
        }
    }
}
