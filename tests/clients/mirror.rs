//! Whether a mirror is faithful: nine clients are asked what they think of each server of the lab, once straight and
//! once through tlscope that mirrors, and the two answers have to agree: the tables of docs/mirror.md.
//!
//! The clients are data (`clients`), so is what their words mean (`words`), and so are the answers that do not agree,
//! each with its reason (`exceptions`). Either way the client does the very same thing at another port: a ClientHello
//! to tlscope's port goes to the host that it names.
//!
//! `UPDATE_DOCS=1 cargo test --test clients mirror` writes the tables anew.

mod asking;
mod clients;
mod exceptions;
mod stage;
mod table;
mod words;

use crate::needs::{Need, needs};
use clients::Client;
use stage::{Side, Stage};
use table::{Answer, Cell};

/// What a client says of these cases, in their order.
fn answers(client: &Client, side: &Side<'_>, cases: &[&str]) -> Vec<Answer> {
    let questions = side.questions.iter().filter(|own| cases.contains(&&*own.case));
    let mut said = asking::ask(client, side, &questions.collect::<Vec<_>>());
    let answer = |case: &&str| {
        let said = said.remove(*case).unwrap_or_else(|| panic!("{} says nothing of {case}", client.name));
        let met = client.words.class(&said);
        let (class, line) = met.unwrap_or_else(|| (words::NO_CLASS.to_owned(), said.replace('\n', "; ")));
        Answer { class: words::of_case(case, class), line }
    };
    cases.iter().map(answer).collect()
}

/// What a client says of every case on either side.
fn cells(client: &Client, sides: &[Side<'_>; 2]) -> Vec<Cell> {
    let cases: Vec<_> = sides[0].questions.iter().map(|question| &*question.case).collect();
    let both = |cases: &[&str]| {
        let [straight, mirrored] = sides.each_ref().map(|side| answers(client, side, cases));
        let cells = cases.iter().zip(straight).zip(mirrored).map(|((case, straight), mirrored)| Cell {
            client: client.name,
            case: (*case).to_owned(),
            straight,
            mirrored,
        });
        cells.collect::<Vec<_>>()
    };
    let mut cells = both(&cases);
    // Who waits in vain on one side alone may have met a slow machine: it is asked again, without others beside it.
    let slow = cells.iter_mut().filter(|cell| !cell.agrees() && cell.has_timed_out());
    for cell in slow {
        let again = both(&[&*cell.case.clone()]).remove(0);
        *cell = again;
    }
    cells
}

#[test]
fn mirrors_are_faithful() {
    needs!(
        "certutil",
        "chromium",
        "curl",
        "firefox-esr",
        "gnutls-cli",
        "go",
        "java",
        "javac",
        "node",
        "openssl",
        Need::Python(&["ssl"])
    );
    let stage = Stage::new();
    let names: Vec<_> = clients::ALL.iter().map(|client| client.name).collect();
    let sides = [stage.straight(), stage.mirrored()];
    let cells: Vec<_> = clients::ALL.iter().flat_map(|client| cells(client, &sides)).collect();
    table::settle(&names, &cells, &stage.given());
}
