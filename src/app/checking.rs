//! `check`: servers or a file, one report.

use std::path::Path;

use anyhow::{Context as _, bail};
use bytes::Bytes;

use super::engine::trust_of;
use super::output::{paint_for, print, say};
use super::{logging, runtime};
use crate::check::{Checked, Question, check_chain, check_server};
use crate::config::{CheckArgs, CheckSettings, Globals, ReportFormat, check_settings};
use crate::export::{CheckTarget, check_document, printable};
use crate::headless::{Tally, check_report};
use crate::inquiry::Inquiry;
use crate::model::{CertDer, Evidence, Fetched};
use crate::net::Dialler;
use crate::x509::{Crl, read_certificates};

/// Checks, prints, and gives the exit code.
pub(super) fn run(globals: &Globals, args: CheckArgs) -> anyhow::Result<u8> {
    let asked = args.clone();
    let mut settings = check_settings(globals, args)?;
    settings.inquiry.given = read_given(&asked)?;
    let _log = logging::start(settings.log.as_deref(), logging::level(globals))?;
    let sent = asked.chain.as_deref().map(read_chain).transpose()?;
    if sent.is_some() {
        settings.inquiry.fetching_off.get_or_insert_with(|| "--chain".to_owned());
    }
    let label = asked.chain.as_ref().map_or_else(String::new, |path| path.display().to_string());
    let runtime = runtime()?;
    let (checked, at) = runtime.block_on(ask(&settings, &asked, sent))?;
    // A judge that is still fetching for nobody must not keep the process.
    runtime.shutdown_background();
    let mut tally = Tally::new(settings.fail_on.clone()).with_expiring(settings.inquiry.limits.expiring_days);
    for one in &checked {
        tally.note_checked(one);
    }
    match asked.format {
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
    asked: &CheckArgs,
    sent: Option<Vec<CertDer>>,
) -> anyhow::Result<(Vec<Checked>, crate::model::Timestamp)> {
    let dialler = Dialler::new(settings.net.clone());
    let inquiry = Inquiry::start(settings.inquiry.clone(), trust_of(&settings.trust, None)?, dialler.clone())
        .context("cannot start the judge")?;
    let at = inquiry.now();
    let mut checked = Vec::new();
    if let Some(sent) = sent {
        checked.push(check_chain(&inquiry, sent, asked.name.clone()).await);
        return Ok((checked, at));
    }
    let many = asked.targets.len() > 1 || asked.scan;
    for target in &asked.targets {
        if many {
            say(&format!("checking {target}\n"));
        }
        let question = Question {
            target: target.clone(),
            name: asked.name.clone(),
            scan: asked.scan,
            every_address: asked.every_address,
        };
        checked.extend(check_server(&dialler, &inquiry, &question).await);
    }
    Ok((checked, at))
}

/// What was given about revocation.
fn read_given(asked: &CheckArgs) -> anyhow::Result<Evidence> {
    let mut given = Evidence::default();
    for path in &asked.ocsp {
        given.ocsp.push(fetched(path, Bytes::from(read_file(path)?)));
    }
    for path in &asked.crl {
        let lists = Crl::read_all(&read_file(path)?);
        if lists.is_empty() {
            bail!("{} holds no revocation list (PEM or DER)", path.display());
        }
        given.crls.extend(lists.into_iter().map(|list| fetched(path, list)));
    }
    Ok(given)
}

fn fetched(path: &Path, bytes: Bytes) -> Fetched {
    Fetched { of: None, url: path.display().to_string(), result: Ok(bytes) }
}

fn read_file(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn read_chain(path: &Path) -> anyhow::Result<Vec<CertDer>> {
    let sent = read_certificates(&read_file(path)?);
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
