//! The lab's own Certificate Transparency logs: promises that verify, and some that do not count.

use super::keys::Key;
use super::recipe::SctRecipe;
use crate::model::{CtLog, Fingerprint, LogState, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

/// The logs with their keys.
pub(crate) struct Logs(Vec<(&'static str, &'static str, Key)>);

impl Logs {
    pub(crate) fn new() -> Result<Self, String> {
        let all = [("a", "Alpha"), ("b", "Beta"), ("c", "Beta"), ("retired", "Alpha"), ("unknown", "")];
        Ok(Self(all.into_iter().map(|(name, by)| Ok((name, by, Key::named("p256")?))).collect::<Result<_, String>>()?))
    }

    /// The list of those that are on it.
    pub(crate) fn list(&self, now: Timestamp) -> Vec<CtLog> {
        let listed = self.0.iter().filter(|(_, operator, _)| !operator.is_empty());
        let log = |(name, operator, key): &(&str, &str, Key)| {
            let is_retired = *name == "retired";
            let state = if is_retired { LogState::RetiredAt(now.plus_days(-365)) } else { LogState::Counts };
            CtLog {
                id: Fingerprint::of(&key.spki).0,
                key: Bytes::from(key.spki.clone()),
                name: format!("tlscope lab {name}"),
                operator: (*operator).to_owned(),
                state,
                state_word: if is_retired { "retired".to_owned() } else { "usable".to_owned() },
            }
        };
        listed.map(log).collect()
    }

    /// A list of promises for a precertificate (RFC 6962 section 3.3).
    pub(crate) fn promise(
        &self,
        wanted: &[SctRecipe],
        now: Timestamp,
        issuer_key: Fingerprint,
        tbs: &[u8],
    ) -> Result<Vec<u8>, String> {
        let mut list = Vec::new();
        for recipe in wanted {
            let log = self.0.iter().find(|(name, ..)| *name == recipe.log);
            let (.., key) = log.ok_or_else(|| format!("there is no log {:?}", recipe.log))?;
            let at = now.plus_ms((recipe.hours * 3_600_000.0) as i64).unix_ms().to_be_bytes();
            let length = tbs.len().to_be_bytes();
            let entry = [&[0, 1], &issuer_key.0[..], length.get(5..).unwrap_or_default(), tbs, &[0, 0]].concat();
            let mut signature = key.sign("sha256", &[&[0, 0], &at[..], &entry].concat())?;
            if recipe.spoil {
                let middle = signature.len() / 2;
                if let Some(byte) = signature.get_mut(middle) {
                    *byte ^= 0x55;
                }
            }
            let sct = [&[0], &Fingerprint::of(&key.spki).0[..], &at, &[0, 0, 4, 3], &block(&signature)].concat();
            list.extend(block(&sct));
        }
        Ok(block(&list))
    }
}

fn block(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u16).to_be_bytes(), bytes].concat()
}

/// The list in the form that the root programmes publish.
pub(crate) fn list_as_json(logs: &[CtLog]) -> String {
    let operators: std::collections::BTreeSet<&str> = logs.iter().map(|log| log.operator.as_str()).collect();
    let operators = operators.into_iter().map(|operator| {
        let own = logs.iter().filter(|log| log.operator == operator).map(|log| {
            let since = if let LogState::RetiredAt(at) = log.state { at } else { Timestamp::from_unix(0) };
            serde_json::json!({
                "description": log.name,
                "log_id": STANDARD.encode(log.id),
                "key": STANDARD.encode(&log.key),
                "state": { log.state_word.as_str(): { "timestamp": since } },
            })
        });
        serde_json::json!({ "name": operator, "logs": own.collect::<Vec<_>>() })
    });
    serde_json::json!({ "version": "1", "operators": operators.collect::<Vec<_>>() }).to_string()
}
