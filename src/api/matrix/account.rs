//! What clients ask besides presence before they start to sync: who they are, how to log in, what there
//! is. The answers are as small as the clients allow.

use std::collections::BTreeMap;

use axum::{Extension, Json, body::Body, extract::State};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    error::{MatrixError, MatrixFailure},
    extract::{Token, read_body},
};
use crate::{
    app::App,
    audit,
    auth::{self, AuthError},
    directory::Holder,
    request::RequestInfo,
};

#[derive(Serialize, ToSchema)]
pub(super) struct Whoami {
    /// The user that the access token speaks for.
    #[schema(example = "@alice:example.com")]
    user_id: String,
    /// The device that it speaks with.
    #[schema(example = "DEMO")]
    device_id: String,
    /// Whether the user is a guest.
    #[schema(example = false)]
    is_guest: bool,
}

/// Tell whom the access token speaks for.
#[utoipa::path(
    get,
    path = "/account/whoami",
    operation_id = "getTokenOwner",
    security(("accessToken" = []), ("accessTokenBearer" = [])),
    tag = "Account",
    responses(
        (status = 200, description = "The owner of the access token.", body = Whoami),
        (status = 401, description = "There is no access token, or it is not valid.", body = MatrixError),
        (status = 403, description = "The access token belongs to no user.", body = MatrixError),
        (status = 413, description = "The request declares a body that is too large.", body = MatrixError),
    ),
)]
pub(super) async fn get_token_owner(Token(caller): Token) -> Json<Whoami> {
    Json(Whoami { user_id: caller.user.into(), device_id: caller.device.into(), is_guest: caller.guest })
}

#[derive(Serialize, ToSchema)]
pub(super) struct PushRules {
    /// No rules: nobody is pushed anything but presence.
    #[schema(example = json!({}))]
    global: BTreeMap<String, Value>,
}

/// Get the push rules: there are none.
#[utoipa::path(
    get,
    path = "/pushrules/",
    operation_id = "getPushRules",
    security(("accessToken" = []), ("accessTokenBearer" = [])),
    tag = "Account",
    responses(
        (status = 200, description = "An empty set of rules.", body = PushRules),
        (status = 401, description = "There is no access token, or it is not valid.", body = MatrixError),
        (status = 403, description = "The access token belongs to no user.", body = MatrixError),
        (status = 413, description = "The request declares a body that is too large.", body = MatrixError),
    ),
)]
pub(super) async fn get_push_rules(_: Token) -> Json<PushRules> {
    Json(PushRules { global: BTreeMap::new() })
}

#[derive(Serialize, ToSchema)]
pub(super) struct Capabilities {
    /// What the user may do besides: nothing.
    #[schema(example = json!({"m.change_password": {"enabled": false}}))]
    capabilities: BTreeMap<String, Value>,
}

/// Tell what the user may do besides presence.
#[utoipa::path(
    get,
    path = "/capabilities",
    operation_id = "getCapabilities",
    security(("accessToken" = []), ("accessTokenBearer" = [])),
    tag = "Account",
    responses(
        (status = 200, description = "The capabilities.", body = Capabilities),
        (status = 401, description = "There is no access token, or it is not valid.", body = MatrixError),
        (status = 403, description = "The access token belongs to no user.", body = MatrixError),
        (status = 413, description = "The request declares a body that is too large.", body = MatrixError),
    ),
)]
pub(super) async fn get_capabilities(_: Token) -> Json<Capabilities> {
    let refused = ("m.change_password".to_owned(), json!({ "enabled": false }));
    Json(Capabilities { capabilities: [refused].into() })
}

#[derive(Serialize, ToSchema)]
pub(super) struct LoginFlows {
    flows: Vec<LoginFlow>,
}

/// A way to log in.
#[derive(Serialize, ToSchema)]
pub(super) struct LoginFlow {
    /// Always `m.login.token`.
    #[serde(rename = "type")]
    #[schema(example = "m.login.token")]
    kind: String,
}

/// Tell how to log in: with a token that an admin made.
#[utoipa::path(
    get,
    path = "/login",
    operation_id = "getLoginFlows",
    tag = "Account",
    responses(
        (status = 200, description = "The one way there is.", body = LoginFlows),
        (status = 413, description = "The request declares a body that is too large.", body = MatrixError),
    ),
)]
pub(super) async fn get_login_flows() -> Json<LoginFlows> {
    Json(LoginFlows { flows: vec![LoginFlow { kind: TOKEN_LOGIN.to_owned() }] })
}

const TOKEN_LOGIN: &str = "m.login.token";

#[derive(Serialize, ToSchema)]
pub(super) struct Login {
    /// The user that logged in.
    #[schema(example = "@alice:example.com")]
    user_id: String,
    /// The token to use: the one that was given.
    #[schema(example = "demo-alice")]
    access_token: String,
    /// The device that the token speaks with.
    #[schema(example = "DEMO")]
    device_id: String,
}

/// Log in with a token that an admin made.
///
/// The token is the access token already; this tells whose it is, for clients that begin with a login.
#[utoipa::path(
    post,
    path = "/login",
    operation_id = "login",
    request_body(content = BTreeMap<String, Value>, description = "The kind of login and the token.",
        example = json!({"type": "m.login.token", "token": "demo-alice"})),
    tag = "Account",
    responses(
        (status = 200, description = "The user is logged in.", body = Login),
        (status = 400, description = "The body is not valid, or asks for another kind of login.",
            body = MatrixError),
        (status = 403, description = "The token is not valid.", body = MatrixError),
        (status = 413, description = "The body is too large.", body = MatrixError),
    ),
)]
pub(super) async fn login(
    State(app): State<App>,
    info: Option<Extension<RequestInfo>>,
    body: Body,
) -> Result<Json<Login>, MatrixFailure> {
    let body = read_body(&app, body).await?;
    let request: Value = serde_json::from_slice(&body)
        .map_err(|error| MatrixFailure::not_json(format!("The body is not JSON: {error}")))?;
    if request["type"] != TOKEN_LOGIN {
        return Err(MatrixFailure::bad_json(format!("`type` is not `{TOKEN_LOGIN}`")));
    }
    let token =
        request["token"].as_str().ok_or_else(|| MatrixFailure::bad_json("`token` is not a string"))?;
    match auth::holder(&app.directory, token.as_bytes(), app.service.now()) {
        Ok(Holder::User { user, device, .. }) => {
            audit::login("matrix", &user, device.as_str(), info.as_deref());
            Ok(Json(Login { user_id: user.into(), access_token: token.to_owned(), device_id: device.into() }))
        }
        Ok(_) => Err(AuthError::NoUser.into()),
        Err(error) => {
            audit::refused_login("matrix", "", &error.to_string(), info.as_deref());
            Err(MatrixFailure::forbidden("The token is not valid"))
        }
    }
}
