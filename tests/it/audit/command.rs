//! `tlscope audit` as a person or a script runs it. The client that it runs is this very test program.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::Value;

use super::people::{Character, Person};
use crate::cli::tlscope;
use crate::schemas::assert_valid;

const HOST: &str = "good.lab.test";

/// What tells the program that it is the client, and which.
const CHARACTER: &str = "AUDITED_CLIENT";

/// Run by the other tests, as a client with the environment that tlscope has given it.
#[test]
#[ignore = "it is the client of the other tests"]
fn the_client() {
    let character = match std::env::var(CHARACTER).as_deref() {
        Ok("careless") => Character::Careless,
        _ => Character::Correct,
    };
    let roots = CertificateDer::pem_file_iter(std::env::var_os("SSL_CERT_FILE").unwrap()).unwrap();
    let person = Person::trusting(character, roots.map(Result::unwrap));
    let proxy = std::env::var("https_proxy").unwrap();
    // One that refuses is right.
    let _ = person.ask_through(proxy.trim_start_matches("http://"), HOST);
}

/// The client's command line.
fn client() -> Vec<String> {
    let program = std::env::current_exe().unwrap().to_string_lossy().into_owned();
    let words = ["--exact", "audit::command::the_client", "--ignored", "--quiet"].map(str::to_owned);
    std::iter::once(program).chain(words).collect()
}

fn audit(home: &Path, character: &str, flags: &[&str], command: &[String]) -> Output {
    let mut audit = tlscope(home);
    audit.args(["audit", "--lab"]).args(flags).arg("--").args(command).env(CHARACTER, character);
    audit.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_command_that_checks_is_right_and_one_that_does_not_is_found_out() {
    let home = tempfile::tempdir().unwrap();
    let flags = ["--host", "*.lab.test", "--only", "unknown-ca,wrong-name,expired-yesterday"];
    let right = audit(home.path(), "correct", &flags, &client());
    let (out, said) = (text(&right.stdout), text(&right.stderr));
    assert_eq!(right.status.code(), Some(0), "{out}{said}");
    assert!(out.contains("nothing was taken that is wrong") && out.contains("refused: 3 of 3"), "{out}");
    assert!(said.contains("[   1 of 3] unknown-ca                 refused 1x"), "{said}");
    let wrong = audit(home.path(), "careless", &flags, &client());
    assert_eq!(wrong.status.code(), Some(1), "{}", text(&wrong.stderr));
    assert!(text(&wrong.stdout).contains("It was sent: GET https://good.lab.test/ with cookie"));
    assert!(!text(&wrong.stdout).contains("s3cret"));
}

#[test]
fn the_document_goes_to_a_file_and_what_happens_to_another() {
    let home = tempfile::tempdir().unwrap();
    let (table, events) = (home.path().join("table.json"), home.path().join("events.jsonl"));
    let (table_name, events_name) = (table.to_str().unwrap(), events.to_str().unwrap());
    let flags = ["--host", HOST, "--only", "md5", "--fail-on", "fatal", "--format", "json", "-o", table_name];
    let output = audit(home.path(), "careless", &[&flags[..], &["--events", events_name]].concat(), &client());
    assert_eq!(output.status.code(), Some(0), "an error is less than fatal: {}", text(&output.stderr));
    assert!(output.stdout.is_empty());
    let document: Value = serde_json::from_str(&fs::read_to_string(table).unwrap()).unwrap();
    assert_valid("tlscope.audit-1", &document);
    assert_eq!(document["found"][0]["identity"], "md5");
    assert_eq!(document["hosts"], serde_json::json!([HOST]));
    let lines: Vec<Value> =
        fs::read_to_string(events).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for line in &lines {
        assert_valid("tlscope.event-1", line);
    }
    let tried: Vec<&Value> =
        lines.iter().filter(|line| line["type"] == "trial").map(|line| &line["identity"]).collect();
    assert_eq!(tried, ["good", "md5"]);
}

#[test]
fn what_tells_nothing_and_what_cannot_be_run_have_codes_of_their_own() {
    let home = tempfile::tempdir().unwrap();
    let run = |flags: &[&str], command: &[&str]| {
        let output = audit(home.path(), "", flags, &command.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    };
    let (code, said) = run(&["--host", HOST], &["true"]);
    assert!(code == Some(3) && said.contains("no client came to a host that is audited"), "{said}");
    let (code, said) = run(&["--host", HOST, "--time-limit", "100ms"], &["sh", "-c", "sleep 600 & sleep 600"]);
    assert!(code == Some(3) && said.contains("took too long"), "{said}");
    let (code, said) = run(&["--host", HOST], &["/no/such/program"]);
    assert!(code == Some(127) && said.contains("/no/such/program"), "{said}");
    let (code, said) = run(&[], &["true"]);
    assert!(code == Some(2) && said.contains("--all-hosts"), "{said}");
    let (code, said) = run(&["--host", HOST, "--only", "sha-1"], &["true"]);
    assert!(code == Some(2) && said.contains("intermediate-sha1"), "{said}");
}

/// `tlscope audit` without a command, until it is done.
struct Auditing {
    child: Child,
    address: String,
}

impl Auditing {
    fn start(home: &Path, flags: &[&str]) -> Self {
        let mut command = tlscope(home);
        command.args(["audit", "--lab", "--listen", "127.0.0.1:0", "--until-done"]).args(flags);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let address = lines.find_map(|line| line.split_once(" listens on ").map(|(_, address)| address.to_owned()));
        std::thread::spawn(move || lines.count());
        Self { child, address: address.expect("no banner") }
    }
}

#[test]
fn clients_come_as_they_like_until_everybody_is_done_with() {
    let home = tempfile::tempdir().unwrap();
    let mut auditing = Auditing::start(home.path(), &["--all-hosts", "--only", "self-signed,over-long"]);
    let path = tlscope(home.path()).args(["ca", "path"]).output().unwrap();
    let end = Instant::now() + Duration::from_secs(30);
    while auditing.child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < end, "it does not end");
        let words = client();
        let mut client = Command::new(&words[0]);
        client.args(&words[1..]).env("https_proxy", &auditing.address).env("SSL_CERT_FILE", text(&path.stdout).trim());
        assert!(client.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok());
    }
    let output = auditing.child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let table = text(&output.stdout);
    assert!(table.contains("refused: 1 of 2") && table.contains("info: over-long"), "{table}");
}
