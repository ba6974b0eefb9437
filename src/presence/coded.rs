//! The numbers and names by which words of the telephone side are kept. They are part of the data: what the
//! API calls a word may change, what is kept may not.

use serde::{Deserialize, Deserializer, Serializer, de};

use super::{
    CallKind, CallLabelType, CallerIdVisibility, Direction, DoNotDisturb, PersonalDnd, TelephonyStatus,
    Termination,
};

/// A word that is kept as a number in records and by name in exports.
pub(super) trait Coded: Copy + PartialEq + 'static {
    /// Every word with its name; its place is its number.
    const WORDS: &[(Self, &str)];

    fn number(self) -> u8 {
        let place = Self::WORDS.iter().position(|(word, _)| *word == self).expect("every word is listed");
        u8::try_from(place).expect("there are few words")
    }

    fn from_number(number: u8) -> Option<Self> {
        Self::WORDS.get(usize::from(number)).map(|(word, _)| *word)
    }

    fn name(self) -> &'static str {
        Self::WORDS[usize::from(self.number())].1
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(_, other)| *other == name).map(|(word, _)| *word)
    }
}

macro_rules! coded {
    ($kind:ident { $($word:ident = $name:literal),+ $(,)? }) => {
        impl Coded for $kind {
            const WORDS: &[(Self, &str)] = &[$((Self::$word, $name)),+];
        }
    };
}

coded!(CallKind { Telephone = "Telephone", Meeting = "Meeting", ContactCenter = "ContactCenter" });
coded!(TelephonyStatus {
    NoCall = "NoCall",
    ParkedCall = "ParkedCall",
    Ringing = "Ringing",
    OnHold = "OnHold",
    CallConnected = "CallConnected",
});
coded!(Direction { Inbound = "Inbound", Outbound = "Outbound" });
coded!(Termination { Final = "final", Intermediate = "intermediate" });
coded!(CallLabelType {
    PhoneNumberLabel = "PhoneNumberLabel",
    PhoneNumber = "PhoneNumber",
    QueueExtension = "QueueExtension",
    QueueName = "QueueName",
    CallerIdName = "CallerIdName",
    CallerIdNumber = "CallerIdNumber",
    None = "None",
});
coded!(DoNotDisturb {
    TakeAllCalls = "TakeAllCalls",
    DoNotAcceptDepartmentCalls = "DoNotAcceptDepartmentCalls",
    TakeDepartmentCallsOnly = "TakeDepartmentCallsOnly",
    DoNotAcceptAnyCalls = "DoNotAcceptAnyCalls",
});
coded!(PersonalDnd { TakeAllCalls = "TakeAllCalls", DoNotAcceptAnyCalls = "DoNotAcceptAnyCalls" });
coded!(CallerIdVisibility { All = "All", None = "None", PermittedUsers = "PermittedUsers" });

/// A coded word by name, for serde.
pub(super) mod by_name {
    use super::{Coded, Deserialize, Deserializer, Serializer, de};

    pub(in crate::presence) fn serialize<T: Coded, S: Serializer>(
        word: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(word.name())
    }

    pub(in crate::presence) fn deserialize<'de, T: Coded, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        let name = String::deserialize(deserializer)?;
        T::from_name(&name).ok_or_else(|| de::Error::custom(format!("{name:?} is not known")))
    }
}

/// A coded word by name that may be left out, for serde.
pub(super) mod by_name_if_any {
    use super::{Coded, Deserialize, Deserializer, Serializer, de};

    #[expect(clippy::ref_option, reason = "serde passes the field")]
    pub(in crate::presence) fn serialize<T: Coded, S: Serializer>(
        word: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match word {
            Some(word) => serializer.serialize_some(word.name()),
            None => serializer.serialize_none(),
        }
    }

    pub(in crate::presence) fn deserialize<'de, T: Coded, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error> {
        let Some(name) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        let word = T::from_name(&name);
        word.map(Some).ok_or_else(|| de::Error::custom(format!("{name:?} is not known")))
    }
}
