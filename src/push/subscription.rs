//! Subscriptions: kept wishes to be told of changes.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    directory::TokenId,
    id::{DeviceId, UserId},
    presence::Timestamp,
};

/// A user of an application, or the application itself: who may see and change a subscription.
pub type Owner = (Option<UserId>, DeviceId);

/// A wish to be told of changes. Plain data, which the store keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    pub id: Uuid,
    /// The name of the dialect that it was made in.
    pub dialect: String,
    /// The user who made it; none: an application's backend or an admin, who sees as an admin does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    /// The application that it was made with, as the device of its token; the name of the token itself if that is of no
    /// user.
    pub client: DeviceId,
    /// The login that it was made in, with which it ends. Earlier versions did not keep it: such a subscription
    /// ends with any login of its client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<TokenId>,
    /// Who signed the token that it was made with, if another did. It ends when that issuer may not let read any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// What it is about, in the dialect's own form.
    pub wish: Value,
    pub transport: Transport,
    pub created: Timestamp,
    pub expires: Timestamp,
    /// From one renewal to the end.
    pub lifetime_seconds: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<Suspension>,
    /// Every change up to this number of the feed was delivered.
    pub delivered: u64,
}

/// The way on which messages go.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// Requests to an address, with a secret by which the receiver knows them.
    Webhook {
        address: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret: Option<String>,
        /// The secret before that one, while it still counts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retiring: Option<Retiring>,
    },
    /// The socket of one session, with which the subscription ends. It is not kept.
    Socket,
}

/// A secret that was replaced.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retiring {
    pub secret: String,
    /// Until when it counts.
    pub until: Timestamp,
}

/// Nothing more is sent: the receiver failed too often, or said that it wants nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspension {
    pub at: Timestamp,
    /// What the last failure was.
    pub reason: String,
}

impl Subscription {
    /// Who may see and change it.
    pub fn key(&self) -> Owner {
        (self.owner.clone(), self.client.clone())
    }

    /// On whose account its deliveries are.
    pub fn payer(&self) -> &str {
        self.owner.as_ref().map_or(self.client.as_str(), UserId::as_str)
    }

    /// Starts its lifetime anew, and whatever stood against it is forgotten.
    pub fn renew(&mut self, now: Timestamp) {
        self.expires = now + Duration::from_secs(self.lifetime_seconds);
        self.suspended = None;
    }

    /// Whether it survives a restart.
    pub fn is_kept(&self) -> bool {
        matches!(self.transport, Transport::Webhook { .. })
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // No log shows the secret.
            Self::Webhook { address, .. } => {
                f.debug_struct("Webhook").field("address", address).finish_non_exhaustive()
            }
            Self::Socket => f.write_str("Socket"),
        }
    }
}
