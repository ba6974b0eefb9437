//! `/presenced/v1/subscriptions`: who is told of changes by webhooks and on sockets of other dialects, for admins.

use axum::{Json, extract::State, http::StatusCode};

use super::{
    error::{ListError, ProblemRefusal},
    extract::{AccessError, Ids, Paging},
    stub::{AuthenticateError, Known, directory::Directory},
    types::{Subscription, SubscriptionIdText, SubscriptionPage, SubscriptionState, SubscriptionTransport},
};
use crate::{
    api::{refusal::refusals, stub::Stub},
    push::{self, Transport, webhook},
    store::StoreError,
};

refusals! {
    /// Why a subscription was not ended.
    pub enum EndSubscriptionError: ProblemRefusal, from AuthenticateError, StoreError {
        /// The id is not valid.
        BadRequest => ProblemRefusal::invalid("subscriptionId: invalid length: expected a UUID"),
        Unauthorized,
        /// The caller is not an admin.
        Forbidden => ProblemRefusal::forbidden(AccessError::NotAdmin),
        /// There is no such subscription.
        NotFound => ProblemRefusal::not_found("there is no such subscription"),
        TooLarge,
        Unavailable,
    }
}

impl From<&push::Subscription> for Subscription {
    fn from(subscription: &push::Subscription) -> Self {
        let (transport, receiver) = match &subscription.transport {
            Transport::Webhook { address, .. } => (SubscriptionTransport::Webhook, webhook::origin(address)),
            Transport::Socket => (SubscriptionTransport::Socket, None),
        };
        let suspended = subscription.suspended.as_ref();
        Self {
            subscription_id: subscription.id.to_string(),
            dialect: subscription.dialect.clone(),
            user_id: subscription.owner.as_ref().map(ToString::to_string).unwrap_or_default(),
            device_id: subscription.client.as_str().to_owned(),
            transport: transport.into(),
            receiver,
            state: suspended.map_or(SubscriptionState::Active, |_| SubscriptionState::Suspended).into(),
            reason: suspended.map(|it| it.reason.clone()),
            created_at: subscription.created.as_millis(),
            expires_at: subscription.expires.as_millis(),
        }
    }
}

/// List the subscriptions.
///
/// Those on webhooks of the whole service, and those on sockets of the server that is asked.
#[utoipa::path(
    get,
    path = "/presenced/v1/subscriptions",
    operation_id = "listSubscriptions",
    params(
        ("after" = inline(Option<SubscriptionIdText>), Query, description = "The last id of the page before.",
            example = "0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77"),
        ("limit" = Option<i32>, Query, description = "How many to list, 1 to 1000; 100 if left out.",
            minimum = 1, maximum = 1000, example = 100),
    ),
    security(("bearer" = [])),
    tag = "Directory",
    responses(
        (status = 200, description = "The subscriptions after `after`, in the order of their ids.",
            body = SubscriptionPage),
        ListError,
    ),
)]
pub(super) async fn list_subscriptions(
    State(stub): State<Stub<dyn Directory>>,
    known: Known<dyn Directory>,
    paging: Paging,
) -> Result<Json<SubscriptionPage>, ListError> {
    let caller = known.admin()?;
    Ok(Json(stub.backend.list_subscriptions(&caller, &paging.page()?).await?))
}

/// End a subscription.
///
/// Nothing more is sent, whoever made it.
#[utoipa::path(
    delete,
    path = "/presenced/v1/subscriptions/{subscriptionId}",
    operation_id = "endSubscription",
    params(("subscriptionId" = inline(SubscriptionIdText), Path, description = "The subscription's id.",
        example = "0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77")),
    security(("bearer" = [])),
    tag = "Directory",
    responses(
        (status = 204, description = "The subscription has ended."),
        EndSubscriptionError,
    ),
)]
pub(super) async fn end_subscription(
    State(stub): State<Stub<dyn Directory>>,
    known: Known<dyn Directory>,
    ids: Ids,
) -> Result<StatusCode, EndSubscriptionError> {
    let caller = known.admin()?;
    stub.backend.end_subscription(&caller, ids.get("subscriptionId")?).await?;
    Ok(StatusCode::NO_CONTENT)
}
