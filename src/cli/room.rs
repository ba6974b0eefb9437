use clap::Subcommand;
use serde_json::json;

use super::admin::{Action, Report};
use crate::{
    api::presenced::types::{Members, RoomPage, RoomSummary},
    client::{AdminClient, ClientError},
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
    async fn call(self, client: &AdminClient) -> Result<Report, ClientError> {
        match self {
            Self::Set { room, members } => {
                Ok(members_of(&client.put_members(&room, &Members { members }).await?))
            }
            Self::Add { room, member } => {
                client.add_member(&room, &member).await?;
                let sentence = format!("{member} is in {room}.");
                Ok(Report::sentence(&json!({ "room": room, "added": member }), sentence))
            }
            Self::Remove { room, member } => {
                client.remove_member(&room, &member).await?;
                let sentence = format!("{member} is not in {room}.");
                Ok(Report::sentence(&json!({ "room": room, "removed": member }), sentence))
            }
            Self::Show { room } => Ok(members_of(&client.members(&room).await?)),
            Self::List => {
                let rooms = all(client).await?;
                let rows = rooms.iter().map(|room| [room.room_id.clone(), room.member_count.to_string()]);
                Ok(Report::table(&rooms, ["ROOM", "MEMBERS"], rows))
            }
        }
    }
}

fn members_of(members: &Members) -> Report {
    Report::table(members, ["MEMBER"], members.members.iter().map(|member| [member.clone()]))
}

async fn all(client: &AdminClient) -> Result<Vec<RoomSummary>, ClientError> {
    let mut rooms: Vec<RoomSummary> = Vec::new();
    loop {
        let RoomPage { rooms: page, more } =
            client.rooms(rooms.last().map(|room| room.room_id.as_str())).await?;
        rooms.extend(page);
        if !more {
            return Ok(rooms);
        }
    }
}
