//! `tlscope audit` with real clients: some as they are, some that were made not to verify. The tables of
//! docs/manual/audited-clients.md say what each of them takes.
//!
//! Clients are data. One that is quick to start is the command of an audit, which runs it as often as it has to; one that
//! is not asks again and again until its proxy is gone, and the audit ends when it knows everything.
//!
//! `UPDATE_DOCS=1 cargo test --test clients audit` writes the tables anew.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;

use serde_json::Value;

use crate::harness::{Ground, flags, script, tlscope};
use crate::marked::{block, replaced};
use crate::needs::{Need, needs, node_modules, python};
use crate::origins::{self, Origin};
use crate::process::{Running, command, run};

const URL: &str = "https://site.test/hello.txt";

/// So many audits go on at once.
const AT_ONCE: usize = 3;

/// A client. Its words are separated by spaces, and `{url}`, `{python}`, `{modules}` of Node, `{scripts}`, `{built}`, and
/// of those that come again and again `{proxy}` and `{roots}`, are filled in.
struct Client {
    name: &'static str,
    words: &'static str,
    comes: Comes,
}

/// How a client comes to be shown one identity after the other.
#[derive(PartialEq, Eq)]
enum Comes {
    /// It is run again and again.
    AsCommand,
    /// It asks again and again by itself.
    Again,
}

const fn run_as(name: &'static str, words: &'static str) -> Client {
    Client { name, words, comes: Comes::AsCommand }
}

const fn again(name: &'static str, words: &'static str) -> Client {
    Client { name, words, comes: Comes::Again }
}

/// As they are.
const SOUND: &[Client] = &[
    run_as("curl", "curl -q -sS {url}"),
    run_as("wget", "wget -q --no-hsts --tries=1 -O - {url}"),
    run_as("git", "git ls-remote {url}"),
    run_as("openssl s_client", "sh {scripts}/audit_s_client.sh"),
    run_as("Ruby", "ruby -rnet/http -e print(Net::HTTP.get(URI(ARGV[0]))) {url}"),
    run_as("PHP", "php {scripts}/audit.php {url}"),
    run_as("Perl LWP", "perl {scripts}/audit.pl {url}"),
    run_as("Deno", "{modules}/.bin/deno run -A {scripts}/audit_fetch.mjs {url}"),
    run_as("Bun", "{modules}/.bin/bun {scripts}/audit_fetch.mjs {url}"),
    again("Python urllib", "{python} {scripts}/audit_loop.py {proxy} {roots} {url} right"),
    again("Node", "node {scripts}/audit_loop.mjs {proxy} {roots} {url} right"),
    again("Go", "{built}/audit_loop {proxy} {roots} {url} right"),
    again("Java", "java -cp {built} AuditLoop {proxy} {roots} {url} right"),
];

/// Made not to verify, in the ways that are found in real apps.
const CARELESS: &[Client] = &[
    run_as("curl --insecure", "curl -q -sS --insecure {url}"),
    run_as("wget --no-check-certificate", "wget -q --no-hsts --tries=1 --no-check-certificate -O - {url}"),
    run_as("git with sslVerify off", "git -c http.sslVerify=false ls-remote {url}"),
    again("Python without check_hostname", "{python} {scripts}/audit_loop.py {proxy} {roots} {url} any-name"),
    again("Python with CERT_NONE", "{python} {scripts}/audit_loop.py {proxy} {roots} {url} anything"),
    again("Node, rejectUnauthorized: false", "node {scripts}/audit_loop.mjs {proxy} {roots} {url} anything"),
    again("Go, InsecureSkipVerify", "{built}/audit_loop {proxy} {roots} {url} anything"),
    again("Java with a manager that trusts all", "java -cp {built} AuditLoop {proxy} {roots} {url} anything"),
    again("Java with a verifier of any name", "java -cp {built} AuditLoop {proxy} {roots} {url} any-name"),
];

/// certmitm's four tests, by the names they have there.
const CERTMITM: [&str; 4] = ["self_signed", "replaced_key", "real_cert", "real_cert_CA"];

/// The scene of all of them.
struct Stage {
    origin: Origin,
    ground: Ground,
    roots: String,
}

