//! `/presenced/v1/socket`: presence over a WebSocket, which follows and says in both directions.
//!
//! - [`frame`]: what goes over it. [`connection`]: one connection, from its sign-in to its last frame.

mod connection;
mod frame;

use axum::{
    Extension,
    extract::{State, WebSocketUpgrade, ws::rejection::WebSocketUpgradeRejection},
    response::Response,
};

use self::connection::open;
use super::{
    error::ProblemRefusal,
    extract::{Parameters, SocketOpener, once},
    saying::named_device,
};
use crate::{
    api::{refusal::refusals, sockets},
    app::App,
    request::Lasting,
};

refusals! {
    /// Why no socket is opened.
    pub(super) enum OpenSocketError: ProblemRefusal {
        /// There is a parameter that this does not take.
        BadRequest => ProblemRefusal::invalid("users: there is no such parameter"),
        TooLarge,
        UpgradeRequired,
        /// The server starts, or it opens no more sockets in this second.
        Unavailable => ProblemRefusal::too_many_new_streams(std::time::Duration::from_secs(1)),
    }
}

/// Where sockets are opened.
pub(super) const PATH: &str = "/presenced/v1/socket";

/// The protocol, for clients that name one.
const PROTOCOL: &str = "presenced.v1";

/// Open a WebSocket.
///
/// Its frames are JSON objects with a `type`; the AsyncAPI document `presenced-events` has them. The client signs in by
/// a token in the header, by a `ticket`, or by a first frame `token` within ten seconds; the server answers `ready`. Then
/// `watch` and `unwatch` say whom to tell of, and `presence` and `activity` speak for the user's device, which counts as
/// connected from the first of them on for as long as the socket is open. A frame with an `id` is answered by `ack` or
/// `error`.
///
/// Close codes: 1001 the server is about to stop, 1003 a binary frame, 1007 no JSON, 1009 too large, 4401 the token is
/// none or has ended, 4408 the client read too slowly, 4429 too many sockets are open or too many frames came. What only asks
/// by HTTP, as Swagger UI does, is refused: try it with a WebSocket client.
///
/// Who comes back watches again with `since`, the `token` of the last frame before: all of it in one frame, or else with the
/// same `since` in each.
#[utoipa::path(
    get,
    path = "/presenced/v1/socket",
    operation_id = "openSocket",
    params(
        ("deviceId" = Option<String>, Query, description = "The device that speaks; left out: that of the token. Browsers \
            that share a token are a device each by it.", example = "web-1"),
    ),
    security((), ("bearer" = []), ("ticket" = [])),
    tag = "Following",
    responses(
        (status = 101, description = "The connection is a WebSocket from now on. Whether the token is good is told on it."),
        OpenSocketError,
    ),
)]
pub(super) async fn open_socket(
    State(app): State<App>,
    opener: SocketOpener,
    parameters: Parameters,
    lasting: Option<Extension<Lasting>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, OpenSocketError> {
    let mut device = None;
    parameters.each(|name, value| match name {
        "ticket" => Some(Ok(())),
        "deviceId" => Some(once(&mut device, name, named_device(&value).map_err(ProblemRefusal::invalid))),
        _ => None,
    })?;
    let upgrade = upgrade.map_err(|_| ProblemRefusal::web_sockets_alone())?;
    app.new_stream_limit.check(&()).map_err(ProblemRefusal::too_many_new_streams)?;
    let upgrade = sockets::bounded(upgrade, &app).protocols([PROTOCOL]);
    Ok(upgrade.on_upgrade(async move |socket| {
        let _lasting = lasting;
        let _watching = app.metrics.clone().watch("websocket");
        open(app, socket, opener, device).await;
    }))
}
