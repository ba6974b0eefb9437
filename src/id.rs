//! The names of users, devices, rooms and nodes.

use std::{borrow::Borrow, fmt, str::FromStr};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Visitor},
};
use smol_str::SmolStr;

/// Longest user, room or device id, in bytes (Matrix client-server API, "Common identifier format").
const MAX_BYTES: usize = 255;

/// A user's canonical id in Matrix form: `@localpart:server.name`, at most 255 bytes.
///
/// Cheap to clone. Parsing accepts what the Matrix grammar accepts for users that exist today: a
/// localpart of printable ASCII without `:`, and a server name that is not empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(SmolStr);

/// A room's id in Matrix form: `!opaque:server.name`, at most 255 bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomId(SmolStr);

/// One source that speaks for a user, as named by its token; 1 to 255 bytes, no control characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId(SmolStr);

/// The name of a running presenced. Several over one store have different ones, and none is used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u64);

impl NodeId {
    /// The node of a server that stands alone.
    pub const LOCAL: Self = Self(0);
}

/// Why a text is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    #[error("a user id starts with `@`")]
    NoUserSigil,
    #[error("a room id starts with `!`")]
    NoRoomSigil,
    #[error("an id needs `:` and a server name after it")]
    NoServerName,
    #[error("the part between the sigil and `:` is empty")]
    NoLocalpart,
    #[error("an id holds printable ASCII without spaces only")]
    BadCharacter,
    #[error("a device id is not empty and has no control characters")]
    BadDevice,
    #[error("an id is at most 255 bytes long")]
    TooLong,
}

impl UserId {
    /// The part between the `@` and the first `:`.
    pub fn localpart(&self) -> &str {
        self.0[1..].split_once(':').map_or("", |(local, _)| local)
    }

    /// The part after the first `:`.
    pub fn server_name(&self) -> &str {
        self.0.split_once(':').map_or("", |(_, server)| server)
    }
}

fn check_room_or_user(text: &str, sigil: char, no_sigil: IdError) -> Result<(), IdError> {
    let rest = text.strip_prefix(sigil).ok_or(no_sigil)?;
    let (local, server) = rest.split_once(':').ok_or(IdError::NoServerName)?;
    if text.len() > MAX_BYTES {
        return Err(IdError::TooLong);
    }
    if server.is_empty() {
        return Err(IdError::NoServerName);
    }
    if local.is_empty() {
        return Err(IdError::NoLocalpart);
    }
    if !rest.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(IdError::BadCharacter);
    }
    Ok(())
}

impl FromStr for UserId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        check_room_or_user(text, '@', IdError::NoUserSigil)?;
        Ok(Self(text.into()))
    }
}

impl FromStr for RoomId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        check_room_or_user(text, '!', IdError::NoRoomSigil)?;
        Ok(Self(text.into()))
    }
}

impl FromStr for DeviceId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        if text.len() > MAX_BYTES {
            return Err(IdError::TooLong);
        }
        if text.is_empty() || text.chars().any(char::is_control) {
            return Err(IdError::BadDevice);
        }
        Ok(Self(text.into()))
    }
}

/// What every id can do: be shown, be borrowed as text, and cross a serde boundary through its parser.
macro_rules! id {
    ($name:ident) => {
        impl $name {
            /// The whole id.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.as_str().to_owned()
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;

                impl Visitor<'_> for Text {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("a string")
                    }

                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$name, E> {
                        text.parse().map_err(E::custom)
                    }
                }

                deserializer.deserialize_str(Text)
            }
        }
    };
}

id!(UserId);
id!(RoomId);
id!(DeviceId);
