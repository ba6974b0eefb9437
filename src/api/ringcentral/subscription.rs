//! `/restapi/v1.0/subscription`: wishes to be told of changes.
//! Source: RingCentral's API reference, "Subscriptions".

mod wish;

use std::time::Duration;

use axum::{
    Extension, Json,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use self::wish::{Target, Wish};
use super::{
    error::{ErrorResponse, RestFailure},
    extract::{Caller, Permission, SubscriptionId, read_object},
    push::{
        self, Subscription,
        check::{self, Refused},
        delivery,
        feed::Feed,
        filter::{Interests, Subscriber},
        handshake, time_text,
    },
    rate::{Light, Medium},
    socket::sessions::OnSocket,
};
use crate::{api::origin, app::App, presence::Timestamp, task::to_the_end};

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"uri": "http://127.0.0.1:8008/restapi/v1.0/subscription/0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77",
    "id": "0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77",
    "eventFilters": ["/restapi/v1.0/account/1/extension/2/presence"], "creationTime": "2026-01-05T09:00:00.000Z",
    "expirationTime": "2026-01-12T09:00:00.000Z", "expiresIn": 604_800, "status": "Active",
    "deliveryMode": {"transportType": "WebHook", "address": "https://example.com/hook", "encryption": false}}))]
pub(super) struct SubscriptionInfo {
    /// Where this resource is.
    #[schema(
        example = "http://127.0.0.1:8008/restapi/v1.0/subscription/0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77"
    )]
    uri: String,
    /// The subscription's id.
    #[schema(value_type = String, format = "uuid", example = "0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77")]
    id: Uuid,
    /// What it is about, with `~` resolved.
    #[schema(example = json!(["/restapi/v1.0/account/1/extension/2/presence"]))]
    event_filters: Vec<String>,
    /// Filters that bring nothing at present, if there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Option<Vec<DisabledFilterInfo>>, nullable = false)]
    disabled_filters: Vec<DisabledFilterInfo>,
    /// When it was made.
    #[schema(format = "date-time", example = "2026-01-05T09:00:00.000Z")]
    creation_time: String,
    /// When it ends unless it is renewed. On a WebSocket it renews itself.
    #[schema(format = "date-time", example = "2026-01-12T09:00:00.000Z")]
    expiration_time: String,
    /// The same in seconds from now.
    #[schema(value_type = i64, minimum = 1, example = 604_800)]
    expires_in: u64,
    status: SubscriptionStatus,
    delivery_mode: NotificationDeliveryMode,
    /// Why nothing is sent any more, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    blacklisted_data: Option<BlacklistedData>,
}

/// Whether notifications are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = "Active")]
pub(super) enum SubscriptionStatus {
    Active,
    /// The receiver failed too often. Renewing or updating the subscription starts it again.
    Blacklisted,
}

/// The way on which notifications go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NotificationDeliveryMode {
    transport_type: TransportType,
    /// Where they go to.
    #[schema(example = "https://example.com/hook")]
    address: String,
    /// Always false: notifications are as safe as the way they go.
    #[schema(example = false)]
    encryption: bool,
}

/// The kind of the way on which notifications go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = "WebHook")]
pub(super) enum TransportType {
    WebHook,
    WebSocket,
}

/// A filter that brings nothing at present.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct DisabledFilterInfo {
    /// The filter.
    #[schema(example = "/restapi/v1.0/account/1/extension/2/presence")]
    filter: String,
    /// The code of what stands against it.
    #[schema(example = "SUB-403")]
    reason: &'static str,
    /// The same for people.
    #[schema(example = "The user does not allow others to see the presence")]
    message: String,
}

/// Why nothing is sent any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct BlacklistedData {
    /// Since when.
    #[schema(format = "date-time", example = "2026-01-05T11:00:00.000Z")]
    blacklisted_at: String,
    /// The last failure.
    #[schema(example = "the receiver answered 500")]
    reason: String,
}

/// All of the caller's subscriptions with this application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct SubscriptionListResource {
    /// Where this resource is.
    #[schema(example = "http://127.0.0.1:8008/restapi/v1.0/subscription")]
    uri: String,
    /// The oldest first.
    records: Vec<SubscriptionInfo>,
}

/// A wish to be told of changes.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({
    "eventFilters": ["/restapi/v1.0/account/~/extension/2/presence?detailedTelephonyState=true"],
    "deliveryMode": {"transportType": "WebHook", "address": "https://example.com/hook"}, "expiresIn": 604_800}))]
