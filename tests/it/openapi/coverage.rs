//! Every documented answer is seen in some test, or it is said here why it cannot be.

use std::collections::BTreeSet;

use presenced::{api, openapi::to_value};

use super::lint::operations;
use crate::support::coverage;

/// Documented answers that no test sees, and why not.
const UNSEEN: [(&str, &str); 0] = [];

/// Every documented answer, as it is noted when it is seen.
fn documented() -> BTreeSet<String> {
    let mut documented = BTreeSet::new();
    for dialect in api::ALL {
        let document = to_value(&(dialect.document)());
        for (_, _, operation) in operations(&document) {
            let id = operation["operationId"].as_str().expect("an id");
            let statuses = operation["responses"].as_object().expect("answers").keys();
            documented.extend(statuses.map(|status| format!("{} {id} {status}", dialect.name)));
        }
    }
    documented
}

#[test]
fn only_what_is_documented_has_a_reason() {
    let documented = documented();
    let unknown: Vec<_> = UNSEEN.iter().filter(|(answer, _)| !documented.contains(*answer)).collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
}

/// Looks at what all tests saw since the notes were removed, so it comes after them.
#[test]
#[ignore = "needs all other tests to have run, after which tests/run runs it"]
fn every_documented_answer_was_seen() {
    let (documented, noted) = (documented(), coverage::noted());
    let excused: BTreeSet<&str> = UNSEEN.iter().map(|(answer, _)| *answer).collect();
    let seen = documented.intersection(&noted).count();
    println!(
        "figure: {seen} of {} documented answers were seen, {} have a reason not to be",
        documented.len(),
        excused.len()
    );
    let missing: Vec<&String> =
        documented.difference(&noted).filter(|answer| !excused.contains(answer.as_str())).collect();
    assert!(missing.is_empty(), "no test saw {missing:#?}");
    let stale: Vec<&&str> = excused.iter().filter(|answer| noted.contains(**answer)).collect();
    assert!(stale.is_empty(), "these were seen, and need no reason: {stale:#?}");
}
