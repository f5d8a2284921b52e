//! Connections that are refused: one row for each address and reason, however many there are.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tracing::{debug, warn};

use crate::model::{Facts, FindingId, Given, GivenKind, Intake, Outcome, Target};
use crate::proxy::context::Ctx;
use crate::proxy::record::Record;

/// A row counts until nothing has been refused for so long.
const QUIET: Duration = Duration::from_secs(5);

/// How often the count of a row that goes on is told.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// More rows than this do not count at a time; what is beyond has none.
const MOST_ROWS: usize = 256;

/// Why a connection is refused.
#[derive(Clone, Debug)]
pub(in crate::proxy) struct Denial {
    /// What is noted.
    pub(in crate::proxy) finding: FindingId,
    /// With what; `times` is added.
    pub(in crate::proxy) facts: Facts,
    /// How the client came.
    pub(in crate::proxy) intake: Intake,
    /// Where it would have gone, where that is known of the port it came to.
    pub(in crate::proxy) target: Option<Target>,
}

/// The rows that count.
#[derive(Debug, Default)]
pub(in crate::proxy) struct Refused(Mutex<HashMap<String, Arc<Row>>>);

#[derive(Debug)]
struct Row {
    count: Mutex<Count>,
}

#[derive(Clone, Copy, Debug)]
struct Count {
    times: i64,
    last: Instant,
}

impl Refused {
    /// Counts a refused connection, in a row of its own when it is the first of its kind, which is said.
    pub(in crate::proxy) fn note(&self, ctx: &Ctx, client: SocketAddr, denial: Denial) -> bool {
        let Denial { finding, facts, intake, target } = &denial;
        let key = format!("{} {finding} {intake:?} {target:?} {facts:?}", client.ip());
        let mut rows = self.rows();
        if let Some(row) = rows.get(&key) {
            row.count_one();
            return false;
        }
        if rows.len() >= MOST_ROWS {
            debug!(client = %client.ip(), "refused a connection; too many are refused to have a row each");
            return false;
        }
        let row = Arc::new(Row { count: Mutex::new(Count { times: 1, last: Instant::now() }) });
        rows.insert(key.clone(), row.clone());
        drop(rows);
        let record = Record::open(ctx, client, denial.intake, denial.target.clone());
        record.set_given(Given::without_leaf(GivenKind::Refused));
        record.set_outcome(Outcome::Denied);
        let own = ctx.clone();
        ctx.spawn(async move {
            keep_count(&own, &record, &row, &denial).await;
            own.refused.rows().remove(&key);
            // One more may have come between the last look and the removal.
            write_count(&record, &row, &denial);
            let times = row.count().times;
            if times > 1 {
                warn!(client = %client.ip(), times, "refused connections: {}", denial.finding);
            }
        });
        true
    }

    fn rows(&self) -> MutexGuard<'_, HashMap<String, Arc<Row>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Row {
    fn count(&self) -> Count {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count_one(&self) {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        count.times += 1;
        count.last = Instant::now();
    }
}

/// Tells the count as it grows, until it has not grown for a while.
async fn keep_count(ctx: &Ctx, record: &Record, row: &Row, denial: &Denial) {
    let mut told = 0;
    loop {
        let Count { times, last } = row.count();
        if times != told {
            told = times;
            write_count(record, row, denial);
            record.publish().await;
        } else if last.elapsed() >= QUIET {
            return;
        }
        tokio::select! {
            () = sleep(TELL_EVERY) => {}
            () = ctx.closing.cancelled() => return,
        }
    }
}

fn write_count(record: &Record, row: &Row, denial: &Denial) {
    record.with(|connection| connection.findings.retain(|finding| finding.id != denial.finding));
    record.note(denial.finding, denial.facts.clone().with("times", row.count().times));
}
