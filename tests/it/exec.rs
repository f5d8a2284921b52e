//! `tlscope exec` as a shell sees it: exit codes, standard streams, signals, and what is left behind.
//! Real clients are run by it in tests/clients.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use tempfile::TempDir;

/// `tlscope exec FLAGS -- sh -c SCRIPT`.
fn exec(home: &Path, flags: &[&str], script: &str) -> Command {
    let mut command = tlscope(home, flags);
    command.args(["--", "sh", "-c", script]);
    command
}

fn tlscope(home: &Path, flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tlscope"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TLSCOPE_")) {
        command.env_remove(name);
    }
    command.arg("--home").arg(home).arg("exec").args(flags).stdin(Stdio::null());
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn codes(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), text(&output.stderr))
}

#[test]
fn the_code_is_the_commands() {
    let home = TempDir::new().unwrap();
    let cases = [("exit 0", 0), ("exit 7", 7), ("exit 255", 255), ("kill -TERM $$", 143), ("kill -KILL $$", 137)];
    for (script, code) in cases {
        // Nothing came, so there is nothing that could count.
        let output = exec(home.path(), &["--fail-on", "info"], script).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{script}: {}", text(&output.stderr));
    }
}

#[test]
fn a_command_that_cannot_be_run_is_named() {
    let home = TempDir::new().unwrap();
    let file = home.path().join("no-program");
    fs::write(&file, "x").unwrap();
    for (program, code) in [("/no/such/program", 127), ("no-such-program", 127), (file.to_str().unwrap(), 126)] {
        let (ended, said) = codes(&tlscope(home.path(), &["--", program]).output().unwrap());
        assert_eq!(ended, Some(code), "{said}");
        assert!(said.contains(program) && !said.contains("no connection"), "{said}");
    }
    assert_eq!(fs::read_dir(home.path().join("sessions")).unwrap().count(), 0, "nothing is worth keeping");
}

#[test]
fn what_tlscope_cannot_use_is_its_own_code() {
    let home = TempDir::new().unwrap();
    let cases: [(&[&str], &str); 5] = [
        (&[], "COMMAND"),
        (&["--fail-on", "eror", "true"], "eror"),
        (&["--events", "-", "true"], "--events FILE"),
        (&["--keep-env", "NO_PROXI", "true"], "NO_PROXI"),
        (&["--har", "/no/such/dir/x.har", "true"], "/no/such/dir/x.har"),
    ];
    for (args, word) in cases {
        let (code, said) = codes(&tlscope(home.path(), args).output().unwrap());
        assert!(code == Some(2) && said.contains(word), "{args:?}: {said}");
    }
}

#[test]
fn what_cannot_be_written_is_told_and_the_commands_code_comes_first() {
    let home = TempDir::new().unwrap();
    for (end, code) in [("exit 5", 5), ("exit 0", 2)] {
        let dir = home.path().join("out");
        fs::create_dir(&dir).unwrap();
        let har = dir.join("run.har");
        let script = format!("rm -r '{}'; {end}", dir.display());
        let (ended, said) = codes(&exec(home.path(), &["--har", har.to_str().unwrap()], &script).output().unwrap());
        assert!(ended == Some(code) && said.contains("run.har"), "{ended:?}: {said}");
    }
}

#[test]
fn the_streams_are_the_commands() {
    let home = TempDir::new().unwrap();
    let input: Vec<u8> = (0..3_000_000u32).flat_map(u32::to_le_bytes).collect();
    let mut child = exec(home.path(), &["-q"], "cat; echo said >&2")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, sent) = (child.stdin.take().unwrap(), input.clone());
    let writer = std::thread::spawn(move || stdin.write_all(&sent));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.stdout == input, "{} bytes came back", output.stdout.len());
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), "said\n".to_owned()));
}

#[test]
fn what_tlscope_says_comes_when_the_command_has_ended() {
    let home = TempDir::new().unwrap();
    let output = exec(home.path(), &[], "echo first >&2; echo out").output().unwrap();
    assert_eq!(text(&output.stdout), "out\n");
    let said = text(&output.stderr);
    assert!(said.starts_with("first\ntlscope: no connection came through the proxy"), "{said}");
    assert!(said.contains("tlscope exec --list"), "{said}");
    let verbose = text(&exec(home.path(), &["-v"], "echo first >&2").output().unwrap().stderr);
    assert!(verbose.find("listens on 127.0.0.1:") < verbose.find("first"), "{verbose}");
}

