//! `GET` and `PUT /account/{accountId}/extension/{extensionId}/presence`.
//! Source: RingCentral's API reference, "Presence".

use axum::{
    Json,
    body::Body,
    extract::{RawQuery, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};

use super::{
    batch::{self, ReadUserPresenceError},
    error::RestRefusal,
    extract::{Asker, Caller, PathIds, Uris, read_object},
    permission::Permission,
    presence::Detail,
    query::Query,
    rate::{Light, Medium},
    types::{BatchItem, GetPresenceInfo, PresenceInfoResource},
    update::{self, UpdateUserPresenceError},
};
use crate::{
    app::App,
    directory::{Extension, ExtensionStatus, User},
};

/// Read an extension's presence, or that of several.
///
/// Several ids with commas between them, at most 30, are answered together with status 207. Each is answered
/// once, in the order given, and what is wrong with one is told in its part.
#[utoipa::path(
    get,
    path = "/restapi/v1.0/account/{accountId}/extension/{extensionId}/presence",
    operation_id = "ReadUserPresenceStatus",
    params(
        ("accountId" = String, Path, description = "The account's id; `~` is the caller's.", example = "~"),
        ("extensionId" = String, Path, description = "The extension's id, or several with commas between them; \
            `~` is the caller's.", example = "~"),
        ("detailedTelephonyState" = Option<bool>, Query, description = "Whether to list calls, in any letter \
            case.", example = true),
        ("sipData" = Option<bool>, Query, description = "Whether to list calls with their SIP dialogs.",
            example = false),
        ("totalActiveCalls" = Option<bool>, Query, description = "Whether to count calls; the name alone asks \
            for it.", example = true),
    ),
    security(("accessToken" = []), ("bearer" = [])),
    tag = "Presence",
    responses(
        (status = 200, description = "The extension's presence.", body = GetPresenceInfo),
        (status = 207, description = "The answers for several ids.", content(
            (String = "multipart/mixed", example = json!("--Boundary_3_1767603600000\r\n\
                Content-Type: application/json\r\n\r\n{}\r\n--Boundary_3_1767603600000--\r\n")),
            (Vec<BatchItem> = "application/vnd.ringcentral.multipart+json"),
        )),
        ReadUserPresenceError,
    ),
)]
pub(super) async fn read_user_presence_status(
    State(app): State<App>,
    asker: Asker<Light>,
    ids: PathIds,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ReadUserPresenceError> {
    let caller = asker.caller()?;
    caller.require(Permission::ReadPresence)?;
    let uris = Uris::new(&app, &headers, caller.account(&ids)?);
    let query = Query::of(query.as_deref());
    let now = app.service.now();
    let Some(listed) = batch::listed(&ids.extension)? else {
        let user = caller.find(&app, &ids.extension)?;
        let detail = query.detail()?;
        let seen = app.service.extension(&caller.user.id, &user.id, now).await?;
        return Ok(Json(GetPresenceInfo::new(&uris, &user, &seen, detail)).into_response());
    };
    let items = batch::read(&app, &caller, &uris, listed, query.detail()?).await?;
    Ok(batch::respond(&headers, &uris, &items, now))
}

/// Update one's own presence, or as an admin of the account that of another.
///
/// What the body leaves out stays as it is. The answer is the whole afterwards.
#[utoipa::path(
    put,
    path = "/restapi/v1.0/account/{accountId}/extension/{extensionId}/presence",
    operation_id = "UpdateUserPresenceStatus",
    params(
        ("accountId" = String, Path, description = "The account's id; `~` is the caller's.", example = "~"),
        ("extensionId" = String, Path, description = "The extension's id; `~` is the caller's.", example = "~"),
    ),
    request_body(content = PresenceInfoResource, description = "What to change. What only the server \
        knows is ignored, as is what is unknown."),
    security(("accessToken" = []), ("bearer" = [])),
    tag = "Presence",
    responses(
        (status = 200, description = "The presence afterwards.", body = PresenceInfoResource),
        UpdateUserPresenceError,
    ),
)]
pub(super) async fn update_user_presence_status(
    State(app): State<App>,
    asker: Asker<Medium>,
    ids: PathIds,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<PresenceInfoResource>, UpdateUserPresenceError> {
    let caller = asker.caller()?;
    caller.require(Permission::EditPresence)?;
    let account = caller.account(&ids)?;
    let user = target(&app, &caller, &ids.extension)?;
    let extension = user.extension.as_ref().ok_or_else(|| RestRefusal::not_found("extensionId"))?;
    let turn = app.service.turn(&caller.user.id).map_err(RestRefusal::too_many_requests)?;
    let body = read_object(&app, &headers, body, app.config.limits.body_bytes).await?;
    let now = app.service.now();
    let inputs = update::inputs(&body, extension, now)?;
    let record = app.service.set(turn.over(&user.id), &inputs).await?;
    let seen = match user.id == caller.user.id {
        true => app.service.own_extension(&user.id, &record, now),
        false => app.service.extension(&caller.user.id, &user.id, now).await?,
    };
    let uris = Uris::new(&app, &headers, account);
    Ok(Json(PresenceInfoResource { info: GetPresenceInfo::new(&uris, &user, &seen, Detail::default()) }))
}

/// Whose presence is updated: the caller's own, or for an admin anybody's in the account. Refuses an extension that
/// has no presence to set.
fn target(app: &App, caller: &Caller<Medium>, id: &str) -> Result<User, UpdateUserPresenceError> {
    if id.contains(',') || id == "*" {
        return Err(RestRefusal::invalid("extensionId").into());
    }
    let user = caller.find(app, id)?;
    if user.id != caller.user.id && !caller.extension.is_admin {
        return Err(RestRefusal::another_extension().into());
    }
    match &user.extension {
        Some(Extension { kind, .. }) if !kind.has_presence() => {
            Err(RestRefusal::unsupported_type(*kind).into())
        }
        Some(Extension { status, .. }) if *status != ExtensionStatus::Enabled => {
            Err(RestRefusal::not_enabled(*status).into())
        }
        _ => Ok(user),
    }
}
