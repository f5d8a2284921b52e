//! The fuzzing corpus, run through what is fuzzed.

use std::fs;
use std::path::Path;

#[path = "../../fuzz/src/lib.rs"]
mod targets;

type Target = fn(&[u8]);

#[test]
fn no_input_of_the_corpus_does_harm() {
    let all: [(&str, Target); 11] = [
        ("hello", targets::hello),
        ("flight", targets::flight),
        ("websocket", targets::websocket),
        ("http1", targets::http1),
        ("chain", targets::chain),
        ("body", targets::body),
        ("ocsp", targets::ocsp),
        ("crl", targets::crl),
        ("revocation", targets::revocation),
        ("content", targets::content),
        ("filter", targets::filter),
    ];
    for (name, target) in all {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
        let mut seen = 0;
        for entry in fs::read_dir(&dir).unwrap_or_else(|_| panic!("there is no corpus for {name}")) {
            let data = fs::read(entry.unwrap().path()).unwrap();
            // Everything that is cut off somewhere is a case of its own.
            for end in (0..=data.len()).step_by((data.len() / 64).max(1)) {
                target(&data[..end]);
            }
            target(&data);
            seen += 1;
        }
        assert!(seen > 0, "the corpus of {name} is empty");
    }
}
