/// What an operation needs: of the application and of the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Permission {
    ReadAccounts,
    ReadPresence,
    EditPresence,
}

impl Permission {
    /// The name of what applications are given.
    pub(super) fn of_app(self) -> &'static str {
        match self {
            Self::ReadAccounts => "ReadAccounts",
            Self::ReadPresence => "ReadPresence",
            Self::EditPresence => "EditPresence",
        }
    }

    /// The name of what users are given.
    pub(super) fn of_user(self) -> &'static str {
        match self {
            Self::ReadAccounts => "ReadExtensionInfo",
            Self::ReadPresence => "ReadPresenceStatus",
            Self::EditPresence => "EditPresenceSettings",
        }
    }
}
