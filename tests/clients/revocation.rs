//! Revocation as OpenSSL does it: the database of its CA, its responder, its lists, its stapling.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Duration;
use std::{fs, thread};

use time::OffsetDateTime;
use tlscope::model::Timestamp;

use crate::checked::{Checked, check};
use crate::harness::Ground;
use crate::needs::needs;
use crate::process::{Running, command, run};

/// What certificates and lists are made by. Lists and answers hold for an hour.
const CONFIG: &str = "
[req]
distinguished_name = dn
[dn]
[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
certificate = ca.pem
private_key = ca.key
crlnumber = number.txt
rand_serial = yes
unique_subject = no
default_md = sha256
default_days = 29
default_crl_hours = 1
policy = policy
[policy]
commonName = supplied
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:site.test
authorityInfoAccess = OCSP;URI:http://ocsp.test/
crlDistributionPoints = URI:http://crl.test/ca.crl
[must-staple]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:site.test
authorityInfoAccess = OCSP;URI:http://ocsp.test/
crlDistributionPoints = URI:http://crl.test/ca.crl
tlsfeature = status_request
[responder]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = OCSPSigning
[middle]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
authorityInfoAccess = OCSP;URI:http://ocsp.test/
crlDistributionPoints = URI:http://crl.test/ca.crl
[below]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:site.test
";

/// Certificates by the name of their file: the subject, the section that says what they are, and more
/// flags.
const ISSUED: [(&str, &str, &str, &[&str]); 6] = [
    ("good", "site.test", "leaf", &[]),
    ("revoked", "site.test", "leaf", &[]),
    ("stapled", "site.test", "must-staple", &[]),
    ("responder", "responder", "responder", &[]),
    ("no-responder", "no responder", "leaf", &[]),
    ("old-responder", "old responder", "responder", &["-startdate", "20200101000000Z", "-enddate", "20200201000000Z"]),
];

const NOTHING: &[&str] = &[];

/// What is asked about every leaf.
const QUESTION: &str = "revocation of site.test";

/// A CA that knows whom it certified and whom it revoked. The files are on its ground.
struct Authority(Ground);

impl Authority {
    fn new() -> Self {
        let authority = Self(Ground::new());
        for (file, text) in [("ca.cnf", CONFIG), ("index.txt", ""), ("empty.txt", ""), ("number.txt", "01\n")] {
            fs::write(authority.0.path(file), text).unwrap();
        }
        for (name, subject, section, more) in ISSUED {
            authority.issue(name, subject, section, more);
        }
        authority.revoke("revoked");
        authority
    }

    fn openssl(&self, args: &[&str]) {
        run(command("openssl").current_dir(self.0.path("")).args(args)).well();
    }

    /// A certificate, in a file with a key beside it.
    fn issue(&self, name: &str, subject: &str, section: &str, more: &[&str]) {
        let [subject, key, cert] = [format!("/CN={subject}"), format!("{name}.key"), format!("{name}.pem")];
        let new = ["-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-keyout", &key];
        self.openssl(&[&["req", "-new", "-config", "ca.cnf", "-subj", &subject, "-out", "new.csr"], &new[..]].concat());
        let sign = ["ca", "-batch", "-notext", "-config", "ca.cnf", "-extensions", section, "-in", "new.csr"];
        self.openssl(&[&sign[..], &["-out", &cert], more].concat());
    }

    fn revoke(&self, name: &str) {
        let cert = format!("{name}.pem");
        self.openssl(&["ca", "-config", "ca.cnf", "-revoke", &cert, "-crl_reason", "keyCompromise"]);
    }

    /// A list of whom it has revoked.
    fn list(&self, file: &str, more: &[&str]) {
        self.openssl(&[&["ca", "-config", "ca.cnf", "-gencrl", "-out", file], more].concat());
    }

    /// The same list in DER, as it is served.
    fn list_in_der(&self) -> Vec<u8> {
        self.list("ca.crl", &[]);
        self.openssl(&["crl", "-in", "ca.crl", "-outform", "DER", "-out", "ca.der"]);
        fs::read(self.0.path("ca.der")).unwrap()
    }

    /// An answer about a certificate, signed by one of those above, in the file `WHOM-by-WHO.der`.
    fn answer(&self, whom: &str, who: &str) {
        let [cert, signer, key] = [format!("{whom}.pem"), format!("{who}.pem"), format!("{who}.key")];
        self.openssl(&["ocsp", "-issuer", "ca.pem", "-cert", &cert, "-no_nonce", "-reqout", "ask.der"]);
        let of = ["-index", "index.txt", "-CA", "ca.pem", "-rsigner", &signer, "-rkey", &key, "-nmin", "60"];
        let file = format!("{whom}-by-{who}.der");
        self.openssl(&[&["ocsp", "-reqin", "ask.der", "-respout", &file], &of[..]].concat());
    }

    /// A responder that answers by that database, and its port.
    fn responder(&self, who: &str, index: &str) -> (Running, u16) {
        let mut responder = command("openssl");
        responder.current_dir(self.0.path("")).args(["ocsp", "-port", "0", "-CA", "ca.pem", "-nmin", "60"]);
        responder.args(["-index", index, "-rsigner", &format!("{who}.pem"), "-rkey", &format!("{who}.key")]);
        let mut responder = Running::start(&mut responder, self.0.path("responder.log"));
        assert!(responder.says(" PID="), "{}", responder.said());
        // It takes every address, those of IPv6 where there are any.
        let before_port = if responder.said().contains("[::]:") { "[::]:" } else { "0.0.0.0:" };
        let port = responder.port_after(before_port);
        (responder, port)
    }

    /// A TLS server with a certificate of that name, and its port.
    fn server(&self, name: &str, more: &[&str]) -> (Running, u16) {
        let mut server = command("openssl");
        server.current_dir(self.0.path("")).args(["s_server", "-rev", "-accept", "127.0.0.1:0"]);
        server.args(["-cert", &format!("{name}.pem"), "-key", &format!("{name}.key")]).args(more);
        let mut server = Running::start(&mut server, self.0.path("server.log"));
        let port = server.port_after("ACCEPT 127.0.0.1:");
        (server, port)
    }

    /// What is said of the server on the first port, when the places where its certificate says to ask
    /// are the others.
    fn look(&self, home: &str, [tls, ocsp, crl]: [u16; 3], more: &[&str]) -> Checked {
        let places = [("site.test:443", tls), ("ocsp.test:80", ocsp), ("crl.test:80", crl)];
        let rules = places.map(|(place, port)| format!("--connect-to={place}:127.0.0.1:{port}"));
        let args = ["site.test"].into_iter().chain(rules.iter().map(String::as_str));
        check(&self.0, home, args.chain(more.iter().copied()))
    }

    /// What is said of a chain in a file.
    fn read(&self, chain: &str, more: &[&str]) -> Checked {
        check(&self.0, "home", ["--chain", chain, "--name=site.test"].iter().chain(more))
    }
}

/// Serves one answer, whatever is asked, and gives the port. With an empty answer it is dead.
fn serve(answer: Vec<u8>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = stream.and_then(|stream| say(stream, &answer));
        }
    });
    port
}

