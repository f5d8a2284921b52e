//! The lab, and tlscope in front of it: the two sides on which every client is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use serde_json::Value;
use tlscope::lab::{Case, Lab};
use tlscope::model::Timestamp;
use tlscope::net::HostPattern;
use tokio::runtime::Runtime;

use crate::browsers;
use crate::harness::{Ground, script, tlscope};
use crate::needs::python;
use crate::process::{Running, command, run};

/// A question: the case, and where its server is to be asked.
pub(super) struct Question {
    pub(super) case: String,
    pub(super) host: String,
    pub(super) port: u16,
}

impl Question {
    /// Whether it names nobody in its hello.
    pub(super) fn is_by_address(&self) -> bool {
        self.host.parse::<IpAddr>().is_ok()
    }
}

/// Everything that runs.
pub(super) struct Stage {
    tlscope: Running,
    /// Where it listens, and where for each port of the lab's that it leads to.
    port: u16,
    reversed: BTreeMap<u16, u16>,
    lab: Lab,
    /// The lab runs on it.
    _runtime: Runtime,
    ground: Ground,
}

/// One of the two ways to the servers.
pub(super) struct Side<'s> {
    stage: &'s Stage,
    pub(super) questions: Vec<Question>,
    /// What clients trust.
    pub(super) roots: PathBuf,
}

impl Stage {
    pub(super) fn new() -> Self {
        let ground = Ground::new();
        let runtime = Runtime::new().unwrap();
        let any = (Ipv4Addr::LOCALHOST, 0).into();
        let lab = runtime.block_on(Lab::start(any, Timestamp::from(time::OffsetDateTime::now_utc()))).unwrap();
        fs::write(ground.path("straight.pem"), pem(&lab)).unwrap();
        let mut mirroring = tlscope(&ground);
        mirroring.args(["run", "--headless", "--listen=127.0.0.1:0", "--bad-upstream=mirror", "--roots=none"]);
        mirroring.arg("--root-file").arg(ground.path("straight.pem")).args(ways(&lab));
        mirroring.arg("--events").arg(ground.path("events.jsonl"));
        let mut tlscope = Running::start(&mut mirroring, ground.path("tlscope.log"));
        let port = tlscope.port_after("listens on 127.0.0.1:");
        let with_port = lab.cases().iter().filter_map(|case| case.port);
        let reversed =
            with_port.map(|own| (own, tlscope.port_before(&format!(" goes to 127.0.0.1:{own}\n")))).collect();
        let stage = Self { tlscope, port, reversed, lab, _runtime: runtime, ground };
        stage.build();
        stage
    }

    /// The clients that are compiled.
    fn build(&self) {
        let built = self.ground.path("built");
        fs::create_dir_all(&built).unwrap();
        let within = |program: &str, words: &[&str], source: &str| {
            let mut build = command(program);
            build.args(words).arg(script("mirror").join(source));
            run(build.current_dir(&built).env("HOME", &built).env("GO111MODULE", "off")).well();
        };
        within("javac", &["-d", "."], "Ask.java");
        within("go", &["build", "-o", "ask"], "ask.go");
    }

    pub(super) fn cases(&self) -> &[Case] {
        self.lab.cases()
    }

