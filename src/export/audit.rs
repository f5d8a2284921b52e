//! What an audit has shown: the `trial` line of `tlscope.event/1`, and the document `tlscope.audit/1`.

use std::net::IpAddr;

use serde::Serialize;
use serde_json::{Value, json};

use super::{FindingDoc, finding_doc};
use crate::diagnosis::audit::{Cell, Found, Row, Standing, Table};
use crate::model::{ClientOutcome, Identity, MadeFor, Refusal, Severity, Timestamp, Trial};

#[derive(Serialize)]
struct TrialDoc<'a> {
    schema: &'static str,
    r#type: &'static str,
    #[serde(flatten)]
    trial: &'a Trial,
}

/// A client that was shown an identity of an audit, as a line.
pub fn trial_line(trial: &Trial) -> Value {
    serde_json::to_value(TrialDoc { schema: "tlscope.event/1", r#type: "trial", trial }).unwrap_or_default()
}

/// What the document says beside the table.
#[derive(Clone, Debug)]
pub struct AuditAbout<'a> {
    /// Whose clients: patterns of hosts, none for every host.
    pub hosts: &'a [String],
    /// What was shown, the control first.
    pub identities: &'a [Identity],
    /// What the CA could not issue, with why.
    pub left_out: &'a [(String, &'static str)],
    /// When it was over.
    pub at: Timestamp,
}

#[derive(Serialize)]
struct IdentityDoc<'a> {
    name: &'a str,
    about: &'a str,
    risk: &'a str,
    severity: Option<Severity>,
    usual: bool,
    certmitm: Option<&'a str>,
    r#for: MadeFor,
}

#[derive(Serialize)]
struct RowDoc<'a> {
    device: IpAddr,
    app: &'a str,
    fingerprint: &'a str,
    host: &'a str,
    standing: &'static str,
    why: Option<FindingDoc<'a>>,
    how: Option<&'a ClientOutcome>,
    controls: u32,
    cells: Vec<CellDoc<'a>>,
}

#[derive(Serialize)]
struct CellDoc<'a> {
    identity: &'a str,
    told: &'static str,
    accepted: u32,
    refused: u32,
    how: Option<&'a ClientOutcome>,
    sent: &'a [String],
}

/// The whole document.
pub fn audit_document(table: &Table, about: &AuditAbout<'_>) -> Value {
    let whys: Vec<Option<crate::model::Finding>> =
        table.rows.iter().map(|row| why_of(row).map(Refusal::finding)).collect();
    let rows = table.rows.iter().zip(&whys).map(|(row, why)| row_doc(row, why.as_ref().map(finding_doc)));
    json!({
        "schema": "tlscope.audit/1",
        "tlscope": super::VERSION,
        "at": about.at,
        "hosts": about.hosts,
        "identities": about.identities.iter().map(identity_doc).collect::<Vec<_>>(),
        "left_out": about.left_out.iter().map(|(name, why)| json!({"identity": name, "why": why})).collect::<Vec<_>>(),
        "subjects": rows.collect::<Vec<_>>(),
        "found": table.found().iter().map(found_doc).collect::<Vec<_>>(),
    })
}

fn identity_doc(identity: &Identity) -> IdentityDoc<'_> {
    IdentityDoc {
        name: &identity.name,
        about: &identity.about,
        risk: &identity.risk,
        severity: identity.severity,
        usual: identity.usual,
        certmitm: identity.certmitm.as_deref(),
        r#for: identity.made_for,
    }
}

fn why_of(row: &Row) -> Option<&Refusal> {
    match &row.standing {
        Standing::Sound => None,
        Standing::NeverTook { why, .. } | Standing::TookNoMore { why, .. } => why.as_ref(),
    }
}

fn row_doc<'a>(row: &'a Row, why: Option<FindingDoc<'a>>) -> RowDoc<'a> {
    let (standing, how) = match &row.standing {
        Standing::Sound => ("sound", None),
        Standing::NeverTook { how, .. } => ("never-took", how.as_ref()),
        Standing::TookNoMore { how, .. } => ("took-no-more", how.as_ref()),
    };
    RowDoc {
        device: row.device,
        app: &row.app,
        fingerprint: &row.fingerprint,
        host: &row.host,
        standing,
        why,
        how,
        controls: row.controls,
        cells: row.cells.iter().map(cell_doc).collect(),
    }
}

fn cell_doc(cell: &Cell) -> CellDoc<'_> {
    CellDoc {
        identity: &cell.identity.name,
        told: cell.told.word(),
        accepted: cell.accepted,
        refused: cell.refused,
        how: cell.how.as_ref(),
        sent: &cell.sent,
    }
}

fn found_doc(found: &Found<'_>) -> Value {
    json!({
        "severity": found.severity,
        "identity": found.cell.identity.name,
        "device": found.row.device,
        "app": found.row.app,
        "fingerprint": found.row.fingerprint,
        "host": found.row.host,
        "told": found.cell.told.word(),
        "sent": found.cell.sent,
    })
}
