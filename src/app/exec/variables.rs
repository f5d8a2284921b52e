//! The variables that a command is given, as data: what each holds, and who reads it. The list that
//! `exec --list` prints and the tables of docs/manual/exec.md are made of it.

use std::fmt::Write as _;

/// One variable.
pub(super) struct Variable {
    /// Its name.
    pub(super) name: &'static str,
    /// What it is set to.
    pub(super) value: Value,
    /// The programs that read it.
    readers: &'static str,
}

/// What a variable is set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// The proxy as a URL.
    Proxy,
    /// The proxy as address and port.
    Address,
    /// Nothing: it is taken away.
    Gone,
    /// This word.
    Word(&'static str),
    /// A file of this machine's roots and tlscope's CA, for programs that replace their roots by it.
    Bundle,
    /// A file of tlscope's CA, for programs that add it to their roots.
    Ca,
    /// What it was, and Node's preload.
    NodeOptions,
    /// What it was, and options for the JVM.
    JavaOptions,
    /// What it was, and a directory with settings for PHP.
    PhpDirectory,
    /// A file of what wget was told before, and the bundle.
    Wgetrc,
}

impl Value {
    /// The value in words.
    fn words(self) -> &'static str {
        match self {
            Self::Proxy => "http://127.0.0.1:PORT",
            Self::Address => "127.0.0.1:PORT",
            Self::Gone => "taken away",
            Self::Word(word) => word,
            Self::Bundle => "file: this machine's roots, and tlscope's CA",
            Self::Ca => "file: tlscope's CA",
            Self::NodeOptions => "what it was, and --require FILE",
            Self::JavaOptions => "what it was, and -D options: proxy, trust store",
            Self::PhpDirectory => "what it was, and a directory: curl.cainfo, openssl.cafile",
            Self::Wgetrc => "file: your wgetrc, then proxy and ca_certificate",
        }
    }
}

const fn set(name: &'static str, value: Value, readers: &'static str) -> Variable {
    Variable { name, value, readers }
}

/// All of them: the way first, then trust.
pub(super) const VARIABLES: &[Variable] = &[
    set("http_proxy", Value::Proxy, "curl, wget, git, Python, Ruby (for https as well), Perl, R and most others"),
    set(
        "https_proxy",
        Value::Proxy,
        "curl, wget, git, Python, Perl, R, gRPC, Deno, Bun, PHP's curl, Composer and most others",
    ),
    set("all_proxy", Value::Proxy, "curl, git, httpx, reqwest"),
    set(
        "HTTP_PROXY",
        Value::Proxy,
        "Go, Node since 22.21 and 24.5, .NET, AWS CLI, Deno, Bun (curl reads it in lower case only)",
    ),
    set("HTTPS_PROXY", Value::Proxy, "Go, Node since 22.21 and 24.5, .NET, AWS CLI, cargo, pip, npm, Deno, Bun"),
    set("ALL_PROXY", Value::Proxy, "the same as all_proxy"),
    set("no_proxy", Value::Gone, "all of these: what it names would not be seen"),
    set("NO_PROXY", Value::Gone, "the same"),
    set("grpc_proxy", Value::Proxy, "gRPC in C++, Python, Ruby, PHP; grpc-js"),
    set("no_grpc_proxy", Value::Gone, "the same"),
    set("PIP_PROXY", Value::Proxy, "pip, before its pip.conf"),
    set("npm_config_proxy", Value::Proxy, "npm, pnpm, before .npmrc"),
    set("npm_config_https_proxy", Value::Proxy, "npm, pnpm, before .npmrc"),
    set("npm_config_noproxy", Value::Gone, "npm, pnpm"),
    set("YARN_HTTP_PROXY", Value::Proxy, "Yarn since 2"),
    set("YARN_HTTPS_PROXY", Value::Proxy, "Yarn since 2"),
    set("CARGO_HTTP_PROXY", Value::Proxy, "cargo, before its config.toml"),
    set("NODE_USE_ENV_PROXY", Value::Word("1"), "Node since 22.21 and 24.5: it reads HTTPS_PROXY then"),
    set("NODE_OPTIONS", Value::NodeOptions, "every other Node: a preload takes its TLS and http through the proxy"),
    set("PERL_LWP_ENV_PROXY", Value::Word("1"), "Perl's LWP: it reads https_proxy then"),
    set("JAVA_TOOL_OPTIONS", Value::JavaOptions, "every JVM that is started: Java, Kotlin, Scala, Gradle, Maven"),
    set("WGETRC", Value::Wgetrc, "wget"),
    set(
        "SSL_CERT_FILE",
        Value::Bundle,
        "OpenSSL and what stands on it (Python, Ruby, Perl, PHP), Go and .NET on Linux, rustls with native roots, Composer, uv",
    ),
    set("CURL_CA_BUNDLE", Value::Bundle, "curl, requests, R"),
    set("GIT_SSL_CAINFO", Value::Bundle, "git"),
    set("REQUESTS_CA_BUNDLE", Value::Bundle, "Python's requests and what stands on it, Azure CLI"),
    set("PIP_CERT", Value::Bundle, "pip"),
    set("AWS_CA_BUNDLE", Value::Bundle, "AWS CLI, boto3"),
    set("CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE", Value::Bundle, "gcloud"),
    set("NODE_EXTRA_CA_CERTS", Value::Ca, "Node, npm, Yarn 1, Bun"),
    set("npm_config_cafile", Value::Bundle, "npm, pnpm"),
    set("YARN_HTTPS_CA_FILE_PATH", Value::Bundle, "Yarn since 2"),
    set("CARGO_HTTP_CAINFO", Value::Bundle, "cargo"),
    set("DENO_CERT", Value::Ca, "Deno"),
    set("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", Value::Bundle, "gRPC in C++, Python, Ruby, PHP; grpc-js"),
    // Not HTTPS_CA_FILE, which is for LWPs of before 2011: it makes LWP look at no host name.
    set("PERL_LWP_SSL_CA_FILE", Value::Bundle, "Perl's LWP"),
    set("BUNDLE_SSL_CA_CERT", Value::Bundle, "Ruby's Bundler"),
    set("COMPOSER_CAFILE", Value::Bundle, "Composer"),
    set("PHP_INI_SCAN_DIR", Value::PhpDirectory, "PHP"),
    set("HEX_CACERTS_PATH", Value::Bundle, "Elixir's Hex"),
    set("NIX_SSL_CERT_FILE", Value::Bundle, "Nix, and what it has built"),
    set("TLSCOPE_EXEC_PROXY", Value::Address, "you, for programs that take a proxy as an argument"),
    set("TLSCOPE_EXEC_CA", Value::Ca, "you, for programs that take a CA as an argument"),
];

