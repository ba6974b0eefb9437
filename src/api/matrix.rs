//! The Matrix dialect: the presence module of the client-server API, as of its versions 1.8 to 1.10,
//! under every prefix that clients use.

mod account;
mod backend;
pub mod config;
mod contract;
mod error;
mod event;
mod extract;
mod filter;
mod list;
mod login;
mod logout;
mod presence;
mod profile;
mod register;
mod rooms;
pub(crate) mod stub;
mod sync;
pub mod types;
mod versions;

use axum::Router;
use utoipa::openapi::{
    InfoBuilder, OpenApi, OpenApiBuilder, RefOr, Schema, ServerBuilder, ServerVariableBuilder,
    security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouter},
    routes,
};

use self::{
    config::Matrix,
    contract::without_additions,
    error::MatrixRefusal,
    types::{LimitExceeded, MatrixError},
};
use super::{Dialect, Mounted, Refusals};
use crate::{app::App, config::SectionKind, openapi};

/// The prefixes under which the presence module is served, from the one in the document to the oldest.
pub const PREFIXES: [&str; 4] = ["v3", "r0", "unstable", "api/v1"];

/// Those of [`PREFIXES`] under which `/sync` and its companions are served too.
pub const SYNC_PREFIXES: [&str; 2] = ["v3", "r0"];

/// Below which paths operations are served.
const BASES: [&str; 5] = [
    "/_matrix/client",
    "/_matrix/client/v3",
    "/_matrix/client/r0",
    "/_matrix/client/unstable",
    "/_matrix/client/api/v1",
];

/// Where the document's paths begin, unless a path says otherwise.
const BASE_PATH: &str = "/_matrix/client/v3";

/// What the tags of operations are about.
const TAGS: [(&str, &str); 6] = [
    ("Presence", "What one user's presence is, and one's own to set."),
    ("Following", "The presence of everybody whom one may see, as it changes."),
    ("Account", "Logging in and out, and what clients ask before anything else."),
    ("Directory", "Names, pictures and rooms of those whom one may see."),
    ("Presence lists", "Whom one asks to see, beyond those with whom one shares a room."),
    ("Server", "What the server speaks."),
];

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    is_optional: true,
    section: Some(SectionKind::of::<Matrix>()),
    document_under: Some(|config| document(config.section::<Matrix>().busy, config.presence.lists)),
    notice: "The presence operations and the two error schemas follow the OpenAPI definition of the Matrix\n\
             client-server API: Copyright 2016 OpenMarket Ltd, Copyright 2018 New Vector Ltd, licensed under the\n\
             Apache License, Version 2.0 (http://www.apache.org/licenses/LICENSE-2.0). It was changed: the\n\
             additions are listed in tests/it/openapi/contract.rs.\n",
    contract: Some(|| without_additions(&document(false, true))),
    about: "The presence module of the client-server API, and /sync for presence alone.",
    prefixes: &["/_matrix/"],
    bases: &BASES,
    ..Dialect::new("matrix", "Matrix", || document(false, true), Refusals::of::<MatrixRefusal>(), mounted)
};

/// The JSON Schema of the `m.presence` event.
pub fn event_schema() -> schemars::Schema {
    event::schema()
}

/// Operations of one path each, with their handlers and their documentation.
type Routes<S = App> = Vec<UtoipaMethodRouter<S>>;

/// What stands under each of [`PREFIXES`].
fn under_prefix() -> Routes {
    stub::operations()
}

/// What stands under [`SYNC_PREFIXES`] alone: following presence, and what clients need for it.
fn under_sync_prefix() -> Routes {
    vec![
        routes!(sync::sync),
        routes!(filter::define_filter),
        routes!(filter::get_filter),
        routes!(account::get_token_owner),
        routes!(account::get_push_rules),
        routes!(account::get_capabilities),
        routes!(profile::get_user_profile),
        routes!(profile::get_display_name),
        routes!(profile::get_avatar_url),
        routes!(rooms::get_joined_rooms),
        routes!(login::get_login_flows, login::login),
        routes!(register::register),
    ]
}

/// The rest of what stands under [`SYNC_PREFIXES`]: what ends tokens stands last in the document, for whoever
/// tries all of it in turn.
fn endings() -> Routes {
    vec![routes!(logout::logout), routes!(logout::logout_all)]
}

