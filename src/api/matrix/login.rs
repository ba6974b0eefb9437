//! `/login`: a session of its own for a client that has a token.
//! Source: <https://spec.matrix.org/v1.10/client-server-api/#login>

use axum::{Extension, Json, body::Body, extract::State};
use serde_json::Value;

use super::{
    error::{BadRequest, Forbidden, MatrixRefusal},
    extract::read_body,
    types::{Login, LoginFlow, LoginFlows, LoginRequest, LoginType},
    versions::OpenError,
};
use crate::{
    api::refusal::refusals,
    app::App,
    audit,
    directory::{DirectoryError, Holder, NewSession, TokenId, TokenInfo, TokenSecret},
    id::DeviceId,
    request::RequestInfo,
    store::StoreError,
};

refusals! {
    /// Why a user was not logged in.
    pub(super) enum LoginError: MatrixRefusal, from StoreError {
        /// The body is not valid, or asks for another kind of login.
        BadRequest => MatrixRefusal::bad_json("`type` is not `m.login.token`"),
        /// The token is not valid, or is no user's, or the user has too many.
        Forbidden => not_valid(),
        /// The request body is too large.
        TooLarge,
        Unavailable,
    }
}

/// Tell how to log in: with a token that an admin made.
///
/// No password is asked for anywhere: an admin hands out tokens.
#[utoipa::path(
    get,
    path = "/login",
    operation_id = "getLoginFlows",
    tag = "Account",
    responses(
        (status = 200, description = "The one way there is.", body = LoginFlows,
            examples(("ok" = (value = json!({"flows": [{"type": "m.login.token"}]}))))),
        OpenError,
    ),
)]
pub(super) async fn get_login_flows() -> Result<Json<LoginFlows>, OpenError> {
    Ok(Json(LoginFlows { flows: vec![LoginFlow { kind: LoginType::Token }] }))
}

const TOKEN_LOGIN: &str = "m.login.token";

impl LoginRequest {
    fn parse(body: &[u8]) -> Result<Self, BadRequest> {
        let request: Value = serde_json::from_slice(body)
            .map_err(|error| MatrixRefusal::not_json(format!("The body is not JSON: {error}")))?;
        if request["type"] != TOKEN_LOGIN {
            return Err(MatrixRefusal::bad_json(format!("`type` is not `{TOKEN_LOGIN}`")));
        }
        let token =
            request["token"].as_str().ok_or_else(|| MatrixRefusal::bad_json("`token` is not a string"))?;
        Ok(Self { kind: LoginType::Token, token: token.to_owned(), device_id: device(&request)? })
    }
}

/// The device that a login asks for.
pub(super) fn device(request: &Value) -> Result<Option<DeviceId>, BadRequest> {
    match &request["device_id"] {
        Value::Null => Ok(None),
        Value::String(text) if text.is_empty() => Ok(None),
        Value::String(text) => match text.parse() {
            Ok(device) => Ok(Some(device)),
            Err(error) => Err(MatrixRefusal::invalid_param(format!("`device_id` cannot be used: {error}"))),
        },
        _ => Err(MatrixRefusal::bad_json("`device_id` is not a string")),
    }
}

/// A name for a new device, of ten letters.
pub(super) fn new_device() -> DeviceId {
    let mut bytes = [0; 10];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    let letters: String = bytes.iter().map(|byte| char::from(b'A' + byte % 26)).collect();
    letters.parse().expect("letters are a name")
}

/// Log in with a token that an admin made.
///
/// That opens a session: an access token of its own for the device, which may do what the given token may, and for
/// as long. An earlier session on that device ends, and the user's oldest session does where the user has as many
/// tokens as one may have. The given token stays.
#[utoipa::path(
    post,
    path = "/login",
    operation_id = "login",
    request_body(content = LoginRequest, description = "The kind of login, the token, and the device."),
    tag = "Account",
    responses(
        (status = 200, description = "The user is logged in.", body = Login,
            examples(("ok" = (value = json!({"user_id": "@alice:example.com", "access_token": "pd_5e1f",
                "device_id": "PHONE"}))))),
        LoginError,
    ),
)]
pub(super) async fn login(
    State(app): State<App>,
    info: Option<Extension<RequestInfo>>,
    body: Body,
) -> Result<Json<Login>, LoginError> {
    let request = LoginRequest::parse(&read_body::<LoginError>(&app, body).await?)?;
    let (secret, now) = (request.token.as_bytes(), app.service.now());
    let (user, app_id) = match app.auth.holder(secret) {
        Ok(Holder::User { user, device, .. }) => (user, device),
        Ok(_) => return Err(MatrixRefusal::no_user().into()),
        Err(error) => {
            audit::refused_login("matrix", "", &error.to_string(), info.as_deref());
            return Err(not_valid().into());
        }
    };
    let session = NewSession {
        from: TokenId::of(secret),
        device: request.device_id.unwrap_or_else(new_device),
        secret: TokenSecret::random(),
    };
    let (device_id, access_token) = (session.device.clone().into(), session.secret.reveal().to_owned());
    let TokenInfo { expires, .. } = match app.directory.open_session(session, now).await {
        Ok(info) => info,
        Err(DirectoryError::Store(error)) => return Err(error.into()),
        Err(DirectoryError::TokenSpent | DirectoryError::UnknownUser(_)) => return Err(not_valid().into()),
        Err(error) => return Err(MatrixRefusal::forbidden(error.to_string()).into()),
    };
    audit::login("matrix", &user, app_id.as_str(), info.as_deref());
    let expires_in_ms = expires.map(|expires| expires.millis_since(now));
    Ok(Json(Login { user_id: user.into(), access_token, device_id, expires_in_ms }))
}

fn not_valid() -> Forbidden {
    MatrixRefusal::forbidden("The token is not valid")
}
