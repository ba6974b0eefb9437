//! What a user sets by hand, and for all devices: a text, and an override of what the devices say.

use super::{Text, Timestamp};

/// The user's text, and when it expires if it does. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    pub text: Text,
    pub expires: Option<Expiry>,
}

/// When a status expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// At the moment that was set with it.
    Set(Timestamp),
    /// With the lease of a claim: each renewal puts it off, and is no news.
    Leased(Timestamp),
}

impl Expiry {
    /// The moment.
    pub fn at(self) -> Timestamp {
        match self {
            Self::Set(at) | Self::Leased(at) => at,
        }
    }

    /// The moment, if it stays as it is.
    pub fn if_set(self) -> Option<Timestamp> {
        match self {
            Self::Set(at) => Some(at),
            Self::Leased(_) => None,
        }
    }
}

impl Status {
    /// A status that holds until it is replaced; none for an empty text.
    pub fn lasting(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self { text: text.into(), expires: None })
    }

    /// What the user set of it: the text, and when it expires unless a lease says that.
    pub(super) fn set(&self) -> (&str, Option<Timestamp>) {
        (&self.text, self.expires.and_then(Expiry::if_set))
    }
}

/// What the user set by hand for all devices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Override {
    /// The devices decide.
    #[default]
    None,
    /// Busy, whatever the devices say.
    Busy,
    /// Offline to others since that moment; the truth to oneself.
    Invisible { since: Timestamp },
}
