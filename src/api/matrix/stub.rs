//! The server stubs of Matrix presence and presence lists: each contract as a trait.

pub(crate) mod presence_lists;

use std::sync::Arc;

use async_trait::async_trait;
use axum::{Router, http::request::Parts};
use utoipa::openapi::{OpenApi, ServerBuilder};
use utoipa_axum::routes;

use super::{BASE_PATH, DIALECT, PREFIXES, Routes, documented, mount, presence};
use crate::api::stub::{self, Credentials, Knows, Limits, Stub};

pub use super::{
    error::{
        BadRequest, Forbidden, MatrixRefusal, NotFound, TooLarge, TooManyRequests, Unauthorized, Unavailable,
    },
    extract::{AuthenticateError, UnreadBody},
    presence::{GetPresenceError, SetPresenceError},
    types::{PresenceState, PresenceStatus, PresenceUpdate},
};
pub use crate::auth::Caller as Identity;

/// The user behind a request, on one of their devices.
pub type Caller = stub::Caller<Identity>;

/// A body that is still to be read.
pub type Unread<T> = stub::Unread<T, UnreadBody>;

/// Presence as the Matrix client-server API has it, for those who answer for users.
/// Source: <https://spec.matrix.org/v1.10/client-server-api/#presence>
///
/// An operation's error has a variant for each status that the contract documents: there is no way to answer with
/// another. [`MatrixRefusal`] makes what is in them.
#[async_trait]
pub trait Presence: Send + Sync + 'static {
    /// Whose token it is. Guests are refused here: they have no presence.
    async fn authenticate(&self, credentials: &Credentials) -> Result<Identity, AuthenticateError>;

    /// A user's presence as the caller may see it. `user` begins with `@` and has a `:`; whether there is such a user
    /// is for the backend to say.
    async fn get_presence(&self, caller: &Caller, user: &str) -> Result<PresenceStatus, GetPresenceError>;

    /// Sets a user's presence. To be refused in this order: another user than the caller, a call too many, and then what
    /// is in the body. Without a status message, or with an empty one, which is the same, the one before goes.
    async fn set_presence(
        &self,
        caller: &Caller,
        user: &str,
        update: Unread<PresenceUpdate>,
    ) -> Result<(), SetPresenceError>;

    /// Whether a token may stand in the query, as the contract had it up to v1.10.
    fn takes_query_token(&self) -> bool {
        true
    }

    /// Whether there is the state [`PresenceState::Busy`] (MSC3026).
    fn knows_busy(&self) -> bool {
        false
    }
}

/// Who asks, as a backend knows them.
pub(super) type Known<B = dyn Presence> = stub::Known<B>;

impl Knows for dyn Presence {
    type Identity = Identity;
    type Refused = AuthenticateError;

    async fn know(&self, parts: &Parts) -> Result<Caller, AuthenticateError> {
        let credentials = Credentials::of_any(parts, self.takes_query_token())?;
        let identity = self.authenticate(&credentials).await?;
        Ok(Caller { identity, credentials })
    }
}

/// The routes of the contract over a backend, under every prefix that clients use. What else is below `/_matrix/`, and
/// other methods, are refused as the contract has it.
pub fn routes(backend: Arc<dyn Presence>, limits: Limits) -> Router {
    together([part(backend, limits)], limits).0
}

/// The same to be served [together] with other parts.
pub fn part(backend: Arc<dyn Presence>, limits: Limits) -> Part {
    Part::new(&PREFIXES, operations(), Stub { backend, limits }, operations())
}

/// What a backend answers of the contract: all that is in one trait.
pub struct Part {
    router: Router,
    /// The same once more, for the document.
    operations: Routes,
}

impl Part {
    /// Operations under these prefixes.
    fn new<B: ?Sized>(prefixes: &[&str], routes: Routes<Stub<B>>, stub: Stub<B>, operations: Routes) -> Self
    where
        Stub<B>: Clone + Send + Sync + 'static,
    {
        let routes: Vec<_> = routes
            .into_iter()
            .map(|(schemas, paths, methods)| (schemas, paths, methods.with_state(stub.clone())))
            .collect();
        let router = prefixes.iter().fold(Router::new(), |router, prefix| {
            mount(router, &format!("/_matrix/client/{prefix}"), routes.clone())
        });
        Self { router, operations }
    }
}

/// The routes of several parts of the contract, each over its backend, and their document.
pub fn together(parts: impl IntoIterator<Item = Part>, limits: Limits) -> (Router, OpenApi) {
    let (mut router, mut operations) = (Router::new(), Routes::new());
    for part in parts {
        router = router.merge(part.router);
        operations.extend(part.operations);
    }
    let router = stub::framed(&DIALECT, limits.body_bytes, DIALECT.closed(router));
    (router, served(documented(operations, false), "What the Matrix client-server API has of presence."))
}

/// The document of these routes, below the address that it is served at.
pub fn document() -> OpenApi {
    served(
        documented(operations(), false),
        "Presence as the Matrix client-server API has it, under every prefix that clients use.",
    )
}

/// A document as the server has it that serves it.
fn served(mut document: OpenApi, about: &str) -> OpenApi {
    document.info.description = Some(about.to_owned());
    document.servers =
        Some(vec![ServerBuilder::new().url(BASE_PATH).description(Some("This server.")).build()]);
    document
}

/// The operations, for whatever state there is a backend in.
pub(super) fn operations<S>() -> Routes<S>
where
    S: Clone + Send + Sync + 'static,
    Stub<dyn Presence>: axum::extract::FromRef<S>,
{
    vec![routes!(presence::get_presence, presence::set_presence)]
}
