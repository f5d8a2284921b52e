//! Questions that clients wait for: shown without taking a key, answered by nothing but an answer.

use crossterm::event::KeyCode;

use super::rig::{STARTED, Screen, book};
use crate::model::{Answer, Command, Guest, Question, QuestionKind, Standing};
use crate::text::corpus::CORPUS;
use crate::tui::state::Overlay;
use crate::tui::update::Message;

fn question(id: u64, kind: QuestionKind) -> Question {
    let asked = STARTED.plus_ms(751_000);
    Question { id, client: "192.0.2.44".parse().unwrap(), kind, asked, until: asked.plus_ms(30_000) }
}

fn admit(id: u64) -> Question {
    let agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15".to_owned();
    question(id, QuestionKind::Admit { wants: "CONNECT api.example.com:443".to_owned(), agent: Some(agent) })
}

fn tunnel(id: u64) -> Question {
    let why = "refused tlscope's certificate 3 times: a pin, most likely".to_owned();
    question(id, QuestionKind::Tunnel { target: "pay.example.com:443".parse().unwrap(), why })
}

fn guests() -> Vec<Guest> {
    let guest = |address: &str, standing| Guest {
        address: address.parse().unwrap(),
        agent: Some("curl/8.14.1".to_owned()),
        standing,
    };
    vec![
        guest("192.0.2.7", Standing::Remembered { used: STARTED }),
        guest("192.0.2.8", Standing::ForThisRun),
        guest("192.0.2.9", Standing::TurnedAway { until: None }),
        Guest { agent: None, ..guest("2001:db8::9", Standing::TurnedAway { until: Some(STARTED.plus_ms(1_361_000)) }) },
    ]
}

fn asked(size: (u16, u16), questions: Vec<Question>) -> Screen {
    let mut screen = Screen::new(size.0, size.1, book(), true);
    screen.tell(Message::Asked(questions, guests()));
    screen.draw();
    screen
}

#[test]
fn what_questions_look_like() {
    for size in [(60, 16), (80, 24), (140, 45)] {
        let name = |what: &str| format!("{what}_{}", size.0);
        let mut screen = asked(size, vec![admit(1), tunnel(2)]);
        insta::assert_snapshot!(name("notice"), screen.text());
        screen.keys("A");
        insta::assert_snapshot!(name("question_admit"), screen.text());
        let mut screen = asked(size, vec![tunnel(2)]);
        screen.keys("A");
        insta::assert_snapshot!(name("question_tunnel"), screen.text());
        screen.key(KeyCode::Esc);
        screen.keys("L");
        insta::assert_snapshot!(name("guests"), screen.text());
    }
}

#[test]
fn an_answer_goes_to_the_question_that_was_shown() {
    for (key, answer) in [('o', Answer::Once), ('a', Answer::Always), ('n', Answer::Never)] {
        let mut screen = asked((80, 24), vec![admit(7), tunnel(8)]);
        screen.keys("A");
        screen.key(KeyCode::Char(key));
        assert_eq!(screen.command(), Some(Command::Answer { question: 7, answer }));
        assert!(matches!(screen.state.overlay, Overlay::None), "the next one is not under the same key");
        assert!(screen.text().contains("refuses to be intercepted"), "but it is told: {}", screen.text());
    }
}

#[test]
fn no_key_that_was_meant_for_something_else_answers() {
    let mut screen = Screen::new(80, 24, book(), true);
    screen.keys("/ho");
    screen.tell(Message::Asked(vec![admit(1)], vec![]));
    screen.draw();
    assert!(screen.text().contains("a device asks to be let in"), "{}", screen.text());
    for c in "Anoa".chars() {
        screen.key(KeyCode::Char(c));
        assert_eq!(screen.command(), None);
    }
    assert!(screen.text().contains("filter: hoAnoa"), "{}", screen.text());
    screen.key(KeyCode::Esc);
    for c in (' '..='~').filter(|c| !"Aq".contains(*c)) {
        screen.key(KeyCode::Char(c));
        assert!(!matches!(screen.command(), Some(Command::Answer { .. })), "{c}");
        screen.key(KeyCode::Esc);
        screen.key(KeyCode::Esc);
    }
    screen.keys("A");
    for key in [KeyCode::Enter, KeyCode::Char(' '), KeyCode::Char('y'), KeyCode::Down] {
        screen.key(key);
        assert_eq!(screen.command(), None, "{key:?}");
        assert!(screen.text().contains("time left"), "{key:?}");
    }
    screen.key(KeyCode::Esc);
    assert!(screen.command().is_none() && !screen.text().contains("time left"), "decided later");
}

#[test]
fn a_question_whose_time_is_over_under_the_eyes_takes_the_key_and_answers_nothing() {
    let mut screen = asked((80, 24), vec![admit(1)]);
    screen.keys("A");
    screen.tell(Message::Asked(vec![], vec![]));
    screen.draw();
    assert!(screen.text().contains("The time is over"), "{}", screen.text());
    screen.keys("o");
    assert!(screen.effects.is_empty() && matches!(screen.state.overlay, Overlay::None), "nor is the order changed");
    screen.keys("A");
    assert!(screen.text().contains("nobody waits for an answer"), "{}", screen.text());
    screen.keys("L");
    assert!(screen.text().contains("no device elsewhere"), "{}", screen.text());
}

#[test]
fn decided_devices_are_forgotten_one_by_one() {
    let mut screen = asked((80, 24), vec![]);
    screen.keys("L");
    for _ in 0..9 {
        screen.key(KeyCode::Down);
    }
    screen.key(KeyCode::Delete);
    assert_eq!(screen.command(), Some(Command::Forget("2001:db8::9".parse().unwrap())));
    screen.tell(Message::Asked(vec![], guests()[..1].to_vec()));
    screen.draw();
    screen.keys("d");
    assert_eq!(screen.command(), Some(Command::Forget("192.0.2.7".parse().unwrap())));
    screen.tell(Message::Asked(vec![], vec![]));
    screen.keys("d");
    assert_eq!(screen.command(), None);
    screen.keys("q");
    assert!(matches!(screen.state.overlay, Overlay::None) && !screen.state.is_quitting);
}

#[test]
fn what_a_device_says_of_itself_stays_text() {
    for evil in CORPUS {
        let agent = Some((*evil).to_owned());
        let hostile = question(1, QuestionKind::Admit { wants: (*evil).to_owned(), agent: agent.clone() });
        let guest = Guest { agent, ..guests().remove(0) };
        for size in [(60, 16), (140, 45), (10, 4), (1, 1)] {
            let mut screen = Screen::new(size.0, size.1, book(), true);
            screen.tell(Message::Asked(vec![hostile.clone()], vec![guest.clone()]));
            screen.draw();
            super::safety::assert_safe(&screen, evil);
            for keys in ["A", "L"] {
                screen.keys(keys);
                super::safety::assert_safe(&screen, evil);
                screen.key(KeyCode::Esc);
            }
        }
    }
}
