//! The setup page in a real browser, with the CA trusted and without, with scripts and without, through
//! the proxy and directly; and its files as those read them that they are for.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::chromium::trusts_ca;
use crate::harness::Scene;
use crate::needs::needs;
use crate::process::{Ended, command, run, until};

/// A Chromium that has everything in its own home.
struct Browser<'s> {
    scene: &'s Scene,
    trusts: bool,
    is_proxied: bool,
    runs_scripts: bool,
}

impl<'s> Browser<'s> {
    fn new(scene: &'s Scene, trusts: bool, is_proxied: bool) -> Self {
        if trusts {
            trusts_ca(scene);
        }
        Self { scene, trusts, is_proxied, runs_scripts: true }
    }

    /// The page as it stands when all is done.
    fn dom(&self, url: &str) -> String {
        run(self.command().args(["--dump-dom", url])).text()
    }

    fn command(&self) -> Command {
        let home = self.scene.path(if self.trusts { "" } else { "without-ca" });
        let mut chromium = command("chromium");
        chromium.env("HOME", &home).arg(format!("--user-data-dir={}", home.join("profile").display()));
        chromium.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]);
        chromium.args(["--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update"]);
        // The page asks once more when its pictures have come or not; its clocks do not wait for ours.
        chromium.args(["--disable-sync", "--virtual-time-budget=20000"]);
        if self.is_proxied {
            chromium.arg(format!("--proxy-server={}", self.scene.proxy("http")));
        } else {
            chromium.arg("--no-proxy-server");
        }
        if !self.runs_scripts {
            // As a person blocks it. The switch of the renderer stops what reads the page as well.
            let profile = home.join("profile/Default");
            fs::create_dir_all(&profile).unwrap();
            let blocked = r#"{"profile":{"default_content_setting_values":{"javascript":2}}}"#;
            fs::write(profile.join("Preferences"), blocked).unwrap();
        }
        chromium
    }
}

/// What the page says to each question, `yes`, `no` or `open` first.
fn answers(dom: &str) -> Vec<String> {
    let test = dom.split_once("<div id=\"test\"").unwrap().1.split_once("</ul>").unwrap().0;
    let answer = |item: &str| {
        let (class, rest) = item.split_once('"').unwrap();
        let (question, rest) = rest.split_once("</i> ").unwrap().1.split_once("</b> <span>").unwrap();
        format!("{class}: {question}: {}", rest.split_once("</span>").unwrap().0)
    };
    test.split("<li class=\"").skip(1).map(answer).collect()
}

fn said(scene: &Scene) -> String {
    fs::read_to_string(scene.path("tlscope.log")).unwrap()
}

/// Waits for a line of the run.
fn says(scene: &Scene, words: &str) {
    until(words, || said(scene).contains(words).then_some(()));
}

const TRUSTED: [&str; 3] = [
    "yes: CA trusted: yes: this browser takes tlscope's certificates",
    "yes: TLS version: TLS 1.3 offered, TLS 1.3 used",
    "yes: HTTP/2: offered",
];

const NOT_TRUSTED: [&str; 3] = [
    "no: CA trusted: not yet. The last attempt: it sent the alert certificate_unknown (46).",
    "yes: TLS version: TLS 1.3 offered",
    "yes: HTTP/2: offered",
];

#[test]
fn the_self_test_in_a_browser() {
    needs!("chromium", "certutil", "nginx", "openssl");
    let proxied = "yes: Through the proxy: yes: this page came through it";
    let direct = "no: Through the proxy: not yet: this page was reached directly";
    for (trusts, is_proxied) in [(true, true), (false, true), (true, false), (false, false)] {
        let scene = Scene::of_nginx();
        let url = if is_proxied { "http://tlscope.test/".to_owned() } else { format!("{}/", scene.proxy("http")) };
        let browser = Browser::new(&scene, trusts, is_proxied);
        let found = answers(&browser.dom(&url));
        let first = if is_proxied { proxied } else { direct };
        let rest = if trusts { TRUSTED } else { NOT_TRUSTED };
        assert_eq!(found, [&[first], &rest[..]].concat(), "trusts {trusts}, proxied {is_proxied}");
        says(&scene, "opened the setup page (Linux)");
        says(&scene, if trusts { "✓ trusts the CA (TLS 1.3, HTTP/2)" } else { "does not trust the CA" });
        assert_eq!(said(&scene).contains("comes through the proxy"), is_proxied);
        // Chromium has other things to ask through a proxy; what it asked of tlscope is no row.
        let recording = scene.recording();
        let own = recording.connections().into_iter().filter(|c| c.at("/target").to_string().contains("tlscope.test"));
        assert_eq!(own.count(), 0);
    }
}

