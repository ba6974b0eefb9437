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
    extract::{PathIds, Uris, read_object_within},
    permission::Permission,
    query::Query,
    rate::{Light, Medium},
    stub::{Known, Presence, Unread},
    types::{BatchItem, GetPresenceInfo, PresenceInfoResource},
    update::{Update, UpdateUserPresenceError},
};
use crate::api::stub::Stub;

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
    State(stub): State<Stub<dyn Presence>>,
    known: Known<Light>,
    ids: PathIds,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ReadUserPresenceError> {
    let (backend, caller) = (stub.backend, known.caller()?);
    caller.require(Permission::ReadPresence)?;
    let uris = Uris::at(&backend.origin(&headers), caller.account(&ids)?);
    let detail = Query::of(query.as_deref()).detail();
    let Some(listed) = batch::listed(&ids.extension)? else {
        // Whether there is such an extension comes before what is asked of it.
        let extension: Vec<u64> = caller.named(&ids.extension).into_iter().collect();
        let asked = detail.as_ref().copied().unwrap_or_default();
        let found =
            backend.read_presence(&caller, &extension, asked, &uris).await?.into_iter().flatten().next();
        let info = found.ok_or_else(|| RestRefusal::not_found("extensionId"))?;
        return Ok(detail.map(|_| Json(info).into_response())?);
    };
    let items = batch::read(&*backend, &caller, &uris, listed, detail?).await?;
    Ok(batch::respond(&headers, &uris, &items, backend.now()))
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
    State(Stub { backend, limits }): State<Stub<dyn Presence>>,
    known: Known<Medium>,
    ids: PathIds,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<PresenceInfoResource>, UpdateUserPresenceError> {
    let caller = known.caller()?;
    caller.require(Permission::EditPresence)?;
    let account = caller.account(&ids)?;
    if ids.extension.contains(',') || ids.extension == "*" {
        return Err(RestRefusal::invalid("extensionId").into());
    }
    let extension = caller.extension(&ids)?;
    let uris = Uris::at(&backend.origin(&headers), account);
    let update = Unread::new(async move {
        let body = read_object_within(limits, &headers, body).await?;
        Ok(Update::read(&body)?)
    });
    let info = backend.update_presence(&caller, extension, update, &uris).await?;
    Ok(Json(PresenceInfoResource { info }))
}
