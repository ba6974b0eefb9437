//! What every document has to have, and that documents and routes are the same.

use std::collections::HashSet;

use presenced::{
    api,
    id::{RoomId, UserId},
    openapi::to_value,
};
use reqwest::Method;
use serde_json::{Map, Value};

use crate::support::{TestServer, conformance};

const METHODS: [&str; 4] = ["get", "put", "post", "delete"];

fn documents() -> Vec<(&'static str, Value)> {
    api::ALL.into_iter().map(|dialect| (dialect.name, to_value(&(dialect.document)()))).collect()
}

/// Every operation of a document: its path, method and value.
pub(crate) fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().expect("a document has paths");
    let of_path = |(path, item)| {
        let item: &Map<String, Value> = Value::as_object(item).expect("a path has operations");
        item.iter().map(move |(method, operation)| (path, method.as_str(), operation))
    };
    paths.iter().map(|(path, item)| (path.as_str(), item)).flat_map(of_path).collect()
}

/// Calls `visit` with every object in a value and its JSON pointer.
fn walk(value: &Value, pointer: &str, visit: &mut impl FnMut(&str, &Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            visit(pointer, members);
            for (name, member) in members {
                walk(member, &format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1")), visit);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &format!("{pointer}/{index}"), visit);
            }
        }
        _ => {}
    }
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}

#[test]
fn references_lead_somewhere_and_every_component_is_used() {
    for (name, document) in documents() {
        let mut referred = HashSet::new();
        walk(&document, "", &mut |pointer, members| {
            if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                let target = reference.strip_prefix('#').unwrap_or_else(|| panic!("{name} {reference}"));
                assert!(document.pointer(target).is_some(), "{name} {pointer}: {reference} dangles");
                referred.insert(target.to_owned());
            }
        });
        for schema in document["components"]["schemas"].as_object().expect("schemas").keys() {
            assert!(
                referred.contains(&format!("/components/schemas/{schema}")),
                "{name}: {schema} is unused"
            );
        }
    }
}

#[test]
fn operations_are_complete() {
    for (name, document) in documents() {
        let mut ids = HashSet::new();
        for (path, method, operation) in operations(&document) {
            let place = format!("{name} {method} {path}");
            assert!(METHODS.contains(&method), "{place}");
            let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{place} has no id"));
            assert!(ids.insert(id.to_owned()), "{place}: {id} is there twice");
            assert!(id.starts_with(char::is_alphabetic) && id.chars().all(char::is_alphanumeric), "{id}");
            assert!(is_text(&operation["summary"]), "{place} has no summary");
            assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{place} has one tag");
            let security = operation["security"].as_array();
            assert!(security.is_some_and(|all| all.first() != Some(&serde_json::json!({}))), "{place}");
            for (status, response) in operation["responses"].as_object().expect("responses") {
                assert!(is_text(&response["description"]), "{place} {status} has no description");
                assert!(status.parse::<u16>().is_ok(), "{place}: {status} is no status");
            }
            assert_parameters(path, operation);
        }
    }
}

/// Parameters that set something. Tools send examples of optional parameters, so these have none.
const SETTING: [&str; 4] = ["update_presence", "update_presence_expiration", "presence", "expiration"];

/// The parameters of a path are those of its template, each with an example unless that would set something.
fn assert_parameters(path: &str, operation: &Value) {
    let parameters: Vec<&Value> = operation["parameters"].as_array().into_iter().flatten().collect();
    let in_path = parameters.iter().filter(|parameter| parameter["in"] == "path");
    let named: HashSet<&str> = in_path.filter_map(|parameter| parameter["name"].as_str()).collect();
    let braced = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    assert_eq!(named, braced.collect(), "{path}");
    for parameter in parameters {
        assert!(is_text(&parameter["description"]), "{path}: {parameter}");
        let sets = SETTING.iter().any(|name| parameter["name"] == *name);
        assert_eq!(parameter["example"].is_null(), sets, "{path}: {parameter}");
    }
}

