//! Values that are one of some names.

use serde::de::{self, DeserializeOwned, IntoDeserializer, value::StrDeserializer};

use super::error::{BadRequest, RestRefusal};

/// The member of an enumeration that has this name, for the parameter `parameter`.
pub(super) fn choose<T: DeserializeOwned>(parameter: &'static str, name: &str) -> Result<T, BadRequest> {
    let text: StrDeserializer<'_, Choice> = name.into_deserializer();
    T::deserialize(text).map_err(|Choice(accepted)| RestRefusal::not_among(parameter, accepted))
}

/// The names that an enumeration has, as serde tells them where a name is none of them.
#[derive(Debug, thiserror::Error)]
#[error("not one of {0:?}")]
struct Choice(&'static [&'static str]);

impl de::Error for Choice {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self(&[])
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self(expected)
    }
}
