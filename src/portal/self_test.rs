//! The self-test: whether a device comes through the proxy, trusts the CA, and which TLS it speaks.
//!
//! What only the browser can find out is found out by pictures that it can load or not: one that there
//! is only through the proxy, and one that there is only over TLS with a leaf of ours. A browser that
//! runs scripts says what it saw and gets everything in words; in one that does not, the picture is
//! the answer, or the words in its place.

use super::guard::Site;
use super::platform::{Platform, System};
use crate::explain::client_outcome_words;
use crate::model::{CaTest, ClientOutcome, TlsVersion};
use crate::proxy::{PORTAL_HOST, PortalRequest};
use crate::text::html;

/// What the browser saw when it tried; absent where it was not asked, or does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    proxy: Option<bool>,
    ca: Option<bool>,
}

impl Seen {
    /// Of a query as `proxy=no&ca=yes`.
    pub(super) fn of(query: &str) -> Self {
        let said = |name: &str| {
            let mut values = query.split('&').filter_map(|part| part.strip_prefix(name)?.strip_prefix('='));
            match values.next() {
                Some("yes") => Some(true),
                Some("no") => Some(false),
                _ => None,
            }
        };
        Self { proxy: said("proxy"), ca: said("ca") }
    }
}

/// Everything that the answers are made of.
pub(super) struct SelfTest<'a> {
    pub(super) asked: &'a PortalRequest,
    pub(super) site: &'a Site,
    pub(super) platform: Platform,
    /// The directory of pictures and answers. No other site knows it.
    pub(super) dir: &'a str,
    pub(super) seen: Seen,
}

/// One line of the test.
struct Answer {
    question: &'static str,
    /// `None` where it is not known yet.
    is_good: Option<bool>,
    /// HTML already, as the advice.
    words: String,
    advice: String,
}

impl SelfTest<'_> {
    /// The answers as far as they are known, with pictures for those that are not.
    pub(super) fn html(&self) -> String {
        let (yes, no, open) = (("yes", "✓"), ("no", "✖"), ("open", "?"));
        let items = self.answers().into_iter().map(|answer| {
            let (class, glyph) = answer.is_good.map_or(open, |good| if good { yes } else { no });
            let Answer { question, words, advice, .. } = answer;
            let advice = if advice.is_empty() { advice } else { format!("<p>{advice}</p>") };
            format!("<li class=\"{class}\"><b><i>{glyph}</i> {question}</b> <span>{words}</span>{advice}</li>")
        });
        format!("<ul>{}</ul>", items.collect::<String>())
    }

    /// The same for a program: one line for each answer.
    pub(super) fn plain(&self) -> String {
        let proxied = if self.asked.proxied { "yes" } else { "no" };
        let mut out = format!("through the proxy: {proxied}\n");
        match &self.asked.tls {
            None => out.push_str("CA trusted:        not tested: this request came without TLS\n"),
            Some(tls) => {
                let http2 = if tls.offers_http2 { "offered" } else { "not offered" };
                let (newest, used) = (version_words(tls.newest), version_words(tls.version));
                out.push_str("CA trusted:        yes, or the check is switched off (as by curl -k)\n");
                out.push_str(&format!(
                    "TLS:               {newest} offered, {used} used\nHTTP/2:            {http2}\n"
                ));
            }
        }
        out
    }

    /// Where the picture is that loads only through the proxy; `None` where the page itself did.
    pub(super) fn proxy_picture(&self) -> Option<String> {
        // Within TLS a browser loads nothing without.
        let is_known = self.asked.proxied || self.asked.tls.is_some();
        (!is_known).then(|| format!("http://{PORTAL_HOST}{}/proxy.svg", self.dir))
    }

    /// Where the pictures are that load only with the CA trusted; `None` where the page itself did.
    pub(super) fn ca_pictures(&self) -> Option<String> {
        self.asked.tls.is_none().then(|| format!("https://{}{}", self.tls_authority(), self.dir))
    }

    /// The page that opens only where the CA is trusted.
    pub(super) fn tls_page(&self) -> String {
        format!("https://{}/self-test", self.tls_authority())
    }

    /// Through the proxy tlscope has a name; without it, the address by which the device came.
    fn tls_authority(&self) -> String {
        if self.asked.proxied { PORTAL_HOST.to_owned() } else { self.site.authority(443) }
    }

    fn answers(&self) -> Vec<Answer> {
        let mut answers = vec![self.proxy_answer(), self.ca_answer()];
        match self.facts() {
            Some(test) => answers.extend([version_answer(test), http2_answer(test)]),
            None => answers.extend(self.tls_unknown()),
        }
        answers
    }

    /// What is known of the device's TLS: of this very request's, else of the last test.
    fn facts(&self) -> Option<&CaTest> {
        let last = self.asked.last_test.as_ref().filter(|_| self.seen.ca.is_some());
        self.asked.tls.as_ref().or(last)
    }

    fn proxy_answer(&self) -> Answer {
        let question = "Through the proxy";
        let advice = "Set the proxy in the settings of this network, as the steps say, then open this page again. Mobile data \
                      and a VPN go past it.";
        if self.asked.proxied {
            let words = "yes: this page came through it".to_owned();
            return Answer { question, is_good: Some(true), words, advice: String::new() };
        }
        match (self.seen.proxy, self.proxy_picture()) {
            (Some(true), _) => Answer {
                question,
                is_good: Some(true),
                words: "yes".to_owned(),
                advice: format!("From now on open <a href=\"http://{PORTAL_HOST}/\">http://{PORTAL_HOST}/</a>."),
            },
            (Some(false), _) => {
                let words = "not yet: this page was reached directly".to_owned();
                Answer { question, is_good: Some(false), words, advice: advice.to_owned() }
            }
            (None, Some(picture)) => Answer {
                question,
                is_good: None,
                words: format!("<img src=\"{picture}\" alt=\"not yet\">"),
                advice: format!("This page was reached directly. {advice}"),
            },
            (None, None) => {
                let words = "not told by this page, which was reached directly".to_owned();
                let advice =
                    format!("<a href=\"http://{PORTAL_HOST}/\">http://{PORTAL_HOST}/</a> opens only through it.");
                Answer { question, is_good: None, words, advice }
            }
        }
    }

    fn ca_answer(&self) -> Answer {
        let question = "CA trusted";
        let is_trusted = if self.asked.tls.is_some() { Some(true) } else { self.seen.ca };
        match (is_trusted, self.ca_pictures()) {
            (Some(true), _) => {
                let words = "yes: this browser takes tlscope's certificates".to_owned();
                Answer { question, is_good: Some(true), words, advice: self.trusted_advice().to_owned() }
            }
            (None, Some(pictures)) => Answer {
                question,
                is_good: None,
                words: format!("<img src=\"{pictures}/ca.svg\" alt=\"not yet\">"),
                advice: format!("{} {}", self.last_words(), self.ca_advice()).trim_start().to_owned(),
            },
            (_, _) => Answer {
                question,
                is_good: Some(false),
                words: format!("not yet. {}", self.last_words()).trim_end().to_owned(),
                advice: self.ca_advice().to_owned(),
            },
        }
    }

    /// How the device's last handshake ended, where that says something.
    fn last_words(&self) -> String {
        let refused = self.asked.last_test.as_ref().filter(|test| !test.passed());
        refused.map_or(String::new(), |test| match &test.outcome {
            ClientOutcome::Failed { reason } | ClientOutcome::NothingShared { reason } => {
                format!("tlscope could not serve this device: {}.", html(reason))
            }
            outcome => format!("The last attempt: {}.", html(&client_outcome_words(outcome))),
        })
    }

    fn ca_advice(&self) -> &'static str {
        match self.platform.system {
            _ if self.platform.is_firefox => {
                "Firefox does not look into the system's store: import the certificate in its own settings."
            }
            System::Ios => {
                "Two steps are needed: install the profile, and switch it on in Certificate Trust Settings. Most miss \
                 the second."
            }
            System::Mac => {
                "Installed is not trusted: it has to say Always Trust. An iPad has a switch of its own for it."
            }
            System::Windows => "It belongs into Trusted Root Certification Authorities, then restart the browser.",
            System::Linux => "Chrome and Firefox have stores of their own; the system's is for curl and others.",
            _ => "Install the certificate, as the steps say, then open this page again.",
        }
    }

    fn trusted_advice(&self) -> &'static str {
        match self.platform.system {
            System::Android | System::Harmony => {
                "The browser does; apps do not, unless they allow a user's CAs: see below, <b>An Android app of yours</b>."
            }
            _ => "",
        }
    }

    fn tls_unknown(&self) -> Vec<Answer> {
        let Some(pictures) = self.ca_pictures() else { return Vec::new() };
        let words = format!("<img src=\"{pictures}/tls.svg\" alt=\"seen when the CA is trusted\">");
        vec![Answer { question: "TLS and HTTP/2", is_good: None, words, advice: String::new() }]
    }
}

