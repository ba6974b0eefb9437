//! A typed client of presenced's own API, on the server's own wire types.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;

use crate::api::presenced::types::{
    Activity, AdminToken, AppTokenList, AppTokenRequest, IssuedAppToken, IssuedToken, ListEntry, Members,
    PresenceList, PresenceQuery, PresenceQueryResult, PresenceState, PresenceUpdate, PresenceUpdateResults,
    PresenceUpdates, Problem, RoomPage, RoomPresence, SubscriptionPage, TokenList, TokenRequest, User,
    UserPage, UserPresence, UserProfile, UserRooms, Whoami,
};

/// Calls a server's operations with an admin token or a service token, which goes to that server and to no proxy.
#[derive(Debug)]
pub struct AdminClient {
    http: reqwest::Client,
    url: String,
    token: String,
}

/// Calls a server's operations for a user, with a token of theirs, which goes to that server and to no
/// proxy.
#[derive(Debug)]
pub struct UserClient {
    calls: AdminClient,
    user: String,
}

/// Why a call gave no answer to use.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server refused, and said why.
    #[error("{}", .0.detail)]
    Refused(Box<Problem>),
    /// There was no answer, or none that this client understands.
    #[error("{0}")]
    Unanswered(String),
}

type Result<T> = std::result::Result<T, ClientError>;

impl AdminClient {
    /// A client of the server at `url`, such as `http://127.0.0.1:8008`.
    pub fn new(url: &str, token: &str) -> Self {
        Self {
            http: reqwest::Client::builder().no_proxy().build().expect("a client without TLS can be built"),
            url: url.trim_end_matches('/').to_owned(),
            token: token.to_owned(),
        }
    }

    /// Whether the server takes all requests; the error says why not.
    pub async fn ready(&self) -> Result<()> {
        self.send(self.http.get(format!("{}/readyz", self.url))).await.map(drop)
    }

    /// Adds a user or replaces what is known of one.
    pub async fn put_user(&self, user: &str, profile: &UserProfile) -> Result<User> {
        self.json(self.call(Method::PUT, &["users", user]).json(profile)).await
    }

    /// What is known of a user.
    pub async fn user(&self, user: &str) -> Result<User> {
        self.json(self.call(Method::GET, &["users", user])).await
    }

    /// A page of users, from the one after `after` on.
    pub async fn users(&self, after: Option<&str>) -> Result<UserPage> {
        self.json(self.page(&["users"], after)).await
    }

    /// Removes a user.
    pub async fn delete_user(&self, user: &str) -> Result<()> {
        self.send(self.call(Method::DELETE, &["users", user])).await.map(drop)
    }

    /// Makes a token.
    pub async fn create_token(&self, user: &str, request: &TokenRequest) -> Result<IssuedToken> {
        self.json(self.call(Method::POST, &["users", user, "tokens"]).json(request)).await
    }

    /// A user's tokens.
    pub async fn tokens(&self, user: &str) -> Result<TokenList> {
        self.json(self.call(Method::GET, &["users", user, "tokens"])).await
    }

    /// Ends all sessions of a user.
    pub async fn end_sessions(&self, user: &str) -> Result<()> {
        self.send(self.call(Method::DELETE, &["users", user, "tokens"])).await.map(drop)
    }

    /// Whose token the client has.
    pub async fn whoami(&self) -> Result<Whoami> {
        self.json(self.call(Method::GET, &["whoami"])).await
    }

    /// Puts another admin token in the place of the one that the client has, which opens nothing from then on.
    pub async fn rotate_admin_token(&self) -> Result<AdminToken> {
        self.json(self.call(Method::POST, &["admin-token"])).await
    }

    /// Makes a token for an app.
    pub async fn create_app_token(&self, request: &AppTokenRequest) -> Result<IssuedAppToken> {
        self.json(self.call(Method::POST, &["app-tokens"]).json(request)).await
    }