#[test]
fn the_page_without_scripts() {
    needs!("chromium", "certutil", "nginx", "openssl");
    for trusts in [true, false] {
        let scene = Scene::of_nginx();
        let browser = Browser { runs_scripts: false, ..Browser::new(&scene, trusts, false) };
        let page = browser.dom(&format!("{}/", scene.proxy("http")));
        let found = answers(&page);
        assert!(found[0].starts_with("open: Through the proxy: <img src=\"http://tlscope.test/"), "{found:?}");
        assert!(found[1].contains("/ca.svg\" alt=\"not yet\""), "{found:?}");
        assert!(page.contains("<h2>Chrome and Chromium on Linux</h2>") && page.contains("<details>"), "{page}");
        // Its pictures have been asked for all the same: what came of it, the next page says.
        says(&scene, if trusts { "✓ trusts the CA" } else { "does not trust the CA" });
        let again = browser.dom(&format!("{}/", scene.proxy("http")));
        assert_eq!(again.contains("The last attempt: it sent the alert certificate_unknown (46)."), !trusts, "{again}");
    }
}

#[test]
fn the_test_page_opens_only_where_the_ca_is_trusted() {
    needs!("chromium", "certutil", "nginx", "openssl");
    for trusts in [true, false] {
        let scene = Scene::of_nginx();
        let page = Browser::new(&scene, trusts, true).dom("https://tlscope.test/self-test");
        assert_eq!(page.contains("<h1>Self-test</h1>"), trusts, "{page}");
        if trusts {
            assert_eq!(answers(&page)[1..], TRUSTED, "{page}");
        }
    }
}

/// A file of the page, as a device gets it.
fn fetched(scene: &Scene, path: &str) -> PathBuf {
    let file = scene.path(path);
    let url = format!("{}/{path}", scene.proxy("http"));
    run(command("curl").args(["--silent", "--show-error", "--fail", "-o"]).arg(&file).arg(url)).well();
    file
}

fn openssl(args: &[&str], file: &PathBuf) -> Ended {
    run(command("openssl").args(args).arg("-in").arg(file)).well()
}

#[test]
fn the_ca_in_every_form_is_the_ca() {
    needs!("curl", "openssl", "keytool", "python3", "nginx");
    let scene = Scene::of_nginx();
    let fingerprint = |args: &[&str], file: &PathBuf| {
        openssl(&[&["x509", "-noout", "-fingerprint", "-sha256"], args].concat(), file).text()
    };
    let ca = fingerprint(&[], &scene.ca());
    assert_eq!(fingerprint(&[], &fetched(&scene, "ca.pem")), ca);
    for path in ["ca.crt", "ca.der", "ca.cer"] {
        assert_eq!(fingerprint(&["-inform", "DER"], &fetched(&scene, path)), ca, "{path}");
    }
    // The name by which Android looks it up, linked on the page.
    let hash = openssl(&["x509", "-noout", "-subject_hash_old"], &scene.ca()).text();
    assert_eq!(fingerprint(&[], &fetched(&scene, &format!("{}.0", hash.trim()))), ca);
    let store = fetched(&scene, "ca.p12");
    let p12 = openssl(&["pkcs12", "-passin", "pass:changeit", "-nokeys", "-legacy"], &store);
    fs::write(scene.path("from-p12.pem"), &p12.stdout).unwrap();
    assert_eq!(fingerprint(&[], &scene.path("from-p12.pem")), ca);
    let keys = openssl(&["pkcs12", "-passin", "pass:changeit", "-nocerts", "-nodes", "-legacy"], &store).text();
    assert!(!keys.contains("PRIVATE"), "the key of the CA never leaves");
    let mut keytool = command("keytool");
    let listed = run(keytool.args(["-list", "-storepass", "changeit", "-keystore"]).arg(&store)).well().text();
    assert!(listed.contains("trustedCertEntry"), "{listed}");
    let digits = ca.trim().split_once('=').unwrap().1;
    assert!(listed.contains(digits), "{listed}");
}

