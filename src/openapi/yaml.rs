//! YAML that readers of YAML 1.1 and of 1.2 read alike.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

/// Stands at the start of a text that has to be quoted. As a plain scalar cannot start with it, the writer quotes it.
const MARK: &str = "`1.1`";

/// Texts that YAML 1.1 alone takes for something else. What both versions would, the writer quotes itself.
static OTHER_THAN_TEXT: LazyLock<Regex> = LazyLock::new(|| {
    let kinds = r"(?x) ^(?:
        \d{4}-\d\d?-\d\d? (?:[Tt\x20\t].*)?                         # a moment
        | [-+]? \d[\d_]* (?: :[0-5]?\d )+ (?: \.[\d_]* )?            # a number to the base 60
        | [-+]? \d [\d_]* _ [\d_.]* | [-+]? 0x [\da-fA-F_]+            # a number with gaps
        | [-+]? 0b[01_]+                                              # a binary number
        | [yY] | [yY]es | YES | [nN] | [nN]o | NO | [oO]n | ON | [oO]ff | OFF
        | =
    )$";
    Regex::new(kinds).expect("it is a regular expression")
});

/// Writes a value out.
pub(super) fn write(value: &Value) -> String {
    let text = yaml_serde::to_string(&marked(value)).expect("a document can be written as YAML");
    text.replace(&format!("'{MARK}"), "'")
}

fn marked(value: &Value) -> Value {
    match value {
        Value::String(text) => marked_text(text).into(),
        Value::Array(items) => items.iter().map(marked).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, member)| (marked_text(name), marked(member))).collect()
        }
        plain => plain.clone(),
    }
}

fn marked_text(text: &str) -> String {
    if OTHER_THAN_TEXT.is_match(text) { format!("{MARK}{text}") } else { text.to_owned() }
}
