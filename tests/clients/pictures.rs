//! The pictures in docs/pictures, from a real run: curl through tlscope to the lab, on a real screen.
//!
//! `UPDATE_PICTURES=1 cargo test --test clients pictures` writes them anew. Without it the run is made
//! all the same, so that what the pictures show can be had.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use tempfile::TempDir;
use vt100::{Cell, Color, Screen};

use crate::needs::needs;
use crate::process::{command, run};
use crate::terminal::Terminal;

const COLUMNS: u16 = 110;
const ROWS: u16 = 32;

/// What a tester's app might ask for in its first minute.
const ASKED: &[&str] = &[
    "https://good.lab.test/json",
    "https://expired.lab.test/json",
    "https://expired-wrong-name.lab.test/gzip",
    "https://missing-intermediate.lab.test/cookie",
    "https://good.lab.test/v1/users/7",
    "https://self-signed.lab.test/status/404",
    "https://tls10.lab.test/",
    "https://wrong-name.lab.test/json",
    "https://good.lab.test/v1/users/8",
    "https://intermediate-expired.lab.test/slow/120",
    "https://deep-and-bad.lab.test/bytes/20000",
];

#[test]
fn pictures_of_the_main_screens() {
    needs!("curl", "stty");
    let home = TempDir::new().unwrap();
    let mut tlscope = command(env!("CARGO_BIN_EXE_tlscope"));
    // A path that says something, wherever the test runs.
    tlscope.current_dir(home.path()).args(["--home", "home", "run", "--lab", "--offline", "--listen=127.0.0.1:0"]);
    let mut screen = Terminal::start(&tlscope, COLUMNS, ROWS);
    screen.shows("Nothing has come yet").shows("--cacert");
    let text = screen.text();
    let proxy: String =
        text.split("http://127.0.0.1:").nth(1).unwrap().chars().take_while(char::is_ascii_digit).collect();
    let ca = home.path().join("home/ca/tlscope-ca-cert.pem");
    for (at, url) in ASKED.iter().enumerate() {
        let mut curl = command("curl");
        curl.args(["-sk", "-o", "/dev/null", "--max-time", "60", "--proxy", &format!("http://127.0.0.1:{proxy}")]);
        // One of them does not trust the CA, as an app that pins does not.
        if at == 7 {
            curl.arg("--cacert").arg(home.path().join("none.pem"));
        } else {
            curl.arg("--cacert").arg(&ca);
        }
        let _ = run(curl.arg(url));
    }
    screen.shows("11 rows").keys("gjj").shows(" expired-wrong-name.lab.test ─").shows("Fix:");
    take(&screen, "traffic");
    screen.keys("2\r").shows("needed").shows("look for");
    take(&screen, "chain");
    screen.keys("3").shows("tlscope and server");
    take(&screen, "handshake");
    screen.keys("\u{1b}").shows("/ filter").keys("h").shows("refused");
    take(&screen, "hosts");
    screen.keys("c").shows("life");
    take(&screen, "certificates");
    screen.keys("T").shows("host and path");
    take(&screen, "tree");
    screen.keys("s").shows("does it work yet");
    take(&screen, "setup");
    screen.keys("tv").shows("checked again");
    screen.keys("\u{1b}").hides("checked again").keys("q");
    assert_eq!(screen.ends(), 0);
}

fn take(screen: &Terminal, name: &str) {
    let picture = screen.look(svg);
    assert!(picture.starts_with("<svg") && picture.contains("tlscope"));
    if std::env::var_os("UPDATE_PICTURES").is_some() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures");
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join(format!("{name}.svg")), picture).unwrap();
    }
}

/// The size of a cell, in pixels.
const CELL: (f64, f64) = (8.4, 18.0);

/// The ground that the terminal's own colours are on.
const GROUND: &str = "#16181d";
const TEXT: &str = "#d8dee9";

fn svg(screen: &Screen) -> String {
    let (width, height) = (f64::from(COLUMNS) * CELL.0 + 16.0, f64::from(ROWS) * CELL.1 + 16.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"Menlo, Consolas, 'DejaVu Sans Mono', monospace\" \
         font-size=\"14\">\n<rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{GROUND}\"/>\n"
    );
    for row in 0..ROWS {
        let cells: Vec<&Cell> = (0..COLUMNS).filter_map(|column| screen.cell(row, column)).collect();
        let mut column = 0;
        for run in cells.chunk_by(|a, b| look(a) == look(b)) {
            let text: String = run.iter().map(|cell| if cell.has_contents() { cell.contents() } else { " " }).collect();
            draw(&mut out, (column, row, run.len()), run[0], &text);
            column += run.len();
        }
    }
    out.push_str("</svg>\n");
    out
}

fn look(cell: &Cell) -> (Color, Color, bool, bool, bool) {
    (cell.fgcolor(), cell.bgcolor(), cell.bold(), cell.dim(), cell.inverse())
}

fn draw(out: &mut String, (column, row, length): (usize, u16, usize), cell: &Cell, text: &str) {
    let (x, y) = (8.0 + column as f64 * CELL.0, 8.0 + f64::from(row) * CELL.1);
    let (mut front, mut back) = (hex(cell.fgcolor(), TEXT), hex(cell.bgcolor(), GROUND));
    if cell.inverse() {
        std::mem::swap(&mut front, &mut back);
    }
    if back != GROUND {
        let (width, height) = (length as f64 * CELL.0, CELL.1);
        let _ =
            writeln!(out, "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height}\" fill=\"{back}\"/>");
    }
    if text.trim().is_empty() {
        return;
    }
    let weight = if cell.bold() { " font-weight=\"bold\"" } else { "" };
    let faint = if cell.dim() { " opacity=\"0.65\"" } else { "" };
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{:.1}\" fill=\"{front}\"{weight}{faint} textLength=\"{:.1}\" \
         lengthAdjust=\"spacingAndGlyphs\" xml:space=\"preserve\">{escaped}</text>",
        y + 13.5,
        length as f64 * CELL.0
    );
}

/// The sixteen colours as a terminal might show them; of the rest only what the themes use.
fn hex(colour: Color, otherwise: &str) -> String {
    const SIXTEEN: [&str; 16] = [
        "#16181d", "#e05561", "#8cc265", "#d18f52", "#4aa5f0", "#c162de", "#42b3c2", "#d8dee9", "#5c6370", "#ff616e",
        "#a5e075", "#f0a45d", "#4dc4ff", "#de73ff", "#4cd1e0", "#ffffff",
    ];
    match colour {
        Color::Default => otherwise.to_owned(),
        Color::Idx(at) => SIXTEEN.get(usize::from(at)).unwrap_or(&otherwise).to_string(),
        Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
    }
}
