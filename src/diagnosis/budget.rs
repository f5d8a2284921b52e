//! How much work one judgement may take, in units that are the same on every machine.

use crate::x509::{KeyKind, PublicKey};

/// Bounds on one judgement. Reaching one that cuts it short is reported, never silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Certificates between leaf and root, more of which are a finding.
    pub intermediates: usize,
    /// Certificates on one path, leaf and anchor included, beyond which nothing is followed.
    pub depth: usize,
    /// Paths kept.
    pub paths: usize,
    /// Signatures verified.
    pub signatures: usize,
    /// Name constraints compared with names.
    pub comparisons: usize,
    /// Warn of an end within so many days, where that is earlier than usual.
    pub expiring_days: Option<i64>,
    /// Work units altogether. A unit is about a microsecond of one core of 2020.
    pub units: u64,
}

impl Limits {
    /// The usual limits, but for the intermediates that a path may have.
    pub fn with_intermediates(intermediates: usize) -> Self {
        let usual = Self::default();
        Self { intermediates, depth: usual.depth.max(intermediates.saturating_add(2)).min(DEEPEST), ..usual }
    }
}

/// Nobody asks for longer paths than this.
const DEEPEST: usize = 64;

impl Default for Limits {
    fn default() -> Self {
        Self {
            intermediates: 6,
            depth: 12,
            paths: 64,
            signatures: 256,
            comparisons: 250_000,
            expiring_days: None,
            units: 1_000_000,
        }
    }
}

/// What is left of the limits.
#[derive(Debug)]
pub(crate) struct Budget {
    pub(crate) limits: Limits,
    signatures: usize,
    comparisons: usize,
    units: u64,
    exhausted: Option<&'static str>,
}

impl Budget {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            signatures: limits.signatures,
            comparisons: limits.comparisons,
            units: limits.units,
            exhausted: None,
        }
    }

    /// A budget of its own for what answers about revocation cost: a server that sends rubbish must not
    /// keep them from being looked at.
    pub(crate) fn for_revocation(&self) -> Self {
        Self::new(Limits { signatures: 64, units: 200_000, ..self.limits })
    }

    /// Notes what another budget met.
    pub(crate) fn absorb(&mut self, other: &Self) {
        self.exhausted = self.exhausted.or(other.exhausted);
    }

    /// Takes the price of verifying under `key`; `false` when it cannot be paid.
    pub(crate) fn pay_signature(&mut self, key: &PublicKey) -> bool {
        if self.signatures == 0 {
            return self.give_up("signature checks");
        }
        self.signatures -= 1;
        self.pay(price(key))
    }

    /// Takes the price of one comparison of a name with a constraint.
    pub(crate) fn pay_comparison(&mut self) -> bool {
        if self.comparisons == 0 {
            return self.give_up("name constraint comparisons");
        }
        self.comparisons -= 1;
        // Eight comparisons to a unit.
        !self.comparisons.is_multiple_of(8) || self.pay(1)
    }

    /// Takes the price of looking through so many bytes.
    pub(crate) fn pay_bytes(&mut self, bytes: usize) -> bool {
        // Some two kilobytes to a unit.
        self.pay(bytes as u64 / 2048)
    }

    /// Notes that a limit was reached.
    pub(crate) fn give_up(&mut self, what: &'static str) -> bool {
        self.exhausted.get_or_insert(what);
        false
    }

    /// The limit that was reached first.
    pub(crate) fn exhausted(&self) -> Option<&'static str> {
        self.exhausted
    }

    fn pay(&mut self, units: u64) -> bool {
        if units > self.units {
            return self.give_up("work units");
        }
        self.units -= units;
        true
    }
}

/// Measured with aws-lc-rs on x86-64, and with RustCrypto where aws-lc-rs refuses.
fn price(key: &PublicKey) -> u64 {
    match &key.kind {
        KeyKind::Rsa { .. } => match key.bits() as u64 {
            bits @ 0..2048 => bits / 2,
            bits @ 2048..=8192 => bits * bits / 160_000,
            bits => bits * bits / 4_000,
        },
        KeyKind::Ec { curve } => match curve.as_str() {
            "P-256" => 60,
            "P-384" => 250,
            "P-521" => 500,
            _ => 1_000,
        },
        KeyKind::Dsa { bits } => (*bits as u64) * 8,
        KeyKind::Ed25519 => 60,
        KeyKind::MlDsa(_) => 100,
        KeyKind::Ed448 | KeyKind::EcExplicit | KeyKind::Unknown => 1,
    }
}
