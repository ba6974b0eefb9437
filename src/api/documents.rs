//! The routes that show documents.

use std::{
    collections::HashMap,
    convert::Infallible,
    iter,
    sync::{Arc, LazyLock},
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    middleware::{self, Next},
    response::{Html, IntoResponse, Response},
    routing,
};
use futures_util::stream;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use utoipa_swagger_ui::{Config as UiConfig, SwaggerUi, Url};

use super::{Dialect, cors, origin};
use crate::{
    app::App,
    config::{Config, Live},
    openapi::{Format, OasVersion, to_value},
};

/// Stands in a prepared document for the address of the server, which each request tells.
const ORIGIN: &str = "http://origin.invalid";

/// The server as a page in `/swagger-ui/` sees it: under whatever host, and behind whatever prefix.
const FROM_PAGE: &str = "..";

/// Made when it is first asked for: to write all documents takes longer than the rest of a start.
pub(super) type Lazy<T> = LazyLock<T, Box<dyn FnOnce() -> T + Send>>;

/// The documents of one server by file name.
struct Documents {
    files: HashMap<String, Lazy<File>>,
    config: Arc<Live<Config>>,
}

/// A document, written out once: an answer holds no copy of it, however long its client takes.
struct File {
    format: Format,
    /// What stands before, between and behind the places of [`ORIGIN`].
    parts: Vec<Bytes>,
    digest: [u8; 32],
}

impl File {
    fn new(format: Format, text: String) -> Self {
        let digest = Sha256::digest(&text).into();
        let text = Bytes::from(text);
        let parts = std::str::from_utf8(&text).expect("it is text").split(ORIGIN);
        let parts = parts.map(|part| text.slice_ref(part.as_bytes())).collect();
        Self { format, parts, digest }
    }

    /// The parts of the document as it is under an address.
    fn at(&self, origin: &str) -> Vec<Bytes> {
        let origin = Bytes::copy_from_slice(origin.as_bytes());
        let between = iter::once(None).chain(iter::repeat(Some(origin)));
        self.parts
            .iter()
            .zip(between)
            .flat_map(|(part, before)| [before, Some(part.clone())])
            .flatten()
            .collect()
    }

    /// What names the document as it is there.
    fn tag(&self, origin: &str) -> HeaderValue {
        let digest: [u8; 32] = Sha256::new().chain_update(self.digest).chain_update(origin).finalize().into();
        let tag = u128::from_be_bytes(*digest.first_chunk().expect("a digest has 32 bytes"));
        HeaderValue::try_from(format!("\"{tag:032x}\"")).expect("hexadecimal digits make a header value")
    }
}

/// The documents of the dialects that are served: `/openapi/<dialect>.json` and `.yaml`, the same in OpenAPI 3.0 with
/// `-3.0` after the name, and Swagger UI over copies of its own at `/swagger-ui`. None of it needs a token.
pub(crate) fn router(app: &App, dialects: &[&'static Dialect]) -> Router {
    let (mut files, mut of_pages) = (HashMap::new(), HashMap::new());
    for dialect in dialects.iter().copied() {
        let document = Arc::new(served(app, dialect));
        for version in OasVersion::ALL {
            let name = format!("{}{}", dialect.name, version.suffix());
            let document = document.clone();
            put(&mut files, dialect, &name, move || {
                let own = at_server(Value::clone(&document), ORIGIN);
                version.of(own).expect("a test turns every document into each version")
            });
        }
        for companion in dialect.companions {
            put(&mut files, dialect, companion.name, companion.document);
        }
        let relative = lazy(move || {
            let relative = at_server(Value::clone(&document), FROM_PAGE);
            File::new(Format::Json, Format::Json.write(dialect.notice, &relative))
        });
        of_pages.insert(format!("{}.json", dialect.name), relative);
    }
    let leak = |files| -> &'static Documents {
        Box::leak(Box::new(Documents { files, config: app.config.clone() }))
    };
    let (documents, of_pages) = (leak(files), leak(of_pages));
    let router = Router::new()
        .route("/openapi", routing::get(async || see_other("openapi/")))
        .route("/openapi/", routing::get(list_documents))
        .route("/openapi/{file}", routing::get(get_document).options(preflight))
        .route("/llms.txt", routing::get(tell_programs))
        .with_state(documents);
    let with_copies = of_pages.files.keys().fold(router, |router, name| {
        let get = async move |headers: HeaderMap| answer(of_pages, name, &headers);
        router.route(&format!("/swagger-ui/{name}"), routing::get(get))
    });
    with_copies.merge(swagger_ui(dialects))
}

