//! From how a connection ended to what that tells of the identity it was shown.

use crate::diagnosis::clients::{Habits, Manner, Nature};
use crate::model::{AlertCode, ClientOutcome, Took};

/// Alerts by which a client leaves for another reason than a certificate.
const ABOUT_SOMETHING_ELSE: [AlertCode; 6] = [
    AlertCode::CLOSE_NOTIFY,
    AlertCode::PROTOCOL_VERSION,
    AlertCode::UNRECOGNIZED_NAME,
    AlertCode::NO_APPLICATION_PROTOCOL,
    AlertCode(86), // inappropriate_fallback
    AlertCode(90), // user_canceled
];

/// What the end of a connection tells. `stayed_ms` is how long the client stayed after its handshake.
pub fn took(outcome: &ClientOutcome, stayed_ms: Option<f64>, habits: Habits) -> Took {
    let how = outcome.clone();
    let opens_ahead = matches!(habits.nature, Nature::Browser | Nature::Chromium);
    match Manner::of(outcome, stayed_ms) {
        Manner::Served => Took::Accepted,
        Manner::Alert(code) if !ABOUT_SOMETHING_ELSE.contains(&code) => Took::Refused { how },
        // A browser refuses by an alert; what it leaves without a word it had opened ahead.
        Manner::Silent if opens_ahead => Took::Untold { how },
        Manner::CutOff | Manner::Silent => Took::Refused { how },
        Manner::Alert(_) | Manner::Idle | Manner::GaveUp | Manner::NothingShared | Manner::Other => {
            Took::Untold { how }
        }
    }
}

/// Whether a client said that it refuses, and did not merely leave.
pub(super) fn is_said(how: &ClientOutcome) -> bool {
    matches!(how, ClientOutcome::Alert { .. })
}
