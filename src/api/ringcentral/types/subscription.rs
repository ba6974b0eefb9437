//! Wire types: subscriptions.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"uri": "http://127.0.0.1:8008/restapi/v1.0/subscription/0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77",
    "id": "0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77",
    "eventFilters": ["/restapi/v1.0/account/1/extension/2/presence"], "creationTime": "2026-01-05T09:00:00.000Z",
    "expirationTime": "2026-01-12T09:00:00.000Z", "expiresIn": 604_800, "status": "Active",
    "deliveryMode": {"transportType": "WebHook", "address": "https://example.com/hook", "encryption": false}}))]
pub struct SubscriptionInfo {
    /// Where this resource is.
    #[schema(
        example = "http://127.0.0.1:8008/restapi/v1.0/subscription/0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77"
    )]
    pub uri: String,
    /// The subscription's id.
    #[schema(value_type = String, format = "uuid", example = "0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77")]
    pub id: Uuid,
    /// What it is about, with `~` resolved.
    #[schema(example = json!(["/restapi/v1.0/account/1/extension/2/presence"]))]
    pub event_filters: Vec<String>,
    /// Filters that bring nothing at present, if there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Option<Vec<DisabledFilterInfo>>, nullable = false)]
    pub disabled_filters: Vec<DisabledFilterInfo>,
    /// When it was made.
    #[schema(format = "date-time", example = "2026-01-05T09:00:00.000Z")]
    pub creation_time: String,
    /// When it ends unless it is renewed. On a WebSocket it renews itself.
    #[schema(format = "date-time", example = "2026-01-12T09:00:00.000Z")]
    pub expiration_time: String,
    /// The same in seconds from now.
    #[schema(value_type = i64, minimum = 1, example = 604_800)]
    pub expires_in: u64,
    pub status: SubscriptionStatus,
    pub delivery_mode: NotificationDeliveryMode,
    /// Why nothing is sent any more, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub blacklisted_data: Option<BlacklistedData>,
}

/// Whether notifications are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = "Active")]
pub enum SubscriptionStatus {
    Active,
    /// The receiver failed too often. Renewing or updating the subscription starts it again.
    Blacklisted,
}

/// The way on which notifications go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotificationDeliveryMode {
    pub transport_type: TransportType,
    /// Where they go to.
    #[schema(example = "https://example.com/hook")]
    pub address: String,
    /// Always false: notifications are as safe as the way they go.
    #[schema(example = false)]
    pub encryption: bool,
}

/// The kind of the way on which notifications go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = "WebHook")]
pub enum TransportType {
    WebHook,
    WebSocket,
}

/// A filter that brings nothing at present.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DisabledFilterInfo {
    /// The filter.
    #[schema(example = "/restapi/v1.0/account/1/extension/2/presence")]
    pub filter: String,
    /// The code of what stands against it.
    #[schema(example = "SUB-403")]
    pub reason: &'static str,
    /// The same for people.
    #[schema(example = "The user does not allow others to see the presence")]
    pub message: String,
}

/// Why nothing is sent any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BlacklistedData {
    /// Since when.
    #[schema(format = "date-time", example = "2026-01-05T11:00:00.000Z")]
    pub blacklisted_at: String,
    /// The last failure.
    #[schema(example = "the receiver answered 500")]
    pub reason: String,
}

/// All of the caller's subscriptions with this application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SubscriptionListResource {
    /// Where this resource is.
    #[schema(example = "http://127.0.0.1:8008/restapi/v1.0/subscription")]
    pub uri: String,
    /// The oldest first.
    pub records: Vec<SubscriptionInfo>,
}

/// A wish to be told of changes.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({
    "eventFilters": ["/restapi/v1.0/account/~/extension/2/presence?detailedTelephonyState=true"],
    "deliveryMode": {"transportType": "WebHook", "address": "https://example.com/hook"}, "expiresIn": 604_800}))]
pub struct CreateSubscriptionRequest {
    /// What it is about: paths of resources; `~` is the caller's own account or extension. Of those that have
    /// nothing to do with presence, as `…/extension/~/message-store`, nothing is ever told.
    #[schema(min_items = 1, example = json!(["/restapi/v1.0/account/~/extension/2/presence"]))]
    pub event_filters: Vec<String>,
    pub delivery_mode: NotificationDeliveryModeRequest,
    /// For how long, in seconds; a week if left out, and ten years if it is more. On a WebSocket it does not count.
    #[schema(minimum = 1, example = 604_800, nullable = false)]
    pub expires_in: Option<i64>,
}

/// The way on which notifications are to go.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct NotificationDeliveryModeRequest {
    /// `WebSocket` only in a request that comes over one, and then without an address.
    pub transport_type: TransportType,
    /// Where the receiver is. It is asked before it gets anything: it has to answer within 3 seconds, with
    /// status 200 and the header `Validation-Token` as it was sent.
    #[schema(example = "https://example.com/hook", nullable = false)]
    pub address: Option<String>,
    /// What the receiver knows notifications by: each carries it in the headers `Verification-Token` and
    /// `Validation-Token`.
    #[schema(example = "a-secret-of-the-receiver", nullable = false)]
    pub verification_token: Option<String>,
}

/// A change of a subscription. What is left out stays, and the lifetime starts anew.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct UpdateSubscriptionRequest {
    /// What it is about from now on.
    #[schema(min_items = 1, example = json!(["/restapi/v1.0/account/~/presence"]), nullable = false)]
    pub event_filters: Option<Vec<String>>,
    /// For how long, in seconds; a week if left out, and ten years if it is more.
    #[schema(minimum = 1, example = 604_800, nullable = false)]
    pub expires_in: Option<i64>,
}
