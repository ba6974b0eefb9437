use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// A user's place in a telephone account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    pub account: u64,
    /// The short number that people dial; unique in the account.
    pub number: String,
    #[serde(default, skip_serializing_if = "is_usual")]
    pub kind: ExtensionType,
    #[serde(default, skip_serializing_if = "is_usual")]
    pub status: ExtensionStatus,
    /// Whether the extension takes calls of a department that is not named.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub in_department: bool,
    /// Whether the extension may turn calls away.
    #[serde(default = "Extension::usually_has_dnd", skip_serializing_if = "Clone::clone")]
    pub has_dnd: bool,
    /// Whether the user may act for others of the account.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub is_admin: bool,
    /// The numbers of the departments whose calls the extension takes.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub departments: BTreeSet<u64>,
}

fn is_usual<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Extension {
    /// A usual extension: an enabled user.
    pub fn new(account: u64, number: impl Into<String>) -> Self {
        Self {
            account,
            number: number.into(),
            kind: ExtensionType::User,
            status: ExtensionStatus::Enabled,
            in_department: false,
            has_dnd: true,
            is_admin: false,
            departments: BTreeSet::new(),
        }
    }

    /// Whether there are departments whose calls the extension takes.
    pub fn takes_department_calls(&self) -> bool {
        self.in_department || !self.departments.is_empty()
    }

    fn usually_has_dnd() -> bool {
        true
    }
}

/// What an extension is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExtensionType {
    #[default]
    User,
    Department,
    Announcement,
    Voicemail,
    DigitalUser,
    VirtualUser,
    FaxUser,
    PagingOnly,
    SharedLinesGroup,
    DelegatedLinesGroup,
    GroupCallPickup,
    IvrMenu,
    ApplicationExtension,
    ProxyAdmin,
    RoomConnector,
    ParkLocation,
    Limited,
    Bot,
    Site,
    Room,
    FlexibleUser,
    TieLine,
    Unknown,
}

/// Whether an extension is in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExtensionStatus {
    #[default]
    Enabled,
    Disabled,
    Frozen,
    NotActivated,
    Unassigned,
}

impl ExtensionType {
    /// Whether extensions of this type have presence at all.
    pub fn has_presence(self) -> bool {
        !matches!(
            self,
            Self::Department
                | Self::Announcement
                | Self::Voicemail
                | Self::FaxUser
                | Self::PagingOnly
                | Self::SharedLinesGroup
                | Self::IvrMenu
                | Self::ApplicationExtension
                | Self::ParkLocation
        )
    }
}
