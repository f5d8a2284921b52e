//! The judging thread: judging takes too long for an async task, and one thread is enough.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::{Listener, Shared, Told, wall_time};
use bytes::Bytes;

use crate::diagnosis::{Trust, judge};
use crate::model::{
    AiaOutcome, CertDer, Evidence, Fact, Facts, Fetched, Finding, FindingId, Observation, Report, Want,
};
use crate::net::{Ask, Place};
use crate::x509::read_certificates;

/// How often something is fetched for one question: three issuers one above the other (each may
/// have to be asked about), then OCSP, then a CRL where that settled nothing.
const HOPS: usize = 6;

/// How long is looked for each time.
const LONGEST_SEARCH: Duration = Duration::from_secs(10);

/// One question for the judge.
pub(super) struct Job {
    pub(super) observation: Observation,
    pub(super) evidence: Evidence,
    pub(super) listener: Listener,
    /// How often something was fetched for it.
    pub(super) hops: usize,
    /// What was fetched for it.
    pub(super) fetched: Vec<Answer>,
    /// What was told of it so far.
    pub(super) told: Option<Arc<Report>>,
    /// Where to put it again.
    pub(super) jobs: SyncSender<Job>,
}

/// What was fetched, or had been before.
pub(super) struct Answer {
    ask: Ask,
    bytes: Bytes,
    is_new: bool,
}

impl Job {
    /// A public server must not have us knock on private doors, nor a private one on our own.
    fn nearest(&self) -> Place {
        self.observation.address.map_or(Place::Public, |address| Place::of(address.ip()))
    }
}

/// Puts a question to the judge; one for which there is no room is answered with that.
pub(super) fn enqueue(job: Job) {
    let jobs = job.jobs.clone();
    // The thread only ends when there is no handle left, and this is one.
    if let Err(TrySendError::Full(mut job)) = jobs.try_send(job) {
        let nothing = || Arc::new(Report::unjudged("the judge has more to do than it can"));
        // What was found before looking further still holds.
        let report = job.told.take().unwrap_or_else(nothing);
        (job.listener)(Told { report, settled: true });
    }
}

pub(super) fn run(shared: &Arc<Shared>, inbox: &Receiver<Job>, trust: &Trust) {
    for job in inbox {
        work(shared, job, trust);
    }
}

fn work(shared: &Arc<Shared>, mut job: Job, trust: &Trust) {
    let now = shared.now();
    if job.hops == 0
        && let Some(report) = shared.remembered(&job.observation, now)
    {
        // Somebody else asked the same a moment before.
        (job.listener)(Told { report, settled: true });
        return;
    }
    let generation = shared.seen.lock().unwrap_or_else(PoisonError::into_inner).generation();
    let report = loop {
        let report = judge_safely(shared, &job, trust);
        if !add_seen(shared, &mut job.evidence, &report.wants) {
            break Arc::new(report);
        }
    };
    let wanted = if job.hops < HOPS { fetchable(&job.evidence, &report.wants) } else { Vec::new() };
    if !wanted.is_empty() {
        (job.listener)(Told { report: report.clone(), settled: false });
        job.told = Some(report);
        let own = shared.clone();
        shared.runtime.spawn(async move { fetch_and_ask_again(&own, job, wanted).await });
        return;
    }
    let (faulted, good) = sort_out(std::mem::take(&mut job.fetched), &report);
    if job.hops < HOPS && forget_outdated(shared, &mut job, &faulted) {
        job.fetched = good;
        return enqueue(job);
    }
    shared.memo.lock().unwrap_or_else(PoisonError::into_inner).put(&job.observation, generation, now, report.clone());
    let useful: Vec<Answer> = good.into_iter().filter(|answer| answer.is_new).collect();
    if useful.is_empty() {
        (job.listener)(Told { report, settled: true });
    } else {
        let own = shared.clone();
        shared.runtime.spawn(async move { keep_and_tell(&own, job, useful, report).await });
    }
}

/// What was fetched: what a finding faults, and the rest.
fn sort_out(fetched: Vec<Answer>, report: &Report) -> (Vec<Answer>, Vec<Answer>) {
    let is_faulted = |url: &str| {
        let names_it = |finding: &Finding| {
            ["by", "url"].iter().any(|key| finding.evidence.get(key) == Some(&Fact::Text(url.to_owned())))
        };
        report.findings.iter().any(|finding| !IS_ANSWER.contains(&finding.id) && names_it(finding))
    };
    fetched.into_iter().partition(|answer| is_faulted(answer.ask.url()))
}

