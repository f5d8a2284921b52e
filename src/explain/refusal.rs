//! Why a client refused, in a few words.

use crate::model::{Confidence, Refusal, RefusalKind};

/// `likely: it pins its certificate`: for a cell of a table.
pub fn refusal_words(refusal: &Refusal) -> String {
    let reason = reason(refusal.kind);
    match refusal.confidence {
        Confidence::Certain => reason.to_owned(),
        sure => format!("{}: {reason}", sure.word()),
    }
}

fn reason(kind: RefusalKind) -> &'static str {
    match kind {
        RefusalKind::CaNotInstalled => "the CA is not installed",
        RefusalKind::StaleCa => "it holds another CA of this name",
        RefusalKind::AppIgnoresCa => "the app ignores the installed CA",
        RefusalKind::AndroidUserCa => "an Android app that ignores user CAs",
        RefusalKind::Pinned => "it pins its certificate",
        RefusalKind::NameRefused => "it wants another name",
        RefusalKind::DateRefused => "its clock is wrong",
        RefusalKind::NothingShared => "nothing in common with tlscope",
        RefusalKind::CtEnforced => "it wants certificate timestamps",
        RefusalKind::GaveUp => "it did not wait for the server",
        RefusalKind::Probe => "opened ahead and not used",
        RefusalKind::Unclear => "it cannot be told why",
    }
}
