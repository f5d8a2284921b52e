//! `check`: servers or a file, one report.

use std::path::Path;

use anyhow::{Context as _, bail};
use bytes::Bytes;

use super::engine::trust_of;
use super::output::{paint_for, print, say};
use super::{logging, now, runtime};
use crate::check::{Checked, Question, check_chain, check_server};
use crate::config::{CheckArgs, CheckSettings, Globals, ReportFormat, check_settings};
use crate::export::{CheckTarget, check_document, printable};
use crate::headless::{Tally, check_report};
use crate::inquiry::Inquiry;
use crate::model::{CertDer, Evidence, Fetched};
use crate::net::Dialler;
use crate::x509::{Crl, OcspResponse, read_certificates};

/// Checks, prints, and gives the exit code.
pub(super) fn run(globals: &Globals, args: CheckArgs) -> anyhow::Result<u8> {
    let asked = args.clone();
    let mut settings = check_settings(globals, args)?;
    settings.inquiry.given = read_given(&asked)?;
    let _log = logging::start(settings.log.as_deref(), logging::level(globals))?;
    let sent = asked.chain.as_deref().map(read_chain).transpose()?;
    if sent.is_some() {
        settings.inquiry.fetching_off.get_or_insert_with(|| "a file is judged without a network".to_owned());
    }
    let label = asked.chain.as_ref().map_or_else(String::new, |path| path.display().to_string());
    let runtime = runtime()?;
    let paint = paint_for(settings.colour, std::io::IsTerminal::is_terminal(&std::io::stdout()));
    let mut is_first = true;
    // Whoever has seen enough need not wait for the rest.
    let mut tell = |one: &Checked| {
        if asked.format == ReportFormat::Json {
            return Ok(());
        }
        let gap = if std::mem::take(&mut is_first) { "" } else { "\n" };
        print(&format!("{gap}{}", check_report(one, &label_of(one, &label), paint, columns())))
    };
    let (checked, at) = runtime.block_on(ask(&settings, &asked, sent, &mut tell))?;
    // A judge that is still fetching for nobody must not keep the process.
    runtime.shutdown_background();
    let mut tally = Tally::new(settings.fail_on.clone()).with_expiring(settings.inquiry.limits.expiring_days);
    for one in &checked {
        tally.note_checked(one);
    }
    if asked.format == ReportFormat::Json {
        let targets: Vec<CheckTarget<'_>> = checked.iter().map(|one| document_of(one, &label)).collect();
        print(&format!("{}\n", printable(&check_document(&targets, at))))?;
    }
    Ok(tally.exit_code())
}

async fn ask(
    settings: &CheckSettings,
    asked: &CheckArgs,
    sent: Option<Vec<CertDer>>,
    tell: &mut dyn FnMut(&Checked) -> anyhow::Result<()>,
) -> anyhow::Result<(Vec<Checked>, crate::model::Timestamp)> {
    let keys = settings.keys.open(false)?;
    for warning in keys.warnings(now()) {
        say(&format!("tlscope: {warning}\n"));
    }
    let dialler = Dialler::new(settings.net.clone()).with_keys(keys);
    let inquiry = Inquiry::start(settings.inquiry.clone(), trust_of(&settings.trust, None)?, dialler.clone())
        .context("cannot start the judge")?;
    let at = inquiry.now();
    let mut checked = Vec::new();
    if let Some(sent) = sent {
        let one = check_chain(&inquiry, sent, asked.name.clone()).await;
        tell(&one)?;
        checked.push(one);
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
        for one in check_server(&dialler, &inquiry, &question).await {
            tell(&one)?;
            checked.push(one);
        }
    }
    Ok((checked, at))
}

/// What was given about revocation.
fn read_given(asked: &CheckArgs) -> anyhow::Result<Evidence> {
    let mut given = Evidence::default();
    for path in &asked.ocsp {
        let response = Bytes::from(read_file(path)?);
        if OcspResponse::read(&response).is_none() {
            bail!("{} holds no OCSP response (DER)", path.display());
        }
        given.ocsp.push(fetched(path, response));
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

/// How wide the report may be: as wide as it likes where no person's terminal shows it.
fn columns() -> usize {
    if !std::io::IsTerminal::is_terminal(&std::io::stdout()) {
        return usize::MAX;
    }
    crossterm::terminal::size().map_or(usize::MAX, |(columns, _)| usize::from(columns).max(40))
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
        via: checked.via.as_ref(),
        outcome: checked.reach.word(),
        handshake: checked.handshake.as_ref(),
        sent: &checked.sent,
        timing: checked.timing,
        report: &checked.report,
    }
}
