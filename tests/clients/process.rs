//! Running programs: with a clean environment, never for longer than a deadline, and none of them
//! outlives its test.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Nothing here takes longer, on a slow machine either.
const PATIENCE: Duration = Duration::from_secs(120);

/// Asks again and again until there is an answer.
pub(crate) fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "{what} took longer than {PATIENCE:?}");
        sleep(Duration::from_millis(10));
    }
}

/// Where a program is. Servers are not on every user's path.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let servers = ["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from);
    std::env::split_paths(&path).chain(servers).map(|dir| dir.join(program)).find(|file| file.is_file())
}

/// Variables by which a machine adds CAs of its own to what programs trust.
const OWN_CAS: [&str; 6] =
    ["CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE"];

/// A command that no proxy setting, no CA of the machine's and no configuration of OpenSSL's reaches.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let program = program.as_ref();
    let mut command = Command::new(program.to_str().and_then(find).unwrap_or_else(|| program.into()));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        let is_proxy = name.to_ascii_lowercase().ends_with("_proxy");
        if is_proxy || name.starts_with("TLSCOPE_") || OWN_CAS.contains(&&*name) {
            command.env_remove(&*name);
        }
    }
    command.env("OPENSSL_CONF", "/dev/null").env("LC_ALL", "C.UTF-8").stdin(Stdio::null()).process_group(0);
    command
}

/// A program that runs, with what it writes in a file. Killed, with all that it started, when
/// dropped.
pub(crate) struct Running {
    child: Child,
    log: PathBuf,
}

impl Running {
    /// Starts it.
    pub(crate) fn start(command: &mut Command, log: PathBuf) -> Self {
        let file = File::create(&log).unwrap();
        command.stdout(file.try_clone().unwrap()).stderr(file);
        Self { child: spawn(command), log }
    }

    /// What it has written so far.
    pub(crate) fn said(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap()).into_owned()
    }

    /// Waits until it has said `word`; false when it ended before.
    pub(crate) fn says(&mut self, word: &str) -> bool {
        until(word, || {
            let ended = self.child.try_wait().unwrap().is_some();
            let said = self.said().contains(word);
            (said || ended).then_some(said)
        })
    }

    /// The port that it names in a whole line, behind `word`.
    pub(crate) fn port_after(&mut self, word: &str) -> u16 {
        assert!(self.says(word), "no {word:?} in {}", self.said());
        until(word, || {
            let said = self.said();
            let (digits, _) = said.split_once(word)?.1.split_once(|c: char| !c.is_ascii_digit())?;
            Some(digits.parse().unwrap())
        })
    }

    /// The port that it names last before `word`.
    pub(crate) fn port_before(&mut self, word: &str) -> u16 {
        assert!(self.says(word), "no {word:?} in {}", self.said());
        let said = self.said();
        let (before, _) = said.split_once(word).unwrap();
        before.rsplit(':').next().unwrap().parse().unwrap()
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn end(&mut self) -> ExitStatus {
        signal(&self.child, "TERM");
        until("an end", || self.child.try_wait().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        kill(&mut self.child);
    }
}

/// What a program that has ended left.
#[derive(Debug)]
pub(crate) struct Ended {
    status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Ended {
    /// Whether it went well.
    pub(crate) fn is_well(&self) -> bool {
        self.status.success()
    }

    /// Its exit code, unless a signal ended it.
    pub(crate) fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// It has to have gone well.
    #[track_caller]
    pub(crate) fn well(self) -> Self {
        let said = String::from_utf8_lossy(&self.stdout);
        assert!(self.is_well(), "{}: {}\n{said}", self.status, self.stderr);
        self
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
}

/// Runs a program to its end.
pub(crate) fn run(command: &mut Command) -> Ended {
    run_with(command, b"")
}

/// Runs a program that reads `input`.
pub(crate) fn run_with(command: &mut Command, input: &[u8]) -> Ended {
    let [mut stdin, mut stdout, mut stderr] = [(); 3].map(|()| tempfile::tempfile().unwrap());
    stdin.write_all(input).unwrap();
    stdin.rewind().unwrap();
    command.stdin(stdin).stdout(stdout.try_clone().unwrap()).stderr(stderr.try_clone().unwrap());
    let mut child = Bounded(spawn(command));
    let status = until(&format!("{command:?}"), || child.0.try_wait().unwrap());
    Ended { status, stdout: whole(&mut stdout), stderr: String::from_utf8_lossy(&whole(&mut stderr)).into_owned() }
}

/// A child that dies when its test gives up.
struct Bounded(Child);

impl Drop for Bounded {
    fn drop(&mut self) {
        kill(&mut self.0);
    }
}

fn spawn(command: &mut Command) -> Child {
    command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

fn whole(file: &mut File) -> Vec<u8> {
    let mut bytes = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut bytes).unwrap();
    bytes
}

fn kill(child: &mut Child) {
    // The group lives on while any process of it does, as a browser's helpers.
    signal_to(&format!("-{}", child.id()), "KILL");
    let _ = child.wait();
}

fn signal(child: &Child, name: &str) {
    signal_to(&child.id().to_string(), name);
}

/// std sends no signals; the shell's own `kill` is everywhere.
fn signal_to(whom: &str, name: &str) {
    let script = ["-c", r#"kill -s "$1" -- "$2" 2>/dev/null"#, "kill", name, whom];
    let _ = Command::new("sh").args(script).stdin(Stdio::null()).status();
}
