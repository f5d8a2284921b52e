//! `check`: servers or a file, one report.

use std::path::Path;

use anyhow::{Context as _, bail};

use super::engine::trust_of;
use super::output::{paint_for, print, say};
use super::{logging, runtime};
use crate::check::{Checked, Question, check_chain, check_server};
use crate::config::{CheckArgs, CheckSettings, Globals, ReportFormat, check_settings};
use crate::export::{CheckTarget, check_document, printable};
use crate::headless::{Tally, check_report};
use crate::inquiry::Inquiry;
use crate::model::{CertDer, Host, Target};
use crate::net::Dialler;
use crate::x509::read_certificates;

/// Checks, prints, and gives the exit code.
pub(super) fn run(globals: &Globals, args: CheckArgs) -> anyhow::Result<u8> {
    let (targets, chain, name, format) = (args.targets.clone(), args.chain.clone(), args.name.clone(), args.format);
    let settings = check_settings(globals, args)?;
    let _log = logging::start(settings.log.as_deref(), logging::level(globals))?;
    let sent = chain.as_deref().map(read_chain).transpose()?;
    let label = chain.map_or_else(String::new, |path| path.display().to_string());
    let runtime = runtime()?;
    let (checked, at) = runtime.block_on(ask(&settings, targets, sent, name))?;
    // A judge that is still fetching for nobody must not keep the process.
    runtime.shutdown_background();
    let mut tally = Tally::new(settings.fail_on.clone());
    for one in &checked {
        tally.note_checked(one);
    }
    match format {
        ReportFormat::Json => {
            let targets: Vec<CheckTarget<'_>> = checked.iter().map(|one| document_of(one, &label)).collect();
            print(&format!("{}\n", printable(&check_document(&targets, at))))?;
        }
        ReportFormat::Human => {
            let paint = paint_for(settings.colour, std::io::IsTerminal::is_terminal(&std::io::stdout()));
            let reports: Vec<String> =
                checked.iter().map(|one| check_report(one, &label_of(one, &label), paint)).collect();
            print(&reports.join("\n"))?;
        }
    }
    Ok(tally.exit_code())
}

async fn ask(
    settings: &CheckSettings,
    targets: Vec<Target>,
    sent: Option<Vec<CertDer>>,
    name: Option<Host>,
) -> anyhow::Result<(Vec<Checked>, crate::model::Timestamp)> {
    let dialler = Dialler::new(settings.net.clone());
    let inquiry = Inquiry::start(settings.inquiry.clone(), trust_of(&settings.trust, None)?, dialler.clone())
        .context("cannot start the judge")?;
    let at = inquiry.now();
    let mut checked = Vec::new();
    if let Some(sent) = sent {
        checked.push(check_chain(&inquiry, sent, name).await);
        return Ok((checked, at));
    }
    let many = targets.len() > 1;
    for target in targets {
        if many {
            say(&format!("checking {target}\n"));
        }
        checked.push(check_server(&dialler, &inquiry, &Question { target, name: name.clone() }).await);
    }
    Ok((checked, at))
}

fn read_chain(path: &Path) -> anyhow::Result<Vec<CertDer>> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let sent = read_certificates(&bytes);
    if sent.is_empty() {
        bail!("{} holds no certificate (PEM, DER or PKCS#7)", path.display());
    }
    Ok(sent)
}

fn label_of(checked: &Checked, label: &str) -> String {
    checked.target.as_ref().map_or_else(|| label.to_owned(), ToString::to_string)
}

fn document_of<'a>(checked: &'a Checked, label: &str) -> CheckTarget<'a> {
    CheckTarget {
        target: checked.target.as_ref(),
        label: label_of(checked, label),
        name: checked.name.as_ref(),
        sni: checked.sni.as_deref(),
        address: checked.address,
        outcome: checked.reach.word(),
        handshake: checked.handshake.as_ref(),
        sent: &checked.sent,
        timing: checked.timing,
        report: &checked.report,
    }
}
