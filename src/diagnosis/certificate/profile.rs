//! What the Baseline Requirements ask of the names and policies in a publicly trusted certificate,
//! and what RFC 5280 asks of every name (its appendix A.1 has the bounds).

use super::Judged;
use crate::diagnosis::findings::Findings;
use crate::model::{Facts, FindingId, Severity, Timestamp};
use crate::x509::{Attribute, Name, oids};

pub(crate) fn check(judged: &Judged<'_>, out: &mut Findings) {
    if judged.is_anchor() {
        return;
    }
    if let Some(subject) = &judged.cert.subject {
        check_attributes(judged, subject, out);
    }
    if judged.is_leaf() && judged.is_public {
        check_policies(judged, out);
    }
}

/// A name with more attributes than this has been shown to be bad long before its end.
const ATTRIBUTES: usize = 200;

fn check_attributes(judged: &Judged<'_>, subject: &Name, out: &mut Findings) {
    let mut fault = |attribute: &Attribute, fault: &str| {
        let facts = judged.facts().with("attribute", oids::display(&attribute.oid)).with("fault", fault);
        out.add(FindingId::DnBad, &judged.subject, facts);
    };
    for (at, attribute) in subject.attributes.iter().take(ATTRIBUTES).enumerate() {
        for found in faults_of(attribute) {
            fault(attribute, &found);
        }
        if judged.is_public && judged.is_leaf() {
            let earlier = subject.attributes.get(..at).unwrap_or_default();
            for found in public_faults_of(judged, attribute, earlier) {
                fault(attribute, found);
            }
        }
    }
}

/// The longest value of each attribute in characters (RFC 5280 appendix A.1).
const BOUNDS: &[(&str, usize)] = &[
    (oids::COMMON_NAME, 64),
    (oids::ORGANIZATION, 64),
    (oids::ORGANIZATIONAL_UNIT, 64),
    (oids::TITLE, 64),
    (oids::SERIAL_NUMBER, 64),
    (oids::LOCALITY, 128),
    (oids::STATE, 128),
    (oids::STREET, 128),
    (oids::POSTAL_CODE, 40),
    (oids::EMAIL_ADDRESS, 255),
];

const UTF8_STRING: u8 = 12;
const PRINTABLE_STRING: u8 = 19;
const IA5_STRING: u8 = 22;

fn faults_of(attribute: &Attribute) -> Vec<String> {
    let mut faults = Vec::new();
    let value = attribute.value.as_str();
    let mut fault = |when: bool, fault: &str| faults.extend(when.then(|| fault.to_owned()));
    fault(value.is_empty(), "empty");
    fault(value.chars().any(char::is_control), "a control character");
    fault(value != value.trim(), "white space at its start or end");
    fault(has_entity(value), "an HTML entity");
    fault(attribute.oid == oids::COUNTRY && !is_country(value), "not a country code of two capital letters");
    fault(!type_fits(attribute), "a string type that is not for this attribute");
    let bound = BOUNDS.iter().find(|(oid, _)| *oid == attribute.oid).map(|(_, bound)| *bound);
    if let Some(bound) = bound.filter(|bound| value.chars().count() > *bound) {
        faults.push(format!("longer than {bound} characters"));
    }
    faults
}

/// `&amp;` and its like: text that was escaped once too often.
fn has_entity(value: &str) -> bool {
    let named = |rest: &str| {
        let name = rest.split_once(';').map(|(name, _)| name.trim_start_matches('#'));
        name.is_some_and(|name| (2..=8).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric()))
    };
    value.split('&').skip(1).any(named)
}

fn is_country(value: &str) -> bool {
    value.len() == 2 && value.bytes().all(|b| b.is_ascii_uppercase())
}

/// UTF8String and PrintableString for text; the one type that RFC 5280 appendix A.1 gives otherwise.
fn type_fits(attribute: &Attribute) -> bool {
    match attribute.oid.as_str() {
        oids::COUNTRY | oids::SERIAL_NUMBER => attribute.tag == PRINTABLE_STRING,
        oids::EMAIL_ADDRESS | oids::DOMAIN_COMPONENT => attribute.tag == IA5_STRING,
        _ if oids::name(&attribute.oid).is_none() => true,
        _ => matches!(attribute.tag, UTF8_STRING | PRINTABLE_STRING),
    }
}

