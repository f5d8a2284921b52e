//! Whether a server is bad in a way that a client could act on, and the identity with the same defects.

use super::context::{Ctx, now};
use super::record::Record;
use crate::ca::{Server, Shown};
use crate::model::{ClientHello, Given, GivenKind, Report};

/// Whether the report has a finding that a client could act on, and so something to mirror.
pub(super) fn is_bad(report: &Report) -> bool {
    report.findings.iter().any(|finding| crate::ca::may_be_acted_on(finding.id))
}

/// What a client with this hello is shown in place of the server of the record, and how that differs from what the
/// server showed.
pub(super) async fn mirrored(
    ctx: &Ctx,
    record: &Record,
    hello: &ClientHello,
    report: &Report,
) -> Result<(Shown, Given), String> {
    let (sent, handshake) = record.with(|connection| {
        let upstream = &connection.upstream;
        (upstream.sent.clone(), upstream.handshake.clone().unwrap_or_default())
    });
    let mint = ctx.services.mint.clone();
    let kept = mint.kept_mirror(&Server { sent: &sent, handshake: &handshake, report }, hello);
    let mirrored = match kept {
        Some(mirrored) => mirrored,
        None => {
            let (hello, report) = (hello.clone(), report.clone());
            let made = tokio::task::spawn_blocking(move || {
                mint.mirror(&Server { sent: &sent, handshake: &handshake, report: &report }, &hello, now())
            });
            made.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?
        }
    };
    let given = Given {
        changed: mirrored.changed.clone(),
        unmirrored: mirrored.unmirrored.clone(),
        ..Given::with_leaf(GivenKind::Mirror, mirrored.shown.leaf)
    };
    Ok((mirrored.shown.clone(), given))
}
