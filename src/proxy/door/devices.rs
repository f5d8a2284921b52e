//! Devices that were let in for good, and the file in which they are kept.
//!
//! A device is known by its address alone: nothing else of it is known before its first byte is read.
//! A network may hand the address on to another device, so one that does not come for a month is
//! forgotten.

use std::fs;
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use tracing::warn;

use crate::files::open_private;
use crate::model::Timestamp;

/// A device that was let in for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Its address.
    pub address: IpAddr,
    /// When it was let in.
    pub since: Timestamp,
    /// When it came last, to the day.
    pub used: Timestamp,
    /// What it called itself when it asked, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
}

impl Device {
    /// After so many days without a connection a device is forgotten.
    pub const FORGOTTEN_AFTER_DAYS: i64 = 30;

    fn is_forgotten(&self, now: Timestamp) -> bool {
        now > self.used.plus_days(Self::FORGOTTEN_AFTER_DAYS)
    }
}

/// The devices, in their file or, without one, in memory. Cheap to clone. What another process writes
/// into the file counts from the next look on.
#[derive(Clone, Debug, Default)]
pub struct Devices {
    file: Option<PathBuf>,
    known: Arc<Mutex<Known>>,
}

#[derive(Debug, Default)]
struct Known {
    devices: Vec<Device>,
    /// Of which state of the file they are: when it was changed, and its length.
    read: Option<(SystemTime, u64)>,
}

/// What stands in the file.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    #[serde(default)]
    device: Vec<Device>,
}

impl Devices {
    /// Those in a file, which need not be there yet.
    pub fn kept_in(file: &Path) -> Self {
        Self { file: Some(file.to_owned()), ..Self::default() }
    }

    /// Those that are remembered, in the order of their coming.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn list(&self, now: Timestamp) -> io::Result<Vec<Device>> {
        self.with(|known| {
            self.read_anew(known)?;
            Ok(known.devices.iter().filter(|device| !device.is_forgotten(now)).cloned().collect())
        })
    }

    /// Whether a client at this address is let in; that it came is noted once a day. A file that cannot
    /// be read lets nobody in.
    pub fn knows(&self, address: IpAddr, now: Timestamp) -> bool {
        let known = self.with(|known| {
            self.read_anew(known)?;
            let device = known.devices.iter_mut().find(|device| device.address == address && !device.is_forgotten(now));
            let Some(device) = device else { return Ok(false) };
            if now.ms_since(device.used) >= Timestamp::DAY_MS {
                device.used = now;
                self.write(known)?;
            }
            Ok::<_, io::Error>(true)
        });
        known.unwrap_or_else(|error| {
            warn!(%error, "cannot read which devices are remembered");
            false
        })
    }

    /// Lets a device in for good, and forgets those that have not come for long.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn remember(&self, device: Device) -> io::Result<()> {
        self.change(|devices| {
            let now = device.used;
            devices.retain(|known| known.address != device.address && !known.is_forgotten(now));
            devices.push(device);
        })
    }

    /// Forgets a device. Whether it was remembered.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn forget(&self, address: IpAddr) -> io::Result<bool> {
        self.change(|devices| {
            let before = devices.len();
            devices.retain(|device| device.address != address.to_canonical());
            devices.len() < before
        })
    }

    /// Forgets all of them. How many there were.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn clear(&self) -> io::Result<usize> {
        self.change(|devices| std::mem::take(devices).len())
    }

    fn change<T>(&self, change: impl FnOnce(&mut Vec<Device>) -> T) -> io::Result<T> {
        self.with(|known| {
            self.read_anew(known)?;
            let before = known.devices.clone();
            let changed = change(&mut known.devices);
            if known.devices != before {
                self.write(known)?;
            }
            Ok(changed)
        })
    }

    fn with<T>(&self, what: impl FnOnce(&mut Known) -> T) -> T {
        what(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the file again when it has changed.
    fn read_anew(&self, known: &mut Known) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let state = state_of(file);
        if state.is_some() && state == known.read {
            return Ok(());
        }
        let text = match fs::read_to_string(file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            text => text.map_err(|error| about(file, &error))?,
        };
        let kept: Kept = toml::from_str(&text).map_err(|error| about(file, &error))?;
        *known = Known { devices: kept.device, read: state };
        Ok(())
    }

    /// Writes beside the file first, so that no reader sees half of it.
    fn write(&self, known: &mut Known) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let text = toml::to_string(&Kept { device: known.devices.clone() }).map_err(|error| about(file, &error))?;
        write_private(file, &format!("{HEAD}{text}")).map_err(|error| about(file, &error))?;
        known.read = state_of(file);
        Ok(())
    }
}

