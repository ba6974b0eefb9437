//! The rest of presenced's own API over a backend that notes what was done last: the directory, presence lists and the
//! server itself.

use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use presenced::{
    api, auth,
    stub::{
        Credentials, Limits, RoomId, Scopes, UserId,
        presenced::{
            AuthenticateError, Caller, Identity, ProblemRefusal,
            directory::{
                self, AddMemberError, AdminToken, AppTokenList, AppTokenRequest, CreateAppTokenError,
                CreateTokenError, Directory, EndSessionsError, EndSubscriptionError, GetMembersError,
                IssuedAppToken, IssuedToken, ListAppTokensError, ListError, Members, Page, PutMembersError,
                PutUser, PutUserError, RemoveMemberError, RevokeAppTokenError, RevokeTokenError, RoomPage,
                RotateAdminTokenError, SubscriptionPage, TokenList, TokenRequest, User, UserError, UserPage,
                UserProfile, Whoami, WhoamiError,
            },
            presence_lists::{
                self, GetListError, ListEntry, ObserverError, PresenceList, PresenceLists, Standing,
            },
            server::{self, ExportError, Health, Lines, ReadinessError, Server},
            together,
        },
    },
};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{ALICE, Answer, BOB, Site, snapshots};

/// What was done last.
#[derive(Default)]
struct Last(Mutex<String>);

impl Last {
    fn note(&self, what: impl Into<String>) {
        *self.0.lock() = what.into();
    }

    fn user(&self, id: &UserId) -> User {
        let name = Some(self.0.lock().clone());
        serde_json::from_value(json!({"userId": id.as_str(), "number": 1, "displayName": name}))
            .expect("a user")
    }
}

fn caller(credentials: &Credentials) -> Result<Identity, AuthenticateError> {
    match credentials.token.as_str() {
        "admin" => Ok(Identity::Admin),
        "backend" => Ok(Identity::Service(Scopes::all())),
        "alice" => {
            let device = "D".parse().expect("a device");
            Ok(Identity::User(auth::Caller::new(ALICE.parse().expect("a user"), device)))
        }
        _ => Err(ProblemRefusal::no_such_token().into()),
    }
}

#[async_trait]
impl Directory for Last {
    async fn authenticate(&self, credentials: &Credentials) -> Result<Identity, AuthenticateError> {
        caller(credentials)
    }

    async fn list_users(&self, _: &Caller, page: &Page) -> Result<UserPage, ListError> {
        let after: Option<UserId> = page.after.as_deref().and_then(|after| after.parse().ok());
        Ok(UserPage { users: after.iter().map(|id| self.user(id)).collect(), more: page.limit < 100 })
    }

    async fn put_user(
        &self,
        _: &Caller,
        user: &UserId,
        profile: UserProfile,
    ) -> Result<PutUser, PutUserError> {
        if profile.number == Some(1) {
            return Err(ProblemRefusal::conflict("the number is taken").into());
        }
        self.note(profile.display_name.unwrap_or_default());
        let user = self.user(user);
        Ok(if user.user_id == ALICE { PutUser::Changed(user) } else { PutUser::Added(user) })
    }

    async fn get_user(&self, _: &Caller, user: &UserId) -> Result<User, UserError> {
        Ok(self.user(user))
    }

    async fn delete_user(&self, _: &Caller, user: &UserId) -> Result<(), UserError> {
        self.note(format!("removed {user}"));
        Ok(())
    }

    async fn list_tokens(&self, _: &Caller, _: &UserId) -> Result<TokenList, UserError> {
        Ok(TokenList { tokens: Vec::new() })
    }

    async fn create_token(
        &self,
        _: &Caller,
        _: &UserId,
        request: TokenRequest,
    ) -> Result<IssuedToken, CreateTokenError> {
        Err(ProblemRefusal::conflict(format!("no token for {}", request.device_id)).into())
    }

    async fn revoke_token(&self, _: &Caller, user: &UserId, token: &str) -> Result<(), RevokeTokenError> {
        self.note(format!("revoked {token} of {user}"));
        Ok(())
    }

    async fn end_sessions(&self, _: &Caller, user: &UserId) -> Result<(), EndSessionsError> {
        self.note(format!("signed out {user}"));
        Ok(())
    }

    async fn whoami(&self, credentials: &Credentials) -> Result<Whoami, WhoamiError> {
        let whoami = json!({"name": credentials.token, "scopes": [], "admin": false, "guest": true});
        Ok(serde_json::from_value(whoami).expect("somebody"))
    }

    async fn rotate_admin_token(&self, caller: &Caller) -> Result<AdminToken, RotateAdminTokenError> {
        Ok(AdminToken { token: format!("{} two", caller.credentials.token) })
    }

    async fn list_app_tokens(&self, _: &Caller) -> Result<AppTokenList, ListAppTokensError> {
        Ok(AppTokenList { tokens: Vec::new() })
    }

