//! `tlscope audit`: the flags of `run` that make sense, whose clients are audited with what, and the command if
//! there is one.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args};

use super::command::{Globals, ReportFormat, RunArgs};
use super::exec::keep_private;
use super::fault::ConfigError;
use super::options::{
    ExportOptions, HeadlessOptions, InquiryOptions, LabOptions, NetOptions, ProxyOptions, StoreOptions, TrustOptions,
    TuiOptions,
};
use super::settings::{EventSink, RunSettings, run_settings};
use super::values::Span;
use crate::headless::WrongFrom;
use crate::net::Glob;
use crate::proxy::{AfterRefusal, AuditPlan, Audited};

/// How long one run of a command may take, unless something else is said.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// `tlscope audit`.
#[allow(clippy::struct_excessive_bools)] // each is a flag
#[derive(Args, Clone, Debug)]
#[command(
    override_usage = "tlscope audit [--host GLOB]... [OPTIONS] [-- COMMAND [ARGUMENT]...]",
    after_help = "Exit code: 1 when something wrong was taken that --fail-on names, else 3 when nobody ever took the \
                  control, else 0. 127 when the command is not found, 126 when it cannot be executed, 2 bad usage.",
    mut_arg("events", |arg| arg.value_name("FILE").help("Write what happens as JSON lines to this file"))
)]
pub struct AuditArgs {
    /// A command to be run again and again, once for each identity; without one, clients come to the proxy
    #[arg(value_name = "COMMAND", trailing_var_arg = true, allow_hyphen_values = true)]
    pub(super) command: Vec<OsString>,
    /// Audit the clients of these hosts: *.example.com, example.com:8443
    #[arg(long, value_name = "GLOB", value_delimiter = ',', conflicts_with = "all_hosts")]
    pub(super) host: Vec<Glob>,
    /// Audit the clients of every host that anybody goes to
    #[arg(long, action = ArgAction::SetTrue)]
    pub(super) all_hosts: bool,
    /// Show these identities alone, and the control
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(super) only: Vec<String>,
    /// Show each identity so often at least, to find who wavers
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(super) repeat: u32,
    /// Exit with 1 when something was taken that is wrong from this on: info, warning, error, fatal, or never
    #[arg(long, value_name = "LEVEL", default_value = "warning")]
    pub(super) fail_on: WrongFrom,
    /// The form of the table
    #[arg(long, value_enum, default_value_t = ReportFormat::Human)]
    pub(super) format: ReportFormat,
    /// Write the table to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// End after this time: 30s, 10m
    #[arg(long = "for", value_name = "TIME")]
    pub(super) run_for: Option<Span>,
    /// End when everybody who came is done with
    #[arg(long, action = ArgAction::SetTrue)]
    pub(super) until_done: bool,
    /// How long one run of the command may take [default: 60s]
    #[arg(long, value_name = "TIME")]
    pub(super) time_limit: Option<Span>,
    /// Let the command write where tlscope does
    #[arg(long, action = ArgAction::SetTrue)]
    pub(super) show_output: bool,
    /// Write lines instead of showing the screen
    #[arg(long, action = ArgAction::SetTrue)]
    pub(super) headless: bool,
    /// Leave these variables of the command's environment as they are
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(super) keep_env: Vec<String>,
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
}

/// What an audit needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditSettings {
    /// Of the proxy and what stands behind it, with the audit.
    pub run: RunSettings,
    /// Who is shown what.
    pub plan: AuditPlan,
    /// Which wrong acceptances make it fail.
    pub fail_on: WrongFrom,
    /// The form of the table.
    pub format: ReportFormat,
    /// Where the table goes, when it is not standard output.
    pub output: Option<PathBuf>,
    /// Whether to end when everybody is done with.
    pub until_done: bool,
    /// Whether there is no screen.
    pub headless: bool,
    /// The command, when there is one.
    pub command: Vec<OsString>,
    /// How long one run of it may take.
    pub time_limit: Duration,
    /// Whether its output is shown.
    pub show_output: bool,
    /// Variables of its environment that stay as they are.
    pub keep_env: Vec<String>,
}

