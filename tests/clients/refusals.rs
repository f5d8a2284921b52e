//! Clients that refuse, each brought to it on purpose in every way there is, and what tlscope
//! concludes: the tables of docs/manual/refusals.md.
//!
//! The clients are data (`clients`), so are the ways (`situations`). Each pair of them, a cell, has a
//! tlscope of its own that has met nobody yet. The client first goes to another host in the same
//! condition, as an app would that talks to several, then to the one that the cell is about, and
//! tries that again.
//!
//! `UPDATE_DOCS=1 cargo test --test clients refusals` writes the tables anew. A conclusion that is not
//! true has to be listed with its client, and must not be a certain one.

mod clients;
mod probes;
mod reroute;
mod situations;
mod stage;
mod table;
mod visitor;

use crate::harness::script;
use crate::needs::{Need, needs};
use crate::process::command;
use clients::Client;
use situations::Situation;
use stage::Stage;
use table::Table;

/// Every cell of these clients, compared with the manual's table.
fn all_of(group: &str, stage: &Stage, clients: &[Client]) {
    let mut table = Table::new(clients.iter().map(|client| client.name));
    for situation in Situation::ALL {
        let cell = |client: &Client| client.can(situation).then(|| stage.told(client, situation));
        let told: Vec<_> = clients.iter().map(cell).collect();
        for (client, told) in clients.iter().zip(&told) {
            let told = told.as_ref().map(|told| told.kind.as_str());
            if let Some(told) = told.filter(|told| !situation.truths().contains(told)) {
                let is_known = client.confused.contains(&(situation, told));
                table.complain_unless(is_known, || format!("{}, {}: told {told}", client.name, situation.title()));
            }
        }
        if told.iter().any(Option::is_some) {
            table.row(situation.title(), situation.truths(), told);
        }
    }
    table.settle(group);
}

#[test]
fn openssl() {
    needs!("curl", "faketime", "nginx", "openssl", "php", "ruby", Need::Python(&["requests"]));
    all_of("OpenSSL", &Stage::new(), clients::OPENSSL);
}

#[test]
fn gnutls() {
    needs!("faketime", "git", "gnutls-cli", "nginx", "openssl", "wget");
    all_of("GnuTLS", &Stage::new(), clients::GNUTLS);
}

#[test]
fn go_and_node() {
    needs!("faketime", "go", "nginx", "openssl", Need::Node(&["undici"]));
    let stage = Stage::new().build({
        let mut go = command("go");
        go.args(["build", "-o", "pinning"]).arg(script("pinning.go")).env("GO111MODULE", "off");
        go
    });
    all_of("Go and Node", &stage, clients::GO_AND_NODE);
}

#[test]
fn java() {
    needs!("faketime", "java", "javac", "nginx", "openssl", Need::File(clients::OKHTTP), Need::File(clients::OKIO));
    let stage = Stage::new().build({
        let mut javac = command("javac");
        javac.args(["-cp", clients::OKHTTP_AND_OKIO, "-d", "."]).arg(script("Pinning.java"));
        javac
    });
    all_of("Java", &stage, clients::JAVA);
}

#[test]
fn browsers() {
    needs!("certutil", "chromium", "faketime", "firefox-esr", "nginx", "openssl");
    all_of("browsers", &Stage::new(), clients::BROWSERS);
}

/// What needs no client at all: connections that are none of the above.
#[test]
fn noise() {
    needs!("nginx", "openssl");
    let stage = Stage::new();
    let mut table = Table::new(["what is told"]);
    for probe in probes::ALL {
        let told = probe.told(&stage);
        let is_right = told.kind == probe.truth;
        table.complain_unless(is_right, || format!("{}: told {}, not {}", probe.title, told.kind, probe.truth));
        table.row(probe.title, &[probe.truth], vec![Some(told)]);
    }
    table.settle(table::NOISE);
}

#[test]
fn the_tables_are_counted() {
    table::settle_counts();
}
