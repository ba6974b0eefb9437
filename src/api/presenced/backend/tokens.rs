//! Tokens of a server of ours, as they are listed and made.

use std::time::Duration;

use crate::{
    api::presenced::{
        error::{BadRequest, ProblemRefusal},
        stub::directory::{
            AppToken, AppTokenRequest, CreateAppTokenError, CreateTokenError, IssuedAppToken, IssuedToken,
            Token, TokenRequest, Whoami,
        },
    },
    app::Parts,
    auth::Identified,
    directory::{DirectoryError, Holder, NewToken, Scope, Scopes, TokenInfo, TokenSecret},
    id::{DeviceId, UserId},
    presence::Timestamp,
};

/// The longest name of an app, in bytes of UTF-8.
const LONGEST_NAME: usize = 255;

/// The longest time after which a token may expire, in seconds: a hundred years.
const LONGEST_LIFE: u64 = 100 * 365 * 24 * 60 * 60;

impl Token {
    pub(super) fn of_user(info: TokenInfo) -> Option<Self> {
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

impl AppToken {
    pub(super) fn of_app(info: TokenInfo) -> Option<Self> {
        let Holder::App { name, scopes } = info.holder else { return None };
        let (scopes, expires_at) =
            (scopes.iter().map(Into::into).collect(), info.expires.map(Timestamp::as_millis));
        Some(Self { token_id: info.id.as_str().to_owned(), name, scopes, expires_at })
    }
}

/// Makes a token for a user's device.
pub(super) async fn create(
    server: &Parts,
    user: &UserId,
    request: TokenRequest,
) -> Result<IssuedToken, CreateTokenError> {
    let device: DeviceId =
        request.device_id.parse().map_err(|error| ProblemRefusal::invalid(format!("deviceId: {error}")))?;
    let expires = expiry(server, request.expires_in_seconds)?;
    let scopes = request.scopes.into_iter().map(Scope::from).collect();
    let secret = TokenSecret::random();
    let holder = Holder::User { user: user.clone(), device, scopes, guest: request.guest };
    let added = server.directory.add_token(&secret, NewToken { holder, expires }).await;
    let info = added.map_err(|error| match error {
        DirectoryError::UnknownUser(_) => ProblemRefusal::not_found(error.to_string()).into(),
        error => CreateTokenError::from(error),
    })?;
    let info = Token::of_user(info).expect("the token was made for a user");
    Ok(IssuedToken { token: secret.reveal().to_owned(), info })
}

/// Makes a token for an app.
pub(super) async fn create_of_app(
    server: &Parts,
    request: AppTokenRequest,
) -> Result<IssuedAppToken, CreateAppTokenError> {
    if !(1..=LONGEST_NAME).contains(&request.name.len()) {
        let detail = format!("name: has to have from 1 to {LONGEST_NAME} bytes");
        return Err(ProblemRefusal::invalid(detail).into());
    }
    let expires = expiry(server, request.expires_in_seconds)?;
    let secret = TokenSecret::random();
    let holder =
        Holder::App { name: request.name, scopes: request.scopes.into_iter().map(Scope::from).collect() };
    let info = server.directory.add_token(&secret, NewToken { holder, expires }).await?;
    let info = AppToken::of_app(info).expect("the token was made for an app");
    Ok(IssuedAppToken { token: secret.reveal().to_owned(), info })
}

/// When a token stops working that is to live for so many seconds.
fn expiry(server: &Parts, seconds: Option<u64>) -> Result<Option<Timestamp>, BadRequest> {
    if seconds.is_some_and(|seconds| !(1..=LONGEST_LIFE).contains(&seconds)) {
        return Err(ProblemRefusal::invalid(format!("expiresInSeconds: has to be from 1 to {LONGEST_LIFE}")));
    }
    Ok(seconds.map(|seconds| server.service.now() + Duration::from_secs(seconds)))
}

/// Whose token it is.
pub(super) fn owner(server: &Parts, identified: Identified) -> Whoami {
    let expires = server.auth.expires(&identified.access());
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
    match identified.holder {
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
    }
}
