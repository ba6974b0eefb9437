//! presenced's own API: the directory, settings, presence of one, of many and as it changes, presence
//! lists, reports of gateways on devices and calls, and the server's health.

mod access;
mod app_tokens;
mod backend;
mod calls;
mod changes;
mod demo;
mod error;
mod events_document;
mod export;
mod extract;
mod health;
mod heartbeats;
mod json;
mod life;
mod lists;
mod memberships;
mod presence;
mod room_presence;
mod rooms;
mod saying;
mod settings;
mod snapshots;
mod socket;
pub(crate) mod stub;
mod subscriptions;
mod tickets;
mod tokens;
pub mod types;
mod updates;
mod users;
mod webhooks;

use axum::{
    Router, middleware,
    routing::{self, MethodFilter},
};
use utoipa::openapi::{
    OpenApi,
    security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use self::{
    error::ProblemRefusal,
    types::{PresenceSnapshot, Problem, StreamEnd, TokenExpiring, UsersGone},
    webhooks::voice::PresencedVoice,
};
use super::{Companion, Cors, Dialect, Refusals};
use crate::{app::App, audit, openapi};

/// What the tags of operations are about.
const TAGS: [(&str, &str); 7] = [
    ("Directory", "Users, their tokens, and rooms, for admins."),
    ("Presence", "Presence of one user and of many, as it is and as it changes, and what is reported of it."),
    ("Following", "Presence as it changes, over a WebSocket, and tickets that open one."),
    ("Webhooks", "Presence as it changes, told to an application's backend, for admins and service tokens."),
    ("Presence lists", "Who asks to see a user, and the answer."),
    ("Server", "The server itself: whether it is well, and all that it keeps."),
    ("Demo", "The demo as a fixture of tests; elsewhere there is none of it."),
];

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    document_under: Some(|config| document(config.presence.lists)),
    voice: Some(&PresencedVoice),
    companions: &[Companion {
        name: "presenced-events",
        title: "presenced events",
        document: events_document::document,
    }],
    about: "State, status and activity apart; streams, sockets, webhooks; users, rooms and tokens.",
    prefixes: &["/presenced/"],
    body_bytes: |config| config.limits.bulk_body_bytes,
    cors: Cors {
        request_headers: "X-Requested-With, Content-Type, Authorization, Date, Last-Event-ID",
        ..Cors::USUAL
    },
    ..Dialect::new(
        "presenced",
        "presenced",
        || document(true),
        Refusals::of::<ProblemRefusal>(),
        |app| router(app).into(),
    )
};

/// How many tickets wait for their use.
pub fn unused_tickets(app: &App) -> usize {
    app.directory.unused_passes(&access::TICKETS)
}

/// All operations; those on presence lists only with `lists`.
fn routes(lists: bool) -> OpenApiRouter<App> {
    let routes = OpenApiRouter::with_openapi(base())
        .merge(stub::directory::of_admins().layer(middleware::from_fn(audit::admin_actions)))
        .merge(stub::directory::of_sessions())
        // Presence.
        .merge(stub::of_users())
        .routes(routes!(changes::stream_changes))
        .routes(routes!(socket::open_socket))
        .routes(routes!(tickets::create_ticket))
        .routes(routes!(webhooks::list_webhooks, webhooks::create_webhook))
        .routes(routes!(webhooks::get_webhook, webhooks::put_webhook, webhooks::delete_webhook))
        .routes(routes!(webhooks::test_webhook))
        .merge(stub::of_gateways())
        // The server itself.
        .merge(stub::server::of_export().layer(middleware::from_fn(audit::admin_actions)))
        .merge(stub::server::of_health());
    let routes = if lists { routes.merge(stub::presence_lists::operations()) } else { routes };
    // Last, for whoever tries all of it in turn.
    routes.routes(routes!(demo::advance_demo)).routes(routes!(demo::reset_demo))
}

fn router(app: &App) -> Router {
    let (routes, _) = routes(app.config.presence.lists).split_for_parts();
    // Over HTTP/2 a socket is asked for in another way.
    let routes = routes.route(socket::PATH, routing::on(MethodFilter::CONNECT, socket::open_socket));
    DIALECT.framed(app, DIALECT.closed(routes))
}

fn document(lists: bool) -> OpenApi {
    let (_, mut document) = routes(lists).split_for_parts();
    changes::name_events(&mut document);
    completed(document)
}

/// A document with what no annotation says.
fn completed(mut document: OpenApi) -> OpenApi {
    let activity = document.paths.paths.get_mut("/presenced/v1/activity");
    openapi::let_out_bodies(activity.and_then(|item| item.post.as_mut()).into_iter());
    openapi::finished(document, &TAGS)
}

/// A document without operations, with what streams tell.
fn base() -> OpenApi {
    let mut document = bare();
    openapi::add_schema::<PresenceSnapshot>(&mut document);
    openapi::add_schema::<UsersGone>(&mut document);
    openapi::add_schema::<TokenExpiring>(&mut document);
    openapi::add_schema::<StreamEnd>(&mut document);
    document
}

/// A document without operations.
fn bare() -> OpenApi {
    let mut document = openapi::base(
        "presenced API",
        "The directory of users, rooms and tokens, and presence as presenced itself tells it: one \
             user or many in a call, or as a stream of changes. Times are in milliseconds since the Unix epoch.",
    );
    openapi::add_schema::<Problem>(&mut document);
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(
        "accessToken",
        SecurityScheme::ApiKey(ApiKey::Query(ApiKeyValue::with_description(
            "access_token",
            "The same token, for the stream of changes alone: browsers set no headers there.",
        ))),
    );
    components.add_security_scheme(
        "ticket",
        SecurityScheme::ApiKey(ApiKey::Query(ApiKeyValue::with_description(
            "ticket",
            "A ticket, which stands for a token once, for the stream of changes and the socket alone.",
        ))),
    );
    components.add_security_scheme(
        "bearer",
        SecurityScheme::Http(
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .description(Some("A token of a user's device, a service token of an application's backend, or the admin token."))
                .build(),
        ),
    );
    document
}
