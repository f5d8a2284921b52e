//! The catalogue, a file for each of its chapters.

mod alerts;
mod chain;
mod client;
mod encoding;
mod handshake;
mod key;
mod name;
mod network;
mod probes;
mod refusal;
mod revocation;
mod transparency;
mod trust;
mod usage;
mod validity;
mod words;

use std::sync::LazyLock;

use super::Page;
use crate::model::FindingId;

static CHAPTERS: &[&[Page]] = &[
    validity::PAGES,
    name::PAGES,
    chain::PAGES,
    key::PAGES,
    usage::PAGES,
    encoding::PAGES,
    handshake::PAGES,
    alerts::PAGES,
    network::PAGES,
    revocation::PAGES,
    transparency::PAGES,
    probes::PAGES,
    trust::PAGES,
    refusal::PAGES,
    client::PAGES,
];

/// The pages in the order of [`FindingId::ALL`]. The test below keeps the catalogue complete, so
/// that no id is without its page.
static BY_ID: LazyLock<Vec<Option<&'static Page>>> = LazyLock::new(|| {
    let find = |id: &FindingId| CHAPTERS.iter().copied().flatten().find(|page| page.id == *id);
    FindingId::ALL.iter().map(find).collect()
});

static MISSING: Page = Page {
    id: FindingId::AnalysisFailed,
    title: "A finding without a page",
    summary: "",
    cause: "",
    fix: "",
    refused_by: &[],
    accepted_by: "",
    keys: &[],
    source: "",
};

pub(super) fn of(id: FindingId) -> &'static Page {
    BY_ID.get(id as usize).copied().flatten().unwrap_or(&MISSING)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::template;
    use super::*;

    #[test]
    fn every_finding_has_one_page() {
        let pages: Vec<FindingId> = CHAPTERS.iter().copied().flatten().map(|page| page.id).collect();
        let distinct: BTreeSet<_> = pages.iter().collect();
        assert_eq!(distinct.len(), pages.len(), "a finding has two pages");
        for id in FindingId::ALL {
            assert_eq!(of(*id).id, *id, "{id} has no page");
        }
    }

    #[test]
    fn every_page_is_whole() {
        for page in CHAPTERS.iter().copied().flatten() {
            for (what, text) in [
                ("title", page.title),
                ("summary", page.summary),
                ("cause", page.cause),
                ("fix", page.fix),
                ("source", page.source),
            ] {
                assert!(!text.is_empty(), "{} has no {what}", page.id);
                assert_eq!(text, text.trim(), "{}: {what}", page.id);
            }
            assert!(!page.title.ends_with('.'), "{}: the title is no sentence", page.id);
            assert!(page.summary.len() <= 160, "{}: the summary is one line", page.id);
        }
    }

    #[test]
    fn places_are_explained_keys() {
        for page in CHAPTERS.iter().copied().flatten() {
            let known: BTreeSet<&str> = page.keys.iter().map(|(key, _)| *key).collect();
            for key in template::keys(page.summary).into_iter().chain(template::keys(page.fix)) {
                assert!(known.contains(key), "{}: {{{key}}} is not among its keys", page.id);
            }
        }
    }
}