    async fn create_app_token(
        &self,
        _: &Caller,
        request: AppTokenRequest,
    ) -> Result<IssuedAppToken, CreateAppTokenError> {
        Err(ProblemRefusal::invalid(format!("no token for {}", request.name)).into())
    }

    async fn revoke_app_token(&self, _: &Caller, token: &str) -> Result<(), RevokeAppTokenError> {
        self.note(format!("revoked {token}"));
        Ok(())
    }

    async fn list_rooms(&self, _: &Caller, _: &Page) -> Result<RoomPage, ListError> {
        Ok(RoomPage { rooms: Vec::new(), more: false })
    }

    async fn get_members(&self, _: &Caller, room: &RoomId) -> Result<Members, GetMembersError> {
        Err(ProblemRefusal::not_found(format!("there is no room {room}")).into())
    }

    async fn put_members(
        &self,
        _: &Caller,
        _: &RoomId,
        members: Members,
    ) -> Result<Members, PutMembersError> {
        Ok(members)
    }

    async fn add_member(&self, _: &Caller, room: &RoomId, user: &UserId) -> Result<(), AddMemberError> {
        self.note(format!("{user} into {room}"));
        Ok(())
    }

    async fn remove_member(&self, _: &Caller, room: &RoomId, user: &UserId) -> Result<(), RemoveMemberError> {
        self.note(format!("{user} out of {room}"));
        Ok(())
    }

    async fn list_subscriptions(&self, _: &Caller, _: &Page) -> Result<SubscriptionPage, ListError> {
        Ok(SubscriptionPage { subscriptions: Vec::new(), more: false })
    }

    async fn end_subscription(&self, _: &Caller, subscription: Uuid) -> Result<(), EndSubscriptionError> {
        self.note(format!("ended {subscription}"));
        Ok(())
    }
}

#[async_trait]
impl PresenceLists for Last {
    async fn authenticate(&self, credentials: &Credentials) -> Result<Identity, AuthenticateError> {
        caller(credentials)
    }

    async fn get_presence_list(&self, _: &Caller, _: &UserId) -> Result<PresenceList, GetListError> {
        let entry = ListEntry { user_id: self.0.lock().clone(), standing: Standing::Accepted.into() };
        Ok(PresenceList { observed: Vec::new(), observers: vec![entry] })
    }

    async fn accept_observer(
        &self,
        _: &Caller,
        user: &UserId,
        observer: &UserId,
    ) -> Result<ListEntry, ObserverError> {
        self.note(format!("{user} lets {observer}"));
        Ok(ListEntry { user_id: observer.as_str().to_owned(), standing: Standing::Accepted.into() })
    }

    async fn deny_observer(&self, _: &Caller, user: &UserId, observer: &UserId) -> Result<(), ObserverError> {
        self.note(format!("{user} lets not {observer}"));
        Ok(())
    }
}

#[async_trait]
impl Server for Last {
    async fn authenticate(&self, credentials: &Credentials) -> Result<Identity, AuthenticateError> {
        caller(credentials)
    }

    async fn export_data(&self, _: &Caller) -> Result<Lines, ExportError> {
        let lines = ["{\"kind\":\"presenced\",\"format\":2}\n", "{\"kind\":\"end\",\"lines\":1}\n"];
        Ok(Box::pin(futures_util::stream::iter(lines.map(|line| Ok(line.into())))))
    }

    async fn get_readiness(&self) -> Result<Health, ReadinessError> {
        Ok(Health::ok())
    }
}

const LIMITS: Limits = Limits { body_bytes: 1_000, body_time: std::time::Duration::from_secs(30) };

async fn call(site: &Site, token: &str, method: Method, path: &str, body: Option<Value>) -> Answer {
    let call = site.call(method, format!("/presenced/v1{path}")).token(token);
    match body {
        Some(body) => call.json(&body).send().await,
        None => call.send().await,
    }
}

