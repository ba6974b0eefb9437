//! `/restapi/v1.0/subscription`: wishes to be told of changes.
//! Source: RingCentral's API reference, "Subscriptions".

mod request;

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Json,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use uuid::Uuid;

use self::request::{NewSubscription, Target};
use super::{
    DIALECT,
    error::{CallerError, RestRefusal, UnreadBody},
    extract::{ACCEPTS, Asker, Caller, SubscriptionId, read_object},
    permission::Permission,
    push::{
        check::{self, Refused},
        filter::{EventFilters, Subscriber},
        handshake,
        interests::Filtered,
        refusal::{FilterError, ReceiverError},
        time_text,
        voice::{RingCentralVoice, Wish, is_app, owner_of},
    },
    rate::{Light, Medium},
    socket::{About, sessions::OnSocket},
    types::{
        BlacklistedData, CreateSubscriptionRequest, DisabledFilterInfo, NotificationDeliveryMode,
        SubscriptionInfo, SubscriptionListResource, SubscriptionStatus, TransportType,
        UpdateSubscriptionRequest,
    },
};
use crate::{
    api::{origin, refusal::refusals},
    app::App,
    auth::AuthError,
    directory::Origin,
    presence::Timestamp,
    push::{AdditionError, NotThere, Owner, Push, Snapshot, Subscription, Transport, sender},
    store::StoreError,
    task::to_the_end,
};

refusals! {
    /// Why a subscription was not made.
    pub(super) enum CreateSubscriptionError: RestRefusal,
        from CallerError, AuthError, UnreadBody, FilterError, ReceiverError, AdditionError, StoreError
    {
        /// The body is not valid, or the webhook does not answer as it has to.
        BadRequest => RestRefusal::invalid("eventFilters"),
        Unauthorized,
        /// The caller may not do this or not be told this, or has 30 subscriptions.
        Forbidden => RestRefusal::too_many_subscriptions(),
        TooLarge,
        UnsupportedMediaType,
        TooManyRequests,
        Unavailable,
    }
}

refusals! {
    /// Why subscriptions are not told.
    pub(super) enum ListSubscriptionsError: RestRefusal, from CallerError, StoreError {
        Unauthorized,
        Forbidden,
        TooLarge,
        TooManyRequests,
        Unavailable,
    }
}

refusals! {
    /// Why a subscription is not told, or was not ended.
    pub(super) enum SubscriptionError: RestRefusal, from CallerError, NotThere, StoreError {
        Unauthorized,
        Forbidden,
        /// The caller has no such subscription, or it has expired.
        NotFound => RestRefusal::not_found("subscriptionId"),
        TooLarge,
        TooManyRequests,
        Unavailable,
    }
}

refusals! {
    /// Why a subscription was not changed.
    pub(super) enum UpdateSubscriptionError: RestRefusal,
        from CallerError, UnreadBody, FilterError, ReceiverError, NotThere, StoreError
    {
        /// The body is not valid, or the blacklisted webhook still fails.
        BadRequest => RestRefusal::invalid("eventFilters"),
        Unauthorized,
        /// The caller may not do this or not be told this.
        Forbidden => RestRefusal::subscribe_unknown_user(),
        /// The caller has no such subscription, or it has expired.
        NotFound => RestRefusal::not_found("subscriptionId"),
        TooLarge,
        UnsupportedMediaType,
        TooManyRequests,
        Unavailable,
    }
}

refusals! {
    /// Why a subscription was not renewed.
    pub(super) enum RenewSubscriptionError: RestRefusal,
        from CallerError, ReceiverError, NotThere, StoreError
    {
        /// The blacklisted webhook still fails.
        BadRequest => RestRefusal::wrong_hook_status(StatusCode::INTERNAL_SERVER_ERROR),
        Unauthorized,
        Forbidden,
        /// The caller has no such subscription, or it has expired.
        NotFound => RestRefusal::not_found("subscriptionId"),
        TooLarge,
        TooManyRequests,
        Unavailable,
    }
}

/// Whose filters a caller's are.
fn subscriber<G>(caller: &Caller<G>) -> Subscriber {
    Subscriber { account: caller.extension.account, extension: caller.user.number }
}

/// The owner of a caller's subscriptions.
fn owner<G>(caller: &Caller<G>) -> Owner {
    (Some(caller.user.id.clone()), caller.token().device.clone())
}

/// The caller's subscription of that id.
fn find<G>(app: &App, caller: &Caller<G>, id: &str) -> Result<Arc<Subscription>, NotThere> {
    let id = Uuid::try_parse(id).map_err(|_| NotThere::Unknown)?;
    Push::of(app).registry.find(&owner(caller), id)
}

