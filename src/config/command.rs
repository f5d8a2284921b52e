//! The command line.

use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::audit::AuditArgs;
use super::device::{AdbOptions, AndroidArgs};
use super::exec::ExecArgs;
use super::fault::ConfigError;
use super::home::Home;
use super::options::{
    AppOptions, ExportOptions, HeadlessOptions, InquiryOptions, LabOptions, NetOptions, ProxyOptions, StoreOptions,
    TrustOptions, TuiOptions,
};
use super::values::Span;
use crate::headless::FailOn;
use crate::model::{FindingId, Host, Target};

/// What exactly is wrong with the TLS between an app and its servers?
#[derive(Parser, Clone, Debug)]
#[command(
    name = "tlscope",
    version,
    about = "An intercepting HTTPS debugging proxy that names every TLS and certificate defect",
    long_about = "An intercepting HTTPS debugging proxy about one question: what exactly is wrong with the TLS \
                  between this app and its servers, and who would be hurt by it?",
    after_help = "Without a command tlscope runs the proxy: `tlscope --lab` is `tlscope run --lab`.\n\
                  Every flag --some-flag of run, exec, audit and check can be set as TLSCOPE_SOME_FLAG in the environment, and \
                  in the configuration file; a flag wins over the environment, and that over the file.",
    disable_help_subcommand = true,
    subcommand_required = true
)]
pub struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub globals: Globals,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What holds for every command.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Global")]
pub struct Globals {
    /// Keep the CA, the configuration and the sessions in this directory
    #[arg(long, value_name = "DIR", global = true)]
    pub home: Option<PathBuf>,
    /// Read this configuration file [default: config.toml under the home directory, if it is there]
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// Say more; twice for even more
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub verbose: u8,
    /// Say less
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub quiet: u8,
    /// What is said, and where.
    #[command(flatten)]
    pub(super) app: AppOptions,
}

impl Globals {
    /// Where files are.
    ///
    /// # Errors
    /// [`ConfigError`] when there is nowhere to keep them.
    pub fn home(&self) -> Result<Home, ConfigError> {
        self.home.as_deref().map(Home::at).or_else(Home::by_custom).ok_or(ConfigError::Homeless)
    }
}

/// The commands.
#[derive(Subcommand, Clone, Debug)]
pub enum Command {
    /// Run the proxy and show what passes (the default)
    Run(Box<RunArgs>),
    /// Run a command whose TLS goes through a proxy of its own, and say what was wrong with it
    Exec(Box<ExecArgs>),
    /// Show clients certificates that are wrong on purpose, and say which of them they take
    Audit(Box<AuditArgs>),
    /// Say everything that is wrong with a server, or with a chain in a file
    Check(Box<CheckArgs>),
    /// Tell what a finding means, who refuses it, and how to mend it; without an id, list them all
    Explain {
        /// The finding
        #[arg(value_parser = finding_id, value_name = "ID")]
        id: Option<FindingId>,
    },
    /// Show where the CA is, print it in the form a device takes, or make a new one
    Ca {
        /// What to do with it
        action: CaAction,
        /// Write to this file instead of standard output
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Look at a session that was kept; without a file, list them
    Open {
        /// The session file
        session: Option<PathBuf>,
        /// How it is shown.
        #[command(flatten)]
        screen: ScreenArgs,
    },
    /// Write a session in a form that other programs read
    Export(ExportArgs),
    /// Run servers with every defect, on this machine, or send clients to them
    Lab(LabArgs),
    /// Devices: those that are served without asking, and an Android device led to the proxy
    #[command(subcommand)]
    Device(DeviceAction),
    /// Print a script that completes commands and flags in your shell
    Completions {
        /// Which shell
        shell: Shell,
    },
}

/// `tlscope run`.
#[derive(Args, Clone, Debug)]
pub struct RunArgs {
    #[command(flatten)]
    pub(super) headless: HeadlessOptions,
    #[command(flatten)]
    pub(super) lab: LabOptions,
    #[command(flatten)]
    pub(super) proxy: ProxyOptions,
    #[command(flatten)]
    pub(super) trust: TrustOptions,
    #[command(flatten)]
    pub(super) inquiry: InquiryOptions,
    #[command(flatten)]
    pub(super) net: NetOptions,
    #[command(flatten)]
    pub(super) store: StoreOptions,
    #[command(flatten)]
    pub(super) export: ExportOptions,
    #[command(flatten)]
    pub(super) tui: TuiOptions,
}

/// How a session is shown.
#[derive(Args, Clone, Debug)]
pub struct ScreenArgs {
    #[command(flatten)]
    pub(super) tui: TuiOptions,
}

/// `tlscope check`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Exit code: 0 nothing that counts, 1 a finding that --fail-on names, \
                        3 a target showed neither certificate nor handshake, 2 bad usage.")]
pub struct CheckArgs {
    /// The servers to ask
    #[arg(
        value_name = "TARGET",
        help = "host, host:port, [v6]:port or a URL; port 443 unless given",
        value_parser = target,
        required_unless_present = "chain"
    )]
    pub targets: Vec<Target>,
    /// Judge the certificates in this file, leaf first, without a network
    #[arg(long, value_name = "FILE", conflicts_with = "targets")]
    pub chain: Option<PathBuf>,
    /// Ask for and judge this name instead of the target's host
    #[arg(long, value_name = "NAME", value_parser = host)]
    pub name: Option<Host>,
    /// Use the revocation lists in this file (PEM or DER)
    #[arg(long, value_name = "FILE")]
    pub crl: Vec<PathBuf>,
    /// Use the OCSP response in this file (DER)
    #[arg(long, value_name = "FILE")]
    pub ocsp: Vec<PathBuf>,
    /// Ask what one handshake does not tell, by sixteen connections: old versions, weak suites, other names
    #[arg(long, conflicts_with = "chain")]
    pub scan: bool,
    /// Check every address of a name, and say where they differ
    #[arg(long, conflicts_with = "chain")]
    pub every_address: bool,
    /// Exit with 1 as well when a certificate ends within so many days
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(0..=36500))]
    pub expiring: Option<u32>,
    /// The form of the report
    #[arg(long, value_enum, default_value_t = ReportFormat::Human)]
    pub format: ReportFormat,
    /// Exit with 1 when there is such a finding: a level, ids, or never [default: error]
    #[arg(long, value_name = "LEVEL|ID[,ID...]")]
    pub(super) fail_on: Option<FailOn>,
    /// How long each of DNS, TCP and TLS may take; sets all three
    #[arg(long, value_name = "TIME")]
    pub(super) timeout: Option<Span>,
    #[command(flatten)]
    pub(super) trust: TrustOptions,
    #[command(flatten)]
    pub(super) inquiry: InquiryOptions,
    #[command(flatten)]
    pub(super) net: NetOptions,
}

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people
    Human,
    /// For programs: tlscope.check/1, tlscope.audit/1
    Json,
}

