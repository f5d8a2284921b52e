//! From options to the settings of each room.

use std::path::PathBuf;
use std::time::Duration;

use super::command::{CheckArgs, Globals, RunArgs, ScreenArgs};
use super::fault::ConfigError;
use super::file;
use super::home::Home;
use super::layer::Layer as _;
use super::options::{AppOptions, InquiryOptions, NetOptions, ProxyOptions, TrustOptions, TuiOptions};
use super::values::{Colour, Roots, Span};
use crate::diagnosis::Limits;
use crate::export::Redaction;
use crate::headless::FailOn;
use crate::model::Severity;
use crate::session::Filter;
use crate::{inquiry, net, proxy, trust, tui};

/// How much may wait for a slow disk.
const DISK_QUEUE: usize = 64 << 20;

/// Where events are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventSink {
    /// To standard output.
    Stdout,
    /// To a file.
    File(PathBuf),
}

/// What a run needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunSettings {
    /// Where files are.
    pub home: Home,
    /// Where the log goes, when it was said.
    pub log: Option<PathBuf>,
    /// When to use colour.
    pub colour: Colour,
    /// The proxy's.
    pub proxy: proxy::Config,
    /// The dialler's.
    pub net: net::Config,
    /// Client certificates and key logs.
    pub keys: net::KeyFiles,
    /// Of the root sets.
    pub trust: trust::Config,
    /// The judge's.
    pub inquiry: inquiry::Config,
    /// The session file, when it was named.
    pub session: Option<PathBuf>,
    /// How many bytes may wait for the disk.
    pub disk_queue: usize,
    /// The HAR file to write at the end.
    pub har: Option<PathBuf>,
    /// Where events are written.
    pub events: Option<EventSink>,
    /// Whether secrets are left out of both.
    pub redaction: Redaction,
    /// Whether to show no screen.
    pub headless: bool,
    /// When to end.
    pub run_for: Option<Duration>,
    /// Which findings count.
    pub fail_on: FailOn,
    /// Whether the lab runs as well.
    pub lab: bool,
    /// How the screen is shown.
    pub screen: ScreenSettings,
}

/// What a screen needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScreenSettings {
    /// Of the person, but for what was chosen on an earlier screen.
    pub settings: tui::Settings,
    /// Where that is kept.
    pub kept: PathBuf,
    /// When to use colour.
    pub colour: Colour,
}

/// What a check needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckSettings {
    /// Where the log goes, when it was said.
    pub log: Option<PathBuf>,
    /// When to use colour.
    pub colour: Colour,
    /// The dialler's.
    pub net: net::Config,
    /// Client certificates and key logs.
    pub keys: net::KeyFiles,
    /// Of the root sets.
    pub trust: trust::Config,
    /// The judge's.
    pub inquiry: inquiry::Config,
    /// Which findings count.
    pub fail_on: FailOn,
}

/// When to use colour, for commands that need no other setting.
///
/// # Errors
/// [`ConfigError`] when the configuration file is of no use.
pub fn colour(globals: &Globals) -> Result<Colour, ConfigError> {
    let (_, file) = file::read(globals)?;
    Ok(globals.app.color.or(file.app.color).unwrap_or_default())
}

/// Merges everything for `run`.
///
/// # Errors
/// [`ConfigError`] when the configuration file is of no use.
pub fn run_settings(globals: &Globals, args: RunArgs) -> Result<RunSettings, ConfigError> {
    let (home, file) = file::read(globals)?;
    let AppOptions { log, color } = globals.app.clone().over(file.app);
    let headless = args.headless.over(file.headless);
    let lab = args.lab.over(file.lab).lab.unwrap_or(false);
    let store = args.store.over(file.store);
    let export = args.export.over(file.export);
    let events = export.events.map(|path| match path.as_os_str() {
        dash if dash == "-" => EventSink::Stdout,
        _ => EventSink::File(path),
    });
    let (net, keys) = net_config(args.net.over(file.net));
    Ok(RunSettings {
        log,
        colour: color.unwrap_or_default(),
        proxy: proxy_config(args.proxy.over(file.proxy), &home),
        net,
        keys,
        trust: trust_config(args.trust.over(file.trust), lab),
        inquiry: inquiry_config(&args.inquiry.over(file.inquiry), &home, lab),
        session: store.session,
        disk_queue: store.disk_queue.map_or(DISK_QUEUE, |size| size.0),
        har: export.har,
        headless: headless.headless.unwrap_or(false) || events == Some(EventSink::Stdout),
        events,
        redaction: if export.with_secrets == Some(true) { Redaction::WithSecrets } else { Redaction::On },
        run_for: headless.run_for.map(|span| span.0),
        fail_on: headless.fail_on.unwrap_or(FailOn::Never),
        lab,
        screen: screen_of(args.tui.over(file.tui), color.unwrap_or_default(), &home)?,
        home,
    })
}

