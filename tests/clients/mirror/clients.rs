//! The clients, and how each is asked.

use super::words::{self, Words};

/// A client that says what it thinks of a server.
pub(super) struct Client {
    /// As the tables call it.
    pub(super) name: &'static str,
    pub(super) run: Run,
    pub(super) words: Words,
}

/// How a client is run. `{roots}` to trust, `{scripts}`, `{built}`, its own `{home}`, `{python}` and the port where
/// `{documents}` are fetched that certificates point to are filled in.
pub(super) enum Run {
    /// Once for each case: `{host}` and `{port}` are filled in as well, `{name}` by what says the name. It reads GET.
    Each {
        run: &'static str,
        /// For a host with a name, and for one that is an address.
        name: [&'static str; 2],
    },
    /// Once for all: it reads the cases, and says them again with what came of each.
    Once(&'static str),
}

pub(super) const ALL: &[Client] = &[
    Client {
        name: "curl",
        run: Run::Each {
            run: "curl -q -sS -o /dev/null --max-time 3 --cacert {roots} -w HTTP/%{http_code} {name}",
            name: ["--connect-to ::127.0.0.1:{port} https://{host}/", "https://{host}:{port}/"],
        },
        words: words::OPENSSL,
    },
    Client {
        name: "OpenSSL",
        run: Run::Each {
            run: "timeout 3 openssl s_client -quiet -connect 127.0.0.1:{port} -CAfile {roots} {name}",
            name: ["-servername {host} -verify_hostname {host}", "-noservername -verify_ip {host}"],
        },
        words: words::S_CLIENT,
    },
    Client {
        name: "GnuTLS",
        run: Run::Each {
            run: "timeout 3 gnutls-cli --x509cafile {roots} --port {port} {name} 127.0.0.1",
            name: ["--sni-hostname {host} --verify-hostname {host}", "--disable-sni --verify-hostname {host}"],
        },
        words: words::GNUTLS,
    },
    Client { name: "Python", run: Run::Once("{python} {scripts}/ask.py {roots}"), words: words::OPENSSL },
    Client { name: "Node", run: Run::Once("node {scripts}/ask.mjs {roots}"), words: words::OPENSSL },
    Client { name: "Java", run: Run::Once("java -XX:TieredStopAtLevel=1 -cp {built} Ask {roots}"), words: words::JAVA },
    Client { name: "Go", run: Run::Once("{built}/ask {roots}"), words: words::GO },
    Client {
        name: "Chromium",
        run: Run::Once(
            "{python} {scripts}/ask_chromium.py {home} {documents} chromium --user-data-dir={home}/profile --headless \
             --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-dev-shm-usage --disable-sync \
             --disable-background-networking --disable-component-update",
        ),
        words: words::CHROMIUM,
    },
    Client {
        name: "Firefox",
        run: Run::Once(
            "{python} {scripts}/ask_firefox.py {home} firefox-esr --headless --no-remote --profile {home} \
             --marionette --remote-allow-system-access",
        ),
        words: words::FIREFOX,
    },
];
