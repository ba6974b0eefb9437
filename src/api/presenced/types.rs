//! What goes over the wire in presenced's own API: what clients send, and what they are
//! answered. It needs nothing of a server, so that clients share it.

mod directory;
mod error;
mod lists;
mod presence;
mod reports;
mod server;
mod subscriptions;
mod tokens;

pub use self::{
    directory::{Members, RoomPage, RoomSummary, User, UserPage, UserProfile},
    error::Problem,
    lists::{ListEntry, PresenceList, Standing},
    presence::{
        ConnectedState, OverrideName, PresenceQuery, PresenceQueryResult, PresenceState, UserPresence,
        UserSettings,
    },
    reports::{
        CallDisplay, CallDisplayLine, CallReport, Heartbeat, HeartbeatOutcome, HeartbeatResult,
        HeartbeatResults, Heartbeats, LineAppearance, SipDialog,
    },
    server::{Advance, Health},
    subscriptions::{Subscription, SubscriptionPage, SubscriptionState, SubscriptionTransport},
    tokens::{
        AppToken, AppTokenList, AppTokenRequest, IssuedAppToken, IssuedToken, Token, TokenList, TokenRequest,
    },
};
