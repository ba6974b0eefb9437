use serde_json::{Map, Value};

/// How `actual` differs from `expected`, one line a difference, each with its JSON pointer. The order
/// of object members does not matter.
pub fn differences(expected: &Value, actual: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    compare("", Some(expected), Some(actual), &mut lines);
    lines
}

fn compare(pointer: &str, expected: Option<&Value>, actual: Option<&Value>, lines: &mut Vec<String>) {
    match (expected, actual) {
        (Some(Value::Object(expected)), Some(Value::Object(actual))) => {
            let mut keys: Vec<&String> = expected.keys().chain(actual.keys()).collect();
            keys.sort_unstable();
            keys.dedup();
            for key in keys {
                let pointer = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
                compare(&pointer, expected.get(key), actual.get(key), lines);
            }
        }
        (Some(Value::Array(expected)), Some(Value::Array(actual))) => {
            for index in 0..expected.len().max(actual.len()) {
                compare(&format!("{pointer}/{index}"), expected.get(index), actual.get(index), lines);
            }
        }
        (Some(expected), Some(actual)) if expected == actual => {}
        (Some(expected), Some(actual)) => lines.push(format!("changed {pointer}: {expected} -> {actual}")),
        (Some(expected), None) => lines.push(format!("missing {pointer}: {expected}")),
        (None, Some(actual)) => lines.push(format!("added {pointer}: {actual}")),
        (None, None) => {}
    }
}

/// A document with each reference replaced by what it refers to; what stands beside a reference wins. Alternatives of
/// security, which are a set, are in one order.
/// Components that are only there to be referred to are left out, so their names do not matter. A
/// reference that leads nowhere stays.
pub fn resolved(document: &Value) -> Value {
    let mut whole = resolve(document, document, MOST_REFERENCES);
    if let Some(components) = whole.get_mut("components").and_then(Value::as_object_mut) {
        components.remove("schemas");
    }
    whole
}

/// How many references may lie within each other: more go in a circle.
const MOST_REFERENCES: usize = 32;

fn resolve(value: &Value, document: &Value, depth: usize) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| resolve(item, document, depth)).collect(),
        Value::Object(members) => {
            let target = referred(members, document).filter(|_| depth > 0);
            let Some(target) = target else {
                let resolved = members
                    .iter()
                    .map(|(name, member)| (name.clone(), resolved_member(name, member, document, depth)));
                return resolved.collect();
            };
            let mut merged = match resolve(target, document, depth - 1) {
                Value::Object(target) => target,
                _ => Map::new(),
            };
            let own = members.iter().filter(|(name, _)| *name != "$ref");
            merged.extend(
                own.map(|(name, member)| (name.clone(), resolved_member(name, member, document, depth))),
            );
            Value::Object(merged)
        }
        plain => plain.clone(),
    }
}

/// A member of an object; alternatives of security, which are a set, in one order.
fn resolved_member(name: &str, member: &Value, document: &Value, depth: usize) -> Value {
    let mut resolved = resolve(member, document, depth);
    if let Some(ways) = resolved.as_array_mut().filter(|_| name == "security") {
        ways.sort_by_key(Value::to_string);
    }
    resolved
}

fn referred<'a>(members: &Map<String, Value>, document: &'a Value) -> Option<&'a Value> {
    document.pointer(members.get("$ref")?.as_str()?.strip_prefix('#')?)
}
