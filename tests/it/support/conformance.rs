//! Whether an answer is what the documents promise: a documented status of a documented operation, in
//! the documented media type, with a body that its schema allows and that has nothing undocumented.

use std::sync::LazyLock;

use presenced::{
    api::{self, Dialect, matrix},
    openapi,
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Answer, secrets};

static DOCUMENTS: LazyLock<Vec<(&Dialect, Value)>> = LazyLock::new(|| {
    api::ALL.into_iter().map(|dialect| (dialect, openapi::to_value(&(dialect.document)()))).collect()
});

/// The document of a dialect.
pub(crate) fn document(name: &str) -> &'static Value {
    let found = DOCUMENTS.iter().find(|(dialect, _)| dialect.name == name);
    &found.expect("a known dialect").1
}

/// A response as an answer.
pub(crate) async fn of_response(response: reqwest::Response) -> Answer {
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.expect("a whole answer");
    let location = headers.get("location").and_then(|location| location.to_str().ok());
    secrets::note_in(&text);
    location.into_iter().for_each(secrets::note_in);
    Answer { status, headers, text }
}

/// What is wrong with the answer, if anything.
pub(crate) fn verdict(method: &Method, path: &str, answer: &Answer) -> Result<(), String> {
    if *method == Method::OPTIONS {
        let is_right = answer.status == 204 && answer.text.is_empty();
        return is_right.then_some(()).ok_or_else(|| "a preflight answers 204 without a body".to_owned());
    }
    if answer.status == 401 && !answer.headers.contains_key("www-authenticate") {
        return Err("it does not say how to come in".to_owned());
    }
    let document = dialect_of(path);
    let status = answer.status.as_u16().to_string();
    let name = if *method == Method::HEAD { "get".to_owned() } else { method.as_str().to_lowercase() };
    let expected = match operation(document, path, &name) {
        Some(operation) => {
            operation.pointer(&format!("/responses/{status}")).ok_or("an undocumented status")?
        }
        // Paths and methods that the document does not have are refused in the dialect's one error form.
        None if ["404", "405", "413"].contains(&status.as_str()) => refusal(document),
        // Here the token is looked at before the path.
        None if status == "401" && path.starts_with(RINGCENTRAL) => refusal(document),
        // pnut looks at the token before the path.
        None if is_pnut(path) && ["401", "429"].contains(&status.as_str()) => refusal(document),
        None => return Err("an undocumented operation has to be refused".to_owned()),
    };
    if *method == Method::HEAD {
        return answer.text.is_empty().then_some(()).ok_or_else(|| "HEAD has no body".to_owned());
    }
    for header in expected.get("headers").and_then(Value::as_object).into_iter().flatten() {
        if !answer.headers.contains_key(header.0) {
            return Err(format!("the header {} is missing", header.0));
        }
    }
    check_body(document, expected, answer)
}

fn check_body(document: &Value, expected: &Value, answer: &Answer) -> Result<(), String> {
    let Some(content) = expected.get("content").and_then(Value::as_object) else {
        return answer.text.is_empty().then_some(()).ok_or_else(|| "an undocumented body".to_owned());
    };
    let media_type = answer.header("content-type").split(';').next().unwrap_or_default();
    let media = content.get(media_type).ok_or_else(|| format!("the media type {media_type:?}"))?;
    if !media_type.ends_with("json") || media_type.ends_with("ndjson") {
        return validate(document, &media["schema"], &answer.text.as_str().into());
    }
    let body: Value = serde_json::from_str(&answer.text).map_err(|error| error.to_string())?;
    validate(document, &media["schema"], &body)?;
    check_events(&body)?;
    check_numbers(&body)
}

/// Every integer of ours is documented as an int64.
fn check_numbers(body: &Value) -> Result<(), String> {
    match body {
        Value::Number(number) if number.as_i64().is_none() => Err(format!("{number} is no int64")),
        Value::Array(items) => items.iter().try_for_each(check_numbers),
        Value::Object(members) => members.values().try_for_each(check_numbers),
        _ => Ok(()),
    }
}

/// Checks each `m.presence` event in a body against the schema of the event.
fn check_events(body: &Value) -> Result<(), String> {
    static EVENT: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
        jsonschema::validator_for(&matrix::event_schema().to_value()).expect("the schema is one")
    });
    for event in body.pointer("/presence/events").and_then(Value::as_array).into_iter().flatten() {
        EVENT.validate(event).map_err(|error| format!("{event} is no event: {error}"))?;
    }
    Ok(())
}

