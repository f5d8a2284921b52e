//! What can be set of each room, as flags and as a section of the file alike.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use serde::{Deserialize, Deserializer};

use super::layer::layered;
use super::values::{Colour, ColumnName, Listen, ProxyPassword, ReverseRule, Roots, Size, Span};
use crate::headless::FailOn;
use crate::model::Timestamp;
use crate::net::{Cidr, ClientCertRule, ConnectRule, Glob, NoProxy, ResolveRule, Secret, UpstreamProxy};
use crate::proxy::{AfterRefusal, BadUpstreamRule};
use crate::tui::Theme;

/// The proxy.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[command(next_help_heading = "The proxy")]
pub(super) struct ProxyOptions {
    /// Where to listen, more than once if need be: 8080, 127.0.0.1:8080, [::1]:8080 [default: 8080 on every address]
    #[arg(long, value_name = "ADDR", value_delimiter = ',')]
    #[serde(deserialize_with = "each")]
    pub(super) listen: Vec<Listen>,
    /// Serve clients of these addresses as well as this machine's own: 192.168.1.0/24
    #[arg(long, value_name = "CIDR", value_delimiter = ',')]
    #[serde(deserialize_with = "each")]
    pub(super) allow: Vec<Cidr>,
    /// Serve other machines' clients that give this name and password, and no others; @FILE reads them from a file
    #[arg(long, value_name = "USER:PASSWORD|@FILE", hide_env_values = true)]
    #[serde(deserialize_with = "one")]
    pub(super) proxy_password: Option<ProxyPassword>,
    /// Let other machines' clients reach this machine's own services through the proxy
    #[arg(long, value_name = "BOOL")]
    pub(super) allow_local: Option<bool>,
    /// Intercept only these hosts, tunnel the rest: *.example.com, example.com:8443
    #[arg(long, value_name = "GLOB", value_delimiter = ',')]
    #[serde(deserialize_with = "each")]
    pub(super) intercept: Vec<Glob>,
    /// Tunnel these hosts, and read only what passes in the clear
    #[arg(long, value_name = "GLOB", value_delimiter = ',')]
    #[serde(deserialize_with = "each")]
    pub(super) tunnel: Vec<Glob>,
    /// What clients are given where a server is bad: pass (a good certificate), mirror (its defects), refuse (a page) [default: pass]
    #[arg(long, value_name = "pass|mirror|refuse[:GLOB]", value_delimiter = ',')]
    #[serde(deserialize_with = "each")]
    pub(super) bad_upstream: Vec<BadUpstreamRule>,
    /// How many connections of other machines are served at a time [default: 4096]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(super) max_connections: Option<u32>,
    /// How many of one address [default: 512]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(super) max_per_address: Option<u32>,
    /// How many of one address that have not said anything yet [default: 256]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(super) max_silent: Option<u32>,
    /// What to do with a host that an app will not have intercepted, as one that pins: off, ask, auto (tunnel it) [default: ask]
    #[arg(long, value_name = "WHEN")]
    #[serde(deserialize_with = "one")]
    pub(super) tunnel_after_refusal: Option<AfterRefusal>,
    /// Judge the server of a tunnel that shows no certificate by a connection of tlscope's own [default: true]
    #[arg(long, value_name = "BOOL")]
    pub(super) observe_tunnelled: Option<bool>,
    /// Send all that comes to another port to one server, for clients without a proxy: 8883=broker.example.com:8883
    #[arg(long, value_name = "ADDR=HOST:PORT", value_delimiter = ',')]
    #[serde(deserialize_with = "each")]
    pub(super) reverse: Vec<ReverseRule>,
    /// How long a client may take for its first bytes and its handshake [default: 10s]
    #[arg(long, value_name = "TIME")]
    #[serde(deserialize_with = "one")]
    pub(super) hello_timeout: Option<Span>,
    /// How long to wait for a silent client before asking whether the server speaks first [default: 300ms]
    #[arg(long, value_name = "TIME")]
    #[serde(deserialize_with = "one")]
    pub(super) server_first_after: Option<Span>,
    /// How much of each body is kept [default: 2M]
    #[arg(long, value_name = "SIZE")]
    #[serde(deserialize_with = "one")]
    pub(super) body_limit: Option<Size>,
    /// How much of all bodies may be in memory at a time [default: 32M]
    #[arg(long, value_name = "SIZE")]
    #[serde(deserialize_with = "one")]
    pub(super) memory_limit: Option<Size>,
}

