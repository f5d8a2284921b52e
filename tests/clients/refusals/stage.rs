//! What the cells of a table stand on: an origin, CAs to trust, and for each a tlscope that has met
//! nobody yet.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use super::clients::{Client, Kind, OKHTTP_AND_OKIO};
use super::reroute::{self, NOWHERE};
use super::situations::{Situation, Trust};
use super::visitor::Visitor;
use crate::browsers;
use crate::harness::{Ground, script, tlscope};
use crate::needs::{node_modules, python};
use crate::origins::{self, Origin};
use crate::process::{Running, command, run, run_with, until};

/// The host that a cell is about.
pub(super) const SITE: &str = "site.test";

/// Another of the same app.
pub(super) const OTHER: &str = "other.test";

/// What is concluded of a client at a host.
#[derive(Debug)]
pub(super) struct Told {
    /// The kind of the refusal; `served` where there was none, `nothing` where nothing is said.
    pub(super) kind: String,
    pub(super) confidence: Option<String>,
}

/// The scene of one table.
pub(super) struct Stage {
    _origin: Origin,
    pub(super) ports: Vec<(u16, u16)>,
    pub(super) ground: Ground,
}

impl Stage {
    pub(super) fn new() -> Self {
        let ground = Ground::new();
        let origin = origins::nginx(&ground);
        let stage = Self { ports: origin.ports.clone(), _origin: origin, ground };
        stage.issue();
        stage
    }

    /// The CAs that clients may trust.
    fn issue(&self) {
        for trust in Trust::ALL {
            fs::create_dir_all(self.of(trust)).unwrap();
        }
        let own = run(tlscope(&self.ground).args(["ca", "path"])).well().text();
        let own = Path::new(own.trim_end());
        fs::copy(own, self.roots(Trust::Ours)).unwrap();
        fs::copy(self.ground.path("ca.pem"), self.roots(Trust::Origins)).unwrap();
        let mut older = command(env!("CARGO_BIN_EXE_tlscope"));
        let older = run(older.arg("--home").arg(self.ground.path("older")).args(["ca", "path"])).well().text();
        fs::copy(older.trim_end(), self.roots(Trust::Older)).unwrap();
        for trust in [Trust::SameName, Trust::SameNameAndKeyId] {
            self.imitate(own, trust);
        }
    }

    /// A CA that has the name of `own` and not its key.
    fn imitate(&self, own: &Path, trust: Trust) {
        let within = |file: &str| self.of(trust).join(file);
        let mut openssl = command("openssl");
        run(openssl.args(["genrsa", "-out"]).arg(within("key.pem")).arg("2048")).well();
        let mut openssl = command("openssl");
        openssl.args(["x509", "-days", "30", "-in"]).arg(own).arg("-signkey").arg(within("key.pem"));
        if trust == Trust::SameName {
            fs::write(within("own.cnf"), "basicConstraints=critical,CA:TRUE\nsubjectKeyIdentifier=hash\n").unwrap();
            openssl.arg("-clrext").arg("-extfile").arg(within("own.cnf"));
        }
        run(openssl.arg("-out").arg(within("roots.pem"))).well();
    }

    /// The file with the CAs of this kind.
    pub(super) fn roots(&self, trust: Trust) -> PathBuf {
        self.of(trust).join("roots.pem")
    }

    fn of(&self, trust: Trust) -> PathBuf {
        self.ground.path(trust.word())
    }

    /// What tlscope concludes of the client in the end.
    pub(super) fn told(&self, client: &Client, situation: Situation) -> Told {
        let clock = if client.has_own_clock { 0 } else { -situation.days() };
        let fresh = Fresh::start(&self.ground, &self.ports, clock);
        if situation == Situation::CaOfAnother {
            Visitor { stage: self, port: fresh.port, host: OTHER }.get();
        } else if situation != Situation::PinnedAlone {
            self.visit(&fresh, client, situation, OTHER);
        }
        for _ in 0..client.runs {
            self.visit(&fresh, client, situation, SITE);
        }
        fresh.told()
    }

    /// Lets the client go to a host, and waits until that is over.
    fn visit(&self, fresh: &Fresh, client: &Client, situation: Situation, host: &str) {
        let before = fresh.to(host).len();
        let mut command = self.command(fresh, client, situation, host);
        match client.kind {
            Kind::Command | Kind::Chromium => {
                run_with(&mut command, client.input.as_bytes());
            }
            Kind::Firefox => {
                let _running = Running::start(&mut command, self.ground.path("client.log"));
                until("Firefox", || {
                    fresh.to(host).iter().skip(before).any(|own| !own["client"]["outcome"].is_null()).then_some(())
                });
            }
        }
        fresh.settled(client.name, host, before + client.tries);
    }

