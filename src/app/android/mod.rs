//! `device android`: a run with an Android device attached, through adb.
//!
//! The device's proxy setting leads to tlscope while the run lasts. Whatever was there before is remembered on
//! this machine's disk first ([`journal`]), and set back when the run ends ([`attach`]); after a crash or with the
//! cable pulled, at the next start of a run or a device command.

mod adb;
mod attach;
mod certificate;
mod choosing;
mod journal;
mod network;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};

use self::adb::{Adb, AdbError, Device};
use self::attach::{Attached, current, has_reverse, left_to_do, set_back};
use self::journal::{Entry, Journal};
use self::network::Networks;
use super::engine::own_address;
use super::output::{print, say};
use super::{logging, running};
use crate::config::{self, AdbOptions, AndroidArgs, AndroidOptions, Globals, RunSettings, Span};
use crate::headless::Banner;
use crate::net::Cidr;
use crate::text;

/// How a device is led to the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Through the network both are in: this machine's address, and the device's where it is known.
    Network(Ipv4Addr),
    /// Through the cable.
    Reverse,
}

/// What was found out about a device before anything is started.
struct Found {
    device: Device,
    model: String,
    api: Option<u32>,
    way: Way,
}

/// Runs the proxy with a device attached.
pub(super) fn run(globals: &Globals, args: AndroidArgs) -> anyhow::Result<u8> {
    let AndroidArgs { android, run } = args;
    let mut settings = config::run_settings(globals, run)?;
    let found = find(&android, &mut settings)?;
    let (dir, wants_certificate) = (settings.home.attached.clone(), !android.no_certificate);
    let companion = move |banner: &Banner| -> anyhow::Result<Box<dyn Send>> {
        let attached = lead(&found, &dir, banner)?;
        if wants_certificate {
            match certificate::bring(&found.device, &banner.ca_file, found.api) {
                Ok(words) => say(&words),
                Err(error) => say(&format!("tlscope: the CA certificate is not on the device: {error}\n")),
            }
        }
        Ok(Box::new(attached))
    };
    running::run_with(settings, logging::level(globals), Some(Box::new(companion)))
}

/// Finds the device, and the way to it. Through the network it has to be allowed in.
fn find(options: &AndroidOptions, settings: &mut RunSettings) -> anyhow::Result<Found> {
    let adb = Adb::find(&options.adb)?;
    let listed = choosing::choose(&adb.devices()?, options.serial.as_deref())?;
    let device = adb.device(&listed.serial);
    let api = device.property("ro.build.version.sdk")?.parse().ok();
    let model = device.property("ro.product.model")?;
    let model = if model.is_empty() { listed.model.unwrap_or_else(|| "a device".to_owned()) } else { model };
    // Where this cannot be asked there is still the cable.
    let networks = device.shell("ip route").map(|routes| Networks::read(&routes)).unwrap_or_default();
    let way = way(options, settings, &networks)?;
    if matches!(way, Way::Network(_)) {
        settings.proxy.access.allow.extend(networks.own().map(|own| Cidr::single(own.into())));
    }
    Ok(Found { device, model, api, way })
}

fn way(options: &AndroidOptions, settings: &RunSettings, networks: &Networks) -> anyhow::Result<Way> {
    let reachable = |own: Ipv4Addr| {
        let serves = |listen: &SocketAddr| listen.ip().is_unspecified() || listen.ip() == IpAddr::V4(own);
        settings.proxy.listen.iter().any(serves)
    };
    let machine = match own_address() {
        Some(IpAddr::V4(own)) if !options.cable && reachable(own) => Some(own),
        _ => None,
    };
    let shared = machine.filter(|own| options.network || networks.shared_with(*own).is_some());
    match (shared, options.network) {
        (Some(own), _) => Ok(Way::Network(own)),
        (None, true) => bail!(
            "--network: this machine has no address in a network, or --listen leaves it out; without --network the \
             device is led through the cable"
        ),
        (None, false) => Ok(Way::Reverse),
    }
}

/// Remembers what there is, then changes it.
fn lead(found: &Found, dir: &Path, banner: &Banner) -> anyhow::Result<Attached> {
    let device = &found.device;
    let port = banner.port();
    let (host, reverse) = match found.way {
        Way::Network(own) => (own, None),
        Way::Reverse => (Ipv4Addr::LOCALHOST, Some(port)),
    };
    let is_ours = match reverse {
        Some(port) => !has_reverse(device, &format!("tcp:{port}"))?,
        None => false,
    };
    let entry = Entry {
        serial: device.serial().to_owned(),
        model: found.model.clone(),
        proxy_before: current(device)?,
        proxy_written: SocketAddr::new(host.into(), port).to_string(),
        reverse: reverse.filter(|_| is_ours),
    };
    let through = if reverse.is_some() { "through the cable (adb reverse)" } else { "through the network" };
    let name = attach::name_of(&entry);
    let api = found.api.map(|api| format!(", API level {api}")).unwrap_or_default();
    let led = format!("{name}{api}: led to {} {through}; set back when tlscope ends\n", entry.proxy_written);
    let attached = Attached::attach(device.clone(), Journal::write(dir, entry)?)
        .with_context(|| format!("cannot lead {name} to the proxy"))?;
    say(&led);
    Ok(attached)
}

/// `device restore`: sets every device back that is attached.
pub(super) fn restore(globals: &Globals, options: &AdbOptions) -> anyhow::Result<u8> {
    let left = Journal::left_in(&globals.home()?.attached);
    if left.is_empty() {
        print("nothing is left to set back\n")?;
        return Ok(0);
    }
    let adb = Adb::find(options)?;
    let mut is_done = true;
    for (words, done) in set_all_back(Some(&adb), left) {
        is_done &= done;
        print(&words)?;
    }
    Ok(u8::from(!is_done))
}

/// At the start of a command: what a run before could not set back. Costs nothing when there is nothing.
pub(super) fn restore_leftovers(dir: &Path) {
    let left = Journal::left_in(dir);
    if left.is_empty() {
        return;
    }
    let options = AdbOptions { adb: None::<PathBuf>, adb_timeout: Span(Duration::from_secs(5)) };
    let adb = Adb::find(&options).ok();
    for (words, _) in set_all_back(adb.as_ref(), left) {
        say(&format!("left by an earlier run: {words}"));
    }
}

fn set_all_back(adb: Option<&Adb>, left: Vec<Journal>) -> Vec<(String, bool)> {
    let attached = adb.map(Adb::devices).transpose();
    let of_one = |journal: Journal| match (adb, &attached) {
        (Some(adb), Ok(Some(listed))) => match listed.iter().find(|device| device.serial == journal.entry.serial) {
            Some(device) if device.is_usable() => {
                let outcome = set_back(&adb.device(&journal.entry.serial), journal);
                (outcome.words, outcome.is_done)
            }
            Some(device) => (left_to_do(&journal.entry, &format!("it is {}", text::safe(&device.state))), false),
            None => (left_to_do(&journal.entry, "it is not attached"), false),
        },
        (_, Err(error)) => (left_to_do(&journal.entry, &error.to_string()), false),
        _ => (left_to_do(&journal.entry, &AdbError::Missing.to_string()), false),
    };
    left.into_iter().map(of_one).collect()
}
