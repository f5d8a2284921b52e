//! From the table of variables and the environment there is to what is changed in it.

use std::ffi::{OsStr, OsString};
use std::net::SocketAddr;
use std::path::Path;

use super::kit::{BUNDLE, CA, NODE_PRELOAD, PHP_DIR, TRUST_STORE, TRUST_STORE_PASSWORD, WGETRC};
use super::variables::{VARIABLES, Value};

/// What a command needs to know of its proxy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surroundings<'a> {
    /// Where it listens.
    pub(super) proxy: SocketAddr,
    /// The directory of files.
    pub(super) dir: &'a Path,
    /// Variables that stay as they are, in any case of letters.
    pub(super) keep: &'a [String],
    /// The command.
    pub(super) program: &'a OsStr,
}

/// A variable with its new value; `None` takes it away.
pub(super) type Change = (&'static str, Option<OsString>);

impl Surroundings<'_> {
    /// What is changed in the environment that is `present`.
    pub(super) fn changes(&self, present: impl Fn(&str) -> Option<OsString>) -> Vec<Change> {
        let is_java = is_java(self.program);
        let changed = VARIABLES.iter().filter(|variable| !self.stays(variable.name));
        let changed = changed.filter(|variable| !(is_java && variable.value == Value::JavaOptions));
        changed.map(|variable| (variable.name, self.value(variable.value, present(variable.name)))).collect()
    }

    /// What the command is given before its own arguments. The JVM is told its options here, for of a
    /// variable it would talk on the command's standard error.
    pub(super) fn arguments(&self) -> Vec<String> {
        let mut options = VARIABLES.iter().filter(|variable| variable.value == Value::JavaOptions);
        let is_wanted = is_java(self.program) && !options.any(|variable| self.stays(variable.name));
        if is_wanted { self.java_options().to_vec() } else { Vec::new() }
    }

    fn stays(&self, name: &str) -> bool {
        self.keep.iter().any(|kept| kept.eq_ignore_ascii_case(name))
    }

    fn value(&self, value: Value, before: Option<OsString>) -> Option<OsString> {
        let file = |name: &str| Some(self.dir.join(name).into_os_string());
        match value {
            Value::Proxy => Some(format!("http://{}", self.proxy).into()),
            Value::Address => Some(self.proxy.to_string().into()),
            Value::Gone => None,
            Value::Word(word) => Some(word.into()),
            Value::Bundle => file(BUNDLE),
            Value::Ca => file(CA),
            Value::Wgetrc => file(WGETRC),
            Value::NodeOptions => Some(joined(before, " ", self.node_option())),
            Value::JavaOptions => Some(joined(before, " ", self.java_options().map(|word| quoted(&word)).join(" "))),
            // An empty entry stands for the directories that PHP was built with.
            Value::PhpDirectory => {
                let separator = if cfg!(windows) { ";" } else { ":" };
                let dir = self.dir.join(PHP_DIR).to_string_lossy().into_owned();
                Some(joined(Some(before.unwrap_or_default()), separator, dir))
            }
        }
    }

    fn node_option(&self) -> String {
        let preload = self.dir.join(NODE_PRELOAD).to_string_lossy().replace('\\', r"\\");
        format!("--require {}", quoted(&preload))
    }

    /// The options that a JVM takes. Without the list of hosts it would pass the proxy by for this
    /// machine's own names.
    fn java_options(&self) -> [String; 8] {
        let (host, port) = (self.proxy.ip(), self.proxy.port());
        let store = self.dir.join(TRUST_STORE);
        [
            format!("-Dhttp.proxyHost={host}"),
            format!("-Dhttp.proxyPort={port}"),
            format!("-Dhttps.proxyHost={host}"),
            format!("-Dhttps.proxyPort={port}"),
            "-Dhttp.nonProxyHosts=".to_owned(),
            format!("-Djavax.net.ssl.trustStore={}", store.display()),
            "-Djavax.net.ssl.trustStoreType=PKCS12".to_owned(),
            format!("-Djavax.net.ssl.trustStorePassword={TRUST_STORE_PASSWORD}"),
        ]
    }
}

/// What was there stays before what is added.
fn joined(before: Option<OsString>, separator: &str, added: String) -> OsString {
    let Some(mut whole) = before else { return added.into() };
    whole.push(separator);
    whole.push(added);
    whole
}

/// Node and Java split such variables at spaces, but not within quotes.
fn quoted(word: &str) -> String {
    if word.contains(' ') { format!("\"{word}\"") } else { word.to_owned() }
}

