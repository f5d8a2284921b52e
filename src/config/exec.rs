//! `tlscope exec`: the flags of `run` that make sense for one command, and the command.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};

use clap::{ArgAction, Args};

use super::command::{Globals, RunArgs};
use super::fault::ConfigError;
use super::options::{
    ExportOptions, HeadlessOptions, InquiryOptions, LabOptions, NetOptions, ProxyOptions, StoreOptions, TrustOptions,
    TuiOptions,
};
use super::settings::{EventSink, RunSettings, run_settings};
use crate::headless::FailOn;
use crate::net::Glob;
use crate::proxy::BadUpstreamRule;

/// The proxy of one command is for this machine alone, on a port of the system's choice.
pub(super) const PRIVATE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// `tlscope exec`.
#[derive(Args, Clone, Debug)]
#[command(
    override_usage = "tlscope exec [OPTIONS] -- COMMAND [ARGUMENT]...",
    after_help = "Exit code: the command's when that is not 0 (128+N when signal N ended it, 127 when it is not found, \
                  126 when it cannot be executed), else 88 when --fail-on is met, else 0. 2 is also what tlscope says \
                  of a setting or a file that it cannot use.",
    mut_arg("events", |arg| arg.value_name("FILE").help("Write what happens as JSON lines to this file"))
)]
pub struct ExecArgs {
    /// The command and its arguments, as they are
    #[arg(
        value_name = "COMMAND",
        trailing_var_arg = true,
        allow_hyphen_values = true,
        required_unless_present = "list"
    )]
    pub(super) command: Vec<OsString>,
    /// List the variables that the command is given, who reads them, and what is not covered
    #[arg(long, action = ArgAction::SetTrue)]
    pub(super) list: bool,
    /// Leave these variables of the environment as they are
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(super) keep_env: Vec<String>,
    /// Exit with 88 when the command went well and there is such a finding: a level, ids, or never [default: never]
    #[arg(long, value_name = "LEVEL|ID[,ID...]")]
    pub(super) fail_on: Option<FailOn>,
    /// Intercept only these hosts, tunnel the rest: *.example.com, example.com:8443
    #[arg(long, value_name = "GLOB", value_delimiter = ',')]
    pub(super) intercept: Vec<Glob>,
    /// Tunnel these hosts, and read only what passes in the clear
    #[arg(long, value_name = "GLOB", value_delimiter = ',')]
    pub(super) tunnel: Vec<Glob>,
    /// What the command is given where a server is bad: pass (a good certificate), mirror (its defects), refuse (a page) [default: pass]
    #[arg(long, value_name = "pass|mirror|refuse[:GLOB]", value_delimiter = ',')]
    pub(super) bad_upstream: Vec<BadUpstreamRule>,
    #[command(flatten)]
    pub(super) lab: LabOptions,
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

impl ExecArgs {
    /// Whether the variables are to be listed, and nothing is to be run.
    pub fn is_list(&self) -> bool {
        self.list
    }
}

/// What running a command needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecSettings {
    /// Of the proxy and what stands behind it.
    pub run: RunSettings,
    /// The program and its arguments.
    pub command: Vec<OsString>,
    /// Variables that stay as they are.
    pub keep_env: Vec<String>,
}

/// Has the proxy serve one command and nobody else, whatever the file says of the proxy that others use.
pub(super) fn keep_private(run: &mut RunSettings) {
    run.proxy.listen = vec![PRIVATE];
    run.proxy.reverse = Vec::new();
    run.proxy.access.allow = Vec::new();
}

/// Merges everything for `exec`.
///
/// # Errors
/// [`ConfigError`] when the configuration file is of no use, or events are to go where the command writes.
pub fn exec_settings(globals: &Globals, args: ExecArgs) -> Result<ExecSettings, ConfigError> {
    let ExecArgs { command, keep_env, fail_on, intercept, tunnel, bad_upstream, .. } = args;
    let ExecArgs { lab, trust, inquiry, net, store, export, .. } = args;
    let headless = HeadlessOptions { headless: Some(true), fail_on, ..HeadlessOptions::default() };
    let proxy = ProxyOptions { intercept, tunnel, bad_upstream, ..ProxyOptions::default() };
    let tui = TuiOptions::default();
    let mut run = run_settings(globals, RunArgs { headless, lab, proxy, trust, inquiry, net, store, export, tui })?;
    if run.events == Some(EventSink::Stdout) {
        return Err(ConfigError::OutputTaken);
    }
    keep_private(&mut run);
    Ok(ExecSettings { run, command, keep_env })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::command::{Command, read};
    use super::*;

    fn settings(dir: &Path, line: &str) -> Result<ExecSettings, ConfigError> {
        let words = format!("tlscope --home {} exec {line}", dir.display());
        let cli = read(words.split_whitespace().map(OsString::from)).unwrap();
        let Command::Exec(args) = cli.command else { panic!("not exec") };
        exec_settings(&cli.globals, *args)
    }

    #[test]
    fn what_stands_behind_the_command_is_the_commands() {
        let dir = tempfile::tempdir().unwrap();
        for line in ["-- curl -v --har x https://a.test/ -- --lab", "curl -v --har x https://a.test/ -- --lab"] {
            let settings = settings(dir.path(), line).unwrap();
            assert_eq!(settings.command, ["curl", "-v", "--har", "x", "https://a.test/", "--", "--lab"]);
            assert!(settings.run.har.is_none() && !settings.run.lab);
        }
    }

    #[test]
    fn the_proxy_is_private_whatever_the_file_says() {
        let dir = tempfile::tempdir().unwrap();
        let text = "[proxy]\nlisten = \"8080\"\nallow = \"10.0.0.0/8\"\ntunnel = \"a.test\"\n";
        std::fs::write(dir.path().join("config.toml"), text).unwrap();
        let run = settings(dir.path(), "--fail-on error --intercept b.test --bad-upstream mirror true").unwrap().run;
        assert_eq!((run.proxy.listen, run.proxy.access.allow.len()), (vec![PRIVATE], 0));
        assert_eq!((run.proxy.policy.tunnel.len(), run.proxy.policy.intercept.len()), (1, 1));
        assert_eq!(run.proxy.policy.bad_upstream, ["mirror".parse().unwrap()]);
        assert_eq!(run.fail_on, "error".parse().unwrap());
        assert_eq!(settings(dir.path(), "true").unwrap().run.fail_on, FailOn::Never);
    }

    #[test]
    fn events_do_not_go_where_the_command_writes() {
        let dir = tempfile::tempdir().unwrap();
        let error = settings(dir.path(), "--events - true").unwrap_err().to_string();
        assert!(error.contains("--events FILE"), "{error}");
        assert!(settings(dir.path(), "--events file true").is_ok());
    }

    #[test]
    fn a_command_is_wanted() {
        for (line, is_good) in [("tlscope exec", false), ("tlscope exec --list", true), ("tlscope exec -- true", true)]
        {
            assert_eq!(read(line.split(' ').map(OsString::from)).is_ok(), is_good, "{line}");
        }
    }
}