/// Merges everything for a session that is looked at.
///
/// # Errors
/// [`ConfigError`] when the configuration file is of no use.
pub fn screen_settings(globals: &Globals, args: ScreenArgs) -> Result<ScreenSettings, ConfigError> {
    let (home, file) = file::read(globals)?;
    let colour = globals.app.color.or(file.app.color).unwrap_or_default();
    screen_of(args.tui.over(file.tui), colour, &home)
}

fn screen_of(options: TuiOptions, colour: Colour, home: &Home) -> Result<ScreenSettings, ConfigError> {
    let fault = |fault: String| ConfigError::Screen { path: home.config.clone(), fault };
    for filter in &options.filters {
        Filter::parse(filter).map_err(|error| fault(format!("[tui] filters: {filter:?}: {error}")))?;
    }
    let wishes = options.keys.into_iter().map(|(command, keys)| (command, keys.list())).collect();
    let settings = tui::Settings {
        colour: true,
        ascii: options.ascii.unwrap_or(false),
        no_mouse: options.mouse == Some(false),
        keymap: tui::Keymap::with(&wishes).map_err(|error| fault(error.to_string()))?,
        prefs: tui::Prefs {
            theme: options.theme.map(|theme| theme.name().to_owned()),
            columns: options.columns.into_iter().map(|column| column.0).collect(),
            filters: options.filters,
        },
        chosen: tui::Prefs::default(),
    };
    Ok(ScreenSettings { settings, kept: home.screen.clone(), colour })
}

/// Merges everything for `check`.
///
/// # Errors
/// [`ConfigError`] when the configuration file is of no use.
pub fn check_settings(globals: &Globals, args: CheckArgs) -> Result<CheckSettings, ConfigError> {
    let (home, file) = file::read(globals)?;
    let AppOptions { log, color } = globals.app.clone().over(file.app);
    let mut inquiry = inquiry_config(&args.inquiry.over(file.inquiry), &home, false);
    inquiry.limits.expiring_days = args.expiring.map(i64::from);
    let all_three = NetOptions {
        dns_timeout: args.timeout,
        tcp_timeout: args.timeout,
        tls_timeout: args.timeout,
        ..NetOptions::default()
    };
    let (net, keys) = net_config(args.net.over(all_three).over(file.net));
    Ok(CheckSettings {
        log,
        colour: color.unwrap_or_default(),
        net,
        keys,
        trust: trust_config(args.trust.over(file.trust), false),
        inquiry,
        fail_on: args.fail_on.unwrap_or(FailOn::level(Severity::Error)),
    })
}

fn proxy_config(options: ProxyOptions, home: &Home) -> proxy::Config {
    let default = proxy::Config::default();
    let listen: Vec<_> = options.listen.into_iter().flat_map(|listen| listen.0).collect();
    proxy::Config {
        listen: if listen.is_empty() { default.listen } else { listen },
        access: proxy::Access {
            allow: options.allow,
            allow_local: options.allow_local.unwrap_or(default.access.allow_local),
            ..default.access
        },
        password: options.proxy_password.map(|secret| secret.0),
        devices: Some(home.devices.clone()),
        answer_within: default.answer_within,
        limits: proxy::Limits {
            connections: count(options.max_connections, default.limits.connections),
            per_address: count(options.max_per_address, default.limits.per_address),
            silent: count(options.max_silent, default.limits.silent),
        },
        policy: proxy::Policy {
            intercept: options.intercept,
            tunnel: options.tunnel,
            bad_upstream: options.bad_upstream,
        },
        after_refusal: options.tunnel_after_refusal.unwrap_or(default.after_refusal),
        always_tunnelled: Some(home.tunnelled.clone()),
        observe_tunnelled: options.observe_tunnelled.unwrap_or(default.observe_tunnelled),
        reverse: options.reverse.into_iter().map(|rule| rule.0).collect(),
        hello_timeout: span(options.hello_timeout, default.hello_timeout),
        server_first_after: span(options.server_first_after, default.server_first_after),
        body_limit: options.body_limit.map_or(default.body_limit, |size| size.0),
        memory_limit: options.memory_limit.map_or(default.memory_limit, |size| size.0),
    }
}

fn net_config(options: NetOptions) -> (net::Config, net::KeyFiles) {
    let default = net::Config::default();
    let keys = net::KeyFiles {
        client_certs: options.client_cert,
        passwords: options.client_cert_password,
        key_log: options.key_log,
    };
    let config = net::Config {
        connect_to: options.connect_to,
        resolve: options.resolve,
        upstream_proxy: options.upstream_proxy,
        no_proxy: options.no_proxy.unwrap_or_default(),
        dns_timeout: span(options.dns_timeout, default.dns_timeout),
        tcp_timeout: span(options.tcp_timeout, default.tcp_timeout),
        tls_timeout: span(options.tls_timeout, default.tls_timeout),
    };
    (config, keys)
}

/// The lab's servers are under roots of its own, which no other set knows: without a wish
/// otherwise they are judged by those alone.
fn trust_config(options: TrustOptions, lab: bool) -> trust::Config {
    let default = if lab { Vec::new() } else { trust::Config::default().roots };
    let roots = options.roots.map_or(default, |Roots(sets)| sets);
    trust::Config { roots, root_files: options.root_file, ct_logs: options.ct_logs }
}

