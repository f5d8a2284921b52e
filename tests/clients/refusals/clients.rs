//! The clients, and how each is brought to refuse.

use super::situations::Situation;

/// Debian's libokhttp-java and libokio-java.
pub(super) const OKHTTP: &str = "/usr/share/java/okhttp.jar";
pub(super) const OKIO: &str = "/usr/share/java/okio.jar";

/// Both, as a class path.
pub(super) const OKHTTP_AND_OKIO: &str = "/usr/share/java/okhttp.jar:/usr/share/java/okio.jar";

/// A client. Its words are separated by spaces, and `{url}`, `{host}`, `{proxy}`, the `{port}`
/// of that, `{roots}` to trust, `{home}`, `{python}`, `{modules}` of Node, `{scripts}`, `{built}`, the
/// `{jars}` above and what is `{added}` are filled in.
pub(super) struct Client {
    /// As the tables call it.
    pub(super) name: &'static str,
    /// What gets `{url}` through the proxy.
    pub(super) run: &'static str,
    /// What it reads.
    pub(super) input: &'static str,
    /// What is added to make it pin, or be old; empty where that cannot be done.
    pub(super) pinned: &'static str,
    pub(super) old_version: &'static str,
    pub(super) old_suites: &'static str,
    pub(super) wrong_name: WrongName,
    /// Whether libfaketime moves its clock; tlscope's is moved the other way else.
    pub(super) has_own_clock: bool,
    pub(super) kind: Kind,
    /// How often it is run to get the site, and how often it tries that in one run.
    pub(super) runs: usize,
    pub(super) tries: usize,
    /// What it is told instead of the truth, where what it does is the same for both.
    pub(super) confused: &'static [(Situation, &'static str)],
}

/// How a client comes to want another name than it asked for.
pub(super) enum WrongName {
    /// It is told one to compare with.
    Added(&'static str),
    /// It goes to an address, so it names nobody in its hello, and somebody on the way takes it to the
    /// host.
    Rerouted,
    /// It does not compare, or always names what it wants.
    Never,
}

/// How a client is run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// To its end.
    Command,
    /// To its end, with its own store of CAs.
    Chromium,
    /// Until it has done something, with its own store of CAs and its settings in files.
    Firefox,
}

impl Client {
    /// Whether it can be brought into the situation.
    pub(super) fn can(&self, situation: Situation) -> bool {
        match situation {
            Situation::Pinned | Situation::PinnedAlone => !self.pinned.is_empty(),
            Situation::WrongName => !matches!(self.wrong_name, WrongName::Never),
            Situation::OldVersion => !self.old_version.is_empty(),
            Situation::OldSuites => !self.old_suites.is_empty(),
            _ => true,
        }
    }

    /// What is added to its command.
    pub(super) fn added(&self, situation: Situation) -> &'static str {
        match situation {
            Situation::Pinned | Situation::PinnedAlone => self.pinned,
            Situation::OldVersion => self.old_version,
            Situation::OldSuites => self.old_suites,
            Situation::WrongName => match self.wrong_name {
                WrongName::Added(words) => words,
                WrongName::Rerouted | WrongName::Never => "",
            },
            _ => "",
        }
    }

    /// Whether it is taken elsewhere than it wants.
    pub(super) fn is_rerouted(&self, situation: Situation) -> bool {
        situation == Situation::WrongName && matches!(self.wrong_name, WrongName::Rerouted)
    }
}

const COMMAND: Client = Client {
    name: "",
    run: "",
    input: "",
    pinned: "",
    old_version: "",
    old_suites: "",
    wrong_name: WrongName::Rerouted,
    has_own_clock: true,
    kind: Kind::Command,
    runs: 2,
    tries: 1,
    confused: &[],
};

/// For those who have one word, or none, for everything.
const CLOCKS: [(Situation, &str); 2] =
    [(Situation::ClockAhead, "ca-not-installed"), (Situation::ClockBehind, "ca-not-installed")];

/// For those who refuse a pin as they do an unknown CA, too.
const ALIKE: &[(Situation, &str)] = &[CLOCKS[0], CLOCKS[1], (Situation::PinnedAlone, "ca-not-installed")];

const GET: &str = "GET /hello.txt HTTP/1.0\r\n\r\n";