/// The login that a request is made in.
async fn login(
    app: &App,
    on_socket: Option<&OnSocket>,
    headers: &HeaderMap,
    uri: &Uri,
) -> Result<Origin, AuthError> {
    if let Some(OnSocket { login, .. }) = on_socket {
        return Ok(login.clone());
    }
    let token = app.auth.identify_by(headers, uri, ACCEPTS).await?.credential();
    let origin = token.and_then(|token| app.directory.origin(&token));
    origin.ok_or(AuthError::Revoked)
}

/// A subscription as its owner is shown it.
async fn show(
    app: &App,
    headers: &HeaderMap,
    subscription: &Subscription,
) -> Result<SubscriptionInfo, StoreError> {
    let now = app.service.now();
    let wish = Wish::of(subscription)?;
    let subscriber = wish.subscriber();
    let filters = wish.event_filters(subscription)?;
    let refused = check::refused(app, owner_of(subscription)?, &filters, subscriber).await?;
    let (transport_type, address) = match &subscription.transport {
        Transport::Webhook { address, .. } => (TransportType::WebHook, address.clone()),
        Transport::Socket => (TransportType::WebSocket, super::socket::uri(app, headers)),
    };
    let suspended = subscription.suspended.as_ref();
    Ok(SubscriptionInfo {
        uri: format!("{}/{}", uri(app, headers), subscription.id),
        id: subscription.id,
        event_filters: wish.filters,
        disabled_filters: refused.into_iter().map(DisabledFilterInfo::from).collect(),
        creation_time: time_text(subscription.created),
        expiration_time: time_text(subscription.expires),
        expires_in: (subscription.expires.millis_since(now) / 1_000).max(1),
        status: if suspended.is_some() {
            SubscriptionStatus::Blacklisted
        } else {
            SubscriptionStatus::Active
        },
        delivery_mode: NotificationDeliveryMode { transport_type, address, encryption: false },
        blacklisted_data: suspended
            .map(|it| BlacklistedData { blacklisted_at: time_text(it.at), reason: it.reason.clone() }),
    })
}

impl From<Refused> for DisabledFilterInfo {
    fn from(refused: Refused) -> Self {
        let Refused { filter, why } = refused;
        Self { filter, reason: why.code(), message: why.message().to_owned() }
    }
}

fn uri(app: &App, headers: &HeaderMap) -> String {
    format!("{}/restapi/v1.0/subscription", origin(&app.config, headers))
}

async fn answer(app: &App, headers: &HeaderMap, subscription: &Subscription) -> Result<Response, StoreError> {
    let info = show(app, headers, subscription).await?;
    Ok((Extension(About(subscription.id)), Json(info)).into_response())
}

