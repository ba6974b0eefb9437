use serde_json::{Map, Value};
use utoipa::openapi::OpenApi;

/// What the contract documents of each operation. Everything else in our document is an addition.
const CONTRACT: [(&str, &[&str]); 2] = [("get", &["200", "403", "404"]), ("put", &["200", "429"])];

/// The schemas that its operations refer to.
const SCHEMAS: [&str; 7] = [
    "Empty",
    "LimitExceeded",
    "MatrixError",
    "PresenceState",
    "PresenceStatus",
    "PresenceUpdate",
    "RateLimitError",
];

/// The one path of the contract.
const PATH: &str = "/presence/{userId}/status";

/// The document without what it adds to the Matrix contract: further paths, answers, headers, the
/// bearer scheme, integer formats, examples and properties. It has no difference to the contract.
pub(super) fn without_additions(document: &OpenApi) -> Value {
    let mut document = serde_json::to_value(document).expect("a document is JSON");
    object(&mut document["info"]).shift_remove("description");
    object(&mut document).shift_remove("tags");
    object(&mut document["paths"]).retain(|path, _| path == PATH);
    for (method, statuses) in CONTRACT {
        let operation = &mut document["paths"][PATH][method];
        operation["security"] = serde_json::json!([{ "accessToken": [] }]);
        object(&mut operation["responses"]).retain(|status, _| statuses.contains(&status.as_str()));
        for response in object(&mut operation["responses"]).values_mut() {
            object(response).remove("headers");
        }
    }
    for (method, status) in [("get", "404"), ("put", "429")] {
        let response = &mut document["paths"][PATH][method]["responses"][status];
        object(&mut response["content"]["application/json"]).remove("examples");
    }
    let components = object(&mut document["components"]);
    object(&mut components["securitySchemes"]).retain(|name, _| name == "accessToken");
    let schemas = object(&mut components["schemas"]);
    schemas.retain(|name, _| SCHEMAS.contains(&name.as_str()));
    object(&mut schemas["MatrixError"]["properties"]).remove("soft_logout");
    object(&mut schemas["PresenceState"]).remove("example");
    for name in ["PresenceStatus", "PresenceUpdate"] {
        for property in object(&mut schemas[name]["properties"]).values_mut() {
            object(property).remove("example");
        }
    }
    object(&mut schemas["PresenceStatus"]["properties"]["last_active_ago"]).remove("format");
    object(&mut schemas["RateLimitError"]["properties"]["retry_after_ms"]).remove("format");
    document
}

fn object(value: &mut Value) -> &mut Map<String, Value> {
    value.as_object_mut().expect("this part of the document is an object")
}
