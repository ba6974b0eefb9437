//! Filters, as far as presence goes: inline in `/sync`, or made beforehand and named by an id.
//! Source: <https://spec.matrix.org/v1.10/client-server-api/#filtering>

use axum::{
    Json,
    body::Body,
    extract::{RawPathParams, State, rejection::RawPathParamsRejection},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, value::RawValue};
use sha2::{Digest as _, Sha256};

use super::{
    error::{BadRequest, MatrixRefusal},
    extract::{Asker, Target, read_body},
    types::{Filter, FilterId},
};
use crate::{api::refusal::refusals, app::App, auth::AuthError, directory::DirectoryError, id::UserId};

const OWN_ALONE: &str = "You can only have filters of your own";
const NO_FILTER: &str = "There is no filter with this id";

refusals! {
    /// Why a filter was not stored.
    pub(super) enum DefineFilterError: MatrixRefusal, from AuthError, DirectoryError {
        /// The filter is not valid.
        BadRequest => MatrixRefusal::bad_json("The filter's `presence` is not an object"),
        Unauthorized,
        /// Filters of other users cannot be stored.
        Forbidden => MatrixRefusal::forbidden(OWN_ALONE),
        /// The request body is too large.
        TooLarge,
        Unavailable,
    }
}

refusals! {
    /// Why a filter is not told.
    pub(super) enum GetFilterError: MatrixRefusal, from AuthError {
        /// The user id is not one.
        BadRequest => MatrixRefusal::invalid_param("A user id starts with `@`"),
        Unauthorized,
        /// Filters of other users cannot be read.
        Forbidden => MatrixRefusal::forbidden(OWN_ALONE),
        /// There is no filter with this id.
        NotFound => MatrixRefusal::not_found(NO_FILTER),
        TooLarge,
        Unavailable,
    }
}

/// The type of the events that a filter may let through.
const PRESENCE: &str = "m.presence";

/// The longest id. A filter that fits into one is in it, so that nothing has to be kept for it.
const LONGEST_ID: usize = 128;

/// What a filter says of presence. `None` lets everything through.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct PresenceFilter {
    types: Option<Vec<String>>,
    not_types: Vec<String>,
    senders: Option<Vec<String>>,
    not_senders: Vec<String>,
}

impl PresenceFilter {
    /// The filter of a user's `/sync`: JSON, or the id of a stored one.
    pub(super) fn from_parameter(parameter: &str, app: &App, user: &UserId) -> Result<Self, BadRequest> {
        if parameter.starts_with('{') {
            let filter = serde_json::from_str(parameter)
                .map_err(|error| MatrixRefusal::not_json(format!("The filter is not JSON: {error}")))?;
            return Self::from_json(&filter);
        }
        let filter = stored(app, user, parameter).ok_or_else(|| MatrixRefusal::invalid_param(NO_FILTER))?;
        Self::from_json(&Value::Object(filter))
    }