/// Whether a program is the JVM's own launcher.
fn is_java(program: &OsStr) -> bool {
    Path::new(program).file_stem().is_some_and(|name| name == "java" || name == "javaw")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(dir: &str, present: &[(&str, &str)], keep: &[&str]) -> Vec<(&'static str, Option<String>)> {
        let keep: Vec<String> = keep.iter().map(|&name| name.to_owned()).collect();
        let surroundings = surroundings("curl", Path::new(dir), &keep);
        let present = |name: &str| present.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into());
        let changes = surroundings.changes(present);
        changes.into_iter().map(|(name, value)| (name, value.map(|value| value.into_string().unwrap()))).collect()
    }

    fn surroundings<'a>(program: &'a str, dir: &'a Path, keep: &'a [String]) -> Surroundings<'a> {
        Surroundings { proxy: "127.0.0.1:4711".parse().unwrap(), dir, keep, program: OsStr::new(program) }
    }

    fn of(changes: &[(&'static str, Option<String>)], name: &str) -> Option<String> {
        changes.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("{name} is left alone")).1.clone()
    }

    #[test]
    fn a_command_is_given_these() {
        let shown: Vec<String> = changes("/tmp/d", &[("NO_PROXY", "a.test")], &[])
            .into_iter()
            .map(|(name, value)| value.map_or_else(|| format!("-{name}"), |value| format!("{name}={value}")))
            .collect();
        insta::assert_snapshot!(shown.join("\n"));
    }

    #[test]
    fn what_the_user_has_set_stays_where_both_can_be() {
        let own = [("NODE_OPTIONS", "--inspect"), ("JAVA_TOOL_OPTIONS", "-Xmx1g"), ("PHP_INI_SCAN_DIR", "/etc/php")];
        let own = changes("/tmp/d", &own, &[]);
        assert_eq!(of(&own, "NODE_OPTIONS").unwrap(), "--inspect --require /tmp/d/node.cjs");
        assert!(of(&own, "JAVA_TOOL_OPTIONS").unwrap().starts_with("-Xmx1g -Dhttp.proxyHost=127.0.0.1 "));
        assert_eq!(of(&own, "PHP_INI_SCAN_DIR").unwrap(), "/etc/php:/tmp/d/php");
    }

    #[test]
    fn and_gives_way_where_it_would_hide_something() {
        let own =
            changes("/tmp/d", &[("https_proxy", "http://corp:3128"), ("SSL_CERT_FILE", "/x"), ("no_proxy", "*")], &[]);
        assert_eq!(of(&own, "https_proxy").unwrap(), "http://127.0.0.1:4711");
        assert_eq!(of(&own, "SSL_CERT_FILE").unwrap(), "/tmp/d/bundle.pem");
        assert_eq!(of(&own, "no_proxy"), None);
    }

    #[test]
    fn what_is_to_be_kept_is_left_alone_in_every_spelling() {
        let kept = changes("/tmp/d", &[], &["No_Proxy", "NODE_OPTIONS"]);
        let names: Vec<&str> = kept.iter().map(|(name, _)| *name).collect();
        assert_eq!(names.len(), VARIABLES.len() - 3);
        assert!(!names.iter().any(|name| ["no_proxy", "NO_PROXY", "NODE_OPTIONS"].contains(name)));
    }

    #[test]
    fn a_directory_with_spaces_is_one_word() {
        let spaced = changes("/tmp/my dir", &[], &[]);
        assert_eq!(of(&spaced, "NODE_OPTIONS").unwrap(), r#"--require "/tmp/my dir/node.cjs""#);
        assert!(
            of(&spaced, "JAVA_TOOL_OPTIONS")
                .unwrap()
                .contains(r#" "-Djavax.net.ssl.trustStore=/tmp/my dir/trust.p12" "#)
        );
        assert_eq!(of(&spaced, "CURL_CA_BUNDLE").unwrap(), "/tmp/my dir/bundle.pem");
    }

    #[test]
    fn java_itself_takes_its_options_as_arguments() {
        for (program, expected) in [
            ("java", true),
            ("/usr/lib/jvm/17/bin/java", true),
            ("java.exe", true),
            ("javac", false),
            ("./gradlew", false),
        ] {
            assert_eq!(is_java(OsStr::new(program)), expected, "{program}");
        }
        let keep = ["JAVA_TOOL_OPTIONS".to_owned()];
        let given = |program, keep| {
            let surroundings = surroundings(program, Path::new("/tmp/d"), keep);
            let has_variable = surroundings.changes(|_| None).iter().any(|(name, _)| *name == "JAVA_TOOL_OPTIONS");
            (surroundings.arguments().len(), has_variable)
        };
        let cases = [given("java", &[]), given("java", &keep), given("sh", &[]), given("sh", &keep)];
        assert_eq!(cases, [(8, false), (0, false), (0, true), (0, false)]);
    }
}
