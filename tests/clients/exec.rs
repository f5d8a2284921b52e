//! `tlscope exec`: real clients that know nothing of tlscope. Each has to get what it wants, and
//! tlscope has to have seen it: a client that passes the proxy by finds no `.test` name.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::json;

use crate::commands::{git, serve_repository};
use crate::harness::{Ground, flags, is_intercepted, script, tlscope};
use crate::needs::{Need, needs, node_modules, python};
use crate::origins::{self, HELLO, Origin};
use crate::process::{Ended, command, run};
use crate::recording::Recording;
use crate::terminal::Terminal;

const URL: &str = "https://site.test/hello.txt";

/// An origin, and tlscope for each command.
struct Stage {
    origin: Origin,
    ground: Ground,
}

impl Stage {
    fn new() -> Self {
        Self::of(origins::nginx)
    }

    fn of(start: impl FnOnce(&Ground) -> Origin) -> Self {
        let ground = Ground::new();
        Self { origin: start(&ground), ground }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.ground.path(name)
    }

    /// A file of the origin's.
    fn serve(&self, name: &str, contents: &str) {
        let path = self.path("www").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    /// The command within `tlscope exec`.
    fn exec(&self, command: &Command) -> Command {
        let mut exec = tlscope(&self.ground);
        exec.arg("exec").args(flags(&self.ground, &self.origin)).arg("--").arg(command.get_program());
        exec.args(command.get_args()).env("HOME", self.path("")).current_dir(self.path(""));
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => exec.env(name, value),
                None => exec.env_remove(name),
            };
        }
        exec
    }

    /// Runs it. It has to go well, and tlscope has to say that nothing is wrong.
    #[track_caller]
    fn run(&self, command: &Command) -> Ended {
        let ended = run(&mut self.exec(command)).well();
        assert!(ended.stderr.contains("; no defect\n"), "{}", ended.stderr);
        ended
    }

    fn recording(&self) -> Recording {
        Recording::read(&self.path("events.jsonl"), &self.path("end.har"))
    }

    /// The URL was fetched once, through tlscope, by a CONNECT.
    #[track_caller]
    fn has_seen(&self, url: &str) {
        let recording = self.recording();
        for connection in recording.connections() {
            let protocol = connection.at("/protocol").as_str().unwrap().to_owned();
            is_intercepted(connection, &protocol);
            connection.has(&json!({"intake": "connect", "target": "site.test:443"}));
        }
        recording.exchange(url).has(&json!({"response": {"status": 200}}));
    }
}

/// The client shows the file, writes nothing to standard error, and was seen.
#[track_caller]
fn gets(client: &Command) {
    let stage = Stage::new();
    let ended = stage.run(client);
    assert_eq!(ended.text(), HELLO);
    assert!(ended.stderr.starts_with("tlscope: 1 connection, 1 exchange; no defect"), "{}", ended.stderr);
    stage.has_seen(URL);
}

fn with_args(program: &str, args: &[&str]) -> Command {
    let mut command = command(program);
    command.args(args);
    command
}

#[test]
fn curl() {
    needs!("curl", "nginx", "openssl");
    gets(&with_args("curl", &["-q", "-sS", URL]));
}

#[test]
fn wget() {
    needs!("wget", "nginx", "openssl");
    gets(&with_args("wget", &["--quiet", "--no-hsts", "--tries=1", "--output-document=-", URL]));
}

#[test]
fn git_clone() {
    needs!("git", "nginx", "openssl");
    let stage = Stage::new();
    serve_repository(&stage.path("made"), &stage.path("www/repo.git"));
    let mut clone = git(&stage.path(""));
    stage.run(clone.args(["clone", "--quiet", "https://site.test/repo.git", "cloned"]));
    assert_eq!(run(git(&stage.path("cloned")).args(["log", "--format=%s"])).well().text(), "First\n");
    stage.has_seen("https://site.test/repo.git/HEAD");
}