fn say(mut stream: TcpStream, answer: &[u8]) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    if stream.read(&mut [0; 4096])? == 0 {
        return Ok(());
    }
    stream.write_all(answer)?;
    stream.shutdown(Shutdown::Write)?;
    // To close with anything unread would be a reset.
    io::copy(&mut stream, &mut io::sink()).map(drop)
}

fn dead() -> u16 {
    serve(Vec::new())
}

fn page(body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// Exactly this is found, and the question is left open for that reason or for none.
#[track_caller]
fn is_said(checked: &Checked, what: &str, findings: &[&str], open: Option<&str>) {
    let mut findings = findings.to_vec();
    findings.sort_unstable();
    assert_eq!(checked.findings(), findings, "{what}: {checked}");
    assert_eq!(checked.open(QUESTION), open, "{what}: {checked}");
    let is_revoked = findings.iter().any(|id| id.contains("revoked"));
    let verdict = if is_revoked { "untrusted" } else { "trusted" };
    assert_eq!(checked.at("/verdicts/0/result"), verdict, "{what}: {checked}");
}

/// The evidence of a revocation: who says so, and why it was done.
#[track_caller]
fn is_revoked_by(checked: &Checked, id: &str, by: &str) {
    let evidence = checked.evidence(id);
    assert_eq!(evidence["by"], by, "{checked}");
    assert_eq!(evidence["reason"], "keyCompromise", "{checked}");
}

/// A leaf whose certificate says where to ask, and what is said of it.
struct Fetched {
    leaf: &'static str,
    /// The name of the responder's certificate, and its database; none when it is dead.
    responder: Option<(&'static str, &'static str)>,
    has_list: bool,
    findings: &'static [&'static str],
}

