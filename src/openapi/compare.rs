use serde_json::Value;

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
