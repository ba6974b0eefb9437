//! The documents against those that were released: stubs of an older one go on working with a newer server.

use std::{fs, path::Path};

use presenced::{
    api,
    openapi::{Cause, breakage, to_value},
};
use serde_json::Value;

/// Every OpenAPI document by its name.
fn documents() -> Vec<(&'static str, Value)> {
    let of_dialect = |dialect: &'static api::Dialect| {
        let companions = dialect.companions.iter().map(|companion| (companion.name, (companion.document)()));
        companions.chain([(dialect.name, to_value(&(dialect.document)()))]).collect::<Vec<_>>()
    };
    let is_openapi = |(_, document): &(_, Value)| document["openapi"].is_string();
    api::ALL.into_iter().flat_map(of_dialect).filter(is_openapi).collect()
}

fn released(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("openapi/released/{name}.yaml"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    yaml_serde::from_str(&text).expect("YAML")
}

/// What of a document that was released fails with a newer one, a line each.
fn broken(name: &str, newer: &Value) -> Vec<String> {
    let causes = breakage(&released(name), newer);
    causes.iter().filter(|cause: &&Cause| cause.is_breaking).map(|cause| format!("{name}: {cause}")).collect()
}

#[test]
fn nothing_that_was_released_is_broken() {
    let broken: Vec<String> = documents().iter().flat_map(|(name, newer)| broken(name, newer)).collect();
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

/// What is added breaks nothing; what is taken away does, in whichever document, and is named.
#[test]
fn what_breaks_is_named() {
    for (name, document) in documents() {
        let items = if document["webhooks"].is_object() { "webhooks" } else { "paths" };
        let (path, _) = document[items].as_object().and_then(|all| all.iter().next()).expect("an operation");
        let mut less = document.clone();
        less[items].as_object_mut().expect("operations").remove(path);
        let told = broken(name, &less);
        assert!(told.iter().any(|line| line.contains("gone")), "{name}: {told:#?}");
        let mut more = document.clone();
        let mut another = document[items][path].clone();
        for operation in another.as_object_mut().expect("operations").values_mut() {
            operation["operationId"] = "another".into();
        }
        more[items]["/another"] = another;
        assert_eq!(broken(name, &more), [""; 0]);
    }
}
