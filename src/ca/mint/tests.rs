use std::collections::HashSet;
use std::fs;
use std::path::Path;

use super::super::{Artefact, CaError, CaPaths, Origin, artefact};
use super::*;
use crate::diagnosis::{Limits, Trust, judge};
use crate::model::{Evidence, FindingId, Observation, RootSet, RootSetName, Trusted};
use crate::x509::Cert;

fn now() -> Timestamp {
    Timestamp::from_unix(1_795_000_000)
}

fn mint(dir: &Path) -> Mint {
    Mint::new(Authority::load_or_create(dir, now()).unwrap().0)
}

/// What only a certificate of a public CA can have: a name of the public, a policy, logs, revocation.
const PUBLIC_ONLY: [FindingId; 5] = [
    FindingId::SanReservedName,
    FindingId::PolicyOidMissing,
    FindingId::CtNoSct,
    FindingId::CdpMissing,
    FindingId::NoRevocationInfo,
];

#[test]
fn leaves_have_no_defect_under_their_ca() {
    let dir = tempfile::tempdir().unwrap();
    let mint = mint(dir.path());
    let roots = RootSet { name: RootSetName::Files, anchors: vec![mint.authority().cert().clone()] };
    // Judged as a publicly trusted one, which is stricter than anybody is.
    let public = HashSet::from([mint.authority().cert().sha256]);
    let trust = Trust::new(&[roots], &public);
    for host in
        ["example.com", "192.0.2.1", "2001:db8::1", "xn--bcher-kva.example", &format!("{}.example.com", "a".repeat(60))]
    {
        for choice in [KeyChoice::P256, KeyChoice::Rsa2048] {
            let host = Host::parse(host).unwrap();
            let leaf = mint.leaf(&host, choice, now()).unwrap();
            let observation =
                Observation { name: Some(host.clone()), sent: vec![leaf.cert.clone()], ..Observation::default() };
            let report = judge(&observation, &Evidence::default(), &trust, Limits::default(), now());
            let ids: Vec<_> = report.findings.iter().map(|f| f.id).filter(|id| !PUBLIC_ONLY.contains(id)).collect();
            assert_eq!(ids, [], "{host}");
            assert_eq!(report.verdicts[0].result, Trusted::Trusted);
        }
    }
}

#[test]
fn a_leaf_is_kept_and_renewed_before_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let mint = mint(dir.path());
    let host = Host::parse("a.test").unwrap();
    let first = mint.leaf(&host, KeyChoice::P256, now()).unwrap();
    assert!(Arc::ptr_eq(&first, &mint.leaf(&host, KeyChoice::P256, now().plus_days(189)).unwrap()));
    let second = mint.leaf(&host, KeyChoice::P256, now().plus_days(191)).unwrap();
    let (first, second) = (Cert::read(&first.cert), Cert::read(&second.cert));
    assert_ne!(first.serial, second.serial);
    assert_ne!(first.key, second.key);
    assert_ne!(first.key.unwrap().spki, Cert::read(mint.authority().cert()).key.unwrap().spki);
}

#[test]
fn the_ca_is_made_once_and_found_again() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("deep/er");
    let (made, origin) = Authority::load_or_create(&home, now()).unwrap();
    assert_eq!(origin, Origin::Created);
    let (loaded, origin) = Authority::load_or_create(&home, now()).unwrap();
    assert_eq!(origin, Origin::Loaded);
    assert_eq!((made.cert(), made.name()), (loaded.cert(), loaded.name()));
    assert!(loaded.warnings(now()).is_empty(), "{:?}", loaded.warnings(now()));
    assert_eq!(loaded.warnings(now().plus_days(3600)).len(), 1);
    assert_eq!(fs::read_dir(&home).unwrap().count(), 2, "no drafts are left");
}

#[cfg(unix)]
#[test]
fn the_key_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let (authority, _) = Authority::load_or_create(dir.path(), now()).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&authority.paths().secret), 0o600);
    fs::set_permissions(&authority.paths().secret, fs::Permissions::from_mode(0o644)).unwrap();
    let (authority, _) = Authority::load_or_create(dir.path(), now()).unwrap();
    assert_eq!(mode(&authority.paths().secret), 0o644, "it is never changed behind its owner's back");
    assert!(authority.warnings(now())[0].contains("chmod 600"));
}

