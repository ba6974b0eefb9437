use std::collections::HashMap;

use axum::{
    Router,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use utoipa_swagger_ui::{Config as UiConfig, SwaggerUi, Url};

use super::{Format, to_value};
use crate::{
    api::{self, Dialect},
    app::App,
    config::Server,
};

/// Stands in a prepared document for the address of the server, which each request tells.
const ORIGIN: &str = "http://origin.invalid";

/// The documents of one server, written out but for [`ORIGIN`], by file name.
struct Documents {
    files: HashMap<String, (Format, String)>,
    config: Server,
}

/// `/openapi/<dialect>.json` and `.yaml`, and Swagger UI over them at `/swagger-ui`. None of it needs a
/// token.
pub fn router(app: &App) -> Router {
    let served = || api::ALL.into_iter().filter(|dialect| dialect.is_served(&app.config));
    let mut files = HashMap::new();
    for dialect in served() {
        let document = with_own_server(to_value(&(dialect.served_document)(&app.config)));
        for format in Format::ALL {
            let name = format!("{}.{}", dialect.name, format.extension());
            files.insert(name, (format, format.write(dialect, &document)));
        }
    }
    let config = app.config.server.clone();
    let documents: &'static Documents = Box::leak(Box::new(Documents { files, config }));
    Router::new()
        .route("/openapi/{file}", routing::get(get_document))
        .with_state(documents)
        .merge(swagger_ui(served()))
}

fn swagger_ui<'a>(dialects: impl Iterator<Item = &'a Dialect>) -> Router {
    let urls = dialects.map(|dialect| {
        let path: &'static str = Box::leak(format!("/openapi/{}.json", dialect.name).into_boxed_str());
        Url::new(dialect.title, path)
    });
    let config = UiConfig::new(urls)
        .validator_url("none")
        .try_it_out_enabled(true)
        .persist_authorization(true)
        .display_request_duration(true);
    Router::from(SwaggerUi::new("/swagger-ui").config(config)).layer(middleware::from_fn(cache_assets))
}

/// The pages and the list of documents may change with the next release; the rest is large and does not
/// change within one.
async fn cache_assets(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let may_change = path.ends_with('/')
        || path.ends_with(".html")
        || path.ends_with("swagger-initializer.js")
        || path.ends_with("swagger-ui");
    let mut response = next.run(request).await;
    let policy =
        if may_change || !response.status().is_success() { "no-cache" } else { "public, max-age=86400" };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(policy));
    response
}

/// Puts the server itself before the servers that a document or an operation names.
fn with_own_server(mut document: Value) -> Value {
    prepend_own_server(&mut document);
    let items = document["paths"].as_object_mut().into_iter().flat_map(|paths| paths.values_mut());
    for operation in items.filter_map(Value::as_object_mut).flat_map(|item| item.values_mut()) {
        prepend_own_server(operation);
    }
    document
}

fn prepend_own_server(holder: &mut Value) {
    let Some(servers) = holder.get_mut("servers").and_then(Value::as_array_mut) else { return };
    let base_path = servers
        .first()
        .and_then(|server| server.pointer("/variables/basePath/default"))
        .and_then(Value::as_str)
        .unwrap_or_default();
    let own = json!({ "url": format!("{ORIGIN}{base_path}"), "description": "This server." });
    servers.insert(0, own);
}

async fn get_document(
    State(documents): State<&'static Documents>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some((format, text)) = documents.files.get(&file) else {
        let mut names: Vec<_> = documents.files.keys().map(String::as_str).collect();
        names.sort_unstable();
        let text = format!("There is no such document; there are: {}\n", names.join(", "));
        return (StatusCode::NOT_FOUND, text).into_response();
    };
    let text = text.replace(ORIGIN, &api::origin(&documents.config, &headers));
    let etag = etag(&text);
    let is_known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| *known == etag);
    let common = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::VARY, HeaderValue::from_static("Host, X-Forwarded-Proto")),
        (header::ETAG, etag),
    ];
    if is_known {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    (common, [(header::CONTENT_TYPE, format.content_type())], text).into_response()
}

fn etag(text: &str) -> HeaderValue {
    let digest: [u8; 32] = Sha256::digest(text).into();
    let tag = u128::from_be_bytes(*digest.first_chunk().expect("a digest has 32 bytes"));
    HeaderValue::try_from(format!("\"{tag:032x}\"")).expect("hexadecimal digits make a header value")
}