/// Something that is made when it is first asked for.
pub(super) fn lazy<T>(make: impl FnOnce() -> T + Send + 'static) -> Lazy<T> {
    LazyLock::new(Box::new(make))
}

/// The document of a dialect as this server keeps it.
pub(super) fn served(app: &App, dialect: &'static Dialect) -> Lazy<Value> {
    let config = app.config.clone();
    lazy(move || to_value(&dialect.served_document(&config)))
}

/// Adds a document in every form.
fn put(
    files: &mut HashMap<String, Lazy<File>>,
    dialect: &'static Dialect,
    name: &str,
    document: impl Fn() -> Value + Clone + Send + 'static,
) {
    for format in Format::ALL {
        let document = document.clone();
        let file = lazy(move || File::new(format, format.write(dialect.notice, &document())));
        files.insert(format!("{name}.{}", format.extension()), file);
    }
}

fn swagger_ui(dialects: &[&'static Dialect]) -> Router {
    let urls = dialects.iter().map(|dialect| {
        let path: &'static str = Box::leak(format!("{}.json", dialect.name).into_boxed_str());
        Url::new(dialect.title, path)
    });
    let config = UiConfig::new(urls)
        .validator_url("none")
        .try_it_out_enabled(true)
        .persist_authorization(true)
        .display_request_duration(true);
    Router::from(SwaggerUi::new("/swagger-ui").config(config)).layer(middleware::from_fn(cache_assets))
}

/// Sends a browser to an address that is relative to the one it asked for.
pub(crate) fn see_other(relative: &'static str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, relative)]).into_response()
}

/// Swagger UI's page with a title and a sign of our own.
const PAGE: &str = include_str!("documents/swagger_ui.html");

/// The pages and the list of documents may change with the next release; the rest is large and does not
/// change within one.
async fn cache_assets(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let may_change = path.ends_with('/')
        || path.ends_with(".html")
        || path.ends_with("swagger-initializer.js")
        || path.ends_with("swagger-ui");
    let (is_short, is_page) =
        (path.ends_with("swagger-ui"), path.ends_with('/') || path.ends_with("index.html"));
    let mut response = next.run(request).await;
    if is_short && response.status().is_redirection() {
        response = see_other("swagger-ui/");
    }
    if is_page && response.status().is_success() {
        response = Html(PAGE).into_response();
    }
    let policy =
        if may_change || !response.status().is_success() { "no-cache" } else { "public, max-age=86400" };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(policy));
    response
}

/// Names one server alone: this one.
fn at_server(mut document: Value, origin: &str) -> Value {
    let base_path = document.pointer("/servers/0/variables/basePath/default").and_then(Value::as_str);
    let url = format!("{origin}{}", base_path.unwrap_or_default());
    document["servers"] = json!([{ "url": url, "description": "This server." }]);
    document
}

/// A browser asks before it sends headers of its own.
async fn preflight(State(documents): State<&'static Documents>, headers: HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let told = response.headers_mut();
    told.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD, OPTIONS"));
    let wanted = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    told.extend(wanted.map(|wanted| (header::ACCESS_CONTROL_ALLOW_HEADERS, wanted)));
    cors::hold(told);
    cors::allow(&documents.config.server, headers.get(header::ORIGIN), told);
    response
}

