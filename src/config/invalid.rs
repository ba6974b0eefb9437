//! Values that cannot be used, and what would be.

/// A value that is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// Its key, such as `limits.connections` or `ringcentral.apps[0].id`.
    pub key: String,
    /// What is expected instead.
    pub why: String,
}

/// What is checked, or the first value that is not accepted.
pub type Check = Result<(), Invalid>;

/// The longest time that can be configured: a year.
pub const LONGEST_SECONDS: u64 = 365 * 24 * 60 * 60;

impl Invalid {
    /// What is wrong with the value of a key.
    pub fn new(key: impl Into<String>, why: impl Into<String>) -> Self {
        Self { key: key.into(), why: why.into() }
    }
}

/// Refuses a key's value unless something holds.
pub fn require(holds: bool, key: &str, why: &str) -> Check {
    holds.then_some(()).ok_or_else(|| Invalid::new(key, why))
}

/// What serde says about a value, in words for operators.
pub(super) fn in_words(text: &str) -> String {
    if let Some(missing) = text.strip_prefix("missing field ") {
        return format!("has to have {}", missing.replace('`', "\""));
    }
    let Some((_, expected)) = text.split_once(", expected ") else { return text.to_owned() };
    if text.starts_with("invalid length") {
        return text.to_owned();
    }
    let expected = match expected {
        "a boolean" => "true or false",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "usize" | "i64" => "a whole number, not below 0",
        "a nonzero u32" | "nonzero u32" => "a whole number from 1 to 4294967295",
        "f64" => "a number",
        "a string" | "path string" => "a text in quotes",
        "a sequence" => "a list: [...]",
        other if other.starts_with("struct ") => "a table: { ... }",
        other => &other.replace('`', "\""),
    };
    format!("has to be {expected}")
}
