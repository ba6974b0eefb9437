//! `POST /register`: users that application services make. No other users are registered here.
//! Source: <https://spec.matrix.org/v1.10/application-service-api/#server-admin-style-permissions>

use axum::{Json, body::Body, extract::State, http::request::Parts};
use serde_json::Value;

use super::{
    error::{BadRequest, MatrixRefusal},
    extract::{accepts, read_body},
    login::{device, new_device},
    types::{Registered, RegistrationRequest, RegistrationType},
};
use crate::{
    api::refusal::refusals,
    app::App,
    auth::AuthError,
    directory::{DirectoryError, NewGhost, TokenSecret},
    id::UserId,
    store::StoreError,
};

refusals! {
    /// Why no user was made.
    pub(super) enum RegisterError: MatrixRefusal, from AuthError, StoreError {
        /// The body is not valid, or the name cannot be had.
        BadRequest => MatrixRefusal::user_in_use(),
        Unauthorized,
        /// The access token is no application service's.
        Forbidden,
        /// The request body is too large.
        TooLarge,
        Unavailable,
    }
}

const APP_SERVICE: &str = "m.login.application_service";

impl RegistrationRequest {
    fn parse(body: &[u8]) -> Result<Self, RegisterError> {
        let request: Value = serde_json::from_slice(body)
            .map_err(|error| MatrixRefusal::not_json(format!("The body is not JSON: {error}")))?;
        if request["type"] != APP_SERVICE {
            return Err(MatrixRefusal::forbidden("Application services alone register users here").into());
        }
        let username = request["username"].as_str();
        let username = username.ok_or_else(|| MatrixRefusal::bad_json("`username` is not a string"))?;
        let inhibit_login = match &request["inhibit_login"] {
            Value::Null => false,
            Value::Bool(inhibit) => *inhibit,
            _ => return Err(MatrixRefusal::bad_json("`inhibit_login` is not true or false").into()),
        };
        let device_id = device(&request)?;
        Ok(Self {
            kind: RegistrationType::AppService,
            username: username.to_owned(),
            inhibit_login,
            device_id,
        })
    }

    fn user(&self, server: &str) -> Result<UserId, BadRequest> {
        let is_allowed =
            |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'=' | b'-' | b'/' | b'+');
        let user = format!("@{}:{server}", self.username).parse().ok();
        user.filter(|_| self.username.bytes().all(is_allowed)).ok_or_else(|| {
            MatrixRefusal::invalid_username("A name is made of a-z, 0-9 and . _ = - / +, and not too long")
        })
    }
}

/// Make a user, as an application service.
///
/// The name has to be in one of the service's namespaces. From then on the service speaks for the user, by
/// `?user_id=`.
#[utoipa::path(
    post,
    path = "/register",
    operation_id = "register",
    request_body(content = RegistrationRequest, description = "The kind of registration, and the user's name."),
    security(("accessTokenBearer" = []), ("accessToken" = [])),
    tag = "Account",
    responses(
        (status = 200, description = "The user was made.", body = Registered,
            examples(("ok" = (value = json!({"user_id": "@irc_dave:example.com"}))))),
        RegisterError,
    ),
)]
pub(super) async fn register(
    State(app): State<App>,
    parts: Parts,
    body: Body,
) -> Result<Json<Registered>, RegisterError> {
    let body = read_body::<RegisterError>(&app, body).await?;
    let request = RegistrationRequest::parse(&body)?;
    let service = app.auth.app_service(&parts, accepts(&app)).await?;
    let service =
        service.ok_or_else(|| MatrixRefusal::forbidden("The access token is no application service's"))?;
    let user = request.user(&app.config.server.name)?;
    let is_own = user == service.sender;
    if !is_own && (!service.has(&user) || app.auth.app_services.is_taken(&user, service)) {
        return Err(MatrixRefusal::exclusive().into());
    }
    let device = request.device_id.unwrap_or_else(new_device);
    let login = (!request.inhibit_login).then(|| (device, TokenSecret::random()));
    let ghost = NewGhost { user: user.clone(), made_by: service.id.clone(), login: login.clone() };
    match app.directory.make_ghost(ghost, app.service.now()).await {
        Ok(()) => {}
        Err(DirectoryError::UserTaken(_)) => return Err(MatrixRefusal::user_in_use().into()),
        Err(DirectoryError::Store(error)) => return Err(error.into()),
        Err(error) => return Err(MatrixRefusal::forbidden(error.to_string()).into()),
    }
    let (device_id, access_token) =
        login.map(|(device, secret)| (device.into(), secret.reveal().to_owned())).unzip();
    Ok(Json(Registered { user_id: user.into(), access_token, device_id }))
}
