//! The WebSocket: notifications as they come, and every request of this dialect over one connection.
//! Source: RingCentral's developer guide, "WebSockets", and what its client libraries send and read.
//!
//! - [`token`]: the tokens that open a socket. [`sessions`]: what outlives a broken connection.
//! - [`frame`]: the messages. [`request`]: requests that come as messages.
//! - [`connection`]: one connection, from its first message to its last.

mod connection;
mod frame;
mod request;
pub(super) mod sessions;
pub(super) mod token;

use axum::{
    Extension, Router,
    extract::{State, WebSocketUpgrade, ws::rejection::WebSocketUpgradeRejection},
    http::{HeaderMap, Uri},
    response::Response,
};

pub(super) use self::request::About;
use self::{connection::Connection, sessions::Opened, token::Opener};
use super::{Own, error::RestRefusal, types::WsError};
use crate::{
    api::{origin, refusal::refusals, sockets},
    app::App,
    auth::AuthError,
    request::Lasting,
};

refusals! {
    /// Why no socket is opened.
    pub(super) enum OpenWebSocketError: RestRefusal {
        TooLarge,
        UpgradeRequired,
        Unavailable,
    }
}

/// Where sockets are opened.
pub(super) const PATH: &str = "/restapi/v1.0/ws";

/// The routes that answer requests which come over a socket.
#[derive(Clone)]
pub(super) struct Routes(pub(super) Router);

/// The address at which a client opens a socket.
pub(super) fn uri(app: &App, headers: &HeaderMap) -> String {
    let origin = origin(&app.config, headers);
    // `http` becomes `ws`, and `https` becomes `wss`.
    format!("{}{PATH}", origin.replacen("http", "ws", 1))
}

/// Open a WebSocket.
///
/// Each message is a JSON array: an object that says what it is, and its body. The server begins with
/// `ConnectionDetails`. A `ClientRequest` carries a request of this API (`method`, `path`, `query`, `headers`) and
/// is answered by a message with the same `messageId`. A subscription that is made so, with the transport
/// `WebSocket`, brings `ServerNotification` messages, whose body is a `Notification`. A `Heartbeat` comes back as
/// it was sent. Before the server ends a connection it says why in a message of the type `Error`; so it does with a
/// token that is not valid. What only asks by HTTP, as Swagger UI does, is refused: try it with a WebSocket client and what
/// `CreateWebSocketToken` answers.
#[utoipa::path(
    get,
    path = "/restapi/v1.0/ws",
    operation_id = "OpenWebSocket",
    params(
        ("access_token" = String, Query, description = "A token of `CreateWebSocketToken`.",
            example = "pd_5f2c"),
        ("wsc" = Option<String>, Query, description = "The latest `wsc.token` of a broken connection: what it had \
            subscribed to goes on, and what it may have missed is sent.", example = "pd_77ab.12"),
    ),
    security(),
    tag = "Subscriptions",
    responses(
        (status = 101, description = "The connection is a WebSocket from now on."),
        OpenWebSocketError,
    ),
)]
pub(super) async fn open_web_socket(
    State(app): State<App>,
    routes: Option<Extension<Routes>>,
    lasting: Option<Extension<Lasting>>,
    headers: HeaderMap,
    uri: Uri,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, OpenWebSocketError> {
    let (Ok(upgrade), Some(Extension(routes))) = (upgrade, routes) else {
        return Err(RestRefusal::web_sockets_alone().into());
    };
    Ok(sockets::bounded(upgrade, &app).on_upgrade(async move |socket| {
        let _lasting = lasting;
        match attach(&app, uri.query().unwrap_or_default()).await {
            Ok((opener, opened)) => {
                let _watching = app.metrics.clone().watch("websocket");
                Connection::new(app, routes, headers, opener, socket, opened).await.run().await;
            }
            Err(error) => frame::refuse(socket, &error).await,
        }
    }))
}

/// Looks at the token of a query, and finds the session that it goes on with, or begins one.
async fn attach(app: &App, query: &str) -> Result<(Opener, Opened), WsError> {
    let parameter = |name: &str| {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    let token = parameter("access_token").unwrap_or_default();
    let opener = Opener::with(app, &token).await.map_err(|error| match error {
        AuthError::Unavailable => WsError::UNAVAILABLE,
        _ => WsError::INVALID_TOKEN,
    })?;
    let opened = app.own::<Own>().sessions.open(&opener.owner(), parameter("wsc").as_deref());
    Ok((opener, opened.ok_or(WsError::TOO_MANY)?))
}