#[test]
fn the_profile_is_a_property_list_with_the_ca() {
    needs!("curl", "openssl", "python3", "nginx");
    let scene = Scene::of_nginx();
    let script = "import plistlib, sys, hashlib\n\
                  first, second = (plistlib.load(open(path, 'rb')) for path in sys.argv[1:3])\n\
                  assert first == second, 'it is another one each time'\n\
                  assert first['PayloadType'] == 'Configuration' and first['PayloadVersion'] == 1\n\
                  (root,) = first['PayloadContent']\n\
                  assert root['PayloadType'] == 'com.apple.security.root'\n\
                  assert first['PayloadUUID'] != root['PayloadUUID']\n\
                  import uuid; uuid.UUID(first['PayloadUUID']); uuid.UUID(root['PayloadUUID'])\n\
                  print(hashlib.sha256(root['PayloadContent']).hexdigest())\n";
    let first = fetched(&scene, "ca.mobileconfig");
    let kept = scene.path("first.mobileconfig");
    fs::rename(first, &kept).unwrap();
    let second = fetched(&scene, "ca.mobileconfig");
    let digest = run(command("python3").args(["-c", script]).args([&kept, &second])).well().text();
    let fingerprint = openssl(&["x509", "-noout", "-fingerprint", "-sha256"], &scene.ca()).text();
    let digits = fingerprint.trim().split_once('=').unwrap().1.replace(':', "").to_lowercase();
    assert_eq!(digest.trim(), digits);
}

#[test]
fn the_proxy_script_sends_everything_through_the_proxy() {
    needs!("curl", "node", "nginx", "openssl");
    let scene = Scene::of_nginx();
    let script = fs::read_to_string(fetched(&scene, "proxy.pac")).unwrap();
    let calls = "\nconst hosts = ['example.com', 'intranet', '192.168.1.9', 'localhost.example', 'localhost', '127.0.0.1'];\n\
                 console.log(hosts.map(host => FindProxyForURL('https://' + host + '/', host)).join('\\n'));\n";
    let found = run(command("node").args(["-e", &format!("{script}{calls}")])).well().text();
    let proxy = format!("PROXY 127.0.0.1:{}", scene.port);
    let proxy = proxy.as_str();
    assert_eq!(found.lines().collect::<Vec<_>>(), [proxy, proxy, proxy, proxy, "DIRECT", "DIRECT"]);
}

#[test]
fn curl_is_told_in_plain_words() {
    needs!("curl", "nginx", "openssl");
    let scene = Scene::of_nginx();
    let asked = |args: &[&str]| run(command("curl").args(["--silent", "--show-error"]).args(args));
    let steps = asked(&[&scene.proxy("http")]).well().text();
    assert!(steps.contains(&format!("curl -o tlscope-ca.pem {}/ca.pem", scene.proxy("http"))), "{steps}");
    let (proxy, ca) = (scene.proxy("http"), scene.ca());
    let test =
        asked(&["--proxy", &proxy, "--cacert", ca.to_str().unwrap(), "https://tlscope.test/self-test"]).well().text();
    assert!(test.starts_with("through the proxy: yes\nCA trusted:        yes"), "{test}");
    assert!(test.contains("TLS 1.3 offered, TLS 1.3 used\nHTTP/2:            offered"), "{test}");
    assert!(!asked(&["--proxy", &proxy, "https://tlscope.test/self-test"]).is_well());
    says(&scene, "does not trust the CA: it sent the alert unknown_ca (48)");
    let socks = scene.proxy("socks5h");
    let page = asked(&["--proxy", &socks, "http://tlscope.test/self-test"]).well().text();
    assert!(page.starts_with("through the proxy: yes"), "{page}");
}