    /// The tokens of apps.
    pub async fn app_tokens(&self) -> Result<AppTokenList> {
        self.json(self.call(Method::GET, &["app-tokens"])).await
    }

    /// Revokes a token of an app.
    pub async fn revoke_app_token(&self, token_id: &str) -> Result<()> {
        self.send(self.call(Method::DELETE, &["app-tokens", token_id])).await.map(drop)
    }

    /// Revokes a token.
    pub async fn revoke_token(&self, user: &str, token_id: &str) -> Result<()> {
        self.send(self.call(Method::DELETE, &["users", user, "tokens", token_id])).await.map(drop)
    }

    /// A page of subscriptions, after the one with this id.
    pub async fn subscriptions(&self, after: Option<&str>) -> Result<SubscriptionPage> {
        self.json(self.page(&["subscriptions"], after)).await
    }

    /// Ends a subscription.
    pub async fn end_subscription(&self, subscription_id: &str) -> Result<()> {
        self.send(self.call(Method::DELETE, &["subscriptions", subscription_id])).await.map(drop)
    }

    /// Sets the members of a room.
    pub async fn put_members(&self, room: &str, members: &Members) -> Result<Members> {
        self.json(self.call(Method::PUT, &["rooms", room, "members"]).json(members)).await
    }

    /// The members of a room.
    pub async fn members(&self, room: &str) -> Result<Members> {
        self.json(self.call(Method::GET, &["rooms", room, "members"])).await
    }

    /// Lets a user into a room.
    pub async fn add_member(&self, room: &str, user: &str) -> Result<()> {
        self.send(self.call(Method::PUT, &["rooms", room, "members", user])).await.map(drop)
    }

    /// Takes a user out of a room.
    pub async fn remove_member(&self, room: &str, user: &str) -> Result<()> {
        self.send(self.call(Method::DELETE, &["rooms", room, "members", user])).await.map(drop)
    }

    /// The rooms of a user.
    pub async fn user_rooms(&self, user: &str) -> Result<UserRooms> {
        self.json(self.call(Method::GET, &["users", user, "rooms"])).await
    }

    /// A page of a room's members in those states, or in all, from the one after `after` on, and how many are in
    /// which state.
    pub async fn room_presence(
        &self,
        room: &str,
        states: &[PresenceState],
        after: Option<&str>,
    ) -> Result<RoomPresence> {
        let states: Vec<_> = states.iter().map(|state| ("state", state)).collect();
        self.json(self.page(&["rooms", room, "presence"], after).query(&states)).await
    }

    /// A user's presence.
    pub async fn presence(&self, user: &str) -> Result<UserPresence> {
        self.json(self.call(Method::GET, &["users", user, "presence"])).await
    }

    /// The presence of many users.
    pub async fn query_presence(&self, query: &PresenceQuery) -> Result<PresenceQueryResult> {
        self.json(self.call(Method::POST, &["presence", "query"]).json(query)).await
    }

    /// Says something of a user.
    pub async fn put_presence(&self, user: &str, update: &PresenceUpdate) -> Result<UserPresence> {
        self.json(self.call(Method::PUT, &["users", user, "presence"]).json(update)).await
    }

    /// Ends what a device of a user says: that device, or the caller's.
    pub async fn end_presence(&self, user: &str, device: Option<&str>) -> Result<()> {
        let call = self.call(Method::DELETE, &["users", user, "presence"]);
        self.send(call.query(&device.map(|device| [("deviceId", device)]))).await.map(drop)
    }

    /// Says something of many users.
    pub async fn update_presence(&self, updates: &PresenceUpdates) -> Result<PresenceUpdateResults> {
        self.json(self.call(Method::POST, &["presence", "update"]).json(updates)).await
    }

    /// A page of rooms, from the one after `after` on.
    pub async fn rooms(&self, after: Option<&str>) -> Result<RoomPage> {
        self.json(self.page(&["rooms"], after)).await
    }

