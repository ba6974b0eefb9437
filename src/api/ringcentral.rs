//! The RingCentral dialect: presence of extensions of telephone accounts, with calls, as RingCentral's REST
//! API has it.

mod account;
mod backend;
mod batch;
mod calls;
mod choice;
pub mod config;
mod error;
mod extensions;
mod extract;
mod features;
mod info;
mod lines;
mod oauth;
mod pages;
mod permission;
mod presence;
mod push;
mod query;
mod queues;
mod rate;
mod rule;
mod socket;
pub(crate) mod stub;
mod subscription;
pub mod types;
mod update;

use std::convert::Infallible;

use axum::{
    Extension, Router, middleware,
    routing::{self, MethodFilter},
};
use utoipa::openapi::{
    OpenApi,
    security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use self::{
    config::RingCentral,
    error::RestRefusal,
    extract::AnyToken,
    push::voice::RingCentralVoice,
    rate::RateLimits,
    socket::sessions::Sessions,
    stub::AuthenticateError,
    types::{ErrorResponse, OAuthError},
};
use super::{
    Companion, Cors, Dialect, Refusals,
    refusal::{Refusal as _, refusals},
};
use crate::{
    app::{self, App},
    auth::{AuthError, assertion},
    config::SectionKind,
    openapi,
};

/// What the tags of operations are about.
const TAGS: [(&str, &str); 4] = [
    ("Presence", "Presence of one extension, of several, of an account, and of call queues."),
    ("Account", "Who is who in an account, and what one may do."),
    ("Subscriptions", "Being told of changes, by webhook or WebSocket."),
    ("OAuth", "Logging in and out."),
];

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    is_optional: true,
    section: Some(SectionKind::of::<RingCentral>()),
    companions: &[Companion {
        name: "ringcentral-webhooks",
        title: "RingCentral notifications",
        document: || openapi::to_value(&push::document()),
    }],
    about: "Presence of extensions, with calls, batches, subscriptions and logins.",
    prefixes: &["/restapi/"],
    // A subscription may name many extensions; other bodies are bounded where they are read.
    body_bytes: |config| config.limits.bulk_body_bytes,
    cors: Cors {
        methods: "GET, HEAD, POST, PUT, DELETE, OPTIONS",
        request_headers: "Authorization, Content-Type, Accept, X-User-Agent, Client-Id",
        exposed_headers: "Retry-After, X-Rate-Limit-Group, X-Rate-Limit-Limit, \
            X-Rate-Limit-Remaining, X-Rate-Limit-Window",
    },
    voice: Some(&RingCentralVoice),
    ..Dialect::new("ringcentral", "RingCentral", document, Refusals::of::<RestRefusal>(), |app| {
        router(app).into()
    })
};

/// What this dialect holds for itself while a server runs.
struct Own {
    sessions: Sessions,
    limits: RateLimits,
    /// The assertions that hold once, after they were used.
    used_assertions: assertion::Used,
}

impl app::Own for Own {
    fn new(app: &app::Parts) -> Self {
        Self {
            sessions: Sessions::default(),
            limits: RateLimits::new(&app.clock),
            used_assertions: assertion::Used::default(),
        }
    }
}

/// How many sessions of WebSockets wait for another connection.
pub fn detached_sessions(app: &App) -> usize {
    app.own::<Own>().sessions.count_detached()
}

/// What needs an access token.
fn resources() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(base())
        .merge(stub::operations())
        // Who is who.
        .routes(routes!(info::read_account_info))
        .routes(routes!(info::list_extensions))
        .routes(routes!(info::read_extension))
        .routes(routes!(features::read_user_features))
        // Push.
        .routes(routes!(subscription::list_subscriptions, subscription::create_subscription))
        .routes(routes!(
            subscription::read_subscription,
            subscription::update_subscription,
            subscription::delete_subscription
        ))
        .routes(routes!(subscription::renew_subscription))
        .routes(routes!(socket::token::create_web_socket_token))
}

/// The route of the socket, over which all others are answered too.
fn socket_route() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(socket::open_web_socket))
}

