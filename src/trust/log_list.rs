//! Reading a list of Certificate Transparency's logs: version 3 of the JSON that the root programmes
//! publish (`log_list.json`).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;

use crate::model::{CtLog, LogState, Timestamp};

#[derive(Deserialize)]
struct List {
    operators: Vec<Operator>,
}

#[derive(Deserialize)]
struct Operator {
    name: String,
    #[serde(default)]
    logs: Vec<Log>,
    #[serde(default)]
    tiled_logs: Vec<Log>,
}

#[derive(Deserialize)]
struct Log {
    #[serde(default)]
    description: String,
    #[serde(rename = "log_id")]
    id: String,
    key: String,
    #[serde(default)]
    state: BTreeMap<String, State>,
}

#[derive(Deserialize)]
struct State {
    timestamp: String,
}

/// The logs of the list.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<CtLog>, String> {
    let not_a_list = |error| format!("not a list of logs in the v3 form (log_list.json): {error}");
    let list: List = serde_json::from_slice(bytes).map_err(not_a_list)?;
    let mut logs = Vec::new();
    for operator in list.operators {
        for log in operator.logs.into_iter().chain(operator.tiled_logs) {
            logs.push(read_log(log, &operator.name)?);
        }
    }
    if logs.is_empty() { Err("it names no log".to_owned()) } else { Ok(logs) }
}

fn read_log(log: Log, operator: &str) -> Result<CtLog, String> {
    let bad = |what: &str| format!("the {what} of the log {:?} cannot be read", log.description);
    let id = STANDARD.decode(&log.id).ok().and_then(|id| id.try_into().ok()).ok_or_else(|| bad("log_id"))?;
    let key = STANDARD.decode(&log.key).map_err(|_| bad("key"))?;
    // Without a state it is not (yet) in any programme.
    let (state_word, since) =
        log.state.first_key_value().map_or(("no state", ""), |(word, state)| (word, &state.timestamp));
    let state = match state_word {
        "qualified" | "usable" | "readonly" => LogState::Counts,
        "retired" => LogState::RetiredAt(Timestamp::parse(since).ok_or_else(|| bad("state's timestamp"))?),
        _ => LogState::DoesNotCount,
    };
    let (operator, state_word) = (operator.to_owned(), state_word.to_owned());
    Ok(CtLog { id, key: Bytes::from(key), name: log.description, operator, state, state_word })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(state: &str) -> String {
        let id = STANDARD.encode([7; 32]);
        format!(
            r#"{{"version": "1.0", "operators": [{{"name": "O", "email": ["x"], "logs": [
                {{"description": "L", "log_id": "{id}", "key": "AAEC", "url": "https://x/", "mmd": 86400{state}}}
            ]}}]}}"#
        )
    }

    #[test]
    fn every_state_is_understood() {
        let state = |word: &str| format!(r#", "state": {{"{word}": {{"timestamp": "2024-01-01T00:00:00Z"}}}}"#);
        let retired = LogState::RetiredAt(Timestamp::parse("2024-01-01T00:00:00Z").unwrap());
        for (word, expected) in [
            ("usable", LogState::Counts),
            ("readonly", LogState::Counts),
            ("qualified", LogState::Counts),
            ("retired", retired),
            ("pending", LogState::DoesNotCount),
            ("rejected", LogState::DoesNotCount),
        ] {
            let log = read(list(&state(word)).as_bytes()).unwrap().remove(0);
            assert_eq!((log.state, log.state_word.as_str(), log.operator.as_str()), (expected, word, "O"));
            assert_eq!((log.id, &log.key[..]), ([7; 32], &[0, 1, 2][..]));
        }
        assert_eq!(read(list("").as_bytes()).unwrap()[0].state, LogState::DoesNotCount);
    }

    #[test]
    fn what_is_no_list_is_refused_with_the_reason() {
        for (text, why) in [("", "EOF"), ("{}", "operators"), (r#"{"operators": []}"#, "names no log")] {
            assert!(read(text.as_bytes()).unwrap_err().contains(why), "{text}");
        }
        let short = list("").replace(&STANDARD.encode([7; 32]), "AAAA");
        assert!(read(short.as_bytes()).unwrap_err().contains("log_id"));
    }
}