/// The names of all documents' files, in order.
fn names(documents: &Documents) -> Vec<&str> {
    let mut names: Vec<_> = documents.files.keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// What a document is written in, by its name.
fn language(name: &str) -> &'static str {
    if name.starts_with("presenced-events.") { "AsyncAPI" } else { "OpenAPI" }
}

/// All documents: a page for browsers, and for other clients a list with their addresses.
async fn list_documents(State(documents): State<&'static Documents>, headers: HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let mut response = if accepted.contains("text/html") {
        let items = names(documents)
            .into_iter()
            .map(|name| format!("<li><a href=\"{name}\">{name}</a> ({})</li>\n", language(name)));
        let page = format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Documents of the APIs</title>\n\
             <h1>Documents of the APIs</h1>\n<ul>\n{}</ul>\n<p><a href=\"../\">Start page</a>, \
             <a href=\"../swagger-ui/\">Swagger UI</a></p>\n</html>\n",
            items.collect::<String>()
        );
        Html(page).into_response()
    } else {
        let origin = origin(&documents.config, &headers);
        let urls = names(documents).into_iter().map(|name| format!("{origin}/openapi/{name}"));
        Json(json!({ "documents": urls.collect::<Vec<_>>() })).into_response()
    };
    let told = response.headers_mut();
    told.insert(header::VARY, HeaderValue::from_static("Accept"));
    cors::allow(&documents.config.server, headers.get(header::ORIGIN), told);
    response
}

/// What programs that read this server's pages are told: where the documents are.
async fn tell_programs(State(documents): State<&'static Documents>, headers: HeaderMap) -> Response {
    let origin = origin(&documents.config, &headers);
    let of = |wanted: &str| -> String {
        let lines = names(documents).into_iter().filter(|name| language(name) == wanted);
        lines.map(|name| format!("- [{name}]({origin}/openapi/{name})\n")).collect()
    };
    let text = format!(
        "# presenced\n\n> A presence server: who is online, since when, with what status.\n\n\
         Every operation is in one of the OpenAPI documents. A token goes into `Authorization: Bearer`. What the server \
         pushes, events of streams and frames of sockets, is in the AsyncAPI document.\n\n\
         ## OpenAPI documents\n\n{}\n## AsyncAPI document\n\n{}\n\
         ## For web pages\n\n- [presenced.js]({origin}/sdk/presenced.js): a client without dependencies; \
         `import {{ connect }} from` it\n\n\
         ## Pages\n\n- [Start page]({origin}/)\n- [Board]({origin}/live): who is online, as it changes\n\
         - [Swagger UI]({origin}/swagger-ui/)\n",
        of("OpenAPI"),
        of("AsyncAPI"),
    );
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

async fn get_document(State(documents): State<&'static Documents>, uri: Uri, headers: HeaderMap) -> Response {
    let file = uri.path().rsplit('/').next().unwrap_or_default();
    answer(documents, file, &headers)
}

fn answer(documents: &Documents, file: &str, headers: &HeaderMap) -> Response {
    let Some(document) = documents.files.get(file) else {
        let text = format!("There is no such document; there are: {}\n", names(documents).join(", "));
        return (StatusCode::NOT_FOUND, text).into_response();
    };
    let origin = origin(&documents.config, headers);
    let etag = document.tag(&origin);
    let is_known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| *known == etag);
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        whole(document.format, document.at(&origin))
    };
    let common = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (
            header::VARY,
            HeaderValue::from_static("Host, X-Forwarded-Proto, X-Forwarded-Host, X-Forwarded-Prefix"),
        ),
        (header::ETAG, etag),
    ];
    response.headers_mut().extend(common);
    cors::allow(&documents.config.server, headers.get(header::ORIGIN), response.headers_mut());
    response
}

/// The answer of these parts.
fn whole(format: Format, parts: Vec<Bytes>) -> Response {
    let length: usize = parts.iter().map(Bytes::len).sum();
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(format.content_type())),
        (header::CONTENT_LENGTH, length.into()),
    ];
    let body = Body::from_stream(stream::iter(parts.into_iter().map(Ok::<_, Infallible>)));
    (headers, body).into_response()
}
