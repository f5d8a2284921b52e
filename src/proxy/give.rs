//! What a client is given in place of its server's identity: the one place where that is chosen.

use super::client_tls::good_leaf;
use super::context::Ctx;
use super::record::Record;
use crate::ca::Shown;
use crate::model::{ClientHello, ClientOutcome, Given, GivenKind, Host};

/// What a client that takes us for `host` is shown, and what is said of that. `None` when there is nothing to show it,
/// which is settled in the record.
pub(super) async fn leaf(
    ctx: &Ctx,
    record: &Record,
    (hello, host): (&ClientHello, &Host),
    kind: GivenKind,
) -> Option<(Shown, Given)> {
    match good_leaf(ctx, hello, host).await {
        Ok(shown) => {
            let given = Given::with_leaf(kind, shown.leaf);
            Some((shown, given))
        }
        Err(reason) => {
            ctx.refusals.settle(record, ClientOutcome::Failed { reason }).await;
            None
        }
    }
}
