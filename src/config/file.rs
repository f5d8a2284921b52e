//! The configuration file.

use std::io;
use std::path::Path;

use serde::Deserialize;

use super::command::Globals;
use super::fault::ConfigError;
use super::home::Home;
use super::options::{
    AppOptions, ExportOptions, HeadlessOptions, InquiryOptions, LabOptions, NetOptions, ProxyOptions, StoreOptions,
    TrustOptions, TuiOptions,
};

/// The sections, one for each room.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct File {
    pub(super) app: AppOptions,
    pub(super) headless: HeadlessOptions,
    pub(super) lab: LabOptions,
    pub(super) proxy: ProxyOptions,
    pub(super) net: NetOptions,
    pub(super) trust: TrustOptions,
    pub(super) inquiry: InquiryOptions,
    pub(super) store: StoreOptions,
    pub(super) export: ExportOptions,
    pub(super) tui: TuiOptions,
}

/// The places and the file. One that was named has to be there.
pub(super) fn read(globals: &Globals) -> Result<(Home, File), ConfigError> {
    let home = globals.home()?;
    let path = globals.config.as_deref().unwrap_or(&home.config);
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound && globals.config.is_none() => String::new(),
        Err(source) => return Err(ConfigError::Unreadable { path: path.to_owned(), source }),
    };
    let file = parse(path, &text)?;
    Ok((home, file))
}

fn parse(path: &Path, text: &str) -> Result<File, ConfigError> {
    toml::from_str(text).map_err(|fault| ConfigError::Fault { path: path.to_owned(), fault: Box::new(fault) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_name_the_file_and_the_key() {
        let cases = [
            ("[proxy]\nlisen = \"8080\"", "lisen"),
            ("[proxie]\nlisten = \"8080\"", "proxie"),
            ("[net]\ntcp_timeout = \"soon\"", "tcp_timeout"),
            ("[trust]\nroots = [\"mozila\"]", "mozila"),
            ("[inquiry]\nat = \"tomorrow\"", "tomorrow"),
            ("[tui]\ntheme = \"pink\"", "pink"),
            ("[tui]\ncolumns = [\"colour\"]", "colour"),
            ("[headless]\nfail_on = \"eror\"", "eror"),
        ];
        for (text, key) in cases {
            let error = parse(Path::new("/x/config.toml"), text).unwrap_err().to_string();
            assert!(error.contains("/x/config.toml") && error.contains(key) && error.contains("line"), "{error}");
        }
    }
}
