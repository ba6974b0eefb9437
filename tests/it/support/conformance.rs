//! Whether an exchange is what the documents promise. The servers of tests look themselves, and tell on the answer.

use std::sync::LazyLock;

use presenced::{
    api::{self, Dialect},
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

/// What the server itself found wrong with an exchange, if anything. Where the client is lenient, what it sent need
/// not be as documented.
pub(crate) fn verdict(method: &Method, answer: &Answer, is_lenient: bool) -> Result<(), String> {
    if *method == Method::OPTIONS {
        let is_right = answer.status == 204 && answer.text.is_empty();
        return is_right.then_some(()).ok_or_else(|| "a preflight answers 204 without a body".to_owned());
    }
    if answer.status == 401 && !answer.headers.contains_key("www-authenticate") {
        return Err("it does not say how to come in".to_owned());
    }
    if *method == Method::HEAD && !answer.text.is_empty() {
        return Err("HEAD has no body".to_owned());
    }
    let lines = answer.headers.get_all("contract-violation").iter();
    let lines = lines.map(|line| line.to_str().expect("visible characters"));
    let lines: Vec<&str> = lines.filter(|line| !is_lenient || line.starts_with("answer: ")).collect();
    lines.is_empty().then_some(()).ok_or_else(|| lines.join("; "))
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

/// What is wrong with a message that a channel of presenced's own API brought, if anything.
pub(crate) fn message_verdict(channel: &str, name: &str, message: &Value) -> Result<(), String> {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
        let (_, companion) = Dialect::companion_named("presenced-events").expect("a known document");
        (companion.document)()
    });
    let documented = &DOCUMENT["channels"][channel]["messages"][name];
    if documented.is_null() {
        return Err(format!("{channel} has no message {name}"));
    }
    validate(&DOCUMENT, &documented["payload"], message)
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
