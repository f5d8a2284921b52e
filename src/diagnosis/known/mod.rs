//! Facts that nobody can derive: roots that programmes stopped trusting, keys whose private half was
//! published, names that intercepting boxes give their CAs. Each list is a table of text beside this
//! file, with its sources at its head.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::model::{Fingerprint, Timestamp};
use crate::x509::{Name, oids};

/// A decision of a root programme about an anchor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    /// Whose decision.
    pub(crate) programme: &'static str,
    /// What it says.
    pub(crate) what: Distrust,
    /// From when on.
    pub(crate) since: Timestamp,
    /// Why, in few words.
    pub(crate) reason: &'static str,
}

/// What a programme decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Distrust {
    /// Certificates whose earliest timestamp is later are not trusted.
    AfterSct,
    /// Certificates that begin later are not trusted.
    AfterNotBefore,
    /// The anchor is in the programme no longer.
    Removed,
}

/// An intercepting product, and how its CA is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Product {
    /// Its name.
    pub(crate) name: &'static str,
    /// The attribute that names it, dotted.
    attribute: &'static str,
    /// What stands in it, in lower case.
    pattern: String,
    /// Whether that is all that stands in it.
    whole: bool,
    /// Antivirus, firewall, proxy and so on.
    pub(crate) kind: &'static str,
}

/// The lines of a table, without comments.
fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(|line| line.split('\t').collect())
}

static DECISIONS: LazyLock<HashMap<Fingerprint, Vec<Decision>>> = LazyLock::new(|| {
    let mut all: HashMap<Fingerprint, Vec<Decision>> = HashMap::new();
    for row in rows(include_str!("distrusted.tsv")) {
        let [sha256, programme, what, since, reason, ..] = row.as_slice() else { continue };
        let what = match *what {
            "sct" => Distrust::AfterSct,
            "not-before" => Distrust::AfterNotBefore,
            _ => Distrust::Removed,
        };
        if let (Some(sha256), Some(since)) = (Fingerprint::parse(sha256), Timestamp::parse(since)) {
            all.entry(sha256).or_default().push(Decision { programme, what, since, reason });
        }
    }
    all
});

static KEYS: LazyLock<HashMap<Fingerprint, &'static str>> = LazyLock::new(|| {
    let key = |row: Vec<&'static str>| Some((Fingerprint::parse(row.first()?)?, *row.get(1)?));
    rows(include_str!("published-keys.tsv")).filter_map(key).collect()
});

static PRODUCTS: LazyLock<Vec<Product>> = LazyLock::new(|| {
    let product = |row: Vec<&'static str>| {
        let attribute = match *row.first()? {
            "CN" => oids::COMMON_NAME,
            "O" => oids::ORGANIZATION,
            _ => oids::ORGANIZATIONAL_UNIT,
        };
        let (pattern, whole) = (row.get(1)?.to_lowercase(), *row.get(2)? == "whole");
        Some(Product { name: row.get(3)?, attribute, pattern, whole, kind: row.get(4)? })
    };
    rows(include_str!("interceptors.tsv")).filter_map(product).collect()
});

/// What programmes decided about an anchor.
pub(crate) fn decisions(anchor: Fingerprint) -> &'static [Decision] {
    DECISIONS.get(&anchor).map_or(&[], Vec::as_slice)
}

/// Where the private half of a key was published; `spki` is the SHA-256 of the SubjectPublicKeyInfo.
pub(crate) fn published_key(spki: Fingerprint) -> Option<&'static str> {
    KEYS.get(&spki).copied()
}

/// The product that gives its CA such a name.
pub(crate) fn interceptor(issuer: &Name) -> Option<&'static Product> {
    let is_named = |product: &&Product| {
        issuer
            .values(product.attribute)
            .map(str::to_lowercase)
            .any(|value| if product.whole { value == product.pattern } else { value.contains(&product.pattern) })
    };
    PRODUCTS.iter().find(is_named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_every_table_is_read() {
        let count = |table: &'static str| rows(table).count();
        assert_eq!(DECISIONS.values().map(Vec::len).sum::<usize>(), count(include_str!("distrusted.tsv")));
        assert_eq!(KEYS.len(), count(include_str!("published-keys.tsv")));
        assert_eq!(PRODUCTS.len(), count(include_str!("interceptors.tsv")));
        let too_short = |product: &Product| !product.whole && product.pattern.len() < 4;
        assert!(!PRODUCTS.iter().any(too_short), "a pattern that fits everything");
    }
}
