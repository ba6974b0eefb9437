//! Filters, as far as presence goes: inline in `/sync`, or made beforehand and named by an id.
//! Source: <https://spec.matrix.org/v1.10/client-server-api/#filtering>

use axum::{
    Json,
    body::Body,
    extract::{RawPathParams, State},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{
    error::{MatrixError, MatrixFailure},
    extract::{Target, Token, read_body},
};
use crate::app::App;

/// The type of the events that a filter may let through.
const PRESENCE: &str = "m.presence";

/// The longest filter that can be stored, in bytes. An id holds its whole filter, so nothing has to be
/// kept for it, and it travels in the query of every `/sync`.
const LONGEST: usize = 4_096;

/// What a filter says of presence. `None` lets everything through.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct PresenceFilter {
    types: Option<Vec<String>>,
    not_types: Vec<String>,
    senders: Option<Vec<String>>,
    not_senders: Vec<String>,
}

impl PresenceFilter {
    /// The filter of a `/sync`: JSON, or the id of a stored one.
    pub(super) fn from_parameter(parameter: &str) -> Result<Self, MatrixFailure> {
        if parameter.starts_with('{') {
            let filter = serde_json::from_str(parameter)
                .map_err(|error| MatrixFailure::not_json(format!("The filter is not JSON: {error}")))?;
            return Self::from_json(&filter);
        }
        let filter = stored(parameter)
            .ok_or_else(|| MatrixFailure::invalid_param("There is no filter with this id"))?;
        Self::from_json(&Value::Object(filter))
    }

    fn from_json(filter: &Value) -> Result<Self, MatrixFailure> {
        let filter =
            filter.as_object().ok_or_else(|| MatrixFailure::bad_json("The filter is not an object"))?;
        let Some(presence) = filter.get("presence") else { return Ok(Self::default()) };
        let presence = presence
            .as_object()
            .ok_or_else(|| MatrixFailure::bad_json("The filter's `presence` is not an object"))?;
        // Presence has one value for each user, so there is nothing to limit; clients send 0 and -1 for "none".
        if presence.get("limit").is_some_and(|limit| !limit.is_number()) {
            return Err(MatrixFailure::bad_json("The filter's `limit` is not a number"));
        }
        Ok(Self {
            types: strings(presence, "types")?,
            not_types: strings(presence, "not_types")?.unwrap_or_default(),
            senders: strings(presence, "senders")?,
            not_senders: strings(presence, "not_senders")?.unwrap_or_default(),
        })
    }

    /// Whether no presence at all can pass.
    pub(super) fn lets_nothing_through(&self) -> bool {
        let wanted = self.types.as_ref().is_none_or(|types| types.iter().any(|kind| is_presence(kind)));
        !wanted
            || self.not_types.iter().any(|kind| is_presence(kind))
            || self.senders.as_ref().is_some_and(Vec::is_empty)
    }

    /// Whether the presence of this user passes. What is refused by name does not, even if it is wanted.
    pub(super) fn lets_through(&self, sender: &str) -> bool {
        !self.lets_nothing_through()
            && self.senders.as_ref().is_none_or(|senders| senders.iter().any(|wanted| wanted == sender))
            && !self.not_senders.iter().any(|refused| refused == sender)
    }
}

/// Whether a filter's type names presence. `*` stands for any sequence of characters.
fn is_presence(kind: &str) -> bool {
    match kind.split_once('*') {
        None => kind == PRESENCE,
        Some((start, rest)) => {
            let last = rest.rsplit('*').next().unwrap_or_default();
            PRESENCE.len() >= start.len() + last.len()
                && PRESENCE.starts_with(start)
                && PRESENCE.ends_with(last)
                && has_in_order(&PRESENCE[start.len()..], rest)
        }
    }
}

/// Whether the parts of a pattern between its stars are in the text, one after the other.
fn has_in_order(mut text: &str, pattern: &str) -> bool {
    pattern.split('*').filter(|part| !part.is_empty()).all(|part| {
        let found = text.find(part);
        text = found.map_or("", |at| &text[at + part.len()..]);
        found.is_some()
    })
}

