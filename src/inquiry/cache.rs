//! What was fetched, remembered for a day: in memory, and under `--home` from one run to the next.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use super::disk::Disk;
use crate::model::{Fingerprint, Timestamp};
use crate::net::{Ask, Dialler, Place, fetch};
use crate::x509::{Crl, OcspResponse};

/// More answers are not remembered in memory: what is needed again is fetched again.
const LIMIT: usize = 512;

/// Nor more than this altogether, in bytes: lists of revoked certificates can be long.
const LARGEST: usize = 64 << 20;

/// What failed, or was of no use, is asked for again after ten minutes.
const FAILURE_MS: i64 = 600_000;

/// Answers by what was asked.
#[derive(Debug, Default)]
pub(super) struct Cache {
    known: Mutex<Known>,
    disk: Option<Disk>,
}

#[derive(Debug, Default)]
struct Known {
    answers: HashMap<Fingerprint, Answer>,
    bytes: usize,
}

#[derive(Clone, Debug)]
struct Answer {
    good_until: Timestamp,
    result: Result<Bytes, String>,
}

/// What looking gave.
pub(super) struct Looked {
    pub(super) result: Result<Bytes, String>,
    /// Whether it came just now: only then a new day begins for it.
    pub(super) is_new: bool,
}

impl Cache {
    /// With a directory to keep answers in from one run to the next.
    pub(super) fn new(dir: Option<PathBuf>) -> Self {
        Self { known: Mutex::default(), disk: dir.map(Disk::new) }
    }

    /// What is there, fetched when it is not known, from no nearer place than `nearest`. `wall` is
    /// the time of day.
    pub(super) async fn look(&self, dialler: &Dialler, ask: &Ask, nearest: Place, wall: Timestamp) -> Looked {
        let key = key_of(ask, nearest);
        if let Some(result) = self.known(&key, wall) {
            return Looked { result, is_new: false };
        }
        if let Some(disk) = &self.disk
            && let Some((fetched_at, bytes)) = disk.read(key).await
        {
            let answer = Answer { good_until: good_until(ask, &bytes, fetched_at), result: Ok(bytes) };
            if wall < answer.good_until {
                self.remember(key, answer.clone());
                return Looked { result: answer.result, is_new: false };
            }
        }
        let result = fetch(dialler, ask, nearest).await.map_err(|error| error.to_string());
        // Until somebody says that it is of use.
        self.remember(key, Answer { good_until: wall.plus_ms(FAILURE_MS), result: result.clone() });
        Looked { result, is_new: true }
    }

    /// An answer was of use: keeps it for as long as it is good.
    pub(super) async fn confirm(&self, ask: &Ask, nearest: Place, bytes: &Bytes, wall: Timestamp) {
        let (key, good_until) = (key_of(ask, nearest), good_until(ask, bytes, wall));
        if wall >= good_until {
            return;
        }
        self.remember(key, Answer { good_until, result: Ok(bytes.clone()) });
        if let Some(disk) = &self.disk {
            disk.write(key, wall, bytes.clone()).await;
        }
    }

    /// An answer that was kept turned out to be of no use: who asks again gets a new one.
    pub(super) fn forget(&self, ask: &Ask, nearest: Place) {
        let key = key_of(ask, nearest);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = known.answers.remove(&key) {
            known.bytes -= before.result.map_or(0, |bytes| bytes.len());
        }
        if let Some(disk) = &self.disk {
            disk.remove(key);
        }
    }

    fn known(&self, key: &Fingerprint, wall: Timestamp) -> Option<Result<Bytes, String>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = known.answers.get(key)?;
        (wall < answer.good_until).then(|| answer.result.clone())
    }

    fn remember(&self, key: Fingerprint, answer: Answer) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = answer.result.as_ref().map_or(0, Bytes::len);
        if known.answers.len() >= LIMIT || known.bytes + bytes > LARGEST {
            *known = Known::default();
        }
        known.bytes += bytes;
        if let Some(before) = known.answers.insert(key, answer) {
            known.bytes -= before.result.map_or(0, |bytes| bytes.len());
        }
    }
}

/// An answer is known by what was asked, of whom, and how near it was looked for: the refusal to go
/// somewhere near is no answer for those who may.
fn key_of(ask: &Ask, nearest: Place) -> Fingerprint {
    let (url, request) = match ask {
        Ask::Issuer { url } | Ask::Crl { url } => (url, &Bytes::new()),
        Ask::Ocsp { url, request } => (url, request),
    };
    Fingerprint::of(
        &[nearest.word().as_bytes(), b"\n", ask.word().as_bytes(), b"\n", url.as_bytes(), b"\n", request].concat(),
    )
}

/// A day, or less when the answer itself says so.
fn good_until(ask: &Ask, bytes: &Bytes, fetched_at: Timestamp) -> Timestamp {
    let next = match ask {
        Ask::Issuer { .. } => None,
        Ask::Crl { .. } => Crl::read(bytes).and_then(|list| list.next_update),
        Ask::Ocsp { .. } => {
            let answers = OcspResponse::read(bytes).and_then(|response| response.basic).map(|basic| basic.answers);
            answers.unwrap_or_default().iter().filter_map(|answer| answer.next_update).min()
        }
    };
    let day = fetched_at.plus_ms(Timestamp::DAY_MS);
    next.map_or(day, |next| next.min(day))
}
