//! The homes of browsers: CAs where they look for their user's own, and settings.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::process::{command, run};

/// A home for Chromium, which trusts the CAs in the PEM file.
pub(crate) fn chromium(home: &Path, roots: &Path) {
    nss(&home.join(".pki/nssdb"), roots);
}

/// A profile for Firefox, which trusts the CAs in the PEM file, has these settings, and does nothing by itself.
pub(crate) fn firefox(profile: &Path, roots: &Path, settings: &str) {
    nss(profile, roots);
    fs::write(profile.join("user.js"), [QUIET, settings].concat()).unwrap();
}

/// A certificate store of NSS that trusts the CAs in the PEM file.
fn nss(dir: &Path, roots: &Path) {
    fs::create_dir_all(dir).unwrap();
    let within = |command: &mut Command| run(command.arg("-d").arg(format!("sql:{}", dir.display()))).well();
    within(command("certutil").args(["-N", "--empty-password"]));
    let one = dir.join("root.pem");
    let roots = fs::read_to_string(roots).unwrap();
    for (n, root) in roots.split_inclusive("-----END CERTIFICATE-----\n").enumerate() {
        fs::write(&one, root).unwrap();
        within(command("certutil").args(["-A", "-n", &format!("root {n}"), "-t", "C,,", "-i"]).arg(&one));
    }
}

const QUIET: &str = r#"
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("app.normandy.enabled", false);
user_pref("app.update.enabled", false);
user_pref("browser.aboutwelcome.enabled", false);
user_pref("browser.newtabpage.enabled", false);
user_pref("browser.region.update.enabled", false);
user_pref("browser.safebrowsing.malware.enabled", false);
user_pref("browser.safebrowsing.phishing.enabled", false);
user_pref("browser.startup.homepage", "about:blank");
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("extensions.getAddons.cache.enabled", false);
user_pref("toolkit.telemetry.server", "");
"#;