#[test]
fn a_reader_that_goes_away_is_the_commands_affair() {
    let home = TempDir::new().unwrap();
    // yes is ended by SIGPIPE, as it would be without tlscope.
    let mut child = exec(home.path(), &["-q"], "exec yes").stdout(Stdio::piped()).spawn().unwrap();
    let mut some = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut some).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(128 + 13));
}

#[test]
fn the_variables_are_listed() {
    let home = TempDir::new().unwrap();
    let output = tlscope(home.path(), &["--list"]).output().unwrap();
    let list = text(&output.stdout);
    for word in ["GIT_SSL_CAINFO", "JAVA_TOOL_OPTIONS", "read by curl", "Not covered", "webpki-roots"] {
        assert!(list.contains(word), "{word}");
    }
}

#[test]
fn what_is_kept_of_the_environment_is_what_was_asked_for() {
    let home = TempDir::new().unwrap();
    let shown = |flags: &[&str]| {
        let mut command = exec(home.path(), flags, "echo ${no_proxy-none} $NODE_OPTIONS");
        text(&command.env("no_proxy", "a.test").env("NODE_OPTIONS", "--inspect").output().unwrap().stdout)
    };
    let given = shown(&["-q"]);
    assert!(given.starts_with("none --inspect --require ") && given.ends_with("node.cjs\n"), "{given}");
    assert_eq!(shown(&["-q", "--keep-env", "NO_PROXY,NODE_OPTIONS"]), "a.test --inspect\n");
}

/// Whether a command that is begun here can be sent this signal: a shell has its background jobs ignore some, which
/// then stay ignored in everything they begin.
fn comes_through(signal: &str) -> bool {
    let bit = match signal {
        "HUP" => 1,
        "INT" => 2,
        "QUIT" => 3,
        _ => return true,
    };
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    mask >> (bit - 1) & 1 == 0
}

/// A command that runs, having said where its files are.
struct Begun {
    child: Child,
    out: BufReader<ChildStdout>,
    dir: PathBuf,
}

impl Begun {
    fn new(home: &Path, script: &str) -> Self {
        Self::of(exec(home, &["-q"], &format!("dirname \"$CURL_CA_BUNDLE\"; {script}")))
    }

    fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut begun = Self { out: BufReader::new(child.stdout.take().unwrap()), child, dir: PathBuf::new() };
        begun.dir = begun.line().into();
        assert!(begun.dir.join("bundle.pem").exists());
        begun
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn signal(&self, name: &str) {
        assert!(Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap().success());
    }

    /// Its code, and everything else it has written; its files are gone.
    fn end(mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        let code = self.child.wait().unwrap().code();
        assert!(!self.dir.exists(), "{} is left behind", self.dir.display());
        (code, rest)
    }
}

#[test]
fn a_signal_goes_to_the_command_and_tlscope_waits_for_it() {
    let home = TempDir::new().unwrap();
    for signal in ["TERM", "HUP", "INT", "QUIT", "USR1", "USR2"].into_iter().filter(|signal| comes_through(signal)) {
        let script = format!("trap 'echo got {signal}; exit 5' {signal}; echo ready; while :; do sleep 0.05; done");
        let mut begun = Begun::new(home.path(), &script);
        assert_eq!(begun.line(), "ready");
        begun.signal(signal);
        assert_eq!(begun.end(), (Some(5), format!("got {signal}\n")));
    }
}

#[test]
fn a_command_that_a_signal_ends_leaves_nothing_behind() {
    let home = TempDir::new().unwrap();
    let signals = [("TERM", 143), ("HUP", 129), ("INT", 130)];
    for (signal, code) in signals.into_iter().filter(|(signal, _)| comes_through(signal)) {
        let mut begun = Begun::new(home.path(), "echo ready; exec sleep 100");
        assert_eq!(begun.line(), "ready");
        begun.signal(signal);
        assert_eq!(begun.end(), (Some(code), String::new()), "{signal}");
    }
}

/// As `nohup` has it.
#[test]
#[cfg(target_os = "linux")]
fn a_signal_that_is_ignored_stays_ignored() {
    let home = TempDir::new().unwrap();
    let mut command = Command::new("sh");
    let tlscope = env!("CARGO_BIN_EXE_tlscope");
    let script = r#"trap "" HUP; exec "$0" --home "$1" exec -q -- sh -c 'dirname "$CURL_CA_BUNDLE"; sed -n s/SigIgn:.//p /proc/self/status'"#;
    command.args(["-c", script, tlscope]).arg(home.path()).stdin(Stdio::null());
    let mut begun = Begun::of(command);
    let mask = u64::from_str_radix(&begun.line(), 16).unwrap();
    assert_eq!(mask & 1, 1, "{mask:x}");
    assert_eq!(begun.end(), (Some(0), String::new()));
}
