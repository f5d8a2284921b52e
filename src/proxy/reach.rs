//! Reaching a target's server, for a client that may.

use super::context::Ctx;
use super::record::Record;
use crate::model::{Failure, Target};
use crate::net::{Missed, TcpLeg, is_local};

/// The server's connection: `tcp` when it was made already, else a new one. A target that leads back
/// to tlscope, or to this machine's own services for somebody who is not on it, is refused.
pub(super) async fn reach(ctx: &Ctx, record: &Record, target: &Target, tcp: Option<TcpLeg>) -> Result<TcpLeg, Missed> {
    let client = record.client().ip();
    let access = &ctx.config.access;
    let allowed = |ip| access.serves_local_targets(client) || !is_local(ip);
    let leg = match tcp {
        Some(leg) => leg,
        None => ctx.services.dialler.connect_if(target, allowed).await?,
    };
    if leg.leads_to_own(&ctx.own) {
        return Err(Missed::refused(Failure::Loop, &leg));
    }
    Ok(leg)
}
