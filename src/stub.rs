//! Server stubs: each published contract of presence as a trait, for those who have users and presence of their own.
//!
//! A backend implements the trait of a contract; `routes` puts the contract around it: paths under every prefix that
//! clients use, tokens, ids and bodies as they are read by presenced's own server, refusals in the contract's form, bounds,
//! CORS. `document` is the contract's OpenAPI document, from which Swagger UI and clients are made. presenced's own server
//! is one such backend, of which its dialects' handlers know no more than the trait says.
//!
//! - An operation's error is an enum with a variant for each status that the contract documents: another status cannot be
//!   written, and the document lacks none.
//! - A request's body is [`Unread`] when the backend is asked, since contracts say what comes before it is looked at.
//! - Nothing here needs presenced's configuration, store or clock. Following presence as it changes is not among it.
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
        ActivityError, AuthenticateError, BadRequest, CallReport, Caller, DeleteCallError,
        DeletePresenceError, Forbidden, GetPresenceError, GetSettingsError, HeartbeatResults, Heartbeats,
        HeartbeatsError, Identity, NotFound, Presence, PresenceQuery, PresenceQueryResult, PresenceUpdate,
        PresenceUpdateResults, PresenceUpdates, ProblemRefusal, PutCallError, PutPresenceError,
        PutSettingsError, QueryPresenceError, RoomPresence, RoomPresenceError, RoomQuery, TooLarge,
        TooManyRequests, Unauthorized, Unavailable, Unread, UnreadBody, UpdatesError, UserPresence,
        UserRooms, UserRoomsError, UserSettings, document, routes,
    };
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
        AccountPage, AuthenticateError, BadRequest, Caller, Detail, Forbidden, GetPresenceInfo, Identity,
        NotFound, Permission, Presence, RateGroup, ReadAccountPresenceError, ReadUserPresenceError,
        RestRefusal, TooLarge, TooManyRequests, Unauthorized, Unavailable, Unread, UnreadBody, UnreadUpdate,
        UnsupportedMediaType, Update, UpdateUserPresenceError, Uris, document, routes,
    };
}

/// Presence as the Matrix client-server API has it.
pub mod matrix {
    pub use crate::api::matrix::stub::{
        AuthenticateError, BadRequest, Caller, Forbidden, GetPresenceError, Identity, MatrixRefusal,
        NotFound, Presence, PresenceState, PresenceStatus, PresenceUpdate, SetPresenceError, TooLarge,
        TooManyRequests, Unauthorized, Unavailable, Unread, UnreadBody, document, routes,
    };
}
