//! `/presenced/v1/users/{userId}/tokens`: what lets a device speak for a user, for admins.

use std::time::Duration;

use axum::{
    Extension, Json,
    body::Body,
    extract::State,
    http::{Method, StatusCode},
};

use super::{
    error::{BadRequest, ProblemRefusal, UserError, found},
    extract::{AccessError, Asker, Caller, Ids, JsonError, Parameters, read_json},
    types::{AdminToken, IssuedToken, Token, TokenList, TokenRequest, UserIdOrMe, UserIdText, Whoami},
};
use crate::{
    api::refusal::refusals,
    app::App,
    audit,
    auth::admin_token,
    directory::{DirectoryError, Holder, NewToken, Scope, Scopes, TokenId, TokenInfo, TokenSecret},
    id::DeviceId,
    presence::Timestamp,
    request::RequestInfo,
    store::StoreError,
};

refusals! {
    /// Why a token was not made. Nothing was changed.
    pub(super) enum CreateTokenError: ProblemRefusal, from AccessError, JsonError, DirectoryError {
        /// The id or the body is not valid. Nothing was changed.
        BadRequest => ProblemRefusal::invalid("deviceId: a device id is not empty"),
        Unauthorized,
        /// The caller is not an admin.
        Forbidden => ProblemRefusal::forbidden(AccessError::NotAdmin),
        NotFound => ProblemRefusal::no_user(&"@dave:example.com"),
        /// The user has as many tokens as are allowed.
        Conflict => ProblemRefusal::conflict(
            "the user @alice:example.com has 100 tokens, as many as are allowed; revoke one first",
        ),
        TooLarge,
        Unavailable,
    }
}

refusals! {
    /// Why a token was not revoked.
    pub(super) enum RevokeTokenError: ProblemRefusal, from AccessError, StoreError {
        /// An id is not valid.
        BadRequest => ProblemRefusal::invalid("userId: a user id starts with `@`"),
        Unauthorized,
        /// The caller is not an admin.
        Forbidden => ProblemRefusal::forbidden(AccessError::NotAdmin),
        /// The user has no such token.
        NotFound => ProblemRefusal::not_found("@alice:example.com has no such token"),
        TooLarge,
        Unavailable,
    }
}

refusals! {
    /// Why a user's sessions were not ended.
    pub(super) enum EndSessionsError: ProblemRefusal, from AccessError, StoreError {
        /// The id is not valid, or there is a parameter.
        BadRequest => ProblemRefusal::invalid("userId: a user id starts with `@`"),
        Unauthorized,
        /// The caller is neither an admin nor the user.
        Forbidden => ProblemRefusal::forbidden(AccessError::NotOneself),
        NotFound => ProblemRefusal::no_user(&"@dave:example.com"),
        TooLarge,
        Unavailable,
    }
}

refusals! {
    /// Why the caller is not told who they are.
    pub(super) enum WhoamiError: ProblemRefusal {
        /// There is a parameter.
        BadRequest => ProblemRefusal::invalid("verbose: there is no such parameter"),
        Unauthorized,
        TooLarge,
        Unavailable,
    }
}

refusals! {
    /// Why there is no new admin token.
    pub(super) enum RotateAdminTokenError: ProblemRefusal, from AccessError {
        /// There is a parameter. Nothing was changed.
        BadRequest => ProblemRefusal::invalid("force: there is no such parameter"),
        Unauthorized,
        /// The caller is not an admin.
        Forbidden => ProblemRefusal::forbidden(AccessError::NotAdmin),
        /// The token is not the server's to make: it is the demo's, or stands in a file of the operator's.
        Conflict => ProblemRefusal::conflict(OPERATORS_FILE),
        TooLarge,
        /// The file cannot be written, or the server starts.
        Unavailable,
    }
}

const OPERATORS_FILE: &str =
    "`server.admin_token_file` names the file of the admin token: change that file, and send SIGHUP";

/// The longest time after which a token may expire, in seconds: a hundred years.
const LONGEST_LIFE: u64 = 100 * 365 * 24 * 60 * 60;

impl Token {
    fn of_user(info: TokenInfo) -> Option<Self> {
        let (device, scopes, guest, refresh) = match info.holder {
            Holder::Admin | Holder::App { .. } => return None,
            Holder::User { device, scopes, guest, .. } => (device, scopes, guest, false),
            Holder::Refresh { device, scopes, .. } => (device, scopes, false, true),
        };
        Some(Self {
            token_id: info.id.as_str().to_owned(),
            device_id: device.into(),
            scopes: scopes.iter().map(Into::into).collect(),
            guest,
            refresh,
            expires_at: info.expires.map(Timestamp::as_millis),
        })
    }
}

