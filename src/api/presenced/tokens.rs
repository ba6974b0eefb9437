//! `/presenced/v1/users/{userId}/tokens`: what lets a device speak for a user, for admins.

use axum::{
    Extension, Json,
    body::Body,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
};

use super::{
    error::{ProblemRefusal, Unknown, UserError},
    extract::{AccessError, Caller, Ids, JsonError, Parameters, read_json_within},
    stub::{AuthenticateError, Known, directory::Directory},
    types::{AdminToken, IssuedToken, TokenList, TokenRequest, UserIdOrMe, UserIdText, Whoami},
};
use crate::{
    api::{
        refusal::refusals,
        stub::{Credentials, Stub},
    },
    audit,
    directory::DirectoryError,
    request::RequestInfo,
    store::StoreError,
};

refusals! {
    /// Why a token was not made. Nothing was changed.
    pub enum CreateTokenError: ProblemRefusal, from AuthenticateError, AccessError, JsonError, DirectoryError {
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
    pub enum RevokeTokenError: ProblemRefusal, from AuthenticateError, AccessError, StoreError {
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
    pub enum EndSessionsError: ProblemRefusal, from AuthenticateError, AccessError, StoreError {
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
    pub enum WhoamiError: ProblemRefusal, from Unknown {
        /// There is a parameter.
        BadRequest => ProblemRefusal::invalid("verbose: there is no such parameter"),
        Unauthorized,
        TooLarge,
        Unavailable,
    }
}

refusals! {
    /// Why there is no new admin token.
    pub enum RotateAdminTokenError: ProblemRefusal, from AuthenticateError {
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

pub(super) const OPERATORS_FILE: &str =
    "`server.admin_token_file` names the file of the admin token: change that file, and send SIGHUP";

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
    State(stub): State<Stub<dyn Directory>>,
    known: Known<dyn Directory>,
    ids: Ids,
) -> Result<Json<TokenList>, UserError> {
    let caller = known.admin()?;
    let user = ids.user::<UserError>(&caller)?;
    Ok(Json(stub.backend.list_tokens(&caller, &user).await?))
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
    State(Stub { backend, limits }): State<Stub<dyn Directory>>,
    known: Known<dyn Directory>,
    ids: Ids,
    body: Body,
) -> Result<(StatusCode, Json<IssuedToken>), CreateTokenError> {
    let caller = known.admin()?;
    let user = ids.user::<CreateTokenError>(&caller)?;
    let request: TokenRequest = read_json_within(limits, body).await?;
    Ok((StatusCode::CREATED, Json(backend.create_token(&caller, &user, request).await?)))
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
    State(stub): State<Stub<dyn Directory>>,
    known: Known<dyn Directory>,
    ids: Ids,
    parameters: Parameters,
    info: Option<Extension<RequestInfo>>,
) -> Result<StatusCode, EndSessionsError> {
    let caller = known.caller()?;
    let user = ids.user::<EndSessionsError>(&caller)?;
    caller.may_sign_out(&user)?;
    parameters.none()?;
    stub.backend.end_sessions(&caller, &user).await?;
    if matches!(caller.identity, Caller::Admin) {
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
    State(stub): State<Stub<dyn Directory>>,
    headers: HeaderMap,
    uri: Uri,
    parameters: Parameters,
) -> Result<Json<Whoami>, WhoamiError> {
    let credentials = Credentials::of(&headers, &uri, false).map_err(Unknown)?;
    let whoami = stub.backend.whoami(&credentials).await?;
    parameters.none()?;
    Ok(Json(whoami))
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
    State(stub): State<Stub<dyn Directory>>,
    known: Known<dyn Directory>,
    parameters: Parameters,
) -> Result<Json<AdminToken>, RotateAdminTokenError> {
    let caller = known.admin()?;
    parameters.none()?;
    Ok(Json(stub.backend.rotate_admin_token(&caller).await?))
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
    State(stub): State<Stub<dyn Directory>>,
    known: Known<dyn Directory>,
    ids: Ids,
) -> Result<StatusCode, RevokeTokenError> {
    let caller = known.admin()?;
    let user = ids.user::<RevokeTokenError>(&caller)?;
    stub.backend.revoke_token(&caller, &user, &ids.get::<String>("tokenId")?).await?;
    Ok(StatusCode::NO_CONTENT)
}
