//! `ca`: where it is, what a device takes, a new one.

use std::fs;
use std::io::{self, IsTerminal as _};
use std::path::Path;

use anyhow::{Context as _, bail};

use super::now;
use super::output::{print, print_bytes, say};
use crate::ca::{Artefact, Authority, artefact};
use crate::config::{CaAction, Globals};

/// Does what was asked for.
pub(super) fn run(globals: &Globals, action: CaAction, output: Option<&Path>) -> anyhow::Result<u8> {
    let dir = globals.home()?.ca;
    let form = match action {
        CaAction::New => return renew(&dir),
        CaAction::Path => None,
        CaAction::Pem => Some(Artefact::Pem),
        CaAction::Der => Some(Artefact::Der),
        CaAction::P12 => Some(Artefact::P12),
        CaAction::Mobileconfig => Some(Artefact::Mobileconfig),
        CaAction::Android => Some(Artefact::Android),
    };
    let (authority, _) = Authority::load_or_create(&dir, now())?;
    let Some(form) = form else {
        print(&format!("{}\n", authority.paths().certificate.display()))?;
        return Ok(0);
    };
    let Some(file) = artefact(authority.cert(), form) else { bail!("the CA cannot be written in this form") };
    let is_binary = matches!(form, Artefact::Der | Artefact::P12);
    match output {
        Some(path) => fs::write(path, &file.contents).with_context(|| format!("cannot write {}", path.display()))?,
        None if is_binary && io::stdout().is_terminal() => {
            bail!("this form is binary; say where with `-o {}`", file.name)
        }
        None => print_bytes(&file.contents)?,
    }
    if form == Artefact::Android && output.is_none() {
        say(&format!("Android's system store wants it under the name {}\n", file.name));
    }
    Ok(0)
}

fn renew(dir: &Path) -> anyhow::Result<u8> {
    let (authority, kept) = Authority::renew(dir, now())?;
    let mut words = format!("{} is in {}\n", authority.name(), authority.paths().certificate.display());
    if let Some(kept) = kept {
        words.push_str(&format!(
            "The old one is kept in {}. Every device that trusts it has to be given the new one: open \
             http://tlscope.test/ through the proxy, or install what `tlscope ca pem` prints; then remove the old one.\n",
            kept.display()
        ));
    }
    print(&words)?;
    Ok(0)
}
