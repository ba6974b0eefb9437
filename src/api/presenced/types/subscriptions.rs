//! Wire types: subscriptions.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::Open;

/// A subscription: a wish to be told of changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    #[schema(example = "0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77")]
    pub subscription_id: String,
    /// The API that it was made in.
    #[schema(example = "ringcentral")]
    pub dialect: String,
    /// Who is told; empty: an application's backend, or an admin, by a webhook of presenced's own API.
    #[schema(example = "@alice:example.com")]
    pub user_id: String,
    /// The device of the token that it was made with; for a login through an application that is its client id, and for
    /// a token of no user the name of that.
    #[schema(example = "wallboard")]
    pub device_id: String,
    #[schema(value_type = SubscriptionTransport)]
    pub transport: Open<SubscriptionTransport>,
    /// Where its webhook goes: scheme, host and port. The rest of the address is between its owner and the receiver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "https://example.com", nullable = false)]
    pub receiver: Option<String>,
    #[schema(value_type = SubscriptionState)]
    pub state: Open<SubscriptionState>,
    /// Why nothing is sent any more, if it is suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "the receiver answered 500", nullable = false)]
    pub reason: Option<String>,
    /// When it was made, in milliseconds since the Unix epoch.
    #[schema(value_type = i64, example = 1_767_603_600_000_u64)]
    pub created_at: u64,
    /// When it ends unless it is renewed, in milliseconds since the Unix epoch; the end of the year 9999 where it does not
    /// end by itself.
    #[schema(value_type = i64, example = 1_768_208_400_000_u64)]
    pub expires_at: u64,
}

/// The way on which messages go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(example = "webhook")]
pub enum SubscriptionTransport {
    Webhook,
    /// The socket of one session, with which the subscription ends.
    Socket,
}

/// Whether messages are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(example = "active")]
pub enum SubscriptionState {
    Active,
    /// The receiver failed too often. Its owner may start it again.
    Suspended,
}

/// A page of subscriptions, in the order of their ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SubscriptionPage {
    pub subscriptions: Vec<Subscription>,
    /// Whether there are subscriptions after these.
    #[schema(example = false)]
    pub more: bool,
}
