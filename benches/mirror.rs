#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]
//! What a mirrored chain costs beside a plain leaf: `cargo bench --bench mirror`. Prints, asserts nothing.
//!
//! Both are made anew each time, nothing out of a cache but what every leaf shares: the CA, an RSA key, the
//! counterparts of issuers. The bound is three times a plain leaf of the same kind of key.

use std::time::{Duration, Instant};

use tlscope::ca::{Authority, KeyChoice, Mint, Server};
use tlscope::check::{Checked, Question, check_server};
use tlscope::diagnosis::Trust;
use tlscope::inquiry::{Config, Inquiry};
use tlscope::lab::Lab;
use tlscope::model::{ClientHello, Host, RootSet, RootSetName, SignatureScheme, Target, Timestamp, TlsVersion};
use tlscope::net::{self, Dialler};

const TIMES: u32 = 400;

fn now() -> Timestamp {
    Timestamp::from(time::OffsetDateTime::now_utc())
}

/// The time of one go, after a first one that makes what is shared.
fn each(mut go: impl FnMut(u32)) -> Duration {
    go(0);
    let began = Instant::now();
    (1..=TIMES).for_each(go);
    began.elapsed() / TIMES
}

/// A client that takes every kind of key.
fn hello() -> ClientHello {
    let schemes = [0x0403, 0x0503, 0x0804, 0x0401].map(SignatureScheme).to_vec();
    ClientHello { versions: vec![TlsVersion::TLS13], schemes: Some(schemes), ..ClientHello::default() }
}

async fn look(lab: &Lab, dialler: &Dialler, host: &str) -> Checked {
    let roots = RootSet { name: RootSetName::Files, anchors: lab.roots().to_vec() };
    let trust = Trust::new(&[roots], &std::collections::HashSet::new());
    let inquiry = Inquiry::start(Config::default(), move || trust, dialler.clone()).unwrap();
    let target = Target::new(Host::parse(host).unwrap(), 443);
    let question = Question { target, name: None, scan: false, every_address: false };
    check_server(dialler, &inquiry, &question).await.remove(0)
}

fn plain(mint: &Mint, key: KeyChoice) -> Duration {
    each(|n| drop(mint.leaf(&Host::parse(&format!("{n}-{key:?}.test")).unwrap(), key, now()).unwrap()))
}

fn mirrored(mint: &Mint, seen: &Checked) -> Duration {
    each(|n| {
        // Another scheme of the handshake is another server: nothing that was kept fits it.
        let scheme = Some(SignatureScheme(0x1000 + n as u16));
        let handshake = tlscope::model::Handshake { scheme, ..seen.handshake.clone().unwrap() };
        let server = Server { sent: &seen.sent, handshake: &handshake, report: &seen.report };
        drop(mint.mirror(&server, &hello(), now()).unwrap());
    })
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let home = tempfile::tempdir().unwrap();
    let mint = Mint::new(Authority::load_or_create(home.path(), now()).unwrap().0);
    let (lab, dialler) = runtime.block_on(async {
        let lab = Lab::start("127.0.0.1:0".parse().unwrap(), now()).await.unwrap();
        let dialler = Dialler::new(net::Config { connect_to: lab.connect_rules(), ..net::Config::default() });
        (lab, dialler)
    });
    let of_p256 = plain(&mint, KeyChoice::P256);
    let of_rsa = plain(&mint, KeyChoice::Rsa2048);
    println!("{:34} {:>10} {:>10} {:>7}", "", "plain", "mirrored", "ratio");
    for (host, what, key) in [
        ("expired", "P-256, expired", KeyChoice::P256),
        ("unknown-ca", "P-256, unknown CA", KeyChoice::P256),
        ("root-with-purposes", "P-256, directly below the root", KeyChoice::P256),
        ("eight-intermediates", "P-256, nine certificates", KeyChoice::P256),
        ("staple-old", "P-256, with a staple", KeyChoice::P256),
        ("md5", "P-256, signed by RSA with MD5", KeyChoice::P256),
        ("good-rsa", "RSA 2048", KeyChoice::Rsa2048),
        ("rsa1024", "RSA 1024", KeyChoice::Rsa2048),
    ] {
        let seen = runtime.block_on(look(&lab, &dialler, &format!("{host}.lab.test")));
        let (plain, mirrored) = (if key == KeyChoice::P256 { of_p256 } else { of_rsa }, mirrored(&mint, &seen));
        let ratio = mirrored.as_secs_f64() / plain.as_secs_f64();
        println!("{what:34} {:>7} µs {:>7} µs {ratio:>7.2}", plain.as_micros(), mirrored.as_micros());
    }
    let seen = runtime.block_on(look(&lab, &dialler, "expired.lab.test"));
    let handshake = seen.handshake.clone().unwrap();
    let server = Server { sent: &seen.sent, handshake: &handshake, report: &seen.report };
    let kept = each(|_| drop(mint.mirror(&server, &hello(), now()).unwrap()));
    println!("{:34} {:>10} {:>7} µs", "one that was kept", "", kept.as_micros());
}