#[expect(dead_code, reason = "it stands for the schema; what is read is a Wish")]
pub(super) struct CreateSubscriptionRequest {
    /// What it is about: paths of resources; `~` is the caller's own account or extension. Of those that have
    /// nothing to do with presence, as `…/extension/~/message-store`, nothing is ever told.
    #[schema(min_items = 1, example = json!(["/restapi/v1.0/account/~/extension/2/presence"]))]
    event_filters: Vec<String>,
    delivery_mode: NotificationDeliveryModeRequest,
    /// For how long, in seconds; a week if left out, and ten years if it is more. On a WebSocket it does not count.
    #[schema(minimum = 1, example = 604_800, nullable = false)]
    expires_in: Option<i64>,
}

/// The way on which notifications are to go.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "it stands for the schema; what is read is a Wish")]
pub(super) struct NotificationDeliveryModeRequest {
    /// `WebSocket` only in a request that comes over one, and then without an address.
    transport_type: TransportType,
    /// Where the receiver is. It is asked before it gets anything: it has to answer within 3 seconds, with
    /// status 200 and the header `Validation-Token` as it was sent.
    #[schema(example = "https://example.com/hook", nullable = false)]
    address: Option<String>,
    /// What the receiver knows notifications by: each carries it in the headers `Verification-Token` and
    /// `Validation-Token`.
    #[schema(example = "a-secret-of-the-receiver", nullable = false)]
    verification_token: Option<String>,
}

/// A change of a subscription. What is left out stays, and the lifetime starts anew.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "it stands for the schema; what is read is a Wish")]
pub(super) struct UpdateSubscriptionRequest {
    /// What it is about from now on.
    #[schema(min_items = 1, example = json!(["/restapi/v1.0/account/~/presence"]), nullable = false)]
    event_filters: Option<Vec<String>>,
    /// For how long, in seconds; a week if left out, and ten years if it is more.
    #[schema(minimum = 1, example = 604_800, nullable = false)]
    expires_in: Option<i64>,
}

/// Names, in an answer's extensions, the subscription that it is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct About(pub(super) Uuid);

/// Whose filters a caller's are.
fn subscriber<G>(caller: &Caller<G>) -> Subscriber {
    Subscriber { account: caller.extension.account, extension: caller.user.number }
}

/// The owner of a caller's subscriptions.
fn owner<G>(caller: &Caller<G>) -> push::registry::Owner {
    (caller.user.id.clone(), caller.token().device.clone())
}

/// A subscription as its owner is shown it.
async fn show(
    app: &App,
    headers: &HeaderMap,
    subscription: &Subscription,
) -> Result<SubscriptionInfo, RestFailure> {
    let now = app.service.now();
    let refused = check::refused(app, subscription).await?;
    let (transport_type, address) = match &subscription.delivery {
        push::Delivery::WebHook { address, .. } => (TransportType::WebHook, address.clone()),
        push::Delivery::WebSocket => (TransportType::WebSocket, super::socket::uri(app, headers)),
    };
    let blacklisted = subscription.blacklisted.as_ref();
    Ok(SubscriptionInfo {
        uri: format!("{}/{}", uri(app, headers), subscription.id),
        id: subscription.id,
        event_filters: subscription.filters.clone(),
        disabled_filters: refused.into_iter().map(DisabledFilterInfo::from).collect(),
        creation_time: time_text(subscription.created),
        expiration_time: time_text(subscription.expires),
        expires_in: (subscription.expires.millis_since(now) / 1_000).max(1),
        status: if blacklisted.is_some() {
            SubscriptionStatus::Blacklisted
        } else {
            SubscriptionStatus::Active
        },
        delivery_mode: NotificationDeliveryMode { transport_type, address, encryption: false },
        blacklisted_data: blacklisted
            .map(|it| BlacklistedData { blacklisted_at: time_text(it.at), reason: it.reason.clone() }),
    })
}

impl From<Refused> for DisabledFilterInfo {
    fn from(refused: Refused) -> Self {
        let (reason, message) = refused.why;
        Self { filter: refused.filter, reason, message }
    }
}

fn uri(app: &App, headers: &HeaderMap) -> String {
    format!("{}/restapi/v1.0/subscription", origin(&app.config, headers))
}