/// List a user's tokens.
///
/// Not the tokens themselves, of which the server keeps a hash alone, but what they are for.
#[utoipa::path(
    get,
    path = "/presenced/v1/users/{userId}/tokens",
    operation_id = "listTokens",
    params(("userId" = inline(UserIdText), Path, description = "The user's id.", example = "@alice:example.com")),
    security(("bearer" = [])),
    tag = "Directory",
    responses(
        (status = 200, description = "The tokens, without their texts.", body = TokenList),
        UserError,
    ),
)]
pub(super) async fn list_tokens(
    State(app): State<App>,
    asker: Asker,
    ids: Ids,
) -> Result<Json<TokenList>, UserError> {
    let caller = asker.admin()?;
    let user = ids.user::<UserError>(&caller)?;
    let tokens = app.directory.tokens(&user).map_err(|error| match error {
        DirectoryError::Store(error) => error.into(),
        error => UserError::from(ProblemRefusal::not_found(error.to_string())),
    })?;
    Ok(Json(TokenList { tokens: tokens.into_iter().filter_map(Token::of_user).collect() }))
}

/// Make a token for one of a user's devices.
///
/// Its text is shown this once.
#[utoipa::path(
    post,
    path = "/presenced/v1/users/{userId}/tokens",
    operation_id = "createToken",
    params(("userId" = inline(UserIdText), Path, description = "The user's id.", example = "@alice:example.com")),
    request_body(content = TokenRequest, description = "The device, and what the token may be used for."),
    security(("bearer" = [])),
    tag = "Directory",
    responses(
        (status = 201, description = "The token, with its text.", body = IssuedToken),
        CreateTokenError,
    ),
)]
pub(super) async fn create_token(
    State(app): State<App>,
    asker: Asker,
    ids: Ids,
    body: Body,
) -> Result<(StatusCode, Json<IssuedToken>), CreateTokenError> {
    let caller = asker.admin()?;
    let user = ids.user::<CreateTokenError>(&caller)?;
    let request: TokenRequest = read_json(&app, body).await?;
    let device: DeviceId =
        request.device_id.parse().map_err(|error| ProblemRefusal::invalid(format!("deviceId: {error}")))?;
    let expires = expiry(&app, request.expires_in_seconds)?;
    let scopes = request.scopes.into_iter().map(Scope::from).collect();
    let secret = TokenSecret::random();
    let holder = Holder::User { user, device, scopes, guest: request.guest };
    let added = app.directory.add_token(&secret, NewToken { holder, expires }).await;
    let info = added.map_err(|error| match error {
        DirectoryError::UnknownUser(_) => ProblemRefusal::not_found(error.to_string()).into(),
        error => CreateTokenError::from(error),
    })?;
    let info = Token::of_user(info).expect("the token was made for a user");
    Ok((StatusCode::CREATED, Json(IssuedToken { token: secret.reveal().to_owned(), info })))
}

/// When a token stops working that is to live for so many seconds.
pub(super) fn expiry(app: &App, seconds: Option<u64>) -> Result<Option<Timestamp>, BadRequest> {
    if seconds.is_some_and(|seconds| !(1..=LONGEST_LIFE).contains(&seconds)) {
        return Err(ProblemRefusal::invalid(format!("expiresInSeconds: has to be from 1 to {LONGEST_LIFE}")));
    }
    Ok(seconds.map(|seconds| app.service.now() + Duration::from_secs(seconds)))
}

