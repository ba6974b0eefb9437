//! The server stub of RingCentral's presence of extensions: the contract as a trait.

use std::{collections::BTreeMap, convert::Infallible, marker::PhantomData, ops::Range, sync::Arc};

use async_trait::async_trait;
use axum::{
    Router,
    extract::{FromRef, FromRequestParts},
    http::{HeaderMap, header, request::Parts},
    middleware, routing,
};
use utoipa::openapi::{OpenApi, ServerBuilder};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    DIALECT, StrayError, account, base, completed,
    error::CallerError,
    extensions,
    extract::{PathIds, SocketCaller},
    lines, queues,
    rate::{self, Grouped},
};
use crate::{
    api::{
        refusal::{Refusal as _, refusals},
        stub::{self, Credentials, Limits, Stub},
    },
    app::App,
    auth::{self, AuthError},
    limit::Tally,
    presence::Timestamp,
};

pub use super::{
    account::ReadAccountPresenceError,
    batch::ReadUserPresenceError,
    error::{
        BadRequest, Forbidden, NotFound, RestRefusal, TooLarge, TooManyRequests, Unauthorized, Unavailable,
        UnreadBody, UnsupportedMediaType,
    },
    extract::Uris,
    lines::{ReadLinesError, UpdateLinesError},
    permission::Permission,
    presence::Detail,
    queues::{ReadQueueError, ReadQueuesError, UpdateQueueError, UpdateQueuesError},
    rate::RateGroup,
    types::{CallQueuePresence, ExtensionCallQueuePresenceList, GetPresenceInfo, MonitoredExtensions},
    update::{Update, UpdateUserPresenceError},
};
pub use crate::directory::MonitoredLine;

/// An extension of a telephone account, through an application.
#[derive(Clone, Debug)]
pub struct Identity {
    pub account: u64,
    /// The id of the caller's extension.
    pub extension: u64,
    /// Whether the caller may set the presence of others in the account.
    pub is_admin: bool,
    /// The token's user, application and scopes: `Read` is the permission `ReadPresence`, `Write` is `EditPresence`.
    pub token: auth::Caller,
}

/// Who calls.
pub type Caller = stub::Caller<Identity>;

/// A body that is still to be read.
pub type Unread<T> = stub::Unread<T, UnreadUpdate>;

/// A page of the extensions of an account, and how many there are of all.
#[derive(Clone, Debug)]
pub struct AccountPage {
    pub records: Vec<GetPresenceInfo>,
    pub total: usize,
}