impl Stage {
    fn new() -> Self {
        let ground = Ground::new();
        let origin = origins::nginx(&ground);
        let roots = run(tlscope(&ground).args(["ca", "path"])).well().text().trim_end().to_owned();
        let stage = Self { origin, ground, roots };
        let mut go = command("go");
        go.args(["build", "-o", "audit_loop"]).arg(script("audit_loop.go")).env("GO111MODULE", "off");
        stage.build(go);
        let mut javac = command("javac");
        javac.args(["-d", "."]).arg(script("AuditLoop.java"));
        stage.build(javac);
        stage
    }

    fn build(&self, mut compiler: Command) {
        let home = self.ground.path("");
        run(compiler.current_dir(&home).env("HOME", &home).env("GOCACHE", home.join("cache"))).well();
    }

    /// The client's command, to be run through this proxy.
    fn command(&self, client: &Client, proxy: &str) -> Command {
        let scripts = script("");
        let modules = node_modules().unwrap_or_default();
        let fill = |word: &str| {
            let places = [
                ("{url}", URL.to_owned()),
                ("{python}", python()),
                ("{modules}", modules.display().to_string()),
                ("{scripts}", scripts.display().to_string().trim_end_matches('/').to_owned()),
                ("{built}", self.ground.path("").display().to_string().trim_end_matches('/').to_owned()),
                ("{proxy}", proxy.to_owned()),
                ("{roots}", self.roots.clone()),
            ];
            places.iter().fold(word.to_owned(), |word, (place, text)| word.replace(place, text))
        };
        let mut words = client.words.split_whitespace().map(fill);
        let mut command = command(words.next().unwrap());
        command.args(words).env("HOME", self.ground.path(""));
        command
    }

    /// Audits a client: the exit code and the document.
    fn audit(&self, client: &Client, number: usize) -> (Option<i32>, Value) {
        let out = self.ground.path(&format!("audit-{number}.json"));
        let mut audit = tlscope(&self.ground);
        audit.args(["audit", "--host=site.test", "--format=json", "--output"]).arg(&out);
        // Each has a session of its own, and none of the files that one run alone may write.
        let kept = ["--session", "--events", "--har"];
        audit.args(
            flags(&self.ground, &self.origin).iter().filter(|flag| !kept.iter().any(|own| flag.starts_with(own))),
        );
        let (code, said) = match client.comes {
            Comes::AsCommand => {
                let command = self.command(client, "");
                audit.env("HOME", self.ground.path("")).arg("--").arg(command.get_program()).args(command.get_args());
                let ended = run(&mut audit);
                (ended.code(), ended.stderr)
            }
            Comes::Again => {
                audit.args(["--until-done", "--listen=127.0.0.1:0"]);
                let mut running = Running::start(&mut audit, self.ground.path(&format!("audit-{number}.log")));
                let proxy = format!("http://127.0.0.1:{}", running.port_after("listens on 127.0.0.1:"));
                run(&mut self.command(client, &proxy));
                (running.ended().code(), running.said())
            }
        };
        let text = fs::read_to_string(&out).unwrap_or_default();
        let document = serde_json::from_str(&text);
        (code, document.unwrap_or_else(|error| panic!("{}: {error}: {code:?}, {said}", client.name)))
    }

    /// All of them, a few at a time, in their order.
    fn all(&self, clients: &[Client]) -> Vec<(Option<i32>, Value)> {
        let next = Mutex::new(0..clients.len());
        let done = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for _ in 0..AT_ONCE {
                scope.spawn(|| {
                    loop {
                        let Some(at) = next.lock().unwrap().next() else { return };
                        let told = self.audit(&clients[at], clients[at].words.len() * 100 + at);
                        done.lock().unwrap().push((at, told));
                    }
                });
            }
        });
        let mut done = done.into_inner().unwrap();
        done.sort_by_key(|(at, _)| *at);
        done.into_iter().map(|(_, told)| told).collect()
    }
}

