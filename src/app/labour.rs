//! `lab`: servers with every defect, and clients for them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Context as _;

use super::output::{print, say};
use super::{logging, now, runtime, signals};
use crate::config::{Globals, LabArgs};
use crate::lab::{Lab, drive};
use crate::x509::pem;

/// Lists, drives or serves.
pub(super) fn run(globals: &Globals, args: &LabArgs) -> anyhow::Result<u8> {
    if args.list {
        print(&list()?)?;
        return Ok(0);
    }
    let _log = logging::start(None, logging::level(globals))?;
    let runtime = runtime()?;
    runtime.block_on(async {
        if let Some(proxy) = args.drive {
            let said = |name: &str, answered: bool| say(&format!("{} {name}\n", if answered { '✓' } else { '-' }));
            let driven = drive(proxy, args.pause.0, said).await?;
            let (answered, unanswered) = (driven.answered, driven.unanswered);
            print(&format!("{answered} clients had an answer, {unanswered} had none\n"))?;
            return Ok(0);
        }
        let lab = Lab::start(args.listen, now()).await?;
        let roots = globals.home()?.lab_roots;
        write_roots(&lab, &roots)?;
        print(&served(&lab, &roots))?;
        signals::asked_to_end().await;
        Ok(0)
    })
}

fn list() -> anyhow::Result<String> {
    let cases = Lab::listed()?;
    let mut out = String::new();
    for case in &cases {
        let ids: Vec<&str> = case.expect.iter().map(|id| id.as_str()).collect();
        let expected = if ids.is_empty() { "✓".to_owned() } else { ids.join(" ") };
        let _ = writeln!(out, "{:<34} {}\n    {expected}", case.url(), case.about);
    }
    let _ = writeln!(out, "{} servers; `tlscope --lab` runs the proxy with all of them behind it", cases.len());
    Ok(out)
}

/// Whoever checks the lab's servers needs its roots, which are made anew at each start.
fn write_roots(lab: &Lab, path: &Path) -> anyhow::Result<()> {
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    }
    let roots: String = lab.roots().iter().map(|root| pem(&root.der)).collect();
    fs::write(path, roots).with_context(|| format!("cannot write the lab's roots to {}", path.display()))
}

fn served(lab: &Lab, roots: &Path) -> String {
    let address = lab.address();
    let mut out = format!("{} servers on {address}, told apart by the name asked for\n", lab.cases().len());
    let (ip, port) = (address.ip(), address.port());
    let _ = writeln!(out, "  curl --connect-to ::{ip}:{port} -k https://expired.lab.test/");
    let roots = roots.display();
    let _ =
        writeln!(out, "  tlscope check --connect-to ::{ip}:{port} --roots none --root-file {roots} expired.lab.test");
    for case in lab.cases().iter().filter(|case| case.port.is_some()) {
        let _ = writeln!(out, "  {} {}", case.url(), case.about);
    }
    out
}
