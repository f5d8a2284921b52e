//! The house stands as docs/architecture.md says: a room imports from lower floors only, files and
//! functions are short, and every room says at its head what it owns.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The floors, the lowest first.
const FLOORS: [&[&str]; 10] = [
    &["model", "text", "files"],
    &["wire", "x509", "codec"],
    &["diagnosis", "explain"],
    &["ca", "trust", "export"],
    &["net", "store"],
    &["inquiry"],
    &["proxy", "check", "session", "lab"],
    &["tui", "headless", "portal"],
    &["config"],
    &["app"],
];

/// Rooms that neither read a clock nor open anything.
const PURE: [&str; 7] = ["model", "text", "wire", "x509", "codec", "diagnosis", "explain"];

const LONGEST_FILE: usize = 450;
const LONGEST_FUNCTION: usize = 80;
const MEDIAN_FUNCTION: usize = 10;

fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut waiting = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(dir) = waiting.pop() {
        for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found
}

fn room_of(path: &Path) -> Option<String> {
    let inside = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let mut parts = inside.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
    let first = parts.next()?;
    parts.next().map(|_| first)
}

fn floor_of(room: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&room))
}

/// What is not test code, without comments.
fn code_of(path: &Path, text: &str) -> String {
    let is_test = |part: std::path::Component| part.as_os_str() == "tests" || part.as_os_str() == "tests.rs";
    let inside = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    if inside.components().any(is_test) {
        return String::new();
    }
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    text[..end].lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The rooms named by `crate::room` and `use crate::{room, ...}`.
fn imports(code: &str) -> Vec<String> {
    let word =
        |text: &str| text.chars().take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit()).collect::<String>();
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(list) => {
                let list = &list[..list.find("};").unwrap_or(list.len())];
                found.extend(list.split(',').map(|item| word(item.trim())));
            }
            None => found.push(word(rest)),
        }
    }
    found.retain(|room| floor_of(room).is_some());
    found
}

#[test]
fn rooms_import_from_lower_floors_only() {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for (path, text) in sources() {
        let Some(room) = room_of(&path) else { continue };
        let floor = floor_of(&room).unwrap_or_else(|| panic!("{room} is on no floor"));
        for other in imports(&code_of(&path, &text)) {
            seen += 1;
            if other != room && floor_of(&other).is_some_and(|other| other >= floor) {
                wrong.push(format!("{}: {room} imports {other}", path.display()));
            }
        }
    }
    assert!(seen > 300, "imports are not recognised any more: {seen}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_room_says_what_it_owns_and_what_it_must_not() {
    for room in FLOORS.concat() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room).join("mod.rs");
        let text = fs::read_to_string(&path).unwrap_or_else(|_| panic!("there is no room {room}"));
        let doc: String = text.lines().take_while(|line| line.starts_with("//!")).collect::<Vec<_>>().join("\n");
        assert!(doc.contains("Owns") || doc.contains("Turning"), "{room} does not say what it owns");
        if room != "app" {
            assert!(doc.contains("ust not"), "{room} does not say what it must not do");
        }
        let denies = text.contains("#![deny(clippy::disallowed_methods, clippy::disallowed_types");
        assert_eq!(denies, PURE.contains(&room), "{room}");
    }
}

#[test]
fn files_and_functions_are_short() {
    let mut lengths = Vec::new();
    let mut long = Vec::new();
    for (path, text) in sources() {
        let code = code_of(&path, &text);
        let lines = code.lines().count();
        // Tables and pages are long because there is much to say in them.
        let is_table = path.to_string_lossy().contains("/explain/pages/");
        if lines > LONGEST_FILE && !is_table {
            long.push(format!("{} has {lines} lines", path.display()));
        }
        for (name, length) in functions(&code) {
            if length > LONGEST_FUNCTION {
                long.push(format!("{}: {name} has {length} lines", path.display()));
            }
            lengths.push(length);
        }
    }
    lengths.sort_unstable();
    assert!(lengths.len() > 1000, "functions are not recognised any more: {}", lengths.len());
    assert!(long.is_empty(), "{}", long.join("\n"));
    assert!(lengths[lengths.len() / 2] < MEDIAN_FUNCTION, "the median is {}", lengths[lengths.len() / 2]);
}

/// Functions with the number of their lines, by indentation: rustfmt keeps it honest.
fn functions(code: &str) -> Vec<(String, usize)> {
    let mut open: BTreeMap<usize, (String, usize)> = BTreeMap::new();
    let mut found = Vec::new();
    for (at, line) in code.lines().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let words = line.trim_start();
        if let Some(start) = words.find("fn ").filter(|at| words[..*at].split(' ').all(is_qualifier)) {
            let name = words[start + 3..].split(['(', '<']).next().unwrap_or_default().to_owned();
            if words.ends_with('}') {
                found.push((name, 1));
            } else if !words.ends_with(';') {
                open.insert(indent, (name, at));
            }
        } else if words == "}" {
            found.extend(open.remove(&indent).map(|(name, start)| (name, at - start + 1)));
        }
    }
    found
}

fn is_qualifier(word: &str) -> bool {
    matches!(word, "" | "pub" | "pub(super)" | "pub(crate)" | "const" | "async" | "in")
        || word.starts_with("pub(")
        || word.ends_with(')')
}
