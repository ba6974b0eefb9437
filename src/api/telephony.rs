//! The words of the telephone side, as both RingCentral and presenced's own API write them.

use super::words::words;
use crate::{directory, presence};

words! {
    /// Who sees with whom a user talks.
    #[schema(example = "All")]
    pub enum CallerIdVisibility of presence::CallerIdVisibility {
        All,
        None,
        PermittedUsers,
    }

    /// What a leg belongs to.
    #[schema(example = "Telephone")]
    pub enum CallKind of presence::CallKind {
        Telephone,
        /// A meeting makes its user a participant and nothing else.
        Meeting,
        /// A contact centre keeps its calls apart from those of the telephone.
        ContactCenter,
    }

    /// How far a call is. The order is the order of the merge: the highest of a user's legs counts.
    #[schema(example = "CallConnected")]
    pub enum TelephonyStatus of presence::TelephonyStatus {
        /// There is no call, or it has ended.
        NoCall,
        ParkedCall,
        Ringing,
        OnHold,
        CallConnected,
    }

    /// From where a call came.
    #[schema(example = "Inbound")]
    pub enum Direction of presence::Direction {
        Inbound,
        Outbound,
    }

    /// How a call ended.
    #[serde(rename_all = "lowercase")]
    #[schema(example = "final")]
    pub enum Termination of presence::Termination {
        Final,
        /// The party goes on elsewhere, after a transfer for example.
        Intermediate,
    }

    /// What a line is about.
    #[schema(example = "PhoneNumber")]
    pub enum CallLabelType of presence::CallLabelType {
        PhoneNumberLabel,
        PhoneNumber,
        QueueExtension,
        QueueName,
        CallerIdName,
        CallerIdNumber,
        None,
    }

    /// What an extension is for.
    #[schema(example = "User")]
    pub enum ExtensionType of directory::ExtensionType {
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
    #[schema(example = "Enabled")]
    pub enum ExtensionStatus of directory::ExtensionStatus {
        Enabled,
        Disabled,
        Frozen,
        NotActivated,
        Unassigned,
    }
}

impl Default for CallKind {
    fn default() -> Self {
        presence::CallKind::default().into()
    }
}
