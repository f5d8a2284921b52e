//! Which device is meant.

use std::io::{self, BufRead as _, IsTerminal as _};

use anyhow::{Context as _, bail};

use super::adb::Listed;
use crate::app::output::say;

/// The device that was named, or the only one, or the one that the person chooses.
pub(super) fn choose(listed: &[Listed], named: Option<&str>) -> anyhow::Result<Listed> {
    let from_environment = std::env::var("ANDROID_SERIAL").ok().filter(|serial| !serial.is_empty());
    let named = named.map(str::to_owned).or(from_environment);
    let usable: Vec<&Listed> = listed.iter().filter(|device| device.is_usable()).collect();
    match (named, usable.as_slice()) {
        (Some(serial), _) => by_serial(listed, &serial).cloned(),
        (None, [only]) => Ok((*only).clone()),
        (None, []) if listed.is_empty() => bail!(
            "adb lists no device: plug one in and switch on USB debugging (Settings, About phone, seven taps on the \
             build number; then Developer options), or start an emulator"
        ),
        (None, []) => bail!("no device can be used:\n{}", list(listed)),
        (None, several) if io::stdin().is_terminal() => ask(several),
        (None, _) => bail!("more than one device is attached; name one with --serial:\n{}", list(listed)),
    }
}

fn by_serial<'a>(listed: &'a [Listed], serial: &str) -> anyhow::Result<&'a Listed> {
    match listed.iter().find(|device| device.serial == serial) {
        Some(device) if device.is_usable() => Ok(device),
        Some(device) => bail!("the device cannot be used: {}", device.words()),
        None if listed.is_empty() => bail!("adb lists no device, so not {} either", crate::text::safe(serial)),
        None => bail!("adb lists no device {}; there are:\n{}", crate::text::safe(serial), list(listed)),
    }
}

fn list(listed: &[Listed]) -> String {
    listed.iter().map(|device| format!("  {}", device.words())).collect::<Vec<_>>().join("\n")
}

fn ask(several: &[&Listed]) -> anyhow::Result<Listed> {
    say("which device?\n");
    for (at, device) in several.iter().enumerate() {
        say(&format!("  {}  {}\n", at + 1, device.words()));
    }
    say("its number: ");
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("cannot read the answer")?;
    chosen(several, &line)
}

fn chosen(several: &[&Listed], answer: &str) -> anyhow::Result<Listed> {
    let at: Option<usize> = answer.trim().parse().ok();
    let chosen = at.and_then(|at| several.get(at.checked_sub(1)?));
    let Some(device) = chosen else { bail!("that is none of them; name one with --serial") };
    Ok((*device).clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(serial: &str, state: &str) -> Listed {
        Listed { serial: serial.into(), state: state.into(), model: Some("Pixel 7".into()) }
    }

    #[test]
    fn the_only_one_that_answers_is_meant() {
        let listed = [device("A", "offline"), device("B", "device")];
        assert_eq!(choose(&listed, None).unwrap().serial, "B");
        assert_eq!(choose(&listed, Some("B")).unwrap().serial, "B");
        let offline = choose(&listed, Some("A")).unwrap_err().to_string();
        assert!(offline.contains("adb kill-server"), "{offline}");
        let missing = choose(&listed, Some("C")).unwrap_err().to_string();
        assert!(missing.contains("no device C") && missing.contains("B  Pixel 7"), "{missing}");
    }

    #[test]
    fn a_number_chooses() {
        let (a, b) = (device("A", "device"), device("B", "device"));
        assert_eq!(chosen(&[&a, &b], " 2\n").unwrap().serial, "B");
        for wrong in ["0", "3", "", "B"] {
            assert!(chosen(&[&a, &b], wrong).is_err(), "{wrong}");
        }
    }
}