/// Create a subscription.
///
/// Notifications are `Notification` objects, sent as JSON in POST requests to the webhook or as messages of the
/// WebSocket. A webhook that fails is tried again after growing pauses, with what is the case then. One that
/// fails too often is blacklisted. Before the end there is a reminder.
#[utoipa::path(
    post,
    path = "/restapi/v1.0/subscription",
    operation_id = "CreateSubscription",
    request_body(content = CreateSubscriptionRequest, description = "What to tell, and where."),
    security(("bearer" = [])),
    tag = "Subscriptions",
    responses(
        (status = 200, description = "The subscription.", body = SubscriptionInfo),
        CreateSubscriptionError,
    ),
)]
pub(super) async fn create_subscription(
    State(app): State<App>,
    asker: Asker<Medium>,
    on_socket: Option<Extension<OnSocket>>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, CreateSubscriptionError> {
    let caller = asker.caller()?;
    caller.require(Permission::ReadPresence)?;
    let on_socket = on_socket.map(|Extension(on_socket)| on_socket);
    let login = login(&app, on_socket.as_ref(), &headers, &uri).await?;
    let body = read_object(&app, &headers, body, app.config.limits.bulk_body_bytes).await?;
    let new = NewSubscription::parse(&app, &body, on_socket.is_some())?;
    let filters = EventFilters::parse(&new.filters, subscriber(&caller))?;
    if let Some(refused) = check::first(&app, &caller.user.id, &filters, subscriber(&caller)).await? {
        return Err(refused.into());
    }
    let subscription = new_subscription(&app, &caller, &new, &filters, &login);
    if let Target::WebHook { address, .. } = &new.target {
        // A receiver is not asked for nothing.
        if Push::of(&app).registry.room(&owner(&caller)) == 0 {
            return Err(RestRefusal::too_many_subscriptions().into());
        }
        handshake::ask(&app, caller.user.id.as_str(), address).await?;
    }
    let shown = answer(&app, &headers, &subscription).await?;
    let interests = Filtered::new(caller.user.id.clone(), subscriber(&caller), filters).shared();
    let snapshot = Snapshot::start(&app, &subscription, interests, None).await?;
    to_the_end(async move {
        match on_socket {
            Some(OnSocket { session, .. }) => {
                session.subscribe(&app, subscription, snapshot, login).await?;
            }
            None => {
                let entry = Push::of(&app).registry.add(&RingCentralVoice, subscription, Some(login)).await?;
                sender::start(&app, entry, snapshot);
            }
        }
        Ok(shown)
    })
    .await
}

fn new_subscription(
    app: &App,
    caller: &Caller<Medium>,
    new: &NewSubscription,
    filters: &EventFilters,
    login: &Origin,
) -> Subscription {
    let now = app.service.now();
    let Subscriber { account, extension } = subscriber(caller);
    let (owner, client) = owner(caller);
    let filters = filters.filters.iter().map(|filter| filter.text.clone()).collect();
    let of_app = is_app(app, &client);
    Subscription {
        id: Uuid::new_v4(),
        dialect: DIALECT.name.to_owned(),
        owner,
        client,
        login: Some(login.login()),
        issuer: login.issuer().map(str::to_owned),
        wish: Wish { account, extension, filters, of_app }.kept(),
        transport: new.target.transport(),
        created: now,
        expires: now + Duration::from_secs(new.lifetime_seconds),
        lifetime_seconds: new.lifetime_seconds,
        suspended: None,
        delivered: app.service.token(),
    }
}

/// List one's subscriptions.
///
/// Those that were made with the same application.
#[utoipa::path(
    get,
    path = "/restapi/v1.0/subscription",
    operation_id = "ListSubscriptions",
    security(("bearer" = [])),
    tag = "Subscriptions",
    responses(
        (status = 200, description = "The subscriptions.", body = SubscriptionListResource),
        ListSubscriptionsError,
    ),
)]
pub(super) async fn list_subscriptions(
    State(app): State<App>,
    asker: Asker<Light>,
    headers: HeaderMap,
) -> Result<Json<SubscriptionListResource>, ListSubscriptionsError> {
    let caller = asker.caller()?;
    caller.require(Permission::ReadPresence)?;
    let mut records = Vec::new();
    for subscription in Push::of(&app).registry.list(&owner(&caller)) {
        records.push(show(&app, &headers, &subscription).await?);
    }
    Ok(Json(SubscriptionListResource { uri: uri(&app, &headers), records }))
}

/// Read a subscription.
///
/// For whom it was made, through the same application. Reading does not renew it.
#[utoipa::path(
    get,
    path = "/restapi/v1.0/subscription/{subscriptionId}",
    operation_id = "ReadSubscription",
    params(("subscriptionId" = String, Path, description = "The subscription's id.",
        example = "0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77")),
    security(("bearer" = [])),
    tag = "Subscriptions",
    responses(
        (status = 200, description = "The subscription.", body = SubscriptionInfo),
        SubscriptionError,
    ),
)]
pub(super) async fn read_subscription(
    State(app): State<App>,
    asker: Asker<Light>,
    SubscriptionId(id): SubscriptionId,
    headers: HeaderMap,
) -> Result<Response, SubscriptionError> {
    let caller = asker.caller()?;
    caller.require(Permission::ReadPresence)?;
    let subscription = find(&app, &caller, &id)?;
    Ok(answer(&app, &headers, &subscription).await?)
}