const FETCHED: &[Fetched] = &[
    Fetched { leaf: "good", responder: Some(("ca", "index.txt")), has_list: false, findings: &[] },
    Fetched { leaf: "good", responder: Some(("responder", "index.txt")), has_list: false, findings: &[] },
    Fetched { leaf: "revoked", responder: Some(("ca", "index.txt")), has_list: false, findings: &["revoked-ocsp"] },
    Fetched {
        leaf: "revoked",
        responder: Some(("responder", "index.txt")),
        has_list: false,
        findings: &["revoked-ocsp"],
    },
    // What cannot be relied on is told, and the list is asked.
    Fetched {
        leaf: "good",
        responder: Some(("no-responder", "index.txt")),
        has_list: true,
        findings: &["staple-bad-signer"],
    },
    Fetched {
        leaf: "good",
        responder: Some(("old-responder", "index.txt")),
        has_list: true,
        findings: &["staple-bad-signer"],
    },
    Fetched {
        leaf: "revoked",
        responder: Some(("no-responder", "index.txt")),
        has_list: true,
        findings: &["staple-bad-signer", "revoked-crl"],
    },
    Fetched {
        leaf: "revoked",
        responder: Some(("old-responder", "index.txt")),
        has_list: true,
        findings: &["staple-bad-signer", "revoked-crl"],
    },
    Fetched { leaf: "good", responder: Some(("ca", "empty.txt")), has_list: true, findings: &["ocsp-unknown"] },
    Fetched {
        leaf: "revoked",
        responder: Some(("ca", "empty.txt")),
        has_list: true,
        findings: &["ocsp-unknown", "revoked-crl"],
    },
    Fetched { leaf: "good", responder: None, has_list: true, findings: &["ocsp-unreachable"] },
    Fetched { leaf: "revoked", responder: None, has_list: true, findings: &["ocsp-unreachable", "revoked-crl"] },
    // Silence says neither yes nor no.
    Fetched { leaf: "good", responder: None, has_list: false, findings: &["ocsp-unreachable", "crl-unreachable"] },
    Fetched { leaf: "revoked", responder: None, has_list: false, findings: &["ocsp-unreachable", "crl-unreachable"] },
];

#[test]
fn what_is_fetched() {
    needs!("openssl");
    let authority = Authority::new();
    let list = serve(page(&authority.list_in_der()));
    for (place, row) in FETCHED.iter().enumerate() {
        let (_server, tls) = authority.server(row.leaf, &[]);
        let responder = row.responder.map(|(who, index)| authority.responder(who, index));
        let ocsp = responder.as_ref().map_or_else(dead, |(_, port)| *port);
        let crl = if row.has_list { list } else { dead() };
        let checked = authority.look(&format!("home-{place}"), [tls, ocsp, crl], &[]);
        let is_open = row.findings.contains(&"crl-unreachable");
        let open = is_open.then_some("no answer that can be relied on");
        // Nothing is stapled.
        let findings = [row.findings, &["staple-missing"]].concat();
        is_said(&checked, &format!("{} by {:?}", row.leaf, row.responder), &findings, open);
        for (id, by) in [("revoked-ocsp", "http://ocsp.test/"), ("revoked-crl", "http://crl.test/ca.crl")] {
            if findings.contains(&id) {
                is_revoked_by(&checked, id, by);
            }
        }
    }
}

