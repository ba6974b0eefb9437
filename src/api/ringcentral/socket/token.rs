//! `POST /restapi/oauth/wstoken`: tokens that open WebSockets. Browsers set no headers there, so the token stands in
//! the address, where it may end up in a log; that is why it opens nothing soon. Until then it opens as many as its
//! owner may have: clients keep theirs for the next connection.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, Uri},
};
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};

use crate::{
    api::{
        refusal::refusals,
        ringcentral::{
            Own,
            error::{CallerError, RestRefusal},
            extract::{ACCEPTS, Asker, Permission},
            rate::Light,
            socket::sessions::{OnSocket, Session},
            types::WebSocketToken,
        },
    },
    app::App,
    auth::{self, AuthError},
    directory::{TokenId, TokenSecret},
    presence::Timestamp,
    push::Owner,
};

refusals! {
    /// Why there is no token.
    pub(in crate::api::ringcentral) enum CreateWebSocketTokenError: RestRefusal, from CallerError, AuthError {
        Unauthorized,
        Forbidden,
        TooLarge,
        TooManyRequests,
        Unavailable,
    }
}

/// How long a token opens sockets, in seconds.
const LIFETIME: u64 = 30;

/// Whoever opens a socket.
#[derive(Clone)]
pub(in crate::api::ringcentral) struct Opener {
    pub(super) caller: auth::Caller,
    /// The access token, by which it can be told later whether it was revoked.
    access_token: Vec<u8>,
    login: TokenId,
}

impl Opener {
    /// Whether the access token was not revoked. That it expires does not end a socket, which has its own time.
    pub(super) fn is_valid(&self, app: &App) -> bool {
        app.directory.grant(&self.access_token, app.service.now()).is_some()
    }

    /// What marks requests that come over a socket of a session.
    pub(super) fn on_socket(&self, session: Arc<Session>) -> OnSocket {
        OnSocket { caller: self.caller.clone(), login: self.login.clone(), session }
    }

    pub(super) fn owner(&self) -> Owner {
        (self.caller.user.clone(), self.caller.device.clone())
    }
}

/// The tokens that open something, by their hashes.
#[derive(Default)]
pub(in crate::api::ringcentral) struct SocketTokens(Mutex<HashMap<[u8; 32], (Opener, Timestamp)>>);

impl SocketTokens {
    fn issue(&self, opener: Opener, now: Timestamp) -> TokenSecret {
        let secret = TokenSecret::random();
        let mut tokens = self.0.lock();
        tokens.retain(|_, (_, end)| now < *end);
        tokens.insert(hash(secret.reveal()), (opener, now + Duration::from_secs(LIFETIME)));
        secret
    }

    /// Whoever opens a socket with this token.
    pub(super) fn opener(&self, token: &str, now: Timestamp) -> Option<Opener> {
        let tokens = self.0.lock();
        let (opener, end) = tokens.get(&hash(token))?;
        (now < *end).then(|| opener.clone())
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
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
    let access_token = identified.secret.unwrap_or_default();
    let info = app.directory.token(&access_token).ok_or(AuthError::Revoked)?;
    let opener = Opener { caller: caller.token().clone(), access_token, login: info.login().clone() };
    let token = app.own::<Own>().tokens.issue(opener, app.service.now());
    let uri = super::uri(&app, &headers);
    Ok(Json(WebSocketToken { ws_access_token: token.reveal().to_owned(), uri, expires_in: LIFETIME }))
}
