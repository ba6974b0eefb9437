//! Bodies that are not as documented in one place: whatever the place, they are refused.

use presenced::{api, openapi::to_value};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::lint::{base_path, example_path, operations};
use crate::support::TestServer;

#[tokio::test]
async fn bodies_that_are_wrong_in_one_place() {
    let (mut wrong, mut sent) = (Vec::new(), 0);
    for dialect in api::ALL {
        let server = TestServer::start().await;
        let token = if dialect.is_optional { "demo-alice" } else { "demo-admin" };
        let document = to_value(&(dialect.document)());
        for (path, method, operation) in operations(&document) {
            let url = base_path(&document, operation) + &example_path(path, operation);
            // Under `/v0` pnut's moments do not count.
            let url = url.replace("/v0/", "/v1/");
            let method: Method = method.to_uppercase().parse().expect("a method");
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            for (place, body) in wrong_bodies(&document, schema) {
                let call = server.call(method.clone(), url.clone()).token(token);
                let call = call.header("content-type", "application/json").body(body.to_string());
                let (answer, verdict) = call.send_judged().await;
                let is_refused = answer.status.is_client_error() || is_refused_alone(&answer.text);
                sent += 1;
                if !is_refused || (verdict.is_err() && !is_refused_alone(&answer.text)) {
                    wrong.push(format!("{method} {url} {place}: {body}\n  {} {verdict:?}", answer.line()));
                }
            }
        }
    }
    assert!(sent > 200, "only {sent} bodies");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Of many items each is answered for itself.
fn is_refused_alone(answer: &str) -> bool {
    answer.contains(r#""outcome":"invalid""#)
}

/// Bodies with one value that the schema does not have, each with the place of that value.
fn wrong_bodies(document: &Value, schema: &Value) -> Vec<(String, Value)> {
    let mut bodies = Vec::new();
    if !schema.is_null() {
        collect(document, schema, &mut Vec::new(), &mut |place, value| {
            let mut body = skeleton(document, schema);
            put(document, schema, &mut body, place, value.clone());
            bodies.push((place.join("."), body));
        });
    }
    bodies
}

/// A schema itself: what it refers to, or the one of its alternatives that is not null.
fn itself<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let alternatives = schema["oneOf"].as_array().into_iter().flatten();
    let other = alternatives.into_iter().find(|alternative| alternative["type"] != "null");
    let schema = other.unwrap_or(schema);
    match schema["$ref"].as_str() {
        Some(reference) => document.pointer(&reference[1..]).expect("a schema"),
        None => schema,
    }
}

fn collect(
    document: &Value,
    schema: &Value,
    place: &mut Vec<String>,
    found: &mut impl FnMut(&[String], &Value),
) {
    let is_nullable = schema["oneOf"].as_array().is_some_and(|all| all.iter().any(|it| it["type"] == "null"));
    let schema = itself(document, schema);
    let is_nullable = is_nullable || schema["type"].is_array();
    if !is_nullable && !place.is_empty() {
        found(place, &Value::Null);
    }
    for value in wrong_values(schema) {
        found(place, &value);
    }
    let properties = schema["properties"].as_object().into_iter().flatten();
    let items = (!schema["items"].is_null()).then_some(("0", &schema["items"]));
    for (name, member) in properties.map(|(name, member)| (name.as_str(), member)).chain(items) {
        place.push(name.to_owned());
        collect(document, member, place, found);
        place.pop();
    }
}

/// Values that a schema does not have.
fn wrong_values(schema: &Value) -> Vec<Value> {
    let mut values = Vec::new();
    let kind = schema["type"].as_array().map_or(&schema["type"], |all| &all[0]);
    match kind.as_str().unwrap_or_default() {
        "object" => values.push(json!("text")),
        "array" => values.push(json!({})),
        "boolean" => values.push(json!("perhaps")),
        "integer" | "number" => {
            values.push(json!("many"));
            values.extend(schema["minimum"].as_i64().and_then(|least| least.checked_sub(1)).map(Value::from));
            values.extend(schema["maximum"].as_i64().and_then(|most| most.checked_add(1)).map(Value::from));
        }
        "string" => {
            values.push(json!({}));
            if !schema["enum"].is_null() || !schema["pattern"].is_null() {
                values.push(json!("\u{e9}?\u{7}"));
            }
            if let Some(most) = schema["maxLength"].as_u64() {
                let longer = usize::try_from(most).expect("a length") + 1;
                values.push(json!("x".repeat(longer)));
            }
            if schema["minLength"].as_u64().is_some_and(|least| least > 0) {
                values.push(json!(""));
            }
        }
        _ => {}
    }
    values
}

/// The smallest valid value of a schema that has members, else its example.
fn skeleton(document: &Value, schema: &Value) -> Value {
    let example = &schema["example"];
    let schema = itself(document, schema);
    let example = if example.is_null() { &schema["example"] } else { example };
    if !example.is_null() {
        return example.clone();
    }
    if let Some(values) = schema["enum"].as_array() {
        return values[0].clone();
    }
    if !schema["items"].is_null() {
        return json!([skeleton(document, &schema["items"])]);
    }
    let names = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let members = names.map(|name| (name.to_owned(), skeleton(document, &schema["properties"][name])));
    Value::Object(members.collect::<Map<_, _>>())
}

/// Puts a value at a place, and what has to be around it.
fn put(document: &Value, schema: &Value, whole: &mut Value, place: &[String], value: Value) {
    let [name, rest @ ..] = place else {
        *whole = value;
        return;
    };
    let schema = itself(document, schema);
    let (member, schema) = match whole {
        Value::Array(items) => {
            items.truncate(1);
            if items.is_empty() {
                items.push(skeleton(document, &schema["items"]));
            }
            (&mut items[0], &schema["items"])
        }
        Value::Object(members) => {
            let schema = &schema["properties"][name.as_str()];
            (members.entry(name.as_str()).or_insert_with(|| skeleton(document, schema)), schema)
        }
        other => panic!("{other} has no {name}"),
    };
    put(document, schema, member, rest, value);
}