/// A leaf in a file, and what is said of it without a network.
struct Read {
    leaf: &'static str,
    /// What is given besides.
    flags: &'static [&'static str],
    findings: &'static [&'static str],
    /// Why that does not settle whether it was revoked; `None` when it does.
    open: Option<&'static str>,
}

const READ: &[Read] = &[
    Read { leaf: "good", flags: &[], findings: &[], open: Some("--offline") },
    Read { leaf: "good", flags: &["--crl=ca.crl"], findings: &[], open: None },
    Read { leaf: "good", flags: &["--crl=ca.der"], findings: &[], open: None },
    Read { leaf: "revoked", flags: &["--crl=ca.crl"], findings: &["revoked-crl"], open: None },
    Read { leaf: "revoked", flags: &["--crl=ca.der"], findings: &["revoked-crl"], open: None },
    Read { leaf: "good", flags: &["--crl=other.crl"], findings: &["crl-bad-signature"], open: Some("--offline") },
    Read { leaf: "revoked", flags: &["--crl=other.crl"], findings: &["crl-bad-signature"], open: Some("--offline") },
    Read { leaf: "good", flags: &["--crl=old.crl"], findings: &["crl-expired"], open: Some("--offline") },
    // Who is on a list that is out of date was revoked all the same.
    Read { leaf: "revoked", flags: &["--crl=old.crl"], findings: &["crl-expired", "revoked-crl"], open: None },
    Read { leaf: "good", flags: &["--ocsp=good-by-ca.der"], findings: &[], open: None },
    Read { leaf: "good", flags: &["--ocsp=good-by-responder.der"], findings: &[], open: None },
    Read { leaf: "revoked", flags: &["--ocsp=revoked-by-ca.der"], findings: &["revoked-ocsp"], open: None },
    Read { leaf: "revoked", flags: &["--ocsp=revoked-by-responder.der"], findings: &["revoked-ocsp"], open: None },
    Read {
        leaf: "revoked",
        flags: &["--ocsp=revoked-by-ca.der", "--crl=ca.crl"],
        findings: &["revoked-ocsp", "revoked-crl"],
        open: None,
    },
    Read {
        leaf: "revoked",
        flags: &["--ocsp=revoked-by-no-responder.der"],
        findings: &["staple-bad-signer"],
        open: Some("--offline"),
    },
    Read {
        leaf: "revoked",
        flags: &["--ocsp=revoked-by-old-responder.der"],
        findings: &["staple-bad-signer"],
        open: Some("--offline"),
    },
    Read {
        leaf: "good",
        flags: &["--ocsp=revoked-by-ca.der"],
        findings: &["staple-wrong-cert"],
        open: Some("--offline"),
    },
    Read {
        leaf: "good",
        flags: &["--ocsp=revoked-by-ca.der", "--crl=ca.crl"],
        findings: &["staple-wrong-cert"],
        open: None,
    },
];

/// The same a day later, when the lists and the answers are out of date.
const READ_LATER: &[Read] = &[
    Read { leaf: "good", flags: &["--crl=ca.crl"], findings: &["crl-expired"], open: Some("--offline") },
    Read { leaf: "revoked", flags: &["--crl=ca.crl"], findings: &["crl-expired", "revoked-crl"], open: None },
    Read { leaf: "good", flags: &["--ocsp=good-by-ca.der"], findings: &["staple-expired"], open: Some("--offline") },
    Read {
        leaf: "revoked",
        flags: &["--ocsp=revoked-by-ca.der"],
        findings: &["staple-expired", "revoked-ocsp"],
        open: None,
    },
];

