//! What to do on each kind of device, step by step.

use super::files::NETWORK_SECURITY_CONFIG;
use super::platform::{Platform, System};
use crate::text;

/// What the steps say of this tlscope.
#[derive(Clone, Debug)]
pub(super) struct Places {
    /// The host and the port of the proxy, as the device names them. HTML already, as all of these.
    pub(super) host: String,
    pub(super) port: String,
    /// Both, as in a URL.
    pub(super) proxy: String,
    /// Where the page is, without a slash at its end.
    pub(super) page: String,
    /// The name that Android's system store wants.
    pub(super) hash: String,
}

/// Steps for one kind of device or program. HTML already, with `{places}` in it.
pub(super) struct Guide {
    pub(super) title: &'static str,
    steps: &'static [&'static str],
}

impl Guide {
    /// As a list.
    pub(super) fn html(&self, places: &Places) -> String {
        let steps: String = self.steps.iter().map(|step| format!("<li>{}</li>", fill(step, places))).collect();
        format!("<ol>{steps}</ol>")
    }
}

fn fill(step: &str, places: &Places) -> String {
    let Places { host, port, proxy, page, hash } = places;
    let snippet = NETWORK_SECURITY_CONFIG.lines().map(text::html).collect::<Vec<_>>().join("\n");
    let values = [
        ("{host}", host),
        ("{port}", port),
        ("{proxy}", proxy),
        ("{page}", page),
        ("{hash}", hash),
        ("{snippet}", &snippet),
    ];
    values.into_iter().fold(step.to_owned(), |text, (name, value)| text.replace(name, value))
}

const IOS: Guide = Guide {
    title: "iPhone and iPad",
    steps: &[
        "In Safari: <a class=\"go\" href=\"/ca.mobileconfig\">Get the profile</a> and tap <b>Allow</b>.",
        "<b>Settings</b> › <b>Profile Downloaded</b> (or General, VPN &amp; Device Management): <b>Install</b>.",
        "<b>Settings</b> › <b>General</b> › <b>About</b> › <b>Certificate Trust Settings</b>, at the very bottom: switch \
         it on. Without this step nothing trusts it.",
        "<b>Settings</b> › <b>Wi-Fi</b>, the <b>i</b> beside your network, <b>Configure Proxy</b>: <b>Manual</b>, \
         server <code>{host}</code>, port <code>{port}</code>. Or <b>Automatic</b> with the URL \
         <code>{page}/proxy.pac</code>.",
    ],
};

const ANDROID: Guide = Guide {
    title: "Android",
    steps: &[
        "<a class=\"go\" href=\"/ca.crt\">Get the certificate</a>. Since Android 11 opening it does not install it.",
        "<b>Settings</b> › <b>Security</b> (perhaps More security settings), <b>Encryption &amp; credentials</b> › \
         <b>Install a certificate</b> › <b>CA certificate</b> › <b>Install anyway</b>; choose \
         <code>tlscope-ca.crt</code>. The search of the settings finds it by <code>certificate</code>. It wants a \
         screen lock.",
        "Samsung: <b>Security and privacy</b> › <b>More security settings</b> › <b>Install from phone storage</b>.",
        "<b>Settings</b> › <b>Wi-Fi</b>, your network, edit, advanced options, <b>Proxy</b>: <b>Manual</b>, host \
         <code>{host}</code>, port <code>{port}</code>. Or <b>Auto-config</b> with <code>{page}/proxy.pac</code>.",
        "Chrome trusts it now. <b>Apps do not</b>, since Android 7: see the next part.",
    ],
};

const OLD_ANDROID: Guide = Guide {
    title: "Android 6 and older",
    steps: &[
        "<a class=\"go\" href=\"/ca.crt\">Get the certificate</a>, give it a name, use it for <b>VPN and apps</b>. It \
         wants a screen lock.",
        "If nothing asks: <b>Settings</b> › <b>Security</b> › <b>Install from storage</b>.",
        "<b>Settings</b> › <b>Wi-Fi</b>, hold your network, <b>Modify network</b>, advanced options, <b>Proxy</b>: \
         <b>Manual</b>, host <code>{host}</code>, port <code>{port}</code>.",
        "Apps trust it as the browser does.",
    ],
};

