//! The operations of all documents, with values that they take.

use presenced::{api, openapi::to_value};
use serde_json::{Map, Value};

use crate::openapi::lint;

/// An operation under one of its paths.
pub(super) struct Operation {
    pub(super) dialect: &'static str,
    pub(super) method: String,
    /// With the names of parameters in braces.
    pub(super) path: String,
    pub(super) parameters: Vec<Parameter>,
    /// The media types of bodies, each with a body that is taken.
    pub(super) bodies: Vec<(String, Value)>,
    /// The statuses of the answers.
    pub(super) statuses: Vec<String>,
    /// Whether the answer does not end.
    pub(super) streams: bool,
}

pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) place: String,
    pub(super) sample: Value,
}

/// Every operation once under each of its paths.
pub(super) fn operations() -> Vec<Operation> {
    let mut all = Vec::new();
    for dialect in api::ALL {
        let document = to_value(&(dialect.document)());
        for (template, method, value) in lint::operations(&document) {
            for base in dialect.bases {
                all.push(operation(dialect.name, &document, method, format!("{base}{template}"), value));
            }
        }
    }
    all
}

fn operation(
    dialect: &'static str,
    document: &Value,
    method: &str,
    path: String,
    value: &Value,
) -> Operation {
    let parameters = value["parameters"].as_array().into_iter().flatten().map(|parameter| Parameter {
        name: text(&parameter["name"]),
        place: text(&parameter["in"]),
        sample: parameter.get("example").cloned().unwrap_or_else(|| sample(document, &parameter["schema"])),
    });
    let bodies = value.pointer("/requestBody/content").and_then(Value::as_object).into_iter().flatten();
    let statuses = value["responses"].as_object().into_iter().flatten();
    Operation {
        dialect,
        method: method.to_uppercase(),
        path,
        parameters: parameters.collect(),
        bodies: bodies.map(|(media, body)| (media.clone(), sample(document, &body["schema"]))).collect(),
        statuses: statuses.map(|(status, _)| status.clone()).filter(|status| status != "101").collect(),
        streams: value.pointer("/responses/200/content/text~1event-stream").is_some(),
    }
}

/// A value that a schema describes.
fn sample(document: &Value, schema: &Value) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let found = document.pointer(reference.trim_start_matches('#'));
        return sample(document, found.expect("a reference that leads somewhere"));
    }
    let told = [
        &schema["example"],
        &schema["examples"][0],
        &schema["const"],
        &schema["enum"][0],
        &schema["default"],
    ];
    if let Some(told) = told.into_iter().find(|told| !told.is_null()) {
        return told.clone();
    }
    for several in ["oneOf", "anyOf"] {
        if let Some(first) =
            schema[several].as_array().and_then(|all| all.iter().find(|one| one["type"] != "null"))
        {
            return sample(document, first);
        }
    }
    let mut members = Map::new();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        if let Value::Object(more) = sample(document, part) {
            members.extend(more);
        }
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        members.insert(name.clone(), sample(document, property));
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str());
    match kind {
        Some("string") => Value::from("x"),
        Some("integer" | "number") => Value::from(1),
        Some("boolean") => Value::from(true),
        Some("array") => Value::from(vec![sample(document, &schema["items"])]),
        _ => Value::Object(members),
    }
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