#[tokio::test]
async fn every_operation_of_the_directory_comes_to_the_backend() {
    let routes = directory::routes(Arc::new(Last::default()), LIMITS);
    let site = Site::serve(routes, directory::document(), &api::presenced::DIALECT).await;
    let done =
        async |token: &str, method, path: &str, body| call(&site, token, method, path, body).await.line();
    let (alice, bob) = (format!("/users/{ALICE}"), format!("/users/{BOB}"));
    let named = |name: &str| Some(json!({"displayName": name}));
    let last = || done("admin", Method::GET, &bob, None);
    let member = format!("/rooms/!a:example.com/members/{BOB}");
    let subscription = "/subscriptions/0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77";
    let answers = [
        done("admin", Method::PUT, &alice, named("Alice")).await,
        done("admin", Method::PUT, &bob, named("Bob")).await,
        done("admin", Method::PUT, &bob, Some(json!({"number": 1}))).await,
        done("admin", Method::GET, &format!("/users?after={BOB}&limit=7"), None).await,
        done("admin", Method::DELETE, &alice, None).await,
        last().await,
        done("admin", Method::GET, &format!("{bob}/tokens"), None).await,
        done("admin", Method::POST, &format!("{bob}/tokens"), Some(json!({"deviceId": "PHONE"}))).await,
        done("admin", Method::DELETE, &format!("{bob}/tokens/t1"), None).await,
        last().await,
        done("alice", Method::DELETE, "/users/me/tokens", None).await,
        last().await,
        done("anybody", Method::GET, "/whoami", None).await,
        done("admin", Method::POST, "/admin-token", None).await,
        done("admin", Method::GET, "/app-tokens", None).await,
        done("admin", Method::POST, "/app-tokens", Some(json!({"name": "wallboard"}))).await,
        done("admin", Method::DELETE, "/app-tokens/t2", None).await,
        last().await,
        done("admin", Method::GET, "/rooms", None).await,
        done("backend", Method::GET, "/rooms/!a:example.com/members", None).await,
        done("backend", Method::PUT, "/rooms/!a:example.com/members", Some(json!({"members": [BOB]}))).await,
        done("backend", Method::PUT, &member, None).await,
        last().await,
        done("backend", Method::DELETE, &member, None).await,
        last().await,
        done("admin", Method::GET, "/subscriptions", None).await,
        done("admin", Method::DELETE, subscription, None).await,
        last().await,
    ];
    snapshots().bind(|| insta::assert_snapshot!("stub-directory", answers.join("\n")));
}

#[tokio::test]
async fn what_is_refused_before_the_directory_is_asked() {
    let routes = directory::routes(Arc::new(Last::default()), LIMITS);
    let site = Site::serve(routes, directory::document(), &api::presenced::DIALECT).await;
    let done =
        async |token: &str, method, path: &str, body| call(&site, token, method, path, body).await.line();
    let answers = [
        done("nobody", Method::GET, "/users", None).await,
        done("alice", Method::GET, "/users", None).await,
        done("backend", Method::GET, "/rooms", None).await,
        done("alice", Method::GET, "/rooms/!a:example.com/members", None).await,
        done("alice", Method::DELETE, &format!("/users/{BOB}/tokens"), None).await,
        done("admin", Method::GET, "/users/bob", None).await,
        done("admin", Method::GET, "/users?limit=0", None).await,
        done("admin", Method::PUT, &format!("/users/{BOB}"), Some(json!({"name": "Bob"}))).await,
        done("admin", Method::DELETE, "/subscriptions/one", None).await,
        done("admin", Method::GET, "/whoami?verbose=true", None).await,
    ];
    snapshots().bind(|| insta::assert_snapshot!("stub-directory-refused", answers.join("\n")));
}

#[tokio::test]
async fn presence_lists_and_the_server_itself() {
    let routes = presence_lists::routes(Arc::new(Last::default()), LIMITS);
    let lists = Site::serve(routes, presence_lists::document(), &api::presenced::DIALECT).await;
    let routes = server::routes(Arc::new(Last::default()), LIMITS);
    let site = Site::serve(routes, server::document(), &api::presenced::DIALECT).await;
    let observer = format!("/users/me/observers/{BOB}");
    let done = async |token: &str, method, path: &str| call(&lists, token, method, path, None).await.line();
    let answers = [
        done("alice", Method::PUT, &observer).await,
        done("admin", Method::GET, &format!("/users/{ALICE}/presence-list")).await,
        done("alice", Method::DELETE, &observer).await,
        done("alice", Method::GET, "/users/me/presence-list").await,
        done("alice", Method::GET, &format!("/users/{BOB}/presence-list")).await,
        call(&site, "admin", Method::GET, "/export", None).await.line(),
        call(&site, "backend", Method::GET, "/export", None).await.line(),
        site.call(Method::GET, "/readyz").send().await.line(),
        site.call(Method::GET, "/healthz").send().await.line(),
    ];
    snapshots().bind(|| insta::assert_snapshot!("stub-lists-and-server", answers.join("\n")));
}

#[tokio::test]
async fn several_traits_over_one_backend() {
    let last = Arc::new(Last::default());
    let parts = [
        directory::part(last.clone(), LIMITS),
        presence_lists::part(last.clone(), LIMITS),
        server::part(last, LIMITS),
    ];
    let (routes, document) = together(parts, LIMITS);
    let site = Site::serve(routes, document, &api::presenced::DIALECT).await;
    let done = async |method, path: &str| call(&site, "admin", method, path, None).await.status;
    assert_eq!(done(Method::DELETE, &format!("/users/{BOB}")).await, 204);
    assert_eq!(done(Method::GET, &format!("/users/{BOB}/presence-list")).await, 200);
    assert_eq!(done(Method::GET, "/export").await, 200);
    assert_eq!(done(Method::GET, &format!("/users/{BOB}/presence")).await, 404);
    assert_eq!(done(Method::POST, "/export").await, 405);
}
