//! The columns of the list: their names, and what a row is ordered by in each.

use std::net::IpAddr;

use super::rows::Key;
use crate::session::{Line, Row};

/// A column of the list of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    /// When it began.
    Time,
    /// The client's address.
    Device,
    /// The server.
    Host,
    /// The request, or what became of a connection without one.
    Request,
    /// The status of the answer.
    Status,
    /// The version of TLS towards the server.
    Tls,
    /// What is wrong.
    Findings,
    /// Until when the leaf is valid.
    Ends,
    /// Who issued the leaf.
    Issuer,
    /// What the client was given.
    Given,
    /// How long it took.
    Took,
    /// How much came back.
    Size,
}

impl Column {
    /// All there are; those that are shown unless somebody chooses come first, in their order.
    pub(super) const ALL: [Self; 12] = [
        Self::Time,
        Self::Device,
        Self::Host,
        Self::Request,
        Self::Status,
        Self::Tls,
        Self::Findings,
        Self::Took,
        Self::Size,
        Self::Ends,
        Self::Issuer,
        Self::Given,
    ];

    /// Those that are shown unless somebody chooses.
    pub(super) const DEFAULT: usize = 9;

    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Device => "device",
            Self::Host => "host",
            Self::Request => "request",
            Self::Status => "st",
            Self::Tls => "tls",
            Self::Findings => "findings",
            Self::Ends => "ends",
            Self::Issuer => "issuer",
            Self::Given => "given",
            Self::Took => "ms",
            Self::Size => "size",
        }
    }

    /// By its name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.name() == name)
    }

    /// Whether the greatest is what a person looks for first.
    pub(super) fn greatest_first(self) -> bool {
        matches!(self, Self::Findings | Self::Took | Self::Size | Self::Status)
    }

    /// What a row is ordered by.
    pub(super) fn key(self, row: &Row, line: Option<&Line>) -> Key {
        let number = |number: Option<u64>| Key::number(number.unwrap_or(0));
        let leaf = line.and_then(|line| line.leaf.as_ref());
        match self {
            Self::Time => number(u64::try_from(row.started.unix_ms()).ok()),
            Self::Device => number(line.map(|line| address_order(line.device))),
            Self::Host => line.map_or_else(|| Key::number(0), |line| Key::text(&line.host)),
            Self::Request => Key::text(&row.request),
            Self::Status => Key::number(row.status.into()),
            Self::Tls => number(line.and_then(|line| line.tls).map(|version| u64::from(version.0))),
            Self::Findings => number(line.map(findings_order)),
            Self::Ends => number(leaf.and_then(|leaf| leaf.not_after).and_then(|at| u64::try_from(at.unix_ms()).ok())),
            Self::Issuer => leaf.map_or_else(|| Key::number(0), |leaf| Key::text(&leaf.issuer)),
            Self::Given => number(line.and_then(|line| line.given).map(|given| given as u64 + 1)),
            // What lasts still counts as longer than all that has ended.
            Self::Took => Key::number(row.took_ms.map_or(u64::MAX, |ms| (f64::from(ms) * 1000.0) as u64)),
            Self::Size => Key::number(row.size),
        }
    }
}

/// Version 4 before version 6; of the latter the network and half of the rest decide.
fn address_order(address: IpAddr) -> u64 {
    match address {
        IpAddr::V4(v4) => u32::from(v4).into(),
        IpAddr::V6(v6) => (1 << 63) | (u128::from(v6) >> 65) as u64,
    }
}

/// The worst severity, then which finding it is, then how many there are.
fn findings_order(line: &Line) -> u64 {
    let worst = line.findings.first();
    worst.map_or(0, |(id, severity)| {
        let count = line.findings.len().min(0xffff) as u64;
        ((*severity as u64 + 1) << 32) | ((0xffff - *id as u64) << 16) | count
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_found_by_its_name() {
        for column in Column::ALL {
            assert_eq!(Column::named(column.name()), Some(column));
        }
        assert_eq!(Column::named("colour"), None);
    }

    #[test]
    fn addresses_have_an_order() {
        let all = ["1.2.3.4", "192.0.2.1", "192.0.2.2", "2001:db8::", "2001:db8:0:1::"];
        let order: Vec<u64> = all.iter().map(|address| address_order(address.parse().unwrap())).collect();
        assert!(order.is_sorted(), "{order:?}");
    }
}