fn strings(filter: &Map<String, Value>, key: &str) -> Result<Option<Vec<String>>, MatrixFailure> {
    let not_strings = || MatrixFailure::bad_json(format!("The filter's `{key}` is not a list of strings"));
    let Some(value) = filter.get(key) else { return Ok(None) };
    let items = value.as_array().ok_or_else(not_strings)?;
    let texts = items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(not_strings));
    texts.collect::<Result<_, _>>().map(Some)
}

fn stored(id: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(id).ok()?).ok()
}

#[derive(Serialize, ToSchema)]
pub(super) struct FilterId {
    /// The id to name the filter by. It never starts with `{`.
    #[schema(example = "e30")]
    filter_id: String,
}

/// Store a filter.
///
/// The id is the same for the same filter. It holds the filter itself, so it stays valid for ever.
#[utoipa::path(
    post,
    path = "/user/{userId}/filter",
    operation_id = "defineFilter",
    params(("userId" = String, Path, description = "The caller.", example = "@alice:example.com")),
    request_body(content = BTreeMap<String, Value>, description = "The filter. Only `presence` has a meaning here.",
        example = json!({"presence": {"not_senders": ["@bob:example.com"]}})),
    security(("accessToken" = []), ("accessTokenBearer" = [])),
    tag = "Sync",
    responses(
        (status = 200, description = "The filter was stored.", body = FilterId),
        (status = 400, description = "The filter is not valid.", body = MatrixError),
        (status = 401, description = "There is no access token, or it is not valid.", body = MatrixError),
        (status = 403, description = "Filters of other users cannot be stored.", body = MatrixError),
        (status = 413, description = "The filter is too large.", body = MatrixError),
    ),
)]
pub(super) async fn define_filter(
    State(app): State<App>,
    Token(caller): Token,
    Target(target): Target,
    body: Body,
) -> Result<Json<FilterId>, MatrixFailure> {
    if target.as_ref() != Some(&caller.user) {
        return Err(MatrixFailure::forbidden("You can only have filters of your own"));
    }
    let body = read_body(&app, body).await?;
    let filter: Value = serde_json::from_slice(&body)
        .map_err(|error| MatrixFailure::not_json(format!("The body is not JSON: {error}")))?;
    PresenceFilter::from_json(&filter)?;
    let text = filter.to_string();
    if text.len() > LONGEST {
        return Err(MatrixFailure::body_too_large(LONGEST));
    }
    Ok(Json(FilterId { filter_id: URL_SAFE_NO_PAD.encode(text) }))
}

/// Get a stored filter.
#[utoipa::path(
    get,
    path = "/user/{userId}/filter/{filterId}",
    operation_id = "getFilter",
    params(
        ("userId" = String, Path, description = "The caller.", example = "@alice:example.com"),
        ("filterId" = String, Path, description = "The filter's id.", example = "e30"),
    ),
    security(("accessToken" = []), ("accessTokenBearer" = [])),
    tag = "Sync",
    responses(
        (status = 200, description = "The filter, as it was stored.", body = BTreeMap<String, Value>),
        (status = 400, description = "The user id is not one.", body = MatrixError),
        (status = 401, description = "There is no access token, or it is not valid.", body = MatrixError),
        (status = 403, description = "Filters of other users cannot be read.", body = MatrixError),
        (status = 404, description = "There is no filter with this id.", body = MatrixError),
        (status = 413, description = "The request declares a body that is too large.", body = MatrixError),
    ),
)]
pub(super) async fn get_filter(
    Token(caller): Token,
    Target(target): Target,
    params: RawPathParams,
) -> Result<Json<Map<String, Value>>, MatrixFailure> {
    if target.as_ref() != Some(&caller.user) {
        return Err(MatrixFailure::forbidden("You can only have filters of your own"));
    }
    let id = params.iter().find(|(name, _)| *name == "filterId").map_or("", |(_, value)| value);
    stored(id).map(Json).ok_or_else(|| MatrixFailure::not_found("There is no filter with this id"))
}
