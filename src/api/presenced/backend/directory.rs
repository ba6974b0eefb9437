//! The directory of a server of ours.

use std::sync::Arc;

use async_trait::async_trait;
use axum::extract::FromRef;
use uuid::Uuid;

use super::tokens;
use crate::{
    api::{
        presenced::{
            error::{ProblemRefusal, Unknown, found},
            extract,
            stub::{
                self, AuthenticateError, Caller, Identity,
                directory::{
                    AddMemberError, AdminToken, AppToken, AppTokenList, AppTokenRequest, CreateAppTokenError,
                    CreateTokenError, Directory, EndSessionsError, EndSubscriptionError, GetMembersError,
                    IssuedAppToken, IssuedToken, ListAppTokensError, ListError, Members, Page,
                    PutMembersError, PutUser, PutUserError, RemoveMemberError, RevokeAppTokenError,
                    RevokeTokenError, RoomPage, RoomSummary, RotateAdminTokenError, SubscriptionPage, Token,
                    TokenList, TokenRequest, User, UserError, UserPage, UserProfile, Whoami, WhoamiError,
                },
            },
            tokens::OPERATORS_FILE,
        },
        refusal::Cause,
        stub::{Credentials, Stub},
    },
    app::App,
    auth::admin_token,
    directory::{DirectoryError, Holder, NewToken, TokenId, TokenSecret},
    id::{RoomId, UserId},
    push::Push,
    task::to_the_end,
};

impl FromRef<App> for Stub<dyn Directory> {
    fn from_ref(app: &App) -> Self {
        Self { backend: Arc::new(app.clone()), limits: extract::of(app) }
    }
}

#[async_trait]
impl Directory for App {
    async fn authenticate(&self, credentials: &Credentials) -> Result<Identity, AuthenticateError> {
        stub::Presence::authenticate(&**self, credentials).await
    }

    async fn list_users(&self, _caller: &Caller, page: &Page) -> Result<UserPage, ListError> {
        let page = self.directory.users(page.after.as_deref(), page.limit);
        Ok(UserPage { users: page.items.into_iter().map(User::from).collect(), more: page.more })
    }

    async fn put_user(
        &self,
        _caller: &Caller,
        user: &UserId,
        profile: UserProfile,
    ) -> Result<PutUser, PutUserError> {
        let server = &self.config.server.name;
        if user.server_name() != server {
            let detail = format!("userId: users of this server end with :{server}");
            return Err(ProblemRefusal::invalid(detail).into());
        }
        let put = self.directory.put_user(user, profile.into_profile()?, self.service.now());
        Ok(match put.await? {
            (user, true) => PutUser::Added(user.into()),
            (user, false) => PutUser::Changed(user.into()),
        })
    }

    async fn get_user(&self, _caller: &Caller, user: &UserId) -> Result<User, UserError> {
        Ok(self.directory.user(user).ok_or_else(|| ProblemRefusal::no_user(user))?.into())
    }

    async fn delete_user(&self, _caller: &Caller, user: &UserId) -> Result<(), UserError> {
        match self.service.remove_user(user).await? {
            true => Ok(()),
            false => Err(ProblemRefusal::no_user(user).into()),
        }
    }

    async fn list_tokens(&self, _caller: &Caller, user: &UserId) -> Result<TokenList, UserError> {
        let tokens = self.directory.tokens(user).map_err(|error| match error {
            DirectoryError::Store(error) => error.into(),
            error => UserError::from(ProblemRefusal::not_found(error.to_string())),
        })?;
        Ok(TokenList { tokens: tokens.into_iter().filter_map(Token::of_user).collect() })
    }

    async fn create_token(
        &self,
        _caller: &Caller,
        user: &UserId,
        request: TokenRequest,
    ) -> Result<IssuedToken, CreateTokenError> {
        tokens::create(self, user, request).await
    }

    async fn revoke_token(
        &self,
        _caller: &Caller,
        user: &UserId,
        token: &str,
    ) -> Result<(), RevokeTokenError> {
        match found(self.directory.revoke_token(user, &TokenId::from(token.to_owned())).await)? {
            true => Ok(()),
            false => Err(ProblemRefusal::not_found(format!("{user} has no such token")).into()),
        }
    }

    async fn end_sessions(&self, _caller: &Caller, user: &UserId) -> Result<(), EndSessionsError> {
        match found(self.directory.sign_out(user).await)? {
            true => Ok(()),
            false => Err(ProblemRefusal::no_user(user).into()),
        }
    }

    async fn whoami(&self, credentials: &Credentials) -> Result<Whoami, WhoamiError> {
        let identified = self.auth.known(credentials.token.as_bytes().to_vec()).await;
        Ok(tokens::owner(self, identified.map_err(Unknown)?))
    }

