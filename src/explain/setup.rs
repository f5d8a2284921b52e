//! Words for how far a device has come in being set up.

use super::client_outcome_words;
use crate::model::{CaTest, SetupStep};

/// What the device has done, in a few words.
pub fn setup_words(step: &SetupStep) -> String {
    match step {
        SetupStep::PageOpened { platform } => format!("opened the setup page ({platform})"),
        SetupStep::Downloaded { file } => format!("took {file}"),
        SetupStep::ProxyUsed => "comes through the proxy".to_owned(),
        SetupStep::Tested(test) => ca_test_words(test),
    }
}

/// How its TLS with tlscope itself went.
pub fn ca_test_words(test: &CaTest) -> String {
    if !test.passed() {
        return format!("does not trust the CA: {}", client_outcome_words(&test.outcome));
    }
    let version = test.version.map_or_else(|| "TLS".to_owned(), |version| version.to_string());
    let http2 = if test.offers_http2 { "HTTP/2" } else { "no HTTP/2" };
    format!("trusts the CA ({version}, {http2})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AlertCode, ClientHello, ClientOutcome, TlsVersion};

    #[test]
    fn each_step_has_its_words() {
        let mut passed = CaTest::of(&ClientHello::default(), ClientOutcome::Served);
        passed.version = Some(TlsVersion::TLS13);
        let refused = CaTest::of(&ClientHello::default(), ClientOutcome::Alert { code: AlertCode(48) });
        let cases = [
            (SetupStep::PageOpened { platform: "Android" }, "opened the setup page (Android)"),
            (SetupStep::Downloaded { file: "ca.crt" }, "took ca.crt"),
            (SetupStep::ProxyUsed, "comes through the proxy"),
            (SetupStep::Tested(passed), "trusts the CA (TLS 1.3, no HTTP/2)"),
            (SetupStep::Tested(refused), "does not trust the CA: it sent the alert unknown_ca (48)"),
        ];
        for (step, words) in cases {
            assert_eq!(setup_words(&step), words);
        }
    }
}
