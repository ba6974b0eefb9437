//! What an extension is, in the words of the wire, which clients share.

use serde::{Deserialize, Serialize};

/// What an extension is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[cfg_attr(feature = "server", derive(clap::ValueEnum), clap(rename_all = "PascalCase"))]
#[schema(example = "User")]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[cfg_attr(feature = "server", derive(clap::ValueEnum), clap(rename_all = "PascalCase"))]
#[schema(example = "Enabled")]
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