/// Reaching servers.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[command(next_help_heading = "Reaching servers")]
pub(super) struct NetOptions {
    /// Use these addresses for a host instead of asking DNS, as curl does
    #[arg(long, value_name = "HOST:PORT:ADDR[,ADDR]...", value_delimiter = ' ')]
    #[serde(deserialize_with = "each")]
    pub(super) resolve: Vec<ResolveRule>,
    /// Connect to another host and port instead, as curl does; empty parts mean any
    #[arg(long, value_name = "HOST:PORT:HOST2:PORT2", value_delimiter = ' ')]
    #[serde(deserialize_with = "each")]
    pub(super) connect_to: Vec<ConnectRule>,
    /// Show this client certificate to these hosts: PEM with its key, or PKCS#12; can be said more than once
    #[arg(long, value_name = "HOST=FILE")]
    #[serde(deserialize_with = "each")]
    pub(super) client_cert: Vec<ClientCertRule>,
    /// The password of such a file; better as TLSCOPE_CLIENT_CERT_PASSWORD, where others do not see it
    #[arg(long, value_name = "PASSWORD")]
    #[serde(deserialize_with = "each")]
    pub(super) client_cert_password: Vec<Secret>,
    /// Reach servers through this proxy: http://, socks5:// (names resolved here) or socks5h:// (by the proxy)
    #[arg(long, value_name = "URL")]
    #[serde(deserialize_with = "one")]
    pub(super) upstream_proxy: Option<UpstreamProxy>,
    /// Reach these without it: example.com, .example.com, 10.0.0.0/8, host:port, *
    #[arg(long, value_name = "LIST")]
    #[serde(deserialize_with = "one")]
    pub(super) no_proxy: Option<NoProxy>,
    /// Write TLS secrets, by which recorded traffic can be decrypted, to FILE.client and FILE.upstream
    #[arg(long, value_name = "FILE")]
    pub(super) key_log: Option<PathBuf>,
    /// How long to wait for DNS [default: 5s]
    #[arg(long, value_name = "TIME")]
    #[serde(deserialize_with = "one")]
    pub(super) dns_timeout: Option<Span>,
    /// How long to wait for a TCP connection [default: 8s]
    #[arg(long, value_name = "TIME")]
    #[serde(deserialize_with = "one")]
    pub(super) tcp_timeout: Option<Span>,
    /// How long to wait for a server's TLS handshake [default: 8s]
    #[arg(long, value_name = "TIME")]
    #[serde(deserialize_with = "one")]
    pub(super) tls_timeout: Option<Span>,
}

/// Trust.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[command(next_help_heading = "Judging")]
pub(super) struct TrustOptions {
    /// Root sets to judge by, each reported on its own: mozilla, system, none [default: mozilla,system]
    #[arg(long, value_name = "LIST")]
    #[serde(deserialize_with = "one")]
    pub(super) roots: Option<Roots>,
    /// Trust the certificates in this file as well (PEM, DER or PKCS#7)
    #[arg(long, value_name = "FILE")]
    #[serde(deserialize_with = "each")]
    pub(super) root_file: Vec<PathBuf>,
    /// Judge certificate timestamps by the logs in this file: version 3 of the programmes' log_list.json
    #[arg(long, value_name = "FILE")]
    pub(super) ct_logs: Option<PathBuf>,
}

/// Judging.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[command(next_help_heading = "Judging")]
pub(super) struct InquiryOptions {
    /// Judge as of this instant, not now: 2027-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = instant)]
    #[serde(deserialize_with = "instant_in_file")]
    pub(super) at: Option<Timestamp>,
    /// Fetch nothing to settle a doubt; what stays open is listed as not checked
    #[arg(long, value_name = "BOOL")]
    pub(super) offline: Option<bool>,
    /// How many intermediates a chain may have before that counts as too long [default: 6]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=62))]
    pub(super) max_depth: Option<u32>,
}

/// The session file.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[command(next_help_heading = "Keeping")]
pub(super) struct StoreOptions {
    /// Where the session is kept [default: a new file under the home directory]
    #[arg(long, value_name = "FILE")]
    pub(super) session: Option<PathBuf>,
    /// How much may wait for a slow disk before bodies, then records are left out [default: 64M]
    #[arg(long, value_name = "SIZE")]
    #[serde(deserialize_with = "one")]
    pub(super) disk_queue: Option<Size>,
}

/// What other programs read.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[command(next_help_heading = "Keeping")]
pub(super) struct ExportOptions {
    /// Write the session as HAR when tlscope ends
    #[arg(long, value_name = "FILE")]
    pub(super) har: Option<PathBuf>,
    /// Write what happens as JSON lines; - is standard output, and implies --headless
    #[arg(long, value_name = "FILE|-")]
    pub(super) events: Option<PathBuf>,
    /// Leave passwords, cookies and tokens in what is written for others
    #[arg(long, value_name = "BOOL")]
    pub(super) with_secrets: Option<bool>,
}

