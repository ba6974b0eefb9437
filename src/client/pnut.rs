//! Presence in the pnut.io dialect, under `/v1`.

use std::{fmt::Display, time::SystemTime};

use reqwest::Method;

use super::{
    Client, Result,
    dialect::PNUT,
    transport::{Call, segment},
};
use crate::api::pnut::types::{PresenceAnswer, PresenceList, PresenceUpdate};

/// Presence in the pnut.io dialect: [`Client::pnut`]. Users are named by `me`, by their number, or by an `@` and their name.
#[derive(Debug)]
pub struct Pnut<'a> {
    client: &'a Client,
    /// What each call says of the token's user besides.
    update: Vec<(&'static str, String)>,
}

impl<'a> Pnut<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client, update: Vec::new() }
    }

    /// Says with each call that this is the presence of the token's user, as [`PresenceUpdate::presence`] says it;
    /// [`Meta::updated_presence`](crate::api::pnut::types::Meta::updated_presence) tells what became of it.
    pub fn update_presence(mut self, text: impl Into<String>) -> Self {
        self.update.push(("update_presence", text.into()));
        self
    }

    /// When that is to end.
    pub fn update_presence_expiration(mut self, at: SystemTime) -> Self {
        self.update.push(("update_presence_expiration", seconds(at).to_string()));
        self
    }

    /// All users who are present.
    pub async fn all(&self) -> Result<PresenceList> {
        self.call(Method::GET, "presence").answer().await
    }

    /// A user's presence.
    pub async fn presence(&self, user: impl Display) -> Result<PresenceAnswer> {
        self.call(Method::GET, &format!("users/{}/presence", segment(&user.to_string()))).answer().await
    }

    /// Sets the presence of the token's user, by a text or what else [`PresenceUpdate::presence`] may be.
    pub async fn set_presence(&self, user: impl Display, update: &PresenceUpdate) -> Result<PresenceAnswer> {
        let path = format!("users/{}/presence", segment(&user.to_string()));
        self.call(Method::PUT, &path).json(update).answer().await
    }

    fn call(&self, method: Method, path: &str) -> Call {
        self.client.call(&PNUT, method, path).query(&self.update)
    }
}

/// A text, or `offline`.
impl From<&str> for PresenceUpdate {
    fn from(text: &str) -> Self {
        Self { presence: Some(text.to_owned()), expiration: None }
    }
}

impl PresenceUpdate {
    /// When it is to end.
    pub fn until(self, at: SystemTime) -> Self {
        Self { expiration: Some(seconds(at)), ..self }
    }
}

/// A moment in seconds since the Unix epoch.
fn seconds(at: SystemTime) -> i64 {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