#[test]
fn what_is_read_from_files() {
    needs!("openssl");
    let authority = Authority::new();
    authority.list_in_der();
    authority.list("old.crl", &["-crl_lastupdate", "20200101000000Z", "-crl_nextupdate", "20200108000000Z"]);
    // Another CA of the same name.
    let new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-keyout", "other.key", "-out", "other.pem"];
    authority.openssl(&[&["req", "-x509", "-config", "ca.cnf", "-nodes", "-subj", "/CN=origin ca"], &new[..]].concat());
    authority.list("other.crl", &["-cert", "other.pem", "-keyfile", "other.key"]);
    for (whom, who) in [("good", "ca"), ("good", "responder"), ("revoked", "ca"), ("revoked", "responder")] {
        authority.answer(whom, who);
    }
    authority.answer("revoked", "no-responder");
    authority.answer("revoked", "old-responder");
    let at = format!("--at={}", Timestamp::from(OffsetDateTime::now_utc()).plus_days(1));
    let later: &[&str] = &[&at];
    for (rows, more) in [(READ, NOTHING), (READ_LATER, later)] {
        for row in rows {
            let flags = [row.flags, more, &["--offline"]].concat();
            let checked = authority.read(&format!("{}.pem", row.leaf), &flags);
            is_said(&checked, &format!("{} {flags:?}", row.leaf), row.findings, row.open);
        }
    }
    let checked = authority.read("good.pem", &[]);
    is_said(&checked, "nothing is fetched for a file", &[], Some("a file is judged without a network"));
    // A day ago it was not revoked; nor was there an answer yet that could say so.
    let before = format!("--at={}", Timestamp::from(OffsetDateTime::now_utc()).plus_days(-1));
    for (answer, finding) in [("--crl=ca.crl", "crl-scope"), ("--ocsp=revoked-by-ca.der", "staple-future")] {
        let checked = authority.read("revoked.pem", &[answer, &before, "--offline"]);
        let findings = checked.findings();
        assert!(findings.iter().any(|id| id == finding), "{answer}: {checked}");
        assert!(!findings.iter().any(|id| id.contains("revoked")), "{answer}: {checked}");
        assert_eq!(checked.open(QUESTION), Some("--offline"), "{answer}: {checked}");
    }
}

/// A leaf with a staple, and what is said of it when nothing is fetched.
struct Stapled {
    leaf: &'static str,
    /// Who signed the staple, and about whom.
    staple: Option<&'static str>,
    /// More flags of the server.
    flags: &'static [&'static str],
    findings: &'static [&'static str],
    /// Whether that does not settle whether it was revoked.
    is_open: bool,
}

