//! Connections that look like refusals and are none.

use std::io::Write as _;
use std::net::TcpListener;
use std::thread::sleep;
use std::time::Duration;

use super::stage::{Fresh, SITE, Stage, Told};
use super::visitor::Visitor;

/// Somebody who goes no further than this.
pub(super) struct Probe {
    pub(super) title: &'static str,
    pub(super) truth: &'static str,
    go: fn(&Visitor),
    /// Whether the server never answers.
    is_slow: bool,
}

pub(super) const ALL: &[Probe] = &[
    Probe { title: "it says where it wants to go, and leaves", truth: "nothing", go: asks, is_slow: false },
    Probe { title: "it leaves in the middle of its hello", truth: "nothing", go: begins, is_slow: false },
    Probe { title: "it does not wait for a slow server", truth: "gave-up", go: greets, is_slow: true },
    Probe { title: "it does not need a connection beside another", truth: "probe", go: spares, is_slow: false },
    Probe { title: "it keeps a connection open and never needs it", truth: "probe", go: idles, is_slow: false },
    Probe { title: "it is killed as it gets the certificate", truth: "unclear", go: dies, is_slow: false },
];

impl Probe {
    /// What tlscope concludes of it.
    pub(super) fn told(&self, stage: &Stage) -> Told {
        let slow = TcpListener::bind("127.0.0.1:0").unwrap();
        let ports = if self.is_slow { vec![(443, slow.local_addr().unwrap().port())] } else { stage.ports.clone() };
        let fresh = Fresh::start(&stage.ground, &ports, 0);
        (self.go)(&Visitor { stage, port: fresh.port, host: SITE });
        drop(slow);
        fresh.settled("a probe", SITE, 1);
        fresh.concluded().unwrap_or_else(|| fresh.told())
    }
}

fn asks(visitor: &Visitor) {
    visitor.tunnel();
}

fn begins(visitor: &Visitor) {
    visitor.tunnel().write_all(&visitor.hello()[..100]).unwrap();
}

fn greets(visitor: &Visitor) {
    visitor.tunnel().write_all(&visitor.hello()).unwrap();
}

fn spares(visitor: &Visitor) {
    let _spare = visitor.secured();
    visitor.get();
}

/// Longer than anybody needs to look at a certificate.
fn idles(visitor: &Visitor) {
    let _unused = visitor.secured();
    sleep(Duration::from_millis(3_200));
}

/// The system resets what a dead process has not read.
fn dies(visitor: &Visitor) {
    let mut tunnel = visitor.tunnel();
    tunnel.write_all(&visitor.hello()).unwrap();
    tunnel.peek(&mut [0]).unwrap();
}