/// End all sessions of a user: sign out everywhere.
///
/// All tokens of the user are gone, JSON Web Tokens that were issued until this moment are refused from then on, and what
/// was opened with any of them ends at once: streams, sockets, requests that wait, subscriptions. For admins, and for
/// the user themselves with any token.
#[utoipa::path(
    delete,
    path = "/presenced/v1/users/{userId}/tokens",
    operation_id = "endSessions",
    params(("userId" = inline(UserIdOrMe), Path, description = "The user's id, or `me` for the caller's own.",
        example = "@carol:example.com")),
    security(("bearer" = [])),
    tag = "Directory",
    responses(
        (status = 204, description = "The user is signed out everywhere."),
        EndSessionsError,
    ),
)]
pub(super) async fn end_sessions(
    State(app): State<App>,
    asker: Asker,
    ids: Ids,
    parameters: Parameters,
    info: Option<Extension<RequestInfo>>,
) -> Result<StatusCode, EndSessionsError> {
    let caller = asker.caller()?;
    let user = ids.user::<EndSessionsError>(&caller)?;
    caller.may_sign_out(&user)?;
    parameters.none()?;
    if !found(app.directory.sign_out(&user).await)? {
        return Err(ProblemRefusal::no_user(&user).into());
    }
    if matches!(caller, Caller::Admin) {
        let path = format!("/presenced/v1/users/{user}/tokens");
        audit::admin_action(&Method::DELETE, &path, 204, info.as_deref());
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Tell whose token the caller has, and what it is for.
///
/// Any token will do, a guest's too.
#[utoipa::path(
    get,
    path = "/presenced/v1/whoami",
    operation_id = "whoami",
    security(("bearer" = [])),
    tag = "Directory",
    responses(
        (status = 200, description = "The token's owner.", body = Whoami,
            examples(("response" = (value = json!({"userId": "@alice:example.com", "deviceId": "DEMO",
                "scopes": ["read", "write", "gateway"], "admin": false, "guest": false}))))),
        WhoamiError,
    ),
)]
pub(super) async fn whoami(
    State(app): State<App>,
    asker: Asker,
    parameters: Parameters,
) -> Result<Json<Whoami>, WhoamiError> {
    let identified = asker.anybody::<WhoamiError>()?;
    parameters.none()?;
    let expires = app.auth.expires(&identified.access());
    let nobody = Whoami {
        user_id: None,
        device_id: None,
        name: None,
        scopes: Vec::new(),
        admin: false,
        guest: false,
        expires_at: expires.map(Timestamp::as_millis),
    };
    let list = |scopes: Scopes| scopes.iter().map(Into::into).collect();
    Ok(Json(match identified.holder {
        Holder::Admin => Whoami { scopes: list(Scopes::all()), admin: true, ..nobody },
        Holder::App { name, scopes } => Whoami { name: Some(name), scopes: list(scopes), ..nobody },
        Holder::User { user, device, scopes, guest } => Whoami {
            user_id: Some(user.into()),
            device_id: Some(device.into()),
            scopes: list(scopes),
            guest,
            ..nobody
        },
        // It opens nothing, and is refused before.
        Holder::Refresh { .. } => nobody,
    }))
}

/// Put another admin token in the place of the one there is.
///
/// The former one opens nothing from then on. The new one is in the file `admin-token` of the data folder, too.
#[utoipa::path(
    post,
    path = "/presenced/v1/admin-token",
    operation_id = "rotateAdminToken",
    security(("bearer" = [])),
    tag = "Directory",
    responses(
        (status = 200, description = "The new token.", body = AdminToken),
        RotateAdminTokenError,
    ),
)]
pub(super) async fn rotate_admin_token(
    State(app): State<App>,
    asker: Asker,
    parameters: Parameters,
) -> Result<Json<AdminToken>, RotateAdminTokenError> {
    let former = asker.admin_token()?;
    parameters.none()?;
    let server = &app.config.server;
    if app.config.demo {
        return Err(ProblemRefusal::conflict("the demo's admin token is for everybody to know").into());
    }
    if !server.admin_token_file.as_os_str().is_empty() {
        return Err(ProblemRefusal::conflict(OPERATORS_FILE).into());
    }
    let made = admin_token::make(&server.admin_token_file());
    let made = made.map_err(|error| ProblemRefusal::not_ready(format!("the admin token's file: {error}")))?;
    app.directory.admit(&made, NewToken { holder: Holder::Admin, expires: None });
    app.directory.dismiss(&former);
    Ok(Json(AdminToken { token: made.reveal().to_owned() }))
}

/// Revoke a token.
///
/// What it holds ends at once: streams, sockets, requests that wait and subscriptions.
#[utoipa::path(
    delete,
    path = "/presenced/v1/users/{userId}/tokens/{tokenId}",
    operation_id = "revokeToken",
    params(
        ("userId" = inline(UserIdText), Path, description = "The user's id.", example = "@alice:example.com"),
        ("tokenId" = String, Path, description = "The token's name in listings.",
            example = "0f1e2d3c4b5a6978"),
    ),
    security(("bearer" = [])),
    tag = "Directory",
    responses(
        (status = 204, description = "The token opens nothing any more."),
        RevokeTokenError,
    ),
)]
pub(super) async fn revoke_token(
    State(app): State<App>,
    asker: Asker,
    ids: Ids,
) -> Result<StatusCode, RevokeTokenError> {
    let caller = asker.admin()?;
    let user = ids.user::<RevokeTokenError>(&caller)?;
    let token = TokenId::from(ids.get::<String>("tokenId")?);
    match found(app.directory.revoke_token(&user, &token).await)? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(ProblemRefusal::not_found(format!("{user} has no such token")).into()),
    }
}