async fn answer(
    app: &App,
    headers: &HeaderMap,
    subscription: &Subscription,
) -> Result<Response, RestFailure> {
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
        (status = 400, description = "The body is not valid, or the webhook does not answer as it has to.",
            body = ErrorResponse),
        (status = 401, description = "There is no token, or it is not valid.", body = ErrorResponse),
        (status = 403, description = "The caller may not do this or not be told this, or has 30 subscriptions.",
            body = ErrorResponse),
        (status = 413, description = "The body is too large.", body = ErrorResponse),
        (status = 415, description = "The body is not declared as JSON.", body = ErrorResponse),
        (status = 429, description = "The caller called too often.", body = ErrorResponse),
        (status = 503, description = "The store takes no writes at present.", body = ErrorResponse),
    ),
)]
pub(super) async fn create_subscription(
    State(app): State<App>,
    caller: Caller<Medium>,
    on_socket: Option<Extension<OnSocket>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, RestFailure> {
    caller.require(Permission::ReadPresence)?;
    let session = on_socket.map(|Extension(OnSocket { session, .. })| session);
    let wish = Wish::parse(
        &app,
        &read_object(&app, &headers, body, app.config.limits.bulk_body_bytes).await?,
        session.is_some(),
    )?;
    let interests = Interests::parse(&wish.filters, subscriber(&caller))?;
    check::all(&app, &caller.user.id, &interests, subscriber(&caller)).await?;
    let subscription = new_subscription(&app, &caller, &wish, &interests);
    if let Target::WebHook { address, .. } = &wish.target {
        // Nobody is asked for nothing.
        if app.push.subscriptions.room(&owner(&caller)) == 0 {
            return Err(RestFailure::too_many_subscriptions());
        }
        handshake::ask(&app, address).await?;
    }
    let shown = answer(&app, &headers, &subscription).await?;
    let feed = Feed::start(&app, &subscription, interests, None).await?;
    to_the_end(async move {
        match session {
            Some(session) => session.subscribe(&app, subscription, feed).await?,
            None => delivery::start(&app, app.push.subscriptions.add(subscription).await?, feed),
        }
        Ok(shown)
    })
    .await
}

fn new_subscription(app: &App, caller: &Caller<Medium>, wish: &Wish, interests: &Interests) -> Subscription {
    let now = app.service.now();
    let Subscriber { account, extension } = subscriber(caller);
    let (user, client) = owner(caller);
    Subscription {
        id: Uuid::new_v4(),
        owner: user,
        client,
        account,
        extension,
        filters: interests.filters.clone(),
        delivery: wish.target.delivery(),
        created: now,
        expires: now + Duration::from_secs(wish.lifetime_seconds),
        lifetime_seconds: wish.lifetime_seconds,
        blacklisted: None,
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
        (status = 401, description = "There is no token, or it is not valid.", body = ErrorResponse),
        (status = 403, description = "The caller may not do this.", body = ErrorResponse),
        (status = 429, description = "The caller called too often.", body = ErrorResponse),
    ),
)]
pub(super) async fn list_subscriptions(
    State(app): State<App>,
    caller: Caller<Light>,
    headers: HeaderMap,
) -> Result<Json<SubscriptionListResource>, RestFailure> {
    caller.require(Permission::ReadPresence)?;
    let mut records = Vec::new();
    for subscription in app.push.subscriptions.list(&owner(&caller)) {
        records.push(show(&app, &headers, &subscription).await?);
    }
    Ok(Json(SubscriptionListResource { uri: uri(&app, &headers), records }))
}

