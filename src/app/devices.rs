//! `device list`, `remove`, `clear`: the devices that are served without asking.

use std::fmt::Write as _;
use std::net::IpAddr;

use anyhow::bail;

use super::now;
use super::output::print;
use crate::config::Globals;
use crate::model::Timestamp;
use crate::proxy::{Device, Devices};
use crate::text;

/// Those that are remembered.
pub(super) fn list(globals: &Globals) -> anyhow::Result<u8> {
    let file = globals.home()?.devices;
    let devices = Devices::kept_in(&file).list(now())?;
    let mut out = String::new();
    for device in &devices {
        let _ = writeln!(out, "{}", line(device));
    }
    if devices.is_empty() {
        out = format!("no device is remembered in {}\n", file.display());
    }
    print(&out)?;
    Ok(0)
}

fn line(device: &Device) -> String {
    let Device { address, since, used, agent } = device;
    let until = used.plus_days(Device::FORGOTTEN_AFTER_DAYS);
    let days = [since, used, &until].map(|time: &Timestamp| time.day());
    let [since, used, until] = days;
    let agent = agent.as_deref().map(|agent| format!("  {}", text::safe(agent))).unwrap_or_default();
    format!("{:<16} since {since}, last came {used}, forgotten after {until}{agent}", address.to_string())
}

/// Forgets one; the next connection from its address is asked about again, by a run that goes on as well.
pub(super) fn remove(globals: &Globals, address: IpAddr) -> anyhow::Result<u8> {
    let file = globals.home()?.devices;
    if !Devices::kept_in(&file).forget(address)? {
        bail!("{address} is not remembered in {}; `tlscope device list` shows who is", file.display());
    }
    print(&format!("{address} is forgotten; a run with a screen asks when it comes again\n"))?;
    Ok(0)
}

/// Forgets all.
pub(super) fn clear(globals: &Globals) -> anyhow::Result<u8> {
    let forgotten = Devices::kept_in(&globals.home()?.devices).clear()?;
    print(&format!("{forgotten} forgotten\n"))?;
    Ok(0)
}
