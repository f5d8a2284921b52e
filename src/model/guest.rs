//! Devices that are not on this machine and came to the proxy, and how they stand with it.

use std::net::IpAddr;

use super::Timestamp;

/// A device about which somebody was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guest {
    /// Its address, by which alone it is known.
    pub address: IpAddr,
    /// What it called itself when it asked. It chose the words itself.
    pub agent: Option<String>,
    /// Whether it is served.
    pub standing: Standing,
}

/// Whether a device is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is, in every run, until it has not come for a month.
    Remembered {
        /// When it came last, to the day.
        used: Timestamp,
    },
    /// It is, as long as this run lasts.
    ForThisRun,
    /// It is not, and nobody is asked about it.
    TurnedAway {
        /// Until when; without, as long as this run lasts.
        until: Option<Timestamp>,
    },
}