/// What to do with the CA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CaAction {
    /// Print where its certificate is
    Path,
    /// Print it as PEM
    Pem,
    /// Print it as DER
    Der,
    /// Print a PKCS#12 trust store (password: changeit)
    P12,
    /// Print a configuration profile for Apple's systems
    Mobileconfig,
    /// Print it for Android's system store
    Android,
    /// Make a new one; the old one is kept beside it
    New,
}

/// `tlscope device`.
#[derive(Subcommand, Clone, Debug)]
pub enum DeviceAction {
    /// List the devices that are served without asking
    List,
    /// Forget one: it is asked about when it comes again
    Remove {
        /// The address of the device
        address: IpAddr,
    },
    /// Forget all of them
    Clear,
    /// Run the proxy with an Android device led to it through adb, and set the device back at the end
    Android(Box<AndroidArgs>),
    /// Set back what a run that was killed has left on a device
    Restore(AdbOptions),
}

/// `tlscope export`.
#[derive(Args, Clone, Debug)]
pub struct ExportArgs {
    /// The session file
    pub session: PathBuf,
    /// The form to write
    #[arg(long, value_enum)]
    pub format: ExportFormat,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Leave passwords, cookies and tokens in
    #[arg(long)]
    pub with_secrets: bool,
}

/// A form of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// HTTP Archive 1.2, for browsers and other tools
    Har,
    /// The lines of --events, last revisions only
    Jsonl,
    /// A session file to give away
    Session,
}

/// `tlscope lab`.
#[derive(Args, Clone, Debug)]
pub struct LabArgs {
    /// Where to serve it
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// List its servers and end
    #[arg(long, conflicts_with = "drive")]
    pub list: bool,
    /// Send a client to each of its servers through the proxy at this address, which runs with --lab
    #[arg(long, value_name = "PROXY")]
    pub drive: Option<SocketAddr>,
    /// How long to wait between clients
    #[arg(long, value_name = "TIME", default_value = "50ms", requires = "drive")]
    pub pause: Span,
}

/// The whole command line, with the environment and the form of switches filled in.
pub fn command() -> clap::Command {
    let plain = Cli::command();
    with_environment(plain, true)
}

/// Reads a command line. Where no command is named, `run` is meant.
///
/// # Errors
/// clap's, which prints itself: a fault with its place, or the help that was asked for.
pub fn read(args: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let matches = command().try_get_matches_from(with_run(args.into_iter().collect()))?;
    Cli::from_arg_matches(&matches)
}

/// Which commands have their flags in the environment.
const IN_ENVIRONMENT: [&str; 6] = ["run", "exec", "audit", "check", "open", "android"];

