//! The server stub of the directory: the contract as a trait.

use std::sync::Arc;

use async_trait::async_trait;
use axum::{Router, extract::FromRef};
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{AuthenticateError, Caller, Identity, Part, documented, together};
use crate::{
    api::{
        presenced::{app_tokens, memberships, rooms, subscriptions, tokens, users},
        stub::{Credentials, Limits, Stub},
    },
    id::{RoomId, UserId},
};

pub use crate::api::presenced::{
    app_tokens::{CreateAppTokenError, ListAppTokensError, RevokeAppTokenError},
    error::{ListError, UserError},
    extract::Page,
    memberships::{AddMemberError, RemoveMemberError},
    rooms::{GetMembersError, PutMembersError},
    subscriptions::EndSubscriptionError,
    tokens::{CreateTokenError, EndSessionsError, RevokeTokenError, RotateAdminTokenError, WhoamiError},
    types::{
        AdminToken, AppToken, AppTokenList, AppTokenRequest, IssuedAppToken, IssuedToken, Members, RoomPage,
        RoomSummary, Subscription, SubscriptionPage, Token, TokenList, TokenRequest, User, UserPage,
        UserProfile, Whoami,
    },
    users::PutUserError,
};

/// What became of a user who was put into the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PutUser {
    Added(User),
    /// The user was known before.
    Changed(User),
}

/// The directory as presenced's own API has it, for those who keep users: the operations of the tag `Directory`.
///
/// Whether the token is the admin's, or a service token with the scope, where an operation wants that, was looked at before.
/// An operation's error has a variant for each status that the contract documents: there is no way to answer with another.
/// [`ProblemRefusal`](super::ProblemRefusal) makes what is in them.
#[async_trait]
pub trait Directory: Send + Sync + 'static {
    /// Whose token it is. Guests are refused here.
    async fn authenticate(&self, credentials: &Credentials) -> Result<Identity, AuthenticateError>;

    /// A page of the users, in the order of their ids.
    async fn list_users(&self, caller: &Caller, page: &Page) -> Result<UserPage, ListError>;

    /// Adds a user, or replaces what is known of one but for a number that is left out.
    async fn put_user(
        &self,
        caller: &Caller,
        user: &UserId,
        profile: UserProfile,
    ) -> Result<PutUser, PutUserError>;

    /// What is known of a user.
    async fn get_user(&self, caller: &Caller, user: &UserId) -> Result<User, UserError>;

    /// Removes a user, with their tokens, memberships and presence.
    async fn delete_user(&self, caller: &Caller, user: &UserId) -> Result<(), UserError>;

    /// A user's tokens, without their texts.
    async fn list_tokens(&self, caller: &Caller, user: &UserId) -> Result<TokenList, UserError>;

    /// Makes a token for one of a user's devices.
    async fn create_token(
        &self,
        caller: &Caller,
        user: &UserId,
        request: TokenRequest,
    ) -> Result<IssuedToken, CreateTokenError>;

    /// Revokes a token of a user, by its name in listings.
    async fn revoke_token(&self, caller: &Caller, user: &UserId, token: &str)
    -> Result<(), RevokeTokenError>;

    /// Ends all sessions of a user, who is the caller where that is no admin.
    async fn end_sessions(&self, caller: &Caller, user: &UserId) -> Result<(), EndSessionsError>;

    /// Whose token it is, a guest's too, what it is for, and until when.
    async fn whoami(&self, credentials: &Credentials) -> Result<Whoami, WhoamiError>;

    /// Puts another admin token in the place of the caller's.
    async fn rotate_admin_token(&self, caller: &Caller) -> Result<AdminToken, RotateAdminTokenError>;

    /// The tokens of apps, without their texts.
    async fn list_app_tokens(&self, caller: &Caller) -> Result<AppTokenList, ListAppTokensError>;

    /// Makes a token for an app.
    async fn create_app_token(
        &self,
        caller: &Caller,
        request: AppTokenRequest,
    ) -> Result<IssuedAppToken, CreateAppTokenError>;

    /// Revokes a token of an app, by its name in listings.
    async fn revoke_app_token(&self, caller: &Caller, token: &str) -> Result<(), RevokeAppTokenError>;

    /// A page of the rooms, in the order of their ids.
    async fn list_rooms(&self, caller: &Caller, page: &Page) -> Result<RoomPage, ListError>;

    /// The members of a room, in the order of their ids.
    async fn get_members(&self, caller: &Caller, room: &RoomId) -> Result<Members, GetMembersError>;

    /// Sets the members of a room, and tells them. A room ends with an empty list.
    async fn put_members(
        &self,
        caller: &Caller,
        room: &RoomId,
        members: Members,
    ) -> Result<Members, PutMembersError>;

    /// Lets a user into a room, if they are not in it.
    async fn add_member(&self, caller: &Caller, room: &RoomId, user: &UserId) -> Result<(), AddMemberError>;

    /// Takes a user out of a room, if they are in it.
    async fn remove_member(
        &self,
        caller: &Caller,
        room: &RoomId,
        user: &UserId,
    ) -> Result<(), RemoveMemberError>;

    /// A page of the subscriptions of all dialects, in the order of their ids.
    async fn list_subscriptions(&self, caller: &Caller, page: &Page) -> Result<SubscriptionPage, ListError>;

    /// Ends a subscription, whoever made it.
    async fn end_subscription(&self, caller: &Caller, subscription: Uuid)
    -> Result<(), EndSubscriptionError>;
}

/// The routes of the contract over a backend. What else is below `/presenced/`, and other methods, are refused as the
/// contract has it.
pub fn routes(backend: Arc<dyn Directory>, limits: Limits) -> Router {
    together([part(backend, limits)], limits).0
}

/// The same to be served [together] with other parts.
pub fn part(backend: Arc<dyn Directory>, limits: Limits) -> Part {
    Part(of_admins().merge(of_sessions()).with_state(Stub { backend, limits }))
}

/// The document of these routes, below the address that it is served at.
pub fn document() -> OpenApi {
    documented(of_admins().merge(of_sessions()))
}

/// What is for admins, and some of it for programs: who is who, and who is told.
pub(in crate::api::presenced) fn of_admins<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Stub<dyn Directory>: FromRef<S>,
{
    OpenApiRouter::new()
        .routes(routes!(users::list_users))
        .routes(routes!(users::get_user, users::put_user, users::delete_user))
        .routes(routes!(tokens::list_tokens, tokens::create_token))
        .routes(routes!(tokens::revoke_token))
        .routes(routes!(tokens::rotate_admin_token))
        .routes(routes!(app_tokens::list_app_tokens, app_tokens::create_app_token))
        .routes(routes!(app_tokens::revoke_app_token))
        .routes(routes!(rooms::list_rooms))
        .routes(routes!(rooms::get_members, rooms::put_members))
        .routes(routes!(memberships::add_member, memberships::remove_member))
        .routes(routes!(subscriptions::list_subscriptions))
        .routes(routes!(subscriptions::end_subscription))
}

/// What is for everybody of their own.
pub(in crate::api::presenced) fn of_sessions<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Stub<dyn Directory>: FromRef<S>,
{
    OpenApiRouter::new().routes(routes!(tokens::end_sessions)).routes(routes!(tokens::whoami))
}
