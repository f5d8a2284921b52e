//! What a device can take from the page: the CA in every form, and files that set other things up.

use bytes::Bytes;

use crate::ca::{Artefact, artefact};
use crate::model::CertDer;

/// One file.
#[derive(Clone, Debug)]
pub(super) struct File {
    /// Its path on the page, without the slash in front.
    pub(super) path: String,
    /// The same for lists that want fixed words.
    pub(super) label: &'static str,
    /// What a device should call it.
    pub(super) name: String,
    pub(super) media_type: &'static str,
    pub(super) contents: Bytes,
    /// Who takes it. HTML already; empty for a second path to the same contents.
    pub(super) for_whom: &'static str,
}

/// Each form of the CA: where it is, and who takes it.
const FORMS: [(&str, Artefact, &str); 8] = [
    ("ca.mobileconfig", Artefact::Mobileconfig, "iPhone, iPad, Mac: a configuration profile"),
    ("ca.crt", Artefact::Der, "Android, Windows, Java: DER"),
    ("ca.pem", Artefact::Pem, "Linux, Firefox, programs: PEM"),
    ("ca.p12", Artefact::P12, "Java: a PKCS#12 trust store, password <code>changeit</code>"),
    ("ca.0", Artefact::Android, "the system store of an emulator or a rooted Android: PEM under its own name"),
    ("ca.der", Artefact::Der, ""),
    ("ca.cer", Artefact::Der, ""),
    ("ca.android", Artefact::Android, ""),
];

/// What an app has to have to trust the CA while it is being debugged.
pub(super) const NETWORK_SECURITY_CONFIG: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<!-- app/src/main/res/xml/network_security_config.xml; in the manifest:
     <application android:networkSecurityConfig="@xml/network_security_config" ...>
     Only builds with android:debuggable="true" heed debug-overrides. -->
<network-security-config>
    <debug-overrides>
        <trust-anchors>
            <certificates src="system" />
            <certificates src="user" />
        </trust-anchors>
    </debug-overrides>
</network-security-config>
"#;

/// The files that are the same for everybody, made once.
pub(super) fn files_of(ca: &CertDer) -> Vec<File> {
    let forms = FORMS.iter().filter_map(|(label, form, for_whom)| {
        let file = artefact(ca, *form)?;
        // The name says which certificate it is to Android, and so does the path.
        let path = if *label == "ca.0" { file.name.clone() } else { (*label).to_owned() };
        let (name, media_type, contents) = (file.name, file.media_type, file.contents.into());
        Some(File { path, label, name, media_type, contents, for_whom })
    });
    let snippet = File {
        path: "network_security_config.xml".to_owned(),
        label: "network_security_config.xml",
        name: "network_security_config.xml".to_owned(),
        media_type: "application/xml",
        contents: Bytes::from_static(NETWORK_SECURITY_CONFIG.as_bytes()),
        for_whom: "an Android app that you build",
    };
    forms.chain([snippet]).collect()
}

/// Proxy auto-configuration. There is no way past the proxy but to the device itself: an app that went
/// another way when the proxy is gone would look like one without traffic.
pub(super) fn pac(proxy: &str) -> File {
    let script = format!(
        "// Everything goes through tlscope. When it is not there, nothing goes anywhere: no second choice\n\
         // is given, for traffic that went past it would be missed without a sign.\n\
         function FindProxyForURL(url, host) {{\n\
         \x20   if (host === \"localhost\" || host === \"127.0.0.1\" || host === \"::1\" || host === \"[::1]\") {{\n\
         \x20       return \"DIRECT\";\n\
         \x20   }}\n\
         \x20   return \"PROXY {proxy}\";\n\
         }}\n"
    );
    File {
        path: "proxy.pac".to_owned(),
        label: "proxy.pac",
        name: "tlscope.pac".to_owned(),
        media_type: "application/x-ns-proxy-autoconfig",
        contents: script.into(),
        for_whom: "an automatic proxy setting, by its address",
    }
}
