//! Where tlscope keeps its files.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;

/// The places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// The configuration file.
    pub config: PathBuf,
    /// The CA.
    pub ca: PathBuf,
    /// The sessions.
    pub sessions: PathBuf,
    /// What was fetched: issuers, answers about revocation.
    pub fetched: PathBuf,
    /// The roots of the lab that was served last.
    pub lab_roots: PathBuf,
    /// What is logged while the screen is in use.
    pub log: PathBuf,
    /// What has to be set back on attached devices.
    pub attached: PathBuf,
    /// The devices that are served without asking.
    pub devices: PathBuf,
    /// The hosts that are always tunnelled.
    pub tunnelled: PathBuf,
    /// What was chosen on the screen.
    pub screen: PathBuf,
}

impl Home {
    /// Everything below one directory.
    pub fn at(dir: &Path) -> Self {
        Self {
            config: dir.join("config.toml"),
            ca: dir.join("ca"),
            sessions: dir.join("sessions"),
            fetched: dir.join("fetched"),
            lab_roots: dir.join("lab-roots.pem"),
            log: dir.join("tlscope.log"),
            attached: dir.join("attached"),
            devices: dir.join("devices.toml"),
            tunnelled: dir.join("tunnelled.txt"),
            screen: dir.join("screen.toml"),
        }
    }

    /// Where the XDG rules put it; `None` for a user without a home directory.
    pub fn by_custom() -> Option<Self> {
        let base = etcetera::choose_base_strategy().ok()?;
        let (config, data) = (base.config_dir().join("tlscope"), base.data_dir().join("tlscope"));
        let state = base.state_dir().map_or_else(|| data.clone(), |dir| dir.join("tlscope"));
        Some(Self {
            config: config.join("config.toml"),
            ca: data.join("ca"),
            sessions: data.join("sessions"),
            fetched: base.cache_dir().join("tlscope").join("fetched"),
            lab_roots: data.join("lab-roots.pem"),
            log: state.join("tlscope.log"),
            attached: state.join("attached"),
            devices: data.join("devices.toml"),
            tunnelled: data.join("tunnelled.txt"),
            screen: state.join("screen.toml"),
        })
    }
}
