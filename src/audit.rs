//! Lines for those who have to find out later who did what: what admins did, and who logged in.

use axum::{extract::Request, http::Method, middleware::Next, response::Response};

use crate::{auth, directory::TokenId, id::UserId, request::RequestInfo};

/// The layer around what only admins may do, and service tokens with their scopes: the name of the token says who did
/// it. Reading is no line, but for the export of everything.
pub(crate) async fn admin_actions(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if is_read && !path.ends_with("/export") {
        return next.run(request).await;
    }
    let (method, path) = (request.method().clone(), path.to_owned());
    let token = auth::token_named(request.headers());
    let info = request.extensions().get::<RequestInfo>().cloned();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let (peer, id, trace) = names(info.as_ref());
    let token = token.as_ref().map(TokenId::as_str);
    tracing::info!(%method, path, status, peer, token, request = id, trace, "admin action");
    response
}

/// The admin did something that others do too.
pub(crate) fn admin_action(method: &Method, path: &str, status: u16, info: Option<&RequestInfo>) {
    let (peer, request, trace) = names(info);
    tracing::info!(%method, path, status, peer, request, trace, "admin action");
}

/// A user logged in through an application, or stayed so.
pub(crate) fn login(dialect: &str, user: &UserId, app: &str, info: Option<&RequestInfo>) {
    let (peer, request, trace) = names(info);
    tracing::info!(dialect, %user, app, peer, request, trace, "login");
}

/// The caller did not.
pub(crate) fn refused_login(dialect: &str, app: &str, why: &str, info: Option<&RequestInfo>) {
    let (peer, request, trace) = names(info);
    tracing::info!(dialect, app, why, peer, request, trace, "login refused");
}

fn names(info: Option<&RequestInfo>) -> (Option<String>, Option<&str>, Option<&str>) {
    let peer = info.map(|info| info.client.to_string());
    let trace = info.and_then(|info| info.trace.as_ref());
    (peer, info.map(RequestInfo::name), trace.map(crate::request::Trace::id))
}
