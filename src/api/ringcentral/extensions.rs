//! `GET` and `PUT /account/{accountId}/extension/{extensionId}/presence`.
//! Source: RingCentral's API reference, "Presence".

use axum::{
    Json,
    body::Body,
    extract::{RawQuery, State},
    http::HeaderMap,
};

use super::{
    error::{ErrorResponse, RestFailure},
    extract::{Caller, PathIds, Permission, Uris, read_object},
    presence::{Detail, GetPresenceInfo},
    query::Query,
    rate::{Light, Medium},
    update,
};
use crate::{
    app::App,
    directory::{Extension, ExtensionStatus},
    service::ServiceError,
};

/// Read an extension's presence.
#[utoipa::path(
    get,
    path = "/restapi/v1.0/account/{accountId}/extension/{extensionId}/presence",
    operation_id = "ReadUserPresenceStatus",
    params(
        ("accountId" = String, Path, description = "The account's id; `~` is the caller's.", example = "~"),
        ("extensionId" = String, Path, description = "The extension's id; `~` is the caller's.", example = "~"),
    ),
    security(("bearer" = [])),
    tag = "Presence",
    responses(
        (status = 200, description = "The extension's presence.", body = GetPresenceInfo),
        (status = 401, description = "There is no token, or it is not valid.", body = ErrorResponse),
        (status = 403, description = "The application or the user may not do this.", body = ErrorResponse),
        (status = 404, description = "There is no such account or extension for the caller to see.",
            body = ErrorResponse),
    ),
)]
pub(super) async fn read_user_presence_status(
    State(app): State<App>,
    caller: Caller<Light>,
    ids: PathIds,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<GetPresenceInfo>, RestFailure> {
    caller.require(Permission::ReadPresence)?;
    let account = caller.account(&ids)?;
    let user = caller.find(&app, &ids.extension)?;
    let detail = Query::of(query.as_deref()).detail()?;
    let seen = app.service.extension(&caller.user.id, &user.id, app.service.now()).await?;
    let uris = Uris::new(&app, &headers, account);
    Ok(Json(GetPresenceInfo::new(&uris, &user, &seen, detail)))
}

/// Update one's own presence.
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
    security(("bearer" = [])),
    tag = "Presence",
    responses(
        (status = 200, description = "The presence afterwards.", body = GetPresenceInfo),
        (status = 400, description = "The body is not valid. Nothing was changed.", body = ErrorResponse),
        (status = 401, description = "There is no token, or it is not valid.", body = ErrorResponse),
        (status = 403, description = "The application or the user may not do this.", body = ErrorResponse),
        (status = 404, description = "There is no such account or extension.", body = ErrorResponse),
        (status = 413, description = "The body is too large.", body = ErrorResponse),
        (status = 415, description = "The body is not declared as JSON.", body = ErrorResponse),
    ),
)]
pub(super) async fn update_user_presence_status(
    State(app): State<App>,
    caller: Caller<Medium>,
    ids: PathIds,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<GetPresenceInfo>, RestFailure> {
    caller.require(Permission::EditPresence)?;
    let account = caller.account(&ids)?;
    check_target(&app, &caller, &ids.extension)?;
    let body = read_object(&app, &headers, body).await?;
    let now = app.service.now();
    let user = &caller.user;
    match app.service.update(&user.id, &update::inputs(&body, &caller.extension, now)?).await {
        Err(ServiceError::Store(error)) => return Err(RestFailure::read_only(error)),
        outcome => outcome?,
    };
    let seen = app.service.extension(&user.id, &user.id, now).await?;
    Ok(Json(GetPresenceInfo::new(&Uris::new(&app, &headers, account), user, &seen, Detail::default())))
}

/// Refuses all but the caller's own extension, and that too if it has no presence to set.
fn check_target(app: &App, caller: &Caller<Medium>, id: &str) -> Result<(), RestFailure> {
    if id.contains(',') || id == "*" {
        return Err(RestFailure::invalid("extensionId"));
    }
    if caller.find(app, id)?.id != caller.user.id {
        return Err(RestFailure::another_extension());
    }
    match &caller.extension {
        Extension { kind, .. } if !kind.has_presence() => Err(RestFailure::unsupported_type(kind)),
        Extension { status, .. } if *status != ExtensionStatus::Enabled => {
            Err(RestFailure::not_enabled(*status))
        }
        _ => Ok(()),
    }
}