/// The first lines of the file.
const HEAD: &str = "# Devices that tlscope serves without asking: `tlscope device list` shows them, \
                    `tlscope device remove ADDRESS` forgets one.\n\n";

fn state_of(file: &Path) -> Option<(SystemTime, u64)> {
    let about = fs::metadata(file).ok()?;
    Some((about.modified().ok()?, about.len()))
}

fn about(file: &Path, error: &dyn std::error::Error) -> io::Error {
    io::Error::other(format!("{}: {error}", file.display()))
}

/// Puts the text in place of what is there in one step, readable by its owner alone.
fn write_private(file: &Path, text: &str) -> io::Result<()> {
    let dir = file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(dir)?;
    let draft = file.with_extension(format!("draft-{}", std::process::id()));
    let opened = open_private(&draft, fs::OpenOptions::new().write(true).create(true).truncate(true));
    let written = opened.and_then(|mut out| {
        out.write_all(text.as_bytes())?;
        out.sync_all()
    });
    written.and_then(|()| fs::rename(&draft, file)).inspect_err(|_| {
        let _ = fs::remove_file(&draft);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix(1_795_262_400);

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn device(address: &str, used: Timestamp) -> Device {
        Device { address: ip(address), since: used, used, agent: Some("curl/8 \"x\"\u{1b}[2J".to_owned()) }
    }

    #[test]
    fn a_device_is_remembered_by_the_next_run_and_forgotten_on_demand() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("new").join("devices.toml");
        let devices = Devices::kept_in(&file);
        assert!(devices.list(NOW).unwrap().is_empty() && !devices.knows(ip("192.0.2.7"), NOW));
        devices.remember(device("192.0.2.7", NOW)).unwrap();
        devices.remember(device("2001:db8::7", NOW)).unwrap();
        let next = Devices::kept_in(&file);
        assert_eq!(next.list(NOW).unwrap(), [device("192.0.2.7", NOW), device("2001:db8::7", NOW)]);
        assert!(next.knows(ip("192.0.2.7"), NOW) && !next.knows(ip("192.0.2.8"), NOW));
        assert!(next.forget(ip("::ffff:192.0.2.7")).unwrap() && !next.forget(ip("192.0.2.7")).unwrap());
        assert!(!devices.knows(ip("192.0.2.7"), NOW), "what another process forgets is forgotten here");
        assert_eq!((devices.clear().unwrap(), devices.clear().unwrap()), (1, 0));
        let left: Vec<_> = fs::read_dir(file.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(left, [file], "no draft is left behind");
    }

    #[test]
    fn one_that_does_not_come_for_a_month_is_forgotten() {
        let home = tempfile::tempdir().unwrap();
        let devices = Devices::kept_in(&home.path().join("devices.toml"));
        devices.remember(device("192.0.2.7", NOW)).unwrap();
        let later = NOW.plus_days(29);
        assert!(devices.knows(ip("192.0.2.7"), later), "and its coming is noted");
        assert_eq!(devices.list(later).unwrap()[0].used, later);
        assert!(devices.knows(ip("192.0.2.7"), NOW.plus_days(58)));
        let much_later = NOW.plus_days(58 + 31);
        assert!(!devices.knows(ip("192.0.2.7"), much_later) && devices.list(much_later).unwrap().is_empty());
        devices.remember(device("192.0.2.8", much_later)).unwrap();
        assert_eq!(devices.clear().unwrap(), 1, "the forgotten one is not in the file any more");
    }

    #[test]
    fn a_file_of_no_use_lets_nobody_in_and_is_not_written_over() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("devices.toml");
        fs::write(&file, "device = 7").unwrap();
        let devices = Devices::kept_in(&file);
        assert!(!devices.knows(ip("192.0.2.7"), NOW));
        assert!(devices.remember(device("192.0.2.7", NOW)).unwrap_err().to_string().contains("devices.toml"));
        assert_eq!(fs::read_to_string(&file).unwrap(), "device = 7");
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("devices.toml");
        Devices::kept_in(&file).remember(device("192.0.2.7", NOW)).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
