//! Bringing the CA certificate to a device, and what its owner does there.

use std::path::Path;

use super::adb::{AdbError, Device};

/// Where the certificate lies on the device.
const ON_DEVICE: &str = "/sdcard/Download/tlscope-ca.crt";

/// From here on no program can open the installer, only the settings (Android 11).
const NO_INSTALLER: u32 = 30;

/// From here on apps do not trust what a person installs, unless they say so (Android 7).
const APPS_CHOOSE: u32 = 24;

/// Pushes the certificate and opens the place where it is installed. Gives the words for the person.
pub(super) fn bring(device: &Device, certificate: &Path, api: Option<u32>) -> Result<String, AdbError> {
    device.call(&["push", &certificate.to_string_lossy(), ON_DEVICE])?;
    // Whichever screen opens is a help; the words below lead there as well.
    let opened = device.shell(&start_command(api));
    let opened = if opened.is_ok() { "" } else { " (it could not be opened from here)" };
    Ok(format!("the CA certificate is on the device: {ON_DEVICE}\n{}{opened}\n{}", steps(api), notice(api)))
}

fn start_command(api: Option<u32>) -> String {
    if api.is_some_and(|api| api < NO_INSTALLER) {
        format!(
            "am start -n com.android.certinstaller/.CertInstallerMain -a android.intent.action.VIEW \
             -t application/x-x509-ca-cert -d file://{ON_DEVICE}"
        )
    } else {
        "am start -a android.settings.SECURITY_SETTINGS".to_owned()
    }
}

fn steps(api: Option<u32>) -> &'static str {
    if api.is_some_and(|api| api < NO_INSTALLER) {
        "  on the device: give it a name, choose \"VPN and apps\", confirm; if nothing opened: Settings, Security, \
         Install from storage"
    } else {
        "  on the device: Settings, Security, Encryption & credentials, Install a certificate, CA certificate, \
         Install anyway, tlscope-ca.crt"
    }
}

fn notice(api: Option<u32>) -> &'static str {
    if api.is_some_and(|api| api < APPS_CHOOSE) {
        ""
    } else {
        "  browsers trust it then; an app for Android 7 or later only if its network_security_config has \
         <certificates src=\"user\"/> (docs/manual/android.md)\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_fit_the_version() {
        let cases = [
            (Some(23), "certinstaller", "VPN and apps", false),
            (Some(29), "certinstaller", "VPN and apps", true),
            (Some(30), "SECURITY_SETTINGS", "Install anyway", true),
            (None, "SECURITY_SETTINGS", "Install anyway", true),
        ];
        for (api, command, words, has_notice) in cases {
            assert!(start_command(api).contains(command) && steps(api).contains(words), "{api:?}");
            assert_eq!(!notice(api).is_empty(), has_notice, "{api:?}");
        }
    }
}