/// What needs none: what gives one, and what tells whether the server is there.
fn open() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(info::read_api_version))
        .routes(routes!(oauth::authorize::authorize, oauth::authorize::answer_authorization))
        .routes(routes!(oauth::get_token))
        .routes(routes!(oauth::revoke_token))
}

fn router(app: &App) -> Router {
    let (over_socket, _) = resources().split_for_parts();
    let over_socket = framed(app, over_socket).fallback(async || RestRefusal::no_path());
    let over_socket = socket::Routes(over_socket);
    let (socket, _) = socket_route().split_for_parts();
    // Over HTTP/2 a socket is asked for in another way.
    let socket = socket.route(socket::PATH, routing::on(MethodFilter::CONNECT, socket::open_web_socket));
    let (resources, _) = resources().split_for_parts();
    framed(app, resources.merge(socket.layer(Extension(over_socket))))
}

/// Routes with all that every exchange has.
fn framed(app: &App, mut resources: Router<App>) -> Router {
    // Some clients end these paths so.
    let subscriptions = "/restapi/v1.0/subscription/";
    let list = routing::get(subscription::list_subscriptions);
    resources = resources.route(subscriptions, list.post(subscription::create_subscription));
    for path in DIALECT.other_paths() {
        resources = resources.route(&path, routing::any(no_such_path));
    }
    let extensions = "/restapi/v1.0/account/{accountId}/extension/";
    resources = resources.route(extensions, routing::get(info::list_extensions));
    let (open, _) = open().split_for_parts();
    let open = open.method_not_allowed_fallback(async || RestRefusal::no_method());
    let routes = resources.method_not_allowed_fallback(method_not_allowed).merge(open);
    let headers = middleware::from_fn_with_state(app.clone(), rate::headers);
    DIALECT.framed_within(app, routes, |framed| framed.layer(headers))
}

refusals! {
    /// Why a request is refused that is for no operation.
    enum StrayError: RestRefusal, from AuthenticateError, AuthError {
        Unauthorized,
        Forbidden,
        NotFound,
        MethodNotAllowed,
        Unavailable,
    }
}

async fn no_such_path(token: AnyToken) -> Result<Infallible, StrayError> {
    token.required()?;
    Err(RestRefusal::no_path().into())
}

async fn method_not_allowed(token: AnyToken) -> Result<Infallible, StrayError> {
    token.required()?;
    Err(RestRefusal::no_method().into())
}

fn document() -> OpenApi {
    let (_, mut document) = resources().merge(socket_route()).merge(open()).split_for_parts();
    // An application without a secret names itself in the form.
    for path in ["/restapi/oauth/token", "/restapi/oauth/revoke"] {
        let operation = document.paths.paths.get_mut(path).and_then(|item| item.post.as_mut());
        operation
            .and_then(|post| post.security.as_mut())
            .expect("it has one")
            .push(SecurityRequirement::default());
    }
    completed(document)
}

/// A document with what no annotation says.
fn completed(mut document: OpenApi) -> OpenApi {
    // An update without a body changes nothing, and is none the worse for it.
    openapi::let_out_bodies(document.paths.paths.values_mut().filter_map(|item| item.put.as_mut()));
    for header in rate::documented() {
        openapi::add_header(&mut document, header, |operation, _| {
            operation.responses.responses.contains_key("429")
        });
    }
    openapi::finished(document, &TAGS)
}

fn base() -> OpenApi {
    let mut document = openapi::base(
        "RingCentral presence API",
        "Presence of the extensions of a telephone account, in the form of RingCentral's REST API, for its \
             client libraries: one extension, up to 30 in a call, or a whole account in pages.",
    );
    openapi::add_schema::<ErrorResponse>(&mut document);
    openapi::add_schema::<OAuthError>(&mut document);
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(
        "basic",
        SecurityScheme::Http(
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Basic)
                .description(Some(
                    "An application's client id and secret. One without a secret sends its id in the form.",
                ))
                .build(),
        ),
    );
    components.add_security_scheme(
        "bearer",
        SecurityScheme::Http(
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .description(Some("An access token of a user with an extension. It may stand in the query instead, as `access_token`."))
                .build(),
        ),
    );
    document
}
