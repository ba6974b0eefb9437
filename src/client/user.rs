//! What is about one user.

use std::fmt::Display;

use serde::Deserialize;

use super::{Client, Result, transport::segment};
use crate::api::{
    Open,
    presenced::types::{
        CallReport, IssuedToken, ListEntry, OverrideName, PresenceList, PresenceUpdate, Token, TokenList,
        TokenRequest, User, UserPresence, UserProfile, UserRooms, UserSettings,
    },
};

/// What is about one user: [`Client::user`], [`Client::me`].
#[derive(Debug)]
pub struct UserCalls<'a> {
    client: &'a Client,
    /// Where the user is.
    path: String,
}

/// What a user set for themselves besides state and status.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Settings {
    #[serde(rename = "override")]
    pub overridden: Open<OverrideName>,
    /// Whether others are told that there is no presence to see at all.
    pub hidden: bool,
}

impl<'a> UserCalls<'a> {
    pub(super) fn new(client: &'a Client, id: &dyn Display) -> Self {
        Self { client, path: format!("users/{}", segment(&id.to_string())) }
    }

    fn at(&self, below: &str) -> String {
        format!("{}/{below}", self.path)
    }

    fn named(&self, below: &str, name: &dyn Display) -> String {
        format!("{}/{below}/{}", self.path, segment(&name.to_string()))
    }
}

/// Presence.
impl UserCalls<'_> {
    /// The user's presence, as the caller may see it.
    pub async fn presence(&self) -> Result<UserPresence> {
        self.client.get(self.at("presence")).answer().await
    }

    /// Says what a device does, what the user's status is, or both; the presence that comes of it.
    pub async fn set_presence(&self, update: impl Into<PresenceUpdate>) -> Result<UserPresence> {
        self.client.put(self.at("presence")).json(&update.into()).answer().await
    }

    /// Ends what a device says: that one, or the token's own. The status stays.
    pub async fn end_presence(&self, device: Option<&str>) -> Result<()> {
        let device = device.map(|device| [("deviceId", device)]);
        self.client.delete(self.at("presence")).query(&device).done().await
    }

    /// What the user set for themselves.
    pub async fn settings(&self) -> Result<Settings> {
        self.client.get(self.at("settings")).answer().await
    }

    /// Sets it.
    pub async fn put_settings(&self, settings: &UserSettings) -> Result<Settings> {
        self.client.put(self.at("settings")).json(settings).answer().await
    }

    /// Reports a leg of a call, for gateways.
    pub async fn put_call(&self, call: impl Display, report: &CallReport) -> Result<()> {
        self.client.put(self.named("calls", &call)).json(report).done().await
    }

    /// Reports that a leg has ended.
    pub async fn end_call(&self, call: impl Display) -> Result<()> {
        self.client.delete(self.named("calls", &call)).done().await
    }
}

/// Presence lists.
impl UserCalls<'_> {
    /// Whom the user invited to be seen by them, and who invited the user.
    pub async fn presence_list(&self) -> Result<PresenceList> {
        self.client.get(self.at("presence-list")).answer().await
    }

    /// Lets an observer who invited the user see them.
    pub async fn accept_observer(&self, observer: impl Display) -> Result<ListEntry> {
        self.client.put(self.named("observers", &observer)).answer().await
    }

    /// Turns an observer down, before or after having accepted them.
    pub async fn deny_observer(&self, observer: impl Display) -> Result<()> {
        self.client.delete(self.named("observers", &observer)).done().await
    }
}

/// The directory.
impl UserCalls<'_> {
    /// What is known of the user.
    pub async fn get(&self) -> Result<User> {
        self.client.get(&self.path).answer().await
    }

    /// Adds the user, or replaces what is known of them.
    pub async fn put(&self, profile: &UserProfile) -> Result<User> {
        self.client.put(&self.path).json(profile).answer().await
    }

    /// Removes the user, with their tokens, memberships and presence.
    pub async fn delete(&self) -> Result<()> {
        self.client.delete(&self.path).done().await
    }

    /// The rooms that the user is in, by their ids.
    pub async fn rooms(&self) -> Result<Vec<String>> {
        let told: UserRooms = self.client.get(self.at("rooms")).answer().await?;
        Ok(told.rooms)
    }

    /// The user's tokens.
    pub async fn tokens(&self) -> Result<Vec<Token>> {
        let told: TokenList = self.client.get(self.at("tokens")).answer().await?;
        Ok(told.tokens)
    }

    /// Makes a token for one of the user's devices.
    pub async fn create_token(&self, request: &TokenRequest) -> Result<IssuedToken> {
        self.client.post(self.at("tokens")).json(request).answer().await
    }

    /// Revokes a token.
    pub async fn revoke_token(&self, token_id: impl Display) -> Result<()> {
        self.client.delete(self.named("tokens", &token_id)).done().await
    }

    /// Ends all sessions: the user is signed out everywhere.
    pub async fn end_sessions(&self) -> Result<()> {
        self.client.delete(self.at("tokens")).done().await
    }
}
