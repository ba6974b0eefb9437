//! Server stubs: each published contract of presence as traits, for those who have users and presence of their own.
//!
//! A tag of a contract is a trait. A backend implements it; `routes` puts the contract around it: paths under every prefix that
//! clients use, tokens, ids and bodies as they are read by presenced's own server, refusals in the contract's form, bounds,
//! CORS. `document` is the contract's OpenAPI document, from which Swagger UI and clients are made. presenced's own server
//! is one such backend, of which its dialects' handlers know no more than the trait says.
//!
//! - An operation's error is an enum with a variant for each status that the contract documents: another status cannot be
//!   written, and the document lacks none.
//! - A request's body is [`Unread`] when the backend is asked, since contracts say what comes before it is looked at.
//! - Nothing here needs presenced's configuration, store or clock. Following presence as it changes is not among it, nor are
//!   webhooks.
//! - Routes refuse every other path of their contract. Where a backend has several traits of one, `together` serves their
//!   parts.
//!
//! # Example
//!
//! Matrix presence over a `HashMap` (`cargo run --example own_backend`; `proxy_backend` beside it asks another server):
//!
//! ```no_run
#![doc = include_str!("../examples/own_backend.rs")]
//! ```

pub use crate::{
    api::{
        refusal::Refusable,
        stub::{Caller, Credentials, Limits, Unread},
    },
    directory::{Scope, Scopes},
    id::{DeviceId, RoomId, UserId},
};

/// Presence as presenced's own API has it.
pub mod presenced {
    pub use crate::api::presenced::stub::{
        ActivityError, AuthenticateError, BadRequest, CallReport, Caller, Conflict, DeleteCallError,
        DeletePresenceError, Forbidden, GetPresenceError, GetSettingsError, HeartbeatResults, Heartbeats,
        HeartbeatsError, Identity, NotFound, Part, Presence, PresenceQuery, PresenceQueryResult,
        PresenceUpdate, PresenceUpdateResults, PresenceUpdates, ProblemRefusal, PutCallError,
        PutPresenceError, PutSettingsError, QueryPresenceError, RoomPresence, RoomPresenceError, RoomQuery,
        TooLarge, TooManyRequests, Unauthorized, Unavailable, Unread, UnreadBody, UpdatesError, UserPresence,
        UserRooms, UserRoomsError, UserSettings, document, part, routes, together,
    };

    /// Who is who, and who is told: the directory, for admins.
    pub mod directory {
        pub use crate::api::presenced::stub::directory::{
            AddMemberError, AdminToken, AppToken, AppTokenList, AppTokenRequest, CreateAppTokenError,
            CreateTokenError, Directory, EndSessionsError, EndSubscriptionError, GetMembersError,
            IssuedAppToken, IssuedToken, ListAppTokensError, ListError, Members, Page, PutMembersError,
            PutUser, PutUserError, RemoveMemberError, RevokeAppTokenError, RevokeTokenError, RoomPage,
            RoomSummary, RotateAdminTokenError, Subscription, SubscriptionPage, Token, TokenList,
            TokenRequest, User, UserError, UserPage, UserProfile, Whoami, WhoamiError, document, part,
            routes,
        };
    }

    /// Who asks to see a user, and the answer.
    pub mod presence_lists {
        pub use crate::api::presenced::stub::presence_lists::{
            GetListError, ListEntry, ObserverError, PresenceList, PresenceLists, Standing, document, part,
            routes,
        };
    }

    /// The server itself: whether it is well, and all that it keeps.
    pub mod server {
        pub use crate::api::presenced::stub::server::{
            ExportError, Health, Lines, ReadinessError, Server, document, part, routes,
        };
    }
}

/// User presence as pnut.io's API has it.
pub mod pnut {
    pub use crate::api::pnut::stub::{
        Allowance, AuthenticateError, BadRequest, Call, Caller, Forbidden, GetPresenceError, Identity,
        ListPresenceError, Listed, NotFound, PnutRefusal, Presence, SetPresenceError, TooLarge,
        TooManyRequests, Unauthorized, Unavailable, Unread, UnreadUpdate, Update, UserPresence, UserRef,
        document, routes,
    };
}

/// Presence of extensions as RingCentral's REST API has it.
pub mod ringcentral {
    pub use crate::api::ringcentral::stub::{
        AccountPage, AuthenticateError, BadRequest, CallQueuePresence, Caller, Detail,
        ExtensionCallQueuePresenceList, Forbidden, GetPresenceInfo, Identity, MonitoredExtensions,
        MonitoredLine, NotFound, Permission, Presence, RateGroup, ReadAccountPresenceError, ReadLinesError,
        ReadQueueError, ReadQueuesError, ReadUserPresenceError, RestRefusal, TooLarge, TooManyRequests,
        Unauthorized, Unavailable, Unread, UnreadBody, UnreadUpdate, UnsupportedMediaType, Update,
        UpdateLinesError, UpdateQueueError, UpdateQueuesError, UpdateUserPresenceError, Uris, document,
        routes,
    };
}

/// Presence as the Matrix client-server API has it.
pub mod matrix {
    pub use crate::api::matrix::stub::{
        AuthenticateError, BadRequest, Caller, Forbidden, GetPresenceError, Identity, MatrixRefusal,
        NotFound, Part, Presence, PresenceState, PresenceStatus, PresenceUpdate, SetPresenceError, TooLarge,
        TooManyRequests, Unauthorized, Unavailable, Unread, UnreadBody, document, part, routes, together,
    };

    /// Presence lists as that API had them up to r0.4.
    pub mod presence_lists {
        pub use crate::api::matrix::stub::presence_lists::{
            EventType, GetListError, ListedEvent, ListedPresence, ModifyListError, PresenceListUpdate,
            PresenceLists, document, part, routes,
        };
    }
}
