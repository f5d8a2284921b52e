//! What a client is given in place of its server's identity: the one place where that is chosen.

use super::audit;
use super::client_tls::good_leaf;
use super::context::Ctx;
use super::mirror;
use super::pages::Failure;
use super::policy::{self, Ruled};
use super::record::Record;
use crate::ca::Shown;
use crate::model::{BadUpstream, ClientHello, Given, GivenKind, Host, Report, Target, id_list};

/// What a client is shown, and what it meets behind that.
pub(super) struct Choice {
    /// What it is shown, and what is said of that.
    pub(super) identity: (Shown, Given),
    /// The page that stands in the server's place; without one, the server.
    pub(super) page: Option<Failure>,
}

/// A leaf for a client that is to have a page: a good one, unless its host is audited.
///
/// # Errors
/// In words, when there is nothing to show it.
pub(super) async fn with_page(
    ctx: &Ctx,
    record: &Record,
    client: (&ClientHello, &Host),
) -> Result<(Shown, Given), String> {
    match audit::identity(ctx, record, client).await {
        Some(identity) => Ok(identity),
        None => leaf(ctx, client, GivenKind::ErrorPage).await,
    }
}

/// A good leaf, for a client that takes us for `host`.
async fn leaf(ctx: &Ctx, (hello, host): (&ClientHello, &Host), kind: GivenKind) -> Result<(Shown, Given), String> {
    let shown = good_leaf(ctx, hello, host).await?;
    let given = Given::with_leaf(kind, shown.leaf);
    Ok((shown, given))
}

/// What the client is given of a server that was reached. Where the policy makes a difference between good
/// servers and bad ones, the judge's first word is waited for; without a word the server counts as bad.
///
/// # Errors
/// In words, when there is nothing to show the client.
pub(super) async fn of_server(
    ctx: &Ctx,
    record: &Record,
    target: &Target,
    client: (&ClientHello, &Host),
) -> Result<Choice, String> {
    if let Some(identity) = audit::identity(ctx, record, client).await {
        drop(record.judge());
        return Ok(Choice { identity, page: None });
    }
    let ruled = policy::about_bad(ctx, record, target);
    let choosing = Choosing { ctx, record, target, client, ruled: &ruled };
    let mut choice = match ruled.policy {
        BadUpstream::Pass => {
            drop(record.judge());
            choosing.server().await?
        }
        _ => match record.first_word_of_judge().await {
            Some(report) => choosing.by(&report).await?,
            None => choosing.instead("the judge did not say in time whether it is good", &Report::default()).await?,
        },
    };
    choice.identity.1.policy = Some(ruled.policy);
    Ok(choice)
}

/// What there is to choose by.
struct Choosing<'a> {
    ctx: &'a Ctx,
    record: &'a Record,
    target: &'a Target,
    client: (&'a ClientHello, &'a Host),
    ruled: &'a Ruled,
}

impl Choosing<'_> {
    async fn by(&self, report: &Report) -> Result<Choice, String> {
        let bad = report.grave();
        match (self.ruled.policy, report.doubt()) {
            (BadUpstream::Mirror, _) if mirror::is_bad(report) => self.mirror(report).await,
            (BadUpstream::Refuse, _) if !bad.is_empty() => self.instead(&id_list(&bad), report).await,
            (BadUpstream::Pass, _) | (_, None) => self.server().await,
            (_, Some(doubt)) => self.instead(&doubt, report).await,
        }
    }

    /// The server, behind a good leaf.
    async fn server(&self) -> Result<Choice, String> {
        Ok(Choice { identity: leaf(self.ctx, self.client, GivenKind::Pass).await?, page: None })
    }

    /// The server, behind a chain with its defects; where there can be none, no server: a good leaf would hide them.
    async fn mirror(&self, report: &Report) -> Result<Choice, String> {
        match mirror::mirrored(self.ctx, self.record, self.client.0, report).await {
            Ok(mut identity) => {
                // The judge may have gone on meanwhile.
                identity.1.note_bad(&report.grave(), &self.record.come_out_since(report));
                Ok(Choice { identity, page: None })
            }
            Err(reason) => self.instead(&format!("its chain cannot be mirrored: {reason}"), report).await,
        }
    }

    /// A page in the server's place, behind a good leaf.
    async fn instead(&self, why: &str, report: &Report) -> Result<Choice, String> {
        let mut identity = leaf(self.ctx, self.client, GivenKind::ErrorPage).await?;
        let why = format!("the server was refused {}: {why}", self.ruled.by);
        identity.1.changed.push(why.clone());
        let page = Failure::refusal(self.target, self.record.findings_with(report), why);
        Ok(Choice { identity, page: Some(page) })
    }
}
