//! What findings mean for the exit code.

use std::str::FromStr;

use crate::check::{Checked, Reach};
use crate::model::{Connection, Fact, Finding, FindingId, Report, Severity};
use crate::session::Change;

/// Which findings make a run fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailOn {
    /// None.
    Never,
    /// Those of this severity or worse, and those of these ids.
    Some {
        /// The severity.
        level: Option<Severity>,
        /// The ids.
        ids: Vec<FindingId>,
    },
}

/// A word that is neither a level, nor an id, nor `never`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is neither a level (info, warning, error, fatal), nor the id of a finding (`tlscope explain` lists them), nor never"
)]
pub struct FailOnError(String);

impl FailOn {
    /// Findings of this severity or worse.
    pub fn level(level: Severity) -> Self {
        Self::Some { level: Some(level), ids: Vec::new() }
    }

    fn is_met_by(&self, finding: &Finding) -> bool {
        match self {
            Self::Never => false,
            Self::Some { level, ids } => {
                level.is_some_and(|level| finding.severity >= level) || ids.contains(&finding.id)
            }
        }
    }
}

impl FromStr for FailOn {
    type Err = FailOnError;

    fn from_str(text: &str) -> Result<Self, FailOnError> {
        if text == "never" {
            return Ok(Self::Never);
        }
        let (mut level, mut ids) = (None, Vec::new());
        for word in text.split(',').map(str::trim) {
            match (Severity::parse(word), FindingId::parse(word)) {
                (Some(severity), _) => level = Some(level.map_or(severity, |known: Severity| known.min(severity))),
                (None, Some(id)) => ids.push(id),
                (None, None) => return Err(FailOnError(word.to_owned())),
            }
        }
        Ok(Self::Some { level, ids })
    }
}

/// Counts what a run has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    fail_on: FailOn,
    expiring_days: Option<i64>,
    failed: bool,
    unseen: bool,
}

impl Tally {
    /// Nothing seen so far.
    pub fn new(fail_on: FailOn) -> Self {
        Self { fail_on, expiring_days: None, failed: false, unseen: false }
    }

    /// Counts the end of a certificate within so many days as well.
    #[must_use]
    pub fn with_expiring(self, expiring_days: Option<i64>) -> Self {
        Self { expiring_days, ..self }
    }

    /// A server was checked.
    pub fn note_checked(&mut self, checked: &Checked) {
        self.note(checked.reach != Reach::Failed, checked.report.findings.iter());
    }

    /// A session has changed.
    pub fn note_change(&mut self, change: &Change) {
        if let Change::Connection(connection, report, _) = change {
            self.note_connection(connection, report.as_deref());
        }
    }

    fn note_connection(&mut self, connection: &Connection, report: Option<&Report>) {
        let upstream = &connection.upstream;
        let showed = upstream.handshake.is_some() || !upstream.sent.is_empty();
        // Where no TLS was asked for, there was none to be shown.
        if !showed && upstream.failure.is_none() {
            return;
        }
        let judged = report.map(|report| report.findings.as_slice()).unwrap_or_default();
        self.note(showed, connection.findings.iter().chain(judged));
    }

    fn note<'a>(&mut self, showed: bool, findings: impl Iterator<Item = &'a Finding>) {
        if showed {
            self.failed |=
                findings.into_iter().any(|finding| self.fail_on.is_met_by(finding) || self.ends_soon(finding));
        } else {
            self.unseen = true;
        }
    }

    fn ends_soon(&self, finding: &Finding) -> bool {
        let is_end = matches!(finding.id, FindingId::CertExpiringSoon | FindingId::IntermediateExpiringSoon);
        match (self.expiring_days, finding.evidence.get("days_left")) {
            (Some(days), Some(Fact::Number(left))) => is_end && *left < days,
            _ => false,
        }
    }

    /// The exit code: 1 when a finding counts, else 3 when a target showed neither certificate nor
    /// handshake, else 0.
    pub fn exit_code(&self) -> u8 {
        match (self.failed, self.unseen) {
            (true, _) => 1,
            (false, true) => 3,
            (false, false) => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Facts, Failure, Handshake, Timestamp};

    fn change(showed: bool, ids: &[FindingId]) -> Change {
        let address = "127.0.0.1:1".parse().unwrap();
        let mut connection = Connection::new(crate::model::ConnectionId(1), Timestamp::default(), address);
        if showed {
            connection.upstream.handshake = Some(Handshake::default());
        } else {
            connection.upstream.failure = Some(Failure::TcpRefused);
        }
        let findings = ids.iter().map(|id| Finding::new(*id, Facts::new())).collect();
        let report = Report { findings, ..Report::default() };
        Change::Connection(connection.into(), Some(report.into()), 1)
    }

    #[test]
    fn codes_follow_the_contract() {
        let expired = [FindingId::CertExpired];
        let cases: [(&str, Vec<Change>, u8); 8] = [
            ("error", vec![change(true, &expired)], 1),
            ("error", vec![change(true, &[FindingId::EkuAbsent])], 0),
            ("eku-absent", vec![change(true, &[FindingId::EkuAbsent])], 1),
            ("never", vec![change(true, &expired)], 0),
            ("never", vec![change(false, &[FindingId::TcpRefused])], 3),
            ("error", vec![change(false, &[FindingId::TcpRefused])], 3),
            ("error", vec![change(false, &[]), change(true, &expired)], 1),
            ("fatal,eku-absent", vec![change(true, &[])], 0),
        ];
        for (fail_on, changes, code) in cases {
            let mut tally = Tally::new(fail_on.parse().unwrap());
            for change in &changes {
                tally.note_change(change);
            }
            assert_eq!(tally.exit_code(), code, "{fail_on}");
        }
    }

    #[test]
    fn a_word_that_is_nothing_is_named() {
        for bad in ["", "err", "error,", "no-such-finding", "never,error"] {
            let error = bad.parse::<FailOn>().unwrap_err().to_string();
            assert!(error.contains("tlscope explain"), "{error}");
        }
        assert_eq!("warning,fatal".parse::<FailOn>().unwrap(), FailOn::level(Severity::Warning));
    }
}