const ANDROID_APP: Guide = Guide {
    title: "An Android app of yours (Android 7 and later)",
    steps: &[
        "Apps trust the system's CAs alone, unless they say otherwise. Put <a \
         href=\"/network_security_config.xml\">network_security_config.xml</a> into <code>res/xml</code>:<pre>{snippet}</pre>",
        "In the manifest: <code>&lt;application android:networkSecurityConfig=\"@xml/network_security_config\"</code>.",
        "Build it debuggable and install it. A release build ignores <code>debug-overrides</code>, as it should.",
        "Flutter, and apps that pin, do not ask the system: they have to be told in their own code.",
    ],
};

const EMULATOR: Guide = Guide {
    title: "Android emulator, a phone on a cable, the iOS simulator",
    steps: &[
        "On the emulator this computer is <code>10.0.2.2</code>:<pre>adb shell settings put global http_proxy \
         10.0.2.2:{port}</pre>",
        "On a cable, without a common network:<pre>adb reverse tcp:{port} tcp:{port}\nadb shell settings put global \
         http_proxy localhost:{port}</pre>",
        "Into the system store (up to Android 13, an image without Google Play):<pre>emulator -avd NAME \
         -writable-system\ncurl -O {page}/{hash}\nadb root &amp;&amp; adb remount\nadb push {hash} \
         /system/etc/security/cacerts/\nadb shell chmod 644 /system/etc/security/cacerts/{hash}\nadb reboot</pre>Since \
         Android 14 the store is in a module that a remount does not reach.",
        "Afterwards:<pre>adb shell settings put global http_proxy :0</pre>",
        "iOS simulator, which uses the Mac's proxy:<pre>curl -o tlscope-ca.pem {page}/ca.pem\nxcrun simctl keychain \
         booted add-root-cert tlscope-ca.pem</pre>",
    ],
};

const HARMONY: Guide = Guide {
    title: "HarmonyOS",
    steps: &[
        "<a class=\"go\" href=\"/ca.crt\">Get the certificate</a>.",
        "<b>Settings</b> › <b>Privacy &amp; security</b> (or Security, More settings), <b>Encryption and \
         credentials</b> › <b>Install from storage</b>, as a CA certificate.",
        "<b>Settings</b> › <b>WLAN</b>, your network, <b>Proxy</b>: <b>Manual</b>, server <code>{host}</code>, port \
         <code>{port}</code>.",
        "Apps for Android on it follow Android's rules.",
    ],
};

const MAC: Guide = Guide {
    title: "Mac",
    steps: &[
        "<a class=\"go\" href=\"/ca.pem\">Get the certificate</a>, then in Terminal:<pre>sudo security \
         add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain ~/Downloads/tlscope-ca.pem</pre>Or \
         open it with Keychain Access, and set it to <b>Always Trust</b>.",
        "<b>System Settings</b> › <b>Network</b>, your network, <b>Details</b> › <b>Proxies</b>: both <b>Web proxy</b> \
         and <b>Secure web proxy</b>, server <code>{host}</code>, port <code>{port}</code>. Or <b>Automatic proxy \
         configuration</b> with <code>{page}/proxy.pac</code>.",
    ],
};

const WINDOWS: Guide = Guide {
    title: "Windows",
    steps: &[
        "<a class=\"go\" href=\"/ca.crt\">Get the certificate</a>, then in a command prompt:<pre>certutil -user \
         -addstore Root %USERPROFILE%\\Downloads\\tlscope-ca.crt</pre>Services do not see the user's store: as an \
         administrator leave out <code>-user</code>.",
        "<b>Settings</b> › <b>Network &amp; internet</b> › <b>Proxy</b> › <b>Manual proxy setup</b>: address \
         <code>{host}</code>, port <code>{port}</code>. Or <b>Setup script</b>: <code>{page}/proxy.pac</code>.",
        "Services and some programs:<pre>netsh winhttp set proxy {proxy}</pre>Afterwards: <code>netsh winhttp reset \
         proxy</code>.",
    ],
};

