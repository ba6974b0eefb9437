//! What the core asks of this dialect.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{
    filter::{EventFilters, Subscriber},
    interests::Filtered,
};
use crate::{
    api::ringcentral::{DIALECT, config::RingCentral, types::Notification},
    app::App,
    id::{DeviceId, UserId},
    presence::Timestamp,
    push::{
        Delivery, Interests, Request, Subscription, Suspension, Transport, Verdict, Voice, webhook::Answer,
    },
    store::StoreError,
};

/// The header by which a receiver is asked, and answers.
pub(super) const VALIDATION_TOKEN: HeaderName = HeaderName::from_static("validation-token");

/// The header that carries a subscription's own token, by another name than in the question.
const VERIFICATION_TOKEN: HeaderName = HeaderName::from_static("verification-token");

/// This dialect's way of telling.
pub(in crate::api::ringcentral) struct RingCentralVoice;

/// What a subscription is about, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::api::ringcentral) struct Wish {
    /// The owner's telephone account when it was made; it ends when the owner leaves the account.
    pub(in crate::api::ringcentral) account: u64,
    /// The owner's extension.
    pub(in crate::api::ringcentral) extension: u64,
    /// Event filters, with `~` resolved.
    pub(in crate::api::ringcentral) filters: Vec<String>,
    /// Whether its client is an application that the configuration names; it ends when that does so no longer.
    #[serde(default)]
    pub(in crate::api::ringcentral) of_app: bool,
}

impl Wish {
    /// The wish of a subscription of this dialect.
    pub(in crate::api::ringcentral) fn of(subscription: &Subscription) -> Result<Self, StoreError> {
        Self::deserialize(&subscription.wish).map_err(|error| unreadable(subscription, &error))
    }

    /// The same as a subscription keeps it.
    pub(in crate::api::ringcentral) fn kept(&self) -> Value {
        serde_json::to_value(self).expect("a wish has a JSON form")
    }

    /// What it is about.
    pub(in crate::api::ringcentral) fn event_filters(
        &self,
        subscription: &Subscription,
    ) -> Result<EventFilters, StoreError> {
        let filters = EventFilters::parse(&self.filters, self.subscriber());
        filters.map_err(|refused| unreadable(subscription, &refused.said().message()))
    }

    /// Whose filters they are.
    pub(in crate::api::ringcentral) fn subscriber(&self) -> Subscriber {
        Subscriber { account: self.account, extension: self.extension }
    }
}

/// The user who made a subscription.
pub(in crate::api::ringcentral) fn owner_of(subscription: &Subscription) -> Result<&UserId, StoreError> {
    subscription.owner.as_ref().ok_or_else(|| unreadable(subscription, &"it has no owner"))
}

fn unreadable(subscription: &Subscription, why: &dyn std::fmt::Display) -> StoreError {
    StoreError::Unreadable(format!("the wish of the subscription {} cannot be read: {why}", subscription.id))
}

impl Voice for RingCentralVoice {
    fn dialect(&self) -> &'static str {
        DIALECT.name
    }

    fn interests(&self, subscription: &Subscription) -> Result<Arc<dyn Interests>, StoreError> {
        let wish = Wish::of(subscription)?;
        Ok(Arc::new(Filtered::new(
            owner_of(subscription)?.clone(),
            wish.subscriber(),
            wish.event_filters(subscription)?,
        )))
    }

    fn holds(&self, app: &App, subscription: &Subscription) -> bool {
        let number = |name: &str| subscription.wish[name].as_u64().unwrap_or_default();
        let user = app.directory.extension(number("account"), number("extension"));
        let is_let_in = subscription.wish["of_app"] != true || is_app(app, &subscription.client);
        is_let_in && user.is_some_and(|user| Some(&user.id) == subscription.owner.as_ref())
    }

    fn request(&self, subscription: &Subscription, delivery: &Delivery, _: Timestamp) -> Request {
        let mut headers = headers();
        if let Transport::Webhook { secret: Some(secret), .. } = &subscription.transport
            && let Ok(token) = HeaderValue::try_from(secret)
        {
            // The reference says the one, the guide the other.
            headers.insert(VERIFICATION_TOKEN, token.clone());
            headers.insert(VALIDATION_TOKEN, token);
        }
        let notifications = delivery
            .messages
            .iter()
            .map(|message| Notification::new(subscription, message, delivery.id, delivery.at).json());
        Request { headers, body: notifications.collect::<String>().into_bytes() }
    }

    fn judge(&self, answer: &Answer) -> Verdict {
        if answer.status.is_success() { Verdict::Delivered } else { Verdict::Again }
    }

    fn upgrade(&self, kept: &Value) -> Option<Subscription> {
        Earlier::deserialize(kept).ok().map(Subscription::from)
    }
}

/// Whether the configuration lets an application in by that name.
pub(in crate::api::ringcentral) fn is_app(app: &App, client: &DeviceId) -> bool {
    app.config.section::<RingCentral>().apps.iter().any(|known| known.id == client.as_str())
}

/// The headers that every request to a webhook has.
pub(super) fn headers() -> HeaderMap {
    let lines = [
        (header::ACCEPT, "application/json"),
        (header::CONTENT_TYPE, "application/json; charset=UTF-8"),
        (header::USER_AGENT, "RingCentral-Webhook/8.3"),
    ];
    lines.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect()
}

/// A subscription as it was kept when there were none of other dialects.
#[derive(Deserialize)]
struct Earlier {
    id: Uuid,
    owner: UserId,
    client: DeviceId,
    account: u64,
    extension: u64,
    filters: Vec<String>,
    delivery: EarlierDelivery,
    created: Timestamp,
    expires: Timestamp,
    lifetime_seconds: u64,
    blacklisted: Option<Suspension>,
    delivered: u64,
}

#[derive(Deserialize)]
enum EarlierDelivery {
    WebHook { address: String, verification_token: Option<String> },
}

impl From<Earlier> for Subscription {
    fn from(kept: Earlier) -> Self {
        let EarlierDelivery::WebHook { address, verification_token: secret } = kept.delivery;
        let wish =
            Wish { account: kept.account, extension: kept.extension, filters: kept.filters, of_app: false };
        Self {
            id: kept.id,
            dialect: DIALECT.name.to_owned(),
            owner: Some(kept.owner),
            client: kept.client,
            login: None,
            issuer: None,
            wish: wish.kept(),
            transport: Transport::Webhook { address, secret, retiring: None },
            created: kept.created,
            expires: kept.expires,
            lifetime_seconds: kept.lifetime_seconds,
            suspended: kept.blacklisted,
            delivered: kept.delivered,
        }
    }
}