fn in_python(program: &str) -> Command {
    with_args(&python(), &["-c", program, URL])
}

#[test]
fn urllib() {
    needs!(Need::Python(&["ssl"]), "nginx", "openssl");
    gets(&in_python("import sys, urllib.request as u; sys.stdout.write(u.urlopen(sys.argv[1]).read().decode())"));
}

#[test]
fn requests() {
    needs!(Need::Python(&["requests"]), "nginx", "openssl");
    gets(&in_python("import sys, requests; sys.stdout.write(requests.get(sys.argv[1]).text)"));
}

#[test]
fn httpx() {
    needs!(Need::Python(&["httpx"]), "nginx", "openssl");
    gets(&in_python("import sys, httpx; sys.stdout.write(httpx.get(sys.argv[1]).text)"));
}

#[test]
fn pip() {
    needs!(Need::Python(&["pip"]), "nginx", "openssl");
    let stage = Stage::new();
    let file = "thing-1.0-py3-none-any.whl";
    stage.serve("simple/thing/index.html", &format!("<a href=\"{file}\">{file}</a>"));
    run(command(python()).arg(script("wheel.py")).arg(stage.path("www/simple/thing"))).well();
    let mut pip = with_args(&python(), &["-m", "pip", "--isolated", "--disable-pip-version-check", "--no-cache-dir"]);
    pip.args(["download", "--quiet", "--no-deps", "--index-url", "https://site.test/simple", "thing"]);
    stage.run(&pip);
    assert!(stage.path(file).exists());
    stage.has_seen(&format!("https://site.test/simple/thing/{file}"));
}

#[test]
fn grpc() {
    needs!(Need::Python(&["grpc"]), "openssl");
    let stage = Stage::of(|ground| origins::in_python(ground, "origin_grpc.py"));
    let mut client = command(python());
    assert_eq!(stage.run(client.arg(script("exec_grpc.py")).arg("site.test:443")).text(), "once");
    stage.has_seen("https://site.test/test.Echo/Once");
}

#[test]
fn aws_cli() {
    needs!(Need::Python(&["awscli"]), "nginx", "openssl");
    let stage = Stage::new();
    stage.serve("bucket/thing", HELLO);
    fs::write(stage.path("aws"), "[default]\ns3 =\n  addressing_style = path\n").unwrap();
    let mut aws = with_args(&python(), &["-m", "awscli", "--region=r", "--endpoint-url=https://site.test", "s3api"]);
    aws.args(["get-object", "--bucket=bucket", "--key=thing", "got"]).env("AWS_CONFIG_FILE", stage.path("aws"));
    stage.run(aws.env("AWS_ACCESS_KEY_ID", "id").env("AWS_SECRET_ACCESS_KEY", "key"));
    assert_eq!(fs::read_to_string(stage.path("got")).unwrap(), HELLO);
    stage.has_seen("https://site.test/bucket/thing");
}

/// Node as it is found on the machine, or a newer one among the packages.
fn node(program: &str, way: &str, url: &str) -> Command {
    let mut node = command(program);
    node.arg(script("exec_client.cjs")).args([way, url]);
    node
}

#[track_caller]
fn node_gets(way: &str) {
    gets(&node("node", way, URL));
}

#[test]
fn node_https() {
    needs!("node", "nginx", "openssl");
    node_gets("https");
}

#[test]
fn node_https_with_an_agent_of_its_own() {
    needs!("node", "nginx", "openssl");
    node_gets("agent");
}

#[test]
fn node_fetch() {
    needs!("node", "nginx", "openssl");
    node_gets("fetch");
}

#[test]
fn node_http2() {
    needs!("node", "nginx", "openssl");
    node_gets("http2");
}

#[test]
fn node_tls() {
    needs!("node", "nginx", "openssl");
    node_gets("tls");
}

/// Without TLS there is nothing to be judged, and it is seen all the same.
#[test]
fn node_http() {
    needs!("node", "nginx", "openssl");
    let stage = Stage::new();
    assert_eq!(stage.run(&node("node", "http", "http://site.test/hello.txt")).text(), HELLO);
    stage.recording().exchange("http://site.test/hello.txt").has(&json!({"response": {"status": 200}}));
}