/// Presence of extensions as RingCentral's REST API has it, monitored lines and call queues among it, for those who answer
/// for an account.
/// Source: RingCentral's API reference, "Presence".
///
/// Whether the application and the user may do it, and whether the account is the caller's, was looked at before. An
/// operation's error has a variant for each status that the contract documents: there is no way to answer with another.
/// [`RestRefusal`] makes what is in them.
#[async_trait]
pub trait Presence: Send + Sync + 'static {
    /// Whose token it is.
    async fn authenticate(&self, credentials: &Credentials) -> Result<Identity, AuthenticateError>;

    /// Counts a call of a rate group, and tells where the caller stands; without a limit there is nothing to say.
    fn count(&self, _caller: &Caller, _group: RateGroup) -> Option<Tally> {
        None
    }

    /// Under which address the client calls, without a slash at its end: that of the request, over HTTP.
    fn origin(&self, headers: &HeaderMap) -> String {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
        format!("http://{host}")
    }

    /// A moment, by which answers in parts name their boundaries.
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(0)
    }

    /// The presence of extensions of the caller's account, in the order asked for; nothing of one that is not there.
    async fn read_presence(
        &self,
        caller: &Caller,
        extensions: &[u64],
        detail: Detail,
        uris: &Uris,
    ) -> Result<Vec<Option<GetPresenceInfo>>, ReadUserPresenceError>;

    /// Updates an extension's presence, and tells the whole of it then. To be refused in this order: an extension that is
    /// not there, one that is not for the caller to set, a call too many, and then what is in the body.
    async fn update_presence(
        &self,
        caller: &Caller,
        extension: u64,
        update: Unread<Update>,
        uris: &Uris,
    ) -> Result<GetPresenceInfo, UpdateUserPresenceError>;

    /// The presence of those extensions of the caller's account, by their places in the order of their ids.
    async fn read_account_presence(
        &self,
        caller: &Caller,
        places: Range<usize>,
        detail: Detail,
        uris: &Uris,
    ) -> Result<AccountPage, ReadAccountPresenceError>;

    /// Whom an extension monitors, which has to be the caller's own.
    async fn read_monitored_extensions(
        &self,
        caller: &Caller,
        extension: u64,
        uris: &Uris,
    ) -> Result<MonitoredExtensions, ReadLinesError>;

    /// Sets whom an extension monitors, and tells it then. To be refused in this order: an extension that is not there, one
    /// that is not the caller's own, and then what is in the body.
    async fn update_monitored_extensions(
        &self,
        caller: &Caller,
        extension: u64,
        lines: Unread<Vec<MonitoredLine>>,
        uris: &Uris,
    ) -> Result<MonitoredExtensions, UpdateLinesError>;

    /// Who takes the calls of a queue.
    async fn read_call_queue_presence(
        &self,
        caller: &Caller,
        queue: u64,
    ) -> Result<CallQueuePresence, ReadQueueError>;

    /// Sets which members take the calls of a queue, by their ids, and tells it then. Those who are not named stay as they
    /// are.
    async fn update_call_queue_presence(
        &self,
        caller: &Caller,
        queue: u64,
        update: Unread<BTreeMap<u64, bool>>,
    ) -> Result<CallQueuePresence, UpdateQueueError>;

    /// Of which queues an extension takes calls.
    async fn read_extension_call_queue_presence(
        &self,
        caller: &Caller,
        extension: u64,
    ) -> Result<ExtensionCallQueuePresenceList, ReadQueuesError>;

    /// Sets of which queues an extension takes calls, by the queues' ids, and tells it then. Queues that are not named stay
    /// as they are.
    async fn update_extension_call_queue_presence(
        &self,
        caller: &Caller,
        extension: u64,
        update: Unread<BTreeMap<u64, bool>>,
    ) -> Result<ExtensionCallQueuePresenceList, UpdateQueuesError>;

    /// Who asks over a socket that they opened: a server of ours alone has these.
    #[doc(hidden)]
    fn on_socket(&self, _opened_by: &auth::Caller) -> Result<Identity, AuthenticateError> {
        Err(RestRefusal::unknown_token().into())
    }
}

/// The routes of the contract over a backend. What else is below `/restapi/`, and other methods, are refused as the
/// contract has it: to those with a token.
pub fn routes(backend: Arc<dyn Presence>, limits: Limits) -> Router {
    let (router, _) = operations::<Stub<dyn Presence>>().split_for_parts();
    let router =
        DIALECT.other_paths().fold(router, |router, path| router.route(&path, routing::any(no_such_path)));
    let router = router.method_not_allowed_fallback(method_not_allowed).with_state(Stub { backend, limits });
    stub::framed(&DIALECT, limits.body_bytes, router).layer(middleware::from_fn(rate::told))
}

/// The document of these routes, below the address that it is served at.
pub fn document() -> OpenApi {
    let routes = OpenApiRouter::with_openapi(base()).merge(operations::<App>());
    let (_, mut document) = routes.split_for_parts();
    document.servers = Some(vec![ServerBuilder::new().url("/").description(Some("This server.")).build()]);
    completed(document)
}

/// The operations, for whatever state there is a backend in.
pub(super) fn operations<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Stub<dyn Presence>: FromRef<S>,
{
    OpenApiRouter::new()
        .routes(routes!(account::read_account_presence))
        .routes(routes!(extensions::read_user_presence_status, extensions::update_user_presence_status))
        .routes(routes!(lines::read_monitored_extensions, lines::update_monitored_extensions))
        .routes(routes!(queues::read_call_queue_presence, queues::update_call_queue_presence))
        .routes(routes!(
            queues::read_extension_call_queue_presence,
            queues::update_extension_call_queue_presence
        ))
}

