use clap::Subcommand;
use serde_json::json;

use super::admin::{Action, Report};
use crate::{
    api::presenced::types::Members,
    client::{Client, Error},
};

#[derive(Debug, Subcommand)]
pub(super) enum Room {
    /// Set the members of a room; without any the room ends.
    Set { room: String, members: Vec<String> },
    /// Let a user into a room, which comes into being with its first member.
    Add { room: String, member: String },
    /// Take a user out of a room, which ends with its last member.
    Remove { room: String, member: String },
    /// Show the members of a room.
    Show { room: String },
    /// List the rooms.
    List,
}

impl Action for Room {
    async fn call(self, client: &Client) -> Result<Report, Error> {
        match self {
            Self::Set { room, members } => Ok(members_of(client.room(&room).put_members(members).await?)),
            Self::Add { room, member } => {
                client.room(&room).add_member(&member).await?;
                let sentence = format!("{member} is in {room}.");
                Ok(Report::sentence(&json!({ "room": room, "added": member }), sentence))
            }
            Self::Remove { room, member } => {
                client.room(&room).remove_member(&member).await?;
                let sentence = format!("{member} is not in {room}.");
                Ok(Report::sentence(&json!({ "room": room, "removed": member }), sentence))
            }
            Self::Show { room } => Ok(members_of(client.room(&room).members().await?)),
            Self::List => {
                let rooms = client.rooms().all().await?;
                let rows = rooms.iter().map(|room| [room.room_id.clone(), room.member_count.to_string()]);
                Ok(Report::table(&rooms, ["ROOM", "MEMBERS"], rows))
            }
        }
    }
}

fn members_of(members: Vec<String>) -> Report {
    let members = Members { members };
    Report::table(&members, ["MEMBER"], members.members.iter().map(|member| [member.clone()]))
}