/// Generators make one type for a body: of a union with null they forget it, and of an object that is no JSON and no form
/// they do not know how to write it.
#[test]
fn bodies_are_what_stubs_can_write() {
    const OBJECTS: [&str; 2] = ["application/x-www-form-urlencoded", "multipart/mixed"];
    for (name, document) in documents() {
        for (path, method, operation) in operations(&document) {
            let answers = operation["responses"].as_object().expect("responses").values();
            let bodies =
                answers.chain([&operation["requestBody"]]).filter_map(|body| body["content"].as_object());
            for (media, content) in bodies.flatten() {
                let (schema, place) = (&content["schema"], format!("{name} {method} {path} {media}"));
                assert!(schema["oneOf"].is_null() && !schema["type"].is_array(), "{place}: {schema}");
                let is_object = media.ends_with("json") && media != "application/x-ndjson";
                if !is_object && !OBJECTS.contains(&media.as_str()) {
                    assert_eq!(schema["type"], "string", "{place}: {schema}");
                }
            }
        }
    }
}

#[test]
fn numbers_of_milliseconds_and_ids_are_wide() {
    for (name, document) in documents() {
        walk(&document["components"]["schemas"], "", &mut |pointer, members| {
            let property = pointer.rsplit('/').next().unwrap_or_default();
            let is_wide_by_name = property.ends_with("_ms")
                || property.ends_with("_ago")
                || property.ends_with("At")
                || property == "number"
                || property == "account";
            let is_date = members.get("format").is_some_and(|format| format == "date-time");
            if is_wide_by_name && members.contains_key("type") && !is_date {
                assert_eq!(members.get("format"), Some(&Value::from("int64")), "{name} {pointer}");
            }
        });
    }
}

#[test]
fn properties_have_examples_and_every_example_is_valid() {
    for (name, document) in documents() {
        let mut checked = 0;
        walk(&document, "", &mut |pointer, members| {
            if let Some(schema) = members.get("schema") {
                let named = members.get("examples").and_then(Value::as_object).into_iter().flatten();
                let values = named.map(|(_, example)| &example["value"]).chain(members.get("example"));
                for value in values {
                    checked += 1;
                    let verdict = conformance::validate(&document, schema, value);
                    assert_eq!(verdict, Ok(()), "{name} {pointer}: {value}");
                }
            }
            if pointer.starts_with("/components/schemas")
                && let Some(example) = members.get("example")
                && !pointer.contains("/example")
            {
                checked += 1;
                let schema = Value::Object(members.clone());
                assert_eq!(conformance::validate(&document, &schema, example), Ok(()), "{name} {pointer}");
            }
        });
        assert!(checked > 20, "{name}: only {checked} examples were found");
        assert_property_examples(name, &document);
    }
}

/// Mocks prefer the example of a schema to that of the status, so that the schemas of refusals have none.
#[test]
fn only_statuses_have_examples_of_whole_refusals() {
    for (name, document) in documents() {
        for (_, _, operation) in operations(&document) {
            let answers = operation["responses"].as_object().expect("answers").iter();
            let refusals = answers.filter(|(status, _)| status.as_str() >= "400");
            let contents = refusals.filter_map(|(_, refusal)| refusal["content"].as_object());
            for media in contents.flat_map(Map::values) {
                let Some(reference) = media["schema"]["$ref"].as_str() else { continue };
                let schema = document.pointer(&reference[1..]).expect("a schema");
                assert!(schema.get("example").is_none(), "{name} {reference}");
            }
        }
    }
}

