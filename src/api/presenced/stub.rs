//! The server stubs of presenced's own API: the contract of each tag as a trait.

pub(crate) mod directory;
pub(crate) mod presence_lists;
pub(crate) mod server;

use std::sync::Arc;

use async_trait::async_trait;
use axum::{Router, extract::FromRef, http::request::Parts};
use utoipa::openapi::{OpenApi, ServerBuilder};
use utoipa_axum::{router::OpenApiRouter, routes};

use self::{directory::Directory, presence_lists::PresenceLists, server::Server};
use super::{
    DIALECT, bare, calls, completed,
    error::ProblemRefusal as Refusal,
    extract::{AccessError, JsonError},
    heartbeats, memberships, presence, room_presence, saying, settings, updates,
};
use crate::{
    api::{
        refusal::refusals,
        stub::{self, Credentials, Knows, Limits, Stub},
    },
    app::App,
    directory::Scope,
    id::{DeviceId, RoomId, UserId},
};

pub use super::{
    calls::{DeleteCallError, PutCallError},
    error::{
        BadRequest, Conflict, Forbidden, NotFound, ProblemRefusal, TooLarge, TooManyRequests, Unauthorized,
        Unavailable,
    },
    extract::Caller as Identity,
    heartbeats::HeartbeatsError,
    memberships::UserRoomsError,
    presence::{GetPresenceError, QueryPresenceError},
    room_presence::RoomPresenceError,
    saying::{ActivityError, DeletePresenceError, PutPresenceError},
    settings::{GetSettingsError, PutSettingsError},
    types::{
        CallReport, HeartbeatResults, Heartbeats, PresenceQuery, PresenceQueryResult, PresenceUpdate,
        PresenceUpdateResults, PresenceUpdates, RoomPresence, UserPresence, UserRooms, UserSettings,
    },
    updates::UpdatesError,
};
pub use crate::service::RoomQuery;

/// Who asks.
pub type Caller = stub::Caller<Identity>;

/// A body that is still to be read.
pub type Unread<T> = stub::Unread<T, UnreadBody>;

/// Presence as presenced's own API has it, for those who answer for users: the operations of the tag `Presence`, without
/// the stream of changes.
///
/// Whether the token's scopes allow a call, and whether it is for the caller to ask of that user, was looked at before. An
/// operation's error has a variant for each status that the contract documents: there is no way to answer with another.
/// [`ProblemRefusal`] makes what is in them.
#[async_trait]
pub trait Presence: Send + Sync + 'static {
    /// Whose token it is. Guests are refused here.
    async fn authenticate(&self, credentials: &Credentials) -> Result<Identity, AuthenticateError>;

    /// A user's presence as the caller may see it.
    async fn get_user_presence(
        &self,
        caller: &Caller,
        user: &UserId,
    ) -> Result<UserPresence, GetPresenceError>;

    /// Says something of a user, and tells what is seen of them then. A call too many is to be refused before the body is
    /// read.
    async fn put_user_presence(
        &self,
        caller: &Caller,
        user: &UserId,
        update: Unread<PresenceUpdate>,
    ) -> Result<UserPresence, PutPresenceError>;

    /// Ends what a device says, if it says anything.
    async fn delete_user_presence(
        &self,
        caller: &Caller,
        user: &UserId,
        device: &DeviceId,
    ) -> Result<(), DeletePresenceError>;

    /// Notes that the caller, who is a user, is active on a device.
    async fn post_activity(&self, caller: &Caller, device: &DeviceId) -> Result<(), ActivityError>;

    /// The presence of many users, and of the members of rooms.
    async fn query_presence(
        &self,
        caller: &Caller,
        query: PresenceQuery,
    ) -> Result<PresenceQueryResult, QueryPresenceError>;

    /// What programs say of many users. Each update has a result, in the same order.
    async fn update_presence(
        &self,
        caller: &Caller,
        updates: PresenceUpdates,
    ) -> Result<PresenceUpdateResults, UpdatesError>;

    /// A page of a room's members, and how many of all are in which state.
    async fn get_room_presence(
        &self,
        caller: &Caller,
        room: &RoomId,
        query: &RoomQuery,
    ) -> Result<RoomPresence, RoomPresenceError>;

    /// The rooms of a user, in the order of their ids.
    async fn get_user_rooms(&self, caller: &Caller, user: &UserId) -> Result<UserRooms, UserRoomsError>;

    /// What gateways report of devices. Each report has a result, in the same order.
    async fn post_heartbeats(
        &self,
        caller: &Caller,
        heartbeats: Heartbeats,
    ) -> Result<HeartbeatResults, HeartbeatsError>;

    /// Notes one leg of a user's call, in place of what was known of it.
    async fn put_call(
        &self,
        caller: &Caller,
        user: &UserId,
        call: &str,
        report: CallReport,
    ) -> Result<(), PutCallError>;

    /// Notes that a leg has ended, if there is such a one.
    async fn delete_call(&self, caller: &Caller, user: &UserId, call: &str) -> Result<(), DeleteCallError>;

    /// What a user set by hand for all devices.
    async fn get_settings(&self, caller: &Caller, user: &UserId) -> Result<UserSettings, GetSettingsError>;

    /// Sets that, and tells what it is then. A call too many is to be refused before the body is read.
    async fn put_settings(
        &self,
        caller: &Caller,
        user: &UserId,
        settings: Unread<UserSettings>,
    ) -> Result<UserSettings, PutSettingsError>;
}