    fn command(&self, fresh: &Fresh, client: &Client, situation: Situation, host: &str) -> Command {
        // Elsewhere only that is wrong which is wrong with the whole app.
        let is_here = host == SITE;
        let is_about_host = matches!(situation, Situation::Pinned | Situation::WrongName);
        let is_rerouted = is_here && client.is_rerouted(situation);
        let port = if is_rerouted { reroute::before(fresh.port) } else { fresh.port };
        let store = self.of(situation.trust());
        let home = self.home(client.kind, &store, port);
        let values = [
            ("{added}", if is_here || !is_about_host { client.added(situation) } else { "" }.to_owned()),
            ("{url}", format!("https://{}/hello.txt", if is_rerouted { NOWHERE } else { host })),
            ("{host}", host.to_owned()),
            ("{proxy}", format!("http://127.0.0.1:{port}")),
            ("{port}", port.to_string()),
            ("{roots}", store.join("roots.pem").display().to_string()),
            ("{home}", home.display().to_string()),
            ("{python}", python()),
            ("{modules}", node_modules().unwrap_or_default().display().to_string()),
            ("{scripts}", script("").display().to_string()),
            ("{jars}", OKHTTP_AND_OKIO.to_owned()),
            ("{built}", self.ground.path("built").display().to_string()),
        ];
        let filled = values.iter().fold(client.run.to_owned(), |run, (word, value)| run.replace(word, value));
        let mut words = filled.split_whitespace();
        let mut command = command(words.next().unwrap());
        command.args(words).env("HOME", home);
        if client.has_own_clock && situation.days() != 0 {
            shift(&mut command, situation.days());
        }
        command
    }

    /// A home directory for one visit, with the CAs of `store` where browsers look for them.
    fn home(&self, kind: Kind, store: &Path, port: u16) -> PathBuf {
        let home = tempfile::tempdir_in(self.ground.path("")).unwrap().keep();
        match kind {
            Kind::Command => {}
            Kind::Chromium => browsers::chromium(&home, &store.join("roots.pem")),
            Kind::Firefox => {
                browsers::firefox(&home, &store.join("roots.pem"), &FIREFOX.replace("{port}", &port.to_string()));
            }
        }
        home
    }

    /// Builds what has to be built of a script: its class or program stands in `{built}`.
    pub(super) fn build(self, mut build: Command) -> Self {
        let built = self.ground.path("built");
        fs::create_dir_all(&built).unwrap();
        run(build.current_dir(&built).env("HOME", &built)).well();
        self
    }
}

/// Its proxy.
const FIREFOX: &str = r#"
user_pref("network.proxy.type", 1);
user_pref("network.proxy.ssl", "127.0.0.1");
user_pref("network.proxy.ssl_port", {port});
user_pref("network.proxy.http", "127.0.0.1");
user_pref("network.proxy.http_port", {port});
"#;

/// Moves the clock of what is run, and lets its timers be.
fn shift(command: &mut Command, days: i32) {
    static LIBRARY: OnceLock<String> = OnceLock::new();
    // The program of this name starts another, which no signal of ours would reach.
    let library = LIBRARY.get_or_init(|| {
        let mut faketime = crate::process::command("faketime");
        run(faketime.args(["-f", "+0", "printenv", "LD_PRELOAD"])).well().text()
    });
    command.env("LD_PRELOAD", library.trim_end()).env("FAKETIME", format!("{days:+}d"));
    command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
}

/// A tlscope that has met nobody.
pub(super) struct Fresh {
    _tlscope: Running,
    events: PathBuf,
    pub(super) port: u16,
}

impl Fresh {
    /// With its clock moved by `days`, and its connections to well-known ports going to these.
    pub(super) fn start(ground: &Ground, ports: &[(u16, u16)], days: i32) -> Self {
        let dir = tempfile::tempdir_in(ground.path("")).unwrap().keep();
        let events = dir.join("events.jsonl");
        let mut run = tlscope(ground);
        run.args(["run", "--headless", "--listen=127.0.0.1:0", "--roots=none", "--offline"]);
        run.args(ports.iter().map(|(known, own)| format!("--connect-to=:{known}:127.0.0.1:{own}")));
        run.arg(format!("--events={}", events.display()));
        if days != 0 {
            shift(&mut run, days);
        }
        let mut tlscope = Running::start(&mut run, dir.join("tlscope.log"));
        let port = tlscope.port_after("listens on 127.0.0.1:");
        Self { _tlscope: tlscope, events, port }
    }

    /// Waits until there are so many connections to the host, and all have ended.
    pub(super) fn settled(&self, who: &str, host: &str, count: usize) {
        until(&format!("{who} and {host}"), || {
            let met = self.to(host);
            (met.len() >= count && met.iter().all(|own| own["state"] == "closed")).then_some(())
        });
    }

    /// What is known of the connections to a host by now.
    pub(super) fn to(&self, host: &str) -> Vec<Value> {
        let text = fs::read_to_string(&self.events).unwrap_or_default();
        // The last line may be on its way.
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let target = format!("{host}:443");
        let own = lines.filter(|line| line["type"] == "connection" && line["target"] == *target);
        let by_id: BTreeMap<u64, Value> = own.map(|line| (line["id"].as_u64().unwrap(), line)).collect();
        by_id.into_values().collect()
    }

    /// What is concluded of the connections to the site in the end.
    pub(super) fn told(&self) -> Told {
        let was_served = self.to(SITE).iter().any(|own| own["client"]["outcome"]["kind"] == "served");
        match self.concluded() {
            // A browser that is served leaves other connections unused.
            Some(told) if !(was_served && told.kind == "probe") => told,
            _ => Told { kind: if was_served { "served" } else { "nothing" }.to_owned(), confidence: None },
        }
    }

    /// The last conclusion about a connection to the site.
    pub(super) fn concluded(&self) -> Option<Told> {
        let met = self.to(SITE);
        let refusal = met.iter().map(|own| &own["client"]["refusal"]).rfind(|refusal| !refusal.is_null())?;
        let word = |member: &str| refusal[member].as_str().unwrap().to_owned();
        Some(Told { kind: word("kind"), confidence: Some(word("confidence")) })
    }
}