/// Who is not covered, and what to do about it.
pub(super) const UNCOVERED: &[(&str, &str)] = &[
    (
        "programs that take the proxy as an argument alone: openssl s_client, gnutls-cli, ncat",
        "openssl s_client -proxy \"$TLSCOPE_EXEC_PROXY\" -CAfile \"$TLSCOPE_EXEC_CA\", within sh -c '...'",
    ),
    (
        "libraries that are not asked to look: aiohttp without trust_env=True, urllib3 alone, PHP's file_get_contents, \
         Node's net.connect, sockets in general",
        "let the program ask for it, or send its traffic to `tlscope run` by a redirect",
    ),
    (
        "roots that are compiled in or the program's own: rustls with webpki-roots, Go with its own CertPool, Java with \
         its own trust manager, Node with the option ca, pinned certificates",
        "what they refuse is told; --tunnel HOST leaves them alone and still judges what passes in the clear",
    ),
    (
        "roots of the system where no variable counts: on macOS and Windows curl, Go, .NET, Swift; GnuTLS programs other \
         than wget and git",
        "install the CA in the system's store: `tlscope ca pem`",
    ),
    ("browsers: Firefox and Chromium take roots from their profile", "install the CA there: http://tlscope.test/"),
    (
        "settings that win over the environment: http.proxy in git's configuration, .curlrc, proxies in Maven's \
         settings.xml, options on a command line",
        "take them out for the run",
    ),
    (
        "loopback names: Go and Ruby never use a proxy for localhost and 127.0.0.1",
        "give it a name: --resolve NAME:PORT:127.0.0.1",
    ),
    (
        "what runs elsewhere: a Gradle or Docker daemon that was there before, containers, ssh",
        "stop the daemon first (gradle --no-daemon), hand the variables on (docker run -e)",
    ),
    (
        "what loses its environment: sudo, env -i, setuid programs, systemd-run",
        "sudo --preserve-env, or put tlscope behind sudo",
    ),
    ("HTTP/3 and DTLS: a proxy has no UDP", "clients fall back to TCP, or can be told to"),
];

/// `exec --list`.
pub(super) fn list_text() -> String {
    let mut out = String::from("Variables that the command is given\n");
    for variable in VARIABLES {
        let _ =
            writeln!(out, "  {}\n      {}\n      read by {}", variable.name, variable.value.words(), variable.readers);
    }
    out.push_str("\nNot covered\n");
    for (who, what) in UNCOVERED {
        let _ = writeln!(out, "  {who}\n      {what}");
    }
    out
}

/// The tables of the manual.
#[cfg(test)]
pub(super) fn markdown() -> String {
    let mut out = String::from("| variable | value | read by |\n|---|---|---|\n");
    for Variable { name, value, readers } in VARIABLES {
        let _ = writeln!(out, "| `{name}` | {} | {readers} |", value.words());
    }
    out.push_str("\n## What is not covered\n\n| who | what to do |\n|---|---|\n");
    for (who, what) in UNCOVERED {
        let _ = writeln!(out, "| {who} | {what} |");
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_is_named_once() {
        let names: BTreeSet<&str> = VARIABLES.iter().map(|variable| variable.name).collect();
        assert_eq!(names.len(), VARIABLES.len());
    }

    #[test]
    fn the_list_names_everything() {
        let text = list_text();
        for word in VARIABLES.iter().map(|variable| variable.name).chain(UNCOVERED.iter().map(|(who, _)| *who)) {
            assert!(text.contains(word), "{word}");
        }
    }

    /// `UPDATE_DOCS=1 cargo test the_manual_has_every_variable` writes the tables anew.
    #[test]
    fn the_manual_has_every_variable() {
        const BEGIN: &str = "the_manual_has_every_variable -->\n";
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/manual/exec.md");
        let text = std::fs::read_to_string(&path).unwrap();
        let (before, rest) = text.split_once(BEGIN).unwrap();
        let (_, behind) = rest.split_once("<!-- end of variables -->").unwrap();
        let expected = format!("{before}{BEGIN}{}<!-- end of variables -->{behind}", markdown());
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, &expected).unwrap();
        }
        let there = std::fs::read_to_string(&path).unwrap();
        assert!(
            there == expected,
            "docs/manual/exec.md is out of date: UPDATE_DOCS=1 cargo test the_manual_has_every_variable"
        );
    }
}