    async fn rotate_admin_token(&self, caller: &Caller) -> Result<AdminToken, RotateAdminTokenError> {
        let server = &self.config.server;
        if self.config.demo {
            return Err(ProblemRefusal::conflict("the demo's admin token is for everybody to know").into());
        }
        if !server.admin_token_file.as_os_str().is_empty() {
            return Err(ProblemRefusal::conflict(OPERATORS_FILE).into());
        }
        let made = admin_token::make(&server.admin_token_file());
        let made =
            made.map_err(|error| ProblemRefusal::not_ready(format!("the admin token's file: {error}")))?;
        self.directory.admit(&made, NewToken { holder: Holder::Admin, expires: None });
        self.directory.dismiss(&TokenSecret::from(caller.credentials.token.as_str()));
        Ok(AdminToken { token: made.reveal().to_owned() })
    }

    async fn list_app_tokens(&self, _caller: &Caller) -> Result<AppTokenList, ListAppTokensError> {
        let tokens = self.directory.app_tokens().into_iter().filter_map(AppToken::of_app).collect();
        Ok(AppTokenList { tokens })
    }

    async fn create_app_token(
        &self,
        _caller: &Caller,
        request: AppTokenRequest,
    ) -> Result<IssuedAppToken, CreateAppTokenError> {
        tokens::create_of_app(self, request).await
    }

    async fn revoke_app_token(&self, _caller: &Caller, token: &str) -> Result<(), RevokeAppTokenError> {
        match found(self.directory.revoke_app_token(&TokenId::from(token.to_owned())).await)? {
            true => Ok(()),
            false => Err(ProblemRefusal::not_found("no app has such a token").into()),
        }
    }

    async fn list_rooms(&self, _caller: &Caller, page: &Page) -> Result<RoomPage, ListError> {
        let page = self.directory.rooms(page.after.as_deref(), page.limit);
        let rooms = page.items.into_iter();
        let rooms = rooms.map(|(room, member_count)| RoomSummary { room_id: room.into(), member_count });
        Ok(RoomPage { rooms: rooms.collect(), more: page.more })
    }

    async fn get_members(&self, _caller: &Caller, room: &RoomId) -> Result<Members, GetMembersError> {
        let members = self.directory.members(room);
        if members.is_empty() {
            return Err(ProblemRefusal::not_found(format!("there is no room {room}")).into());
        }
        Ok(Members::of(members))
    }

    async fn put_members(
        &self,
        _caller: &Caller,
        room: &RoomId,
        members: Members,
    ) -> Result<Members, PutMembersError> {
        let members = members.read(self.config.limits.room_members)?;
        self.directory.set_members(room, members.clone()).await.map_err(|error| match error {
            DirectoryError::Store(error) => error.into(),
            error => PutMembersError::from(ProblemRefusal::invalid(format!("members: {error}"))),
        })?;
        Ok(Members::of(members))
    }

    async fn add_member(&self, _caller: &Caller, room: &RoomId, user: &UserId) -> Result<(), AddMemberError> {
        let joined = self.directory.join(room, user, self.config.limits.room_members).await;
        joined.map_err(|error| match error {
            DirectoryError::UnknownUser(user) => ProblemRefusal::no_user(&user).into(),
            error => error.refuse(),
        })
    }

    async fn remove_member(
        &self,
        _caller: &Caller,
        room: &RoomId,
        user: &UserId,
    ) -> Result<(), RemoveMemberError> {
        self.directory.leave(room, user).await.map_err(|error| match error {
            DirectoryError::Store(error) => error.refuse(),
            _ => ProblemRefusal::no_user(user).into(),
        })
    }

    async fn list_subscriptions(&self, _caller: &Caller, page: &Page) -> Result<SubscriptionPage, ListError> {
        let after = page.after.as_deref().map(Uuid::try_parse).transpose();
        let after = after.map_err(|error| ProblemRefusal::invalid(format!("after: {error}")))?;
        let page = Push::of(self).registry.page(after, page.limit);
        let subscriptions = page.items.iter().map(|subscription| (&**subscription).into()).collect();
        Ok(SubscriptionPage { subscriptions, more: page.more })
    }

    async fn end_subscription(
        &self,
        _caller: &Caller,
        subscription: Uuid,
    ) -> Result<(), EndSubscriptionError> {
        let app = self.clone();
        match to_the_end(async move { Push::of(&app).registry.remove(subscription).await }).await? {
            true => Ok(()),
            false => Err(ProblemRefusal::not_found("there is no such subscription").into()),
        }
    }
}
