//! Calling adb: never for longer than its deadline, and what it says is hostile text.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::config::AdbOptions;
use crate::text;

/// No answer of adb's that is used is longer.
const LONGEST_ANSWER: u64 = 256 << 10;

/// Of what adb says so much is passed on.
const LONGEST_WORDS: usize = 300;

/// Why adb was of no use.
#[derive(Debug, thiserror::Error)]
pub(super) enum AdbError {
    /// There is none.
    #[error(
        "there is no adb on PATH, below ANDROID_HOME or where Android Studio puts it; install the Android SDK \
         Platform-Tools (https://developer.android.com/tools/releases/platform-tools, or the package adb), or name \
         it with --adb"
    )]
    Missing,
    /// It cannot be run.
    #[error("cannot run {}: {source}", program.display())]
    Start {
        /// Which one.
        program: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It did not end.
    #[error(
        "`{command}` did not end within {} s; unplug the device and plug it in again, or run `adb kill-server`, or \
         allow more with --adb-timeout", .after.as_secs_f32()
    )]
    Hangs {
        /// As it could be typed.
        command: String,
        /// How long it was waited for.
        after: Duration,
    },
    /// It ended with an error.
    #[error("`{command}` failed: {words}{}", hint(.words))]
    Failed {
        /// As it could be typed.
        command: String,
        /// What it said.
        words: String,
    },
}

/// What can be done about what adb says.
fn hint(words: &str) -> &'static str {
    let says = |part: &str| words.contains(part);
    if says("WRITE_SECURE_SETTINGS") || says("SecurityException") {
        "; the device does not let adb change settings: on MIUI and HyperOS switch on \"USB debugging (Security \
         settings)\" in the developer options, on ColorOS \"Disable permission monitoring\""
    } else if says("unauthorized") {
        "; unlock the device and allow USB debugging from this computer"
    } else if says("offline") || says("not found") || says("no devices") {
        "; is it still plugged in? `adb devices` lists what is"
    } else if says("insufficient permissions") || says("no permissions") {
        "; this user may not use the USB device: see \
         https://developer.android.com/tools/device (udev rules, group plugdev)"
    } else {
        ""
    }
}

/// An adb to call.
#[derive(Clone, Debug)]
pub(super) struct Adb {
    program: PathBuf,
    patience: Duration,
}

impl Adb {
    /// The one that was named, or the first that is found.
    pub(super) fn find(options: &AdbOptions) -> Result<Self, AdbError> {
        let patience = options.adb_timeout.0;
        let program = options.adb.clone().or_else(|| places().find(|place| place.is_file()));
        program.map(|program| Self { program, patience }).ok_or(AdbError::Missing)
    }

    /// What `adb devices -l` lists.
    pub(super) fn devices(&self) -> Result<Vec<Listed>, AdbError> {
        Ok(self.call(&["devices", "-l"])?.lines().filter_map(Listed::read).collect())
    }

    /// A device of the list.
    pub(super) fn device(&self, serial: &str) -> Device {
        Device { adb: self.clone(), serial: serial.to_owned() }
    }

    fn call(&self, args: &[&str]) -> Result<String, AdbError> {
        let mut command = Command::new(&self.program);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().map_err(|source| AdbError::Start { program: self.program.clone(), source })?;
        let shown = || text::safe(&format!("adb {}", args.join(" "))).into_owned();
        let Some((status, out, err)) = output_of(child, self.patience) else {
            return Err(AdbError::Hangs { command: shown(), after: self.patience });
        };
        if status.success() {
            return Ok(out);
        }
        let words = if err.trim().is_empty() { out } else { err };
        Err(AdbError::Failed { command: shown(), words: in_one_line(&words) })
    }
}

/// Where an adb may be, likeliest first.
fn places() -> impl Iterator<Item = PathBuf> {
    let name = format!("adb{}", std::env::consts::EXE_SUFFIX);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let below = |variable: &str, rest: &str| std::env::var_os(variable).map(|dir| Path::new(&dir).join(rest));
    let sdks = [
        below("ANDROID_HOME", "platform-tools"),
        below("ANDROID_SDK_ROOT", "platform-tools"),
        below("HOME", "Android/Sdk/platform-tools"),
        below("HOME", "Library/Android/sdk/platform-tools"),
        below("LOCALAPPDATA", "Android/Sdk/platform-tools"),
    ];
    on_path.into_iter().chain(sdks.into_iter().flatten()).map(move |dir| dir.join(&name))
}

/// What a program says, and how it ends; `None` when it has not ended by then, and was killed.
fn output_of(mut child: Child, patience: Duration) -> Option<(ExitStatus, String, String)> {
    let deadline = Instant::now() + patience;
    let (out, err) = (read_aside(child.stdout.take()), read_aside(child.stderr.take()));
    let mut wait = |pipe: mpsc::Receiver<String>| {
        let said = pipe.recv_timeout(deadline.saturating_duration_since(Instant::now()));
        if said.is_err() {
            let _ = child.kill();
        }
        said.ok()
    };
    let said = wait(out).zip(wait(err));
    let status = child.wait().ok()?;
    said.map(|(out, err)| (status, out, err))
}

