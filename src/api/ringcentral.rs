//! The RingCentral dialect: presence of extensions of telephone accounts, with calls, as RingCentral's REST
//! API has it.

mod account;
mod calls;
mod error;
mod extensions;
mod extract;
mod presence;
mod query;
mod rate;
mod rule;
mod update;

use axum::{
    Router, middleware,
    response::{IntoResponse, Response},
    routing,
};
use utoipa::openapi::{
    ContactBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, ServerBuilder,
    security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use self::{error::RestFailure, extract::AnyToken};
use super::{Dialect, frame::Frame};
use crate::{app::App, config::DialectName, openapi};

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    name: "ringcentral",
    title: "RingCentral",
    switch: Some(DialectName::RingCentral),
    document,
    served_document: |_| document(),
    notice: "",
    contract: None,
    router,
};

fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(base())
        .routes(routes!(account::read_account_presence))
        .routes(routes!(extensions::read_user_presence_status, extensions::update_user_presence_status))
}

fn router(app: &App) -> Router {
    let frame = Frame {
        body_bytes: app.config.limits.body_bytes,
        request_headers: "Authorization, Content-Type, Accept, X-User-Agent, Client-Id",
        too_large: |_| RestFailure::body_too_large().into_response(),
        internal_error: || RestFailure::internal_error().into_response(),
    };
    let (mut routes, _) = routes().split_for_parts();
    for path in ["/restapi", "/restapi/", "/restapi/{*rest}"] {
        routes = routes.route(path, routing::any(no_such_path));
    }
    let routes = routes.method_not_allowed_fallback(method_not_allowed).with_state(app.clone());
    frame.around(routes).layer(middleware::from_fn_with_state(app.clone(), rate::headers))
}

async fn no_such_path(_: AnyToken) -> Response {
    RestFailure::no_such_path().into_response()
}

async fn method_not_allowed(_: AnyToken) -> Response {
    RestFailure::method_not_allowed().into_response()
}

fn document() -> OpenApi {
    let (_, document) = routes().split_for_parts();
    openapi::state_open_operations(document)
}

fn base() -> OpenApi {
    let info = InfoBuilder::new()
        .title("RingCentral presence API")
        .description(Some(
            "Presence of the extensions of a telephone account, in the form of RingCentral's REST API, for its \
             client libraries: one extension, up to 30 in a call, or a whole account in pages.",
        ))
        .version(env!("CARGO_PKG_VERSION"))
        .contact(Some(ContactBuilder::new().name(Some("the presenced developers")).build()))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    let server = ServerBuilder::new()
        .url("http://127.0.0.1:8008")
        .description(Some("A server on this machine with its default address."))
        .build();
    let mut document = OpenApiBuilder::new().info(info).servers(Some([server])).build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(
        "accessToken",
        SecurityScheme::ApiKey(ApiKey::Query(ApiKeyValue::with_description(
            "access_token",
            "The same token in the query; the header is to be preferred.",
        ))),
    );
    components.add_security_scheme(
        "bearer",
        SecurityScheme::Http(
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .description(Some("An access token of a user with an extension."))
                .build(),
        ),
    );
    document
}
