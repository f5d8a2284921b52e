//! `tlscope device android` against a stand-in for adb (`adb` beside this file): a script that keeps what is
//! changed in files and writes every call down. Nothing here has seen a real device.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

const ONE: &str = "S1\tdevice usb:1-1 product:x model:Stand_in_7 device:y transport_id:1\n";

/// A home for tlscope, and what the stand-in knows.
struct Bench {
    dir: TempDir,
}

impl Bench {
    fn new(devices: &str) -> Self {
        let bench = Self { dir: tempfile::tempdir().unwrap() };
        fs::create_dir(bench.standin()).unwrap();
        bench.put("devices", devices);
        bench
    }

    fn standin(&self) -> PathBuf {
        self.dir.path().join("standin")
    }

    fn put(&self, name: &str, text: &str) {
        fs::write(self.standin().join(name), text).unwrap();
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.standin().join(name)).unwrap();
    }

    /// What a file of the stand-in holds; nothing when there is none.
    fn holds(&self, name: &str) -> String {
        fs::read_to_string(self.standin().join(name)).unwrap_or_default().trim_end().to_owned()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tlscope"));
        let path = format!("{}/tests/it/android:{}", env!("CARGO_MANIFEST_DIR"), std::env::var("PATH").unwrap());
        command.args(args).arg("--home").arg(self.dir.path().join("home"));
        command.env("PATH", path).env("STANDIN", self.standin()).env_remove("ANDROID_SERIAL");
        command.env("HOME", self.dir.path()).env_remove("ANDROID_HOME").env_remove("ANDROID_SDK_ROOT");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end.
    fn tlscope(&self, args: &[&str]) -> (i32, String) {
        said(self.command(args).output().unwrap())
    }

    /// A run with the device attached, which ends by itself.
    fn attach(&self, more: &[&str]) -> (i32, String) {
        self.tlscope(&[ATTACH, &["--for", "50ms"], more].concat())
    }

    /// A run with the device attached that goes on.
    fn attached(&self) -> Child {
        let mut child = self.command(ATTACH).spawn().unwrap();
        until("the proxy setting", || {
            assert!(child.try_wait().unwrap().is_none(), "tlscope ended");
            self.holds("proxy").starts_with("127.0.0.1:")
        });
        child
    }

    fn journals(&self) -> usize {
        fs::read_dir(self.dir.path().join("home/attached")).map_or(0, Iterator::count)
    }
}

const ATTACH: &[&str] = &["device", "android", "--headless", "--listen", "127.0.0.1:0"];

fn said(output: Output) -> (i32, String) {
    let words = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8(words).unwrap())
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < deadline, "no {what}");
        sleep(Duration::from_millis(5));
    }
}

fn signal(child: &Child, name: &str) {
    let kill = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
}

#[test]
fn a_device_is_led_through_the_cable_and_set_back() {
    let bench = Bench::new(ONE);
    let (code, words) = bench.attach(&[]);
    assert_eq!(code, 0, "{words}");
    assert!(words.contains("Stand-in 7 (S1), API level 34: led to 127.0.0.1:"), "{words}");
    assert!(words.contains("Install a certificate"), "{words}");
    assert!(words.contains("Stand-in 7 (S1): its proxy setting is none again"), "{words}");
    assert_eq!((bench.holds("proxy"), bench.holds("reverses"), bench.journals()), (String::new(), String::new(), 0));
    let ca = fs::read_to_string(bench.dir.path().join("home/ca/tlscope-ca-cert.pem")).unwrap();
    assert!(!ca.contains("PRIVATE KEY"));
    assert_eq!(fs::read_to_string(bench.standin().join("files/tlscope-ca.crt")).unwrap(), ca);
    let calls = bench.holds("calls");
    let changing: Vec<String> = calls.lines().filter(|call| !is_question(call)).map(without_port).collect();
    assert_eq!(
        changing,
        [
            "-s S1 reverse tcp:PORT tcp:PORT",
            "-s S1 shell settings put global http_proxy '127.0.0.1:PORT'",
            "-s S1 push HOME/ca/tlscope-ca-cert.pem /sdcard/Download/tlscope-ca.crt",
            "-s S1 shell am start -a android.settings.SECURITY_SETTINGS",
            "-s S1 shell settings put global http_proxy ':0'",
            "-s S1 shell settings delete global http_proxy",
            "-s S1 reverse --remove tcp:PORT",
        ]
    );
}

fn is_question(call: &str) -> bool {
    ["devices", "getprop", "ip route", "settings get", "--list"].iter().any(|part| call.contains(part))
}

