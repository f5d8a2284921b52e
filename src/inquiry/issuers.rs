//! Issuers fetched from where certificates say they are, remembered for a day.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::model::{AiaOutcome, CertDer, Fingerprint, Timestamp};
use crate::net::{Dialler, fetch_issuer};

/// More places are not remembered: what is needed again is fetched again.
const LIMIT: usize = 512;

const DAY_MS: i64 = 86_400_000;
/// A place that failed is asked again after ten minutes.
const FAILURE_MS: i64 = 600_000;

/// What was found at each URL.
#[derive(Debug, Default)]
pub(super) struct IssuerCache(Mutex<HashMap<String, Known>>);

#[derive(Debug)]
struct Known {
    at: Timestamp,
    result: Result<Vec<CertDer>, String>,
}

impl IssuerCache {
    /// What is at `url`, fetched when it is not known.
    pub(super) async fn look(
        &self,
        dialler: &Dialler,
        of: Fingerprint,
        url: String,
        allow_private: bool,
        now: Timestamp,
    ) -> AiaOutcome {
        if let Some(result) = self.known(&url, now) {
            return AiaOutcome { of, url, result };
        }
        let result = fetch_issuer(dialler, &url, allow_private).await.map_err(|error| error.to_string());
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= LIMIT {
            known.clear();
        }
        known.insert(url.clone(), Known { at: now, result: result.clone() });
        AiaOutcome { of, url, result }
    }

    fn known(&self, url: &str, now: Timestamp) -> Option<Result<Vec<CertDer>, String>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get(url)?;
        let good_for = if known.result.is_ok() { DAY_MS } else { FAILURE_MS };
        (now.ms_since(known.at) < good_for).then(|| known.result.clone())
    }
}
