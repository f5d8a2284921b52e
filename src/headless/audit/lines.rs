//! What a client made of an identity, in a line as it happens.

use std::collections::BTreeMap;

use crate::explain::client_outcome_words;
use crate::headless::Paint;
use crate::model::{Identity, Took, Trial};
use crate::session::{Change, Format, Told};
use crate::text;

/// Makes the lines, of trials with these identities.
pub fn trial_lines(identities: Vec<Identity>, paint: Paint) -> Format {
    let by_name: BTreeMap<String, Identity> = identities.into_iter().map(|own| (own.name.clone(), own)).collect();
    Box::new(move |told| match told {
        Told::Change(Change::Tried(trial)) => Some(line(trial, by_name.get(&trial.identity), paint)),
        _ => None,
    })
}

fn line(trial: &Trial, identity: Option<&Identity>, paint: Paint) -> String {
    let severity = identity.and_then(|identity| identity.severity);
    let took = match (&trial.took, severity) {
        (Took::Accepted, Some(severity)) => {
            let sent = trial.sent.as_deref().map(|sent| format!(": {}", text::safe(sent))).unwrap_or_default();
            paint.severity(severity, &format!("{} {severity}: taken{sent}", severity.glyph()))
        }
        (Took::Accepted, None) => paint.good("✓ taken, as it has to be"),
        (Took::Refused { how }, Some(_)) => paint.good(&format!("✓ refused: {}", words(how))),
        (Took::Refused { how }, None) => format!("refused, though nothing is wrong with it: {}", words(how)),
        (Took::Untold { how }, _) => paint.dim(&format!("tells nothing: {}", words(how))),
    };
    let who = format!("{} {} {}", trial.device, text::safe(&trial.app), text::safe(&trial.host));
    format!("{} {who}  {}  {took}\n", trial.at.clock(), paint.bold(&text::safe(&trial.identity)))
}

fn words(how: &crate::model::ClientOutcome) -> String {
    text::safe(&client_outcome_words(how)).into_owned()
}