/// Ports and directories are others in every run.
fn without_port(call: &str) -> String {
    let word = |word: &str| match word {
        _ if word.starts_with("tcp:") => "tcp:PORT".to_owned(),
        _ if word.starts_with("'127.0.0.1:") => "'127.0.0.1:PORT'".to_owned(),
        _ if word.ends_with("/home/ca/tlscope-ca-cert.pem") => "HOME/ca/tlscope-ca-cert.pem".to_owned(),
        _ => word.to_owned(),
    };
    call.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_proxy_that_was_there_comes_back() {
    for before in ["10.0.0.1:3128", ":0", "proxy.corp.example:8080"] {
        let bench = Bench::new(ONE);
        bench.put("proxy", before);
        bench.put("reverses", "tcp:9\n");
        let (code, words) = bench.attach(&["--no-certificate"]);
        assert_eq!(code, 0, "{words}");
        assert_eq!((bench.holds("proxy").as_str(), bench.holds("reverses").as_str()), (before, "tcp:9"), "{words}");
        assert!(!bench.standin().join("files").exists());
    }
}

#[test]
fn a_shared_network_is_used_and_the_device_let_in() {
    let bench = Bench::new(ONE);
    let Some(own) = own_address() else { return eprintln!("skipped: this machine is in no network") };
    let network = own.rsplit_once('.').unwrap().0.to_owned();
    bench.put("routes", &format!("{network}.0/24 dev wlan0 proto kernel scope link src {network}.253\n"));
    let run = ["device", "android", "--headless", "--listen", "0.0.0.0:0", "--for", "50ms"];
    let (code, words) = bench.tlscope(&run);
    assert_eq!(code, 0, "{words}");
    assert!(words.contains(&format!("led to {own}:")) && words.contains("through the network"), "{words}");
    assert!(words.contains(&format!("{network}.253")), "the device is allowed: {words}");
    assert!(!bench.holds("calls").contains("reverse tcp:"), "{words}");
    assert_eq!(bench.holds("proxy"), "");
    let (_, words) = bench.tlscope(&[&run[..], &["--cable"]].concat());
    assert!(words.contains("through the cable"), "{words}");
    assert!(!words.contains(&format!("{network}.253")), "nobody is let in for the cable: {words}");
}

fn own_address() -> Option<String> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_loopback() && !ip.is_unspecified()).then(|| ip.to_string())
}

#[test]
fn which_device_is_meant_has_to_be_clear() {
    let two = format!("{ONE}S2\tdevice model:Other\n");
    let cases = [
        ("", &[][..], "USB debugging"),
        ("S1\tunauthorized usb:1\n", &[], "allow USB debugging from this computer"),
        ("S1\toffline usb:1\n", &[], "adb kill-server"),
        ("S1\tno permissions (missing udev rules?); see [http://x]\n", &[], "udev"),
        (&two, &[], "more than one device is attached; name one with --serial:\n  S1  Stand in 7"),
        (ONE, &["--serial", "S9"], "adb lists no device S9; there are:"),
    ];
    for (devices, flags, expected) in cases {
        let bench = Bench::new(devices);
        let (code, words) = bench.attach(flags);
        assert!(code == 2 && words.contains(expected), "{code} {words}");
        assert_eq!(bench.journals(), 0);
    }
    let bench = Bench::new(&two);
    let (code, words) = bench.attach(&["--serial", "S2"]);
    assert!(code == 0 && words.contains("(S2)"), "{words}");
}

#[test]
fn without_adb_it_says_where_to_get_it() {
    let bench = Bench::new(ONE);
    let (code, words) = said(bench.command(ATTACH).env("PATH", "/nonexistent").output().unwrap());
    assert!(code == 2 && words.contains("platform-tools") && words.contains("--adb"), "{words}");
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/android");
    let sdk = bench.dir.path().join("sdk");
    fs::create_dir(&sdk).unwrap();
    std::os::unix::fs::symlink(here, sdk.join("platform-tools")).unwrap();
    let mut command = bench.command(&[ATTACH, &["--for", "50ms"]].concat());
    command.env("PATH", tools(&bench)).env("ANDROID_HOME", &sdk);
    let (code, words) = said(command.output().unwrap());
    assert_eq!(code, 0, "{words}");
}

/// A directory with what the stand-in itself calls, and no adb that this machine may have.
fn tools(bench: &Bench) -> PathBuf {
    let dir = bench.dir.path().join("tools");
    fs::create_dir(&dir).unwrap();
    for tool in ["sh", "cat", "grep", "sed", "mkdir", "cp", "mv", "rm", "sleep"] {
        let real = ["/bin", "/usr/bin"].map(|place| Path::new(place).join(tool)).into_iter().find(|file| file.exists());
        std::os::unix::fs::symlink(real.unwrap(), dir.join(tool)).unwrap();
    }
    dir
}

#[test]
fn an_adb_that_hangs_is_not_waited_for() {
    let bench = Bench::new(ONE);
    bench.put("hang", "getprop");
    let (code, words) = bench.attach(&["--adb-timeout", "300ms"]);
    assert!(code == 2 && words.contains("did not end within 0.3 s") && words.contains("getprop"), "{words}");
}

