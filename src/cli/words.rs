//! Arguments that are one of a few words of the API.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde::Serialize;
use serde_json::Value;

/// Takes one of these words.
pub(super) fn words<T>(all: &'static [T]) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + Serialize,
{
    let word = |text: String| all.iter().find(|word| name(*word).eq_ignore_ascii_case(&text)).copied();
    PossibleValuesParser::new(all.iter().map(name)).map(move |text| word(text).expect("it is one of them"))
}

/// How the API writes a word.
pub(super) fn name(word: &impl Serialize) -> String {
    match serde_json::to_value(word) {
        Ok(Value::String(name)) => name,
        _ => unreachable!("a word is a text"),
    }
}
