//! `POST /restapi/oauth/wstoken`: tokens that open WebSockets. Browsers set no headers there, so the token stands in
//! the address, where it may end up in a log; that is why it opens nothing soon. Until then it opens as many as its
//! owner may have: clients keep theirs for the next connection.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, Uri},
};

use crate::{
    api::{
        refusal::refusals,
        ringcentral::{
            error::{CallerError, RestRefusal},
            extract::{ACCEPTS, Asker},
            permission::Permission,
            rate::Light,
            socket::sessions::{MOST, OnSocket, Session},
            types::WebSocketToken,
        },
    },
    app::App,
    auth::{self, Access, AuthError},
    directory::{Origin, PassKind},
    push::Owner,
    store::StoreError,
};

refusals! {
    /// Why there is no token.
    pub(in crate::api::ringcentral) enum CreateWebSocketTokenError: RestRefusal,
        from CallerError, AuthError, StoreError
    {
        Unauthorized,
        Forbidden,
        TooLarge,
        TooManyRequests,
        Unavailable,
    }
}

/// The tokens, of which a user has as many with each application as sessions.
static TOKENS: PassKind = PassKind { name: "socket", lifetime: Duration::from_secs(30), most: MOST };

/// The caller who opens a socket.
#[derive(Clone)]
pub(in crate::api::ringcentral) struct Opener {
    pub(super) caller: auth::Caller,
    /// What is opened by it ends with it. That a login's token expires does not end a socket, which has its own time.
    access: Access,
    login: Origin,
}

impl Opener {
    /// The caller who opens a socket with this token.
    pub(super) async fn with(app: &App, token: &str) -> Result<Self, AuthError> {
        let (access, holder) = app.auth.by_pass(&TOKENS, token).await?.ok_or(AuthError::Unknown)?;
        let login = access.credential().and_then(|credential| app.directory.origin(&credential));
        let login = login.ok_or(AuthError::Revoked)?;
        Ok(Self { caller: auth::Caller::of(holder)?, access, login })
    }

    /// Whether what it opened may go on.
    pub(super) async fn is_valid(&self, app: &App) -> bool {
        app.auth.check(&self.access).await.is_ok()
    }

    /// Completes once it may not.
    pub(super) async fn ended(&self, app: &App) {
        app.access_ended(&self.access).await;
    }

    /// What marks requests that come over a socket of a session.
    pub(super) fn on_socket(&self, session: Arc<Session>) -> OnSocket {
        OnSocket { login: self.login.clone(), session }
    }

    pub(super) fn owner(&self) -> Owner {
        (Some(self.caller.user.clone()), self.caller.device.clone())
    }
}

/// Create a token for WebSockets.
///
/// It opens as many as its owner may have, for 30 seconds.
#[utoipa::path(
    post,
    path = "/restapi/oauth/wstoken",
    operation_id = "CreateWebSocketToken",
    security(("bearer" = [])),
    tag = "Subscriptions",
    responses(
        (status = 200, description = "The token.", body = WebSocketToken),
        CreateWebSocketTokenError,
    ),
)]
pub(in crate::api::ringcentral) async fn create_web_socket_token(
    State(app): State<App>,
    asker: Asker<Light>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Json<WebSocketToken>, CreateWebSocketTokenError> {
    let caller = asker.caller()?;
    caller.require(Permission::ReadPresence)?;
    let identified = app.auth.identify_by(&headers, &uri, ACCEPTS).await?;
    let auth::Caller { user, device, .. } = caller.token();
    let (owner, access) = (format!("{user} {device}"), identified.access().beyond_its_time());
    let issued = app.auth.issue_pass(&TOKENS, &owner, &access).await?;
    let (token, _) = issued.ok_or(AuthError::NoUser)?;
    let (ws_access_token, uri) = (token.reveal().to_owned(), super::uri(&app, &headers));
    Ok(Json(WebSocketToken { ws_access_token, uri, expires_in: TOKENS.lifetime.as_secs() }))
}
