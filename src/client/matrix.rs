//! Presence in the Matrix dialect.

use std::fmt::Display;

use reqwest::Method;

use super::{
    Client, Result,
    dialect::MATRIX,
    transport::{Call, segment},
};
use crate::api::matrix::types::{
    ListedEvent, PresenceListUpdate, PresenceState, PresenceStatus, PresenceUpdate, Whoami,
};

/// Presence in the Matrix dialect: [`Client::matrix`].
#[derive(Debug)]
pub struct Matrix<'a> {
    client: &'a Client,
}

impl<'a> Matrix<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// Whose token it is.
    pub async fn whoami(&self) -> Result<Whoami> {
        self.client.call(&MATRIX, Method::GET, "account/whoami").answer().await
    }

    /// A user's presence.
    pub async fn presence(&self, user: impl Display) -> Result<PresenceStatus> {
        self.status(Method::GET, &user).answer().await
    }

    /// Sets the presence of the token's user. What is said replaces what was: without a message there is none.
    pub async fn set_presence(&self, user: impl Display, update: impl Into<PresenceUpdate>) -> Result<()> {
        self.status(Method::PUT, &user).json(&update.into()).done().await
    }

    /// The presence of those on a presence list of the token's user.
    pub async fn presence_list(&self, user: impl Display) -> Result<Vec<ListedEvent>> {
        self.list(Method::GET, &user).answer().await
    }

    /// Asks users to be on the list, and takes others off it.
    pub async fn update_presence_list(&self, user: impl Display, update: &PresenceListUpdate) -> Result<()> {
        self.list(Method::POST, &user).json(update).done().await
    }

    fn status(&self, method: Method, user: &dyn Display) -> Call {
        let path = format!("presence/{}/status", segment(&user.to_string()));
        self.client.call(&MATRIX, method, &path)
    }

    fn list(&self, method: Method, user: &dyn Display) -> Call {
        let path = format!("presence/list/{}", segment(&user.to_string()));
        self.client.call(&MATRIX, method, &path)
    }
}

/// A state, and no message.
impl From<PresenceState> for PresenceUpdate {
    fn from(presence: PresenceState) -> Self {
        Self { presence, status_msg: None }
    }
}

impl PresenceUpdate {
    /// The status message.
    pub fn message(self, text: impl Into<String>) -> Self {
        Self { status_msg: Some(text.into()), ..self }
    }
}