const LINUX: Guide = Guide {
    title: "Linux",
    steps: &[
        "Debian, Ubuntu:<pre>sudo curl -o /usr/local/share/ca-certificates/tlscope.crt {page}/ca.pem\nsudo \
         update-ca-certificates</pre>",
        "Fedora, RHEL:<pre>sudo curl -o /etc/pki/ca-trust/source/anchors/tlscope.pem {page}/ca.pem\nsudo \
         update-ca-trust</pre>",
        "Arch:<pre>curl -o tlscope-ca.pem {page}/ca.pem\nsudo trust anchor tlscope-ca.pem</pre>",
        "The proxy, for programs of one shell:<pre>export HTTP_PROXY=http://{proxy} HTTPS_PROXY=http://{proxy}\nexport \
         http_proxy=$HTTP_PROXY https_proxy=$HTTPS_PROXY</pre>For the desktop: its network settings, Proxy.",
    ],
};

const CHROME_ON_LINUX: Guide = Guide {
    title: "Chrome and Chromium on Linux",
    steps: &[
        "They keep a store of their own (<code>certutil</code> is in libnss3-tools or nss-tools):<pre>curl -o \
         tlscope-ca.pem {page}/ca.pem\ncertutil -d sql:$HOME/.pki/nssdb -A -t \"C,,\" -n tlscope -i \
         tlscope-ca.pem</pre>Afterwards: <code>certutil -d sql:$HOME/.pki/nssdb -D -n tlscope</code>.",
        "For one window:<pre>chromium --proxy-server=http://{proxy} --user-data-dir=/tmp/tlscope-profile</pre>It never \
         sends <code>localhost</code> through a proxy, unless <code>--proxy-bypass-list=\"&lt;-loopback&gt;\"</code>.",
    ],
};

const CHROME_OS: Guide = Guide {
    title: "ChromeOS",
    steps: &[
        "<a class=\"go\" href=\"/ca.crt\">Get the certificate</a>.",
        "<b>Settings</b> › <b>Privacy and security</b> › <b>Security</b> › <b>Manage certificates</b> › <b>Authorities</b> › \
         <b>Import</b>; trust it for websites.",
        "<b>Settings</b> › <b>Network</b>, your network, <b>Proxy</b>: <b>Manual</b>, both kinds, host \
         <code>{host}</code>, port <code>{port}</code>.",
    ],
};

const FIREFOX: Guide = Guide {
    title: "Firefox",
    steps: &[
        "It has a store of its own. <a class=\"go\" href=\"/ca.pem\">Get the certificate</a>.",
        "<b>Settings</b> › <b>Privacy &amp; Security</b> › <b>View Certificates</b> › <b>Authorities</b> › <b>Import</b>: \
         trust it to identify websites. Or take the system's store: in <code>about:config</code> set \
         <code>security.enterprise_roots.enabled</code>.",
        "<b>Settings</b> › <b>Network Settings</b>: <b>Manual</b>, HTTP proxy <code>{host}</code>, port \
         <code>{port}</code>, also for HTTPS.",
        "On Android: Settings, About Firefox, tap the logo seven times; back in Settings, Secret Settings, <b>Use third \
         party CA certificates</b>.",
    ],
};

const JAVA: Guide = Guide {
    title: "Java",
    steps: &[
        "For one program, with a trust store that holds nothing else:<pre>curl -o tlscope-ca.p12 {page}/ca.p12\njava \
         -Djavax.net.ssl.trustStore=tlscope-ca.p12 -Djavax.net.ssl.trustStorePassword=changeit \\\n  \
         -Dhttp.proxyHost={host} -Dhttp.proxyPort={port} -Dhttps.proxyHost={host} -Dhttps.proxyPort={port} -jar \
         app.jar</pre>",
        "For a whole JDK:<pre>curl -o tlscope-ca.crt {page}/ca.crt\nkeytool -importcert -cacerts -storepass changeit \
         -noprompt -alias tlscope -file tlscope-ca.crt</pre>Afterwards: <code>keytool -delete -cacerts -storepass \
         changeit -alias tlscope</code>.",
    ],
};

