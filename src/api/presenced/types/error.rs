//! Wire types: refusals.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What went wrong, as problem details (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// The kind of problem; programs decide by it.
    #[serde(rename = "type")]
    #[schema(example = "urn:presenced:problem:not-found")]
    pub kind: String,
    /// The HTTP status as text.
    #[schema(example = "Not Found")]
    pub title: String,
    /// The HTTP status.
    #[schema(example = 404)]
    pub status: u16,
    /// What went wrong this time, for people.
    #[schema(example = "there is no user @dave:example.com")]
    pub detail: String,
}