    fn from_json(filter: &Value) -> Result<Self, BadRequest> {
        let filter =
            filter.as_object().ok_or_else(|| MatrixRefusal::bad_json("The filter is not an object"))?;
        let Some(presence) = filter.get("presence") else { return Ok(Self::default()) };
        let presence = presence
            .as_object()
            .ok_or_else(|| MatrixRefusal::bad_json("The filter's `presence` is not an object"))?;
        // Presence has one value for each user, so there is nothing to limit; clients send 0 and -1 for "none".
        if presence.get("limit").is_some_and(|limit| !limit.is_number()) {
            return Err(MatrixRefusal::bad_json("The filter's `limit` is not a number"));
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

fn strings(filter: &Map<String, Value>, key: &str) -> Result<Option<Vec<String>>, BadRequest> {
    let not_strings = || MatrixRefusal::bad_json(format!("The filter's `{key}` is not a list of strings"));
    let Some(value) = filter.get(key) else { return Ok(None) };
    let items = value.as_array().ok_or_else(not_strings)?;
    let texts = items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(not_strings));
    texts.collect::<Result<_, _>>().map(Some)
}

/// A filter of a user's by its id: one that was stored, or the one that the id holds itself.
fn stored(app: &App, user: &UserId, id: &str) -> Option<Map<String, Value>> {
    match app.directory.filter(user, id) {
        Some(filter) => serde_json::from_str(filter.get()).ok(),
        None => serde_json::from_slice(&URL_SAFE_NO_PAD.decode(id).ok()?).ok(),
    }
}

/// Stores a filter, and returns its id: the same for the same filter.
async fn store(app: &App, user: &UserId, filter: String) -> Result<String, DirectoryError> {
    let holding = URL_SAFE_NO_PAD.encode(&filter);
    if holding.len() <= LONGEST_ID {
        return Ok(holding);
    }
    let id = URL_SAFE_NO_PAD.encode(Sha256::digest(&filter));
    let filter = RawValue::from_string(filter).expect("it was written as JSON").into();
    let (most, now) = (app.config.limits.filters_per_user, app.service.now());
    app.directory.put_filter(user, &id, filter, most, now).await?;
    Ok(id)
}

/// Store a filter.
///
/// The id is the same for the same filter. A short filter is in its id; of others a user may have
/// `limits.filters_per_user`, and those that were stored longest ago make room.
#[utoipa::path(
    post,
    path = "/user/{userId}/filter",
    operation_id = "defineFilter",
    params(("userId" = String, Path, description = "The caller.", example = "@alice:example.com")),
    request_body(content = Filter, description = "The filter. Only `presence` has a meaning here."),
    security(("accessTokenBearer" = []), ("accessToken" = [])),
    tag = "Following",
    responses(
        (status = 200, description = "The filter was stored.", body = FilterId,
            examples(("ok" = (value = json!({"filter_id": "e30"}))))),
        DefineFilterError,
    ),
)]
pub(super) async fn define_filter(
    State(app): State<App>,
    asker: Asker,
    target: Target,
    body: Body,
) -> Result<Json<FilterId>, DefineFilterError> {
    let caller = asker.anyone()?;
    if target.user()?.as_ref() != Some(&caller.user) {
        return Err(MatrixRefusal::forbidden(OWN_ALONE).into());
    }
    let body = read_body::<DefineFilterError>(&app, body).await?;
    let filter: Value = serde_json::from_slice(&body)
        .map_err(|error| MatrixRefusal::not_json(format!("The body is not JSON: {error}")))?;
    PresenceFilter::from_json(&filter)?;
    Ok(Json(FilterId { filter_id: store(&app, &caller.user, filter.to_string()).await? }))
}

/// Get a stored filter.
///
/// Filters are known to the user alone who made them.
#[utoipa::path(
    get,
    path = "/user/{userId}/filter/{filterId}",
    operation_id = "getFilter",
    params(
        ("userId" = String, Path, description = "The caller.", example = "@alice:example.com"),
        ("filterId" = String, Path, description = "The filter's id.", example = "e30"),
    ),
    security(("accessTokenBearer" = []), ("accessToken" = [])),
    tag = "Following",
    responses(
        (status = 200, description = "The filter, as it was stored.", body = BTreeMap<String, Value>,
            examples(("ok" = (value = json!({}))))),
        GetFilterError,
    ),
)]
pub(super) async fn get_filter(
    State(app): State<App>,
    asker: Asker,
    target: Target,
    params: Result<RawPathParams, RawPathParamsRejection>,
) -> Result<Json<Map<String, Value>>, GetFilterError> {
    let caller = asker.anyone()?;
    if target.user()?.as_ref() != Some(&caller.user) {
        return Err(MatrixRefusal::forbidden(OWN_ALONE).into());
    }
    let params = params.iter().flat_map(RawPathParams::iter);
    let id = params.into_iter().find(|(name, _)| *name == "filterId").map_or("", |(_, value)| value);
    let filter = stored(&app, &caller.user, id);
    Ok(Json(filter.ok_or_else(|| MatrixRefusal::not_found(NO_FILTER))?))
}