pub(super) const OPENSSL: &[Client] = &[
    Client {
        name: "curl",
        run: "curl -q -sS -o /dev/null --proxy {proxy} --cacert {roots} {added} {url}",
        pinned: "--pinnedpubkey sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        old_version: "--tls-max 1.1 --tlsv1.0 --ciphers DEFAULT@SECLEVEL=0",
        old_suites: "--tls-max 1.2 --ciphers AES128-SHA",
        ..COMMAND
    },
    Client {
        name: "curl, TLS 1.2",
        run: "curl -q -sS -o /dev/null --tls-max 1.2 --proxy {proxy} --cacert {roots} {added} {url}",
        pinned: "--pinnedpubkey sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        ..COMMAND
    },
    Client {
        name: "openssl s_client",
        run: "openssl s_client -quiet -no_ign_eof -verify_return_error -proxy 127.0.0.1:{port} \
              -connect {host}:443 -servername {host} -verify_hostname {host} -CAfile {roots} {added}",
        input: GET,
        old_version: "-tls1_1 -cipher DEFAULT@SECLEVEL=0",
        old_suites: "-tls1_2 -cipher AES128-SHA",
        wrong_name: WrongName::Added("-verify_hostname elsewhere.test"),
        ..COMMAND
    },
    Client { name: "Python urllib", run: "{python} {scripts}/client_urllib.py {proxy} {roots} {url}", ..COMMAND },
    Client {
        name: "Python requests",
        run: "{python} {scripts}/pinning_requests.py {proxy} {roots} {url} {added}",
        pinned: "--pinned",
        ..COMMAND
    },
    Client {
        name: "Ruby",
        run: "ruby {scripts}/pinning.rb {port} {roots} {url} {added}",
        pinned: "--pinned",
        // It does not compare addresses.
        wrong_name: WrongName::Never,
        ..COMMAND
    },
    Client {
        name: "PHP",
        run: "php {scripts}/pinning.php {port} {roots} {url} {added}",
        pinned: "--pinned",
        // It names an address in its hello.
        wrong_name: WrongName::Never,
        ..COMMAND
    },
];

pub(super) const GNUTLS: &[Client] = &[
    Client {
        name: "gnutls-cli",
        run: "gnutls-cli --x509cafile {roots} --sni-hostname {host} --verify-hostname {host} --port {port} {added} 127.0.0.1",
        input: GET,
        old_version: "--priority NORMAL:-VERS-ALL:+VERS-TLS1.1",
        old_suites: "--priority NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA",
        wrong_name: WrongName::Added("--verify-hostname elsewhere.test"),
        confused: &[CLOCKS[0], CLOCKS[1], (Situation::WrongName, "pinned")],
        ..COMMAND
    },
    Client {
        name: "wget",
        run: "wget --no-config -q --no-hsts --tries=1 -O /dev/null -e https_proxy={proxy} --ca-certificate={roots} {added} {url}",
        pinned: "--pinnedpubkey=sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        confused: ALIKE,
        ..COMMAND
    },
    Client {
        name: "git",
        run: "git -c http.proxy={proxy} -c http.sslCAInfo={roots} {added} ls-remote {url}",
        pinned: "-c http.pinnedpubkey=sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        confused: ALIKE,
        ..COMMAND
    },
];

pub(super) const GO_AND_NODE: &[Client] = &[
    Client {
        name: "Go",
        run: "{built}/pinning {proxy} {roots} {url} {added}",
        pinned: "--pinned",
        // It asks the kernel itself.
        has_own_clock: false,
        confused: ALIKE,
        ..COMMAND
    },
    Client {
        name: "Node https",
        run: "node {scripts}/pinning_node.mjs {proxy} {roots} {url} {added}",
        pinned: "--pinned",
        confused: ALIKE,
        ..COMMAND
    },
    Client {
        name: "Node fetch",
        run: "node {scripts}/pinning_node.mjs {proxy} {roots} {url} {modules} {added}",
        pinned: "--pinned",
        confused: ALIKE,
        ..COMMAND
    },
];

/// Under libfaketime a Java machine takes seconds.
const JAVA_MACHINE: Client = Client { pinned: "--pinned", has_own_clock: false, runs: 1, tries: 2, ..COMMAND };

pub(super) const JAVA: &[Client] = &[
    Client {
        name: "HttpsURLConnection",
        run: "java -XX:TieredStopAtLevel=1 -cp {built}:{jars} Pinning HttpsURLConnection {port} {roots} {url} {added}",
        confused: &CLOCKS,
        ..JAVA_MACHINE
    },
    Client {
        name: "HttpClient",
        run: "java -XX:TieredStopAtLevel=1 -cp {built}:{jars} Pinning HttpClient {port} {roots} {url} {added}",
        confused: ALIKE,
        ..JAVA_MACHINE
    },
    Client {
        name: "OkHttp",
        run: "java -XX:TieredStopAtLevel=1 -cp {built}:{jars} Pinning OkHttp {port} {roots} {url} {added}",
        confused: &CLOCKS,
        ..JAVA_MACHINE
    },
];

/// Under libfaketime browsers do not start. The CAs that users install are free from pins in both.
pub(super) const BROWSERS: &[Client] = &[
    Client {
        name: "Chromium",
        run: "chromium --user-data-dir={home}/profile --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
              --dump-dom --disable-dev-shm-usage --disable-background-networking --disable-component-update \
              --disable-sync --proxy-server={proxy} {url}",
        has_own_clock: false,
        kind: Kind::Chromium,
        runs: 1,
        confused: &CLOCKS,
        ..COMMAND
    },
    Client {
        name: "Firefox",
        run: "firefox-esr --headless --no-remote --profile {home} --screenshot {home}/page.png {url}",
        has_own_clock: false,
        kind: Kind::Firefox,
        runs: 1,
        confused: &[(Situation::ClockBehind, "stale-ca")],
        ..COMMAND
    },
];
