//! The server's own pages, and the client that pages of other servers take from it. `sdk/` has what they are made of;
//! nothing is fetched from elsewhere.

use std::{fmt::Write as _, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing,
};
use sha2::{Digest as _, Sha256};

use super::{Dialect, cors, documents::see_other, origin};
use crate::{
    app::App,
    config::{Config, Live},
    demo,
};

/// What the pages may do: nothing but what this server gives them.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const LANDING: &str = include_str!("../../sdk/pages/src/landing.html");
const BOARD: &str = include_str!("../../sdk/pages/src/board.html");

/// The client for browsers.
const CLIENT: &[u8] = include_bytes!("../../sdk/typescript/dist/presenced.js");

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// What the pages are made of, by name.
const PARTS: [(&str, &str, &[u8]); 3] = [
    ("board.js", SCRIPT, include_bytes!("../../sdk/pages/dist/board.js")),
    ("board.css", STYLE, include_bytes!("../../sdk/pages/dist/board.css")),
    ("landing.css", STYLE, include_bytes!("../../sdk/pages/dist/landing.css")),
];

/// The pages of one server.
struct Pages {
    /// The start page but for the address of the server.
    landing: String,
    board: String,
    config: Arc<Live<Config>>,
}

/// `/`, `/live`, what they are made of, and `/sdk/presenced.js`. None of it needs a token.
pub(crate) fn router(app: &App, dialects: &[&'static Dialect]) -> Router {
    let is_demo = app.config.demo;
    let landing = LANDING
        .replace("<!-- dialects -->", &list(dialects))
        .replace("<!-- demo -->", &if is_demo { invitation() } else { String::new() });
    let board = BOARD.replace("<!-- demo -->", &if is_demo { offers() } else { String::new() });
    let pages = Pages { landing, board, config: app.config.clone() };
    Router::new()
        .route("/", routing::get(get_landing))
        .route("/live", routing::get(get_board))
        .route("/live/", routing::get(async || see_other("../live")))
        .route("/pages/{part}", routing::get(get_part))
        .route("/sdk/presenced.js", routing::get(get_client))
        .with_state(Arc::new(pages))
}

/// The dialects, with links to try them.
fn list(dialects: &[&Dialect]) -> String {
    let mut list = String::new();
    for Dialect { name, title, about, .. } in dialects {
        let (title, about) = (escape(title), escape(about));
        let _ = writeln!(
            list,
            "<li><h3>{title}</h3><p>{about}</p><p class=\"links\">\
             <a href=\"swagger-ui/?urls.primaryName={}\" aria-label=\"Try it: {title} in Swagger UI\">Try it</a> \
             <a href=\"openapi/{name}.yaml\" aria-label=\"OpenAPI document of {title}\">OpenAPI</a></p></li>",
            form_urlencoded::byte_serialize(title.as_bytes()).collect::<String>(),
        );
    }
    list
}

/// What only the demo says: who there is, with tokens to be them.
fn invitation() -> String {
    let mut rows = String::new();
    for (name, user, token) in demo::tokens() {
        let user = user.map_or("sees everybody".to_owned(), |user| format!("<code>{user}</code>"));
        let _ = writeln!(
            rows,
            "<tr><th scope=\"row\">{name}</th><td>{user}</td><td><code>{token}</code></td>\
             <td><a href=\"live#token={token}\" target=\"_blank\" rel=\"noopener\" aria-label=\"Open the board as \
             {name} with {token}\">Open the board</a></td></tr>"
        );
    }
    format!(
        "<section aria-labelledby=\"demo\"><h2 id=\"demo\">This is a demo</h2>\
         <p>Everybody knows its tokens, and nothing of it is kept. Open the board as two users, side by side: what one does, \
         the other sees.</p><div class=\"scroll\" role=\"region\" aria-label=\"Users and tokens\" tabindex=\"0\"><table>\
         <thead><tr><th scope=\"col\">who</th><th scope=\"col\">id</th><th scope=\"col\">token</th><td></td></tr></thead>\
         <tbody>{rows}</tbody></table></div></section>"
    )
}

/// Users whom the board of a demo offers to be.
fn offers() -> String {
    let offers = demo::tokens().map(|(name, _, token)| format!("{name}={token}"));
    format!("<meta name=\"presenced-demo\" content=\"{}\">", offers.collect::<Vec<_>>().join(" "))
}

async fn get_landing(State(pages): State<Arc<Pages>>, headers: HeaderMap) -> Response {
    let origin = escape(&origin(&pages.config, &headers));
    let mut response = page(pages.landing.replace("https://presence.example.com", &origin), &headers);
    let vary = HeaderValue::from_static("Host, X-Forwarded-Proto, X-Forwarded-Host, X-Forwarded-Prefix");
    response.headers_mut().insert(header::VARY, vary);
    response
}

async fn get_board(State(pages): State<Arc<Pages>>, headers: HeaderMap) -> Response {
    page(pages.board.clone(), &headers)
}

async fn get_part(Path(name): Path<String>, headers: HeaderMap) -> Response {
    match PARTS.iter().find(|(known, ..)| *known == name) {
        Some((_, kind, content)) => kept(Bytes::from_static(content), kind, "no-cache", &headers),
        None => (StatusCode::NOT_FOUND, "There is no such file.\n").into_response(),
    }
}

/// Pages of all origins that may call may load it. It is asked for again after an hour, and comes only if it is another.
async fn get_client(State(pages): State<Arc<Pages>>, headers: HeaderMap) -> Response {
    let mut response = kept(Bytes::from_static(CLIENT), SCRIPT, "public, max-age=3600", &headers);
    cors::allow(&pages.config.server, headers.get(header::ORIGIN), response.headers_mut());
    let anywhere = HeaderValue::from_static("cross-origin");
    response.headers_mut().insert(HeaderName::from_static("cross-origin-resource-policy"), anywhere);
    response
}

fn page(html: String, headers: &HeaderMap) -> Response {
    let mut response = kept(html.into(), "text/html; charset=utf-8", "no-cache", headers);
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// An answer that a client may keep as the policy says, and need not get again while it is the same.
fn kept(content: Bytes, kind: &'static str, policy: &'static str, headers: &HeaderMap) -> Response {
    let digest: [u8; 32] = Sha256::digest(&content).into();
    let tag = u128::from_be_bytes(*digest.first_chunk().expect("a digest has 32 bytes"));
    let tag = format!("\"{tag:032x}\"");
    let known = headers.get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok()).unwrap_or_default();
    // Proxies that compress what they hand on weaken the tag.
    let is_known = known.split(',').any(|known| known.trim().trim_start_matches("W/") == tag);
    let told = [
        (header::ETAG, HeaderValue::try_from(tag).expect("hexadecimal digits make a header value")),
        (header::CACHE_CONTROL, HeaderValue::from_static(policy)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    if is_known {
        (StatusCode::NOT_MODIFIED, told).into_response()
    } else {
        (told, [(header::CONTENT_TYPE, kind)], content).into_response()
    }
}

/// Text within HTML, or within a quoted attribute of it.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            character => escaped.push(character),
        }
    }
    escaped
}
