//! The judging thread: judging takes too long for an async task, and one thread is enough.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::{Listener, Shared, Told, wall_time};
use bytes::Bytes;

use crate::diagnosis::{Trust, judge};
use crate::model::{
    AiaOutcome, CertDer, Evidence, Fact, Facts, Fetched, Finding, FindingId, NotChecked, Observation, Report, Want,
};
use crate::net::{Ask, is_private};
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
    pub(super) fetched: Vec<(Ask, Bytes)>,
    /// Where to put it again.
    pub(super) jobs: SyncSender<Job>,
}

/// Puts a question to the judge; one for which there is no room is answered with that.
pub(super) fn enqueue(job: Job) {
    let jobs = job.jobs.clone();
    // The thread only ends when there is no handle left, and this is one.
    if let Err(TrySendError::Full(mut job)) = jobs.try_send(job) {
        let open = NotChecked::new("this connection", "the judge has more to do than it can");
        let report = Arc::new(Report { not_checked: vec![open], ..Report::default() });
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
        (job.listener)(Told { report, settled: false });
        let own = shared.clone();
        shared.runtime.spawn(async move { fetch_and_ask_again(&own, job, wanted).await });
        return;
    }
    shared.memo.lock().unwrap_or_else(PoisonError::into_inner).put(&job.observation, generation, now, report.clone());
    let useful = useful(std::mem::take(&mut job.fetched), &report);
    if useful.is_empty() {
        (job.listener)(Told { report, settled: true });
    } else {
        let own = shared.clone();
        shared.runtime.spawn(async move { keep_and_tell(&own, job, useful, report).await });
    }
}

/// Of what was fetched, what no finding faults.
fn useful(fetched: Vec<(Ask, Bytes)>, report: &Report) -> Vec<(Ask, Bytes)> {
    let faulted = |url: &str| {
        let names_it = |finding: &Finding| {
            ["by", "url"].iter().any(|key| finding.evidence.get(key) == Some(&Fact::Text(url.to_owned())))
        };
        report.findings.iter().any(|finding| !IS_ANSWER.contains(&finding.id) && names_it(finding))
    };
    fetched.into_iter().filter(|(ask, _)| !faulted(ask.url())).collect()
}

/// Whoever hears the last word may end at once: what is kept is kept before.
async fn keep_and_tell(shared: &Shared, mut job: Job, useful: Vec<(Ask, Bytes)>, report: Arc<Report>) {
    for (ask, bytes) in useful {
        shared.cache.confirm(&ask, &bytes, wall_time()).await;
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
    // A public server must not have us knock on private doors.
    let allow_private = job.observation.address.is_some_and(|address| is_private(address.ip()));
    let deadline = Instant::now() + LONGEST_SEARCH;
    for want in wants {
        if Instant::now() > deadline {
            break;
        }
        fetch_one(shared, &mut job, want, allow_private).await;
    }
    job.hops += 1;
    enqueue(job);
}

async fn fetch_one(shared: &Shared, job: &mut Job, want: Want, allow_private: bool) {
    let (evidence, fetched) = (&mut job.evidence, &mut job.fetched);
    let mut look = async |ask: Ask| {
        let answer = shared.cache.look(&shared.dialler, &ask, allow_private, wall_time()).await;
        fetched.extend(answer.as_ref().ok().map(|bytes| (ask, bytes.clone())));
        answer
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
