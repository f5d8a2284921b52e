//! Passing on the signals that are meant for the command.

pub(super) use system::PassingOn;

#[cfg(not(unix))]
mod system {
    use std::io;
    use std::process::{Child, ExitStatus};

    /// There are no signals.
    pub(in super::super) struct PassingOn;

    impl PassingOn {
        pub(in super::super) fn start() -> io::Result<Self> {
            Ok(Self)
        }

        pub(in super::super) fn begin(&self, _: &Child) {}

        pub(in super::super) fn wait(&self, child: &mut Child) -> io::Result<ExitStatus> {
            child.wait()
        }
    }
}

#[cfg(unix)]
mod system {
    use std::io;
    use std::process::{Child, ExitStatus};
    use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
    use std::thread;

    use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
    use signal_hook::iterator::exfiltrator::WithOrigin;
    use signal_hook::iterator::exfiltrator::origin::Origin;
    use signal_hook::iterator::{Handle, SignalsInfo};
    use signal_hook::low_level::siginfo::Cause;

    /// Signals that would end tlscope, and are the command's affair.
    const PASSED_ON: [i32; 6] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2];

    /// Where signals go.
    enum Whither {
        /// There is no command yet; they wait for it.
        Waiting(Vec<Signal>),
        /// To the command.
        To(Pid),
        /// It has ended; its id may be another's.
        Nowhere,
    }

    /// Passes signals on as long as it lives. Meanwhile none of them ends tlscope.
    pub(in super::super) struct PassingOn {
        whither: Arc<Mutex<Whither>>,
        handle: Handle,
    }

    impl PassingOn {
        pub(in super::super) fn start() -> io::Result<Self> {
            let ignored = ignored_signals();
            let mut signals = SignalsInfo::<WithOrigin>::new(PASSED_ON.iter().filter(|signal| !ignored.has(**signal)))?;
            let whither = Arc::new(Mutex::new(Whither::Waiting(Vec::new())));
            let (handle, theirs) = (signals.handle(), whither.clone());
            thread::Builder::new().name("signals".into()).spawn(move || {
                for origin in &mut signals {
                    if is_for_us_alone(&origin)
                        && let Some(signal) = Signal::from_named_raw(origin.signal)
                    {
                        pass_on(&mut lock(&theirs), signal);
                    }
                }
            })?;
            Ok(Self { whither, handle })
        }

        /// The command has begun.
        pub(in super::super) fn begin(&self, child: &Child) {
            let pid = Pid::from_child(child);
            let mut whither = lock(&self.whither);
            if let Whither::Waiting(signals) = std::mem::replace(&mut *whither, Whither::To(pid)) {
                for signal in signals {
                    pass_on(&mut whither, signal);
                }
            }
        }

        /// Waits for the command's end. It keeps its id until nobody sends it anything any more.
        pub(in super::super) fn wait(&self, child: &mut Child) -> io::Result<ExitStatus> {
            let id = WaitId::Pid(Pid::from_child(child));
            // What goes wrong here goes wrong below as well.
            let _ = rustix::io::retry_on_intr(|| waitid(id.clone(), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT));
            *lock(&self.whither) = Whither::Nowhere;
            child.wait()
        }
    }

    impl Drop for PassingOn {
        fn drop(&mut self) {
            self.handle.close();
        }
    }

    /// What a terminal sends (ctrl-c, ctrl-\, hanging up) goes to the whole group: the command has had
    /// it, and a second one means something else to many programs.
    fn is_for_us_alone(origin: &Origin) -> bool {
        matches!(origin.cause, Cause::Sent(_)) || origin.signal == SIGTERM
    }

    fn pass_on(whither: &mut Whither, signal: Signal) {
        match whither {
            Whither::Waiting(signals) => signals.push(signal),
            // One that may not be sent to it is lost: it has become another user's.
            Whither::To(pid) => drop(kill_process(*pid, signal)),
            Whither::Nowhere => {}
        }
    }

    fn lock(whither: &Mutex<Whither>) -> MutexGuard<'_, Whither> {
        whither.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The signals that whoever started tlscope wants ignored, as `nohup` does. A handler would take
    /// that from the command as well.
    fn ignored_signals() -> Mask {
        // There is no other way to ask without unsafe code; where there is no /proc, none counts as ignored.
        Mask::of_status(&std::fs::read_to_string("/proc/self/status").unwrap_or_default())
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    struct Mask(u64);

    impl Mask {
        /// Of the line `SigIgn` (proc(5)).
        fn of_status(status: &str) -> Self {
            let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
            Self(line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0))
        }

        fn has(self, signal: i32) -> bool {
            signal > 0 && self.0 >> (signal - 1) & 1 == 1
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn ignored_signals_are_read() {
            let mask = Mask::of_status("Name:\tx\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\nSigCgt:\t3\n");
            assert!(mask.has(SIGHUP) && mask.has(13) && !mask.has(SIGINT) && !mask.has(0));
            for nothing in ["", "SigIgn:", "SigIgn:\tx\n"] {
                assert_eq!(Mask::of_status(nothing), Mask(0), "{nothing:?}");
            }
        }
    }
}