#[test]
fn what_fails_half_way_is_set_back() {
    for (fails, expected) in [("settings put", "settings put"), ("reverse tcp", "reverse tcp")] {
        let bench = Bench::new(ONE);
        bench.put("proxy", "10.0.0.1:3128");
        bench.put("fail", fails);
        let (code, words) = bench.attach(&[]);
        assert!(code == 2 && words.contains(expected) && words.contains("closed"), "{words}");
        assert_eq!((bench.holds("proxy").as_str(), bench.holds("reverses").as_str()), ("10.0.0.1:3128", ""), "{words}");
        assert_eq!(bench.journals(), 0, "{words}");
    }
    let bench = Bench::new(ONE);
    bench.put("stubborn", "");
    let (code, words) = bench.attach(&[]);
    assert!(code == 2 && words.contains("MIUI"), "{words}");
    assert_eq!((bench.holds("reverses").as_str(), bench.journals()), ("", 0), "{words}");
}

#[test]
fn a_certificate_that_cannot_be_pushed_does_not_end_the_run() {
    let bench = Bench::new(ONE);
    bench.put("fail", "push");
    let (code, words) = bench.attach(&[]);
    assert!(code == 0 && words.contains("the CA certificate is not on the device"), "{words}");
    assert_eq!(bench.holds("proxy"), "");
}

#[test]
fn a_signal_sets_the_device_back() {
    for name in ["INT", "TERM", "HUP"] {
        let bench = Bench::new(ONE);
        bench.put("proxy", "10.0.0.1:3128");
        let child = bench.attached();
        signal(&child, name);
        let (_, words) = said(child.wait_with_output().unwrap());
        assert_eq!(bench.holds("proxy"), "10.0.0.1:3128", "{name}: {words}");
        assert_eq!(bench.journals(), 0, "{name}: {words}");
    }
}

#[test]
fn after_a_crash_the_next_start_sets_the_device_back() {
    let bench = Bench::new(ONE);
    bench.put("proxy", "10.0.0.1:3128");
    let mut child = bench.attached();
    let (code, words) = bench.tlscope(&["device", "restore"]);
    assert!(code == 0 && words.contains("nothing is left"), "the device of a living run is left alone: {words}");
    signal(&child, "KILL");
    child.wait().unwrap();
    assert_eq!((bench.holds("reverses").is_empty(), bench.journals()), (false, 1));
    // Any run will do.
    let (code, words) = bench.tlscope(&["run", "--headless", "--listen", "127.0.0.1:0", "--for", "1ms"]);
    assert!(code == 0 && words.contains("left by an earlier run: Stand-in 7 (S1): its proxy setting is"), "{words}");
    assert_eq!((bench.holds("proxy").as_str(), bench.holds("reverses").as_str()), ("10.0.0.1:3128", ""), "{words}");
    assert_eq!(bench.journals(), 0);
}

#[test]
fn what_somebody_else_has_set_is_left_alone() {
    let bench = Bench::new(ONE);
    let child = bench.attached();
    bench.put("proxy", "10.9.9.9:1");
    signal(&child, "TERM");
    let (_, words) = said(child.wait_with_output().unwrap());
    assert!(words.contains("10.9.9.9:1, which is not what tlscope wrote"), "{words}");
    assert_eq!((bench.holds("proxy").as_str(), bench.holds("reverses").as_str()), ("10.9.9.9:1", ""));
    assert_eq!(bench.journals(), 0);
}

#[test]
fn a_cable_that_was_pulled_leaves_words_and_is_made_good_later() {
    let bench = Bench::new(ONE);
    let child = bench.attached();
    bench.put("devices", "");
    signal(&child, "TERM");
    let (_, words) = said(child.wait_with_output().unwrap());
    assert!(words.contains("tlscope device restore"), "{words}");
    assert!(words.contains("adb -s S1 shell settings put global http_proxy ':0'"), "{words}");
    let (code, words) = bench.tlscope(&["device", "restore"]);
    assert!(code == 1 && words.contains("it is not attached"), "{code} {words}");
    bench.put("devices", "S1\tunauthorized\n");
    let (code, words) = bench.tlscope(&["device", "restore"]);
    assert!(code == 1 && words.contains("it is unauthorized"), "{code} {words}");
    bench.put("devices", ONE);
    let (code, words) = bench.tlscope(&["device", "restore"]);
    assert!(code == 0 && words.contains("is none again"), "{code} {words}");
    assert_eq!((bench.holds("proxy").as_str(), bench.holds("reverses").as_str(), bench.journals()), ("", "", 0));
}

#[test]
fn two_runs_do_not_share_a_device() {
    let bench = Bench::new(ONE);
    let child = bench.attached();
    let (code, words) = bench.attach(&[]);
    assert!(code == 2 && words.contains("another tlscope has S1 attached"), "{words}");
    assert!(bench.holds("proxy").starts_with("127.0.0.1:"), "the first goes on");
    signal(&child, "TERM");
    child.wait_with_output().unwrap();
    assert_eq!(bench.holds("proxy"), "");
}

#[test]
fn what_is_remembered_does_not_make_the_device_do_more() {
    let bench = Bench::new(ONE);
    bench.put("proxy", "x'; touch \"$STANDIN/owned\"; '");
    let (code, words) = bench.attach(&[]);
    assert_eq!(code, 0, "{words}");
    assert!(!bench.standin().join("owned").exists());
    assert_eq!(bench.holds("proxy"), "x'; touch \"$STANDIN/owned\"; '");
    bench.remove("proxy");
}
