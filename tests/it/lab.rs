//! Every case of the lab is found to be what it claims: the findings it names, and no others.

use std::collections::BTreeSet;
use std::time::Duration;

use tlscope::check::{Question, check_server};
use tlscope::diagnosis::Trust;
use tlscope::inquiry::{Config, Inquiry};
use tlscope::lab::{Case, Lab};
use tlscope::model::{Host, RootSet, RootSetName, Target, Timestamp};
use tlscope::net::{self, Dialler};

fn now() -> Timestamp {
    Timestamp::from(time::OffsetDateTime::now_utc())
}

fn trust_of(lab: &Lab) -> Trust {
    let roots = RootSet { name: RootSetName::Files, anchors: lab.roots().to_vec() };
    Trust::new(&[roots], &[lab.public_root()].into()).with_logs(Some(lab.logs().to_vec()))
}

fn dialler_of(lab: &Lab) -> Dialler {
    Dialler::new(net::Config {
        connect_to: lab.connect_rules(),
        tls_timeout: Duration::from_secs(2),
        ..net::Config::default()
    })
}

fn question(case: &Case) -> Question {
    Question {
        target: Target::new(Host::parse(&case.host).unwrap(), case.port.unwrap_or(443)),
        name: None,
        scan: case.scan(),
        every_address: false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_is_what_it_claims() {
    let lab = Lab::start("127.0.0.1:0".parse().unwrap(), now()).await.unwrap();
    let dialler = dialler_of(&lab);
    let mut wrong = Vec::new();
    for case in lab.cases() {
        // An inquiry of its own: what one case sends must not complete another.
        let trust = trust_of(&lab);
        let inquiry = Inquiry::start(Config::default(), move || trust, dialler.clone()).unwrap();
        let checked = check_server(&dialler, &inquiry, &question(case)).await.remove(0);
        crate::rig::assert_evidence_is_explained(&checked.report);
        let found: BTreeSet<&str> = checked.report.findings.iter().map(|f| f.id.as_str()).collect();
        let expected: BTreeSet<&str> = case.expect.iter().map(|id| id.as_str()).collect();
        if found != expected {
            let missing: Vec<_> = expected.difference(&found).collect();
            let surplus: Vec<_> = found.difference(&expected).collect();
            wrong.push(format!("{}: missing {missing:?}, surplus {surplus:?}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), lab.cases().len(), wrong.join("\n"));
}