/// What stands under [`SYNC_PREFIXES`] where presence lists are on. (The specification had them in `r0` alone; so
/// that all operations are below one path, the document has them there.)
fn presence_lists(lists: bool) -> Routes {
    if lists { stub::presence_lists::operations() } else { Vec::new() }
}

/// What stands beside the prefixes, and for those who know one path alone under [`SYNC_PREFIXES`] too.
fn beside_prefix() -> Routes {
    vec![routes!(versions::get_versions)]
}

fn mounted(app: &App) -> Mounted {
    let app_services = {
        let app = app.clone();
        async move {
            if let Err(error) = app.auth.app_services.make_senders(&app.directory, app.service.now()).await {
                tracing::error!(%error, "application services could not be given their users");
            }
        }
    };
    Mounted { start: Some(Box::pin(app_services)), ..router(app).into() }
}

fn router(app: &App) -> Router {
    let mut router = mount(Router::new(), "/_matrix/client", beside_prefix());
    for prefix in PREFIXES {
        let base = format!("/_matrix/client/{prefix}");
        router = mount(router, &base, under_prefix());
        if SYNC_PREFIXES.contains(&prefix) {
            router = mount(router, &base, under_sync_prefix());
            router = mount(router, &base, presence_lists(app.config.presence.lists));
            router = mount(router, &base, beside_prefix());
            router = mount(router, &base, endings());
        }
    }
    DIALECT.framed(app, DIALECT.closed(router))
}

/// Adds routes by their whole paths: every level of nested routers would take each request's URI apart
/// once more.
fn mount<S>(router: Router<S>, base: &str, routes: Routes<S>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    routes.into_iter().fold(router, |router, (_, paths, methods)| {
        let path = paths.paths.keys().next().expect("an operation has a path");
        router.route(&format!("{base}{path}"), methods)
    })
}

/// The document; `busy` adds the state of MSC3026, `lists` the presence lists of r0.
fn document(busy: bool, lists: bool) -> OpenApi {
    let routes = [under_prefix(), under_sync_prefix(), presence_lists(lists), beside_prefix(), endings()];
    documented(routes.into_iter().flatten().collect(), busy)
}

/// The document of some operations.
fn documented(routes: Routes, busy: bool) -> OpenApi {
    let documented = routes.into_iter().fold(OpenApiRouter::with_openapi(base()), OpenApiRouter::routes);
    let (_, mut document) = documented.split_for_parts();
    // One base path does for all.
    for operation in
        document.paths.paths.values_mut().flat_map(|item| [&mut item.get, &mut item.post]).flatten()
    {
        operation.servers = None;
    }
    if !busy {
        remove_busy(&mut document);
    }
    openapi::finished(document, &TAGS)
}

fn base() -> OpenApi {
    let variable = ServerVariableBuilder::new;
    let server = ServerBuilder::new()
        .url("{protocol}://{hostname}{basePath}")
        .parameter("protocol", variable().default_value("https").enum_values(Some(["http", "https"])))
        .parameter("hostname", variable().default_value("localhost:8008"))
        .parameter("basePath", variable().default_value(BASE_PATH))
        .build();
    let mut document = OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Matrix Client-Server Presence API")
                .description(Some(
                    "Presence as the Matrix client-server API has it, under every prefix that clients use, and what \
                     clients ask for before it.",
                ))
                .version("1.0.0")
                .build(),
        )
        .servers(Some([server]))
        .build();
    openapi::add_schema::<MatrixError>(&mut document);
    openapi::add_schema::<LimitExceeded>(&mut document);
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(
        "accessToken",
        SecurityScheme::ApiKey(ApiKey::Query(ApiKeyValue::with_description(
            "access_token",
            "The access_token returned by a call to `/login` or `/register`",
        ))),
    );
    components.add_security_scheme(
        "accessTokenBearer",
        SecurityScheme::Http(
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .description(Some(
                    "The same token in the `Authorization: Bearer` header; to be preferred. An application service \
                     may add `?user_id=` to any request, to speak for a user that it registered.",
                ))
                .build(),
        ),
    );
    document
}

fn remove_busy(document: &mut OpenApi) {
    let schemas = document.components.iter_mut().flat_map(|components| &mut components.schemas);
    for (name, schema) in schemas {
        if name == "PresenceState"
            && let RefOr::T(Schema::Object(object)) = schema
            && let Some(values) = &mut object.enum_values
        {
            values.retain(|value| value != presence::BUSY);
        }
    }
}