    /// To the lab itself.
    pub(super) fn straight(&self) -> Side<'_> {
        let port = self.lab.address().port();
        let questions = self.cases().iter().map(|case| question(case, elsewhere(&self.lab, case).unwrap_or(port)));
        let questions = questions.collect();
        Side { stage: self, questions, roots: self.ground.path("straight.pem") }
    }

    /// Through tlscope. What it tunnels leads to the lab's roots, so these are trusted as well as its own.
    pub(super) fn mirrored(&self) -> Side<'_> {
        let own = run(tlscope(&self.ground).args(["ca", "path"])).well().text();
        let [roots, own] = [self.ground.path("straight.pem"), own.trim_end().into()].map(fs::read_to_string);
        fs::write(self.ground.path("mirrored.pem"), [roots.unwrap(), own.unwrap()].concat()).unwrap();
        let port = |case: &Case| case.port.map_or(self.port, |own| self.reversed[&own]);
        let questions = self.cases().iter().map(|case| question(case, port(case)));
        let questions = questions.collect();
        Side { stage: self, questions, roots: self.ground.path("mirrored.pem") }
    }

    /// Ends it, and says what clients were given of each server, by the case.
    pub(super) fn given(mut self) -> BTreeMap<String, BTreeSet<String>> {
        // There are servers that show nothing.
        assert_eq!(self.tlscope.end().code(), Some(3), "{}", self.tlscope.said());
        let events = fs::read_to_string(self.ground.path("events.jsonl")).unwrap();
        let events = events.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let mut given: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for connection in events.filter(|event| event["type"] == "connection") {
            if let (Some(target), Some(kind)) = (connection["target"].as_str(), connection["given"]["kind"].as_str()) {
                given.entry(target.to_owned()).or_default().insert(kind.to_owned());
            }
        }
        let target = |case: &Case| format!("{}:{}", case.host, case.port.unwrap_or(443));
        let of_case = |case: &Case| (case.name.clone(), given.remove(&target(case)).unwrap_or_default());
        self.lab.cases().iter().map(of_case).collect()
    }
}

impl Side<'_> {
    /// The command, with everything filled in that is the same for all questions.
    pub(super) fn filled(&self, run: &str) -> String {
        let home = if run.contains("{home}") { self.home() } else { PathBuf::new() };
        let values = [
            ("{roots}", self.roots.display().to_string()),
            ("{scripts}", script("mirror").display().to_string()),
            ("{built}", self.stage.ground.path("built").display().to_string()),
            ("{home}", home.display().to_string()),
            ("{python}", python()),
            ("{documents}", self.stage.lab.address().port().to_string()),
        ];
        values.iter().fold(run.to_owned(), |run, (word, value)| run.replace(word, value))
    }

    /// A new home for a browser: either finds its own there.
    fn home(&self) -> PathBuf {
        let home = tempfile::tempdir_in(self.stage.ground.path("")).unwrap().keep();
        browsers::chromium(&home, &self.roots);
        let settings = FIREFOX.replace("{documents}", &self.stage.lab.address().port().to_string());
        browsers::firefox(&home, &self.roots, &settings);
        home
    }
}

/// Every name is of this machine; what certificates point to is there as well.
const FIREFOX: &str = r#"
user_pref("network.dns.forceResolve", "127.0.0.1");
user_pref("network.socket.forcePort", "80={documents}");
user_pref("marionette.port", 0);
"#;

fn question(case: &Case, port: u16) -> Question {
    Question { case: case.name.clone(), host: case.host.clone(), port }
}

/// The port of a case that is not behind the lab's own.
fn elsewhere(lab: &Lab, case: &Case) -> Option<u16> {
    let is_own = |pattern: &HostPattern| matches!(pattern, HostPattern::Exact(host) if host.to_string() == case.host);
    case.port.or_else(|| lab.connect_rules().iter().find(|rule| is_own(&rule.host))?.to_port)
}

/// How tlscope finds the lab: by a name, or on a port that leads to one case.
fn ways(lab: &Lab) -> Vec<String> {
    let with_port = lab.cases().iter().filter_map(|case| case.port);
    let reversed = with_port.map(|port| format!("--reverse=127.0.0.1:0=127.0.0.1:{port}"));
    let unnamed = lab.cases().iter().filter(|case| case.port.is_none());
    let elsewhere = unnamed
        .filter_map(|case| elsewhere(lab, case).map(|port| format!("--connect-to={}:443:127.0.0.1:{port}", case.host)));
    let lab = [443, 80].map(|port| format!("--connect-to=:{port}:127.0.0.1:{}", lab.address().port()));
    reversed.chain(elsewhere).chain(lab).collect()
}

/// The lab's roots.
fn pem(lab: &Lab) -> String {
    lab.roots().iter().map(|root| tlscope::x509::pem(&root.der)).collect()
}