/// Running without a screen.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[command(next_help_heading = "Running")]
pub(super) struct HeadlessOptions {
    /// Show no screen, write lines
    #[arg(long, value_name = "BOOL")]
    pub(super) headless: Option<bool>,
    /// End after this time: 30s, 10m
    #[arg(long = "for", value_name = "TIME")]
    #[serde(rename = "for", deserialize_with = "one")]
    pub(super) run_for: Option<Span>,
    /// Exit with 1 when there is such a finding: a level, ids, or never [default: never]
    #[arg(long, value_name = "LEVEL|ID[,ID...]")]
    #[serde(deserialize_with = "one")]
    pub(super) fail_on: Option<FailOn>,
}

/// The lab.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[command(next_help_heading = "Running")]
pub(super) struct LabOptions {
    /// Run the lab behind the proxy: servers with every defect, on this machine alone
    #[arg(long, value_name = "BOOL")]
    pub(super) lab: Option<bool>,
}

/// The screen.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[command(next_help_heading = "The screen")]
pub(super) struct TuiOptions {
    /// Colours: dark, light, high-contrast, colour-blind [default: what was chosen last, else dark]
    #[arg(long, value_name = "THEME")]
    #[serde(deserialize_with = "one")]
    pub(super) theme: Option<Theme>,
    /// Draw with nothing but ASCII
    #[arg(long, value_name = "BOOL")]
    pub(super) ascii: Option<bool>,
    /// Take the mouse; without it the terminal selects text as always [default: true]
    #[arg(long, value_name = "BOOL")]
    pub(super) mouse: Option<bool>,
    /// The columns of the list, in their order [default: what was chosen last]
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    #[serde(deserialize_with = "each")]
    pub(super) columns: Vec<ColumnName>,
    /// Other keys for commands, by their names: a key, or several.
    #[arg(skip)]
    pub(super) keys: BTreeMap<String, Keys>,
    /// Filters to choose from.
    #[arg(skip)]
    pub(super) filters: Vec<String>,
}

/// One key, or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Keys {
    One(String),
    Several(Vec<String>),
}

impl Keys {
    pub(super) fn list(self) -> Vec<String> {
        match self {
            Self::One(key) => vec![key],
            Self::Several(keys) => keys,
        }
    }
}

/// What is said, and where.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[command(next_help_heading = "Global")]
pub(super) struct AppOptions {
    /// Write the log to this file
    #[arg(long, value_name = "FILE", global = true)]
    pub(super) log: Option<PathBuf>,
    /// When to use colour: auto, always, never; NO_COLOR is obeyed [default: auto]
    #[arg(long, value_name = "WHEN", global = true)]
    #[serde(deserialize_with = "one")]
    pub(super) color: Option<Colour>,
}

layered! {
    ProxyOptions { listen, allow, proxy_password, allow_local, intercept, tunnel, bad_upstream, tunnel_after_refusal, observe_tunnelled, reverse, max_connections, max_per_address, max_silent, hello_timeout, server_first_after, body_limit, memory_limit }
    NetOptions { resolve, connect_to, client_cert, client_cert_password, upstream_proxy, no_proxy, key_log, dns_timeout, tcp_timeout, tls_timeout }
    TrustOptions { roots, root_file, ct_logs }
    InquiryOptions { at, offline, max_depth }
    StoreOptions { session, disk_queue }
    ExportOptions { har, events, with_secrets }
    HeadlessOptions { headless, run_for, fail_on }
    LabOptions { lab }
    TuiOptions { theme, ascii, mouse, columns, keys, filters }
    AppOptions { log, color }
}

fn instant(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| format!("{text:?} is no time such as 2027-01-31T12:00:00Z"))
}

/// A value in the file: what the flag takes, or the number, or the list that it means.
#[derive(Deserialize)]
#[serde(untagged)]
enum Word {
    Text(String),
    Number(i64),
    List(Vec<String>),
}

impl Word {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number.to_string(),
            Self::List(words) => words.join(","),
        }
    }
}

/// One value, in the form of its flag.
fn one<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(d: D) -> Result<Option<T>, D::Error> {
    let text = Word::deserialize(d)?.text();
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

/// A list of values, each in the form of its flag.
fn each<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(d: D) -> Result<Vec<T>, D::Error> {
    let words = match Word::deserialize(d)? {
        Word::List(words) => words,
        word => vec![word.text()],
    };
    words.iter().map(|word| word.parse().map_err(serde::de::Error::custom)).collect()
}

fn instant_in_file<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Timestamp>, D::Error> {
    instant(&String::deserialize(d)?).map(Some).map_err(serde::de::Error::custom)
}