/// The one subject of a document: everything else would be a client that was not meant.
fn subject<'d>(name: &str, document: &'d Value) -> &'d Value {
    let subjects = document["subjects"].as_array().unwrap();
    assert_eq!(subjects.len(), 1, "{name}: {subjects:#?}");
    assert_eq!(subjects[0]["standing"], "sound", "{name}: {subjects:#?}");
    &subjects[0]
}

/// What was found, of these severities.
fn found(document: &Value, severities: &[&str]) -> Vec<String> {
    let found = document["found"].as_array().unwrap().iter();
    let found = found.filter(|found| severities.contains(&found["severity"].as_str().unwrap()));
    found.map(|found| found["identity"].as_str().unwrap().to_owned()).collect()
}

fn row(client: &Client, document: &Value) -> String {
    let told = |word: &str| {
        let cells = subject(client.name, document)["cells"].as_array().unwrap().iter();
        cells.filter(|cell| cell["told"] == word).count()
    };
    let listed = |severities: &[&str]| {
        let names = found(document, severities);
        if names.is_empty() { "-".to_owned() } else { format!("`{}`", names.join("` `")) }
    };
    let grave = found(document, &["fatal", "error", "warning"]);
    let grave = match grave.len() {
        // The list would say no more than that nothing is looked at.
        20.. => format!("{} of them", grave.len()),
        _ => listed(&["fatal", "error", "warning"]),
    };
    let refused = told("refused");
    format!("| {} | {refused} | {grave} | {} |\n", client.name, listed(&["info"]))
}

/// The manual's page, and a lock on it: both tables are made at the same time.
fn page() -> (PathBuf, File) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/manual/audited-clients.md");
    let file = File::open(&path).unwrap();
    file.lock().unwrap();
    (path, file)
}

/// Compares a table with the manual's, or puts it there.
fn settle(name: &str, clients: &[Client], told: &[(Option<i32>, Value)]) {
    let rows: String = clients.iter().zip(told).map(|(client, (_, document))| row(client, document)).collect();
    let head = "| client | refused | took, and should not have | took, as most do |\n|---|---|---|---|\n";
    let table = format!("{head}{rows}");
    let (path, _lock) = page();
    let there = fs::read_to_string(&path).unwrap();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, replaced(&there, name, &table)).unwrap();
    } else {
        let hint = "UPDATE_DOCS=1 cargo test --test clients audit";
        assert!(block(&there, name) == table, "the table of {name} in {} differs: {hint}\n{table}", path.display());
    }
}

#[test]
fn clients_as_they_are() {
    needs!(
        "curl",
        "git",
        "go",
        "java",
        "javac",
        "nginx",
        "node",
        "openssl",
        "perl",
        "php",
        "ruby",
        "wget",
        Need::Python(&["ssl"]),
        Need::Node(&["deno", "bun"])
    );
    let told = Stage::new().all(SOUND);
    for (client, (_, document)) in SOUND.iter().zip(&told) {
        assert!(found(document, &["fatal"]).is_empty(), "{}: {:?}", client.name, document["found"]);
    }
    settle("sound", SOUND, &told);
}

#[test]
fn clients_that_do_not_verify() {
    needs!("curl", "git", "go", "java", "javac", "nginx", "node", "openssl", "wget", Need::Python(&["ssl"]));
    let told = Stage::new().all(CARELESS);
    for (client, (code, document)) in CARELESS.iter().zip(&told) {
        assert_eq!(*code, Some(1), "{}", client.name);
        let taken = found(document, &["fatal"]);
        assert!(taken.contains(&"wrong-name".to_owned()), "{}: {taken:?}", client.name);
        let identities = document["identities"].as_array().unwrap();
        let certmitm = |test: &&str| identities.iter().find(|identity| identity["certmitm"] == **test).unwrap();
        let looks_at_the_name_alone = client.name.contains("check_hostname") || client.name.contains("any name");
        for identity in CERTMITM.iter().map(certmitm) {
            let name = identity["name"].as_str().unwrap();
            let is_taken = taken.iter().any(|taken| taken == name);
            assert_eq!(is_taken, !looks_at_the_name_alone || name == "wrong-name", "{}: {name}", client.name);
        }
    }
    settle("careless", CARELESS, &told);
}