/// Update a subscription.
///
/// Its lifetime starts anew, and a blacklisted webhook is asked again and started again. An empty body does
/// nothing else.
#[utoipa::path(
    put,
    path = "/restapi/v1.0/subscription/{subscriptionId}",
    operation_id = "UpdateSubscription",
    params(("subscriptionId" = String, Path, description = "The subscription's id.",
        example = "0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77")),
    request_body(content = UpdateSubscriptionRequest, description = "What is to be different."),
    security(("bearer" = [])),
    tag = "Subscriptions",
    responses(
        (status = 200, description = "The subscription afterwards.", body = SubscriptionInfo),
        UpdateSubscriptionError,
    ),
)]
pub(super) async fn update_subscription(
    State(app): State<App>,
    asker: Asker<Medium>,
    SubscriptionId(id): SubscriptionId,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, UpdateSubscriptionError> {
    let caller = asker.caller()?;
    caller.require(Permission::ReadPresence)?;
    let subscription = find(&app, &caller, &id)?;
    let body = read_object(&app, &headers, body, app.config.limits.bulk_body_bytes).await?;
    let lifetime_seconds = request::lifetime(&body)?;
    let fresh = match request::filters(&body)? {
        Some(filters) => {
            let filters = EventFilters::parse(&filters, subscriber(&caller))?;
            if let Some(refused) = check::first(&app, &caller.user.id, &filters, subscriber(&caller)).await? {
                return Err(refused.into());
            }
            let texts: Vec<String> = filters.filters.iter().map(|filter| filter.text.clone()).collect();
            let interests = Filtered::new(caller.user.id.clone(), subscriber(&caller), filters).shared();
            Some((texts, Snapshot::start(&app, &subscription, interests, None).await?))
        }
        None => None,
    };
    ask_again(&app, &subscription).await?;
    let (filters, snapshot) = fresh.unzip();
    let change = move |subscription: &mut Subscription, now: Timestamp| {
        if let Some(filters) = filters {
            subscription.wish["filters"] = filters.into();
        }
        subscription.lifetime_seconds = lifetime_seconds;
        subscription.renew(now);
    };
    let changed = renew(&app, subscription.id, snapshot, change).await?.ok_or(NotThere::Unknown)?;
    Ok(answer(&app, &headers, &changed).await?)
}

/// Renew a subscription.
///
/// Its lifetime starts anew, and a blacklisted webhook is asked again and started again.
#[utoipa::path(
    post,
    path = "/restapi/v1.0/subscription/{subscriptionId}/renew",
    operation_id = "RenewSubscription",
    params(("subscriptionId" = String, Path, description = "The subscription's id.",
        example = "0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77")),
    security(("bearer" = [])),
    tag = "Subscriptions",
    responses(
        (status = 200, description = "The subscription afterwards.", body = SubscriptionInfo),
        RenewSubscriptionError,
    ),
)]
pub(super) async fn renew_subscription(
    State(app): State<App>,
    asker: Asker<Light>,
    SubscriptionId(id): SubscriptionId,
    headers: HeaderMap,
) -> Result<Response, RenewSubscriptionError> {
    let caller = asker.caller()?;
    caller.require(Permission::ReadPresence)?;
    let subscription = find(&app, &caller, &id)?;
    ask_again(&app, &subscription).await?;
    let changed = renew(&app, subscription.id, None, Subscription::renew).await?.ok_or(NotThere::Unknown)?;
    Ok(answer(&app, &headers, &changed).await?)
}

/// A receiver that was given up has to show that it works again.
async fn ask_again(app: &App, subscription: &Subscription) -> Result<(), ReceiverError> {
    match &subscription.transport {
        Transport::Webhook { address, .. } if subscription.suspended.is_some() => {
            let address = Push::of(app).webhooks.address(address);
            let address = address.map_err(|error| RestRefusal::unusable_hook(&error))?;
            handshake::ask(app, subscription.payer(), &address).await
        }
        _ => Ok(()),
    }
}

/// Changes a subscription whose time starts anew. None: it has ended meanwhile.
async fn renew(
    app: &App,
    id: Uuid,
    snapshot: Option<Snapshot>,
    change: impl FnOnce(&mut Subscription, Timestamp) + Send + 'static,
) -> Result<Option<Arc<Subscription>>, StoreError> {
    let app = app.clone();
    let now = app.service.now();
    to_the_end(async move {
        Push::of(&app).registry.change(id, snapshot, |subscription| change(subscription, now)).await
    })
    .await
}

/// Cancel a subscription.
///
/// Nothing more is sent from then on.
#[utoipa::path(
    delete,
    path = "/restapi/v1.0/subscription/{subscriptionId}",
    operation_id = "DeleteSubscription",
    params(("subscriptionId" = String, Path, description = "The subscription's id.",
        example = "0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77")),
    security(("bearer" = [])),
    tag = "Subscriptions",
    responses(
        (status = 204, description = "The subscription has ended."),
        SubscriptionError,
    ),
)]
pub(super) async fn delete_subscription(
    State(app): State<App>,
    asker: Asker<Medium>,
    SubscriptionId(id): SubscriptionId,
) -> Result<StatusCode, SubscriptionError> {
    let caller = asker.caller()?;
    caller.require(Permission::ReadPresence)?;
    let subscription = find(&app, &caller, &id)?;
    to_the_end(async move { Push::of(&app).registry.remove(subscription.id).await }).await?;
    Ok(StatusCode::NO_CONTENT)
}
