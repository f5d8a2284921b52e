//! One command, run as often as the catalogue needs: with one identity each time, until nothing is left to be told.

use std::io;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout};

use super::not_started;
use crate::app::engine::Engine;
use crate::app::exec::Prepared;
use crate::app::output::say;
use crate::config::AuditSettings;
use crate::model::Identity;
use crate::proxy::Auditor;
use crate::session::Session;
use crate::text;

/// How often it is looked whether the command has ended.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// How long its connections may take to be over once it has ended.
const SETTLED_WITHIN: Duration = Duration::from_secs(3);

/// A command of which nothing comes is not run more often.
const MOST_IN_VAIN: usize = 2;

/// How one run of the command went.
enum Run {
    Over,
    TooLong,
    /// The person has had enough.
    Interrupted,
}

/// Runs the command until the audit has what it wants, or is asked to end. An exit code when it does not start.
pub(super) async fn run(
    settings: &AuditSettings,
    engine: &Engine,
    auditor: &Auditor,
    is_told: bool,
    ended: impl Future<Output = ()>,
) -> anyhow::Result<Option<u8>> {
    let mut prepared = Prepared::new(&settings.command, &settings.keep_env, &engine.banner)?;
    prepare(&mut prepared.command, settings.show_output);
    let mut progress = Progress { runs: 0, is_told, total: auditor.identities().len() };
    tokio::pin!(ended);
    while let Some(identity) = auditor.wanted().filter(|_| progress.runs < most_runs(settings, auditor)) {
        auditor.hold(&identity);
        let mut child = match prepared.command.spawn() {
            Ok(child) => child,
            Err(error) => {
                let program = prepared.command.get_program().to_string_lossy().into_owned();
                return Ok(Some(not_started(&error, &text::safe(&program))));
            }
        };
        let run = wait(&mut child, settings.time_limit, &mut ended).await?;
        settle(auditor, engine.session.clone()).await;
        auditor.release();
        progress.tell(&identity, auditor, &run);
        let is_in_vain = auditor.subjects() == 0 && progress.runs >= MOST_IN_VAIN;
        if is_in_vain || matches!(run, Run::Interrupted) {
            break;
        }
    }
    Ok(None)
}

/// Each identity may have to be shown more than once, and there are controls between.
fn most_runs(settings: &AuditSettings, auditor: &Auditor) -> usize {
    (auditor.identities().len() + 1) * 4 * settings.plan.repeat as usize
}

/// It runs unseen, in a group of its own so that what it starts can be ended with it.
fn prepare(command: &mut Command, show_output: bool) {
    command.stdin(Stdio::null());
    if !show_output {
        command.stdout(Stdio::null()).stderr(Stdio::null());
    }
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
}

/// Waits for the command, for as long as it may take.
async fn wait(child: &mut Child, limit: Duration, ended: &mut (impl Future<Output = ()> + Unpin)) -> io::Result<Run> {
    let began = Instant::now();
    loop {
        if child.try_wait()?.is_some() {
            return Ok(Run::Over);
        }
        let is_interrupted = timeout(LOOK_EVERY, &mut *ended).await.is_ok();
        if is_interrupted || began.elapsed() > limit {
            end(child)?;
            return Ok(if is_interrupted { Run::Interrupted } else { Run::TooLong });
        }
    }
}

/// Ends it with everything that it has started.
fn end(child: &mut Child) -> io::Result<()> {
    #[cfg(unix)]
    {
        let group = rustix::process::Pid::from_child(child);
        // One that has just ended by itself is gone, and that is as good.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    child.wait().map(drop)
}

/// What its connections were shown is known once they are over.
async fn settle(auditor: &Auditor, mut session: Session) {
    let over = async {
        while auditor.is_busy() {
            if !session.changed().await {
                sleep(LOOK_EVERY).await;
            }
        }
    };
    let _ = timeout(SETTLED_WITHIN, over).await;
}

/// What a person is told meanwhile.
struct Progress {
    runs: usize,
    is_told: bool,
    total: usize,
}

impl Progress {
    fn tell(&mut self, identity: &Identity, auditor: &Auditor, run: &Run) {
        self.runs += 1;
        if !self.is_told {
            return;
        }
        let place = auditor.identities().iter().position(|own| own.name == identity.name);
        let place = place.map_or_else(|| "control".to_owned(), |at| format!("{} of {}", at + 1, self.total));
        let how = match run {
            Run::Over => String::new(),
            Run::TooLong => "; the command took too long and was ended".to_owned(),
            Run::Interrupted => "; interrupted".to_owned(),
        };
        say(&format!("[{place:>9}] {:<26} {}{how}\n", identity.name, auditor.last_run().words()));
    }
}
