use crate::directory::{Scope, Scopes};

/// What an operation needs: of the application and of the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    ReadAccounts,
    ReadPresence,
    EditPresence,
}

impl Permission {
    /// Whether an application with these scopes has it. Editing includes reading.
    pub(super) fn is_granted_by(self, scopes: Scopes) -> bool {
        match self {
            Self::ReadAccounts => scopes.contains(Scope::Read),
            Self::ReadPresence => scopes.contains(Scope::Read) || scopes.contains(Scope::Write),
            Self::EditPresence => scopes.contains(Scope::Write),
        }
    }

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
