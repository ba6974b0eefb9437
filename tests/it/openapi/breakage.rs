//! What a newer document means to those who use an older one.

use presenced::{
    api::pnut,
    openapi::{breakage, to_value},
};
use serde_json::{Value, json};

/// A small document: one operation that is sent an `Update` and answers with a `Thing`.
fn document() -> Value {
    let thing = json!({"$ref": "#/components/schemas/Thing"});
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "paths": {"/things/{id}": {"put": {
            "tags": ["Things"],
            "summary": "Put a thing.",
            "operationId": "putThing",
            "parameters": [
                {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}},
                {"name": "limit", "in": "query", "required": false,
                 "schema": {"type": "integer", "format": "int32", "minimum": 1, "maximum": 100}},
            ],
            "requestBody": {"required": true, "content": {"application/json": {
                "schema": {"$ref": "#/components/schemas/Update"}}}},
            "responses": {
                "200": {"description": "Done.", "headers": {"Age": {"schema": {"type": "integer"}}},
                    "content": {"application/json": {"schema": thing}}},
                "404": {"description": "There is none.", "content": {"application/json": {"schema": thing}}},
            },
            "security": [{"bearer": []}, {"basic": []}],
        }}},
        "components": {
            "schemas": {
                "Update": {"type": "object", "required": ["state"], "properties": {
                    "state": {"$ref": "#/components/schemas/State"},
                    "text": {"type": ["string", "null"], "maxLength": 100, "example": "a"},
                }, "additionalProperties": false},
                "Thing": {"type": "object", "required": ["state"], "properties": {
                    "state": {"$ref": "#/components/schemas/State"},
                    "text": {"type": "string", "maxLength": 100},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
                }},
                "State": {"type": "string", "enum": ["on", "off"]},
            },
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}, "basic": {"type": "http", "scheme": "basic"}},
        },
    })
}

/// Replaces what stands at a pointer; with null it is taken out.
fn with(pointer: &str, value: Value) -> Value {
    let mut document = document();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let parent = document.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer} leads nowhere"));
    match (parent, value) {
        (Value::Array(items), Value::Null) => drop(items.remove(name.parse().expect("an index"))),
        (Value::Array(items), value) if name == "-" => items.push(value),
        (Value::Array(items), value) => items[name.parse::<usize>().expect("an index")] = value,
        (Value::Object(members), Value::Null) => drop(members.remove(&name.replace("~1", "/"))),
        (Value::Object(members), value) => drop(members.insert(name.replace("~1", "/"), value)),
        _ => panic!("{pointer} leads nowhere"),
    }
    document
}

fn told(older: &Value, newer: &Value) -> String {
    let causes = breakage(older, newer);
    causes.iter().map(|cause| format!("  {cause}\n")).collect()
}