/// What was kept from before and is faulted now may be outdated: the place is asked anew before anybody
/// is blamed. Whether there was any.
fn forget_outdated(shared: &Shared, job: &mut Job, faulted: &[Answer]) -> bool {
    let outdated: Vec<&Ask> = faulted.iter().filter(|answer| !answer.is_new).map(|answer| &answer.ask).collect();
    for ask in &outdated {
        shared.cache.forget(ask, job.nearest());
        let evidence = &mut job.evidence;
        evidence.aia.retain(|outcome| outcome.url != ask.url());
        evidence.ocsp.retain(|fetched| fetched.of.is_none() || fetched.url != ask.url());
        evidence.crls.retain(|fetched| fetched.of.is_none() || fetched.url != ask.url());
    }
    job.hops += usize::from(!outdated.is_empty());
    !outdated.is_empty()
}

/// Whoever hears the last word may end at once: what is kept is kept before.
async fn keep_and_tell(shared: &Shared, mut job: Job, useful: Vec<Answer>, report: Arc<Report>) {
    for Answer { ask, bytes, .. } in useful {
        shared.cache.confirm(&ask, job.nearest(), &bytes, wall_time()).await;
    }
    (job.listener)(Told { report, settled: true });
}

/// Findings that are what an answer says, not what is wrong with it.
const IS_ANSWER: [FindingId; 4] =
    [FindingId::RevokedOcsp, FindingId::RevokedCrl, FindingId::IntermediateRevoked, FindingId::StapleMissing];

/// A fault in judging one connection is a finding of that connection.
fn judge_safely(shared: &Shared, job: &Job, trust: &Trust) -> Report {
    let judged = catch_unwind(AssertUnwindSafe(|| {
        judge(&job.observation, &job.evidence, trust, shared.config.limits, shared.now())
    }));
    judged.unwrap_or_else(|_| {
        let facts = Facts::new().with("reason", "the judge failed on this chain");
        Report { findings: vec![Finding::new(FindingId::AnalysisFailed, facts)], ..Report::default() }
    })
}

/// Adds issuers that another server sent; whether there were any that are new.
fn add_seen(shared: &Shared, evidence: &mut Evidence, wants: &[Want]) -> bool {
    let seen = shared.seen.lock().unwrap_or_else(PoisonError::into_inner);
    let known = evidence.seen.len();
    for want in wants {
        let Want::Issuer { name, .. } = want else { continue };
        for der in seen.named(name) {
            if !evidence.seen.contains(der) {
                evidence.seen.push(der.clone());
            }
        }
    }
    evidence.seen.len() > known
}

/// What may be fetched and has not been.
fn fetchable(evidence: &Evidence, wants: &[Want]) -> Vec<Want> {
    if evidence.fetching_off.is_some() {
        return Vec::new();
    }
    let untried = |want: &Want| match want {
        Want::Issuer { of, name, urls } => {
            let tried = |url: &String| evidence.aia.iter().any(|outcome| outcome.url == *url && outcome.of == *of);
            let urls: Vec<String> = urls.iter().filter(|url| !tried(url)).cloned().collect();
            (!urls.is_empty()).then(|| Want::Issuer { of: *of, name: name.clone(), urls })
        }
        // The judge does not ask for them twice.
        Want::Ocsp { .. } | Want::Crl { .. } => Some(want.clone()),
    };
    wants.iter().filter_map(untried).collect()
}

async fn fetch_and_ask_again(shared: &Shared, mut job: Job, wants: Vec<Want>) {
    let deadline = Instant::now() + LONGEST_SEARCH;
    for want in wants {
        if Instant::now() > deadline {
            break;
        }
        fetch_one(shared, &mut job, want).await;
    }
    job.hops += 1;
    if job.hops >= HOPS {
        job.evidence.fetching_off = Some("enough was asked for one chain".to_owned());
    }
    enqueue(job);
}

async fn fetch_one(shared: &Shared, job: &mut Job, want: Want) {
    let nearest = job.nearest();
    let (evidence, fetched) = (&mut job.evidence, &mut job.fetched);
    let mut look = async |ask: Ask| {
        let looked = shared.cache.look(&shared.dialler, &ask, nearest, wall_time()).await;
        let answer = |bytes: &Bytes| Answer { ask, bytes: bytes.clone(), is_new: looked.is_new };
        fetched.extend(looked.result.as_ref().ok().map(answer));
        looked.result
    };
    match want {
        Want::Issuer { of, urls, .. } => {
            for url in urls {
                let answer = look(Ask::Issuer { url: url.clone() }).await;
                let result = answer.and_then(|body| issuers_in(&body));
                let found = result.is_ok();
                evidence.aia.push(AiaOutcome { of, url, result });
                if found {
                    break;
                }
            }
        }
        Want::Ocsp { of, url, request } => {
            let result = look(Ask::Ocsp { url: url.clone(), request }).await;
            evidence.ocsp.push(Fetched { of: Some(of), url, result });
        }
        Want::Crl { of, url } => {
            let result = look(Ask::Crl { url: url.clone() }).await;
            evidence.crls.push(Fetched { of: Some(of), url, result });
        }
    }
}

fn issuers_in(body: &[u8]) -> Result<Vec<CertDer>, String> {
    let found = read_certificates(body);
    if found.is_empty() { Err("no certificate there".to_owned()) } else { Ok(found) }
}
