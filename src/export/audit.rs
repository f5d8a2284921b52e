//! The `trial` line of `tlscope.event/1`.

use serde::Serialize;
use serde_json::Value;

use crate::model::Trial;

#[derive(Serialize)]
struct TrialDoc<'a> {
    schema: &'static str,
    r#type: &'static str,
    #[serde(flatten)]
    trial: &'a Trial,
}

/// A client that was shown an identity of an audit, as a line.
pub fn trial_line(trial: &Trial) -> Value {
    serde_json::to_value(TrialDoc { schema: "tlscope.event/1", r#type: "trial", trial }).unwrap_or_default()
}
