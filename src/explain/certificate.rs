//! Everything that a certificate says, line by line.

use super::Labelled;
use crate::model::hex;
use crate::x509::{AccessUrl, Algorithm, Cert, Extensions, GeneralName, Name, PublicKey, oids};

/// The whole text of a certificate: labels and values, its extensions in their order.
pub fn certificate_text(cert: &Cert) -> Vec<Labelled> {
    let name = |name: &Option<Name>| name.as_ref().map(ToString::to_string);
    let validity = cert.validity.map(|validity| format!("{} to {}", validity.not_before, validity.not_after));
    let key = cert.key.as_ref();
    let fields = [
        ("version", cert.version.map(|version| format!("{version}"))),
        ("serial", Some(cert.serial_hex())),
        ("subject", name(&cert.subject)),
        ("issuer", name(&cert.issuer)),
        ("valid", validity),
        ("key", key.map(PublicKey::describe)),
        ("signature", cert.outer_algorithm.as_ref().map(Algorithm::name)),
        ("SHA-256", Some(hex(&cert.der.sha256.0))),
    ];
    let mut lines: Vec<Labelled> = fields.into_iter().filter_map(|(label, value)| Some((label, value?))).collect();
    lines.extend(extension_lines(&cert.extensions));
    lines.extend(cert.problems.iter().map(|problem| ("cannot be read", format!("{problem:?}"))));
    lines
}

fn extension_lines(extensions: &Extensions) -> Vec<Labelled> {
    let list = |names: &[GeneralName]| names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let constraints = extensions.basic_constraints.map(|bc| {
        let length = bc.path_len.map_or(String::new(), |length| format!(", path length {length}"));
        format!("CA: {}{length}", if bc.ca { "yes" } else { "no" })
    });
    let fields = [
        ("names", extensions.san.as_ref().map(|names| list(names))),
        ("basic constraints", constraints),
        ("key usage", extensions.key_usage.map(|usage| usage.names().join(", "))),
        ("extended key usage", extensions.extended_key_usage.as_ref().map(|usage| usage.names().join(", "))),
        ("subject key id", extensions.subject_key_id.as_ref().map(|id| hex(id))),
        ("authority key id", authority_key_id(extensions)),
        ("name constraints", name_constraints(extensions)),
        ("policies", extensions.policies.asserted.as_ref().map(|policies| policies.join(", "))),
        ("must staple", (!extensions.tls_features.is_empty()).then(|| "yes".to_owned())),
        ("SCTs", extensions.scts.as_ref().map(|scts| scts.len().to_string())),
    ];
    let mut lines: Vec<Labelled> = fields.into_iter().filter_map(|(label, value)| Some((label, value?))).collect();
    lines.extend(extensions.urls.iter().map(|url| match url {
        AccessUrl::CaIssuers(url) => ("issuer at", url.clone()),
        AccessUrl::Ocsp(url) => ("OCSP at", url.clone()),
        AccessUrl::Crl(url) => ("CRL at", url.clone()),
    }));
    let all: Vec<String> = extensions
        .all
        .iter()
        .map(|one| format!("{}{}", oids::display(&one.oid), if one.critical { " (critical)" } else { "" }))
        .collect();
    if !all.is_empty() {
        lines.push(("extensions", all.join(", ")));
    }
    lines.extend(extensions.malformed.iter().map(|oid| ("malformed", oids::display(oid).to_owned())));
    lines
}

fn authority_key_id(extensions: &Extensions) -> Option<String> {
    let id = extensions.authority_key_id.as_ref()?;
    let parts =
        [id.key_id.as_ref().map(|key| hex(key)), id.serial.as_ref().map(|serial| format!("serial {}", hex(serial)))];
    Some(parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

fn name_constraints(extensions: &Extensions) -> Option<String> {
    let constraints = extensions.name_constraints.as_ref()?;
    let said = |word: &str, names: &Option<Vec<GeneralName>>| {
        let names = names.as_ref()?;
        Some(format!("{word} {}", names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")))
    };
    let parts = [said("only", &constraints.permitted), said("not", &constraints.excluded)];
    Some(parts.into_iter().flatten().collect::<Vec<_>>().join("; "))
}