/// What is wrong with an event from a documented stream, if anything: by its name its data are of a schema.
pub(crate) fn event_verdict(path: &str, name: &str, data: &Value) -> Result<(), String> {
    let document = dialect_of(path);
    operation(document, path, "get")
        .and_then(|operation| operation.pointer("/responses/200/content")?.get("text/event-stream"))
        .ok_or("an undocumented stream")?;
    let schema = match name {
        "presence" => "UserPresence",
        "presence-list" => "PresenceList",
        other => return Err(format!("an event with an unknown name: {other:?}")),
    };
    validate(document, &json!({"$ref": format!("#/components/schemas/{schema}")}), data)
}

/// What is wrong with a notification of the RingCentral dialect, if anything.
pub(crate) fn notification_verdict(notification: &Value) -> Result<(), String> {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
        let (_, companion) = Dialect::companion_named("ringcentral-webhooks").expect("a known document");
        (companion.document)()
    });
    let schema = json!({"$ref": "#/components/schemas/Notification"});
    validate(&DOCUMENT, &schema, notification)
}

/// Checks a value against a schema of a document. Members that the schema does not name are refused.
pub(crate) fn validate(document: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let schema = json!({
        "allOf": [schema],
        "unevaluatedProperties": false,
        "components": document["components"],
    });
    let validator = jsonschema::validator_for(&schema).map_err(|error| error.to_string())?;
    let errors: Vec<String> = validator.iter_errors(value).map(|error| error.to_string()).collect();
    errors.is_empty().then_some(()).ok_or_else(|| errors.join("; "))
}

const RINGCENTRAL: &str = "/restapi";

/// The document of the dialect that a path belongs to.
fn dialect_of(path: &str) -> &'static Value {
    document(match path {
        path if path.starts_with("/_matrix") => "matrix",
        path if is_pnut(path) => "pnut",
        path if path.starts_with(RINGCENTRAL) => "ringcentral",
        _ => "presenced",
    })
}

fn is_pnut(path: &str) -> bool {
    matches!(path.split('/').nth(1), Some("v0" | "v1"))
}

fn operation<'a>(document: &'a Value, path: &str, method: &str) -> Option<&'a Value> {
    let paths = document["paths"].as_object()?;
    let operations = paths.iter().filter_map(|(template, item)| Some((template, item.get(method)?)));
    operations
        .flat_map(|(template, operation)| {
            bases(document, operation).into_iter().map(move |base| (base + template, operation))
        })
        .find(|(template, _)| matches(template, path))
        .map(|(_, operation)| operation)
}

/// Where the paths of an operation begin: what its server says, which may be one of several, and for the
/// Matrix base path every prefix that stands beside it.
fn bases(document: &Value, operation: &Value) -> Vec<String> {
    let servers = operation.get("servers").unwrap_or(&document["servers"]);
    let variable = servers.pointer("/0/variables/basePath");
    if let Some(several) = variable.and_then(|variable| variable.get("enum")?.as_array()) {
        return several.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    }
    let base = variable.and_then(|variable| variable["default"].as_str()).unwrap_or_default();
    match base.strip_suffix(matrix::PREFIXES[0]) {
        Some(client) if operation["tags"][0] == "Presence" => {
            matrix::PREFIXES.map(|prefix| format!("{client}{prefix}")).into()
        }
        Some(client) if operation["tags"][0] == "Server" => {
            let bases = matrix::SYNC_PREFIXES.map(|prefix| format!("{client}{prefix}"));
            [vec![client.trim_end_matches('/').to_owned()], bases.into()].concat()
        }
        Some(client) => matrix::SYNC_PREFIXES.map(|prefix| format!("{client}{prefix}")).into(),
        None => vec![base.to_owned()],
    }
}

/// As the router has it, a parameter may be empty, but not at the end.
fn matches(template: &str, path: &str) -> bool {
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && (template.ends_with(&[""]) || !path.ends_with(&[""]))
        && template.iter().zip(path).all(|(part, given)| part.starts_with('{') || *part == given)
}

/// The form of a dialect's refusals.
fn refusal(document: &'static Value) -> &'static Value {
    static REFUSALS: LazyLock<[(&str, Value); 4]> = LazyLock::new(|| {
        [
            ("MatrixError", "application/json"),
            ("ErrorAnswer", "application/json"),
            ("ErrorResponse", "application/json"),
            ("Problem", "application/problem+json"),
        ]
        .map(|(name, media_type)| {
            let schema = json!({"$ref": format!("#/components/schemas/{name}")});
            (name, json!({"content": {media_type: {"schema": schema}}}))
        })
    });
    let is_documented = |name: &str| document.pointer(&format!("/components/schemas/{name}")).is_some();
    &REFUSALS.iter().find(|(name, _)| is_documented(name)).expect("a form of refusals").1
}
