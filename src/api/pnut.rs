//! The pnut.io dialect: user presence as of version 0.9.6 of pnut's API under `/v0`, and as of version 1.3.0
//! under `/v1`, where a presence may have an end of its own; and what its clients ask besides.
//! Source: <https://github.com/pnut-api/api-spec>, `resources/users/presence.md`.

mod account;
mod backend;
mod caller;
pub mod config;
mod envelope;
mod error;
mod exchange;
mod form;
mod limit;
mod presence;
mod request;
pub(crate) mod stub;
pub mod types;
mod update;
mod version;

use axum::{Router, middleware};
use utoipa::openapi::{
    ContactBuilder, InfoBuilder, LicenseBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, ServerBuilder,
    ServerVariableBuilder, Type,
    security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouter},
    routes,
};

use self::{
    config::Pnut,
    error::PnutRefusal,
    exchange::{Gate, exchange},
    limit::RateLimits,
    types::ErrorAnswer,
};
use super::{Cors, Dialect, Refusals};
use crate::{
    app::{self, App},
    config::SectionKind,
    directory::Scope,
    openapi::{self, HeaderDoc},
};

/// Under which paths the dialect is served, all alike.
const PREFIXES: [&str; 2] = ["/v0", "/v1"];

/// What the tags of operations are about.
const TAGS: [(&str, &str); 2] =
    [("Presence", "Who is present, with what text."), ("Account", "Who a user is, and what a token is.")];

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    is_optional: true,
    section: Some(SectionKind::of::<Pnut>()),
    about: "User presence, with its texts that hold for fifteen minutes.",
    prefixes: &["/v0/", "/v1/"],
    bases: &PREFIXES,
    // Bodies are measured where they are read: after `update_presence`, which makes them irrelevant.
    body_bytes: |_| usize::MAX,
    cors: Cors {
        methods: "GET, PUT",
        request_headers: "authorization, content-type, x-pretty-json",
        exposed_headers: "X-API-Version, X-OAuth-Scopes, X-RateLimit-Limit, X-RateLimit-Remaining, \
                          X-RateLimit-Reset, Retry-After",
    },
    ..Dialect::new("pnut", "pnut.io", document, Refusals::of::<PnutRefusal>(), |app| router(app).into())
};

/// What this dialect holds for itself while a server runs.
struct Own {
    limits: RateLimits,
}

impl app::Own for Own {
    fn new(app: &app::Parts) -> Self {
        Self { limits: RateLimits::new(app.config.clone()) }
    }
}

fn routes() -> Vec<UtoipaMethodRouter<App>> {
    let account = [routes!(account::get_token), routes!(account::get_user)];
    stub::operations().into_iter().chain(account).collect()
}

fn router(app: &App) -> Router {
    DIALECT.framed(app, gated(routes(), Gate(app.parts())))
}

/// Operations under every prefix, behind what every call goes through.
fn gated<S>(routes: Vec<UtoipaMethodRouter<S>>, gate: Gate) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let mut router = Router::new();
    for (_, paths, methods) in routes {
        let path = paths.paths.keys().next().expect("an operation has a path");
        for prefix in PREFIXES {
            router = router.route(&format!("{prefix}{path}"), methods.clone());
        }
    }
    DIALECT.closed(router).layer(middleware::from_fn_with_state(gate, exchange))
}

/// A scope's name in this dialect.
fn scope_name(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "basic",
        Scope::Write => "presence",
        Scope::Gateway => "gateway",
    }
}

fn document() -> OpenApi {
    documented(routes())
}

/// The document of some operations.
fn documented(routes: Vec<UtoipaMethodRouter<App>>) -> OpenApi {
    let documented = routes.into_iter().fold(OpenApiRouter::with_openapi(base()), OpenApiRouter::routes);
    let (_, mut document) = documented.split_for_parts();
    // A PUT may have its value in the query, or none.
    openapi::let_out_bodies(document.paths.paths.values_mut().filter_map(|item| item.put.as_mut()));
    for header in headers() {
        openapi::add_header(&mut document, header, |_, _| true);
    }
    openapi::finished(document, &TAGS)
}

/// The headers of answers.
fn headers() -> [HeaderDoc; 5] {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let count = || ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0));
    let doc = |name, schema: ObjectBuilder, is_required, about| HeaderDoc {
        name,
        schema: schema.build(),
        is_required,
        about,
    };
    [
        doc(
            "X-API-Version",
            text().examples(["0.9.6"]),
            true,
            "The version of pnut's API: 0.9.6 under `/v0`, 1.3.0 under `/v1`.",
        ),
        doc(
            "X-OAuth-Scopes",
            text().examples(["basic,presence"]),
            false,
            "The scopes of the token, if there is one that counts, with commas between them.",
        ),
        doc("X-RateLimit-Limit", count(), false, "While rate limits are on: how many calls a period has."),
        doc("X-RateLimit-Remaining", count(), false, "While rate limits are on: how many are left of them."),
        doc(
            "X-RateLimit-Reset",
            count(),
            false,
            "While rate limits are on: in how many seconds the period ends.",
        ),
    ]
}

fn base() -> OpenApi {
    let info = InfoBuilder::new()
        .title("pnut.io presence API")
        .description(Some(
            "User presence as pnut.io's clients know it, over presenced. Every answer is an object with `meta`, \
             and on success `data`. Of the token's scopes, `presence` (presenced's `write`) lets a user set \
             their presence, and any lets read. With a header `X-Pretty-Json` answers \
             are indented.",
        ))
        .version("0.9.6")
        .contact(Some(ContactBuilder::new().name(Some("the presenced developers")).build()))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    let prefix = ServerVariableBuilder::new().default_value(PREFIXES[0]).enum_values(Some(PREFIXES));
    let server = ServerBuilder::new()
        .url("http://127.0.0.1:8008{basePath}")
        .description(Some("A server on this machine with its default address."))
        .parameter("basePath", prefix)
        .build();
    let mut document = OpenApiBuilder::new().info(info).servers(Some([server])).build();
    openapi::add_schema::<ErrorAnswer>(&mut document);
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(
        "bearer",
        SecurityScheme::Http(
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .description(Some("A token of a user's device, or one that belongs to no user. It may stand in the query instead, as \
                     `access_token`."))
                .build(),
        ),
    );
    document
}
