//! Wire types: presence lists.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::Open;

/// How far an entry of a presence list has come: `pending` until the invited user accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schema(example = "pending")]
pub enum Standing {
    Pending,
    Accepted,
}

/// The other user of an entry, and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListEntry {
    #[schema(example = "@carol:example.com")]
    pub user_id: String,
    #[schema(value_type = Standing)]
    pub standing: Open<Standing>,
}

/// What presence lists say of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, schemars::JsonSchema)]
pub struct PresenceList {
    /// Whom the user invited to be seen by them, in the order of their ids.
    pub observed: Vec<ListEntry>,
    /// Who invited the user, in the order of their ids. Who is accepted sees the user.
    pub observers: Vec<ListEntry>,
}