const STAPLED: &[Stapled] = &[
    Stapled { leaf: "good", staple: Some("good-by-ca.der"), flags: &[], findings: &[], is_open: false },
    Stapled {
        leaf: "good",
        staple: Some("good-by-responder.der"),
        flags: &["-tls1_2"],
        findings: &["proto-no-tls13 TLS 1.2"],
        is_open: false,
    },
    Stapled {
        leaf: "revoked",
        staple: Some("revoked-by-ca.der"),
        flags: &[],
        findings: &["revoked-ocsp"],
        is_open: false,
    },
    Stapled {
        leaf: "revoked",
        staple: Some("revoked-by-responder.der"),
        flags: &["-tls1_2"],
        findings: &["revoked-ocsp", "proto-no-tls13 TLS 1.2"],
        is_open: false,
    },
    Stapled {
        leaf: "revoked",
        staple: Some("revoked-by-ca.der"),
        flags: &["-tls1", "-cipher", "DEFAULT:@SECLEVEL=0"],
        findings: &["revoked-ocsp", "proto-tls10-11-only TLS 1.0"],
        is_open: false,
    },
    Stapled {
        leaf: "good",
        staple: Some("good-by-no-responder.der"),
        flags: &[],
        findings: &["staple-bad-signer"],
        is_open: true,
    },
    Stapled {
        leaf: "good",
        staple: Some("good-by-old-responder.der"),
        flags: &[],
        findings: &["staple-bad-signer"],
        is_open: true,
    },
    Stapled {
        leaf: "good",
        staple: Some("revoked-by-ca.der"),
        flags: &[],
        findings: &["staple-wrong-cert"],
        is_open: true,
    },
    Stapled { leaf: "good", staple: None, flags: &[], findings: &["staple-missing"], is_open: true },
    Stapled { leaf: "stapled", staple: None, flags: &[], findings: &["must-staple-missing"], is_open: true },
    Stapled {
        leaf: "stapled",
        staple: None,
        flags: &["-tls1", "-cipher", "DEFAULT:@SECLEVEL=0"],
        findings: &["must-staple-missing", "proto-tls10-11-only TLS 1.0"],
        is_open: true,
    },
    Stapled { leaf: "stapled", staple: Some("stapled-by-ca.der"), flags: &[], findings: &[], is_open: false },
];

#[test]
fn what_is_stapled() {
    needs!("openssl");
    let authority = Authority::new();
    for whom in ["good", "revoked", "stapled"] {
        for who in ["ca", "responder", "no-responder", "old-responder"] {
            authority.answer(whom, who);
        }
    }
    let nobody = dead();
    for row in STAPLED {
        let staple: Vec<&str> = row.staple.iter().flat_map(|file| ["-status_file", *file]).collect();
        let flags = [&staple[..], row.flags].concat();
        let (_server, tls) = authority.server(row.leaf, &flags);
        let checked = authority.look("home", [tls, nobody, nobody], &["--offline"]);
        let open = row.is_open.then_some("--offline");
        is_said(&checked, &format!("{} {flags:?}", row.leaf), row.findings, open);
        if row.findings.contains(&"revoked-ocsp") {
            is_revoked_by(&checked, "revoked-ocsp", "staple");
        }
    }
    // A certificate that demands one is refused by some when it is out of date.
    let at = format!("--at={}", Timestamp::from(OffsetDateTime::now_utc()).plus_days(1));
    for (leaf, is_refused) in [("good", false), ("stapled", true)] {
        let (_server, tls) = authority.server(leaf, &["-status_file", &format!("{leaf}-by-ca.der")]);
        let checked = authority.look("home", [tls, nobody, nobody], &["--offline", &at]);
        is_said(&checked, leaf, &["staple-expired"], Some("--offline"));
        assert_eq!(checked.at("/findings/0/severity"), if is_refused { "error" } else { "warning" });
    }
}

