use axum::http::{
    HeaderMap, HeaderName, header,
    uri::{Authority, Uri},
};

use crate::{
    config::{Config, Listen},
    request::{HOST, PREFIX, PROTO},
};

/// The address under which a client reaches this server, without a slash at its end. Scheme, host and prefix each
/// are what a trusted proxy says (no other client's headers come this far), else those of the configured address, else
/// those of the request. Clients that do not say how they call it are told where the server listens.
pub(crate) fn origin(config: &Config, headers: &HeaderMap) -> String {
    let told = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let (proto, host, prefix) = (told(PROTO), told(HOST), told(PREFIX));
    let public = config.server.public_url.trim_end_matches('/');
    if proto.is_none() && host.is_none() && prefix.is_none() && !public.is_empty() {
        return public.to_owned();
    }
    let public = public.parse::<Uri>().ok();
    let public = public.as_ref();
    let is_host = |host: &&str| host.parse::<Authority>().is_ok();
    let own_scheme = if config.tls.is_on() { "https" } else { "http" };
    let scheme = proto.or_else(|| public?.scheme_str()).unwrap_or(own_scheme);
    let host = host
        .or_else(|| public?.authority().map(Authority::as_str))
        .or_else(|| told(header::HOST).filter(is_host));
    let prefix = prefix.or_else(|| public.map(Uri::path)).unwrap_or_default().trim_end_matches('/');
    match (host, &config.server.listen) {
        (Some(host), _) => format!("{scheme}://{host}{prefix}"),
        (None, Listen::Tcp(address)) => format!("{scheme}://{address}{prefix}"),
        (None, Listen::Unix(_)) => format!("{scheme}://localhost{prefix}"),
    }
}
