//! What telephones say of calls and of who takes them, in the words of the wire, which clients share.

use serde::{Deserialize, Serialize};

/// Which calls a user takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DoNotDisturb {
    #[default]
    TakeAllCalls,
    DoNotAcceptDepartmentCalls,
    TakeDepartmentCallsOnly,
    DoNotAcceptAnyCalls,
}

/// Which calls to themselves alone a user takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PersonalDnd {
    TakeAllCalls,
    DoNotAcceptAnyCalls,
}

/// Who sees with whom a user talks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(example = "All")]
pub enum CallerIdVisibility {
    All,
    None,
    PermittedUsers,
}

/// What a leg belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(example = "Telephone")]
pub enum CallKind {
    #[default]
    Telephone,
    /// A meeting makes its user a participant and nothing else.
    Meeting,
    /// A contact centre keeps its calls apart from those of the telephone.
    ContactCenter,
}

/// How far a call is. The order is the order of the merge: the highest of a user's legs counts.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[schema(example = "CallConnected")]
pub enum TelephonyStatus {
    /// There is no call, or it has ended.
    #[default]
    NoCall,
    ParkedCall,
    Ringing,
    OnHold,
    CallConnected,
}

/// From where a call came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(example = "Inbound")]
pub enum Direction {
    Inbound,
    Outbound,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(example = "final")]
pub enum Termination {
    Final,
    /// The party goes on elsewhere, after a transfer for example.
    Intermediate,
}

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(example = "PhoneNumber")]
pub enum CallLabelType {
    PhoneNumberLabel,
    PhoneNumber,
    QueueExtension,
    QueueName,
    CallerIdName,
    CallerIdNumber,
    None,
}
