//! The scene of a test: certificates, an origin, tlscope in front of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use tempfile::TempDir;

use crate::origins::{self, Origin};
use crate::process::{Running, command, run};
use crate::recording::{Record, Recording};

/// The kind of a key, as `openssl req -newkey` takes it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key {
    P256,
    Rsa,
}

/// A directory for the length of a test, with a CA in it that tlscope trusts.
pub(crate) struct Ground(TempDir);

impl Ground {
    pub(crate) fn new() -> Self {
        let ground = Self(TempDir::new().unwrap());
        // The system's own configuration would add extensions of its own.
        fs::write(ground.path("req.cnf"), "[req]\ndistinguished_name = dn\n[dn]\n").unwrap();
        let extensions = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"];
        ground.certify("ca", Key::P256, &extensions, &[]);
        ground
    }

    /// A file in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A certificate for the names, `DNS:a.test,IP:::1`: the paths of it and of its key.
    pub(crate) fn leaf(&self, key: Key, names: &str) -> [PathBuf; 2] {
        let names = format!("subjectAltName={names}");
        let extensions = [
            &names,
            "basicConstraints=critical,CA:FALSE",
            "keyUsage=critical,digitalSignature,keyEncipherment",
            "extendedKeyUsage=serverAuth",
        ];
        self.certify("leaf", key, &extensions, &["-CA", "ca.pem", "-CAkey", "ca.key"])
    }

    fn certify(&self, name: &str, key: Key, extensions: &[&str], issuer: &[&str]) -> [PathBuf; 2] {
        let key: &[&str] = match key {
            Key::P256 => &["ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
            Key::Rsa => &["rsa:2048"],
        };
        let [cert, private] = [format!("{name}.pem"), format!("{name}.key")];
        let mut req = command("openssl");
        req.current_dir(self.0.path()).args(["req", "-x509", "-config", "req.cnf", "-nodes", "-days", "30", "-newkey"]);
        req.args(key).args(["-subj", &format!("/CN=origin {name}"), "-out", &cert, "-keyout", &private]).args(issuer);
        run(req.args(extensions.iter().flat_map(|extension| ["-addext", extension]))).well();
        [self.path(&cert), self.path(&private)]
    }
}

/// tlscope between a client and an origin. Its fields end in this order.
pub(crate) struct Scene {
    tlscope: Running,
    origin: Origin,
    ground: Ground,
    /// Where tlscope listens.
    pub(crate) port: u16,
    reversed: Option<u16>,
}

impl Scene {
    /// With nginx as the origin of every name.
    pub(crate) fn of_nginx() -> Self {
        Self::of(origins::nginx)
    }

    /// With tlscope's connections to a well-known port going to the origin's, whatever the name; the
    /// origin's own port is found as well.
    pub(crate) fn of(start: impl FnOnce(&Ground) -> Origin) -> Self {
        Self::with(&[], start)
    }

    /// The same with more flags.
    pub(crate) fn with(more: &[&str], start: impl FnOnce(&Ground) -> Origin) -> Self {
        Self::prepared(start, |_| more.iter().map(ToString::to_string).collect())
    }

    /// The same with flags that have to be made first.
    pub(crate) fn prepared(start: impl FnOnce(&Ground) -> Origin, more: impl FnOnce(&Ground) -> Vec<String>) -> Self {
        let ground = Ground::new();
        let origin = start(&ground);
        let more = more(&ground);
        let mut run = tlscope(&ground);
        run.args(["run", "--headless", "--listen=127.0.0.1:0"]).args(flags(&ground, &origin)).args(&more);
        let mut tlscope = Running::start(&mut run, ground.path("tlscope.log"));
        let port = tlscope.port_after("listens on 127.0.0.1:");
        let leads = more.iter().any(|flag| flag.starts_with("--reverse"));
        let reversed = leads.then(|| tlscope.port_after("all that comes to 127.0.0.1:"));
        Self { tlscope, origin, ground, port, reversed }
    }

    /// A file in the directory of this test.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.ground.path(name)
    }

    /// The proxy, for a client that wants a URL.
    pub(crate) fn proxy(&self, scheme: &str) -> String {
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// The port that leads to one target.
    pub(crate) fn reversed(&self) -> u16 {
        self.reversed.unwrap()
    }

    /// tlscope's CA, in PEM.
    pub(crate) fn ca(&self) -> PathBuf {
        run(tlscope(&self.ground).args(["ca", "path"])).well().text().trim_end().into()
    }

    /// tlscope's CA, as a trust store with the password `changeit`.
    pub(crate) fn trust_store(&self) -> PathBuf {
        let store = self.path("trust.p12");
        run(tlscope(&self.ground).args(["ca", "p12", "-o"]).arg(&store)).well();
        store
    }

    /// What tlscope has said.
    pub(crate) fn said(&self) -> String {
        self.tlscope.said()
    }

    /// The CA of the origin.
    pub(crate) fn origin_ca(&self) -> PathBuf {
        self.path("ca.pem")
    }

    /// The origin's own port behind the one that clients know.
    pub(crate) fn origin_port(&self, known: u16) -> u16 {
        self.origin.ports.iter().find(|(port, _)| *port == known).unwrap().1
    }

    /// Ends tlscope, and gives what it recorded.
    pub(crate) fn recording(mut self) -> Recording {
        let status = self.tlscope.end();
        assert!(status.success(), "{status}: {}", self.tlscope.said());
        Recording::read(&self.path("events.jsonl"), &self.path("end.har"))
    }
}

/// The flags by which tlscope finds the origin, trusts it, and keeps what it has seen.
pub(crate) fn flags(ground: &Ground, origin: &Origin) -> Vec<String> {
    let rules = origin.ports.iter().flat_map(|(known, own)| {
        [format!("--connect-to=:{known}:127.0.0.1:{own}"), format!("--resolve=*:{own}:127.0.0.1")]
    });
    let files = [("root-file", "ca.pem"), ("events", "events.jsonl"), ("har", "end.har"), ("session", "s.tlscope")];
    let files = files.map(|(flag, file)| format!("--{flag}={}", ground.path(file).display()));
    ["--roots=none", "--offline"].map(str::to_owned).into_iter().chain(rules).chain(files).collect()
}

/// tlscope with a home of its own.
pub(crate) fn tlscope(ground: &Ground) -> Command {
    let mut tlscope = command(env!("CARGO_BIN_EXE_tlscope"));
    tlscope.arg("--home").arg(ground.path("home"));
    tlscope
}

/// A script of this suite.
pub(crate) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/scripts").join(name)
}

/// The connection was decrypted and relayed, and neither server nor client did anything wrong.
#[track_caller]
pub(crate) fn is_intercepted(connection: Record<'_>, protocol: &str) {
    connection.has(&json!({
        "state": "closed",
        "outcome": "relayed",
        "protocol": protocol,
        "given": {"kind": "pass"},
        "client": {"outcome": {"kind": "served"}},
        "upstream": {"failure": null, "handshake": {"attempt": "modern", "completed": true}},
    }));
    assert_eq!(connection.at("/verdicts/0/result"), "trusted");
    assert!(connection.findings().is_empty(), "{:?}", connection.findings());
}
