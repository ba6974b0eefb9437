//! What is about one room.

use std::fmt::Display;

use serde::Deserialize;

use super::{Client, List, Result, transport::segment};
use crate::api::presenced::types::{Members, RoomPresence};

/// What is about one room: [`Client::room`].
#[derive(Debug)]
pub struct RoomCalls<'a> {
    client: &'a Client,
    /// Where the room is.
    path: String,
}

/// Members as they are answered, with whatever a newer server says besides.
#[derive(Deserialize)]
struct Told {
    members: Vec<String>,
}

impl<'a> RoomCalls<'a> {
    pub(super) fn new(client: &'a Client, id: &dyn Display) -> Self {
        Self { client, path: format!("rooms/{}", segment(&id.to_string())) }
    }

    fn member(&self, user: &dyn Display) -> String {
        format!("{}/members/{}", self.path, segment(&user.to_string()))
    }

    /// The members as they are present, and how many are in which state.
    pub fn presence(&self) -> List<'a, RoomPresence> {
        List::new(self.client, format!("{}/presence", self.path))
    }

    /// The ids of the members.
    pub async fn members(&self) -> Result<Vec<String>> {
        let told: Told = self.client.get(format!("{}/members", self.path)).answer().await?;
        Ok(told.members)
    }

    /// Sets the members; without any the room ends.
    pub async fn put_members(
        &self,
        members: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Vec<String>> {
        let members = Members { members: members.into_iter().map(Into::into).collect() };
        let told: Told = self.client.put(format!("{}/members", self.path)).json(&members).answer().await?;
        Ok(told.members)
    }

    /// Lets a user in. A room comes into being with its first member.
    pub async fn add_member(&self, user: impl Display) -> Result<()> {
        self.client.put(self.member(&user)).done().await
    }

    /// Takes a user out. A room ends with its last member.
    pub async fn remove_member(&self, user: impl Display) -> Result<()> {
        self.client.delete(self.member(&user)).done().await
    }
}
