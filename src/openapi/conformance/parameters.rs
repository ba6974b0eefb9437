//! What stands in a request's path, query, headers and form.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::{Exchange, Operation, Violation, members, schemas::Schemas};

/// The documented parameters of a request that was accepted. What is not documented is ignored.
pub(super) fn check(
    schemas: &Schemas,
    operation: Operation<'_>,
    exchange: &Exchange<'_>,
    violations: &mut Vec<Violation>,
) {
    for parameter in operation.requests["parameters"].as_array().into_iter().flatten() {
        let (name, place) = (text(&parameter["name"]), text(&parameter["in"]));
        let mut values = match place {
            "path" => in_path(operation.template, exchange.uri.path(), name),
            "query" => in_query(exchange.uri.query().unwrap_or_default(), name),
            "header" => in_headers(exchange, name),
            _ => continue,
        };
        if values.is_empty() {
            if parameter["required"] == true {
                violations.push(Violation::of_request(format!("the {place} parameter {name} is missing")));
            }
            continue;
        }
        if parameter["explode"] == false {
            values = values.iter().flat_map(|value| value.split(',')).map(str::to_owned).collect();
        }
        let schema = &parameter["schema"];
        let wrong = schemas.errors(schema, &schemas.read(schema, &values));
        let wrong = wrong.into_iter().map(|why| format!("the {place} parameter {name}{why}"));
        violations.extend(wrong.map(Violation::of_request));
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The value that stands in a path where its template has the parameter.
fn in_path(template: &str, path: &str, name: &str) -> Vec<String> {
    let mut parts = template.split('/').zip(path.split('/'));
    let is_named = |part: &str| part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) == Some(name);
    let value = parts.find(|(part, _)| is_named(part)).map(|(_, value)| percent_decode_str(value));
    value.and_then(|value| value.decode_utf8().ok()).map(Cow::into_owned).into_iter().collect()
}

fn in_query(query: &str, name: &str) -> Vec<String> {
    let pairs = form_urlencoded::parse(query.as_bytes()).filter(|(known, _)| known == name);
    pairs.map(|(_, value)| value.into_owned()).collect()
}

fn in_headers(exchange: &Exchange<'_>, name: &str) -> Vec<String> {
    let values = exchange.headers.get_all(name).iter();
    values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
}

/// A form as an object, its members of the types that the schema has for them.
pub(super) fn form(schemas: &Schemas, schema: &Value, body: &[u8]) -> Value {
    let properties = &schemas.resolved(schema)["properties"];
    let mut form = Map::new();
    for (name, _) in form_urlencoded::parse(body) {
        let values = in_query(&String::from_utf8_lossy(body), &name);
        let known = members(properties).find(|(known, _)| **known == *name);
        form.insert(
            name.into_owned(),
            schemas.read(known.map_or(&Value::Null, |(_, schema)| schema), &values),
        );
    }
    Value::Object(form)
}