/// A property of a plain type has an example; what is made of other schemas takes theirs.
fn assert_property_examples(name: &str, document: &Value) {
    for (schema, value) in document["components"]["schemas"].as_object().expect("schemas") {
        for (property, value) in value["properties"].as_object().into_iter().flatten() {
            let of = value.get("$ref").or_else(|| value["items"].get("$ref"));
            let of = of.or_else(|| value["oneOf"][0].get("$ref")).and_then(Value::as_str);
            let has_example = match of.and_then(|reference| document.pointer(&reference[1..])) {
                Some(component) => {
                    component["type"] == "object"
                        || !component["example"].is_null()
                        || !component["examples"].is_null()
                }
                None => !value["example"].is_null(),
            };
            assert!(has_example, "{name}: {schema}.{property} has no example");
        }
    }
}

/// What a request to a documented path looks like: each parameter at its example.
pub(super) fn example_path(path: &str, operation: &Value) -> String {
    operation["parameters"].as_array().into_iter().flatten().fold(path.to_owned(), |path, parameter| {
        let name = parameter["name"].as_str().unwrap_or_default();
        path.replace(&format!("{{{name}}}"), parameter["example"].as_str().unwrap_or("1"))
    })
}

/// The first base path of a document or operation: that of its server's variables.
pub(super) fn base_path(document: &Value, operation: &Value) -> String {
    let servers = operation.get("servers").unwrap_or(&document["servers"]);
    let base = servers.pointer("/0/variables/basePath/default").and_then(Value::as_str);
    base.unwrap_or_default().to_owned()
}

#[tokio::test]
async fn every_documented_operation_answers() {
    let server = TestServer::start().await;
    for (name, document) in documents() {
        for (path, method, operation) in operations(&document) {
            let url = base_path(&document, operation) + &example_path(path, operation);
            let method: Method = method.to_uppercase().parse().expect("a method");
            // Without a token: nothing changes, and only what is not there answers 404 or 405.
            let answer = server.call(method.clone(), &url).send().await;
            assert!(!matches!(answer.status.as_u16(), 404 | 405), "{name} {method} {url}: {}", answer.line());
        }
    }
}

#[tokio::test]
async fn what_is_not_documented_does_not_answer() {
    let server = TestServer::start().await;
    for (name, document) in documents() {
        let mut documented: HashSet<(String, String)> = HashSet::new();
        let mut urls: HashSet<String> = HashSet::new();
        for (path, method, operation) in operations(&document) {
            // Each operation of a path may have other examples.
            let mut all = document["paths"][path].as_object().into_iter().flat_map(Map::values);
            let first = all.next().expect("an operation");
            let url = base_path(&document, operation) + &example_path(path, first);
            documented.insert((url.clone(), method.to_owned()));
            // A WebSocket is opened with another method over HTTP/2.
            if operation["responses"]["101"].is_object() {
                documented.insert((url.clone(), "connect".to_owned()));
            }
            urls.insert(url);
        }
        for url in urls {
            let allowed = server.call(Method::PATCH, &url).token("demo-alice").send().await;
            assert_eq!(allowed.status, 405, "{name} {url}");
            // The router itself says which methods it has.
            let routed: HashSet<String> = allowed.header("allow").split(',').map(str::to_lowercase).collect();
            let expected: HashSet<String> = METHODS
                .into_iter()
                .chain(["connect"])
                .filter(|method| documented.contains(&(url.clone(), (*method).to_owned())))
                .flat_map(|method| if method == "get" { vec!["get", "head"] } else { vec![method] })
                .map(str::to_owned)
                .collect();
            assert_eq!(routed, expected, "{name} {url}");
        }
    }
}