/// Node that reads the environment by itself is left to do so.
#[test]
fn newer_node() {
    needs!(Need::Node(&["node"]), "nginx", "openssl");
    let newer = node_modules().unwrap().join(".bin/node");
    for way in ["https", "fetch", "http2", "agent"] {
        gets(&node(newer.to_str().unwrap(), way, URL));
    }
}

/// What has nothing to do with a network works as ever, with options of the user's own.
#[test]
fn node_does_what_it_did() {
    needs!("node", "nginx", "openssl");
    let stage = Stage::new();
    let mut client = node("node", "nothing", URL);
    client.env("NODE_OPTIONS", "--max-old-space-size=256");
    let ended = run(&mut stage.exec(&client)).well();
    assert_eq!(ended.text(), "2 0");
    assert!(ended.stderr.starts_with("tlscope: no connection came"), "{}", ended.stderr);
}

#[test]
fn npm() {
    needs!("npm", "node", "nginx", "openssl");
    let stage = Stage::new();
    let version =
        json!({"name": "thing", "version": "1.2.3", "dist": {"tarball": "https://site.test/t.tgz", "shasum": ""}});
    let thing = json!({"name": "thing", "dist-tags": {"latest": "1.2.3"}, "versions": {"1.2.3": version}});
    stage.serve("thing", &thing.to_string());
    let npm = with_args("npm", &["view", "--registry=https://site.test/", "--no-update-notifier", "thing", "version"]);
    assert_eq!(stage.run(&npm).text(), "1.2.3\n");
    stage.has_seen("https://site.test/thing");
}

#[test]
fn deno() {
    needs!(Need::Node(&["deno"]), "nginx", "openssl");
    let mut deno = command(node_modules().unwrap().join(".bin/deno"));
    gets(deno.args(["eval", &format!("Deno.stdout.write(await (await fetch('{URL}')).bytes())")]));
}

#[test]
fn bun() {
    needs!(Need::Node(&["bun"]), "nginx", "openssl");
    let mut bun = command(node_modules().unwrap().join(".bin/bun"));
    gets(bun.args(["-e", &format!("process.stdout.write(await (await fetch('{URL}')).text())")]));
}

fn java(client: &str) -> Command {
    let mut java = command("java");
    java.arg(script("ExecClient.java")).args([client, URL]);
    java
}

#[test]
fn java_http_client() {
    needs!("java", "nginx", "openssl");
    gets(&java("HttpClient"));
}

#[test]
fn java_url_connection() {
    needs!("java", "nginx", "openssl");
    gets(&java("URLConnection"));
}

