//! A typed client of presenced's own API, on the server's own wire types.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;

use crate::api::presenced::types::{
    AppTokenList, AppTokenRequest, IssuedAppToken, IssuedToken, ListEntry, Members, PresenceList, Problem,
    RoomPage, SubscriptionPage, TokenList, TokenRequest, User, UserPage, UserProfile,
};

/// Calls a server's directory operations with an admin token, which goes to that server and to no proxy.
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
