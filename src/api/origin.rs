use axum::http::{HeaderMap, HeaderValue, header, uri::Authority};

use crate::config::Server;

/// The address under which a client reaches this server: the configured one, else the one that it asked
/// for. A proxy that ends TLS tells the scheme in `X-Forwarded-Proto`. Clients that do not say how they
/// call it are told where the server listens.
pub(crate) fn origin(server: &Server, headers: &HeaderMap) -> String {
    if !server.public_url.is_empty() {
        return server.public_url.trim_end_matches('/').to_owned();
    }
    let text = |value: Option<&HeaderValue>| value.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let proto = text(headers.get("x-forwarded-proto"));
    let is_tls = proto.is_some_and(|proto| proto.eq_ignore_ascii_case("https"));
    match text(headers.get(header::HOST)).filter(|host| host.parse::<Authority>().is_ok()) {
        Some(host) => format!("{}://{host}", if is_tls { "https" } else { "http" }),
        None => format!("http://{}", server.listen),
    }
}
