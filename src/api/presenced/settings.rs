//! `/presenced/v1/users/{userId}/settings`: what a user sets by hand for all devices.

use axum::{Extension, Json, body::Body, extract::State, http::Method};

use super::{
    error::ProblemRefusal,
    extract::{AccessError, Ids, read_json_within},
    stub::{AuthenticateError, Known, Presence, Unread, UnreadBody},
    types::{OverrideName, UserIdOrMe, UserSettings},
};
use crate::{
    api::{refusal::refusals, stub::Stub},
    directory::Scope,
    presence::Override,
    request::RequestInfo,
    service::{ReadError, Settings, UpdateError},
};

refusals! {
    /// Why a user's settings are not told.
    pub enum GetSettingsError: ProblemRefusal, from AuthenticateError, AccessError, ReadError {
        /// The id is not valid.
        BadRequest => ProblemRefusal::invalid("userId: a user id starts with `@`"),
        Unauthorized,
        Forbidden => ProblemRefusal::forbidden(AccessError::NotOneself),
        NotFound => ProblemRefusal::not_found("there is no such user, or the caller may not see them"),
        TooLarge,
        Unavailable,
    }
}

refusals! {
    /// Why a user's settings were not set. Nothing was changed.
    pub enum PutSettingsError: ProblemRefusal, from AuthenticateError, AccessError, UnreadBody, UpdateError {
        /// The id or the body is not valid. Nothing was changed.
        BadRequest => ProblemRefusal::invalid("userId: a user id starts with `@`"),
        Unauthorized,
        Forbidden => ProblemRefusal::forbidden(AccessError::NotOneself),
        NotFound,
        TooLarge,
        TooManyRequests,
        Unavailable,
    }
}

impl From<Settings> for UserSettings {
    fn from(settings: Settings) -> Self {
        let overridden = match settings.overridden {
            Override::None => OverrideName::None,
            Override::Busy => OverrideName::Busy,
            Override::Invisible { .. } => OverrideName::Invisible,
        };
        Self { overridden, hidden: settings.hidden }
    }
}

/// Get what a user set by hand.
///
/// For the user, with a token that has the scope `read`, for admins, and for service tokens with that scope.
#[utoipa::path(
    get,
    path = "/presenced/v1/users/{userId}/settings",
    operation_id = "getSettings",
    params(("userId" = inline(UserIdOrMe), Path, description = "The user's id, or `me` for the caller's own.", example = "@alice:example.com")),
    security(("bearer" = [])),
    tag = "Presence",
    responses(
        (status = 200, description = "The settings.", body = UserSettings),
        GetSettingsError,
    ),
)]
pub(super) async fn get_settings(
    State(stub): State<Stub<dyn Presence>>,
    known: Known,
    ids: Ids,
) -> Result<Json<UserSettings>, GetSettingsError> {
    let caller = known.caller()?;
    let user = ids.user::<GetSettingsError>(&caller)?;
    caller.may_for(&user, Scope::Read)?;
    Ok(Json(stub.backend.get_settings(&caller, &user).await?))
}

/// Set what counts for all of a user's devices.
///
/// The body replaces what was set; what it leaves out goes back to `none` and `false`.
#[utoipa::path(
    put,
    path = "/presenced/v1/users/{userId}/settings",
    operation_id = "putSettings",
    params(("userId" = inline(UserIdOrMe), Path, description = "The user's id, or `me` for the caller's own.", example = "@alice:example.com")),
    request_body(content = UserSettings, description = "The settings; they replace those before."),
    security(("bearer" = [])),
    tag = "Presence",
    responses(
        (status = 200, description = "The settings now.", body = UserSettings),
        PutSettingsError,
    ),
)]
pub(super) async fn put_settings(
    State(Stub { backend, limits }): State<Stub<dyn Presence>>,
    known: Known,
    ids: Ids,
    info: Option<Extension<RequestInfo>>,
    body: Body,
) -> Result<Json<UserSettings>, PutSettingsError> {
    let caller = known.caller()?;
    let user = ids.user::<PutSettingsError>(&caller)?;
    caller.may_for(&user, Scope::Write)?;
    let settings = Unread::new(async move { Ok(read_json_within(limits, body).await?) });
    let settings = backend.put_settings(&caller, &user, settings).await?;
    caller.note(&Method::PUT, &format!("/presenced/v1/users/{user}/settings"), info.as_deref());
    Ok(Json(settings))
}
