//! The screen in a real terminal, with real traffic: curl through tlscope to the lab.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::needs::needs;
use crate::process::{command, run, until};
use crate::terminal::Terminal;

/// A home of its own, and tlscope with the lab on a terminal.
struct Desk {
    home: TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { home: TempDir::new().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn tlscope(&self) -> Command {
        let mut tlscope = command(env!("CARGO_BIN_EXE_tlscope"));
        tlscope.arg("--home").arg(self.home.path());
        tlscope
    }

    /// tlscope on a screen; with its proxy's port, and its session in a file that is known.
    fn screen(&self, flags: &[&str], (columns, rows): (u16, u16)) -> (Terminal, u16) {
        let mut tlscope = self.tlscope();
        tlscope.args(["run", "--lab", "--offline", "--listen=127.0.0.1:0", "--session"]).arg(self.path("s.tlscope"));
        let mut terminal = Terminal::start(tlscope.args(flags), columns, rows);
        terminal.shows("Nothing has come yet").shows("--cacert");
        let text = terminal.text();
        let port = text.split("127.0.0.1:").nth(1).unwrap_or_else(|| panic!("no port on the screen:\n{text}"));
        let port = port.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap();
        (terminal, port)
    }

    /// One request through it, as a user of the lab would send it.
    fn curl(&self, port: u16, url: &str) {
        let ca = self.path("ca/tlscope-ca-cert.pem");
        run(command("curl")
            .args([
                "-s",
                "-o",
                "/dev/null",
                "--max-time",
                "60",
                "--proxy",
                &format!("http://127.0.0.1:{port}"),
                "--cacert",
            ])
            .arg(ca)
            .arg(url))
        .well();
    }
}

/// What comes close behind it would be taken for the same key with Alt.
const ESC: &str = "\u{1b}";

#[test]
fn a_tester_watches_filters_and_leaves() {
    needs!("curl", "stty");
    let desk = Desk::new();
    let (mut screen, port) = desk.screen(&[], (120, 40));
    desk.curl(port, "https://expired.lab.test/json");
    screen.shows("expired.lab.test").shows("✖ cert-expired").shows("Fix: Renew the certificate");
    screen.keys("2").shows("sent as 1");
    screen.keys("\r\r").shows("extended key usage").keys(ESC).shows("─ 1 rows").keys(ESC).shows("/ filter");
    screen.keys("5").shows("content-type: application/json");
    desk.curl(port, "https://good.lab.test/");
    screen.shows("good.lab.test").shows("2 rows");
    screen.keys("/severity:>=error\r").shows("1 of 2 rows").hides("good.lab.test");
    screen.keys(ESC).shows("─ 2 rows");
    screen.keys("h").shows("─ 2 ").shows("worst");
    screen.keys("T").shows("▸ expired.lab.test");
    screen.keys("c").shows("life");
    screen.keys("s").shows("does it work yet").shows("works: it trusts the CA");
    screen.keys("tx").shows("write HAR to");
    screen.keys("\u{15}").keys(&format!("{}\r", desk.path("out.har").display())).shows("written to");
    let har = fs::read_to_string(desk.path("out.har")).unwrap();
    assert!(har.contains("https://expired.lab.test/json"), "{har}");
    screen.keys("q");
    assert_eq!(screen.ends(), 0);
    screen.is_clean();
    assert!(screen.text().contains("the session is kept: tlscope open"), "{}", screen.text());
}

#[test]
fn what_is_done_with_rows_is_done() {
    needs!("curl", "stty");
    let desk = Desk::new();
    let (mut screen, port) = desk.screen(&[], (160, 40));
    desk.curl(port, "https://expired.lab.test/json");
    screen.shows("cert-expired").keys("m").shows("⚑");
    screen.keys("asee the date\r").shows("see the date");
    screen.keys("r").shows("sent again; the answer was 200").shows("─ 2 rows");
    screen.keys("v").shows("checked again").shows("files    trusted");
    screen.keys(ESC).hides("checked again");
    screen.keys("i").shows("is tunnelled from its next connection on");
    let straight = command("curl")
        .args(["-sk", "-o", "/dev/null", "--proxy", &format!("http://127.0.0.1:{port}"), "https://expired.lab.test/"])
        .status();
    assert!(straight.unwrap().success());
    screen.shows("(tunnelled)");
    screen.keys("R").shows("not recording");
    desk.curl(port, "https://good.lab.test/");
    screen.keys("R").shows("recording again");
    desk.curl(port, "https://wrong-name.lab.test/after");
    screen.shows("wrong-name.lab.test");
    assert!(!screen.text().contains("good.lab.test"), "{}", screen.text());
    screen.keys("z").shows("cannot be undone").keys("y").shows("thrown away").shows("─ 0 rows");
    desk.curl(port, "https://good.lab.test/last");
    screen.shows("GET /last").keys("q");
    assert_eq!(screen.ends(), 0);
    let kept = run(desk.tlscope().arg("open").arg(desk.path("s.tlscope"))).well().text();
    assert!(kept.contains("good.lab.test") && !kept.contains("expired.lab.test"), "{kept}");
}

#[test]
fn what_a_client_of_a_bad_server_is_given_is_chosen_while_it_runs() {
    needs!("curl", "stty");
    let desk = Desk::new();
    let (mut screen, port) = desk.screen(&[], (160, 40));
    screen.shows("pass: clients of a bad server").shows("switched off");
    let url = "https://expired.lab.test/json";
    desk.curl(port, url);
    screen.shows("cert-expired").keys("b").shows("is mirrored from its next connection on");
    let mut curl = command("curl");
    curl.args(["-sS", "--proxy", &format!("http://127.0.0.1:{port}"), "--cacert"]);
    let refused = run(curl.arg(desk.path("ca/tlscope-ca-cert.pem")).arg(url));
    assert!(refused.stderr.contains("certificate has expired"), "{refused:?}");
    screen.shows("→ mirror").keys("G3").shows("a chain with the defects of the server's");
    screen.keys("b").shows("is refused from its next connection on");
    desk.curl(port, url);
    screen.shows("→ page").keys("G").shows("as refuse was chosen on the screen: cert-expired");
    screen.keys("b").shows("is passed from its next connection on: the app's own refusal is switched off");
    screen.keys("q");
    assert_eq!(screen.ends(), 0);
}

#[test]
fn a_kept_session_is_opened_with_its_notes() {
    needs!("curl", "stty");
    let desk = Desk::new();
    let (mut screen, port) = desk.screen(&[], (160, 30));
    desk.curl(port, "https://expired.lab.test/json");
    screen.shows("cert-expired").keys("aremember me\r").shows("remember me").keys("q");
    assert_eq!(screen.ends(), 0);
    let mut open = desk.tlscope();
    let mut screen = Terminal::start(open.arg("open").arg(desk.path("s.tlscope")), 160, 30);
    screen.shows("remember me").shows("cert-expired");
    screen.keys("/body:json\r").shows("filter: body:json").hides("searching");
    screen.keys(ESC).shows("─ 1 rows").keys("R").shows("this session is over");
    screen.keys("q");
    assert_eq!(screen.ends(), 0);
    screen.is_clean();
}

#[test]
fn it_is_laid_out_anew_when_the_window_changes() {
    needs!("curl", "stty");
    let desk = Desk::new();
    let (mut screen, port) = desk.screen(&[], (80, 24));
    desk.curl(port, "https://expired.lab.test/json");
    screen.shows("cert-expired");
    for (columns, rows) in [(60, 16), (300, 100), (80, 24)] {
        screen.resize(columns, rows);
        let footer = |screen: &vt100::Screen| {
            let last = screen.rows(0, columns).nth(usize::from(rows) - 1).unwrap_or_default();
            last.contains("/ filter") && screen.rows(0, columns).any(|row| row.contains("cert-expired"))
        };
        until(&format!("a frame of {columns}x{rows}"), || screen.look(footer).then_some(()));
    }
    screen.keys("q");
    assert_eq!(screen.ends(), 0);
}

#[test]
fn signals_leave_a_clean_terminal_and_a_whole_session() {
    needs!("curl", "stty");
    for signal in ["TERM", "HUP", "INT"] {
        let desk = Desk::new();
        let (mut screen, port) = desk.screen(&[], (80, 24));
        desk.curl(port, "https://expired.lab.test/json");
        screen.shows("cert-expired");
        screen.signal(signal);
        assert_eq!(screen.ends(), 0, "{signal}");
        screen.is_clean();
        let kept = run(desk.tlscope().arg("open").arg(desk.path("s.tlscope"))).well().text();
        assert!(kept.contains("cert-expired"), "{signal}: {kept}");
    }
}

#[test]
fn it_goes_to_the_shell_and_comes_back() {
    needs!("stty");
    let desk = Desk::new();
    let (mut screen, _) = desk.screen(&[], (80, 24));
    screen.keys("\u{1a}");
    let state = || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", screen.id())).unwrap_or_default();
        stat.rsplit(") ").next().and_then(|rest| rest.chars().next())
    };
    if fs::metadata("/proc/self/stat").is_ok() {
        until("the process to stop", || (state() == Some('T')).then_some(()));
    }
    screen.is_clean();
    screen.signal("CONT");
    until("the screen to come back", || screen.look(vt100::Screen::alternate_screen).then_some(()));
    screen.shows("Nothing has come yet").keys("q");
    assert_eq!(screen.ends(), 0);
    screen.is_clean();
}