/// Every schema of what is sent: of parameters, and of bodies with all that they are made of.
fn sent_schemas(document: &Value, mut visit: impl FnMut(&str, &Value)) {
    for (path, _, operation) in operations(document) {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let bodies = operation["requestBody"]["content"].as_object().into_iter().flatten();
        let named = parameters
            .map(|it| (it["name"].as_str().unwrap_or_default(), &it["schema"]))
            .chain(bodies.map(|(name, media)| (name.as_str(), &media["schema"])));
        for (name, schema) in named {
            let mut pending = vec![schema];
            let mut seen = HashSet::new();
            while let Some(schema) = pending.pop() {
                walk(schema, "", &mut |pointer, members| {
                    visit(&format!("{path} {name}{pointer}"), &Value::Object(members.clone()));
                    let reference = members.get("$ref").and_then(Value::as_str);
                    if let Some(reference) =
                        reference.filter(|reference| seen.insert((*reference).to_owned()))
                    {
                        pending.push(document.pointer(&reference[1..]).expect("a schema"));
                    }
                });
            }
        }
    }
}

/// A number below zero is nowhere taken, so that each says from where on. Moments of pnut's dialect may be as long ago as
/// one likes, and clients of RingCentral's send back numbers that only the server says.
#[test]
fn numbers_that_are_sent_have_a_least_one() {
    for (name, document) in documents() {
        sent_schemas(&document, |place, schema| {
            if schema["type"] == "integer" && ["matrix", "presenced"].contains(&name) {
                assert!(schema["minimum"].is_number(), "{name} {place}: {schema}");
            }
        });
    }
}

/// Of presenced's own document, an id in a path is as ids are: what the pattern has is what the server takes.
#[test]
fn ids_in_paths_look_like_ids() {
    let document = to_value(&(api::presenced::DIALECT.document)());
    for (path, _, operation) in operations(&document) {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().expect("a name");
            if parameter["in"] != "path" || !["userId", "observerId", "roomId"].contains(&name) {
                continue;
            }
            for (user, room) in [
                ("@alice:example.com", "!lobby:example.com"),
                ("@a:b", "!a:b"),
                ("@~/!#:[::1]:8448", "!~/@#:[::1]:8448"),
                ("@a", "!a"),
                ("@:b", "!:b"),
                ("@a:", "!a:"),
                ("a:b", "a:b"),
                ("@a b:c", "!a b:c"),
                ("@\u{e9}:c", "!\u{e9}:c"),
                ("x@a:b", "x!a:b"),
                ("@a:b\n", "!a:b\n"),
                ("", ""),
            ] {
                let text = if name == "roomId" { room } else { user };
                let is_id = match name {
                    "roomId" => text.parse::<RoomId>().is_ok(),
                    _ => text.parse::<UserId>().is_ok(),
                };
                let matches = conformance::validate(&document, &parameter["schema"], &text.into()).is_ok();
                assert_eq!(matches, is_id, "{path} {name}: {text:?}");
            }
            let takes_me = conformance::validate(&document, &parameter["schema"], &"me".into()).is_ok();
            let about = parameter["description"].as_str().expect("a description");
            assert_eq!(takes_me, about.contains("`me`"), "{path} {name}");
        }
    }
}

/// Whoever reads a document learns of each operation more than its name.
#[test]
fn operations_and_tags_have_texts() {
    for (name, document) in documents() {
        assert!(is_text(&document["info"]["description"]), "{name}");
        let tags = document["tags"].as_array().expect("tags");
        for (path, method, operation) in operations(&document) {
            assert!(is_text(&operation["description"]), "{name} {method} {path} has no description");
            let tag = tags.iter().find(|tag| tag["name"] == operation["tags"][0]);
            assert!(tag.is_some_and(|tag| is_text(&tag["description"])), "{name} {method} {path}");
        }
    }
}

/// An optional body is a plain schema that may be left out, and not one that may be null: several tools cannot read that,
/// and others make odd types of it.
#[test]
fn bodies_are_plain_schemas() {
    for (name, document) in documents() {
        for (path, method, operation) in operations(&document) {
            for (media, content) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
                let schema = &content["schema"];
                let is_plain = schema["$ref"].is_string() || schema["type"].is_string();
                assert!(is_plain, "{name} {method} {path} {media}: {schema}");
            }
        }
    }
}