const DOCKER: Guide = Guide {
    title: "Docker",
    steps: &[
        "In the image (Debian, Ubuntu, Alpine with ca-certificates):<pre>ADD {page}/ca.pem \
         /usr/local/share/ca-certificates/tlscope.crt\nRUN update-ca-certificates</pre>",
        "When it runs:<pre>docker run -e HTTP_PROXY=http://{proxy} -e HTTPS_PROXY=http://{proxy} IMAGE</pre>Inside a \
         container <code>localhost</code> is the container: with <code>--add-host \
         host.docker.internal:host-gateway</code> this computer is <code>host.docker.internal</code>.",
        "What runs in it may want more: see Node, Python, Java.",
    ],
};

const PROGRAMS: Guide = Guide {
    title: "curl, git, Node, Python, Go, Ruby and others",
    steps: &[
        "<pre>curl -o tlscope-ca.pem {page}/ca.pem\nexport HTTPS_PROXY=http://{proxy} HTTP_PROXY=http://{proxy}</pre>",
        "curl, and OpenSSL's users: <code>CURL_CA_BUNDLE</code> or <code>SSL_CERT_FILE</code> names \
         <code>tlscope-ca.pem</code>; or <code>curl --cacert tlscope-ca.pem</code>.",
        "git: <code>git -c http.sslCAInfo=tlscope-ca.pem -c http.proxy=http://{proxy}</code>.",
        "Node: <code>NODE_EXTRA_CA_CERTS=tlscope-ca.pem</code>, and for the proxy <code>NODE_USE_ENV_PROXY=1</code> \
         (Node 22.21, 24 and later).",
        "Python: <code>REQUESTS_CA_BUNDLE=tlscope-ca.pem SSL_CERT_FILE=tlscope-ca.pem</code>.",
        "Go on Linux, Ruby, PHP: <code>SSL_CERT_FILE=tlscope-ca.pem</code>.",
        "To see that it works:<pre>curl --proxy http://{proxy} --cacert tlscope-ca.pem \
         https://tlscope.test/self-test</pre>",
    ],
};

/// Every guide, in the order of the list below a device's own.
const ALL: [&Guide; 15] = [
    &IOS,
    &ANDROID,
    &OLD_ANDROID,
    &ANDROID_APP,
    &EMULATOR,
    &HARMONY,
    &MAC,
    &WINDOWS,
    &LINUX,
    &CHROME_ON_LINUX,
    &CHROME_OS,
    &FIREFOX,
    &PROGRAMS,
    &JAVA,
    &DOCKER,
];

/// The guides that a device needs, and the others.
pub(super) fn guides_for(platform: Platform) -> (Vec<&'static Guide>, Vec<&'static Guide>) {
    let mut own: Vec<&Guide> = match platform.system {
        System::Ios => vec![&IOS],
        System::Android if platform.android.is_some_and(|version| version < 7) => vec![&OLD_ANDROID],
        System::Android => vec![&ANDROID, &ANDROID_APP],
        System::Harmony => vec![&HARMONY],
        System::Mac => vec![&MAC],
        System::Windows => vec![&WINDOWS],
        System::ChromeOs => vec![&CHROME_OS],
        System::Linux if platform.is_firefox => vec![],
        System::Linux => vec![&CHROME_ON_LINUX, &LINUX],
        System::Program | System::Unknown => vec![],
    };
    if platform.is_firefox {
        own.insert(0, &FIREFOX);
    }
    if platform.may_be_ipad {
        own.push(&IOS);
    }
    let is_own = |guide: &&&Guide| own.iter().any(|own| own.title == guide.title);
    let others = ALL.iter().filter(|guide| !is_own(guide)).copied().collect();
    (own, others)
}
