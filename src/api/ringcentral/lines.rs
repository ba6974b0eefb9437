//! `/account/{accountId}/extension/{extensionId}/presence/line`: whom an extension monitors.
//! Source: RingCentral's API reference, "Presence".

use std::collections::BTreeSet;

use axum::{Json, body::Body, extract::State, http::HeaderMap};
use serde_json::Value;

use super::{
    error::{CallerError, RestRefusal, UnreadBody},
    extract::{Asker, Caller, PathIds, Uris, read_json},
    permission::Permission,
    rate::{Light, Medium},
    types::{ExtensionInfo, MonitoredExtension, MonitoredExtensions, MonitoredExtensionsUpdate},
};
use crate::{
    api::refusal::refusals,
    app::App,
    directory::{DirectoryError, MonitoredLine},
};

/// How many extensions somebody may monitor.
const MOST: usize = 100;

/// The longest name of a key, in bytes.
const KEY_BYTES: usize = 64;

fn show<G>(app: &App, caller: &Caller<G>, headers: &HeaderMap) -> MonitoredExtensions {
    let account = caller.extension.account;
    let uris = Uris::new(app, headers, account);
    let records =
        app.directory.lines(&caller.user).into_iter().filter_map(|MonitoredLine { id, extension }| {
            let user = app.directory.extension(account, extension)?;
            Some(MonitoredExtension { id, extension: ExtensionInfo::of(&uris, &user)? })
        });
    let records = records.collect();
    MonitoredExtensions { uri: format!("{}/line", uris.presence(caller.user.number)), records }
}

refusals! {
    /// Why it is not told whom an extension monitors.
    pub(super) enum ReadLinesError: RestRefusal, from CallerError {
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
    pub(super) enum UpdateLinesError: RestRefusal, from CallerError, UnreadBody, DirectoryError {
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
    State(app): State<App>,
    asker: Asker<Light>,
    ids: PathIds,
    headers: HeaderMap,
) -> Result<Json<MonitoredExtensions>, ReadLinesError> {
    let caller = asker.caller()?;
    caller.require(Permission::ReadPresence)?;
    caller.account(&ids)?;
    caller.own(&caller.find(&app, &ids.extension)?)?;
    Ok(Json(show(&app, &caller, &headers)))
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
    State(app): State<App>,
    asker: Asker<Medium>,
    ids: PathIds,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<MonitoredExtensions>, UpdateLinesError> {
    let caller = asker.caller()?;
    caller.require(Permission::EditPresence)?;
    caller.account(&ids)?;
    caller.own(&caller.find(&app, &ids.extension)?)?;
    let body = read_json(&app, &headers, body, app.config.limits.body_bytes).await?;
    let lines = lines(&app, &caller, body.as_ref()).ok_or_else(|| RestRefusal::invalid("records"))?;
    let set = app.directory.set_desk(&caller.user.id, move |desk| desk.lines = Some(lines.clone()));
    set.await?;
    Ok(Json(show(&app, &caller, &headers)))
}

/// The lines that a body names, each extension of the account once.
fn lines<G>(app: &App, caller: &Caller<G>, body: Option<&Value>) -> Option<Vec<MonitoredLine>> {
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
        let extension = text(record.get("extension")?.get("id")?)?;
        let extension = caller.find(app, &extension).ok()?.number;
        let is_new = keys.insert(id.clone()) && extensions.insert(extension);
        (is_new && (1..=KEY_BYTES).contains(&id.len())).then_some(MonitoredLine { id, extension })
    });
    if records.len() > MOST { None } else { lines.collect() }
}

/// An id, which some clients send as a number.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