/// Gives every long flag its variable, and every switch the forms `--switch` and `--switch=false`.
fn with_environment(command: clap::Command, in_environment: bool) -> clap::Command {
    let command = command.mut_args(|arg| {
        let arg = if arg.get_value_names().is_some_and(|names| names.iter().any(|name| name.as_str() == "BOOL")) {
            let parser = BoolishValueParser::new();
            arg.num_args(0..=1).require_equals(true).default_missing_value("true").value_parser(parser)
        } else if in_environment && matches!(arg.get_action(), ArgAction::SetTrue) {
            arg.value_parser(BoolishValueParser::new())
        } else {
            arg
        };
        match arg.get_long() {
            Some(long) if in_environment && !matches!(long, "help" | "version" | "verbose" | "quiet") => {
                let variable = format!("TLSCOPE_{}", long.to_ascii_uppercase().replace('-', "_"));
                arg.env(variable).hide_env(true)
            }
            _ => arg,
        }
    });
    command.mut_subcommands(|sub| {
        let in_environment = IN_ENVIRONMENT.contains(&sub.get_name());
        with_environment(sub, in_environment)
    })
}

/// Puts `run` where the command would stand, when a flag of `run` stands there or nothing does.
fn with_run(mut args: Vec<OsString>) -> Vec<OsString> {
    let takes_value = ["--home", "--config", "--log", "--color"];
    let mut at = 1;
    while let Some(word) = args.get(at).map(|arg| arg.to_string_lossy().into_owned()) {
        let is_global = takes_value.iter().any(|flag| word.starts_with(&format!("{flag}=")))
            || ["--verbose", "--quiet"].contains(&word.as_str())
            || (word.starts_with('-') && word.len() > 1 && word.chars().skip(1).all(|c| c == 'v' || c == 'q'));
        match word.as_str() {
            "-h" | "--help" | "-V" | "--version" => return args,
            flag if takes_value.contains(&flag) => at += 2,
            _ if is_global => at += 1,
            word if word.starts_with('-') => break,
            _ => return args,
        }
    }
    args.insert(at.min(args.len()), "run".into());
    args
}

fn target(text: &str) -> Result<Target, String> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Target::parse(text, Some(443)).map_err(|error| error.to_string());
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if matches!(scheme, "https" | "wss") {
        return Target::parse(authority, Some(443)).map_err(|error| error.to_string());
    }
    Target::parse(authority, None).map_err(|_| format!("{scheme}:// does not say where TLS is spoken; write HOST:PORT"))
}

fn host(text: &str) -> Result<Host, String> {
    Host::parse(text).map_err(|error| error.to_string())
}

fn finding_id(text: &str) -> Result<FindingId, String> {
    FindingId::parse(text).ok_or_else(|| {
        let near = FindingId::ALL.iter().find(|id| id.as_str().contains(text));
        match near {
            Some(id) => format!("there is no such finding; did you mean {id}?"),
            None => "there is no such finding; `tlscope explain` lists them".to_owned(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn no_command_means_run() {
        let cases = [
            ("tlscope", "tlscope run"),
            ("tlscope --lab", "tlscope run --lab"),
            ("tlscope --home /x --lab", "tlscope --home /x run --lab"),
            ("tlscope --home=/x -vv", "tlscope --home=/x -vv run"),
            ("tlscope -q check a.test", "tlscope -q check a.test"),
            ("tlscope --help", "tlscope --help"),
            ("tlscope -V", "tlscope -V"),
            ("tlscope chekc", "tlscope chekc"),
            ("tlscope --home", "tlscope --home run"),
        ];
        for (given, meant) in cases {
            assert_eq!(with_run(words(given)), words(meant), "{given}");
        }
    }

    #[test]
    fn the_definition_holds_together() {
        command().debug_assert();
    }

    #[test]
    fn targets_are_read_from_what_people_paste() {
        let cases = [
            ("a.test", "a.test:443"),
            ("a.test:8443", "a.test:8443"),
            ("https://me:pw@a.test:1/x?y#z", "a.test:1"),
            ("wss://a.test", "a.test:443"),
            ("[::1]:4", "[::1]:4"),
            ("mqtts://a.test:8883/x", "a.test:8883"),
        ];
        for (text, expected) in cases {
            assert_eq!(target(text).unwrap().to_string(), expected, "{text}");
        }
        assert!(target("").is_err() && target("a:b:c").is_err());
        for no_tls in ["http://a.test/", "ftp://a.test"] {
            assert!(target(no_tls).unwrap_err().contains("write HOST:PORT"), "{no_tls}");
        }
    }

    #[test]
    fn switches_can_be_turned_off() {
        for (line, expected) in
            [("--offline", Some(true)), ("--offline=false", Some(false)), ("--offline=1", Some(true))]
        {
            let cli = read(words(&format!("tlscope check {line} a.test"))).unwrap();
            let Command::Check(args) = cli.command else { panic!("not check") };
            assert_eq!(args.inquiry.offline, expected, "{line}");
        }
    }
}
