//! Wire types: filters.

use serde::Serialize;
use utoipa::ToSchema;

/// A filter. Further properties are allowed, and have no meaning here.
#[derive(ToSchema)]
#[schema(example = json!({"presence": {"not_senders": ["@bob:example.com"]}}))]
pub struct Filter {
    #[schema(value_type = Option<EventFilter>, nullable = false)]
    pub presence: Option<EventFilter>,
}

/// Which presence events pass. Further properties are allowed, and have no meaning here.
#[derive(ToSchema)]
#[schema(example = json!({"not_senders": ["@bob:example.com"]}))]
pub struct EventFilter {
    /// The types that pass; `*` stands for any sequence of characters.
    #[schema(value_type = Option<Vec<String>>, example = json!(["m.presence"]), nullable = false)]
    pub types: Option<Vec<String>>,
    /// The types that do not pass.
    #[schema(value_type = Option<Vec<String>>, example = json!(["m.presence"]), nullable = false)]
    pub not_types: Option<Vec<String>>,
    /// The users whose events pass.
    #[schema(value_type = Option<Vec<String>>, example = json!(["@alice:example.com"]), nullable = false)]
    pub senders: Option<Vec<String>>,
    /// The users whose events do not pass.
    #[schema(value_type = Option<Vec<String>>, example = json!(["@bob:example.com"]), nullable = false)]
    pub not_senders: Option<Vec<String>>,
    /// It limits nothing: presence has one value for each user.
    #[schema(value_type = Option<f64>, example = 10, nullable = false)]
    pub limit: Option<f64>,
}

#[derive(Serialize, ToSchema)]
pub struct FilterId {
    /// The id to name the filter by. It never starts with `{`.
    #[schema(example = "e30", max_length = 128)]
    pub filter_id: String,
}
