//! The presence core: what the server knows of one user and what follows from it at a given moment.
//!
//! Presence is derived, never stored. A [`Record`] holds what was said ([`Claim`]s of devices, an
//! [`Override`], a [`Status`], [`Telephony`]) and [`Record::at`] is a pure function of it and the time. Inputs reach
//! a record through [`Record::apply`]; who sees a difference says [`Record::news_since`]. Nothing here knows of HTTP,
//! clocks, storage or any dialect.

mod audience;
mod claim;
mod coded;
mod exported;
mod input;
mod news;
mod packed;
mod record;
mod rules;
mod status;
mod telephony;
mod timestamp;

use std::sync::Arc;

pub use self::{
    audience::{Audience, Audiences, Versions},
    claim::{Claim, Device, LONGEST_LABEL},
    input::Input,
    packed::Unreadable,
    record::{Presence, Record},
    rules::Rules,
    status::{Expiry, Override, Status},
    telephony::{
        Appearance, Call, CallDetails, CallInfo, CallKind, CallLabel, CallLabelType, CallSettings,
        CallSettingsChange, CallerIdVisibility, Direction, DoNotDisturb, Parties, PersonalDnd, SipData,
        TelephonePresence, Telephony, TelephonyStatus, Termination,
    },
    timestamp::Timestamp,
};

pub(crate) use self::packed::packed_version;

/// How present a user is. The order is the order of the merge: the highest live claim wins.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// No device speaks for the user, or the last one that did said so.
    #[default]
    Offline,
    /// A device is there, the user probably is not.
    Unavailable,
    /// The user is there.
    Online,
    /// The user is there and does not want to be disturbed.
    Busy,
}

/// A status text, shared between a record and the answers made from it.
pub type Text = Arc<str>;
