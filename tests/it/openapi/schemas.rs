//! The JSON Schemas in `openapi/schemas/`, and that both readings of the wire types are the same.

use std::{env, fs};

use presenced::api::matrix;
use serde_json::{Value, json};

use crate::support::conformance;

#[test]
fn the_checked_in_event_is_the_generated_one() {
    let generated = format!("{:#}\n", matrix::event_schema().to_value());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/schemas/m.presence.json");
    if env::var("INSTA_UPDATE").is_ok_and(|mode| mode == "always") {
        fs::write(path, &generated).expect("the file can be written");
    }
    let checked_in = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(checked_in, generated, "if this change is wanted: INSTA_UPDATE=always cargo test");
}

/// What the specification says of the event, besides the names that only profiles have.
#[test]
fn the_event_has_the_fields_of_the_specification() {
    let schema = matrix::event_schema().to_value();
    assert_eq!(schema["required"], json!(["type", "sender", "content"]));
    let content = &schema["properties"]["content"];
    assert_eq!(content["required"], json!(["presence"]));
    let kinds: Vec<(&str, &str)> = content["properties"]
        .as_object()
        .expect("properties")
        .iter()
        .map(|(name, property)| (name.as_str(), property["type"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(
        kinds,
        [
            ("presence", "string"),
            ("last_active_ago", "integer"),
            ("status_msg", "string"),
            ("currently_active", "boolean"),
        ]
    );
    assert_eq!(content["properties"]["presence"]["enum"], json!(["online", "offline", "unavailable"]));
}

#[test]
fn schemars_and_utoipa_read_the_event_alike() {
    let document = conformance::document("matrix");
    let by_utoipa = essence(&document["components"]["schemas"]["PresenceEvent"], document);
    let by_schemars = matrix::event_schema().to_value();
    assert_eq!(essence(&by_schemars, &by_schemars), by_utoipa);
}

/// A schema without what only people read, its references followed.
fn essence(schema: &Value, document: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                return essence(
                    &document.pointer(&reference[1..]).expect("it leads somewhere").clone(),
                    document,
                );
            }
            let for_people = ["$schema", "description", "example", "title", "format"];
            let kept = members.iter().filter(|(name, _)| !for_people.contains(&name.as_str()));
            kept.map(|(name, member)| (name.clone(), essence(member, document))).collect()
        }
        Value::Array(items) => items.iter().map(|item| essence(item, document)).collect(),
        plain => plain.clone(),
    }
}
