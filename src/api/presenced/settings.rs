//! `/presenced/v1/users/{userId}/settings`: what a user sets by hand for all devices.

use axum::{Extension, Json, body::Body, extract::State, http::Method};

use super::{
    error::ProblemRefusal,
    extract::{AccessError, Asker, Ids, JsonError, read_json},
    types::{OverrideName, UserIdOrMe, UserSettings},
};
use crate::{
    api::refusal::refusals,
    app::App,
    directory::Scope,
    presence::{Input, Override},
    request::RequestInfo,
    service::{ReadError, Settings, UpdateError},
};

refusals! {
    /// Why a user's settings are not told.
    pub(super) enum GetSettingsError: ProblemRefusal, from AccessError, ReadError {
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
    pub(super) enum PutSettingsError: ProblemRefusal, from AccessError, JsonError, UpdateError {
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
    State(app): State<App>,
    asker: Asker,
    ids: Ids,
) -> Result<Json<UserSettings>, GetSettingsError> {
    let caller = asker.caller()?;
    let user = ids.user::<GetSettingsError>(&caller)?;
    caller.may_for(&user, Scope::Read)?;
    Ok(Json(app.service.settings(&user).await?.into()))
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
    State(app): State<App>,
    asker: Asker,
    ids: Ids,
    info: Option<Extension<RequestInfo>>,
    body: Body,
) -> Result<Json<UserSettings>, PutSettingsError> {
    let caller = asker.caller()?;
    let user = ids.user::<PutSettingsError>(&caller)?;
    caller.may_for(&user, Scope::Write)?;
    let turn = caller.turn(&app)?;
    let settings: UserSettings = read_json(&app, body).await?;
    let overridden = match settings.overridden {
        OverrideName::None => Override::None,
        OverrideName::Busy => Override::Busy,
        OverrideName::Invisible => Override::Invisible { since: app.service.now() },
    };
    let inputs = [Input::Override(overridden), Input::Hidden(settings.hidden)];
    match turn {
        Some(turn) => app.service.set(turn, &inputs).await?,
        None => app.service.update(&user, &inputs).await?,
    };
    caller.note(&Method::PUT, &format!("/presenced/v1/users/{user}/settings"), info.as_deref());
    Ok(Json(settings))
}