fn inquiry_config(options: &InquiryOptions, home: &Home, lab: bool) -> inquiry::Config {
    let mut config = inquiry::Config { at: options.at, ..inquiry::Config::default() };
    config.fetching_off = options.offline.unwrap_or(false).then(|| "--offline".to_owned());
    if let Some(intermediates) = options.max_depth {
        config.limits = Limits::with_intermediates(intermediates as usize);
    }
    // The lab makes new authorities each time, at the same places.
    config.cache = (!lab).then(|| home.fetched.clone());
    config
}

fn count(given: Option<u32>, default: usize) -> usize {
    given.map_or(default, |count| count as usize)
}

fn span(given: Option<Span>, default: Duration) -> Duration {
    given.map_or(default, |Span(span)| span)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::ffi::OsString;
    use std::path::Path;

    use super::super::command::{Command, command, read};
    use super::*;

    const SAMPLE: &str = include_str!("../../docs/manual/config.toml");

    fn run_with(dir: &Path, line: &str) -> RunSettings {
        let words = format!("tlscope --home {} run {line}", dir.display());
        let cli = read(words.split_whitespace().map(OsString::from)).unwrap();
        let Command::Run(args) = cli.command else { panic!("not run") };
        run_settings(&cli.globals, *args).unwrap()
    }

    #[test]
    fn a_flag_wins_over_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let text = "[net]\ntcp_timeout = \"1s\"\ntls_timeout = 2\n[proxy]\nlisten = [\"127.0.0.1:1\"]\nallow_local = true\n\
                    [trust]\nroots = \"none\"\n";
        std::fs::write(dir.path().join("config.toml"), text).unwrap();
        let merged = run_with(dir.path(), "--tcp-timeout 3s --allow-local=false");
        assert_eq!(merged.net.tcp_timeout, Duration::from_secs(3));
        assert_eq!(merged.net.tls_timeout, Duration::from_secs(2));
        assert!(!merged.proxy.access.allow_local && merged.trust.roots.is_empty());
        assert_eq!(merged.proxy.listen, ["127.0.0.1:1".parse().unwrap()]);
    }

    #[test]
    fn what_is_given_of_bad_servers_is_a_list_like_any_other() {
        let dir = tempfile::tempdir().unwrap();
        let rules = |line: &str| {
            let rules = run_with(dir.path(), line).proxy.policy.bad_upstream;
            rules.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(rules(""), "");
        let text = "[proxy]\nbad_upstream = [\"mirror\", \"refuse:*.bank.test:8443\"]\n";
        std::fs::write(dir.path().join("config.toml"), text).unwrap();
        assert_eq!(rules(""), "mirror refuse:*.bank.test:8443");
        let flags = "--bad-upstream pass --bad-upstream mirror:a.test,refuse:[::1]:443";
        assert_eq!(rules(flags), "pass mirror:a.test refuse:[::1]:443");
    }

    #[test]
    fn the_lab_is_judged_by_its_own_roots() {
        let dir = tempfile::tempdir().unwrap();
        assert!(run_with(dir.path(), "--lab").trust.roots.is_empty());
        assert_eq!(run_with(dir.path(), "--lab --roots system").trust.roots.len(), 1);
        assert_eq!(run_with(dir.path(), "").trust.roots.len(), 2);
    }

    #[test]
    fn events_to_standard_output_mean_no_screen() {
        let dir = tempfile::tempdir().unwrap();
        assert!(run_with(dir.path(), "--events -").headless);
        assert!(!run_with(dir.path(), "--events file").headless);
    }

    #[test]
    fn the_sample_file_holds_the_defaults() {
        let (plain, sampled) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(sampled.path().join("config.toml"), SAMPLE).unwrap();
        let home = |settings: RunSettings| RunSettings {
            home: Home::at(Path::new("/")),
            inquiry: inquiry::Config { cache: None, ..settings.inquiry },
            proxy: proxy::Config { devices: None, always_tunnelled: None, ..settings.proxy },
            screen: ScreenSettings { kept: PathBuf::new(), ..settings.screen },
            ..settings
        };
        assert_eq!(home(run_with(sampled.path(), "")), home(run_with(plain.path(), "")));
    }

    #[test]
    fn the_sample_file_has_a_key_for_every_flag() {
        let keys: BTreeSet<String> = SAMPLE
            .lines()
            .filter_map(|line| line.trim_start_matches("# ").split_once(" = "))
            .map(|(key, _)| key.to_owned())
            .collect();
        let whole = command();
        let run = whole.find_subcommand("run").unwrap();
        let flags = run.get_arguments().chain(whole.get_arguments()).filter_map(clap::Arg::get_long);
        // These say where the file is, or have no value.
        let elsewhere = ["home", "config", "verbose", "quiet", "help", "version"];
        let flags: BTreeSet<String> =
            flags.filter(|flag| !elsewhere.contains(flag)).map(|flag| flag.replace('-', "_")).collect();
        assert_eq!(keys, flags);
    }
}