#[test]
fn an_intermediate() {
    needs!("openssl");
    let authority = Authority::new();
    authority.issue("middle", "middle", "middle", &[]);
    authority.issue("below", "site.test", "below", &["-cert", "middle.pem", "-keyfile", "middle.key"]);
    let [below, middle] = ["below.pem", "middle.pem"].map(|file| fs::read(authority.0.path(file)).unwrap());
    fs::write(authority.0.path("chain.pem"), [below, middle].concat()).unwrap();
    let (_server, tls) = authority.server("below", &["-cert_chain", "middle.pem"]);
    let silent = Some("the certificate names no place to ask by http");
    // The CA of a test lasts for a month, and so nothing below it for longer.
    let soon = "intermediate-expiring-soon";
    for (step, findings) in [("before", &[soon][..]), ("after", &[soon, "intermediate-revoked"][..])] {
        let (_responder, ocsp) = authority.responder("ca", "index.txt");
        is_said(&authority.look(&format!("ocsp-{step}"), [tls, ocsp, dead()], &[]), step, findings, silent);
        let list = serve(page(&authority.list_in_der()));
        let crl = [findings, &["ocsp-unreachable"]].concat();
        is_said(&authority.look(&format!("crl-{step}"), [tls, dead(), list], &[]), step, &crl, silent);
        is_said(&authority.read("chain.pem", &["--crl=ca.crl", "--offline"]), step, findings, silent);
        if step == "before" {
            authority.revoke("middle");
        }
    }
    // Answers from files are told apart by the certificate that they name.
    authority.answer("middle", "ca");
    authority.openssl(&["ocsp", "-issuer", "middle.pem", "-cert", "below.pem", "-no_nonce", "-reqout", "ask.der"]);
    let signer = ["-CA", "middle.pem", "-rsigner", "middle.pem", "-rkey", "middle.key", "-nmin", "60"];
    let of = ["ocsp", "-index", "index.txt", "-reqin", "ask.der", "-respout", "below.der"];
    authority.openssl(&[&of[..], &signer].concat());
    let both = authority.read("chain.pem", &["--ocsp=below.der", "--ocsp=middle-by-ca.der", "--offline"]);
    is_said(&both, "two answers", &[soon, "intermediate-revoked"], None);
}

#[test]
fn an_answer_is_kept_for_the_next_run() {
    needs!("openssl");
    let authority = Authority::new();
    let (list, nobody) = (serve(page(&authority.list_in_der())), dead());
    for (leaf, by_ocsp, by_crl) in
        [("good", NOTHING, NOTHING), ("revoked", &["revoked-ocsp"][..], &["revoked-crl"][..])]
    {
        let (_server, tls) = authority.server(leaf, &[]);
        let (responder, ocsp) = authority.responder("ca", "index.txt");
        let home = format!("ocsp-{leaf}");
        let by_ocsp = [by_ocsp, &["staple-missing"]].concat();
        is_said(&authority.look(&home, [tls, ocsp, nobody], &[]), leaf, &by_ocsp, None);
        drop(responder);
        is_said(&authority.look(&home, [tls, nobody, nobody], &[]), "responder gone", &by_ocsp, None);
        let home = format!("crl-{leaf}");
        let by_crl = [by_crl, &["ocsp-unreachable", "staple-missing"]].concat();
        is_said(&authority.look(&home, [tls, nobody, list], &[]), leaf, &by_crl, None);
        is_said(&authority.look(&home, [tls, nobody, nobody], &[]), "list gone", &by_crl, None);
    }
}

/// An error, or the page of a captive portal, says nothing; who asks again gets an answer.
#[test]
fn what_is_no_answer_is_not_kept() {
    needs!("openssl");
    let authority = Authority::new();
    let (_server, tls) = authority.server("good", &[]);
    let (_responder, ocsp) = authority.responder("ca", "index.txt");
    let (list, nobody) = (serve(page(&authority.list_in_der())), dead());
    let portal = serve(page(b"<html>Please log in</html>"));
    let later = serve(page(b"\x30\x03\x0a\x01\x03"));
    let open = Some("no answer that can be relied on");
    for (home, first, no_answer, second, answer) in [
        ("later", [tls, later, nobody], ["staple-error-status", "crl-unreachable"], [tls, ocsp, nobody], NOTHING),
        ("portal", [tls, portal, nobody], ["staple-error-status", "crl-unreachable"], [tls, ocsp, nobody], NOTHING),
        (
            "portal-for-list",
            [tls, nobody, portal],
            ["ocsp-unreachable", "crl-malformed"],
            [tls, nobody, list],
            &["ocsp-unreachable"][..],
        ),
    ] {
        let no_answer = [&no_answer[..], &["staple-missing"]].concat();
        is_said(&authority.look(home, first, &[]), home, &no_answer, open);
        let answer = [answer, &["staple-missing"]].concat();
        is_said(&authority.look(home, second, &[]), &format!("after {home}"), &answer, None);
    }
}
