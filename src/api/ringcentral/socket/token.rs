//! `POST /restapi/oauth/wstoken`: tokens that open WebSockets. Browsers set no headers there, so the token stands in
//! the address, where it may end up in a log; that is why it opens nothing soon. Until then it opens as many as its
//! owner may have: clients keep theirs for the next connection.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

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
            extract::{ACCEPTS, Asker},
            permission::Permission,
            rate::Light,
            socket::sessions::{MOST, OnSocket, Session},
            types::WebSocketToken,
        },
    },
    app::App,
    auth::{self, Access, AuthError},
    directory::{Origin, TokenSecret},
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

/// The caller who opens a socket.
#[derive(Clone)]
pub(in crate::api::ringcentral) struct Opener {
    pub(super) caller: auth::Caller,
    /// What is opened by it ends with it. That a login's token expires does not end a socket, which has its own time.
    access: Access,
    login: Origin,
}

impl Opener {
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

/// The tokens that open something.
#[derive(Default)]
pub(in crate::api::ringcentral) struct SocketTokens(Mutex<Issued>);

#[derive(Default)]
struct Issued {
    by_hash: HashMap<[u8; 32], (Opener, Timestamp)>,
    /// The hashes of each owner's, the oldest first.
    of_owners: HashMap<Owner, VecDeque<[u8; 32]>>,
    /// When those whose time was over were forgotten.
    cleaned: Option<Timestamp>,
}

impl SocketTokens {
    /// A token for the caller who opens a socket. Of as many as an owner may have sessions, the oldest makes room.
    fn issue(&self, opener: Opener, now: Timestamp) -> TokenSecret {
        let (secret, end) = (TokenSecret::random(), now + Duration::from_secs(LIFETIME));
        let Issued { by_hash, of_owners, cleaned } = &mut *self.0.lock();
        if cleaned.is_none_or(|cleaned| now >= cleaned + Duration::from_secs(LIFETIME)) {
            *cleaned = Some(now);
            by_hash.retain(|_, (_, end)| now < *end);
            for own in of_owners.values_mut() {
                own.retain(|hash| by_hash.contains_key(hash));
            }
            of_owners.retain(|_, own| !own.is_empty());
        }
        let own = of_owners.entry(opener.owner()).or_default();
        if own.len() == MOST
            && let Some(oldest) = own.pop_front()
        {
            by_hash.remove(&oldest);
        }
        own.push_back(hash(secret.reveal()));
        by_hash.insert(hash(secret.reveal()), (opener, end));
        secret
    }

    /// The caller who opens a socket with this token.
    pub(super) fn opener(&self, token: &str, now: Timestamp) -> Option<Opener> {
        let issued = self.0.lock();
        let (opener, end) = issued.by_hash.get(&hash(token))?;
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
    let token = identified.credential().ok_or(AuthError::NoUser)?;
    let login = app.directory.origin(&token).ok_or(AuthError::Revoked)?;
    let access = identified.access().beyond_its_time();
    let opener = Opener { caller: caller.token().clone(), access, login };
    let token = app.own::<Own>().tokens.issue(opener, app.service.now());
    let uri = super::uri(&app, &headers);
    Ok(Json(WebSocketToken { ws_access_token: token.reveal().to_owned(), uri, expires_in: LIFETIME }))
}
