//! The documents in OpenAPI 3.0: what each construct becomes, and that nothing is lost.

use presenced::{
    api,
    openapi::{differences, to_v3_0, to_value},
};
use serde_json::{Map, Value, json};

/// A document whose one component is this schema.
fn document_with(schema: &Value) -> Value {
    json!({"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "components": {"schemas": {"S": schema}}})
}

#[test]
fn what_a_schema_becomes() {
    let reference = json!({"$ref": "#/components/schemas/T"});
    for (schema, expected) in [
        (json!({"type": "string", "maxLength": 5}), json!({"type": "string", "maxLength": 5})),
        (json!({"type": ["string", "null"]}), json!({"type": "string", "nullable": true})),
        (json!({"type": ["null", "integer"]}), json!({"type": "integer", "nullable": true})),
        (reference.clone(), reference.clone()),
        (
            json!({"$ref": "#/components/schemas/T", "description": "D", "default": 1}),
            json!({"allOf": [reference], "description": "D", "default": 1}),
        ),
        (
            json!({"allOf": [{"type": ["string", "null"]}], "$ref": "#/components/schemas/T"}),
            json!({"allOf": [{"type": "string", "nullable": true}, reference]}),
        ),
        (json!({"oneOf": [reference, {"type": "null"}]}), json!({"allOf": [reference], "nullable": true})),
        (json!({"anyOf": [{"type": "null"}, reference]}), json!({"allOf": [reference], "nullable": true})),
        (
            json!({"oneOf": [reference, {"type": "null"}, {"type": "string"}]}),
            json!({"oneOf": [reference, {"type": "string"}], "nullable": true}),
        ),
        (json!({"const": "a"}), json!({"enum": ["a"]})),
        (
            json!({"type": "number", "exclusiveMinimum": 1, "exclusiveMaximum": 2}),
            json!({"type": "number", "minimum": 1, "exclusiveMinimum": true, "maximum": 2, "exclusiveMaximum": true}),
        ),
        (json!({"examples": [{"const": 1}, 2]}), json!({"example": {"const": 1}})),
        (
            json!({"propertyNames": {"type": "string"}, "additionalProperties": {"type": ["string", "null"]}}),
            json!({"additionalProperties": {"type": "string", "nullable": true}}),
        ),
        // Names of properties and values are no keywords.
        (
            json!({"properties": {"const": {"type": ["boolean", "null"]}}, "default": {"type": ["a", "null"]}}),
            json!({"properties": {"const": {"type": "boolean", "nullable": true}}, "default": {"type": ["a", "null"]}}),
        ),
        (
            json!({"type": "array", "items": {"not": {"const": 1}}, "x-own": {"const": 1}}),
            json!({"type": "array", "items": {"not": {"enum": [1]}}, "x-own": {"const": 1}}),
        ),
    ] {
        let twin = to_v3_0(&document_with(&schema)).expect("3.0 can say this");
        assert_eq!(twin["components"]["schemas"]["S"], expected, "{schema}");
        assert_eq!(twin["openapi"], "3.0.3");
    }
}

#[test]
fn what_cannot_be_said_is_an_error() {
    let mut lines = Vec::new();
    for schema in [
        json!({"type": ["string", "integer"]}),
        json!({"type": "null"}),
        json!({"properties": {"a/b": {"prefixItems": []}}}),
        json!({"patternProperties": {}}),
        json!({"propertyNames": {"pattern": "^a"}}),
        json!({"minimum": 0, "exclusiveMinimum": 1}),
        json!({"items": true}),
        json!({"oneOf": [{"unevaluatedProperties": false}]}),
    ] {
        lines.push(to_v3_0(&document_with(&schema)).expect_err("it cannot be said").to_string());
    }
    let item = |item: Value| json!({"openapi": "3.1.0", "info": {}, "paths": {"/p": {"post": item}}});
    let stream = json!({"content": {"text/event-stream": {"itemSchema": {}}}});
    for document in [
        json!({"openapi": "3.1.0", "info": {}, "webhooks": {}}),
        json!({"openapi": "3.1.0", "info": {"summary": "S"}}),
        json!({"openapi": "3.1.0", "info": {}, "components": {"pathItems": {}}}),
        item(json!({"responses": {"200": stream}})),
        item(json!({"requestBody": {"$ref": "#/components/requestBodies/B", "description": "D"}})),
        item(json!({"parameters": [{"schema": {"type": "null"}}]})),
        item(json!({"responses": {"200": {"headers": {"H": {"schema": {"type": "null"}}}}}})),
        item(json!({"callbacks": {"c": {"{$url}": {"post": {"requestBody": stream}}}}})),
    ] {
        lines.push(to_v3_0(&document).expect_err("it cannot be said").to_string());
    }
    insta::assert_snapshot!(lines.join("\n"), @"
    #/components/schemas/S/type: a schema of several types, or of null alone
    #/components/schemas/S/type: a schema of several types, or of null alone
    #/components/schemas/S/properties/a~1b: schemas of OpenAPI 3.0 have no `prefixItems`
    #/components/schemas/S: schemas of OpenAPI 3.0 have no `patternProperties`
    #/components/schemas/S: schemas of OpenAPI 3.0 have no `propertyNames`
    #/components/schemas/S: `minimum` would be said twice
    #/components/schemas/S/items: a schema that is no object
    #/components/schemas/S/oneOf/0: schemas of OpenAPI 3.0 have no `unevaluatedProperties`
    #: OpenAPI 3.0 has no `webhooks`
    #: OpenAPI 3.0 has no `summary`
    #/components: OpenAPI 3.0 has no `pathItems`
    #/paths/~1p/post/responses/200/content/text~1event-stream: OpenAPI 3.0 has no `itemSchema`
    #/paths/~1p/post/requestBody: something stands beside a reference
    #/paths/~1p/post/parameters/0/schema/type: a schema of several types, or of null alone
    #/paths/~1p/post/responses/200/headers/H/schema/type: a schema of several types, or of null alone
    #/paths/~1p/post/callbacks/c/{$url}/post/requestBody/content/text~1event-stream: OpenAPI 3.0 has no `itemSchema`
    ");
}

/// The same said in 3.1, in one of the ways that it may be said there.
fn back(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(back).collect(),
        Value::Object(members) => {
            let mut told: Map<String, Value> = Map::new();
            let is_nullable = members.get("nullable") == Some(&true.into());
            for (name, member) in members {
                if name == "allOf" && is_nullable {
                    told.insert("oneOf".to_owned(), json!([back(&member[0]), {"type": "null"}]));
                    continue;
                }
                let reference = member.pointer("/0/$ref").filter(|_| name == "allOf" && members.len() > 1);
                match (name.as_str(), reference) {
                    (_, Some(reference)) => told.insert("$ref".to_owned(), reference.clone()),
                    ("type", _) if is_nullable => told.insert(name.clone(), json!([member, "null"])),
                    ("nullable", _) => None,
                    _ => told.insert(name.clone(), back(member)),
                };
            }
            told.into()
        }
        plain => plain.clone(),
    }
}

/// What the documents have that their twins do not say, or say otherwise.
#[test]
fn nothing_is_lost() {
    let mut lines = Vec::new();
    for dialect in api::ALL {
        let document = to_value(&(dialect.document)());
        let twin = to_v3_0(&document).expect("a twin");
        lines.push(format!("{}:", dialect.name));
        lines.extend(differences(&back(&document), &back(&twin)));
    }
    insta::assert_snapshot!(lines.join("\n"), @r#"
    matrix:
    missing /components/schemas/Capabilities/properties/capabilities/propertyNames: {"type":"string"}
    missing /components/schemas/PushRules/properties/global/propertyNames: {"type":"string"}
    missing /components/schemas/SupportedVersions/properties/unstable_features/propertyNames: {"type":"string"}
    changed /openapi: "3.1.0" -> "3.0.3"
    missing /paths/~1user~1{userId}~1filter~1{filterId}/get/responses/200/content/application~1json/schema/propertyNames: {"type":"string"}
    pnut:
    missing /info/license/identifier: "Apache-2.0"
    added /info/license/url: "https://spdx.org/licenses/Apache-2.0.html"
    changed /openapi: "3.1.0" -> "3.0.3"
    ringcentral:
    added /components/schemas/BatchBody/example: {"presenceStatus":"Available"}
    missing /components/schemas/BatchBody/examples: [{"presenceStatus":"Available"}]
    missing /info/license/identifier: "Apache-2.0"
    added /info/license/url: "https://spdx.org/licenses/Apache-2.0.html"
    changed /openapi: "3.1.0" -> "3.0.3"
    presenced:
    missing /info/license/identifier: "Apache-2.0"
    added /info/license/url: "https://spdx.org/licenses/Apache-2.0.html"
    changed /openapi: "3.1.0" -> "3.0.3"
    "#);
}
