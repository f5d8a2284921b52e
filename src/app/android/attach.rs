//! Attaching a device to a run, and setting back what was changed on it.

use super::adb::{AdbError, Device, quoted};
use super::journal::{Entry, Journal};
use crate::app::output::say;
use crate::text;

/// What the setting is without a proxy, besides nothing at all.
const NO_PROXY: [&str; 3] = ["null", "", ":0"];

/// A device that was led to the proxy. Set back when dropped, in whichever way the run ends.
pub(super) struct Attached {
    device: Device,
    journal: Option<Journal>,
}

impl Attached {
    /// Changes the device. What was changed before something failed is set back.
    pub(super) fn attach(device: Device, journal: Journal) -> Result<Self, AdbError> {
        let attached = Self { device, journal: Some(journal) };
        attached.change()?;
        Ok(attached)
    }

    fn change(&self) -> Result<(), AdbError> {
        let Some(Journal { entry, .. }) = &self.journal else { return Ok(()) };
        if let Some(port) = entry.reverse {
            let port = format!("tcp:{port}");
            self.device.call(&["reverse", &port, &port])?;
        }
        self.device.shell(&format!("settings put global http_proxy {}", quoted(&entry.proxy_written)))?;
        // Before Android 7 a command on the device cannot fail, and some makers' systems ignore it in silence.
        let now = current(&self.device)?;
        if now == entry.proxy_written {
            return Ok(());
        }
        Err(AdbError::Failed {
            command: format!("adb -s {} shell settings put global http_proxy", text::safe(self.device.serial())),
            words: format!("the setting is {} afterwards (SecurityException?)", text::safe(&now)),
        })
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        if let Some(journal) = self.journal.take() {
            say(&set_back(&self.device, journal).words);
        }
    }
}

/// How setting a device back went.
pub(super) struct SetBack {
    /// For a person, in whole lines.
    pub(super) words: String,
    /// Whether nothing is left to do.
    pub(super) is_done: bool,
}

/// Sets a device back. Its journal goes when nothing is left to do.
pub(super) fn set_back(device: &Device, journal: Journal) -> SetBack {
    match undo(device, &journal.entry) {
        Ok(words) => {
            journal.done();
            SetBack { words, is_done: true }
        }
        Err(error) => SetBack { words: left_to_do(&journal.entry, &error.to_string()), is_done: false },
    }
}

/// Undoes what tlscope did, and nothing else.
fn undo(device: &Device, entry: &Entry) -> Result<String, AdbError> {
    let name = name_of(entry);
    let now = current(device)?;
    let words = if now == entry.proxy_written {
        put_back(device, &entry.proxy_before)?;
        let before = text::safe(&entry.proxy_before).into_owned();
        let before = if NO_PROXY.contains(&&*before) { "none".to_owned() } else { before };
        format!("{name}: its proxy setting is {before} again\n")
    } else if now == entry.proxy_before {
        format!("{name}: its proxy setting is as it was\n")
    } else {
        let (now, own) = (text::safe(&now), text::safe(&entry.proxy_written));
        format!("{name}: its proxy setting is {now}, which is not what tlscope wrote ({own}): it is left alone\n")
    };
    if let Some(port) = entry.reverse {
        let port = format!("tcp:{port}");
        if has_reverse(device, &port)? {
            device.call(&["reverse", "--remove", &port])?;
        }
    }
    Ok(words)
}

/// The proxy setting as it is.
pub(super) fn current(device: &Device) -> Result<String, AdbError> {
    device.shell("settings get global http_proxy")
}

/// Whether adb leads that port of the device to this machine.
pub(super) fn has_reverse(device: &Device, port: &str) -> Result<bool, AdbError> {
    let list = device.call(&["reverse", "--list"])?;
    Ok(list.lines().any(|line| line.split_whitespace().any(|word| word == port)))
}

/// A setting that is deleted holds until the device starts again; `:0` holds at once.
fn put_back(device: &Device, before: &str) -> Result<(), AdbError> {
    let value = if NO_PROXY.contains(&before) { ":0" } else { before };
    device.shell(&format!("settings put global http_proxy {}", quoted(value)))?;
    if before == "null" {
        device.shell("settings delete global http_proxy")?;
    }
    Ok(())
}

/// What a person can do where tlscope cannot.
pub(super) fn left_to_do(entry: &Entry, why: &str) -> String {
    let value = if NO_PROXY.contains(&&*entry.proxy_before) { ":0" } else { &entry.proxy_before };
    let serial = text::safe(&entry.serial);
    let reverse = entry.reverse.map(|port| format!(" && adb -s {serial} reverse --remove tcp:{port}"));
    format!(
        "{}: its proxy setting is still tlscope's ({}), so it has no network: {why}\n  when it is attached: tlscope \
         device restore\n  or by hand: adb -s {serial} shell settings put global http_proxy {}{}\n",
        name_of(entry),
        text::safe(&entry.proxy_written),
        text::safe(&quoted(value)),
        reverse.unwrap_or_default(),
    )
}

/// What a device is called in what is said.
pub(super) fn name_of(entry: &Entry) -> String {
    text::safe(&format!("{} ({})", entry.model, entry.serial)).into_owned()
}
