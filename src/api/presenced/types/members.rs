//! How optional members of what clients send are read.

use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeOwned},
};
use serde_json::Value;

/// A member that is there, which `null` is only where it means something.
pub(super) fn there<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// The same, and no list: serde would take its items for the members.
pub(super) fn there_as_object<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Array(_) => Err(de::Error::custom("a list is no object")),
        value => serde_json::from_value(value).map(Some).map_err(de::Error::custom),
    }
}
