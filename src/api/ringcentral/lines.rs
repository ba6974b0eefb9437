//! `/account/{accountId}/extension/{extensionId}/presence/line`: whom an extension monitors.
//! Source: RingCentral's API reference, "Presence".

use std::collections::BTreeSet;

use axum::{Json, body::Body, extract::State, http::HeaderMap};
use serde_json::Value;

use super::{
    error::{BadRequest, CallerError, RestRefusal},
    extract::{PathIds, Uris, read_json_within},
    permission::Permission,
    rate::{Light, Medium},
    stub::{Identity, Known, Presence, Unread, UnreadUpdate},
    types::{MonitoredExtensions, MonitoredExtensionsUpdate},
};
use crate::{
    api::{refusal::refusals, stub::Stub},
    directory::{DirectoryError, MonitoredLine},
};

/// How many extensions somebody may monitor.
const MOST: usize = 100;

/// The longest name of a key, in bytes.
const KEY_BYTES: usize = 64;

refusals! {
    /// Why it is not told whom an extension monitors.
    pub enum ReadLinesError: RestRefusal, from CallerError {
        Unauthorized,
        /// The application or the user may not do this, or the extension is not the caller's.
        Forbidden => RestRefusal::another_extension(),
        NotFound,
        TooLarge,
        TooManyRequests,
        Unavailable,
    }
}

refusals! {
    /// Why it was not set whom an extension monitors. Nothing was changed.
    pub enum UpdateLinesError: RestRefusal, from CallerError, UnreadUpdate, DirectoryError {
        /// The body is not valid, or names an extension that is not there, or one twice. Nothing was changed.
        BadRequest => RestRefusal::invalid("records"),
        Unauthorized,
        /// The application or the user may not do this, or the extension is not the caller's.
        Forbidden => RestRefusal::another_extension(),
        NotFound,
        TooLarge,
        UnsupportedMediaType,
        TooManyRequests,
        Unavailable,
    }
}

/// Read whom one monitors.
///
/// Everybody else of the account, until it was set.
#[utoipa::path(
    get,
    path = "/restapi/v1.0/account/{accountId}/extension/{extensionId}/presence/line",
    operation_id = "readMonitoredExtensions",
    params(
        ("accountId" = String, Path, description = "The account's id; `~` is the caller's.", example = "~"),
        ("extensionId" = String, Path, description = "The caller's own id, or `~`.", example = "~"),
    ),
    security(("bearer" = [])),
    tag = "Presence",
    responses(
        (status = 200, description = "The monitored extensions.", body = MonitoredExtensions, examples(("ok" = (value =
            json!({"uri": "http://127.0.0.1:8008/restapi/v1.0/account/1/extension/1/presence/line", "records": [
                {"id": "1", "extension": {"uri": "http://127.0.0.1:8008/restapi/v1.0/account/1/extension/2",
                    "id": 2, "extensionNumber": "102"}}]}))))),
        ReadLinesError,
    ),
)]
pub(super) async fn read_monitored_extensions(
    State(stub): State<Stub<dyn Presence>>,
    known: Known<Light>,
    ids: PathIds,
    headers: HeaderMap,
) -> Result<Json<MonitoredExtensions>, ReadLinesError> {
    let (backend, caller) = (stub.backend, known.caller()?);
    caller.require(Permission::ReadPresence)?;
    let uris = Uris::at(&backend.origin(&headers), caller.account(&ids)?);
    let extension = caller.extension(&ids)?;
    Ok(Json(backend.read_monitored_extensions(&caller, extension, &uris).await?))
}

/// Set whom one monitors.
///
/// The list replaces the one before. It may come without the object around it.
#[utoipa::path(
    put,
    path = "/restapi/v1.0/account/{accountId}/extension/{extensionId}/presence/line",
    operation_id = "updateMonitoredExtensions",
    params(
        ("accountId" = String, Path, description = "The account's id; `~` is the caller's.", example = "~"),
        ("extensionId" = String, Path, description = "The caller's own id, or `~`.", example = "~"),
    ),
    request_body(content = MonitoredExtensionsUpdate, description = "Whom to monitor."),
    security(("bearer" = [])),
    tag = "Presence",
    responses(
        (status = 200, description = "The monitored extensions now.", body = MonitoredExtensions,
            examples(("ok" = (value = json!({
                "uri": "http://127.0.0.1:8008/restapi/v1.0/account/1/extension/1/presence/line", "records": [
                {"id": "1", "extension": {"uri": "http://127.0.0.1:8008/restapi/v1.0/account/1/extension/2",
                    "id": 2, "extensionNumber": "102"}}]}))))),
        UpdateLinesError,
    ),
)]
pub(super) async fn update_monitored_extensions(
    State(Stub { backend, limits }): State<Stub<dyn Presence>>,
    known: Known<Medium>,
    ids: PathIds,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<MonitoredExtensions>, UpdateLinesError> {
    let caller = known.caller()?;
    caller.require(Permission::EditPresence)?;
    let uris = Uris::at(&backend.origin(&headers), caller.account(&ids)?);
    let extension = caller.extension(&ids)?;
    let identity = caller.identity.clone();
    let update = Unread::new(async move {
        let body = read_json_within(limits, &headers, body).await?;
        Ok(lines(&identity, body.as_ref())?)
    });
    Ok(Json(backend.update_monitored_extensions(&caller, extension, update, &uris).await?))
}

/// The lines that a body names, each extension once.
fn lines(caller: &Identity, body: Option<&Value>) -> Result<Vec<MonitoredLine>, BadRequest> {
    let read = || {
        let records = match body? {
            Value::Array(records) => records,
            Value::Object(body) => body.get("records")?.as_array()?,
            _ => return None,
        };
        let (mut keys, mut extensions) = (BTreeSet::new(), BTreeSet::new());
        let lines = records.iter().zip(1..).map(|(record, place): (_, usize)| {
            let id = match record.get("id") {
                None => place.to_string(),
                Some(id) => text(id)?,
            };
            let extension = caller.named(&text(record.get("extension")?.get("id")?)?)?;
            let is_new = keys.insert(id.clone()) && extensions.insert(extension);
            (is_new && (1..=KEY_BYTES).contains(&id.len())).then_some(MonitoredLine { id, extension })
        });
        if records.len() > MOST { None } else { lines.collect() }
    };
    read().ok_or_else(|| RestRefusal::invalid("records"))
}

/// An id, which some clients send as a number.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
