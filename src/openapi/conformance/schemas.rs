//! The schemas of a document, compiled when they are first needed.

use std::{collections::HashMap, sync::Arc};

use jsonschema::Validator;
use parking_lot::RwLock;
use serde_json::{Value, json};

/// Where a document says what the data of each event of a stream are.
pub(super) const NAMED_EVENTS: &str = "x-events";

/// A document and its schemas.
pub(super) struct Schemas {
    pub(super) document: Value,
    /// By where they stand in the document, which stays there.
    compiled: RwLock<HashMap<usize, Arc<Validator>>>,
}

impl Schemas {
    /// The schemas of a document as they are.
    pub(super) fn new(mut document: Value) -> Self {
        bound(&mut document);
        Self { document, compiled: RwLock::default() }
    }

    /// The same for what we send ourselves: it may have nothing that the document does not name.
    pub(super) fn closed(mut document: Value) -> Self {
        let components = document.get_mut("components").and_then(|all| all.get_mut("schemas"));
        components.into_iter().flat_map(inside).for_each(close_inside);
        let operations = document.get_mut("paths").into_iter().flat_map(inside).flat_map(inside);
        let answers = operations.filter_map(|operation| operation.get_mut("responses")).flat_map(inside);
        let media = answers.filter_map(|answer| answer.get_mut("content")).flat_map(inside);
        for media in media {
            media.get_mut("schema").into_iter().for_each(close);
            media.get_mut(NAMED_EVENTS).into_iter().flat_map(inside).for_each(close);
        }
        Self::new(document)
    }

    /// What is wrong with a value, if anything: where, and which rule it breaks. The value itself is not told.
    /// `schema` is one of the document's.
    pub(super) fn errors(&self, schema: &Value, value: &Value) -> Vec<String> {
        if schema.is_null() {
            return Vec::new();
        }
        let validator = match self.validator(schema) {
            Ok(validator) => validator,
            Err(why) => return vec![format!(": the schema is none: {why}")],
        };
        let told = |error: jsonschema::ValidationError<'_>| {
            let place = error.instance_path().to_string();
            if place.is_empty() {
                format!(": {}", error.masked())
            } else {
                format!(" at {place}: {}", error.masked())
            }
        };
        validator.iter_errors(value).map(told).collect()
    }

    fn validator(&self, schema: &Value) -> Result<Arc<Validator>, String> {
        let place = std::ptr::from_ref(schema).addr();
        if let Some(validator) = self.compiled.read().get(&place) {
            return Ok(validator.clone());
        }
        let whole = json!({ "allOf": [schema], "components": self.document["components"] });
        let options = jsonschema::options().should_validate_formats(true);
        let validator = Arc::new(options.build(&whole).map_err(|error| error.to_string())?);
        self.compiled.write().insert(place, validator.clone());
        Ok(validator)
    }

    /// A schema, or the one that it refers to.
    pub(super) fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let reference = schema.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix('#'));
        let Some(target) = reference.and_then(|pointer| self.document.pointer(pointer)) else {
            return schema;
        };
        self.resolved(target)
    }

    /// A text as the value of the type that a schema has: of several texts, where it has a list, a list of them.
    pub(super) fn read(&self, schema: &Value, texts: &[String]) -> Value {
        let schema = self.resolved(schema);
        let text = || texts.first().map(String::as_str).unwrap_or_default();
        match schema["type"].as_str().unwrap_or_default() {
            "array" => {
                let items = texts.iter().map(|text| self.read(&schema["items"], std::slice::from_ref(text)));
                Value::Array(items.collect())
            }
            "integer" | "number" | "boolean" => {
                serde_json::from_str(text()).unwrap_or_else(|_| text().into())
            }
            _ => text().into(),
        }
    }
}

/// What stands in an object.
fn inside(value: &mut Value) -> impl Iterator<Item = &mut Value> {
    value.as_object_mut().into_iter().flat_map(|members| members.values_mut())
}

/// Closes a schema of a value: members that are not named, by it or by what it is made of, are refused, there and
/// further inside. What takes any value stays open.
fn close(schema: &mut Value) {
    close_inside(schema);
    let says_something =
        ["$ref", "type", "allOf", "anyOf", "oneOf"].iter().any(|name| schema.get(name).is_some());
    if let (Some(members), true) = (schema.as_object_mut(), says_something) {
        members.insert("unevaluatedProperties".to_owned(), false.into());
    }
}

/// The same for what stands inside the value alone: several schemas may be about it.
fn close_inside(schema: &mut Value) {
    let Some(members) = schema.as_object_mut() else { return };
    members.get_mut("properties").into_iter().flat_map(inside).for_each(close);
    for name in ["items", "additionalProperties"] {
        members.get_mut(name).into_iter().for_each(close);
    }
    for name in ["allOf", "anyOf", "oneOf"] {
        let parts = members.get_mut(name).and_then(Value::as_array_mut);
        parts.into_iter().flatten().for_each(close_inside);
    }
}

/// Numbers have to fit into what their format says.
fn bound(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(bound);
            let (least, most): (i64, i64) = match members.get("format").and_then(Value::as_str) {
                Some("int64") => (i64::MIN, i64::MAX),
                Some("int32") => (i32::MIN.into(), i32::MAX.into()),
                _ => return,
            };
            members.entry("minimum").or_insert_with(|| least.into());
            members.entry("maximum").or_insert_with(|| most.into());
        }
        Value::Array(items) => items.iter_mut().for_each(bound),
        _ => {}
    }
}
