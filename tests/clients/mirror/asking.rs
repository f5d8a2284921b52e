//! Asking a client about every case on one side.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::scope;

use super::clients::{Client, Run};
use super::stage::{Question, Side};
use crate::process::{command, run_with};

/// How many of a client run at a time that is run for each case.
const AT_A_TIME: usize = 3;

const GET: &[u8] = b"GET / HTTP/1.0\r\n\r\n";

/// What the client says, by case.
pub(super) fn ask(client: &Client, side: &Side<'_>, questions: &[&Question]) -> BTreeMap<String, String> {
    match &client.run {
        Run::Once(run) => once(&side.filled(run), questions),
        Run::Each { run, name } => each(&side.filled(run), name, questions),
    }
}

/// One process reads all the questions.
fn once(run: &str, questions: &[&Question]) -> BTreeMap<String, String> {
    let lines = questions.iter().map(|own| format!("{}\t{}\t{}\n", own.case, own.host, own.port));
    let ended = run_with(&mut words(run), lines.collect::<String>().as_bytes()).well();
    let answers = ended.text();
    answers.lines().filter_map(|line| line.split_once('\t')).map(|(case, said)| (case.into(), said.into())).collect()
}

/// A process for each, a few at a time.
fn each(run: &str, name: &[&str; 2], questions: &[&Question]) -> BTreeMap<String, String> {
    let next = AtomicUsize::new(0);
    let answers = Mutex::new(BTreeMap::new());
    scope(|threads| {
        for _ in 0..AT_A_TIME {
            threads.spawn(|| {
                while let Some(question) = questions.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let said = one(run, name, question);
                    answers.lock().unwrap().insert(question.case.clone(), said);
                }
            });
        }
    });
    answers.into_inner().unwrap()
}

fn one(run: &str, [name, address]: &[&str; 2], question: &Question) -> String {
    let run = run.replace("{name}", if question.is_by_address() { address } else { name });
    let run = run.replace("{host}", &question.host).replace("{port}", &question.port.to_string());
    let ended = run_with(&mut words(&run), GET);
    let code = ended.code().unwrap_or(-1);
    format!("{}\n{}\nexit code {code}", ended.stderr, ended.text())
}

/// A command of words that are separated by spaces.
fn words(run: &str) -> std::process::Command {
    let mut words = run.split_whitespace();
    let mut command = command(words.next().unwrap());
    command.args(words);
    command
}