/// Merges everything for `audit`.
///
/// # Errors
/// [`ConfigError`] when no host is chosen, or the configuration file is of no use.
pub fn audit_settings(globals: &Globals, args: AuditArgs) -> Result<AuditSettings, ConfigError> {
    let hosts = match (args.all_hosts, args.host.is_empty()) {
        (false, true) => return Err(ConfigError::NobodyToAudit),
        (true, _) => Audited::All,
        (false, false) => Audited::These(args.host),
    };
    let headless = HeadlessOptions { headless: Some(true), run_for: args.run_for, ..HeadlessOptions::default() };
    let AuditArgs { lab, proxy, trust, inquiry, net, store, export, .. } = args;
    let tui = TuiOptions::default();
    let mut run = run_settings(globals, RunArgs { headless, lab, proxy, trust, inquiry, net, store, export, tui })?;
    if run.events == Some(EventSink::Stdout) {
        return Err(ConfigError::TableTaken);
    }
    // Whoever refuses what is wrong is right, and is to come again.
    run.proxy.after_refusal = AfterRefusal::Off;
    if !args.command.is_empty() {
        keep_private(&mut run);
    }
    Ok(AuditSettings {
        run,
        plan: AuditPlan { hosts, only: args.only, repeat: args.repeat },
        fail_on: args.fail_on,
        format: args.format,
        output: args.output,
        until_done: args.until_done,
        headless: args.headless || !args.command.is_empty(),
        command: args.command,
        time_limit: args.time_limit.map_or(TIME_LIMIT, |span| span.0),
        show_output: args.show_output,
        keep_env: args.keep_env,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::command::{Command, read};
    use super::super::exec::PRIVATE;
    use super::*;

    fn settings(dir: &Path, line: &str) -> Result<AuditSettings, ConfigError> {
        let words = format!("tlscope --home {} audit {line}", dir.display());
        let cli = read(words.split_whitespace().map(OsString::from)).unwrap();
        let Command::Audit(args) = cli.command else { panic!("not audit") };
        audit_settings(&cli.globals, *args)
    }

    #[test]
    fn whose_clients_are_audited_has_to_be_said() {
        let dir = tempfile::tempdir().unwrap();
        let error = settings(dir.path(), "").unwrap_err().to_string();
        assert!(error.contains("--host") && error.contains("--all-hosts"), "{error}");
        assert_eq!(settings(dir.path(), "--all-hosts").unwrap().plan.hosts, Audited::All);
        let hosts = settings(dir.path(), "--host *.a.test,b.test:8443").unwrap().plan.hosts;
        assert_eq!(hosts, Audited::These(vec!["*.a.test".parse().unwrap(), "b.test:8443".parse().unwrap()]));
        let both = "tlscope audit --all-hosts --host a.test".split(' ').map(OsString::from);
        assert!(read(both).is_err());
    }

    #[test]
    fn a_command_has_a_proxy_of_its_own_and_nobody_is_tunnelled_for_refusing() {
        let dir = tempfile::tempdir().unwrap();
        let text = "[proxy]\nlisten = \"8080\"\ntunnel_after_refusal = \"auto\"\n";
        std::fs::write(dir.path().join("config.toml"), text).unwrap();
        let with = settings(dir.path(), "--host a.test -- curl --host b https://a.test/").unwrap();
        assert_eq!((with.run.proxy.listen, with.command.len()), (vec![PRIVATE], 4));
        assert_eq!(with.run.proxy.after_refusal, AfterRefusal::Off);
        let without = settings(dir.path(), "--host a.test").unwrap();
        assert_eq!(without.run.proxy.listen[0].port(), 8080);
        assert!(without.run.headless && without.command.is_empty());
    }

    #[test]
    fn events_do_not_go_where_the_table_does() {
        let dir = tempfile::tempdir().unwrap();
        let error = settings(dir.path(), "--host a.test --events -").unwrap_err().to_string();
        assert!(error.contains("--events FILE"), "{error}");
    }
}