    /// Everything that the server keeps, as JSON Lines; the last one has the kind `end`.
    pub async fn export(&self) -> Result<Response> {
        self.send(self.call(Method::GET, &["export"])).await
    }

    fn call(&self, method: Method, segments: &[&str]) -> RequestBuilder {
        let path: String = segments.iter().map(|segment| format!("/{}", encode(segment))).collect();
        self.http.request(method, format!("{}/presenced/v1{path}", self.url)).bearer_auth(&self.token)
    }

    fn page(&self, segments: &[&str], after: Option<&str>) -> RequestBuilder {
        let call = self.call(Method::GET, segments);
        match after {
            Some(after) => call.query(&[("after", after), ("limit", "1000")]),
            None => call.query(&[("limit", "1000")]),
        }
    }

    async fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T> {
        self.send(request).await?.json().await.map_err(|error| self.unanswered(&error))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response> {
        let response = request.send().await.map_err(|error| self.unanswered(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        Err(response.json().await.map_or_else(|_| self.not_presenced(status), ClientError::Refused))
    }

    fn not_presenced(&self, status: StatusCode) -> ClientError {
        ClientError::Unanswered(format!("{} answers {status}, not as presenced does", self.url))
    }

    fn unanswered(&self, error: &reqwest::Error) -> ClientError {
        let mut cause: &dyn std::error::Error = error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        ClientError::Unanswered(format!("no answer from {}: {cause}", self.url))
    }
}

impl UserClient {
    /// A client of the server at `url` for `user`, such as `@alice:example.com`.
    pub fn new(url: &str, user: &str, token: &str) -> Self {
        Self { calls: AdminClient::new(url, token), user: user.to_owned() }
    }

    /// The user's presence as they see it themselves.
    pub async fn presence(&self) -> Result<UserPresence> {
        self.calls.presence(&self.user).await
    }

    /// Says something of a device, or of the user's status.
    pub async fn put_presence(&self, update: &PresenceUpdate) -> Result<UserPresence> {
        self.calls.put_presence(&self.user, update).await
    }

    /// Ends what a device says: that one, or that of the token.
    pub async fn end_presence(&self, device: Option<&str>) -> Result<()> {
        self.calls.end_presence(&self.user, device).await
    }

    /// Says that the user is active on a device.
    pub async fn be_active(&self, activity: &Activity) -> Result<()> {
        self.calls.send(self.calls.call(Method::POST, &["activity"]).json(activity)).await.map(drop)
    }

    /// The user's rooms.
    pub async fn rooms(&self) -> Result<UserRooms> {
        self.calls.user_rooms(&self.user).await
    }

    /// A page of the members of a room that the user is in.
    pub async fn room_presence(
        &self,
        room: &str,
        states: &[PresenceState],
        after: Option<&str>,
    ) -> Result<RoomPresence> {
        self.calls.room_presence(room, states, after).await
    }

    /// What presence lists say of the user: whom they invited to be seen, and who invited them.
    pub async fn presence_list(&self) -> Result<PresenceList> {
        let call = self.calls.call(Method::GET, &["users", &self.user, "presence-list"]);
        self.calls.json(call).await
    }

    /// Lets an observer who invited the user see them.
    pub async fn accept_observer(&self, observer: &str) -> Result<ListEntry> {
        let call = self.calls.call(Method::PUT, &["users", &self.user, "observers", observer]);
        self.calls.json(call).await
    }

    /// Turns an observer down, before or after having accepted them.
    pub async fn deny_observer(&self, observer: &str) -> Result<()> {
        let call = self.calls.call(Method::DELETE, &["users", &self.user, "observers", observer]);
        self.calls.send(call).await.map(drop)
    }
}

/// What is encoded in a path segment. The hyphen stands in names of our own, which are matched as they are.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-');

/// One path segment, percent-encoded.
fn encode(segment: &str) -> PercentEncode<'_> {
    percent_encoding::utf8_percent_encode(segment, ENCODED)
}
