//! Documents against the schemas that are published with them.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jsonschema::Validator;
use serde_json::Value;

/// The document is valid by `docs/schemas/NAME.schema.json`.
pub fn assert_valid(name: &str, document: &Value) {
    let validator = validator(name);
    let faults: Vec<String> =
        validator.iter_errors(document).take(5).map(|fault| format!("{fault} at {}", fault.instance_path())).collect();
    let start: String = document.to_string().chars().take(2000).collect();
    assert!(faults.is_empty(), "{}\n{start}", faults.join("\n"));
}

/// Read once: some tests have a thousand documents.
fn validator(name: &str) -> Arc<Validator> {
    static KNOWN: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let read = || {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/schemas/{name}.schema.json"));
        let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        Arc::new(jsonschema::validator_for(&schema).unwrap())
    };
    known.entry(name.to_owned()).or_insert_with(read).clone()
}

#[test]
fn a_document_with_a_foreign_member_is_refused() {
    let document = serde_json::json!({"schema": "tlscope.error/1", "target": "a.test:443", "findings": [], "more": 1});
    assert!(std::panic::catch_unwind(|| assert_valid("tlscope.error-1", &document)).is_err());
}