/// The routes of the contract over a backend. What else is below `/presenced/`, and other methods, are refused as the
/// contract has it.
pub fn routes(backend: Arc<dyn Presence>, limits: Limits) -> Router {
    together([part(backend, limits)], limits).0
}

/// The same to be served [together] with other parts.
pub fn part(backend: Arc<dyn Presence>, limits: Limits) -> Part {
    Part(of_users().merge(of_gateways()).with_state(Stub { backend, limits }))
}

/// The document of these routes, below the address that it is served at.
pub fn document() -> OpenApi {
    documented(of_users().merge(of_gateways()))
}

/// What users and programs say and ask, for whatever state there is a backend in.
pub(super) fn of_users<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Stub<dyn Presence>: FromRef<S>,
{
    OpenApiRouter::new()
        .routes(routes!(presence::get_user_presence, saying::put_user_presence, saying::delete_user_presence))
        .routes(routes!(saying::post_activity))
        .routes(routes!(presence::query_presence))
        .routes(routes!(updates::update_presence))
        .routes(routes!(room_presence::get_room_presence))
        .routes(routes!(memberships::get_user_rooms))
}

/// What gateways report, and what users set by hand.
pub(super) fn of_gateways<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Stub<dyn Presence>: FromRef<S>,
{
    OpenApiRouter::new()
        .routes(routes!(heartbeats::post_heartbeats))
        .routes(routes!(calls::put_call, calls::delete_call))
        .routes(routes!(settings::get_settings, settings::put_settings))
}

refusals! {
    /// Why a caller is not let in.
    pub enum AuthenticateError: Refusal, from AccessError {
        Unauthorized,
        Forbidden,
        Unavailable,
    }
}

refusals! {
    /// Why a body is of no use.
    pub enum UnreadBody: Refusal, from JsonError {
        BadRequest,
        TooLarge,
    }
}

/// Who asks, as a backend knows them.
pub(super) type Known<B = dyn Presence> = stub::Known<B>;

impl<B> Known<B>
where
    B: Knows<Identity = Identity, Refused = AuthenticateError> + ?Sized,
{
    /// Refuses everybody but the admin.
    pub(super) fn admin(self) -> Result<Caller, AuthenticateError> {
        let caller = self.caller()?;
        match caller.identity {
            Identity::Admin => Ok(caller),
            _ => Err(AccessError::NotAdmin.into()),
        }
    }

    /// Who may report for other users: a token with the scope `gateway`, or the admin token.
    pub(super) fn gateway(self) -> Result<Caller, AuthenticateError> {
        let caller = self.caller()?;
        caller.may(Scope::Gateway)?;
        Ok(caller)
    }

    /// Refuses users: what is left are service tokens with `scope`, and the admin.
    pub(super) fn service(self, scope: Scope) -> Result<Caller, AuthenticateError> {
        let caller = self.caller()?;
        if caller.user().is_some() {
            return Err(AccessError::NotService.into());
        }
        caller.may(scope)?;
        Ok(caller)
    }
}

/// The token of a request.
fn credentials(parts: &Parts) -> Result<Credentials, AuthenticateError> {
    Ok(Credentials::of(&parts.headers, &parts.uri, false).map_err(AccessError::from)?)
}

/// How the backends of these contracts let callers in: each asks for the same.
macro_rules! known_by {
    ($($contract:ident),+) => {$(
        impl Knows for dyn $contract {
            type Identity = Identity;
            type Refused = AuthenticateError;

            async fn know(&self, parts: &Parts) -> Result<Caller, AuthenticateError> {
                let credentials = credentials(parts)?;
                let identity = self.authenticate(&credentials).await?;
                Ok(Caller { identity, credentials })
            }
        }
    )+};
}

known_by!(Presence, Directory, PresenceLists, Server);

/// What a backend answers of the contract: all that is in one trait.
pub struct Part(OpenApiRouter);

/// The routes of several parts of the contract, each over its backend, and their document.
pub fn together(parts: impl IntoIterator<Item = Part>, limits: Limits) -> (Router, OpenApi) {
    let all = OpenApiRouter::with_openapi(bare());
    let all = parts.into_iter().fold(all, |all, Part(part)| all.merge(part));
    let (router, document) = all.split_for_parts();
    (stub::framed(&DIALECT, limits.body_bytes, DIALECT.closed(router)), served(document))
}

/// The document of a contract's routes, below the address that it is served at.
fn documented(routes: OpenApiRouter<App>) -> OpenApi {
    served(OpenApiRouter::with_openapi(bare()).merge(routes).split_for_parts().1)
}

/// A document as the server has it that serves it.
fn served(mut document: OpenApi) -> OpenApi {
    document.servers = Some(vec![ServerBuilder::new().url("/").description(Some("This server.")).build()]);
    completed(document)
}