/// Reads to the end on a thread of its own: whoever inherits the pipe may hold it for ever.
fn read_aside(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<String> {
    let (said, hear) = mpsc::sync_channel(1);
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.map(|pipe| pipe.take(LONGEST_ANSWER).read_to_end(&mut bytes));
        let _ = said.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    hear
}

/// Harmless, in one line, and not too much of it.
fn in_one_line(words: &str) -> String {
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    text::elide(&text::safe(&line), LONGEST_WORDS).into_owned()
}

/// A line of `adb devices -l`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    /// By which adb knows it.
    pub(super) serial: String,
    /// `device` when it can be used; else `offline`, `unauthorized`, `no permissions`, `recovery` and others.
    pub(super) state: String,
    /// What it calls itself.
    pub(super) model: Option<String>,
}

impl Listed {
    fn read(line: &str) -> Option<Self> {
        let line = line.trim_end();
        let is_noise = line.starts_with("List of devices") || line.starts_with('*') || line.starts_with("adb ");
        let (serial, rest) = line.split_once(char::is_whitespace).filter(|_| !is_noise)?;
        let rest = rest.trim_start();
        let state = if rest.starts_with("no permissions") {
            "no permissions"
        } else {
            rest.split_whitespace().next().filter(|_| !serial.is_empty())?
        };
        let model = rest.split_whitespace().find_map(|word| word.strip_prefix("model:"));
        Some(Self {
            serial: serial.to_owned(),
            state: state.to_owned(),
            model: model.map(|model| model.replace('_', " ")),
        })
    }

    /// Whether it answers.
    pub(super) fn is_usable(&self) -> bool {
        self.state == "device"
    }

    /// For a list of them.
    pub(super) fn words(&self) -> String {
        let model = self.model.as_deref().map(|model| format!("  {model}")).unwrap_or_default();
        let advice = match self.state.as_str() {
            "device" => "",
            "unauthorized" => ": unlock it and allow USB debugging from this computer",
            "authorizing" | "connecting" => ": it is still connecting, try again",
            "offline" => ": unplug it and plug it in again, or run `adb kill-server`",
            "no permissions" => ": this user may not use it; see https://developer.android.com/tools/device (udev)",
            _ => ": start Android on it",
        };
        let state = if self.is_usable() { "" } else { &self.state };
        text::safe(&format!("{}{model}  {state}{advice}", self.serial)).trim_end().to_owned()
    }
}

/// One device.
#[derive(Clone, Debug)]
pub(super) struct Device {
    adb: Adb,
    serial: String,
}

impl Device {
    /// By which adb knows it.
    pub(super) fn serial(&self) -> &str {
        &self.serial
    }

    /// A command of adb's about it.
    pub(super) fn call(&self, args: &[&str]) -> Result<String, AdbError> {
        self.adb.call(&[&["-s", &self.serial], args].concat())
    }

    /// A command on it, and what it says, without the last line's end.
    pub(super) fn shell(&self, command: &str) -> Result<String, AdbError> {
        Ok(self.call(&["shell", command])?.trim_end().to_owned())
    }

    /// A property; empty when it has none of that name.
    pub(super) fn property(&self, name: &str) -> Result<String, AdbError> {
        self.shell(&format!("getprop {name}"))
    }
}

/// A word for a shell on the device.
pub(super) fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_devices_is_read() {
        let said = "* daemon not running; starting now at tcp:5037\n* daemon started successfully\n\
                    List of devices attached\n\
                    emulator-5554          device product:sdk_gphone64 model:sdk_gphone64_x86_64 device:emu transport_id:1\n\
                    R58M123                unauthorized usb:1-1 transport_id:2\n\
                    0123                   no permissions (missing udev rules? user is in the plugdev group); see [x] usb:1-2\n\
                    192.168.1.7:5555\toffline transport_id:4\n\nadb server version (41) doesn't match\n";
        let seen: Vec<_> = said.lines().filter_map(Listed::read).collect();
        let expected = [
            ("emulator-5554", "device", Some("sdk gphone64 x86 64")),
            ("R58M123", "unauthorized", None),
            ("0123", "no permissions", None),
            ("192.168.1.7:5555", "offline", None),
        ];
        let seen: Vec<_> = seen.iter().map(|d| (&*d.serial, &*d.state, d.model.as_deref())).collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_hostile_device_writes_nothing_to_the_terminal() {
        let listed = Listed::read("\u{1b}]0;x\u{7} device model:\u{202e}evil").unwrap();
        let words = listed.words();
        assert!(!words.contains('\u{1b}') && !words.contains('\u{202e}'), "{words:?}");
    }

    #[test]
    fn words_for_a_shell_are_one_word() {
        assert_eq!(quoted("a b'; reboot"), r"'a b'\''; reboot'");
    }

    #[test]
    fn what_can_be_done_is_said() {
        let failed = |words: &str| AdbError::Failed { command: "adb x".into(), words: words.into() }.to_string();
        assert!(failed("java.lang.SecurityException: …").contains("MIUI"));
        assert!(failed("error: device unauthorized.").contains("allow USB debugging"));
        assert!(failed("error: device 'X' not found").contains("still plugged in"));
        assert_eq!(failed("else"), "`adb x` failed: else");
    }
}