/// Read a subscription.
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
        (status = 401, description = "There is no token, or it is not valid.", body = ErrorResponse),
        (status = 403, description = "The caller may not do this.", body = ErrorResponse),
        (status = 404, description = "The caller has no such subscription, or it has expired.",
            body = ErrorResponse),
        (status = 429, description = "The caller called too often.", body = ErrorResponse),
    ),
)]
pub(super) async fn read_subscription(
    State(app): State<App>,
    caller: Caller<Light>,
    SubscriptionId(id): SubscriptionId,
    headers: HeaderMap,
) -> Result<Response, RestFailure> {
    caller.require(Permission::ReadPresence)?;
    let subscription = app.push.subscriptions.find(&owner(&caller), &id)?;
    answer(&app, &headers, &subscription).await
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
    request_body(content = Option<UpdateSubscriptionRequest>, description = "What is to be different."),
    security(("bearer" = [])),
    tag = "Subscriptions",
    responses(
        (status = 200, description = "The subscription afterwards.", body = SubscriptionInfo),
        (status = 400, description = "The body is not valid, or the blacklisted webhook still fails.",
            body = ErrorResponse),
        (status = 401, description = "There is no token, or it is not valid.", body = ErrorResponse),
        (status = 403, description = "The caller may not do this or not be told this.", body = ErrorResponse),
        (status = 404, description = "The caller has no such subscription, or it has expired.",
            body = ErrorResponse),
        (status = 413, description = "The body is too large.", body = ErrorResponse),
        (status = 415, description = "The body is not declared as JSON.", body = ErrorResponse),
        (status = 429, description = "The caller called too often.", body = ErrorResponse),
        (status = 503, description = "The store takes no writes at present.", body = ErrorResponse),
    ),
)]
pub(super) async fn update_subscription(
    State(app): State<App>,
    caller: Caller<Medium>,
    SubscriptionId(id): SubscriptionId,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, RestFailure> {
    caller.require(Permission::ReadPresence)?;
    let subscription = app.push.subscriptions.find(&owner(&caller), &id)?;
    let body = read_object(&app, &headers, body, app.config.limits.bulk_body_bytes).await?;
    let lifetime_seconds = wish::lifetime(&body)?;
    let fresh = match wish::filters(&body)? {
        Some(filters) => {
            let interests = Interests::parse(&filters, subscriber(&caller))?;
            check::all(&app, &caller.user.id, &interests, subscriber(&caller)).await?;
            Some((interests.filters.clone(), Feed::start(&app, &subscription, interests, None).await?))
        }
        None => None,
    };
    ask_again(&app, &subscription).await?;
    let (filters, feed) = fresh.unzip();
    let change = move |subscription: &mut Subscription, now: Timestamp| {
        subscription.filters = filters.unwrap_or_else(|| subscription.filters.clone());
        subscription.lifetime_seconds = lifetime_seconds;
        subscription.renew(now);
    };
    renew(&app, &headers, subscription.id, feed, change).await
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
        (status = 400, description = "The blacklisted webhook still fails.", body = ErrorResponse),
        (status = 401, description = "There is no token, or it is not valid.", body = ErrorResponse),
        (status = 403, description = "The caller may not do this.", body = ErrorResponse),
        (status = 404, description = "The caller has no such subscription, or it has expired.",
            body = ErrorResponse),
        (status = 429, description = "The caller called too often.", body = ErrorResponse),
        (status = 503, description = "The store takes no writes at present.", body = ErrorResponse),
    ),
)]
pub(super) async fn renew_subscription(
    State(app): State<App>,
    caller: Caller<Light>,
    SubscriptionId(id): SubscriptionId,
    headers: HeaderMap,
) -> Result<Response, RestFailure> {
    caller.require(Permission::ReadPresence)?;
    let subscription = app.push.subscriptions.find(&owner(&caller), &id)?;
    ask_again(&app, &subscription).await?;
    renew(&app, &headers, subscription.id, None, Subscription::renew).await
}

/// A receiver that was given up has to show that it works again.
async fn ask_again(app: &App, subscription: &Subscription) -> Result<(), RestFailure> {
    match &subscription.delivery {
        push::Delivery::WebHook { address, .. } if subscription.blacklisted.is_some() => {
            let address = app.push.webhooks.address(address);
            handshake::ask(app, &address.map_err(|error| RestFailure::unusable_hook(&error))?).await
        }
        _ => Ok(()),
    }
}

async fn renew(
    app: &App,
    headers: &HeaderMap,
    id: Uuid,
    feed: Option<Feed>,
    change: impl FnOnce(&mut Subscription, Timestamp) + Send + 'static,
) -> Result<Response, RestFailure> {
    let changed = {
        let app = app.clone();
        let now = app.service.now();
        to_the_end(async move {
            app.push.subscriptions.change(id, feed, |subscription| change(subscription, now)).await
        })
        .await?
    };
    let changed = changed.ok_or_else(|| RestFailure::not_found("subscriptionId"))?;
    answer(app, headers, &changed).await
}

/// Cancel a subscription.
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
        (status = 401, description = "There is no token, or it is not valid.", body = ErrorResponse),
        (status = 403, description = "The caller may not do this.", body = ErrorResponse),
        (status = 404, description = "The caller has no such subscription, or it has expired.",
            body = ErrorResponse),
        (status = 429, description = "The caller called too often.", body = ErrorResponse),
        (status = 503, description = "The store takes no writes at present.", body = ErrorResponse),
    ),
)]
pub(super) async fn delete_subscription(
    State(app): State<App>,
    caller: Caller<Medium>,
    SubscriptionId(id): SubscriptionId,
) -> Result<StatusCode, RestFailure> {
    caller.require(Permission::ReadPresence)?;
    let subscription = app.push.subscriptions.find(&owner(&caller), &id)?;
    to_the_end(async move { app.push.subscriptions.remove(subscription.id).await }).await?;
    Ok(StatusCode::NO_CONTENT)
}
