//! The command as a person or a script runs it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use tlscope::lab::Lab;

use crate::rig::now;
use crate::schemas::assert_valid;

/// No command of a test takes longer.
const PATIENCE: Duration = Duration::from_secs(30);

pub fn tlscope(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tlscope"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TLSCOPE_")) {
        command.env_remove(name);
    }
    command.arg("--home").arg(home).stdin(Stdio::null());
    command
}

fn output(command: &mut Command) -> Output {
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A command that fails as it should: its exit code and what it said.
fn failure(command: &mut Command) -> (i32, String) {
    let output = output(command);
    (output.status.code().unwrap(), text(&output.stderr))
}

/// `tlscope run --headless` until it is told to end.
pub struct Running {
    child: Child,
    pub address: SocketAddr,
    said: std::sync::mpsc::Receiver<String>,
}

impl Running {
    pub fn start(home: &Path, args: &[&str]) -> Self {
        let mut command = tlscope(home);
        command.args(["run", "--listen", "127.0.0.1:0"]).args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (tell, said) = std::sync::mpsc::channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        let address = loop {
            let line = said.recv_timeout(PATIENCE).expect("no banner");
            if let Some((_, rest)) = line.split_once(" listens on ") {
                break rest.parse().unwrap();
            }
        };
        Self { child, address, said }
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Ends it, and gives its exit code and everything else it said.
    pub fn stop(mut self) -> (Option<i32>, String) {
        self.signal("TERM");
        let code = self.wait();
        (code, self.said.iter().collect::<Vec<_>>().join("\n"))
    }

    fn wait(&mut self) -> Option<i32> {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("it did not end");
    }

    /// A plain request through the proxy.
    fn get(&self, url: &str) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let host = url.trim_start_matches("http://").split('/').next().unwrap();
        let request =
            format!("GET {url} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer s3cret\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn session_file(home: &Path) -> PathBuf {
    let found: Vec<PathBuf> = fs::read_dir(home.join("sessions")).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.into_iter().find(|path| path.extension().is_some_and(|end| end == "tlscope")).unwrap()
}

#[test]
fn the_help_of_every_command() {
    let whole = tlscope::config::command().term_width(100);
    insta::assert_snapshot!("help", whole.clone().render_long_help());
    for sub in whole.get_subcommands() {
        let mut sub = sub.clone().term_width(100).bin_name(format!("tlscope {}", sub.get_name()));
        insta::assert_snapshot!(format!("help_{}", sub.get_name()), sub.render_long_help());
    }
}

#[test]
fn completions_know_every_command() {
    let home = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = text(&output(tlscope(home.path()).args(["completions", shell])).stdout);
        for word in ["check", "explain", "connect-to", "root-file"] {
            assert!(script.contains(word), "{shell} does not know {word}");
        }
    }
}

#[test]
fn a_session_is_kept_exported_and_valid_by_its_schemas() {
    let home = tempfile::tempdir().unwrap();
    let (events, har) = (home.path().join("events.jsonl"), home.path().join("run.har"));
    let args = ["--lab", "--headless", "--events", events.to_str().unwrap(), "--har", har.to_str().unwrap()];
    let running = Running::start(home.path(), &args);
    let mut drive = tlscope(home.path());
    let drive = drive.args(["lab", "--drive", &running.address.to_string(), "--pause", "0"]);
    assert!(output(drive).status.success());
    assert!(running.get("http://plain.lab.test/json?token=s3cret").contains("200 OK"));
    let (code, said) = running.stop();
    assert_eq!(code, Some(3), "some servers showed nothing: {said}");
    assert!(said.contains("cert-expired") && said.contains("connections, "), "{said}");

    let lines: Vec<Value> =
        fs::read_to_string(&events).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for line in &lines {
        assert_valid("tlscope.event-1", line);
    }
    let of_type = |name: &str| lines.iter().filter(|line| line["type"] == name).count();
    assert!(of_type("connection") > 150 && of_type("exchange") > 100 && of_type("summary") == 1);

    let har: Value = serde_json::from_str(&fs::read_to_string(har).unwrap()).unwrap();
    assert_valid("tlscope.har-1", &har);
    assert!(!har.to_string().contains("s3cret"), "secrets are left out");
    let session = session_file(home.path());
    assert_eq!(fs::metadata(&session).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!session.with_extension("tlscope-wal").exists(), "a clean end leaves one file");

    let export = |format: &str, more: &[&str]| {
        output(tlscope(home.path()).arg("export").arg(&session).args(["--format", format]).args(more))
    };
    let again: Value = serde_json::from_slice(&export("har", &[]).stdout).unwrap();
    assert_eq!(again["log"]["entries"], har["log"]["entries"]);
    let with_secrets = export("har", &["--with-secrets"]);
    assert!(text(&with_secrets.stdout).contains("Bearer s3cret"));
    for line in text(&export("jsonl", &[]).stdout).lines() {
        assert_valid("tlscope.event-1", &serde_json::from_str(line).unwrap());
        assert!(!line.contains("Bearer s3cret"));
    }
    let given_away = home.path().join("give.tlscope");
    assert!(export("session", &["-o", given_away.to_str().unwrap()]).status.success());
    let bytes = fs::read(&given_away).unwrap();
    assert!(!bytes.windows(6).any(|window| window == b"s3cret"), "nor are they in a session that is given away");
    let listed = text(&output(tlscope(home.path()).arg("open")).stdout);
    assert!(listed.contains("connections") && listed.contains(".tlscope"), "{listed}");
    let opened = text(&output(tlscope(home.path()).arg("open").arg(&given_away)).stdout);
    assert!(opened.contains("cert-expired") && opened.contains("expired.lab.test"), "{opened}");
}

#[test]
fn what_was_written_before_a_kill_is_recovered() {
    let home = tempfile::tempdir().unwrap();
    let mut running = Running::start(home.path(), &["--lab", "--headless"]);
    for n in 0..20 {
        assert!(running.get(&format!("http://plain.lab.test/bytes/{n}")).contains("200 OK"));
    }
    // A second is what may be lost; so wait for what came before it to be on the disk.
    let session = session_file(home.path());
    let end = Instant::now() + PATIENCE;
    while tlscope::store::Archive::attach(&session).unwrap().counts().unwrap().1 < 20 {
        assert!(Instant::now() < end, "nothing is written");
        std::thread::sleep(Duration::from_millis(50));
    }
    running.signal("KILL");
    running.wait();
    assert!(session.with_extension("tlscope-wal").exists(), "it was not closed");
    let out = output(tlscope(home.path()).arg("export").arg(&session).args(["--format", "har"]));
    let har: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(har["log"]["entries"].as_array().unwrap().len(), 20);
    assert!(!session.with_extension("tlscope-wal").exists(), "and now it is one file");
}

#[test]
fn a_reader_that_has_stopped_does_not_keep_it() {
    let home = tempfile::tempdir().unwrap();
    let har = home.path().join("run.har");
    let args = ["--lab", "--events", "-", "--har", har.to_str().unwrap()];
    // Nobody reads standard output: its pipe is full before all of this is in it.
    let running = Running::start(home.path(), &args);
    for n in 0..60 {
        assert!(running.get(&format!("http://plain.lab.test/bytes/{}", 4000 + n)).contains("200 OK"));
    }
    assert_eq!(running.stop().0, Some(0));
    assert!(fs::read_to_string(har).unwrap().contains("\"entries\""), "and the HAR is written");
}

#[test]
fn a_session_is_never_written_over_itself() {
    let home = tempfile::tempdir().unwrap();
    let running = Running::start(home.path(), &["--lab", "--headless"]);
    assert!(running.get("http://plain.lab.test/json").contains("200 OK"));
    running.stop();
    let session = session_file(home.path());
    let before = fs::read(&session).unwrap();
    let (code, said) =
        failure(tlscope(home.path()).arg("export").arg(&session).args(["--format", "har", "-o"]).arg(&session));
    assert!(code == 2 && said.contains("the session itself"), "{said}");
    assert_eq!(fs::read(&session).unwrap(), before);
}

#[test]
fn without_a_terminal_it_says_so_and_runs_all_the_same() {
    let home = tempfile::tempdir().unwrap();
    let mut command = tlscope(home.path());
    let out = output(command.args(["run", "--listen", "127.0.0.1:0", "--for", "100ms"]));
    assert!(out.status.success());
    assert!(text(&out.stderr).contains("no terminal"), "{}", text(&out.stderr));
    assert!(out.stdout.is_empty(), "standard output is for machines");
}

#[test]
fn findings_decide_the_exit_code_of_a_run() {
    for (fail_on, code) in [("never", 0), ("error", 1), ("info", 1), ("name-mismatch", 0)] {
        let home = tempfile::tempdir().unwrap();
        let running = Running::start(home.path(), &["--lab", "--headless", "--fail-on", fail_on]);
        let mut tunnel = TcpStream::connect(running.address).unwrap();
        tunnel.write_all(b"CONNECT expired.lab.test:443 HTTP/1.1\r\nHost: expired.lab.test\r\n\r\n").unwrap();
        tunnel.read_exact(&mut [0; 12]).unwrap();
        let hello = tlscope::wire::write_probe_hello(&tlscope::wire::ProbeHello {
            suites: &[],
            large: false,
            version: tlscope::model::TlsVersion::TLS12,
            sni: Some("expired.lab.test"),
            alpn: &[],
            random: [1; 32],
        });
        tunnel.write_all(&hello).unwrap();
        let _ = tunnel.read(&mut [0; 64]).unwrap();
        // The judge's word is on standard error.
        while !running.said.recv_timeout(PATIENCE).unwrap().contains("cert-expired") {}
        drop(tunnel);
        assert_eq!(running.stop().0, Some(code), "{fail_on}");
    }
}

/// A lab and the flags by which `check` finds it.
struct CheckedLab {
    _lab: Lab,
    dir: TempDir,
    flags: Vec<String>,
}

async fn checked_lab() -> CheckedLab {
    let lab = Lab::start("127.0.0.1:0".parse().unwrap(), now()).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let roots = dir.path().join("roots.pem");
    let pem: String = lab.roots().iter().map(|root| tlscope::x509::pem(&root.der)).collect();
    fs::write(&roots, pem).unwrap();
    let to = format!("::127.0.0.1:{}", lab.address().port());
    let flags = ["--connect-to", &to, "--roots", "none", "--root-file", roots.to_str().unwrap(), "--timeout", "2s"];
    CheckedLab { flags: flags.map(str::to_owned).to_vec(), _lab: lab, dir }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_tells_everything_and_its_exit_code_follows() {
    let lab = checked_lab().await;
    let cases: [(&[&str], i32); 7] = [
        (&["good.lab.test"], 0),
        (&["expired-wrong-name.lab.test"], 1),
        (&["expired-wrong-name.lab.test", "--fail-on", "never"], 0),
        (&["expired-wrong-name.lab.test", "--fail-on", "sig-md"], 0),
        (&["closes.lab.test"], 3),
        (&["closes.lab.test", "expired.lab.test"], 1),
        (&["good.lab.test", "--at", "2050-01-01T00:00:00Z"], 1),
    ];
    for (args, code) in cases {
        let mut command = tlscope(lab.dir.path());
        let out = output(command.arg("check").args(args).args(&lab.flags).args(["--format", "json"]));
        assert_eq!(out.status.code(), Some(code), "{args:?}: {}", text(&out.stderr));
        assert_valid("tlscope.check-1", &serde_json::from_slice(&out.stdout).unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_for_people() {
    let lab = checked_lab().await;
    for name in ["expired-wrong-name.lab.test", "missing-intermediate.lab.test", "tls10.lab.test"] {
        let out = output(tlscope(lab.dir.path()).args(["check", name]).args(&lab.flags));
        let mut settings = insta::Settings::clone_current();
        settings.add_filter(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT");
        settings.add_filter(r"(TCP|TLS) [\d.]+ ms", "$1 N ms");
        settings.add_filter(r"\d{4}-\d\d-\d\d", "DATE");
        settings.add_filter(r"(CERTIFICATE-----\n)(    [A-Za-z0-9+/=]+\n)+", "$1    [base64]\n");
        settings.add_filter(r"certificate message      \d+ bytes", "certificate message      N bytes");
        settings
            .bind(|| insta::assert_snapshot!(format!("check_{}", name.split('.').next().unwrap()), text(&out.stdout)));
    }
}

/// A lab makes new authorities each time: what an older one said of its certificates is asked anew.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_kept_and_is_outdated_is_asked_for_again() {
    let home = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let lab = checked_lab().await;
        for (name, wanted) in [("revoked-by-list.lab.test", "revoked-crl"), ("good.lab.test", "")] {
            let mut command = tlscope(home.path());
            let out = output(command.args(["check", name, "--format", "json"]).args(&lab.flags));
            let document: Value = serde_json::from_slice(&out.stdout).unwrap();
            let findings = document["targets"][0]["findings"].as_array().unwrap().iter();
            let ids: Vec<&str> = findings.filter_map(|finding| finding["id"].as_str()).collect();
            assert_eq!(ids.join(" "), wanted, "{name}");
        }
    }
}

/// What `tlscope lab` prints is a command that works as it stands, and finds what is wrong and nothing else.
#[test]
fn the_lab_says_how_to_check_its_servers() {
    let home = tempfile::tempdir().unwrap();
    let mut lab = tlscope(home.path()).args(["lab", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(lab.stdout.take().unwrap()).lines().map_while(Result::ok);
    let line = lines.into_iter().find(|line| line.trim_start().starts_with("tlscope check")).unwrap();
    let check = |name: &str| {
        let words: Vec<&str> = line.split_whitespace().skip(1).collect();
        let (_, words) = words.split_last().unwrap();
        let mut command = tlscope(home.path());
        // A switch has the forms of every switch.
        command.args(words).arg(name).env("TLSCOPE_EVERY_ADDRESS", "on");
        let out = output(&mut command);
        (out.status.code(), text(&out.stdout) + &text(&out.stderr))
    };
    let (good, expired) = (check("good.lab.test"), check("expired.lab.test"));
    lab.kill().unwrap();
    lab.wait().unwrap();
    assert!(good.0 == Some(0) && good.1.contains("no defect"), "{good:?}");
    assert!(expired.0 == Some(1) && expired.1.contains("cert-expired"), "{expired:?}");
}

#[test]
fn a_chain_in_a_file_is_judged_without_a_network() {
    let home = tempfile::tempdir().unwrap();
    let chain = Path::new(env!("CARGO_MANIFEST_DIR")).join("certs/fixtures/algorithms/rsa2048-sha256.pem");
    let mut command = tlscope(home.path());
    let args = ["--name", "a.test", "--roots", "none", "--at", "2027-01-01T00:00:00Z", "--format", "json"];
    let out = output(command.arg("check").arg("--chain").arg(chain).args(args));
    assert_eq!(out.status.code(), Some(1));
    let document: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_valid("tlscope.check-1", &document);
    assert_eq!(document["at"], "2027-01-01T00:00:00.000Z");
    assert_eq!(document["targets"][0]["outcome"], "file");
}

#[test]
fn the_ca_is_made_once_and_never_overwritten() {
    let home = tempfile::tempdir().unwrap();
    let path = PathBuf::from(text(&output(tlscope(home.path()).args(["ca", "path"])).stdout).trim());
    let secret = path.with_file_name("tlscope-ca.pem");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&secret), 0o600);
    let before = fs::read(&secret).unwrap();
    for form in ["pem", "der", "p12", "mobileconfig", "android"] {
        let out = output(tlscope(home.path()).args(["ca", form]));
        assert!(out.status.success() && !out.stdout.is_empty(), "{form}");
        assert!(!text(&out.stdout).contains("PRIVATE"), "{form}");
    }
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o644)).unwrap();
    let out = output(tlscope(home.path()).args(["run", "--headless", "--listen", "127.0.0.1:0", "--for", "50ms"]));
    assert!(text(&out.stderr).contains("chmod 600"), "{}", text(&out.stderr));
    assert_eq!(mode(&secret), 0o644, "what its owner has set is left alone");
    assert_eq!(fs::read(&secret).unwrap(), before);

    fs::write(&secret, "rubbish").unwrap();
    let (code, said) = failure(tlscope(home.path()).args(["ca", "pem"]));
    assert_eq!(code, 2);
    assert!(said.contains("tlscope-ca.pem") && said.contains("damaged"), "{said}");
    assert_eq!(fs::read(&secret).unwrap(), b"rubbish");
    let renewed = output(tlscope(home.path()).args(["ca", "new"]));
    assert!(renewed.status.success() && text(&renewed.stdout).contains("kept in"), "{}", text(&renewed.stdout));
}

#[test]
fn faults_are_named_with_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path();
    let foreign = dir.join("foreign.tlscope");
    fs::write(&foreign, "not a session at all, but long enough to be looked at as one; and longer still").unwrap();
    let config = dir.join("bad.toml");
    fs::write(&config, "[proxy]\nlisen = \"1\"\n").unwrap();
    let busy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let busy = busy.local_addr().unwrap().to_string();
    let path = |path: &Path| path.display().to_string();
    let cases: Vec<(Vec<String>, &str)> = [
        (vec!["run", "--lissen", "1"], "--listen"),
        (vec!["run", "--listen", "nowhere"], "nowhere"),
        (vec!["run", "--headless", "--listen", &busy], "in use"),
        (vec!["run", "--headless", "--listen", "127.0.0.1:0", "--session", &path(&foreign)], "there already"),
        (vec!["run", "--headless", "--listen", "127.0.0.1:0", "--session", "/nonexistent/x.tlscope"], "/nonexistent"),
        (vec!["run", "--headless", "--listen", "127.0.0.1:0", "--har", "/nonexistent/x.har"], "/nonexistent/x.har"),
        (vec!["run", "--headless", "--listen", "127.0.0.1:0", "--events", "/nonexistent/x"], "/nonexistent/x"),
        (vec!["run", "--headless", "--root-file", &path(&config)], "no certificate"),
        (vec!["--config", &path(&config), "run", "--headless"], "lisen"),
        (vec!["--config", "/nonexistent/c.toml", "run", "--headless"], "/nonexistent/c.toml"),
        (vec!["open", &path(&foreign)], "no session"),
        (vec!["export", &path(&foreign), "--format", "har"], "no session"),
        (vec!["export", "/nonexistent/s", "--format", "har"], "/nonexistent/s"),
        (vec!["check"], "TARGET"),
        (vec!["check", "--chain", &path(&config)], "no certificate"),
        (vec!["check", "a.test", "--ocsp", &path(&config)], "no OCSP response"),
        (vec!["check", "a.test", "--crl", &path(&config)], "no revocation list"),
        (vec!["check", "a.test", "--fail-on", "eror"], "eror"),
        (vec!["explain", "cert-expird"], "no such finding"),
        (vec!["lab", "--drive", "127.0.0.1:1"], "127.0.0.1:1"),
        (vec!["chekc"], "check"),
    ]
    .into_iter()
    .map(|(args, said)| (args.into_iter().map(str::to_owned).collect(), said))
    .collect();
    for (args, expected) in cases {
        let (code, said) = failure(tlscope(dir).args(&args));
        assert_eq!(code, 2, "{args:?}: {said}");
        assert!(said.contains(expected), "{args:?}: {said}");
    }
    let left: Vec<_> = fs::read_dir(dir.join("sessions")).into_iter().flatten().collect();
    assert!(left.is_empty(), "a run that does not start leaves no session: {left:?}");
}

#[test]
fn the_environment_counts_below_a_flag_and_above_the_file() {
    let home = tempfile::tempdir().unwrap();
    fs::write(
        home.path().join("config.toml"),
        "[headless]\nfor = \"50ms\"\nheadless = true\n[proxy]\nlisten = [\"127.0.0.1:0\"]\n",
    )
    .unwrap();
    let from_file = output(&mut tlscope(home.path()));
    assert!(
        from_file.status.success() && text(&from_file.stderr).contains("127.0.0.1:"),
        "{}",
        text(&from_file.stderr)
    );
    let from_environment = failure(tlscope(home.path()).env("TLSCOPE_LISTEN", "nowhere"));
    assert!(from_environment.0 == 2 && from_environment.1.contains("nowhere"), "{from_environment:?}");
    let from_flag =
        output(tlscope(home.path()).env("TLSCOPE_LISTEN", "127.0.0.1:1").args(["run", "--listen", "127.0.0.2:0"]));
    assert!(text(&from_flag.stderr).contains("127.0.0.2:"), "{}", text(&from_flag.stderr));
}

#[test]
fn explain_tells_every_finding() {
    let home = tempfile::tempdir().unwrap();
    let list = text(&output(tlscope(home.path()).arg("explain")).stdout);
    for id in tlscope::model::FindingId::ALL {
        assert!(list.contains(id.as_str()), "{id}");
    }
    insta::assert_snapshot!("explain", text(&output(tlscope(home.path()).args(["explain", "cert-expired"])).stdout));
}

#[test]
fn a_coming_end_counts_when_it_is_asked_for() {
    let home = tempfile::tempdir().unwrap();
    let chain = Path::new(env!("CARGO_MANIFEST_DIR")).join("certs/fixtures/ocsp/l3.pem");
    let code = |days: &str| {
        let mut check = tlscope(home.path());
        check.args(["check", "--roots", "none", "--fail-on", "never", "--at", "2036-11-01T00:00:00Z", "--chain"]);
        output(check.arg(&chain).args(["--expiring", days])).status.code()
    };
    assert_eq!([code("10"), code("30")], [Some(0), Some(1)], "it ends on 2036-11-18");
}
