//! What goes over the wire in presenced's own API: what clients send, and what they are
//! answered. It needs nothing of a server, so that clients share it.

mod directory;
mod error;
mod events;
mod frames;
mod ids;
mod lists;
mod members;
mod presence;
mod reports;
mod saying;
mod server;
mod subscriptions;
mod tickets;
mod tokens;
mod webhooks;

pub use self::{
    directory::{Members, RoomPage, RoomSummary, User, UserPage, UserProfile, UserRooms},
    error::Problem,
    events::{EndReason, PresenceSnapshot, StreamEnd, TokenExpiring, UsersGone},
    frames::{ClientFrame, FrameFault, SayActivity, SayPresence, ServerFrame, Unwatch, UseToken, Watch},
    ids::{RoomIdText, SubscriptionIdText, UserIdOrMe, UserIdText},
    lists::{ListEntry, PresenceList, Standing},
    presence::{
        ConnectedState, DevicePresence, OverrideName, PresenceQuery, PresenceQueryResult, PresenceState,
        RoomPresence, StateCounts, UserPresence, UserSettings,
    },
    reports::{
        CallDisplay, CallDisplayLine, CallReport, Heartbeat, HeartbeatOutcome, HeartbeatResult,
        HeartbeatResults, Heartbeats, LineAppearance, SipDialog,
    },
    saying::{
        Activity, PresenceUpdate, PresenceUpdateResult, PresenceUpdateResults, PresenceUpdates, StatusUpdate,
        UserPresenceUpdate,
    },
    server::{Advance, Health},
    subscriptions::{Subscription, SubscriptionPage, SubscriptionState, SubscriptionTransport},
    tickets::Ticket,
    tokens::{
        AdminToken, AppToken, AppTokenList, AppTokenRequest, IssuedAppToken, IssuedToken, Scope, Token,
        TokenList, TokenRequest, Whoami,
    },
    webhooks::{
        NoData, Webhook, WebhookAttempt, WebhookEvent, WebhookList, WebhookRequest, WebhookState,
        WebhookTest, WebhookUser, WebhookUsers,
    },
};
