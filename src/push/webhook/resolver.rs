use std::{
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
    vec,
};

use hyper_util::client::legacy::connect::dns::Name;
use tower::Service;

use super::address::{Allowed, is_public};

/// Resolves names, and lets through only those addresses that may be connected to.
#[derive(Clone)]
pub(super) struct Guard {
    allowed: Allowed,
    /// Whether the public internet may be reached too.
    public: bool,
}

/// A name leads nowhere that webhooks may go; it may be unknown.
#[derive(Debug, thiserror::Error)]
#[error("the name leads nowhere that webhooks are sent to")]
pub(super) struct Refused;

impl Guard {
    /// Lets through the networks that the operator names.
    pub(super) fn named_only(allowed: Allowed) -> Self {
        Self { allowed, public: false }
    }

    /// The same and the public internet.
    pub(super) fn public_and_named(allowed: Allowed) -> Self {
        Self { allowed, public: true }
    }

    fn lets_through(&self, address: SocketAddr) -> bool {
        self.allowed.names(address.ip()) || (self.public && is_public(address.ip()))
    }
}

impl Service<Name> for Guard {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let guard = self.clone();
        Box::pin(async move {
            let addresses = tokio::net::lookup_host((name.as_str(), 0)).await;
            let mut addresses: Vec<SocketAddr> = addresses.map(Iterator::collect).unwrap_or_default();
            addresses.retain(|address| guard.lets_through(*address));
            if addresses.is_empty() {
                return Err(io::Error::other(Refused));
            }
            Ok(addresses.into_iter())
        })
    }
}