async fn no_such_path(token: KnownToken) -> Result<Infallible, StrayError> {
    token.0?;
    Err(RestRefusal::no_path().into())
}

async fn method_not_allowed(token: KnownToken) -> Result<Infallible, StrayError> {
    token.0?;
    Err(RestRefusal::no_method().into())
}

refusals! {
    /// Why a caller is not let in.
    pub enum AuthenticateError: RestRefusal, from AuthError {
        Unauthorized,
        Forbidden,
        Unavailable,
    }
}

refusals! {
    /// Why an update cannot be read.
    pub enum UnreadUpdate: RestRefusal, from UnreadBody {
        BadRequest,
        TooLarge,
        UnsupportedMediaType,
    }
}

impl Identity {
    /// Refuses whoever may not do this: the application first, then the user.
    pub(super) fn require(&self, permission: Permission) -> Result<(), Forbidden> {
        if !permission.is_granted_by(self.token.scopes) {
            return Err(RestRefusal::app_lacks(permission));
        }
        if self.token.guest { Err(RestRefusal::user_lacks(permission)) } else { Ok(()) }
    }

    /// The account that a path names, which can only be the caller's own.
    pub(super) fn account(&self, ids: &PathIds) -> Result<u64, NotFound> {
        let is_own = ids.account == "~" || ids.account == self.account.to_string();
        if is_own { Ok(self.account) } else { Err(RestRefusal::not_found("accountId")) }
    }

    /// The extension that a path names.
    pub(super) fn extension(&self, ids: &PathIds) -> Result<u64, NotFound> {
        self.named(&ids.extension).ok_or_else(|| RestRefusal::not_found("extensionId"))
    }

    /// The extension that an id names: `~` is the caller's own. What is no id is that of nobody.
    pub(super) fn named(&self, id: &str) -> Option<u64> {
        if id == "~" {
            return Some(self.extension);
        }
        id.parse().ok().filter(|number: &u64| number.to_string() == id)
    }
}

/// Who calls an operation of rate group `G`, as a backend knows them.
pub(super) struct Known<G>(Result<Caller, CallerError>, PhantomData<G>);

/// Whether a token was sent that a backend knows, whatever is called.
struct KnownToken(Result<Caller, AuthenticateError>);

/// What stands for the credentials of those who ask over a socket.
const NONE: Credentials = Credentials { token: String::new(), on_behalf_of: None };

async fn known(backend: &dyn Presence, parts: &Parts) -> Result<Caller, AuthenticateError> {
    if let Some(SocketCaller(caller)) = parts.extensions.get() {
        return Ok(Caller { identity: backend.on_socket(caller)?, credentials: NONE });
    }
    let credentials = Credentials::of(&parts.headers, &parts.uri, true)?;
    let identity = backend.authenticate(&credentials).await?;
    Ok(Caller { identity, credentials })
}

impl<G: Grouped> Known<G> {
    /// The caller.
    pub(super) fn caller(self) -> Result<Caller, CallerError> {
        self.0
    }

    async fn to(backend: &dyn Presence, parts: &Parts) -> Result<Caller, CallerError> {
        let caller = known(backend, parts).await?;
        if let Some(tally) = backend.count(&caller, G::GROUP) {
            rate::note(&parts.extensions, G::GROUP, tally);
            tally.retry_after.map_or(Ok(()), Err).map_err(RestRefusal::too_many_requests)?;
        }
        Ok(caller)
    }
}

impl<S: Send + Sync, G: Grouped> FromRequestParts<S> for Known<G>
where
    Stub<dyn Presence>: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let stub = Stub::<dyn Presence>::from_ref(state);
        Ok(Self(Self::to(&*stub.backend, parts).await, PhantomData))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for KnownToken
where
    Stub<dyn Presence>: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let stub = Stub::<dyn Presence>::from_ref(state);
        Ok(Self(known(&*stub.backend, parts).await))
    }
}