/// Each change, and then its reverse.
#[test]
fn each_change_by_name() {
    const PUT: &str = "/paths/~1things~1{id}/put";
    let put = |rest: &str| format!("{PUT}{rest}");
    let schema = |rest: &str| format!("/components/schemas{rest}");
    let mut lines = Vec::new();
    for (change, pointer, value) in [
        ("operation removed", put(""), Value::Null),
        ("operation renamed", put("/operationId"), json!("replaceThing")),
        ("tag renamed", put("/tags/0"), json!("Stuff")),
        ("security removed", put("/security/1"), Value::Null),
        ("open to all", put("/security"), json!([])),
        ("scheme is another", "/components/securitySchemes/basic/scheme".to_owned(), json!("digest")),
        ("parameter removed", put("/parameters/1"), Value::Null),
        ("parameter required", put("/parameters/1/required"), json!(true)),
        ("parameter added", put("/parameters/-"), json!({"name": "q", "in": "query", "schema": {}})),
        ("parameter of another type", put("/parameters/0/schema/type"), json!("integer")),
        ("maximum tightened", put("/parameters/1/schema/maximum"), json!(50)),
        ("minimum tightened", put("/parameters/1/schema/minimum"), json!(2)),
        ("wider integer", put("/parameters/1/schema/format"), json!("int64")),
        ("pattern added", put("/parameters/0/schema/pattern"), json!("^a")),
        ("default added", put("/parameters/1/schema/default"), json!(1)),
        ("body optional", put("/requestBody/required"), json!(false)),
        ("body removed", put("/requestBody"), Value::Null),
        ("media type renamed", put("/requestBody/content"), json!({"text/plain": {}})),
        ("answer removed", put("/responses/404"), Value::Null),
        ("refusal added", put("/responses/403"), json!({"description": "No."})),
        ("success added", put("/responses/202"), json!({"description": "Later."})),
        ("header required", put("/responses/200/headers/Age/required"), json!(true)),
        ("header removed", put("/responses/200/headers/Age"), Value::Null),
        ("media type of the answer", put("/responses/200/content/text~1plain"), json!({})),
        (
            "body without a name",
            put("/responses/404/content/application~1json/schema"),
            json!({"type": "object"}),
        ),
        ("enum value added", schema("/State/enum/-"), json!("away")),
        ("property added", schema("/Thing/properties/more"), json!({"type": "string"})),
        ("property of the body added", schema("/Update/properties/more"), json!({"type": "string"})),
        ("property removed", schema("/Thing/properties/text"), Value::Null),
        ("property not required", schema("/Thing/required"), json!([])),
        ("property of the body required", schema("/Update/required/-"), json!("text")),
        ("null dropped", schema("/Update/properties/text/type"), json!("string")),
        ("longer text", schema("/Update/properties/text/maxLength"), json!(200)),
        ("closed object opened", schema("/Update/additionalProperties"), Value::Null),
        ("items of another kind", schema("/Thing/properties/parts/items"), json!({"type": "string"})),
        ("schema renamed", schema("/Update/properties/state/$ref"), json!("#/components/schemas/Thing")),
        ("alternatives", schema("/Thing/oneOf"), json!([{"type": "object"}])),
        ("unknown keyword", schema("/Thing/contains"), json!({})),
        ("summary", put("/summary"), json!("Put.")),
        ("example", schema("/Update/properties/text/example"), json!("b")),
        ("title", "/info/title".to_owned(), json!("Stuff")),
        ("unused schema", schema("/Unused"), json!({})),
        ("servers", "/servers".to_owned(), json!([{"url": "/v2"}])),
    ] {
        let (older, newer) = (document(), with(&pointer, value));
        lines.push(format!("{change}:\n{}", told(&older, &newer)));
        lines.push(format!("  back:\n{}", told(&newer, &older)));
    }
    crate::support::snapshots().bind(|| insta::assert_snapshot!("openapi-breakage", lines.concat()));
    assert_eq!(told(&document(), &document()), "");
}

#[test]
fn what_a_webhook_is_sent_is_an_answer_to_it() {
    let turned = |mut document: Value| {
        document["webhooks"] = document["paths"].take();
        document
    };
    let newer = turned(with("/components/schemas/Update/properties/more", json!({"type": "string"})));
    assert_eq!(
        told(&turned(document()), &newer),
        "  breaking: schema Update of answers: the property more is new\n",
        "the receiver was told that there are no further properties"
    );
}

/// Nothing that differs is passed over, wherever it stands.
#[test]
fn no_difference_is_silent() {
    let document = to_value(&(pnut::DIALECT.document)());
    let mut pointers = Vec::new();
    collect(&document, String::new(), &mut pointers);
    assert!(pointers.len() > 1_000);
    for pointer in pointers.iter().step_by(11) {
        let mut newer = document.clone();
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        let name = name.replace("~1", "/").replace("~0", "~");
        let members = newer.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object");
        members.remove(&name);
        assert!(!breakage(&document, &newer).is_empty(), "{pointer} may be taken out");
        assert!(!breakage(&newer, &document).is_empty(), "{pointer} may be added");
    }
    assert_eq!(breakage(&document, &document), []);
}

fn collect(value: &Value, pointer: String, pointers: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
                pointers.push(pointer.clone());
                collect(member, pointer, pointers);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(item, format!("{pointer}/{index}"), pointers);
            }
        }
        _ => {}
    }
}
