//! How far each device has come in being set up.

use std::collections::BTreeSet;

use crate::model::{CaTest, SetupStep};

/// What a device has done so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Setup {
    /// What it is, by its own word, where it has opened the page.
    pub platform: Option<&'static str>,
    /// The files that it took from there.
    pub files: BTreeSet<&'static str>,
    /// Whether a request for the page came through the proxy.
    pub proxied: bool,
    /// How its last TLS with tlscope itself went.
    pub test: Option<CaTest>,
}

impl Setup {
    /// One step further.
    pub(super) fn take(&mut self, step: &SetupStep) {
        match step {
            SetupStep::PageOpened { platform } => self.platform = Some(platform),
            SetupStep::Downloaded { file } => {
                self.files.insert(file);
            }
            SetupStep::ProxyUsed => self.proxied = true,
            SetupStep::Tested(test) => self.test = Some(test.clone()),
        }
    }
}
