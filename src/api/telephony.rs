//! The words of the telephone side, as both RingCentral and presenced's own API write them.

use super::words::words;

words! {
    /// Which calls a user takes.
    #[schema(example = "TakeAllCalls")]
    pub enum DoNotDisturb of crate::presence::DoNotDisturb {
        TakeAllCalls,
        DoNotAcceptDepartmentCalls,
        TakeDepartmentCallsOnly,
        DoNotAcceptAnyCalls,
    }

    /// Which calls to themselves alone a user takes.
    #[schema(example = "TakeAllCalls")]
    pub enum PersonalDnd of crate::presence::PersonalDnd {
        TakeAllCalls,
        DoNotAcceptAnyCalls,
    }

    /// Who sees with whom a user talks.
    #[schema(example = "All")]
    pub enum CallerIdVisibility of crate::presence::CallerIdVisibility {
        All,
        None,
        PermittedUsers,
    }

    /// What a leg belongs to.
    #[derive(Default)]
    #[schema(example = "Telephone")]
    pub enum CallKind of crate::presence::CallKind {
        #[default]
        Telephone,
        /// A meeting makes its user a participant and nothing else.
        Meeting,
        /// A contact centre keeps its calls apart from those of the telephone.
        ContactCenter,
    }

    /// How far a call is. The order is the order of the merge: the highest of a user's legs counts.
    #[schema(example = "CallConnected")]
    pub enum TelephonyStatus of crate::presence::TelephonyStatus {
        /// There is no call, or it has ended.
        NoCall,
        ParkedCall,
        Ringing,
        OnHold,
        CallConnected,
    }

    /// From where a call came.
    #[schema(example = "Inbound")]
    pub enum Direction of crate::presence::Direction {
        Inbound,
        Outbound,
    }

    /// How a call ended.
    #[serde(rename_all = "lowercase")]
    #[schema(example = "final")]
    pub enum Termination of crate::presence::Termination {
        Final,
        /// The party goes on elsewhere, after a transfer for example.
        Intermediate,
    }

    /// What a line is about.
    #[schema(example = "PhoneNumber")]
    pub enum CallLabelType of crate::presence::CallLabelType {
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
    pub enum ExtensionType of crate::directory::ExtensionType {
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
    pub enum ExtensionStatus of crate::directory::ExtensionStatus {
        Enabled,
        Disabled,
        Frozen,
        NotActivated,
        Unassigned,
    }
}
