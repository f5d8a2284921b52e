//! What a test needs on the machine it runs on.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::process::{command, find, run};

/// A thing that may be missing.
pub(crate) enum Need {
    /// A program of this name.
    Program(&'static str),
    /// A file.
    File(&'static str),
    /// Python with these packages.
    Python(&'static [&'static str]),
    /// Node with these packages.
    Node(&'static [&'static str]),
}

impl From<&'static str> for Need {
    fn from(program: &'static str) -> Self {
        Self::Program(program)
    }
}

/// Leaves the test, with a word about it, when something it needs is missing.
macro_rules! needs {
    ($($need:expr),+) => {
        fn here() {}
        if !$crate::needs::met(std::any::type_name_of_val(&here), &[$($crate::needs::Need::from($need)),+]) {
            return;
        }
    };
}
pub(crate) use needs;

/// Whether everything is there.
pub(crate) fn met(here: &str, needs: &[Need]) -> bool {
    let Some(reason) = needs.iter().find_map(missing) else { return true };
    let test = here.trim_end_matches("::here");
    let is_required = std::env::var("TLSCOPE_REQUIRE_CLIENTS").is_ok_and(|value| !value.is_empty());
    assert!(!is_required, "{test}: {reason}");
    skipped(test, &reason);
    false
}

/// Says that a test was left out. Not by eprintln, which the test runner keeps to itself.
pub(crate) fn skipped(test: &str, reason: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {test}: {reason}");
}

fn missing(need: &Need) -> Option<String> {
    match need {
        Need::Program(name) => find(name).is_none().then(|| format!("there is no {name}")),
        Need::File(path) => (!Path::new(path).is_file()).then(|| format!("there is no {path}")),
        Need::Python(packages) => missing_in_python(packages),
        Need::Node(packages) => missing(&"node".into()).or_else(|| {
            let has = |package: &&&str| node_modules().is_some_and(|dir| dir.join(package).is_dir());
            let lacking = packages.iter().find(|package| !has(package))?;
            Some(format!("TLSCOPE_TEST_NODE_MODULES is no directory with {lacking}"))
        }),
    }
}

fn missing_in_python(packages: &[&str]) -> Option<String> {
    let python = python();
    find(&python).is_none().then(|| format!("there is no {python}")).or_else(|| {
        let packages = packages.join(", ");
        let imported = run(command(&python).args(["-c", &format!("import {packages}")])).is_well();
        (!imported).then(|| format!("{python} does not have all of {packages}"))
    })
}

/// The Python that runs the scripts.
pub(crate) fn python() -> String {
    std::env::var("TLSCOPE_TEST_PYTHON").ok().filter(|path| !path.is_empty()).unwrap_or_else(|| "python3".to_owned())
}

/// Where Node's packages are.
pub(crate) fn node_modules() -> Option<PathBuf> {
    std::env::var_os("TLSCOPE_TEST_NODE_MODULES").map(PathBuf::from)
}