/// A JVM that something else starts says where its options came from: nobody can keep it from that.
#[test]
fn java_within_a_script() {
    needs!("java", "nginx", "openssl");
    let stage = Stage::new();
    let client = script("ExecClient.java").display().to_string();
    let ended = stage.run(&with_args("sh", &["-c", r#"exec java "$0" URLConnection "$1""#, &client, URL]));
    assert_eq!(ended.text(), HELLO);
    assert!(ended.stderr.starts_with("Picked up JAVA_TOOL_OPTIONS: -Dhttp.proxyHost=127.0.0.1 "), "{}", ended.stderr);
    stage.has_seen(URL);
}

#[test]
fn go() {
    needs!("go", "nginx", "openssl");
    let ground = tempfile::tempdir().unwrap();
    let program = ground.path().join("client");
    let mut build = with_args("go", &["build", "-o"]);
    build.arg(&program).arg(script("exec_client.go")).env("HOME", ground.path()).env("GOFLAGS", "-mod=mod");
    run(build.env("GOCACHE", ground.path().join("cache")).env("GO111MODULE", "off")).well();
    gets(command(program).arg(URL));
}

#[test]
fn ruby() {
    needs!("ruby", "nginx", "openssl");
    gets(&with_args("ruby", &["-rnet/http", "-e", "print Net::HTTP.get(URI(ARGV[0]))", URL]));
}

#[test]
fn php_curl() {
    needs!("php", "nginx", "openssl");
    let program = "$c = curl_init($argv[1]); curl_exec($c) || fwrite(STDERR, curl_error($c));";
    gets(&with_args("php", &["-r", program, URL]));
}

#[test]
fn perl_lwp() {
    needs!("perl", "nginx", "openssl");
    gets(&with_args("perl", &["-MLWP::UserAgent", "-e", "print LWP::UserAgent->new->get($ARGV[0])->content", URL]));
}

#[test]
fn perl_http_tiny() {
    needs!("perl", "nginx", "openssl");
    let program = "print HTTP::Tiny->new(verify_SSL => 1)->get($ARGV[0])->{content}";
    gets(&with_args("perl", &["-MHTTP::Tiny", "-e", program, URL]));
}

#[test]
fn cargo() {
    needs!("nginx", "openssl");
    let stage = Stage::new();
    stage.serve("config.json", r#"{"dl": "https://site.test/crates"}"#);
    let index =
        json!({"name": "thing", "vers": "1.0.0", "deps": [], "cksum": "0".repeat(64), "features": {}, "yanked": false});
    stage.serve("th/in/thing", &index.to_string());
    let manifest = "[package]\nname = \"user\"\nedition = \"2021\"\n[dependencies]\nthing = { version = \"1\", registry = \"site\" }\n";
    fs::create_dir(stage.path("src")).unwrap();
    fs::write(stage.path("src/lib.rs"), "").unwrap();
    fs::write(stage.path("Cargo.toml"), manifest).unwrap();
    let mut cargo = with_args(env!("CARGO"), &["generate-lockfile", "--quiet"]);
    cargo.env("CARGO_REGISTRIES_SITE_INDEX", "sparse+https://site.test/").env("CARGO_HOME", stage.path("cargo"));
    stage.run(&cargo);
    assert!(fs::read_to_string(stage.path("Cargo.lock")).unwrap().contains("name = \"thing\""));
    stage.has_seen("https://site.test/th/in/thing");
}

/// It reads no variable for a proxy; within a shell it can be told.
#[test]
fn openssl_s_client() {
    needs!("nginx", "openssl");
    let request = r"printf 'GET /hello.txt HTTP/1.0\r\nHost: site.test\r\n\r\n'";
    let client = "openssl s_client -quiet -ign_eof -verify_return_error -verify_quiet -connect site.test:443 \
                  -servername site.test -proxy $TLSCOPE_EXEC_PROXY -CAfile $TLSCOPE_EXEC_CA 2>/dev/null";
    gets(&with_args("sh", &["-c", &format!(r"{request} | {client} | tr -d '\r' | sed '1,/^$/d'")]));
}

/// The bundle has the roots of this machine, and those that the user's own variables name: what is
/// tunnelled is verified as ever.
#[test]
fn what_is_tunnelled_is_verified_as_ever() {
    needs!("curl", "nginx", "openssl");
    for (has_root, code) in [(true, Some(0)), (false, Some(60))] {
        let stage = Stage::new();
        let mut client = with_args("curl", &["-q", "-s", URL]);
        if has_root {
            client.env("CURL_CA_BUNDLE", stage.path("ca.pem"));
        }
        let mut exec = stage.exec(&client);
        let ended = run(exec.env("TLSCOPE_TUNNEL", "site.test"));
        assert_eq!(ended.code(), code, "{}", ended.stderr);
        stage.recording().connection().has(&json!({"outcome": "tunnelled"}));
    }
}

/// A program with roots of its own refuses, and is told about.
#[test]
fn a_program_with_roots_of_its_own() {
    needs!("curl", "nginx", "openssl");
    let stage = Stage::new();
    let mut client = with_args("curl", &["-q", "-s", URL, "--cacert"]);
    let ended = run(&mut stage.exec(client.arg(stage.path("ca.pem"))));
    assert_eq!(ended.code(), Some(60));
    assert!(ended.stderr.contains("client-rejected-proxy-ca"), "{}", ended.stderr);
    assert!(ended.stderr.contains("does not trust tlscope's CA for this host"), "{}", ended.stderr);
}

/// A program that asks for no proxy passes it by.
#[test]
fn a_program_that_passes_the_proxy_by() {
    needs!("curl", "nginx", "openssl");
    let ended = run(&mut Stage::new().exec(&with_args("curl", &["-q", "-s", "--noproxy", "*", URL])));
    assert_eq!(ended.code(), Some(6));
    assert!(ended.stderr.starts_with("tlscope: no connection came through the proxy"), "{}", ended.stderr);
}

/// The findings count when the command went well, and only then.
#[test]
fn findings_make_a_good_command_fail() {
    needs!("curl");
    let (bad, good) = ("https://expired.lab.test/", "https://good.lab.test/");
    let cases: [(&[&str], &str, i32); 6] = [
        (&[], bad, 0),
        (&["--fail-on", "never"], bad, 0),
        (&["--fail-on", "error"], bad, 88),
        (&["--fail-on", "cert-expired"], bad, 88),
        (&["--fail-on", "name-mismatch"], bad, 0),
        (&["--fail-on", "error"], good, 0),
    ];
    let ground = Ground::new();
    let exec = |flags: &[&str], script: &str| {
        let mut exec = tlscope(&ground);
        run(exec.args(["exec", "--lab", "--offline"]).args(flags).args(["--", "sh", "-c", script]))
    };
    for (flags, url, code) in cases {
        let ended = exec(flags, &format!("curl -q -sS {url}"));
        assert_eq!(ended.code(), Some(code), "{flags:?} {url}: {}", ended.stderr);
        assert_eq!(ended.stderr.contains("cert-expired"), url == bad, "{}", ended.stderr);
        let silent = exec(&[flags, &["-q"]].concat(), &format!("curl -q -sS {url}"));
        assert_eq!((silent.code(), silent.stderr.as_str()), (Some(code), ""));
    }
    let ended = exec(&["--fail-on", "error"], &format!("curl -q -sS {bad}; exit 3"));
    assert_eq!(ended.code(), Some(3), "the command's own code comes first");
    let kept = ended.stderr.split("tlscope open ").nth(1).unwrap().trim();
    assert!(PathBuf::from(kept).exists(), "{kept}");
}

/// From a terminal ctrl-c goes to the command once, whatever it does with it; tlscope waits.
#[test]
fn ctrl_c_is_the_commands() {
    let ground = Ground::new();
    let mut exec = tlscope(&ground);
    let script =
        "n=0; trap 'n=$((n+1)); echo got $n' INT; echo ready; while [ ! -e done ]; do sleep 0.05; done; echo over";
    exec.args(["exec", "--", "sh", "-c", script]).current_dir(ground.path(""));
    let mut terminal = Terminal::start(&exec, 100, 30);
    terminal.shows("ready").keys("\x03").shows("got 1").keys("\x03").shows("got 2");
    fs::write(ground.path("done"), "").unwrap();
    terminal.shows("tlscope: no connection came");
    assert_eq!(terminal.ends(), 0);
    assert!(terminal.text().contains("over") && !terminal.text().contains("got 3"), "{}", terminal.text());
    terminal.is_clean();
}

/// The command has the terminal itself, not a pipe.
#[test]
fn the_terminal_is_the_commands() {
    let ground = Ground::new();
    let mut exec = tlscope(&ground);
    exec.args(["exec", "-q", "--", "sh", "-c", "test -t 0 && test -t 1 && test -t 2 && read word && echo is $word"]);
    let mut terminal = Terminal::start(&exec, 80, 24);
    terminal.keys("typed\r").shows("is typed");
    assert_eq!(terminal.ends(), 0);
}
