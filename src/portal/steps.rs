//! How to install the certificate, by device.

/// Each kind of device with its steps. HTML already.
const STEPS: &[(&str, &[&str])] = &[
    (
        "iPhone and iPad",
        &[
            "Open <code>ca.mobileconfig</code> in Safari and allow the download.",
            "Settings, General, VPN &amp; Device Management: install the profile.",
            "Settings, General, About, Certificate Trust Settings: switch it on.",
        ],
    ),
    (
        "Android",
        &[
            "Download <code>ca.crt</code>, then Settings, Security, Encryption &amp; credentials, Install a certificate, CA \
             certificate.",
            "Since Android 7 an app trusts it only if its network security config names user certificates, as debug \
             builds can; browsers do.",
            "On an emulator or a rooted device put the <code>ca.android</code> file into the system store.",
        ],
    ),
    ("Mac", &["Open <code>ca.pem</code> with Keychain Access, then set it to Always Trust for SSL."]),
    (
        "Windows",
        &[
            "Run <code>certutil -user -addstore Root tlscope-ca.crt</code>. Firefox has a store of its own in its settings.",
        ],
    ),
    (
        "Linux",
        &["Debian: copy <code>ca.pem</code> to <code>/usr/local/share/ca-certificates/tlscope.crt</code> and run \
             <code>update-ca-certificates</code>."],
    ),
    (
        "Programs",
        &[
            "curl: <code>--cacert</code>; git: <code>GIT_SSL_CAINFO</code>; Python: <code>REQUESTS_CA_BUNDLE</code> and \
             <code>SSL_CERT_FILE</code>; Node: <code>NODE_EXTRA_CA_CERTS</code>.",
            "Java: <code>-Djavax.net.ssl.trustStore=tlscope-ca.p12 -Djavax.net.ssl.trustStorePassword=changeit</code>.",
        ],
    ),
];

/// All of them as HTML.
pub(super) fn html() -> String {
    let mut out = String::new();
    for (device, steps) in STEPS {
        let steps: String = steps.iter().map(|step| format!("<li>{step}</li>")).collect();
        out.push_str(&format!("<h2>{device}</h2><ol>{steps}</ol>"));
    }
    out
}