fn version_words(version: Option<TlsVersion>) -> String {
    version.map_or_else(|| "no version".to_owned(), |version| version.to_string())
}

fn version_answer(test: &CaTest) -> Answer {
    let newest = test.newest.unwrap_or(TlsVersion::SSL3);
    let used = test.version.map_or(String::new(), |version| format!(", {version} used"));
    let advice = match newest {
        TlsVersion::TLS13 => "",
        TlsVersion::TLS12 => "Good enough. What only TLS 1.3 does is not seen from this browser.",
        _ => {
            "Too old: tlscope passes its connections on unread, and tells what it sees of the server. Update the \
             browser or the system."
        }
    };
    Answer {
        question: "TLS version",
        is_good: Some(newest >= TlsVersion::TLS12),
        words: format!("{newest} offered{used}"),
        advice: advice.to_owned(),
    }
}

fn http2_answer(test: &CaTest) -> Answer {
    let (words, advice) = if test.offers_http2 {
        ("offered", "")
    } else {
        (
            "not offered",
            "Servers are asked with HTTP/1.1 then. That is no fault, unless this browser should know HTTP/2.",
        )
    };
    Answer { question: "HTTP/2", is_good: Some(test.offers_http2), words: words.to_owned(), advice: advice.to_owned() }
}

/// A picture of the self-test; `None` where this request is none that it is for.
pub(super) fn picture(name: &str, asked: &PortalRequest) -> Option<String> {
    let words = match (name, &asked.tls) {
        ("proxy.svg", _) if asked.proxied => "yes".to_owned(),
        ("ca.svg", Some(_)) => "yes".to_owned(),
        ("tls.svg", Some(tls)) => {
            let http2 = if tls.offers_http2 { "HTTP/2" } else { "no HTTP/2" };
            format!("{} offered, {http2}", version_words(tls.newest))
        }
        _ => return None,
    };
    let width = 10 * words.len() + 24;
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"20\"><text x=\"0\" y=\"16\" \
         font-family=\"sans-serif\" font-size=\"16\" fill=\"#2a9d4a\">✓ {words}</text></svg>"
    ))
}
