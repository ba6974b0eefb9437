//! Requests that come as messages: put into the form of HTTP, answered by the same routes, and put back.

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header},
    response::{IntoResponse as _, Response},
};
use http_body_util::{BodyExt as _, Collected};
use serde_json::Value;
use tower::ServiceExt as _;
use uuid::Uuid;

use super::sessions::OnSocket;
use crate::api::{
    refusal::Refusal as _,
    ringcentral::{
        error::RestRefusal,
        extract::SocketCaller,
        types::{ClientMeta, Kind, Meta},
    },
};

/// Names, in an answer's extensions, the subscription that it is about.
#[derive(Clone, Copy, Debug)]
pub(in crate::api::ringcentral) struct About(pub(in crate::api::ringcentral) Uuid);

/// The headers that a message may carry. Who asks is known, and the rest is of the connection.
const PASSED: [HeaderName; 3] = [header::ACCEPT, header::ACCEPT_LANGUAGE, header::CONTENT_TYPE];

/// The headers of the connection that its requests share: what the client calls the server.
const SHARED: [&str; 2] = ["host", "x-forwarded-proto"];

/// Answers a request: what is said of the answer, and its body.
pub(super) async fn answer(
    routes: Router,
    connection: HeaderMap,
    caller: SocketCaller,
    on_socket: OnSocket,
    meta: ClientMeta,
    body: Option<Value>,
) -> (Meta, String) {
    let message_id = meta.message_id.clone();
    let response = match request(&connection, &meta, body) {
        Some(mut request) => {
            request.extensions_mut().insert(caller);
            request.extensions_mut().insert(on_socket);
            routes.oneshot(request).await.unwrap_or_else(|never| match never {})
        }
        None => RestRefusal::no_path().into_response(),
    };
    let (mut answer, body) = take_apart(response).await;
    answer.message_id = message_id;
    (answer, body)
}

fn request(connection: &HeaderMap, meta: &ClientMeta, body: Option<Value>) -> Option<Request<Body>> {
    let method = Method::from_bytes(meta.method.as_deref()?.to_ascii_uppercase().as_bytes()).ok()?;
    let path = meta.path.as_deref().filter(|path| path.starts_with('/'))?;
    let query = query(meta.query.as_ref());
    let separator = if query.is_empty() {
        ""
    } else if path.contains('?') {
        "&"
    } else {
        "?"
    };
    let body = body.map(|body| body.to_string());
    let mut request = Request::builder().method(method).uri(format!("{path}{separator}{query}"));
    let headers = request.headers_mut()?;
    for name in SHARED {
        headers.extend(connection.get(name).map(|value| (HeaderName::from_static(name), value.clone())));
    }
    if body.is_some() {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    for (name, value) in meta.headers.iter().flatten() {
        let passed = PASSED.iter().find(|passed| name.eq_ignore_ascii_case(passed.as_str()));
        let value = value.as_str().and_then(|value| HeaderValue::try_from(value).ok());
        headers.extend(passed.cloned().zip(value));
    }
    request.body(body.map_or_else(Body::empty, Body::from)).ok()
}

/// A query from an object of values and lists of them, or from a text.
fn query(query: Option<&Value>) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match query {
        Some(Value::Object(members)) => {
            let mut serializer = form_urlencoded::Serializer::new(String::new());
            for (name, value) in members {
                let values = value.as_array().map_or_else(|| vec![value], |values| values.iter().collect());
                for value in values.into_iter().filter(|value| !value.is_null()) {
                    serializer.append_pair(name, &text(value));
                }
            }
            serializer.finish()
        }
        Some(Value::String(text)) => text.clone(),
        _ => String::new(),
    }
}

async fn take_apart(response: Response) -> (Meta, String) {
    let (parts, body) = response.into_parts();
    let mut meta = Meta { status: Some(parts.status.as_u16()), ..Meta::new(Kind::ClientRequest) };
    for (name, value) in &parts.headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        meta.headers.insert(name.as_str().to_owned(), value);
    }
    if let Some(About(id)) = parts.extensions.get() {
        meta.headers.insert("WSG-SubscriptionId".to_owned(), id.to_string());
    }
    // The bodies of these routes are in memory, so reading them cannot fail.
    let body = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
    (meta, String::from_utf8_lossy(&body).into_owned())
}