#[cfg(unix)]
#[test]
fn a_place_where_others_can_write_is_warned_about() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("tlscope").join("ca");
    let (authority, _) = Authority::load_or_create(&home, now()).unwrap();
    let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&home), mode(home.parent().unwrap())), (0o700, 0o700));
    for (mode, warned) in [(0o755, false), (0o770, true), (0o777, true), (0o1777, false), (0o700, false)] {
        set(&home, mode);
        let warnings = authority.warnings(now());
        assert_eq!(warnings.iter().any(|warning| warning.contains("another CA in place of yours")), warned, "{mode:o}");
    }
    // A link is followed, to a file in a place that is open to others.
    let open = dir.path().join("open");
    fs::create_dir(&open).unwrap();
    set(&open, 0o777);
    fs::rename(&authority.paths().secret, open.join("key.pem")).unwrap();
    symlink(open.join("key.pem"), &authority.paths().secret).unwrap();
    let (linked, origin) = Authority::load_or_create(&home, now()).unwrap();
    assert_eq!((origin, linked.cert()), (Origin::Loaded, authority.cert()));
    assert!(linked.warnings(now())[0].contains(&*open.to_string_lossy()), "{:?}", linked.warnings(now()));
}

#[cfg(unix)]
#[test]
fn a_key_is_never_written_through_a_link() {
    let dir = tempfile::tempdir().unwrap();
    let (paths, elsewhere) = (CaPaths::within(dir.path()), dir.path().join("elsewhere"));
    std::os::unix::fs::symlink(&elsewhere, &paths.secret).unwrap();
    let errors = [Authority::load_or_create(dir.path(), now()).err(), Authority::renew(dir.path(), now()).err()];
    for error in errors {
        let error = error.unwrap().to_string();
        assert!(error.contains("tlscope-ca.pem"), "{error}");
        assert!(!elsewhere.exists());
    }
}

#[test]
fn a_damaged_ca_is_named_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    let paths = CaPaths::within(dir.path());
    Authority::load_or_create(dir.path(), now()).unwrap();
    Authority::load_or_create(other.path(), now()).unwrap();
    let good = fs::read_to_string(&paths.secret).unwrap();
    let foreign = fs::read_to_string(CaPaths::within(other.path()).secret).unwrap();
    let key_of = |text: &str| text[text.find("-----BEGIN PRIVATE").unwrap()..].to_owned();
    let cases = [
        (String::new(), "no certificate"),
        (good[..good.len() / 3].to_owned(), "no certificate"),
        (good.replace(&key_of(&good), ""), "no private key"),
        (good.replace(&key_of(&good), &key_of(&foreign)), "not the certificate's"),
    ];
    for (damaged, why) in cases {
        fs::write(&paths.secret, &damaged).unwrap();
        let error = Authority::load_or_create(dir.path(), now()).unwrap_err().to_string();
        assert!(error.contains(why) && error.contains(&*paths.secret.to_string_lossy()), "{error}");
        assert_eq!(fs::read_to_string(&paths.secret).unwrap(), damaged);
    }
}

#[test]
fn a_new_ca_keeps_the_old_one_beside_it() {
    let dir = tempfile::tempdir().unwrap();
    let (first, _) = Authority::load_or_create(dir.path(), now()).unwrap();
    let old = fs::read_to_string(&first.paths().secret).unwrap();
    let (second, kept) = Authority::renew(dir.path(), now()).unwrap();
    assert_eq!(fs::read_to_string(kept.unwrap()).unwrap(), old);
    assert_eq!((first.former(), second.former()), (1, 1), "the one set aside is there for both to see");
    assert_ne!(first.name(), second.name(), "clients that hold the old one must see another name");
    let ended = Authority::load_or_create(dir.path(), now().plus_days(4000)).unwrap_err();
    assert!(matches!(ended, CaError::Ended { .. }), "{ended}");
}

#[test]
fn artefacts_are_what_devices_take() {
    let dir = tempfile::tempdir().unwrap();
    let (authority, _) = Authority::load_or_create(dir.path(), now()).unwrap();
    let file = |form| artefact(authority.cert(), form).unwrap();
    let text = |form| String::from_utf8(file(form).contents).unwrap();
    assert_eq!(file(Artefact::Der).contents, authority.cert().der);
    assert_eq!(text(Artefact::Pem), fs::read_to_string(&authority.paths().certificate).unwrap());
    let profile = text(Artefact::Mobileconfig);
    assert!(profile.contains("com.apple.security.root") && profile.contains(authority.name()));
    assert_eq!(profile, text(Artefact::Mobileconfig), "the identifiers are stable");
    let name = file(Artefact::Android).name;
    assert!(name.len() == 10 && name.ends_with(".0"), "{name}");
    let store = p12_keystore::KeyStore::from_pkcs12(
        &file(Artefact::P12).contents,
        "changeit",
        p12_keystore::Pkcs12ImportPolicy::Relaxed,
    );
    let store = store.unwrap();
    let entries: Vec<_> = store.entries().collect();
    let [(_, p12_keystore::KeyStoreEntry::Certificate(cert))] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!(cert.as_der(), &authority.cert().der[..]);
}
