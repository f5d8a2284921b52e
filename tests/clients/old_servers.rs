//! `tlscope check` of servers that no longer do, or do too much: of OpenSSL what it still has when it
//! is told to, of tlslite-ng what no OpenSSL has any more.

use std::path::Path;
use std::thread;

use serde_json::json;

use crate::checked::check;
use crate::harness::{Ground, Key, script};
use crate::needs::{Need, needs, python};
use crate::origins;
use crate::process::{Running, command, run};

/// How many servers are looked at side by side: most of a scan is waiting.
const LANES: usize = 4;

/// The question that a check leaves to a scan.
const OPEN: &str = "old versions and weak suites";

/// A server, and what is said of it.
struct Case {
    /// Flags of `openssl s_server`, where `.pem` is a file on the ground; or what `old_server.py` is
    /// to be.
    server: &'static [&'static str],
    key: Key,
    /// The version and the suite that it chooses; none when it refuses a hello without weak suites.
    chosen: Option<(&'static str, &'static str)>,
    /// What is wrong with it at first sight.
    defects: &'static [&'static str],
    /// What a scan finds besides.
    besides: &'static [&'static str],
}

const OPENSSL: &[Case] = &[
    Case {
        server: &[],
        key: Key::Rsa,
        chosen: Some(("TLS 1.3", "TLS_AES_256_GCM_SHA384")),
        defects: &[],
        besides: &[],
    },
    Case {
        server: &["-tls1_3"],
        key: Key::P256,
        chosen: Some(("TLS 1.3", "TLS_AES_256_GCM_SHA384")),
        defects: &[],
        besides: &["proto-tls13-only"],
    },
    Case {
        server: &["-cipher", "DEFAULT:@SECLEVEL=0"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.3", "TLS_AES_256_GCM_SHA384")),
        defects: &[],
        besides: &["proto-tls10-11-offered TLS 1.1, TLS 1.0"],
    },
    Case {
        server: &["-no_tls1", "-no_tls1_3", "-cipher", "DEFAULT:@SECLEVEL=0"],
        key: Key::P256,
        chosen: Some(("TLS 1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384")),
        defects: &[],
        besides: &["proto-tls10-11-offered TLS 1.1"],
    },
    Case {
        server: &["-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"],
        key: Key::P256,
        chosen: Some(("TLS 1.1", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA")),
        defects: &["proto-tls10-11-only TLS 1.1"],
        besides: &[],
    },
    Case {
        server: &["-tls1", "-cipher", "DEFAULT:@SECLEVEL=0"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.0", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA")),
        defects: &["proto-tls10-11-only TLS 1.0"],
        besides: &[],
    },
    Case {
        server: &["-tls1", "-cipher", "DHE-RSA-AES128-SHA:@SECLEVEL=0", "-dhparam", "dh1024.pem"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.0", "TLS_DHE_RSA_WITH_AES_128_CBC_SHA")),
        defects: &["dh-weak 1024", "proto-tls10-11-only TLS 1.0"],
        besides: &[],
    },
    Case {
        server: &["-tls1_2", "-cipher", "AES256-SHA:AES128-SHA"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_RSA_WITH_AES_256_CBC_SHA")),
        defects: &["cipher-static-rsa-only"],
        besides: &[],
    },
    Case {
        server: &["-tls1_2", "-cipher", "AES128-GCM-SHA256"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_RSA_WITH_AES_128_GCM_SHA256")),
        defects: &["cipher-static-rsa-only"],
        besides: &[],
    },
    Case {
        server: &["-tls1_2", "-cipher", "CAMELLIA128-SHA"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA")),
        defects: &["cipher-static-rsa-only"],
        besides: &[],
    },
    Case {
        server: &["-tls1_2", "-cipher", "kDHE:!aNULL:@SECLEVEL=0", "-dhparam", "dh1024.pem"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384")),
        defects: &["cipher-dhe-only", "dh-weak 1024"],
        besides: &[],
    },
    Case {
        server: &["-tls1_2", "-cipher", "kDHE:!aNULL", "-dhparam", "dh2048.pem"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384")),
        defects: &["cipher-dhe-only"],
        besides: &[],
    },
    Case {
        server: &["-tls1_2", "-cipher", "DEFAULT:@SECLEVEL=0", "-dhparam", "dh1024.pem"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384")),
        defects: &[],
        besides: &["dh-weak 1024"],
    },
    Case {
        server: &["-tls1_2", "-dhparam", "dh2048.pem"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384")),
        defects: &[],
        besides: &[],
    },
    Case {
        server: &["-tls1_2", "-cipher", "ECDHE-RSA-AES256-SHA384:ECDHE-RSA-AES128-SHA"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384")),
        defects: &["cipher-cbc-only"],
        besides: &[],
    },
    Case {
        server: &["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"],
        key: Key::P256,
        chosen: Some(("TLS 1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA")),
        defects: &["cipher-cbc-only"],
        besides: &[],
    },
    Case {
        server: &["-tls1_2", "-cipher", "eNULL:!aNULL:@SECLEVEL=0"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_RSA_WITH_NULL_MD5")),
        defects: &["cipher-static-rsa-only", "cipher-weak no encryption"],
        besides: &[],
    },
    Case {
        server: &["-tls1_2", "-cipher", "ADH:!eNULL:@SECLEVEL=0"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_DH_anon_WITH_AES_128_CBC_SHA")),
        defects: &["chain-empty", "cipher-weak no authentication"],
        besides: &[],
    },
    Case {
        server: &["-tls1_2", "-cipher", "AECDH:!eNULL:@SECLEVEL=0"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_ECDH_anon_WITH_AES_128_CBC_SHA")),
        defects: &["chain-empty", "cipher-weak no authentication"],
        besides: &[],
    },
    Case {
        server: &["-tls1_2", "-cipher", "ALL:eNULL:@SECLEVEL=0"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384")),
        defects: &[],
        besides: &["cipher-weak no authentication", "cipher-weak no encryption"],
    },
    Case {
        server: &["-tls1_2", "-curves", "P-521"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384")),
        defects: &["kx-group-unsupported secp521r1"],
        besides: &[],
    },
    Case {
        server: &["-curves", "P-521"],
        key: Key::P256,
        chosen: Some(("TLS 1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384")),
        defects: &["kx-group-unsupported secp521r1"],
        besides: &[],
    },
    Case {
        server: &["-tls1_2", "-curves", "secp256k1"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384")),
        defects: &["kx-group-unsupported secp256k1"],
        besides: &[],
    },
    Case {
        server: &["-tls1_2", "-curves", "P-384"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384")),
        defects: &[],
        besides: &[],
    },
    Case {
        server: &["-tls1_2", "-sigalgs", "RSA+SHA1", "-cipher", "DEFAULT:@SECLEVEL=0"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384")),
        defects: &["sig-sha1-handshake rsa_pkcs1_sha1"],
        besides: &[],
    },
];

const TLSLITE: &[Case] = &[
    Case {
        server: &["good"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.3", "TLS_AES_128_GCM_SHA256")),
        defects: &[],
        besides: &[],
    },
    Case {
        server: &["sslv3"],
        key: Key::Rsa,
        chosen: Some(("SSLv3", "TLS_RSA_WITH_AES_128_CBC_SHA")),
        defects: &["proto-sslv3-only SSLv3"],
        besides: &[],
    },
    Case {
        server: &["sslv3-rc4"],
        key: Key::Rsa,
        chosen: Some(("SSLv3", "TLS_RSA_WITH_RC4_128_SHA")),
        defects: &["cipher-weak RC4", "proto-sslv3-only SSLv3"],
        besides: &[],
    },
    Case {
        server: &["sslv3-too"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA")),
        defects: &["cipher-cbc-only"],
        besides: &["proto-sslv3", "proto-tls10-11-offered TLS 1.1, TLS 1.0"],
    },
    Case {
        server: &["tls10"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.0", "TLS_RSA_WITH_AES_128_CBC_SHA")),
        defects: &["proto-tls10-11-only TLS 1.0"],
        besides: &[],
    },
    Case {
        server: &["tls11"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.1", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA")),
        defects: &["proto-tls10-11-only TLS 1.1"],
        besides: &[],
    },
    Case {
        server: &["static-rsa"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_RSA_WITH_AES_128_CBC_SHA")),
        defects: &["cipher-static-rsa-only"],
        besides: &[],
    },
    Case {
        server: &["static-rsa-gcm"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_RSA_WITH_AES_128_GCM_SHA256")),
        defects: &["cipher-static-rsa-only"],
        besides: &[],
    },
    Case {
        server: &["cbc"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256")),
        defects: &["cipher-cbc-only"],
        besides: &[],
    },
    Case {
        server: &["rc4-sha"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_RSA_WITH_RC4_128_SHA")),
        defects: &["cipher-static-rsa-only", "cipher-weak RC4"],
        besides: &[],
    },
    Case {
        server: &["rc4-md5"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_RSA_WITH_RC4_128_MD5")),
        defects: &["cipher-static-rsa-only", "cipher-weak RC4"],
        besides: &[],
    },
    Case {
        server: &["ecdhe-rc4"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_ECDHE_RSA_WITH_RC4_128_SHA")),
        defects: &["cipher-weak RC4"],
        besides: &[],
    },
    Case {
        server: &["3des"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_RSA_WITH_3DES_EDE_CBC_SHA")),
        defects: &["cipher-static-rsa-only", "cipher-weak 3DES"],
        besides: &[],
    },
    Case {
        server: &["null"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_RSA_WITH_NULL_SHA")),
        defects: &["cipher-static-rsa-only", "cipher-weak no encryption"],
        besides: &[],
    },
    Case {
        server: &["dh-anon"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_DH_anon_WITH_AES_128_CBC_SHA")),
        defects: &["chain-empty", "cipher-weak no authentication"],
        besides: &[],
    },
    Case {
        server: &["ecdh-anon"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_ECDH_anon_WITH_AES_128_CBC_SHA")),
        defects: &["chain-empty", "cipher-weak no authentication"],
        besides: &[],
    },
    Case {
        server: &["dhe-768"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256")),
        defects: &["cipher-dhe-only", "dh-weak 768"],
        besides: &[],
    },
    Case {
        server: &["dhe-1024"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256")),
        defects: &["cipher-dhe-only", "dh-weak 1024"],
        besides: &[],
    },
    Case {
        server: &["dhe-2048"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256")),
        defects: &["cipher-dhe-only"],
        besides: &[],
    },
    Case {
        server: &["sha1-signature"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")),
        defects: &["sig-sha1-handshake rsa_pkcs1_sha1"],
        besides: &[],
    },
    Case {
        server: &["no-ems"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")),
        defects: &["ems-missing TLS 1.2"],
        besides: &[],
    },
    Case {
        server: &["everything"],
        key: Key::Rsa,
        chosen: Some(("TLS 1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")),
        defects: &[],
        besides: &[
            "cipher-weak 3DES",
            "cipher-weak RC4",
            "cipher-weak no encryption",
            "dh-weak 1024",
            "proto-sslv3",
            "proto-tls10-11-offered TLS 1.1, TLS 1.0",
        ],
    },
];

impl Case {
    /// What tlscope says otherwise of the server on that port.
    fn differences(&self, ground: &Ground, port: u16) -> Vec<String> {
        let rule = format!("--connect-to=old.test:443:127.0.0.1:{port}");
        let plain = ["old.test", rule.as_str(), "--offline"];
        let at_first_sight = self.difference(ground, &plain, self.defects, self.chosen.is_some());
        let whole = [self.defects, self.besides].concat();
        let scanned = self.difference(ground, &[&plain[..], &["--scan"]].concat(), &whole, false);
        [at_first_sight, scanned].into_iter().flatten().collect()
    }

    fn difference(&self, ground: &Ground, args: &[&str], defects: &[&str], leaves_open: bool) -> Option<String> {
        let checked = check(ground, "home", args);
        let (version, suite) = self.chosen.unzip();
        let mut defects = defects.to_vec();
        defects.sort_unstable();
        let is_anonymous = self.defects.contains(&"chain-empty");
        let as_expected = checked.defects() == defects
            && *checked.at("/handshake/version") == json!(version)
            && *checked.at("/handshake/suite") == json!(suite)
            // However old the server, its certificate is seen, if it has one.
            && *checked.at("/verdicts/0/result") == json!(self.chosen.filter(|_| !is_anonymous).map(|_| "trusted"))
            && (checked.open(OPEN).is_some() == leaves_open);
        (!as_expected).then(|| {
            let expected = format!("{:?} with {defects:?}, leaves open: {leaves_open}", self.chosen);
            format!("{:?} is not {expected}\nbut {:?} {checked}", self.server, checked.defects())
        })
    }
}

/// Starts each server, with the port it has, and asks it.
fn all_hold<S>(cases: &[Case], start: impl Fn(&Ground, &Case) -> (S, u16) + Sync) {
    let differ = |lane: usize| {
        let ground = Ground::new();
        write_groups(&ground);
        let own = cases.iter().skip(lane).step_by(LANES);
        let differences = own.flat_map(|case| {
            let (_server, port) = start(&ground, case);
            case.differences(&ground, port)
        });
        differences.collect::<Vec<_>>()
    };
    let differences: Vec<String> = thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES).map(|lane| scope.spawn(move || differ(lane))).collect();
        lanes.into_iter().flat_map(|lane| lane.join().unwrap()).collect()
    });
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Groups that everybody knows, for to make new ones takes long.
fn write_groups(ground: &Ground) {
    for (file, group) in [("dh1024.pem", "dh_rfc5114:1"), ("dh2048.pem", "group:ffdhe2048")] {
        let mut openssl = command("openssl");
        openssl.args(["genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", group, "-out"]);
        run(openssl.arg(ground.path(file))).well();
    }
}

#[test]
fn openssl() {
    needs!("openssl");
    all_hold(OPENSSL, |ground, case| {
        let is_file = |arg: &str| Path::new(arg).extension().is_some_and(|ending| ending == "pem");
        let path = |arg: &str| ground.path(arg).display().to_string();
        let args = case.server.iter().map(|arg| if is_file(arg) { path(arg) } else { (*arg).to_owned() });
        // It says everything backwards at once; asked for its status page, it would not answer HEAD.
        let args: Vec<String> = args.chain(["-rev".to_owned()]).collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let origin = origins::s_server(ground, case.key, &args);
        let (_, port) = origin.ports[0];
        (origin, port)
    });
}

#[test]
fn tlslite() {
    needs!(Need::Python(&["tlslite"]), "openssl");
    all_hold(TLSLITE, |ground, case| {
        let mut server = command(python());
        server.arg("-u").arg(script("old_server.py")).args(ground.leaf(case.key, "DNS:old.test")).args(case.server);
        let mut server = Running::start(&mut server, ground.path("server.log"));
        let port = server.port_after("listens on ");
        (server, port)
    });
}