#[test]
fn colours_glyphs_and_keys_are_as_wished() {
    needs!("curl", "stty");
    let desk = Desk::new();
    fs::write(desk.path("config.toml"), "[tui]\nascii = true\nmouse = false\n[tui.keys]\nquit = [\"Q\"]\n").unwrap();
    let mut tlscope = desk.tlscope();
    tlscope.env("NO_COLOR", "1").args(["run", "--lab", "--offline", "--listen=127.0.0.1:0"]);
    let mut screen = Terminal::start(&tlscope, 120, 24);
    screen.shows("Nothing has come yet").shows("Q quit");
    screen.look(|screen| {
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        for row in 0..24 {
            for column in 0..120 {
                let cell = screen.cell(row, column).unwrap();
                assert!(cell.contents().is_ascii(), "{:?} at {row}, {column}", cell.contents());
                assert_eq!(cell.fgcolor(), vt100::Color::Default, "at {row}, {column}");
            }
        }
    });
    screen.keys("q").keys("?").shows("more lines below").keys(ESC).hides("more lines below").keys("Q");
    assert_eq!(screen.ends(), 0);
    screen.is_clean();
}

/// Set for the process that is to panic.
const PANIC: &str = "TLSCOPE_TEST_PANIC";

#[test]
fn a_panic_of_the_screen_gives_the_terminal_back_first() {
    if std::env::var_os(PANIC).is_some() {
        return panic_on_the_screen();
    }
    needs!("stty");
    let mut own = Command::new(std::env::current_exe().unwrap());
    own.args(["--exact", "--nocapture", "screen::a_panic_of_the_screen_gives_the_terminal_back_first"]).env(PANIC, "1");
    own.env("RUST_BACKTRACE", "0");
    let mut screen = Terminal::start(&own, 80, 24);
    assert_ne!(screen.ends(), 0);
    screen.is_clean();
    assert!(screen.text().contains("the screen is on fire"), "{}", screen.text());
}

/// The screen, until something in its own thread goes wrong.
fn panic_on_the_screen() {
    use tlscope::session::{Book, Limits, Session};
    use tlscope::tui::{About, Hooks, Settings};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let session = Session::finished(Book::new(Limits::default()));
    let fire = async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        panic!("the screen is on fire");
    };
    let _ = runtime.block_on(tlscope::tui::run(session, About::default(), Hooks::none(), Settings::default(), fire));
}
