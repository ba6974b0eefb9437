use serde::{Deserialize, Serialize};

/// Those to whom a change of a user can make a difference. The numbers are part of the data: they are never
/// reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The user, on any device.
    Own = 0,
    /// Those who see the user's presence: in a room with them, and by presence lists.
    Rooms = 1,
    /// The user, as an extension of their telephone account.
    OwnExtension = 2,
    /// The others in the telephone account.
    Account = 3,
}

impl Audience {
    /// Every audience.
    pub const ALL: [Self; 4] = [Self::Own, Self::Rooms, Self::OwnExtension, Self::Account];
}

/// A set of audiences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Audiences(u8);

impl Audiences {
    /// No audience.
    pub const NONE: Self = Self(0);

    /// Whether there is none among them.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the audience is among them.
    pub fn contains(self, audience: Audience) -> bool {
        self.0 & (1 << audience as u8) != 0
    }

    /// The audiences, in the order of [`Audience::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Audience> {
        Audience::ALL.into_iter().filter(move |audience| self.contains(*audience))
    }
}

impl FromIterator<Audience> for Audiences {
    fn from_iter<I: IntoIterator<Item = Audience>>(audiences: I) -> Self {
        Self(audiences.into_iter().fold(0, |set, audience| set | (1 << audience as u8)))
    }
}

/// What each audience knows of a user's changes: the number of the last one that it could see. 0: none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions(pub(super) [u64; 4]);

impl Versions {
    /// Of one audience.
    pub fn of(self, audience: Audience) -> u64 {
        self.0[audience as usize]
    }

    /// The highest of all.
    pub fn highest(self) -> u64 {
        self.0.into_iter().max().unwrap_or_default()
    }
}
