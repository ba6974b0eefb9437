//! What goes over the wire in the Matrix dialect: what clients send, and what they are
//! answered. It needs nothing of a server, so that clients share it.

mod account;
mod directory;
mod error;
mod filter;
mod list;
mod presence;

pub use self::{
    account::{
        Capabilities, Login, LoginFlow, LoginFlows, LoginRequest, LoginType, PushRules, Registered,
        RegistrationRequest, RegistrationType, SupportedVersions, Whoami,
    },
    directory::{AvatarUrl, DisplayName, JoinedRooms, Profile},
    error::{LimitExceeded, MatrixError, RateLimitError},
    filter::{EventFilter, Filter, FilterId},
    list::{ListedEvent, ListedPresence, PresenceListUpdate},
    presence::{
        Empty, EventType, PresenceContent, PresenceEvent, PresenceEvents, PresenceState, PresenceStatus,
        PresenceUpdate, SyncResponse,
    },
};