/// Baseline Requirements section 7.1.4: no organizationalUnitName since 2022-09-01; the order of
/// attributes and each of them once since 2023-09-15.
fn public_faults_of(judged: &Judged<'_>, attribute: &Attribute, earlier: &[Attribute]) -> Vec<&'static str> {
    let issued_after = |day: &str| {
        let day = Timestamp::parse(day);
        judged.cert.validity.is_some_and(|validity| day.is_some_and(|day| validity.not_before >= day))
    };
    let mut faults = Vec::new();
    if attribute.oid == oids::ORGANIZATIONAL_UNIT && issued_after("2022-09-01T00:00:00Z") {
        faults.push("no longer allowed in public certificates");
    }
    if !issued_after("2023-09-15T00:00:00Z") {
        return faults;
    }
    let may_repeat = [oids::DOMAIN_COMPONENT, oids::STREET, oids::ORGANIZATIONAL_UNIT];
    if !may_repeat.contains(&attribute.oid.as_str()) && earlier.iter().any(|other| other.oid == attribute.oid) {
        faults.push("twice");
    }
    if place(attribute).is_some_and(|own| earlier.iter().filter_map(place).any(|other| other > own)) {
        faults.push("out of order");
    }
    faults
}

/// The order of attributes (Baseline Requirements section 7.1.4.1).
fn place(attribute: &Attribute) -> Option<usize> {
    const ORDER: &[&str] = &[
        oids::DOMAIN_COMPONENT,
        oids::COUNTRY,
        oids::STATE,
        oids::LOCALITY,
        oids::POSTAL_CODE,
        oids::STREET,
        oids::ORGANIZATION,
        oids::SURNAME,
        oids::GIVEN_NAME,
        oids::ORGANIZATIONAL_UNIT,
        oids::COMMON_NAME,
    ];
    ORDER.iter().position(|oid| *oid == attribute.oid)
}

/// The CA/Browser Forum's policies, of which a certificate asserts exactly one (section 7.1.2.7.9).
const RESERVED: &[&str] = &[oids::POLICY_EV, oids::POLICY_DV, oids::POLICY_OV, oids::POLICY_IV];

fn check_policies(judged: &Judged<'_>, out: &mut Findings) {
    let policies = &judged.cert.extensions.policies;
    let asserted = policies.asserted.as_deref().unwrap_or_default();
    let reserved: Vec<&str> = asserted.iter().map(String::as_str).filter(|oid| RESERVED.contains(oid)).collect();
    let facts = || Facts::new().with("policies", asserted.to_vec());
    match reserved.as_slice() {
        [] => out.add(FindingId::PolicyOidMissing, &judged.subject, facts()),
        [one] if policies.has_qualifiers => {
            // Not recommended, and allowed.
            let facts = facts().with("fault", "a policy has qualifiers");
            out.add_as(Severity::Info, FindingId::PolicyMultiple, &judged.subject, facts);
            check_conflict(judged, one, out);
        }
        [one] => check_conflict(judged, one, out),
        _ => out.add(FindingId::PolicyMultiple, &judged.subject, facts().with("fault", "several policies")),
    }
}

/// Which attributes go with which policy (sections 7.1.2.7.2 to 7.1.2.7.5).
fn check_conflict(judged: &Judged<'_>, policy: &str, out: &mut Findings) {
    let Some(subject) = &judged.cert.subject else { return };
    let has = |oid: &str| subject.values(oid).next().is_some();
    let fault = match policy {
        oids::POLICY_DV => {
            let owners = [oids::ORGANIZATION, oids::STREET, oids::LOCALITY, oids::STATE, oids::POSTAL_CODE];
            owners
                .iter()
                .find(|oid| has(oid))
                .map(|oid| format!("names an owner ({}), which nobody checked", oids::display(oid)))
        }
        oids::POLICY_OV if !has(oids::ORGANIZATION) => Some("names no organisation".to_owned()),
        oids::POLICY_IV if !has(oids::GIVEN_NAME) && !has(oids::SURNAME) => Some("names no person".to_owned()),
        oids::POLICY_EV => {
            [oids::ORGANIZATION, oids::SERIAL_NUMBER, oids::BUSINESS_CATEGORY, oids::JURISDICTION_COUNTRY]
                .iter()
                .find(|oid| !has(oid))
                .map(|oid| format!("no {}", oids::display(oid)))
        }
        _ => None,
    };
    if let Some(fault) = fault {
        let facts = Facts::new().with("policy", oids::display(policy)).with("fault", fault);
        out.add(FindingId::CertPolicyDvOvConflict, &judged.subject, facts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_of_attributes_are_told() {
        let attribute =
            |oid: &str, tag: u8, value: &str| Attribute { oid: oid.into(), tag, value: value.into(), rdn: 0 };
        let cases = [
            (oids::COMMON_NAME, UTF8_STRING, "a.test", vec![]),
            (oids::ORGANIZATION, PRINTABLE_STRING, "AT&T; Inc", vec![]),
            (oids::ORGANIZATION, UTF8_STRING, "A &amp; B", vec!["an HTML entity"]),
            (oids::ORGANIZATION, UTF8_STRING, " A", vec!["white space at its start or end"]),
            (oids::ORGANIZATION, UTF8_STRING, "", vec!["empty"]),
            (oids::ORGANIZATION, 20, "A", vec!["a string type that is not for this attribute"]),
            (oids::COUNTRY, PRINTABLE_STRING, "DE", vec![]),
            (oids::COUNTRY, PRINTABLE_STRING, "de", vec!["not a country code of two capital letters"]),
            (oids::COUNTRY, UTF8_STRING, "DE", vec!["a string type that is not for this attribute"]),
            (oids::COMMON_NAME, UTF8_STRING, "a\0b", vec!["a control character"]),
            ("1.2.3", 30, "x", vec![]),
        ];
        for (oid, tag, value, expected) in cases {
            assert_eq!(faults_of(&attribute(oid, tag, value)), expected, "{oid} {value:?}");
        }
        assert_eq!(faults_of(&attribute(oids::COMMON_NAME, UTF8_STRING, &"ä".repeat(64))), [""; 0]);
        assert_eq!(
            faults_of(&attribute(oids::COMMON_NAME, UTF8_STRING, &"a".repeat(65))),
            ["longer than 64 characters"]
        );
    }
}
